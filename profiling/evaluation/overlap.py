"""How alike are candidate groups and their profiles: overlap, cross-capture, segment mix, and where they disagree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling import measures
from profiling.errors import MeasureError
from profiling.evaluation.capture import capture_estimate
from profiling.evaluation.resampling import Floats


def group_overlap(groups: Mapping[str, Collection[str]]) -> pa.Table:
    """Households that groups (or profiles) share, pair by pair.

    Parameters
    ----------
    groups : name → household ids; no id twice within a group.

    Returns
    -------
    pyarrow.Table
        left, right, n_left, n_right, shared, jaccard (shared ÷ in either; Jaccard 1912; nan when both are empty),
        of_left and of_right (shared ÷ n of that side, 0..1; nan where it is empty). Pairs in the order of `groups`.

    Raises
    ------
    MeasureError
        When there are fewer than two groups, or an id stands twice in one.
    """
    if len(groups) < 2:
        raise MeasureError(f"{len(groups)} groups have nothing to share", hint="give two at least")
    sets = {}
    for name, ids in groups.items():
        sets[name] = set(ids)
        if len(sets[name]) < len(ids):
            raise MeasureError(f"'{name}': {len(ids) - len(sets[name]):,} households stand more than once")
    rows = []
    for left, right in combinations(groups, 2):
        n_left, n_right, shared = len(sets[left]), len(sets[right]), len(sets[left] & sets[right])
        rows.append(
            {
                "left": left,
                "right": right,
                "n_left": n_left,
                "n_right": n_right,
                "shared": shared,
                "jaccard": _part(shared, n_left + n_right - shared),
                "of_left": _part(shared, n_left),
                "of_right": _part(shared, n_right),
            }
        )
    return pa.Table.from_pylist(rows)


def cross_capture(
    scores: Mapping[str, Floats],
    groups: Mapping[str, NDArray[Any]],
    depth: float,
    areas: NDArray[Any],
    *,
    base: NDArray[Any] | None = None,
    seen: Mapping[str, NDArray[Any]] | None = None,
    weight: Floats | None = None,
    replicates: int = 400,
    seed: int = 0,
) -> pa.Table:
    """Trained on A, what part of B stands within the depth?

    Parameters
    ----------
    scores : model → float array of shape (n,); higher = more like the group that it was trained on.
    groups : group → bool array of shape (n,); its households.
    areas : str array of shape (n,)
        What is drawn again for the intervals.
    base : bool array of shape (n,), optional
        The rows that depth is measured on; all when absent.
    seen : model → bool array of shape (n,), optional
        Rows that the model was trained on as reference households: left out of every group when that model is judged.
        Without it a model looks good on whoever it shares with another group; give it, or scores by cross-validation.

    Returns
    -------
    pyarrow.Table
        model, group, capture, low, high, lift, n, left_out (households of the group that the model has seen); one row
        per pair in the order given. Capture is nan where nobody is left.

    Raises
    ------
    MeasureError
        When lengths differ or a score is not a number.
    """
    rows = []
    for model, ranking in scores.items():
        known = np.zeros(len(ranking), dtype=bool)
        if seen is not None and model in seen:
            known = np.asarray(seen[model]).astype(bool)
        for group, members in groups.items():
            wanted = np.asarray(members).astype(bool)
            if not len(wanted) == len(known) == len(areas):
                raise MeasureError(
                    f"lengths differ: {len(known)} scores, {len(wanted)} of '{group}', {len(areas)} areas"
                )
            left = wanted & ~known
            row = {"model": model, "group": group, "n": int(left.sum()), "left_out": int((wanted & known).sum())}
            capture = low = high = float("nan")
            if left.any():
                whole = np.ones(len(left), dtype=bool) if base is None else base
                found = capture_estimate(
                    ranking, left, depth, areas, weight=weight, base=whole, replicates=replicates, seed=seed
                )
                capture, low, high = found.value, found.low, found.high
            rows.append({**row, "capture": capture, "low": low, "high": high, "lift": capture / depth})
    columns = ("model", "group", "capture", "low", "high", "lift", "n", "left_out")
    return pa.Table.from_pylist(rows).select(columns)


def mix_distance(left: Floats, right: Floats) -> float:
    """Total variation between two mixes: ½ Σ |share - share|, 0 = the same, 1 = nothing shared.

    The part of the one's households that would have to change segment to get the mix of the other.

    Parameters
    ----------
    left, right : float arrays of shape (n_cells,)
        Households per segment of either, counted or weighted; the totals may differ.

    Raises
    ------
    MeasureError
        When the cells differ in number or one side is empty.
    """
    one, other = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if one.shape != other.shape or not one.sum() > 0 or not other.sum() > 0:
        raise MeasureError(
            f"mixes of {one.size} and {other.size} segments cannot be compared: expected as many of each, not empty"
        )
    return float(0.5 * np.abs(measures.share(one) - measures.share(other)).sum() / 100.0)


def mix_table(segment: NDArray[Any], groups: Mapping[str, Floats]) -> pa.Table:
    """Segment mix of several groups side by side.

    Parameters
    ----------
    segment : str array of shape (n,)
    groups : name → float array of shape (n,)
        Each household's part in the group: 0/1, a weight, or a membership between.

    Returns
    -------
    pyarrow.Table
        segment (ascending) and one column per group: its share in %; `mix_distance` of every pair follows from it.
    """
    codes, place = np.unique(np.asarray(segment, dtype=np.str_), return_inverse=True)
    columns: dict[str, Any] = {"segment": pa.array(codes.tolist(), pa.string())}
    for name, part in groups.items():
        counts = np.bincount(place, np.asarray(part, dtype=np.float64), minlength=len(codes))
        columns[name] = measures.share(counts)
    return pa.table(columns)


def area_disagreement(
    areas: NDArray[Any], left: Floats, right: Floats, weight: Floats | None = None, fewest: float = 100.0
) -> pa.Table:
    """Areas in the order of how much two profiles disagree on them.

    Parameters
    ----------
    areas : str array of shape (n,)
    left, right : float arrays of shape (n,)
        Each household's part in the one and the other profile, 0..1.
    weight : float array of shape (n,), optional
    fewest : areas of fewer households (weighted) are left out: their index is mostly chance.

    Returns
    -------
    pyarrow.Table
        area, households, penetration_left, penetration_right (%), index_left, index_right (of the whole base, small
        areas included), difference (index_left - index_right), one_only (per cent of the households that are in one
        profile and not in the other). Largest absolute difference first, then by area. Not yet cleared of small
        cells: that is done where tables leave the house.

    Raises
    ------
    MeasureError
        When lengths differ or a part lies outside 0..1.
    """
    weights = np.ones(len(areas)) if weight is None else np.asarray(weight, dtype=np.float64)
    one, other = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if not len(areas) == len(one) == len(other) == len(weights):
        raise MeasureError(f"lengths differ: {len(areas)} areas, {len(one)} and {len(other)} parts")
    if not ((one >= 0) & (one <= 1) & (other >= 0) & (other <= 1)).all():
        raise MeasureError("a household's part in a profile is not from 0 to 1")
    codes, place = np.unique(np.asarray(areas, dtype=np.str_), return_inverse=True)

    def counted(part: Floats) -> Floats:
        return np.bincount(place, weights * part, minlength=len(codes)).astype(np.float64)

    households = counted(np.ones(len(one)))
    sides = [counted(one), counted(other)]
    indexes = [measures.index(side, households) for side in sides]
    difference = indexes[0] - indexes[1]
    table = pa.table(
        {
            "area": pa.array(codes.tolist(), pa.string()),
            "households": households,
            "penetration_left": measures.penetration(sides[0], households),
            "penetration_right": measures.penetration(sides[1], households),
            "index_left": indexes[0],
            "index_right": indexes[1],
            "difference": difference,
            "one_only": measures.penetration(counted(np.abs(one - other)), households),
        }
    )
    kept = np.flatnonzero((households >= fewest) & np.isfinite(difference))
    order = kept[np.lexsort((kept, -np.abs(difference[kept])))]
    return table.take(pa.array(order))


def _part(shared: int, whole: int) -> float:
    return shared / whole if whole else float("nan")
