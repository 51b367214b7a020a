"""Capture, lift and the gains curve: what part of a group stands within a depth of the ranking.

The depth is a part of the *base*. With b(s) the weight of the base that scores above s and p(s) that of the group,

    gains:    G(d) = p / p_total  where  b / b_total = d
    lift:     L(d) = G(d) / d
    area under the lift chart:  AUL = ∫ G(d) dd over 0..1 = P(a base row scores below a row of the group) + ½ P(equal)

Rows of equal score are a stretch of the curve on which it rises evenly: the expectation over all orders of them.
AUL = ½π + (1 - π)·AUC where the group is a part π of the base (Vuk & Curk 2006, ROC curve, lift chart and calibration
plot, Metodološki zvezki 3). G and AUL stay unbiased when only a random part of the true group is known, and AUC and
precision do not (Jiang et al. 2020, arXiv:2004.09820; Claesen et al. 2015, arXiv:1504.06837): hence these measures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.resampling import Estimate, Floats, area_draws, area_numbers, interval

CELLS = 400
CHUNK = 100


def capture_at(
    scores: Floats, positive: NDArray[Any], depth: float, weight: Floats | None = None, base: NDArray[Any] | None = None
) -> float:
    """Part of the group within the top `depth` of the base, 0..1.

    Parameters
    ----------
    scores : float array of shape (n,)
        Higher = more like the group.
    positive : bool array of shape (n,)
        The rows of the group (held-out reference households, or the true group).
    depth : part of the base, 0 < depth <= 1.
    weight : float array of shape (n,), optional
        Not negative; 1 for every row when absent.
    base : bool array of shape (n,), optional
        The rows that depth is measured on; all rows when absent. Rows may be in both, or in one of the two.

    Raises
    ------
    MeasureError
        When the group or the base is empty, lengths differ, a score is not a number, or a weight is negative.
    """
    return float(gains_curve(scores, positive, base, [depth], weight)[0])


def lift_at(
    scores: Floats, positive: NDArray[Any], depth: float, weight: Floats | None = None, base: NDArray[Any] | None = None
) -> float:
    """Capture ÷ depth: 1 = no better than drawing households at random; at most 1 ÷ depth."""
    return capture_at(scores, positive, depth, weight, base) / depth


def gains_curve(
    scores: Floats,
    positive: NDArray[Any],
    base: NDArray[Any] | None,
    depths: Sequence[float],
    weight: Floats | None = None,
) -> Floats:
    """Capture at each depth: shape (n_depths,). Parameters as in `capture_at`."""
    _check_depths(depths)
    curve = _curve(_ranked(scores, positive, base, weight))
    return _at(curve, np.asarray(depths, dtype=np.float64))


def area_under_lift(
    scores: Floats, positive: NDArray[Any], weight: Floats | None = None, base: NDArray[Any] | None = None
) -> float:
    """Area under the gains curve, 0..1; a half = no better than chance."""
    return _area(_curve(_ranked(scores, positive, base, weight)))


def capture_estimate(
    scores: Floats,
    positive: NDArray[Any],
    depth: float,
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    base: NDArray[Any] | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """`capture_at` with an interval: whole areas are drawn again, and the cut-off found again in each draw.

    Parameters
    ----------
    areas : str array of shape (n,)
        Area of each row (buurt, wijk, …); every row has one.

    Notes
    -----
    The ranking is cut into at most 400 cells (of rows of neighbouring scores; finest around `depth`), summed per area
    once; a replicate then is a product of draws and sums. Within a cell the curve rises evenly, as with ties; with
    400 different scores or fewer nothing is rounded. The value itself is exact.
    """
    _check_depths([depth])
    ranked = _ranked(scores, positive, base, weight)
    value = float(_at(_curve(ranked), np.array([depth]))[0])
    draws = _resampled(
        ranked, areas, lambda curve: float(_at(curve, np.array([depth]))[0]), depth, replicates=replicates, seed=seed
    )
    return Estimate(value, *interval(draws, level, _n_areas(ranked, areas)), n=int(np.count_nonzero(ranked.positive)))


def capture_difference(
    scores: Floats,
    others: Floats,
    positive: NDArray[Any],
    depth: float,
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    base: NDArray[Any] | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Capture by `scores` less capture by `others`, of the same rows, with an interval.

    Both are measured in the same draws of areas, so what the two have in common falls out: the interval is narrower
    than those of the two apart let one think. Further arguments as in `capture_estimate`.
    """
    _check_depths([depth])
    at = np.array([depth])
    ranked = [_ranked(each, positive, base, weight) for each in (scores, others)]
    one, two = (float(_at(_curve(each), at)[0]) for each in ranked)
    drawn = [
        _resampled(each, areas, lambda curve: float(_at(curve, at)[0]), depth, replicates=replicates, seed=seed)
        for each in ranked
    ]
    ends = interval(drawn[0] - drawn[1], level, _n_areas(ranked[0], areas))
    return Estimate(one - two, *ends, n=int(np.count_nonzero(ranked[0].positive)))


def lift_estimate(scores: Floats, positive: NDArray[Any], depth: float, areas: NDArray[Any], **more: Any) -> Estimate:
    """`lift_at` with an interval; further arguments as in `capture_estimate`."""
    found = capture_estimate(scores, positive, depth, areas, **more)
    return Estimate(found.value / depth, found.low / depth, found.high / depth, found.n)


def area_under_lift_estimate(
    scores: Floats,
    positive: NDArray[Any],
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    base: NDArray[Any] | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """`area_under_lift` with an interval; with `base=~positive` it is the AUC. As in `capture_estimate`."""
    ranked = _ranked(scores, positive, base, weight)
    draws = _resampled(ranked, areas, _area, 0.5, replicates=replicates, seed=seed)
    ends = interval(draws, level, _n_areas(ranked, areas))
    return Estimate(_area(_curve(ranked)), *ends, n=int(np.count_nonzero(ranked.positive)))


def captured(
    scores: Floats, positive: NDArray[Any], depth: float, weight: Floats | None = None, base: NDArray[Any] | None = None
) -> Floats:
    """Each row's part within the depth, shape (n,): 1 above the cut-off, 0 below it; ties at the cut-off share.

    The weighted mean over the group is `capture_at`. Parameters as there; rows of neither group nor base are nan.
    """
    _check_depths([depth])
    ranked = _ranked(scores, positive, base, weight)
    ends = _curve(ranked).depth
    before, width = ends[:-1], np.diff(ends)
    part = np.divide(depth - before, width, out=(before < depth).astype(np.float64), where=width > 0)
    part = np.clip(part, 0.0, 1.0) if depth < 1.0 else np.ones(len(part))
    found = np.full(len(scores), np.nan)
    found[ranked.row] = part[ranked.tie]
    return found


class _Ranked(NamedTuple):
    """Rows that count, from high to low score: weight in the group, weight in the base, tie group, row number."""

    positive: Floats
    base: Floats
    tie: NDArray[np.int64]
    row: NDArray[np.int64]


class _Curve(NamedTuple):
    depth: Floats
    gains: Floats


def _check_depths(depths: Sequence[float]) -> None:
    outside = [each for each in depths if not 0.0 < each <= 1.0]
    if outside:
        raise MeasureError(f"depth {outside[0]} is not a part of the base: expected above 0 and at most 1")


def _ranked(scores: Floats, positive: NDArray[Any], base: NDArray[Any] | None, weight: Floats | None) -> _Ranked:
    ranking = np.asarray(scores, dtype=np.float64)
    weights = np.ones(len(ranking)) if weight is None else np.asarray(weight, dtype=np.float64)
    group = np.asarray(positive).astype(bool)
    whole = np.ones(len(ranking), dtype=bool) if base is None else np.asarray(base).astype(bool)
    sizes = {"scores": ranking.shape, "positive": group.shape, "base": whole.shape, "weight": weights.shape}
    if len(set(sizes.values())) > 1 or ranking.ndim != 1:
        raise MeasureError(f"lengths differ: {', '.join(f'{name} {shape}' for name, shape in sizes.items())}")
    counted = group | whole
    if np.isnan(ranking[counted]).any():
        raise MeasureError(f"{int(np.isnan(ranking[counted]).sum()):,} scores are not a number")
    if not (np.isfinite(weights[counted]) & (weights[counted] >= 0)).all():
        raise MeasureError("a weight is negative or not finite")
    rows = np.flatnonzero(counted)
    rows = rows[np.argsort(-ranking[rows], kind="stable")]
    ordered = ranking[rows]
    ties = np.cumsum(np.concatenate([[0], ordered[1:] != ordered[:-1]])) if len(rows) else np.empty(0)
    found = _Ranked(weights[rows] * group[rows], weights[rows] * whole[rows], ties.astype(np.int64), rows)
    for name, total in (("group", found.positive.sum()), ("base", found.base.sum())):
        if not total > 0:
            raise MeasureError(f"the {name} is empty: there is nothing to measure")
    return found


def _curve(ranked: _Ranked) -> _Curve:
    """Corners of the gains curve, from (0, 0) to (1, 1): one per different score."""
    return _cumulated(np.bincount(ranked.tie, ranked.base), np.bincount(ranked.tie, ranked.positive))


def _cumulated(base: NDArray[Any], positive: NDArray[Any]) -> _Curve:
    depth = np.concatenate([[0.0], np.cumsum(base)])
    gains = np.concatenate([[0.0], np.cumsum(positive)])
    return _Curve(depth / depth[-1], gains / gains[-1])


def _at(curve: _Curve, depths: Floats) -> Floats:
    """Height of the curve at some depths; at an upright stretch its foot: the cut-off lies at a row of the base."""
    place = np.minimum(np.searchsorted(curve.depth, depths, side="left"), len(curve.depth) - 1)
    before = np.maximum(place - 1, 0)
    width = curve.depth[place] - curve.depth[before]
    part = np.divide(depths - curve.depth[before], width, out=np.ones(len(depths)), where=width > 0)
    heights = curve.gains[before] + np.minimum(part, 1.0) * (curve.gains[place] - curve.gains[before])
    return np.where(depths >= 1.0, 1.0, heights)


def _area(curve: _Curve) -> float:
    return float(np.sum(np.diff(curve.depth) * (curve.gains[1:] + curve.gains[:-1]) / 2.0))


def _resampled(
    ranked: _Ranked,
    areas: NDArray[Any],
    statistic: Callable[[_Curve], float],
    depth: float,
    *,
    replicates: int,
    seed: int,
) -> Floats:
    """The statistic in each draw of areas; cells are finest around `depth`."""
    if np.shape(areas) != np.shape(areas)[:1] or len(areas) <= int(ranked.row.max()):
        raise MeasureError(f"areas has shape {np.shape(areas)}, expected one per score")
    codes, numbers = area_numbers(np.asarray(areas)[ranked.row])
    cell = _cells(ranked, depth)
    n_cells = int(cell[-1]) + 1
    flat = numbers * n_cells + cell
    shape = (len(codes), n_cells)
    base = np.bincount(flat, ranked.base, minlength=len(codes) * n_cells).reshape(shape)
    positive = np.bincount(flat, ranked.positive, minlength=len(codes) * n_cells).reshape(shape)
    found = np.full(replicates, np.nan)
    draws = area_draws(len(codes), replicates, seed)
    for start in range(0, replicates, CHUNK):
        part = draws[start : start + CHUNK]
        for offset, (b, p) in enumerate(zip(part @ base, part @ positive, strict=True)):
            if b.sum() > 0 and p.sum() > 0:
                found[start + offset] = statistic(_cumulated(b, p))
    return found


def _n_areas(ranked: _Ranked, areas: NDArray[Any]) -> int:
    return len(set(np.asarray(areas)[ranked.row].tolist()))


def _cells(ranked: _Ranked, depth: float) -> NDArray[np.int64]:
    """Cell of each ranked row: tie groups, joined where there are more than `CELLS` of them."""
    if ranked.tie[-1] < CELLS:
        return ranked.tie
    end = _curve(ranked).depth[1:]
    fine = np.linspace(max(0.0, 0.7 * depth), min(1.0, 1.3 * depth), CELLS // 2, endpoint=False)
    edges = np.union1d(np.linspace(0.0, 1.0, CELLS // 2, endpoint=False)[1:], fine)
    joined = np.searchsorted(edges, end, side="left")
    return np.unique(joined, return_inverse=True)[1][ranked.tie].astype(np.int64)
