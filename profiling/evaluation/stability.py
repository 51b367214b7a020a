"""Would the profile name the same households if the reference group were drawn again?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from profiling.errors import MeasureError
from profiling.evaluation.resampling import Floats
from profiling.progress import track


@dataclass(frozen=True)
class Stability:
    """How far the rankings of several models agree, over all pairs of them.

    Parameters
    ----------
    depth : part of the base that counts as the top.
    jaccard_mean, jaccard_min : overlap of two tops, 0..1; two random tops of depth d overlap d / (2 - d).
    spearman_mean, spearman_min : rank correlation over all rows.
    n_models : rankings compared.
    """

    depth: float
    jaccard_mean: float
    jaccard_min: float
    spearman_mean: float
    spearman_min: float
    n_models: int


def stability(scores: Floats, depth: float) -> Stability:
    """Compare the columns of `scores` pair by pair.

    Parameters
    ----------
    scores : float array of shape (n, n_models)
        Scores of the same rows (a sample of the base) by models on other draws: `score_bags`, or `bootstrap_group`.
    depth : 0 < depth <= 1.

    Raises
    ------
    MeasureError
        When there are fewer than two models or two rows, or a score is not a number.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2 or len(table) < 2:
        raise MeasureError(f"scores have shape {table.shape}: expected two rows and two models at least")
    if np.isnan(table).any():
        raise MeasureError(f"{int(np.isnan(table).sum()):,} scores are not a number")
    tops = np.column_stack([membership(column, depth) for column in table.T])
    ranks = np.column_stack([rankdata(column) for column in table.T])
    pairs = list(combinations(range(table.shape[1]), 2))
    overlaps = [jaccard(tops[:, left], tops[:, right]) for left, right in pairs]
    correlations = [_pearson(ranks[:, left], ranks[:, right]) for left, right in pairs]
    return Stability(
        depth,
        float(np.mean(overlaps)),
        float(np.min(overlaps)),
        float(np.mean(correlations)),
        float(np.min(correlations)),
        table.shape[1],
    )


def membership(scores: Floats, depth: float) -> Floats:
    """Each row's part in the top, 0..1: 1 above the cut-off, 0 below it; rows at the cut-off share what is left."""
    if not 0.0 < depth <= 1.0:
        raise MeasureError(f"depth {depth} is not a part of the base: expected above 0 and at most 1")
    room = depth * len(scores)
    cut = np.sort(scores)[::-1][max(0, int(np.ceil(room - 1e-9)) - 1)]
    above, at = scores > cut, scores == cut
    part = (room - np.count_nonzero(above)) / np.count_nonzero(at)
    return np.asarray(above + part * at, dtype=np.float64)


def jaccard(left: Floats, right: Floats) -> float:
    """Σ min ÷ Σ max of two memberships; for 0/1 members it is shared ÷ in either (Jaccard 1912)."""
    return float(np.minimum(left, right).sum() / np.maximum(left, right).sum())


def bootstrap_group(
    fit_and_score: Callable[[NDArray[np.int64]], Floats], n_group: int, replicates: int, seed: int
) -> Floats:
    """Scores by models on the reference group drawn again: shape (n, replicates), for `stability`.

    Parameters
    ----------
    fit_and_score : takes `n_group` positions in the reference group (drawn with replacement, ascending), trains on
        those households against the same unlabelled rows, and returns scores of shape (n,) for rows that stay the same.
    """
    if n_group < 1 or replicates < 1:
        raise MeasureError(f"nothing to draw: {n_group} households in the group, {replicates} replicates")
    columns = []
    for replicate in track(range(replicates), "drawing the reference group again"):
        rng = np.random.default_rng([seed, replicate])
        columns.append(fit_and_score(np.sort(rng.integers(0, n_group, n_group))))
    return np.column_stack(columns)


def _pearson(left: Floats, right: Floats) -> float:
    """Correlation; nan where a model gives every row the same score."""
    x, y = left - left.mean(), right - right.mean()
    spread: Any = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / spread) if spread > 0 else float("nan")
