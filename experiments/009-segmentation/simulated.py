"""The simulated country: street sections segmented, and the codes of households beside the vendor's planted ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from methods import oac
from numpy.typing import NDArray
from settings import HERE, Experiment
from sklearn.cluster import KMeans

from profiling.segmentation.agreement import adjusted_rand, crossed
from profiling.segmenting import Segmenting, open_segmentation
from profiling.simulation.settings import SimulationSettings
from profiling.simulation.simulate import simulate

Ints = NDArray[np.int64]


def simulated(experiment: Experiment) -> dict[str, Any]:
    """All seeds, and their means."""
    runs = [_country(experiment, seed) for seed in experiment.simulation.seeds]
    names = [name for name, value in runs[0].items() if isinstance(value, float)]
    mean = {name: round(float(np.mean([run[name] for run in runs])), 4) for name in names}
    return {"mean": mean, "runs": runs}


def _country(experiment: Experiment, seed: int) -> dict[str, Any]:
    asked_for = experiment.simulation
    data = (HERE / experiment.work / f"simulated-{asked_for.households}-{seed}").resolve()
    if not data.is_dir():
        simulate(SimulationSettings(households=asked_for.households, seed=seed), data)
    asked = open_segmentation(HERE / asked_for.segmentation, data=data, work=data.with_name(f"work-{seed}"))
    words = ["segment", *asked.sections.words]
    planted, section = [], []
    for batch in asked.store.batches(words):
        planted += batch.column("segment").to_pylist()
        section.append(asked.sections.of(batch))
    codes, sub = np.unique(np.array(planted), return_inverse=True)
    _, main = np.unique(np.array([code[:1] for code in codes.tolist()])[sub], return_inverse=True)
    return {"seed": seed, "sections": len(asked.sections), **_measured(asked, np.concatenate(section), sub, main)}


def _measured(asked: Segmenting, section: Ints, sub: Ints, main: Ints) -> dict[str, float]:
    """Adjusted Rand of households, between the vendor's segments and what is one and the same in a whole section."""
    found, units = asked.segmentation, asked.units
    assert found.unit_ids.tolist() == units.ids.tolist()
    n = np.ones(len(section))
    said = {}
    _, code = np.unique(found.unit_codes, return_inverse=True)
    _, letter = np.unique([each[:1] for each in found.unit_codes.tolist()], return_inverse=True)
    rival = oac(units, asked.plan.config.model, asked.plan.config.seed)
    rival_sub = rival.sub(units)
    for level, truth, ours, theirs in (
        ("sub", sub, code, rival_sub),
        ("main", main, letter, rival.main[rival_sub]),
    ):
        mix = crossed(section, truth, n)
        most = mix.argmax(axis=1)
        said[f"{level}, ours"] = adjusted_rand(crossed(truth, ours[section], n))
        said[f"{level}, OAC 2011 recipe"] = adjusted_rand(crossed(truth, theirs[section], n))
        said[f"{level}, commonest planted segment of the section"] = adjusted_rand(crossed(truth, most[section], n))
        known = _merged(mix, int(ours.max()) + 1, asked.plan.config.seed)
        said[f"{level}, sections clustered by their planted segments"] = adjusted_rand(
            crossed(truth, known[section], n)
        )
    return {name: round(float(value), 4) for name, value in said.items()}


def _merged(mix: NDArray[np.float64], n: int, seed: int) -> Ints:
    """Sections in n clusters of like planted composition: what could be known if the vendor's codes were seen."""
    share = np.sqrt(mix / mix.sum(axis=1, keepdims=True))  # Hellinger distance
    return np.asarray(KMeans(n, n_init=5, random_state=seed).fit(share).labels_, dtype=np.int64)
