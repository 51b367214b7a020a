"""Negative controls: what must come out as nothing. A lift other than 1 here is a leak or a fault in the measuring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.capture import gains_curve, lift_at
from profiling.evaluation.resampling import Estimate, Floats, interval
from profiling.progress import track


def random_group_lift(
    scores: Floats, depth: float, n_group: int, *, replicates: int = 200, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Lift of groups drawn at random from the base: 1, and how far chance alone carries it from 1.

    Capture of such a group is hypergeometric: mean d and variance d(1 - d)/n · (N - n)/(N - 1), for a group of n out
    of N at depth d; lift is capture ÷ d. A lift that lies within this interval says nothing.

    Parameters
    ----------
    scores : float array of shape (N,)
        Scores of the base.
    n_group : households to draw, as many as the group that is judged.

    Returns
    -------
    Estimate
        Mean lift over the replicates, with the interval that holds the middle `level` of them.
    """
    size = len(scores)
    if not 0 < n_group <= size:
        raise MeasureError(f"cannot draw a group of {n_group:,} from {size:,} households")
    rng = np.random.default_rng(seed)
    lifts = np.empty(replicates)
    for replicate in range(replicates):
        drawn = np.zeros(size, dtype=bool)
        drawn[rng.choice(size, n_group, replace=False)] = True
        lifts[replicate] = gains_curve(scores, drawn, None, [depth])[0] / depth
    return Estimate(float(lifts.mean()), *interval(lifts, level), n=n_group)


def shuffled_labels(
    fit_and_score: Callable[[NDArray[np.int64]], Floats],
    y: NDArray[Any],
    held_out: NDArray[Any],
    depth: float,
    *,
    replicates: int = 5,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Lift after the labels have been dealt out at random: 1, unless something leaks from the held-out rows.

    The labels of all rows are permuted, a model is trained on the rows that are not held out, and its lift is measured
    on the held-out rows with *their* permuted labels (Ojala & Garriga 2010, Permutation tests for studying classifier
    performance, JMLR 11). Rows that stand on both sides, or labels that reach the features, show as a lift above 1.

    Parameters
    ----------
    fit_and_score : takes labels of shape (n,) for all rows, trains on those that are not held out, and returns scores
        of the held-out rows in their order.
    y : 0/1 array of shape (n,)
    held_out : row numbers of shape (m,)

    Returns
    -------
    Estimate
        Mean over the replicates with the interval that holds the middle `level` of them; n is the mean number of
        labelled rows among the held-out ones, rounded.
    """
    rng = np.random.default_rng(seed)
    labels, rows = np.asarray(y).astype(np.int64), np.asarray(held_out)
    lifts, sizes = np.full(replicates, np.nan), np.zeros(replicates)
    for replicate in track(range(replicates), "training on shuffled labels"):
        shuffled = rng.permutation(labels)
        there = shuffled[rows] == 1
        sizes[replicate] = np.count_nonzero(there)
        if there.any():
            lifts[replicate] = lift_at(fit_and_score(shuffled), there, depth, base=~there)
    if np.isnan(lifts).all():
        raise MeasureError("no held-out row was ever labelled: hold out more rows")
    return Estimate(float(np.nanmean(lifts)), *interval(lifts, level), n=round(float(sizes.mean())))
