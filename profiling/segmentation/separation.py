"""What sets segments apart: how much of the differences they explain, and what each of them is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from profiling.segmentation.agreement import weight_of
from profiling.segmentation.standards import Standard, standardised
from profiling.segmentation.units import Units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Differences:
    """What segments are like, from the units in them.

    Parameters
    ----------
    mean : float array of shape (n_segments, v), weighted mean of each variable; nan where unknown.
    difference : float array of the same shape: how many standard deviations (between units) the segment's mean of the
        standardised variable lies from that of all.
    explained : float array of shape (v,), part of the variance between units that the segments explain (η²); nan for
        a variable without variance.
    """

    mean: Floats
    difference: Floats
    explained: Floats


def differences(units: Units, standards: tuple[Standard, ...], label: Ints, n: int) -> Differences:
    """Describe segments by one pass over the units."""
    v = len(standards)
    known, raw, z, square = np.zeros((n, v)), np.zeros((n, v)), np.zeros((n, v)), np.zeros(v)
    for part, rows in units.chunks():
        w, at = units.households[part], label[part]
        scaled = standardised(rows, standards).astype(np.float64)
        square += w @ scaled**2
        gather = np.zeros((n, len(w)))
        gather[at, np.arange(len(w))] = w
        z += gather @ scaled
        raw += gather @ np.nan_to_num(rows).astype(np.float64)
        known += gather @ ~np.isnan(rows)
    size = weight_of(label, units.households, n)
    share = size / size.sum()
    middle = z / size[:, None]
    overall = share @ middle
    variance = np.maximum(square / size.sum() - overall**2, 0.0)
    between = share @ (middle - overall) ** 2
    alive = variance > 1e-12
    explained, difference = np.full(v, np.nan), np.zeros((n, v))
    explained[alive] = between[alive] / variance[alive]
    difference[:, alive] = (middle - overall)[:, alive] / np.sqrt(variance[alive])
    mean = np.full((n, v), np.nan)
    np.divide(raw, known, out=mean, where=known > 0)
    return Differences(mean, difference, explained)


def separation(places: NDArray[np.float32], households: Floats, label: Ints, centres: Floats) -> dict[str, Any]:
    """How far segments stand apart in the space of the components.

    explained is the part of the weighted variance between segments. silhouette is the simplified one (Hruschka, de
    Castro & Campello 2004): 1 − own ÷ nearest other, by distance to the middles. effective is the number of equally
    large segments with the same entropy.
    """
    total = households.sum()
    overall = households @ places / total
    within = silhouette = 0.0
    for start in range(0, len(places), 20_000):
        part = slice(start, start + 20_000)
        apart = cdist(places[part], centres)
        at = label[part]
        own = apart[np.arange(len(at)), at]
        apart[np.arange(len(at)), at] = np.inf
        other = apart.min(axis=1)
        within += float(households[part] @ own**2)
        silhouette += float(households[part] @ ((other - own) / np.maximum(np.maximum(own, other), 1e-12)))
    spread = float(households @ ((places - overall) ** 2).sum(axis=1))
    share = weight_of(label, households, len(centres)) / total
    return {
        "explained": 1.0 - within / spread,
        "silhouette": silhouette / total,
        "smallest_share": float(share.min()),
        "largest_share": float(share.max()),
        "effective": float(np.exp(-np.sum(share[share > 0] * np.log(share[share > 0])))),
    }
