"""Bounds for a biased reference group, against linear programming, enumeration and a planted bias."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from profiling.errors import MeasureError
from profiling.evaluation.resampling import Estimate
from profiling.evaluation.sensitivity import (
    gamma_of_no_lift,
    recall_bounds,
    recall_bounds_of_rows,
    sensitivity_table,
)


def programmed(x: NDArray[np.float64], w: NDArray[np.float64], gamma: float, sign: int) -> float:
    """Extreme of Σ u·x with u = v·w scaled to Σ u = 1 and v_i <= Γ·v_j for every pair (Charnes & Cooper)."""
    n = len(x)
    pairs = []
    for i, j in product(range(n), repeat=2):
        if i != j:
            row = np.zeros(n)
            row[i], row[j] = 1 / w[i], -gamma / w[j]
            pairs.append(row)
    answer = linprog(-sign * x, A_ub=np.array(pairs), b_ub=np.zeros(len(pairs)), A_eq=[np.ones(n)], b_eq=[1.0])
    assert answer.status == 0
    return float(-sign * answer.fun)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0]), st.floats(0.2, 3.0)), min_size=2, max_size=6),
    st.floats(1.0, 6.0),
)
def test_bounds_are_those_of_the_linear_programme(rows: list[tuple[float, float]], gamma: float) -> None:
    x, w = (np.array(column) for column in zip(*rows, strict=True))
    low, high = recall_bounds_of_rows(x, gamma, weight=w)
    assert high == pytest.approx(programmed(x, w, gamma, 1), abs=1e-7)
    assert low == pytest.approx(programmed(x, w, gamma, -1), abs=1e-7)


@given(st.integers(0, 9), st.floats(1.0, 9.0), st.floats(0.0, 1.0))
def test_the_closed_form_is_that_of_the_rows(inside: int, gamma: float, known: float) -> None:
    parts = np.repeat([1.0, 0.0], [inside, 9 - inside])
    assert recall_bounds(inside / 9, gamma, known) == pytest.approx(recall_bounds_of_rows(parts, gamma, known))


@given(st.floats(0.01, 0.99), st.floats(1.0, 5.0), st.floats(0.0, 3.0), st.floats(0.0, 1.0))
def test_gamma_one_is_the_capture_and_more_bias_means_wider(c: float, gamma: float, more: float, known: float) -> None:
    assert recall_bounds(c, 1.0, known) == pytest.approx((c, c))
    (low, high), (lower, higher) = recall_bounds(c, gamma, known), recall_bounds(c, gamma + more, known)
    assert np.diff([0.0, lower, low, c, high, higher, 1.0]).min() >= -1e-9
    assert recall_bounds(c, gamma, 0.0)[0] <= low + 1e-12


@pytest.mark.parametrize("odds", [0.02, 1.5])
def test_a_planted_bias_stays_within_the_bounds_and_reaches_them(odds: float) -> None:
    """Members outside the depth have odds `odds`, those inside Γ times these; and the other way round."""
    truth = np.repeat([True, False], [300_000, 700_000])  # within the depth or not, of the true group
    gamma = 2.5
    for inside, outside, end in ((gamma * odds, odds, 0), (odds, gamma * odds, 1)):
        chance = np.where(truth, inside / (1 + inside), outside / (1 + outside))
        capture = float((chance * truth).sum() / chance.sum())
        bounds = recall_bounds(capture, gamma, known=float(chance.mean()))
        assert bounds[end] == pytest.approx(0.3, abs=1e-9)
        wide = recall_bounds(capture, gamma)
        assert wide[0] <= 0.3 + 1e-9 <= wide[1] + 2e-9


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.9), st.floats(0.0, 0.9))
def test_the_gamma_of_no_lift_is_where_the_lower_bound_meets_the_depth(c: float, depth: float, known: float) -> None:
    gamma = gamma_of_no_lift(c, depth, known)
    if c <= depth:
        assert gamma == 1.0
    elif np.isfinite(gamma):
        assert recall_bounds(c, gamma, known)[0] == pytest.approx(depth, rel=1e-6)
    else:
        assert recall_bounds(c, 1e12, known)[0] >= depth * (1 - 1e-6)


def test_the_table_carries_the_interval_along() -> None:
    table = sensitivity_table(Estimate(0.4, 0.35, 0.45, n=500), 0.1, (1.0, 2.0)).to_pylist()
    assert (table[0]["recall_low"], table[0]["recall_high"]) == pytest.approx((0.4, 0.4))
    assert (table[0]["outer_low"], table[0]["outer_high"]) == pytest.approx((0.35, 0.45))
    assert table[1]["recall_low"] == pytest.approx(0.4 / (0.4 + 2 * 0.6))
    assert table[1]["outer_high"] == pytest.approx(2 * 0.45 / (2 * 0.45 + 0.55))
    assert table[1]["lift_low"] == pytest.approx(table[1]["recall_low"] / 0.1)
    nothing = sensitivity_table(Estimate(0.4, float("nan"), float("nan"), n=500), 0.1).to_pylist()
    assert np.isnan(nothing[0]["outer_low"])
    assert gamma_of_no_lift(0.4, 0.1) == pytest.approx((0.4 / 0.6) / (0.1 / 0.9))


def test_what_cannot_be_is_refused() -> None:
    for gamma in (0.9, float("nan"), float("inf")):
        with pytest.raises(MeasureError, match="bias of Γ"):
            recall_bounds(0.4, gamma)
    with pytest.raises(MeasureError, match="known"):
        recall_bounds(0.4, 2.0, 1.2)
    with pytest.raises(MeasureError, match="not a part of the group"):
        recall_bounds(1.4, 2.0)
    with pytest.raises(MeasureError, match="parts from 0 to 1"):
        recall_bounds_of_rows(np.array([0.5, np.nan]), 2.0)
    with pytest.raises(MeasureError, match="expected parts"):
        gamma_of_no_lift(0.5, 1.0)
