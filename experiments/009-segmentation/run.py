"""Experiment 009, segmentation: memory and planted sections, the simulated country, and real areas beside rivals.

Usage: python experiments/009-segmentation/run.py [PART …] (the parts with real areas read ../shared/data/cbs)
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import areas
from settings import HERE, Experiment, load
from simulated import simulated

from profiling import __version__
from profiling.artefacts import library_versions, write_json


def sections(experiment: Experiment, v: int) -> dict[str, Any]:
    """Planted sections, in a process of their own so that its peak memory is their own."""
    out = (HERE / experiment.work / f"planted-{v}.json").resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(HERE / "planted_sections.py"), str(v), str(out)], check=True)
    said: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return said | {"limit_gb": experiment.memory.limit_gb, "within": said["peak_gb"] < experiment.memory.limit_gb}


def parts_of(experiment: Experiment) -> dict[str, Callable[[], dict[str, Any]]]:
    """Every part by its name; each can be run alone."""
    return {
        **{f"sections-{v}": partial(sections, experiment, v) for v in experiment.memory.variables},
        "simulation": partial(simulated, experiment),
        **{Path(each).stem: partial(areas.compare, experiment, each) for each in experiment.cbs.segmentations},
    }


def main(parts: list[str]) -> None:
    """Run the parts that are asked for and write result/report.json."""
    experiment = load()
    path: Path = HERE / "result" / "report.json"
    path.parent.mkdir(exist_ok=True)
    known = parts_of(experiment)
    for part in parts or list(known):
        start = time.process_time()
        said = known[part]()
        print(part, json.dumps(said, indent=2), f"{time.process_time() - start:.0f} s of CPU", file=sys.stderr)
        # Read again: another part may have been written meanwhile.
        report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        report |= {part: said, "config": experiment.model_dump(mode="json"), "version": __version__}
        report["libraries"] = library_versions()
        write_json(path, report)


if __name__ == "__main__":
    main(sys.argv[1:])
