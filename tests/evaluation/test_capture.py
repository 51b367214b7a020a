"""Capture and its kin against brute force, closed forms, SQL and scikit-learn."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import hypergeom
from sklearn.metrics import roc_auc_score

from profiling.errors import MeasureError
from profiling.evaluation.capture import (
    area_under_lift,
    capture_at,
    capture_difference,
    capture_estimate,
    gains_curve,
    lift_at,
    lift_estimate,
)
from profiling.evaluation.controls import random_group_lift, shuffled_labels
from profiling.evaluation.resampling import area_draws, area_numbers, interval


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=2, max_size=6), st.integers(1, 6))
def test_capture_is_the_mean_over_all_orders_of_ties(rows: list[tuple[int, bool]], taken: int) -> None:
    rows = [(0, True), *rows]
    taken = min(taken, len(rows))
    found = []
    for order in permutations(range(len(rows))):
        top = sorted(order, key=lambda row: -rows[row][0])[:taken]
        found.append(sum(rows[row][1] for row in top))
    expected = np.mean(found) / sum(positive for _, positive in rows)
    scores, positive = (np.array(column) for column in zip(*rows, strict=True))
    assert capture_at(scores.astype(float), positive, taken / len(rows)) == pytest.approx(expected, abs=1e-9)


def test_capture_is_what_sql_counts() -> None:
    rng = np.random.default_rng(0)
    scores, positive = rng.normal(size=5000), rng.random(5000) < 0.05
    households = pd.DataFrame({"score": scores, "positive": positive})
    said = duckdb.sql(
        "SELECT avg((place <= 500)::INT) FROM (SELECT positive, row_number() OVER (ORDER BY score DESC) AS place "
        "FROM households) WHERE positive"
    ).fetchall()[0][0]
    assert len(households) == 5000
    assert capture_at(scores, positive, 0.1) == pytest.approx(said)
    assert lift_at(scores, positive, 0.1) == pytest.approx(said / 0.1)


def test_depth_is_measured_on_the_base_and_weights_are_copies() -> None:
    scores = np.array([9.0, 8, 7, 6, 5, 4, 3])
    positive = np.array([True, False, True, False, True, False, True])
    # Base rows score 8, 6, 4; the top third ends at 8, so of the group only 9 is at or above it.
    assert capture_at(scores, positive, 1 / 3, base=~positive) == pytest.approx(1 / 4)
    assert gains_curve(scores, positive, ~positive, [2 / 3, 1.0]).tolist() == pytest.approx([2 / 4, 1.0])
    weight = np.array([1.0, 3, 2, 1, 1, 2, 1])
    copies = np.repeat(np.arange(7), weight.astype(int))
    for depth in (0.1, 0.37, 0.5, 0.9):
        expected = capture_at(scores[copies], positive[copies], depth)
        assert capture_at(scores, positive, depth, weight) == pytest.approx(expected)


@given(st.integers(0, 10_000), st.floats(0.05, 0.5))
def test_area_under_lift_is_pairs_counted_and_half_pi_plus_auc(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    scores, positive = rng.integers(0, 10, 60).astype(float), rng.random(60) < rate
    positive[:2] = [True, False]
    pairs = [(scores < each).mean() + 0.5 * (scores == each).mean() for each in scores[positive]]
    area = area_under_lift(scores, positive)
    assert area == pytest.approx(np.mean(pairs))
    pi = positive.mean()
    assert area == pytest.approx(0.5 * pi + (1 - pi) * roc_auc_score(positive, scores))


def test_a_random_part_of_the_group_captures_as_the_whole_group_does() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(40_000) < 0.1
    scores = rng.normal(size=40_000) + truth
    known = truth & (rng.random(40_000) < 0.3)
    assert capture_at(scores, known, 0.1) == pytest.approx(capture_at(scores, truth, 0.1), abs=0.03)
    assert area_under_lift(scores, known) == pytest.approx(area_under_lift(scores, truth), abs=0.02)


def sample(n_areas: int = 60, size: int = 40, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(seed)
    areas = np.repeat([f"BU{number:04d}" for number in range(n_areas)], size)
    level = np.repeat(rng.normal(size=n_areas), size)
    scores = level + rng.normal(size=n_areas * size)
    return scores, rng.random(len(scores)) < 1 / (1 + np.exp(2.5 - scores)), areas


@pytest.mark.parametrize("rounded", [False, True])
def test_interval_is_that_of_areas_drawn_again_one_by_one(rounded: bool) -> None:
    scores, positive, areas = sample()
    if rounded:
        scores = np.round(scores, 1)
    found = capture_estimate(scores, positive, 0.1, areas, replicates=400, seed=1)
    rng = np.random.default_rng(99)
    codes = np.unique(areas)
    rows_of = {code: np.flatnonzero(areas == code) for code in codes}
    plain = []
    for _ in range(400):
        rows = np.concatenate([rows_of[code] for code in rng.choice(codes, len(codes))])
        plain.append(capture_at(scores[rows], positive[rows], 0.1))
    low, high = np.quantile(plain, [0.025, 0.975])
    assert found.value == capture_at(scores, positive, 0.1)
    assert found.low == pytest.approx(low, abs=0.015)
    assert found.high == pytest.approx(high, abs=0.015)
    assert found.n == positive.sum()
    # Whole areas: the interval is clearly wider than if households were drawn one by one.
    alone = capture_estimate(scores, positive, 0.1, np.arange(len(scores)).astype(str), replicates=400, seed=1)
    assert found.high - found.low > 1.1 * (alone.high - alone.low)


def test_a_difference_is_measured_in_the_same_draws_of_areas() -> None:
    rng = np.random.default_rng(5)
    n = 300
    areas = np.array([f"A{each}" for each in rng.integers(0, 12, n)], dtype=object)
    positive = rng.random(n) < 0.3
    one = (positive + rng.normal(0, 1, n)).round(1)
    two = (one + rng.normal(0, 0.3, n)).round(1)
    found = capture_difference(one, two, positive, 0.2, areas, replicates=200, seed=3)
    assert found.value == pytest.approx(capture_at(one, positive, 0.2) - capture_at(two, positive, 0.2))
    codes, number = area_numbers(areas)
    drawn = []
    for times in area_draws(len(codes), 200, 3):
        rows = np.repeat(np.arange(n), times[number].astype(int))
        drawn.append(capture_at(one[rows], positive[rows], 0.2) - capture_at(two[rows], positive[rows], 0.2))
    assert (found.low, found.high) == pytest.approx(interval(np.array(drawn), 0.95, len(codes)))
    apart = capture_estimate(one, positive, 0.2, areas, replicates=200, seed=3)
    assert found.high - found.low < apart.high - apart.low
    same = capture_difference(one, one, positive, 0.2, areas, replicates=50)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_interval_does_not_depend_on_the_order_of_rows() -> None:
    scores, positive, areas = sample()
    order = np.random.default_rng(3).permutation(len(scores))
    one = lift_estimate(scores, positive, 0.1, areas, replicates=50)
    two = lift_estimate(scores[order], positive[order], 0.1, areas[order], replicates=50)
    assert (one.value, one.low, one.high) == pytest.approx((two.value, two.low, two.high), rel=1e-9)
    assert str(one).endswith(f"n = {one.n:,})")


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    whole_scores, whole_positive, _ = sample(4000, 20, seed=50)
    truth = capture_at(whole_scores, whole_positive, 0.1)
    hits = 0
    for seed in range(60):
        scores, positive, areas = sample(80, 20, seed=1000 + seed)
        found = capture_estimate(scores, positive, 0.1, areas, replicates=200, seed=seed)
        hits += found.low <= truth <= found.high
    assert 50 <= hits <= 60


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positive": np.zeros(4, bool)}, "the group is empty"),
        ({"base": np.zeros(4, bool)}, "the base is empty"),
        ({"scores": np.array([1.0, np.nan, 2, 3])}, "1 scores are not a number"),
        ({"weight": np.array([1.0, -1, 1, 1])}, "negative or not finite"),
        ({"positive": np.ones(3, bool)}, "lengths differ"),
        ({"depth": 0.0}, "depth 0.0 is not a part"),
        ({"depth": 1.5}, "depth 1.5 is not a part"),
    ],
)
def test_bad_input_is_refused(change: dict[str, Any], message: str) -> None:
    good = {"scores": np.arange(4.0), "positive": np.array([True, False, False, True]), "depth": 0.5}
    with pytest.raises(MeasureError, match=message):
        capture_at(**{**good, **change})


def test_rows_without_an_area_are_refused() -> None:
    scores, positive, areas = sample(5, 10)
    for absent in (None, ""):
        gone = areas.astype(object)
        gone[3] = absent
        with pytest.raises(MeasureError, match="1 of 50 rows have no area"):
            capture_estimate(scores, positive, 0.1, gone)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_a_random_group_has_lift_one_and_hypergeometric_spread(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=1000)
    found = random_group_lift(scores, 0.1, 80, replicates=600, seed=seed)
    spread = hypergeom(1000, 100, 80)
    assert found.value == pytest.approx(1.0, abs=4 * spread.std() / 8 / np.sqrt(600))
    assert found.low == pytest.approx(spread.ppf(0.025) / 8, abs=0.26)
    assert found.high == pytest.approx(spread.ppf(0.975) / 8, abs=0.26)
    everybody = random_group_lift(scores, 0.1, 1000, replicates=3)
    assert (everybody.low, everybody.high) == pytest.approx((1.0, 1.0))


def test_shuffled_labels_are_worth_nothing_and_a_leak_shows() -> None:
    rng = np.random.default_rng(4)
    households = rng.integers(0, 400, 2000)
    y = (rng.random(2000) < np.where(households < 40, 0.6, 0.05)).astype(int)
    held_out = np.arange(1000, 2000)

    def honest(labels: NDArray[np.int64]) -> NDArray[np.float64]:
        train = labels.copy()
        train[held_out] = 0
        return np.bincount(households, train)[households[held_out]] + rng.random(1000) * 1e-6

    def leaking(labels: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.bincount(households, labels)[households[held_out]].astype(float)

    assert lift_at(honest(y), y[held_out] == 1, 0.1) > 2.0
    clean = shuffled_labels(honest, y, held_out, 0.1, replicates=40)
    assert clean.value == pytest.approx(1.0, abs=0.2)
    assert clean.low < 1.0 < clean.high
    assert shuffled_labels(leaking, y, held_out, 0.1, replicates=5).low > 1.5
