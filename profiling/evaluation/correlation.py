"""Correlation and slope over areas, with intervals from whole areas drawn again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.resampling import Estimate, Floats, area_draws, area_numbers, interval


def spearman_estimate(
    x: Floats,
    y: Floats,
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Rank correlation (Spearman 1904) with an interval.

    Ranks are midranks: equal values share the mean of their places. A weight, and how often an area is drawn, counts
    as so many copies of the row. Areas are drawn again whole.

    Parameters
    ----------
    x, y : float arrays of shape (n,)
    areas : str array of shape (n,)
        What is drawn again: the row's own area, or a larger one that it lies in, because neighbours resemble.
    weight : float array of shape (n,), optional

    Raises
    ------
    MeasureError
        When lengths differ, there are fewer than three rows, or a value is not a number.
    """
    _check(x, y, weight)
    across, along = (np.unique(np.asarray(each), return_inverse=True)[1] for each in (x, y))

    def correlation(copies: Floats) -> float:
        return _weighted_pearson(_midranks(across, copies), _midranks(along, copies), copies)

    return _over_areas(correlation, areas, weight, len(x), replicates, seed, level)


def pearson_estimate(
    x: Floats,
    y: Floats,
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Correlation of the values themselves; all else as in `spearman_estimate`."""
    _check(x, y, weight)
    return _over_areas(
        lambda copies: _weighted_pearson(np.asarray(x), np.asarray(y), copies),
        areas,
        weight,
        len(x),
        replicates,
        seed,
        level,
    )


def slope_estimate(
    x: Floats,
    y: Floats,
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """b of y = a + b·x by weighted least squares, Σ w(x - x̄)(y - ȳ) / Σ w(x - x̄)²; else as `spearman_estimate`."""
    _check(x, y, weight)
    return _over_areas(
        lambda copies: _slope(np.asarray(x), np.asarray(y), copies), areas, weight, len(x), replicates, seed, level
    )


def _over_areas(
    statistic: Callable[[Floats], float],
    areas: NDArray[Any],
    weight: Floats | None,
    n: int,
    replicates: int,
    seed: int,
    level: float,
) -> Estimate:
    if len(areas) != n:
        raise MeasureError(f"lengths differ: {n} values, {len(areas)} areas")
    weights = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
    codes, numbers = area_numbers(areas)
    draws = area_draws(len(codes), replicates, seed)
    found = np.array([statistic(weights * drawn[numbers]) for drawn in draws])
    return Estimate(statistic(weights), *interval(found, level, len(codes)), n=n)


def _check(x: Floats, y: Floats, weight: Floats | None) -> None:
    if len(x) != len(y) or (weight is not None and len(weight) != len(x)) or len(x) < 3:
        raise MeasureError(
            f"cannot correlate {len(x)} values with {len(y)}: expected as many of each, and three at least"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise MeasureError("a value is not a number: leave such rows out")
    if weight is not None and not (np.asarray(weight) >= 0).all():
        raise MeasureError("a weight is negative or not a number")


def _midranks(place: NDArray[Any], copies: Floats) -> Floats:
    """Mean place of each row among all copies; rows of equal value share theirs."""
    counts = np.bincount(place, copies)
    return np.asarray((np.cumsum(counts) - 0.5 * counts)[place], dtype=np.float64)


def _weighted_pearson(x: Floats, y: Floats, weight: Floats) -> float:
    """Nan where one of the two does not vary."""
    dx, dy = _centred(x, weight), _centred(y, weight)
    spread = (weight @ dx**2) * (weight @ dy**2)
    return float(weight @ (dx * dy) / np.sqrt(spread)) if spread > 0 else float("nan")


def _slope(x: Floats, y: Floats, weight: Floats) -> float:
    dx, dy = _centred(x, weight), _centred(y, weight)
    spread = weight @ dx**2
    return float(weight @ (dx * dy) / spread) if spread > 0 else float("nan")


def _centred(values: Floats, weight: Floats) -> Floats:
    total = weight.sum()
    return values - (weight @ values / total if total > 0 else 0.0)
