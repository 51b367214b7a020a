"""How wrong could the capture be when reference households are no fair sample? Bounds for a bias of up to Γ.

Γ says how unfairly members of the true group came to be reference households: the odds of being one differ between
any two of them by a factor of at most Γ (the sensitivity model of Rosenbaum 2002, Observational Studies, 2nd ed.,
chapter 4, with "known to us" in the place of treatment). Γ = 1 is a fair sample (SCAR).

A reference household with odds o stands for 1/o members of the group that we do not know. Those weights differ by a
factor of at most Γ, so that the recall among the unknown lies between the extremes of

    Σ v·x / Σ v   over all v with  1 <= v <= Γ        (x = 1 within the depth, 0 outside)

which are reached where all of one side have weight Γ: with C the capture of held-out reference households

    lowest  C / (C + Γ·(1 - C))        highest  Γ·C / (Γ·C + 1 - C)

(a linear-fractional programme, as for inverse-propensity weights in Zhao, Small & Bhattacharya 2019, Sensitivity
analysis for inverse probability weighting estimators via the percentile bootstrap, JRSS B 81). Where a part c of the
true group is known, recall is c·C + (1 - c)·(that). The bounds are sharp: without more knowledge nothing narrower
is true. They say nothing of dirt: reference households that do not belong to the group at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from profiling.errors import MeasureError
from profiling.evaluation.resampling import Estimate, Floats

GAMMAS = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0)


def recall_bounds(capture: float, gamma: float, known: float = 0.0) -> tuple[float, float]:
    """Lowest and highest recall of the true group at the depth of `capture`.

    Parameters
    ----------
    capture : of held-out reference households, 0..1.
    gamma : at least 1; 1 gives the capture itself.
    known : part of the true group that is in the reference group, 0 <= known <= 1; 0 gives the widest bounds, which
        hold whatever it is.

    Raises
    ------
    MeasureError
        When an argument lies outside its range.
    """
    _check(gamma, known)
    if not 0.0 <= capture <= 1.0:
        raise MeasureError(f"capture {capture} is not a part of the group")
    low = capture / (capture + gamma * (1.0 - capture))
    high = gamma * capture / (gamma * capture + 1.0 - capture)
    return known * capture + (1.0 - known) * low, known * capture + (1.0 - known) * high


def recall_bounds_of_rows(
    parts: Floats, gamma: float, known: float = 0.0, weight: Floats | None = None
) -> tuple[float, float]:
    """`recall_bounds` from the reference households themselves: also with ties at the cut-off and with weights.

    The extremes of a linear-fractional programme over a box lie where the households of the largest `parts` have
    weight Γ and the others 1, or the reverse; all such cuts are tried.

    Parameters
    ----------
    parts : float array of shape (n,)
        Each held-out reference household's part within the depth, 0..1 (`captured`).
    weight : float array of shape (n,), optional
        Survey weights, not negative.

    Raises
    ------
    MeasureError
        When there are no households, or an argument lies outside its range.
    """
    _check(gamma, known)
    x = np.asarray(parts, dtype=np.float64)
    w = np.ones(len(x)) if weight is None else np.asarray(weight, dtype=np.float64)
    if x.shape != w.shape or not ((x >= 0) & (x <= 1)).all() or not (w >= 0).all() or not w.sum() > 0:
        raise MeasureError(
            f"{x.size:,} parts and {w.size:,} weights: expected as many of each, parts from 0 to 1, weight not negative"
        )
    order = np.argsort(-x, kind="stable")
    capture = float(w @ x / w.sum())
    high = _extreme(x[order], w[order], gamma)
    low = 1.0 - _extreme(1.0 - x[order[::-1]], w[order[::-1]], gamma)
    return known * capture + (1.0 - known) * low, known * capture + (1.0 - known) * high


def gamma_of_no_lift(capture: float, depth: float, known: float = 0.0) -> float:
    """The smallest Γ at which the true recall could be no more than the depth: lift 1.

    1 when the capture itself shows no lift; infinite when even the known members alone give lift. Without `known` it
    is the odds ratio C·(1 - d) / (d·(1 - C)).
    """
    _check(1.0, known)
    if not 0.0 < depth < 1.0 or not 0.0 <= capture <= 1.0:
        raise MeasureError(f"capture {capture} at depth {depth}: expected parts of the group and of the base")
    if capture <= depth:
        return 1.0
    left = (depth - known * capture) / (1.0 - known) if known < 1.0 else 0.0
    if left <= 0.0 or capture >= 1.0:
        return float("inf")
    return capture * (1.0 - left) / (left * (1.0 - capture))


def sensitivity_table(
    capture: Estimate, depth: float, gammas: Sequence[float] = GAMMAS, known: float = 0.0
) -> pa.Table:
    """Bounds for several Γ, with the interval of the capture carried along.

    Parameters
    ----------
    capture : of held-out reference households at `depth` (`capture_estimate`).

    Returns
    -------
    pyarrow.Table
        gamma; recall_low, recall_high (bounds at the capture found); outer_low, outer_high (the lower bound at the low
        end of the capture's interval, the upper at its high end: sampling and bias together, covering at least as
        often as that interval does); lift_low, lift_high (bounds ÷ depth).
    """
    rows = []
    for gamma in gammas:
        low, high = recall_bounds(capture.value, gamma, known)
        outer_low, outer_high = float("nan"), float("nan")
        if not np.isnan(capture.low):
            outer_low = recall_bounds(capture.low, gamma, known)[0]
            outer_high = recall_bounds(capture.high, gamma, known)[1]
        rows.append((gamma, low, high, outer_low, outer_high, low / depth, high / depth))
    names = ("gamma", "recall_low", "recall_high", "outer_low", "outer_high", "lift_low", "lift_high")
    return pa.table(
        {name: pa.array(column, pa.float64()) for name, column in zip(names, np.array(rows).T, strict=True)}
    )


def _extreme(x: Floats, w: Floats, gamma: float) -> float:
    """Largest Σ v·w·x / Σ v·w over 1 <= v <= Γ; x descending."""
    above_x, above_w = (np.concatenate([[0.0], np.cumsum(each)]) for each in (w * x, w))
    ratios = (above_x[-1] + (gamma - 1.0) * above_x) / (above_w[-1] + (gamma - 1.0) * above_w)
    return float(ratios.max())


def _check(gamma: float, known: float) -> None:
    if not (gamma >= 1.0 and np.isfinite(gamma)):
        raise MeasureError(f"a bias of Γ = {gamma} does not exist", hint="Γ is 1 (a fair sample) or more")
    if not 0.0 <= known <= 1.0:
        raise MeasureError(f"known {known} is not a part of the true group")
