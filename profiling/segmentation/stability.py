"""Would the same segments be found in other areas? Adjusted Rand over bootstraps and over held-out regions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.evaluation.resampling import area_draws, area_numbers
from profiling.evaluation.splits import area_folds
from profiling.progress import track
from profiling.segmentation.agreement import adjusted_rand, crossed
from profiling.segmentation.clustering import Clusters, find_clusters
from profiling.segmentation.config import Model, Stability

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def measure_stability(
    places: NDArray[np.float32],
    households: Floats,
    regions: NDArray[np.str_],
    found: Clusters,
    model: Model,
    settings: Stability,
    seed: int,
) -> dict[str, Any]:
    """Find the segments again on other draws, and compare with those found on all units.

    A bootstrap draws whole areas with replacement, because neighbours resemble each other; then every unit of the
    country goes to its nearest segment. A fold leaves whole areas out, and only these are compared. Both keep the
    standards and components of the whole, take at most `sample` units, and may make segments half as small and half
    as large again as the limits say. Agreement is weighted by households.

    Returns
    -------
    bootstrap and held_out, each with sub and main: adjusted Rand as {mean, lowest, values}; None where not asked for.
    """
    rng = np.random.default_rng(seed)
    loose = model.model_copy(
        update={
            "smallest": model.smallest / 2.0,
            "smallest_main": model.smallest_main / 2.0,
            "largest": min(1.0, model.largest * 1.5),
            "largest_main": min(1.0, model.largest_main * 1.5),
        }
    )
    codes, area = area_numbers(regions)
    draws: list[tuple[Floats, Ints]] = []
    everybody = np.arange(len(places))
    if settings.bootstraps and len(codes) > 1:
        draws += [(drawn[area], everybody) for drawn in area_draws(len(codes), settings.bootstraps, seed)]
    n_bootstraps = len(draws)
    if settings.folds and len(codes) >= settings.folds:
        for train, test in area_folds(regions, settings.folds, seed):
            kept = np.zeros(len(places))
            kept[train] = 1.0
            draws.append((kept, test))
    agreements = []
    for number, (times, rows) in enumerate(track(draws, "stability")):
        inside = np.flatnonzero(times)
        if len(inside) > settings.sample:
            inside = np.sort(rng.choice(inside, settings.sample, replace=False))
        again = find_clusters(places[inside], households[inside] * times[inside], loose, seed + 1 + number)
        agreements.append(_agreement(found, again, places[rows], households[rows], found.label[rows]))
    parts = {"bootstrap": agreements[:n_bootstraps], "held_out": agreements[n_bootstraps:]}
    return {name: _summary(values) for name, values in parts.items()}


def _agreement(
    found: Clusters, again: Clusters, places: NDArray[np.float32], households: Floats, label: Ints
) -> tuple[float, float]:
    other = again.nearest(places)
    sub = adjusted_rand(crossed(label, other, households))
    return sub, adjusted_rand(crossed(found.main[label], again.main[other], households))


def _summary(values: list[tuple[float, float]]) -> dict[str, Any] | None:
    if not values:
        return None
    return {
        level: {
            "mean": float(np.mean(column)),
            "lowest": float(np.min(column)),
            "values": [round(each, 4) for each in column],
        }
        for level, column in zip(("sub", "main"), zip(*values, strict=True), strict=True)
    }
