"""Is the reference group large enough? Capture against its size, and what doubling it would bring.

Models are trained on nested parts of the group, each several times in another order, and judged on the same held-out
households. Through the means runs an inverse power law, capture(n) = a - b·n^(-c) with b >= 0 (Figueroa,
Zeng-Treitler, Kandula & Ngo 2012, Predicting sample size required for classification performance, BMC Medical
Informatics and Decision Making 12:8); doubling the group from n is expected to bring b·n^(-c)·(1 - 2^(-c)).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.capture import captured
from profiling.evaluation.resampling import Estimate, Floats, area_draws, area_numbers, interval
from profiling.progress import track

SHAPES = np.geomspace(0.1, 2.0, 25)


@dataclass(frozen=True)
class HeldOut:
    """The households that every model is judged on; none of them was trained on.

    Parameters
    ----------
    positive : bool array of shape (n,); reference households among them.
    areas : str array of shape (n,); drawn again for the intervals.
    base : bool array of shape (n,), or None; the rows that depth is measured on (all when None).
    weight : float array of shape (n,), or None.
    """

    positive: NDArray[Any]
    areas: NDArray[Any]
    base: NDArray[Any] | None = None
    weight: Floats | None = None


@dataclass(frozen=True)
class LearningCurve:
    """Capture against the size of the group.

    Parameters
    ----------
    table : per size: size, repeats, capture (mean over the repeats), low, high, lowest, highest (of the repeats),
        fitted (the power law).
    last_doubling : capture of the whole group minus that of half of it, on the same held-out households: seen.
    next_doubling : what doubling the whole group is expected to bring: extrapolated, by the power law.
    limit : a, the capture that no size exceeds, by the power law. Badly known when the curve still rises.
    """

    table: pa.Table
    last_doubling: Estimate
    next_doubling: Estimate
    limit: Estimate

    def enough(self, worthwhile: float = 0.01) -> bool | None:
        """Whether doubling brings less capture than `worthwhile`: yes, no, or None where the interval holds both."""
        if self.next_doubling.high < worthwhile:
            return True
        return False if self.next_doubling.low > worthwhile else None


def nested_order(ids: Sequence[str], repeat: int, seed: int) -> NDArray[np.int64]:
    """Positions in the group in the order of a hash of id, repeat and seed: the first m are the part of size m.

    A part is contained in every larger one of the same repeat, and does not depend on the order of the group.
    """
    keys = [hashlib.blake2b(f"{seed}:{repeat}:{each}".encode(), digest_size=16).digest() for each in ids]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def halvings(n: int, steps: int = 4, fewest: int = 100) -> list[int]:
    """n and its halves, quarters, … down to `fewest`, ascending; `steps` sizes beside n at most."""
    sizes = [n // 2**step for step in range(steps + 1)]
    return sorted(size for size in sizes if size >= min(fewest, n))


def learning_curve(
    fit_and_score: Callable[[NDArray[np.int64]], Floats],
    ids: Sequence[str],
    held_out: HeldOut,
    depth: float,
    *,
    sizes: Sequence[int] | None = None,
    repeats: int = 5,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> LearningCurve:
    """Train on parts of the group and measure the capture of each.

    Parameters
    ----------
    fit_and_score : takes positions in the group (ascending), trains on those households against the same unlabelled
        rows, and returns scores of the held-out rows, shape (n,).
    ids : household ids of the part of the group that may be trained on.
    sizes : parts to try; `halvings` of the group when absent. The group itself and half of it are always among them.
    repeats : orders per size; the group itself is trained on once.

    Notes
    -----
    Intervals draw the held-out areas again *and* the repeats, so that both who is measured and who was drawn into a
    part count; the cut-off stays where it is in the base as a whole. That the group itself is a draw is not in it: of
    the whole group there is only one.

    Raises
    ------
    MeasureError
        When a size is not between 1 and the group's, fewer than three sizes remain, there are fewer than two repeats,
        ids stand twice, or the held-out rows hold no reference household.
    """
    n = len(ids)
    tried = sorted({*(halvings(n) if sizes is None else sizes), n, n // 2})
    if tried[0] < 1 or tried[-1] > n or len(tried) < 3 or repeats < 2 or len(set(ids)) < n:
        raise MeasureError(
            f"no learning curve of {len(set(ids)):,} households at sizes {tried} with {repeats} repeats",
            hint="give three sizes from 1 to the size of the group, two repeats, and every household once",
        )
    group = np.asarray(held_out.positive).astype(bool)
    codes, numbers = area_numbers(np.asarray(held_out.areas)[group])
    weight = np.ones(len(group)) if held_out.weight is None else np.asarray(held_out.weight, dtype=np.float64)

    def found(rows: NDArray[np.int64]) -> Floats:
        """Captured weight per area."""
        parts = captured(fit_and_score(np.sort(rows)), group, depth, held_out.weight, held_out.base)[group]
        return np.bincount(numbers, weight[group] * parts, minlength=len(codes)).astype(np.float64)

    orders = [nested_order(ids, repeat, seed) for repeat in range(repeats)]
    smaller = [(size, repeat) for size in tried[:-1] for repeat in range(repeats)]
    cells = {pair: found(orders[pair[1]][: pair[0]]) for pair in track(smaller, "training on parts of the group")}
    whole = found(np.arange(n))
    rows = [[cells[size, repeat] for repeat in range(repeats)] for size in tried[:-1]]
    caught = np.array([*rows, [whole] * repeats], dtype=np.float64)
    total = np.bincount(numbers, weight[group], minlength=len(codes)).astype(np.float64)
    return _summed_up(caught, total, np.array(tried), replicates, seed, level)


def _summed_up(
    caught: Floats, total: Floats, sizes: NDArray[np.int64], replicates: int, seed: int, level: float
) -> LearningCurve:
    """caught: shape (n_sizes, repeats, n_areas)."""
    repeats, n = caught.shape[1], round(float(total.sum()))
    each = caught.sum(axis=2) / total.sum()
    rng = np.random.default_rng([seed, 1])
    orders = rng.multinomial(repeats, np.full(repeats, 1.0 / repeats), size=replicates) / repeats
    areas = area_draws(len(total), replicates, seed)
    weighed = areas @ total
    # One curve per replicate: the mean over the repeats that were drawn, in the areas that were drawn.
    curves = (
        np.einsum("ra,ska,rk->rs", areas, caught, orders, optimize=True)
        / np.where(weighed > 0, weighed, np.nan)[:, None]
    )
    means = each.mean(axis=1)
    limit, gain, fitted = _power_law(sizes, means[None, :])
    drawn_limit, drawn_gain, _ = _power_law(sizes, curves[np.isfinite(curves).all(axis=1)])
    half = int(np.flatnonzero(sizes == sizes[-1] // 2)[0])
    ends = np.array([interval(column, level, len(total)) for column in curves.T])
    table = pa.table(
        {
            "size": sizes,
            "repeats": np.where(sizes == sizes[-1], 1, repeats),
            "capture": means,
            "low": ends[:, 0],
            "high": ends[:, 1],
            "lowest": each.min(axis=1),
            "highest": each.max(axis=1),
            "fitted": fitted[0],
        }
    )
    return LearningCurve(
        table,
        Estimate(float(means[-1] - means[half]), *interval(curves[:, -1] - curves[:, half], level, len(total)), n=n),
        Estimate(float(gain[0]), *interval(drawn_gain, level, len(total)), n=n),
        Estimate(float(limit[0]), *interval(drawn_limit, level, len(total)), n=n),
    )


def _power_law(sizes: NDArray[np.int64], curves: Floats) -> tuple[Floats, Floats, Floats]:
    """Least squares of a - b·n^(-c), b >= 0, for each row of `curves`: a, the gain of doubling, and the fit.

    For each c of a grid a and b are a straight line in n^(-c); the c of the smallest error is taken. The sizes count
    alike.
    """
    best = np.full(len(curves), np.inf)
    limit, gain, fitted = np.zeros(len(curves)), np.zeros(len(curves)), np.zeros(curves.shape)
    middle = curves.mean(axis=1)
    for shape in SHAPES:
        x = sizes.astype(np.float64) ** -shape
        dx = x - x.mean()
        slope = np.minimum((curves @ dx) / (dx @ dx), 0.0)
        line = middle[:, None] + slope[:, None] * dx[None, :]
        error = ((curves - line) ** 2).sum(axis=1)
        better = error < best - 1e-15
        best = np.where(better, error, best)
        limit = np.where(better, middle - slope * x.mean(), limit)
        gain = np.where(better, -slope * x[-1] * (1.0 - 2.0**-shape), gain)
        fitted = np.where(better[:, None], line, fitted)
    return limit, gain, fitted
