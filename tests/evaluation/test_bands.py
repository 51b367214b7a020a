"""Corrected precision and AUC against the same counted on known truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from profiling.errors import MeasureError
from profiling.evaluation.bands import auc_band, largest_class_size, precision_band
from profiling.evaluation.capture import (
    area_under_lift,
    area_under_lift_estimate,
    capture_at,
    capture_estimate,
    captured,
)
from profiling.evaluation.resampling import Estimate


def country(seed: int, dirt: float = 0.0) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Base rows with their truth, and behind them reference rows: every member, and all others as so much dirt."""
    rng = np.random.default_rng(seed)
    truth = rng.random(400) < 0.15
    truth[:2] = [True, False]
    scores = np.round(rng.normal(size=400) + truth, 1)
    share = np.where(truth, (1 - dirt) / truth.sum(), dirt / (~truth).sum())
    return scores, truth, np.concatenate([scores, scores]), np.concatenate([np.ones(400), share])


BASE = np.arange(800) < 400


def exact(value: float) -> Estimate:
    return Estimate(value, value, value, n=1)


@given(st.integers(0, 500), st.sampled_from([0.05, 0.1, 0.4]), st.sampled_from([0.0, 0.3]))
def test_at_the_true_class_size_the_band_is_what_counting_gives(seed: int, depth: float, dirt: float) -> None:
    scores, truth, doubled, weight = country(seed, dirt)
    pi = float(truth.mean())
    top = captured(scores, truth, depth)
    counted = float(top[truth].sum() / top.sum())
    seen = exact(capture_at(doubled, ~BASE, depth, weight, BASE))
    assert precision_band(seen, depth, (pi, pi), dirt).at_low.value == pytest.approx(counted, abs=1e-9)
    area = exact(area_under_lift(doubled, ~BASE, weight, BASE))
    assert auc_band(area, (pi, pi), dirt).at_high.value == pytest.approx(roc_auc_score(truth, scores), abs=1e-9)


def test_the_band_holds_the_truth_where_only_some_of_the_group_are_known() -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(60_000) < 0.08
    scores = rng.normal(size=60_000) + 1.2 * truth
    known = truth & (rng.random(60_000) < 0.2)
    areas = rng.integers(0, 80, 60_000).astype(str)
    precision = truth[scores >= np.quantile(scores, 0.9)].mean()
    found = precision_band(capture_estimate(scores, known, 0.1, areas, replicates=200), 0.1, (0.06, 0.1))
    assert found.low < found.at_low.value < precision < found.at_high.value < found.high
    area = auc_band(area_under_lift_estimate(scores, known, areas, replicates=200), (0.06, 0.1))
    assert area.low < roc_auc_score(truth, scores) < area.high
    assert area.high - area.low < 0.06
    assert area_under_lift(scores, known) < area.at_low.value
    assert "for a class size of 6 % to 10 %" in str(found)


def test_the_interval_of_the_area_is_that_of_areas_drawn_again() -> None:
    rng = np.random.default_rng(6)
    areas = np.repeat(np.arange(40).astype(str), 30)
    level = np.repeat(rng.normal(size=40), 30)
    scores = level + rng.normal(size=1200)
    positive = rng.random(1200) < 1 / (1 + np.exp(2 - scores - np.repeat(2 * rng.normal(size=40), 30)))
    found = area_under_lift_estimate(scores, positive, areas, base=~positive, replicates=300)
    assert found.value == pytest.approx(roc_auc_score(positive, scores))
    plain = []
    for _ in range(300):
        rows = np.concatenate([np.flatnonzero(areas == str(each)) for each in rng.integers(0, 40, 40)])
        plain.append(roc_auc_score(positive[rows], scores[rows]))
    assert (found.low, found.high) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=0.015)
    alone = area_under_lift_estimate(scores, positive, np.arange(1200).astype(str), base=~positive, replicates=300)
    assert found.high - found.low > 1.3 * (alone.high - alone.low)


@given(st.integers(0, 200), st.floats(0.01, 1.0))
def test_parts_within_the_depth_are_those_that_capture_counts(seed: int, depth: float) -> None:
    rng = np.random.default_rng(seed)
    scores, positive = rng.integers(0, 6, 40).astype(float), rng.random(40) < 0.4
    weight, base = rng.random(40), rng.random(40) < 0.6
    positive[0], base[1] = True, True
    parts = captured(scores, positive, depth, weight, base)
    assert np.isnan(parts[~(positive | base)]).all()
    share = (weight * parts)[positive].sum() / weight[positive].sum()
    assert share == pytest.approx(capture_at(scores, positive, depth, weight, base), abs=1e-9)
    assert (weight * parts)[base].sum() / weight[base].sum() == pytest.approx(depth, abs=1e-9)


def test_impossible_class_sizes_are_cut_off_and_said() -> None:
    seen = Estimate(0.5, 0.4, 0.6, n=100)
    assert largest_class_size(seen, 0.1).value == pytest.approx(0.2)
    assert largest_class_size(seen, 0.1).high == pytest.approx(0.25)
    assert largest_class_size(exact(0.0), 0.1).value == 1.0
    assert not precision_band(seen, 0.1, (0.1, 0.2)).clipped
    wide = precision_band(seen, 0.1, (0.1, 0.3))
    assert (wide.clipped, wide.high) == (True, 1.0)
    assert wide.low == pytest.approx(0.1 * 0.4 / 0.1)


@pytest.mark.parametrize(
    ("size", "dirt", "message"),
    [((0.3, 0.2), 0.0, "no interval"), ((0.1, 1.0), 0.0, "no interval"), ((0.1, 0.5), 0.5, "together")],
)
def test_what_cannot_be_is_refused(size: tuple[float, float], dirt: float, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        auc_band(exact(0.7), size, dirt)
    with pytest.raises(MeasureError, match="depth 0 "):
        precision_band(exact(0.7), 0, (0.1, 0.2))
