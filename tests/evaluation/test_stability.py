"""Agreement between rankings, against sets, scipy and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import spearmanr

from profiling.errors import MeasureError
from profiling.evaluation.capture import capture_at
from profiling.evaluation.stability import bootstrap_group, jaccard, membership, stability


def test_jaccard_and_spearman_are_those_of_sets_and_scipy() -> None:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=500)
    scores = np.column_stack([shared + rng.normal(size=500) * noise for noise in (0.2, 0.5, 1.0, 2.0)])
    tops = [set(np.argsort(-column)[:50].tolist()) for column in scores.T]
    overlaps = [len(tops[i] & tops[j]) / len(tops[i] | tops[j]) for i in range(4) for j in range(i)]
    ranks = [spearmanr(scores[:, i], scores[:, j]).statistic for i in range(4) for j in range(i)]
    found = stability(scores, 0.1)
    assert (found.jaccard_mean, found.jaccard_min) == pytest.approx((np.mean(overlaps), min(overlaps)))
    assert (found.spearman_mean, found.spearman_min) == pytest.approx((np.mean(ranks), min(ranks)))
    assert found.n_models == 4
    order = rng.permutation(500)
    again = stability(np.round(scores, 1)[order], 0.1)
    tied = stability(np.round(scores, 1), 0.1)
    assert again.jaccard_mean == pytest.approx(tied.jaccard_mean, rel=1e-12)


def test_equal_and_unrelated_rankings() -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(size=20_000)
    assert stability(np.column_stack([one, one]), 0.1).jaccard_min == 1.0
    apart = stability(np.column_stack([one, rng.normal(size=20_000)]), 0.1)
    assert apart.jaccard_mean == pytest.approx(0.1 / 1.9, abs=0.01)
    assert np.isnan(stability(np.column_stack([one, one * 0]), 0.1).spearman_mean)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=30), st.floats(0.01, 1.0))
def test_membership_fills_the_depth_and_agrees_with_capture(values: list[int], depth: float) -> None:
    scores = np.array(values, dtype=float)
    part = membership(scores, depth)
    assert part.sum() == pytest.approx(depth * len(scores))
    assert ((part >= -1e-12) & (part <= 1 + 1e-12)).all()
    positive = np.arange(len(scores)) % 2 == 0
    assert part[positive].sum() / positive.sum() == pytest.approx(capture_at(scores, positive, depth), abs=1e-9)


def test_jaccard_of_shared_ties() -> None:
    assert jaccard(np.array([1.0, 0.5, 0.5]), np.array([1.0, 1.0, 0.0])) == pytest.approx(1.5 / 2.5)


def test_the_group_is_drawn_with_replacement_and_the_same_for_a_seed() -> None:
    drawn: list[NDArray[np.int64]] = []

    def fit_and_score(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        drawn.append(rows)
        return np.bincount(rows, minlength=200).astype(float)

    scores = bootstrap_group(fit_and_score, 200, 50, seed=3)
    assert scores.shape == (200, 50)
    assert len(np.unique(scores, axis=1).T) == 50
    assert all(len(rows) == 200 and rows.min() >= 0 and rows.max() < 200 for rows in drawn)
    assert np.mean(scores > 0) == pytest.approx(1 - (1 - 1 / 200) ** 200, abs=0.01)
    np.testing.assert_array_equal(bootstrap_group(fit_and_score, 200, 50, seed=3), scores)
    assert (bootstrap_group(fit_and_score, 200, 50, seed=4) != scores).any()


def test_too_little_is_refused() -> None:
    with pytest.raises(MeasureError, match="two models"):
        stability(np.ones((5, 1)), 0.1)
    with pytest.raises(MeasureError, match="2 scores are not a number"):
        stability(np.array([[1.0, np.nan], [2.0, np.nan]]), 0.1)
    with pytest.raises(MeasureError, match="depth"):
        stability(np.ones((5, 2)), 0.0)
    with pytest.raises(MeasureError, match="nothing to draw"):
        bootstrap_group(lambda rows: rows.astype(float), 0, 3, 0)
