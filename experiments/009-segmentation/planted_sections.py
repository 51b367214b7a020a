"""Planted street sections of any number of variables, written row by row, and segmented in a process of its own.

Usage: python planted_sections.py VARIABLES OUT.json
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from settings import HERE, Memory, load

from profiling.artefacts import writing_folder
from profiling.config import parse_config
from profiling.segmentation.agreement import adjusted_rand, crossed
from profiling.segmentation.clustering import middles, nearest
from profiling.segmentation.config import SegmentationConfig
from profiling.segmentation.fit import fit
from profiling.segmentation.units import Units, Variable, load_units, write_table

CHUNK = 8_192


def write_planted(asked: Memory, v: int, folder: Path) -> NDArray[np.int64]:
    """Write units with planted segments; returns the sub segment of each section."""
    rng = np.random.default_rng(asked.seed)
    n, main_of = asked.sections, np.sort(np.arange(asked.sub) % asked.main)
    middle = rng.normal(0.0, asked.spread_main, (asked.main, asked.traits))[main_of]
    middle += rng.normal(0.0, asked.spread_sub, middle.shape)
    loading = rng.normal(size=(asked.traits, v)) / np.sqrt(asked.traits)
    kind = rng.choice(asked.sub, n, p=rng.dirichlet(np.full(asked.sub, 8.0)))
    households = rng.integers(10, 80, n).astype(np.float64)
    names = ("wealth", "age", *(f"v{at:04d}" for at in range(2, v)))
    variables = tuple(Variable(name, name, "mean", "environment", name, name) for name in names)
    with writing_folder(folder, {"kind": "planted"}) as aside:
        matrix = np.lib.format.open_memmap(aside / "matrix.npy", mode="w+", dtype=np.float32, shape=(n, v))
        for start in range(0, n, CHUNK):
            part = slice(start, min(start + CHUNK, n))
            traits = middle[kind[part]] + rng.normal(0.0, asked.spread_section, (part.stop - start, asked.traits))
            matrix[part] = traits @ loading + rng.normal(0.0, asked.noise, (part.stop - start, v))
        matrix.flush()
        gemeente = np.array([f"GM{at:04d}" for at in rng.integers(0, 342, n)])
        ids = np.array([f"S{at:06d}" for at in range(n)])
        write_table(aside, Units(ids, households, {"gemeente": gemeente}, variables, matrix))
    return kind.astype(np.int64)


def main(v: int, out: Path) -> None:
    """Write, fit, compare with what was planted."""
    asked = load().memory
    folder = (HERE / load().work / f"planted-{v}").resolve()
    kind = write_planted(asked, v, folder)
    config = parse_config(
        {
            "name": "planted",
            "nl": "Geplant",
            "en": "Planted",
            "axes": {"age": ["age"], "wealth": ["wealth"]},
            "model": {"main": asked.main, "sub": asked.sub},
            "stability": {"bootstraps": asked.bootstraps, "folds": 0},
            "households": {"population": "none"},
        },
        SegmentationConfig,
        where="memory",
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wall, cpu = time.monotonic(), time.process_time()
    units = load_units(folder)
    found = fit(units, config)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    codes, label = np.unique(found.unit_codes, return_inverse=True)
    places = found.components.places(units)
    known = nearest(places, middles(places, units.households, kind, asked.sub))
    weights = units.households
    said = {
        "sections": len(units),
        "variables": v,
        "matrix_gb": round(units.matrix.nbytes / 2**30, 3),
        "peak_gb": round(most, 3),
        "peak_gb_after_writing": round(before, 3),
        "cpu_seconds": round(cpu, 1),
        "wall_seconds": round(wall, 1),
        "components": found.report["variables"]["components"],
        "segments": len(codes),
        "adjusted_rand": round(adjusted_rand(crossed(kind, label, weights)), 4),
        "ceiling": round(adjusted_rand(crossed(kind, known, weights)), 4),
        "bootstrap": found.report["stability"]["bootstrap"]["sub"]["mean"],
    }
    out.write_text(json.dumps(said), encoding="utf-8")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
