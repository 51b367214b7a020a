"""Put variables on one scale: robust where they are well behaved, by rank where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from profiling.progress import track
from profiling.segmentation.units import Units

Floats = NDArray[np.float64]
KNOTS = np.linspace(0.0, 1.0, 201)
QUARTILE = 1.3489795  # distance between the quartiles of a normal distribution with standard deviation 1
FURTHEST = 4.0
SKEWED, TIED = 1.5, 0.2
ENOUGH = 100_000


@dataclass(frozen=True, eq=False)
class Standard:
    """How one variable is scaled.

    Parameters
    ----------
    how : "robust" (median and quartiles), "rank" (normal scores of weighted ranks) or "constant" (left out: always 0).
    knots : value at each of `KNOTS`, of shape (201,).
    importance : root of the weight of the variable.
    """

    how: str
    knots: Floats
    importance: float

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scaled values of shape (n,), cut at ±4; a missing value is in the middle."""
        if self.how == "constant":
            return np.zeros(len(values), dtype=np.float32)
        if self.how == "robust":
            low, middle, high = (self.knots[round(at * (len(KNOTS) - 1))] for at in (0.25, 0.5, 0.75))
            out = (values - middle) * (QUARTILE / (high - low))
        else:
            out = norm.ppf(np.clip(self.rank(values), 0.0005, 0.9995))
        scaled = np.clip(np.nan_to_num(out, nan=0.0), -FURTHEST, FURTHEST) * self.importance
        return np.asarray(scaled, dtype=np.float32)

    def rank(self, values: NDArray[np.float32]) -> Floats:
        """Part of the households below each value, 0 to 1; of equal values the middle."""
        below = np.interp(values, self.knots, KNOTS)
        # np.interp takes the last of equal knots; going through it backwards takes the first.
        above = 1.0 - np.interp(-values, -self.knots[::-1], KNOTS)
        ranked = (below + above) / 2.0
        return np.where(np.isnan(values), np.nan, ranked)


def fit_standards(units: Units, scaling: str = "auto") -> tuple[Standard, ...]:
    """The scale of every variable, weighted by households.

    "auto" takes ranks where a fifth of the households share one value, where the quartiles coincide, or where the
    skewness lies beyond 1.5; and the robust scale elsewhere. Variables are read in blocks of columns; of more than
    100,000 units every second (third, …) one is looked at, evenly over the country.
    """
    weights = [variable.weight for variable in units.variables]
    every = slice(None, None, 1 + len(units) // ENOUGH)
    households = units.households[every]
    out = []
    step = max(1, 2**24 // max(len(units), 1))
    starts = range(0, len(weights), step)
    for start in track(starts, "standardising"):
        block = np.asarray(units.matrix[:, start : start + step])
        for at in range(block.shape[1]):
            values = block[every, at].astype(np.float64)
            importance = weights[start + at] ** 0.5
            out.append(_fit(values, households, scaling, importance))
    return tuple(out)


def standardised(rows: NDArray[np.float32], standards: Sequence[Standard]) -> NDArray[np.float32]:
    """Scaled rows, shape (n, v)."""
    return np.column_stack([standard.apply(rows[:, at]) for at, standard in enumerate(standards)])


def weighted_quantiles(values: Floats, weights: Floats, at: Floats) -> Floats:
    """Quantiles of weighted values, each in the middle of its weight."""
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weights[order]) - weights[order] / 2.0
    return np.asarray(np.interp(at * weights.sum(), middle, values[order]))


def _fit(values: Floats, weights: Floats, scaling: str, importance: float) -> Standard:
    known = ~np.isnan(values) & (weights > 0)
    values, weights = values[known], weights[known]
    if not len(values) or values.min() == values.max():
        return Standard("constant", np.zeros(len(KNOTS)), importance)
    knots = weighted_quantiles(values, weights, KNOTS)
    quarter = (len(KNOTS) - 1) // 4
    flat = knots[quarter] == knots[3 * quarter]
    if scaling == "auto":
        mean = np.average(values, weights=weights)
        deviation = np.sqrt(np.average((values - mean) ** 2, weights=weights))
        skew = np.average((values - mean) ** 3, weights=weights) / deviation**3
        _, same = np.unique(values, return_inverse=True)
        tied = np.bincount(same, weights).max() / weights.sum()
        scaling = "rank" if abs(skew) > SKEWED or tied > TIED or flat else "robust"
    return Standard("rank" if flat else scaling, knots, importance)
