"""How far does a profile stand in for an attribute that policy keeps out: origin, religion, health?

A column that is left out can come back through others. Three questions, each with an interval: how far the profile's
score tells the groups of the attribute apart, which single features do, and how often each group is in the profile.
The attribute is known per household (in a survey or simulation) or only as a share of an area; the second tells of
areas and not of people (the ecological fallacy: Robinson 1950, Ecological correlations and the behavior of
individuals, American Sociological Review 15).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import rankdata

from profiling import measures
from profiling.errors import MeasureError
from profiling.evaluation.capture import area_under_lift_estimate
from profiling.evaluation.correlation import spearman_estimate
from profiling.evaluation.resampling import Estimate, Floats
from profiling.evaluation.splits import area_folds

BINS = 10
FOLDS = 5
SHRINK = 20.0
FEWEST = 30


def group_auc(
    scores: Floats,
    has: NDArray[Any],
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    replicates: int = 400,
    seed: int = 0,
) -> Estimate:
    """P(a household that has the attribute scores above one that has not) + ½ P(equal): a half = nothing is told.

    The area under the ROC curve (Hanley & McNeil 1982, Radiology 143), with an interval from whole areas drawn again.
    `scores` may be a membership of 0 and 1: then it is ½(1 + penetration among those who have it - among the others).

    Parameters
    ----------
    scores : float array of shape (n,)
    has : bool array of shape (n,)
    areas : str array of shape (n,)
    weight : float array of shape (n,), optional

    Raises
    ------
    MeasureError
        When everybody or nobody has it, lengths differ, or a score is not a number.
    """
    member = np.asarray(has).astype(bool)
    return area_under_lift_estimate(
        scores, member, areas, weight=weight, base=~member, replicates=replicates, seed=seed
    )


def score_proxy(
    scores: Floats,
    attribute: NDArray[Any],
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    replicates: int = 400,
    seed: int = 0,
) -> pa.Table:
    """Each group of the attribute against all others, by the profile's score (or membership).

    Parameters
    ----------
    attribute : array of shape (n,)
        Group of each household (text); None = not known, left out.

    Returns
    -------
    pyarrow.Table
        group (ascending), n, auc, low, high; groups of fewer than 30 households have nan. Further from a half means
        that the profile tells more of the group, in either direction.
    """
    rows = []
    for group, known, member in _groups(attribute):
        found = _auc_or_nothing(
            np.asarray(scores)[known], member, np.asarray(areas)[known], _part(weight, known), replicates, seed
        )
        rows.append({"group": group, "n": int(member.sum()), "auc": found.value, "low": found.low, "high": found.high})
    return pa.Table.from_pylist(rows)


def variable_proxies(
    features: Mapping[str, NDArray[Any]],
    attribute: NDArray[Any],
    areas: NDArray[Any],
    *,
    weight: Floats | None = None,
    replicates: int = 400,
    seed: int = 0,
) -> pa.Table:
    """How far each feature alone tells who has the attribute, on areas that were not used to learn it.

    A numeric feature is cut into ten cells of equal numbers, text has a cell per value, missing is a cell. The rate of
    the attribute in a cell (drawn to the overall rate by 20 households) is learned on four fifths of the areas and
    scores the households of the last fifth, for each fifth in turn. Any shape of relation counts, also one that goes
    up and down; a feature that tells nothing comes out at about a half.

    Parameters
    ----------
    features : name → array of shape (n,), numbers (nan = missing) or text (None = missing).
    attribute : as in `score_proxy`.

    Returns
    -------
    pyarrow.Table
        feature, group, n, auc, low, high; largest AUC first, then by feature and group; nan last.

    Raises
    ------
    MeasureError
        When lengths differ or there are fewer than five areas.
    """
    codes = np.asarray(areas, dtype=object)
    rows: list[dict[str, Any]] = []
    for name, values in features.items():
        if len(values) != len(codes):
            raise MeasureError(f"'{name}' has {len(values):,} values for {len(codes):,} households")
        cells = _cells(values)
        for group, known, member in _groups(attribute):
            rate = _crossed_rate(cells[known], member, codes[known], _part(weight, known), seed)
            found = _auc_or_nothing(rate, member, codes[known], _part(weight, known), replicates, seed)
            rows.append(
                {"feature": name, "group": group, "n": int(member.sum()), "auc": found.value}
                | {"low": found.low, "high": found.high}
            )
    rows.sort(key=lambda row: (np.isnan(row["auc"]), -row["auc"], row["feature"], row["group"]))
    return pa.Table.from_pylist(rows)


def group_penetration(part: Floats, attribute: NDArray[Any], weight: Floats | None = None) -> pa.Table:
    """How often each group of the attribute is in the profile.

    Parameters
    ----------
    part : float array of shape (n,)
        Each household's part in the profile, 0..1.
    attribute : as in `score_proxy`.

    Returns
    -------
    pyarrow.Table
        group (ascending), n (counted), households and profile (weighted), penetration (%), low, high (Wilson's
        interval, from what is counted, moved along with the weights), index (of all households whose group is known).
        Not yet cleared of small cells: that is done where tables leave the house.
    """
    words, known = _words(attribute)
    weights = np.ones(len(words)) if weight is None else np.asarray(weight, dtype=np.float64)
    inside = np.asarray(part, dtype=np.float64)
    if not len(inside) == len(words) == len(weights):
        raise MeasureError(f"lengths differ: {len(inside)} parts, {len(words)} groups, {len(weights)} weights")
    codes, place = np.unique(words[known], return_inverse=True)

    def summed(values: Floats) -> Floats:
        return np.bincount(place, values[known], minlength=len(codes)).astype(np.float64)

    n, counted = summed(np.ones(len(words))), summed(inside)
    households, profile = summed(weights), summed(weights * inside)
    penetration = measures.penetration(profile, households)
    low, high = measures.penetration_interval(counted, n)
    moved = penetration - measures.penetration(counted, n)
    return pa.table(
        {
            "group": pa.array(codes.tolist(), pa.string()),
            "n": n.astype(np.int64),
            "households": households,
            "profile": profile,
            "penetration": penetration,
            "low": np.maximum(low + moved, 0.0),
            "high": np.minimum(high + moved, 100.0),
            "index": measures.index(profile, households),
        }
    )


def area_share_proxy(
    penetration: Floats,
    share: Floats,
    blocks: NDArray[Any],
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Rank correlation over areas of the profile's penetration and the share of people with the attribute.

    It tells where the profile's households live, not who they are.

    Parameters
    ----------
    penetration, share : float arrays of shape (n_areas,); areas where either is nan are left out.
    blocks : str array of shape (n_areas,)
        What is drawn again: the area's own code, or that of a larger area.
    """
    x, y = np.asarray(penetration, dtype=np.float64), np.asarray(share, dtype=np.float64)
    if not len(x) == len(y) == len(blocks):
        raise MeasureError(f"lengths differ: {len(x)} penetrations, {len(y)} shares, {len(blocks)} blocks")
    there = np.isfinite(x) & np.isfinite(y)
    return spearman_estimate(x[there], y[there], np.asarray(blocks)[there], replicates=replicates, seed=seed)


def _words(attribute: NDArray[Any]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """The groups, and where they are known."""
    words = np.asarray(attribute, dtype=object)
    return words, np.array([isinstance(each, str) and each != "" for each in words.tolist()], dtype=bool)


def _groups(attribute: NDArray[Any]) -> list[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Each group's name, the rows whose group is known, and which of *those* belong to it; of two groups both."""
    words, known = _words(attribute)
    names = sorted(set(words[known].tolist()))
    if len(names) < 2:
        raise MeasureError(
            f"the attribute has {len(names)} groups", hint="give two at least, as text; None = not known"
        )
    return [(name, known, words[known] == name) for name in names]


def _auc_or_nothing(
    scores: Floats, member: NDArray[np.bool_], areas: NDArray[Any], weight: Floats | None, replicates: int, seed: int
) -> Estimate:
    n = int(member.sum())
    if min(n, len(member) - n) < FEWEST:
        return Estimate(float("nan"), float("nan"), float("nan"), n)
    return group_auc(scores, member, areas, weight=weight, replicates=replicates, seed=seed)


def _part(weight: Floats | None, rows: NDArray[np.bool_]) -> Floats | None:
    return None if weight is None else np.asarray(weight, dtype=np.float64)[rows]


def _cells(values: NDArray[Any]) -> NDArray[np.int64]:
    """Cell of each row: tenths of a numeric feature, values of any other; missing apart."""
    column = np.asarray(values)
    if column.dtype.kind in "fiub":
        numbers = column.astype(np.float64)
        place = np.full(len(numbers), -1.0)
        there = np.isfinite(numbers)
        if there.any():
            edges = np.unique(np.quantile(numbers[there], np.arange(1, BINS) / BINS))
            place[there] = np.searchsorted(edges, numbers[there], side="right")
        return np.unique(place, return_inverse=True)[1].astype(np.int64)
    absent = [each is None or (isinstance(each, float) and np.isnan(each)) for each in column.tolist()]
    words = ["" if gone else f"={each}" for gone, each in zip(absent, column.tolist(), strict=True)]
    return np.unique(np.array(words, dtype=np.str_), return_inverse=True)[1].astype(np.int64)


def _crossed_rate(
    cells: NDArray[np.int64], member: NDArray[np.bool_], areas: NDArray[Any], weight: Floats | None, seed: int
) -> Floats:
    """Rate of the attribute in each row's cell, learned on other areas; as a rank within the fold."""
    weights = np.ones(len(cells)) if weight is None else weight
    size = int(cells.max()) + 1
    rate = np.empty(len(cells))
    for inside, outside in area_folds(areas, FOLDS, seed):
        total = np.bincount(cells[inside], weights[inside], minlength=size)
        found = np.bincount(cells[inside], (weights * member)[inside], minlength=size)
        overall = found.sum() / total.sum()
        each = (found + SHRINK * overall) / (total + SHRINK)
        # Folds have other overall rates: only the order within a fold may count.
        rate[outside] = rankdata(each[cells[outside]]) / len(outside)
    return rate
