"""Correlations and slopes over areas, against scipy, statsmodels' algebra and rows copied by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from profiling.errors import MeasureError
from profiling.evaluation.correlation import pearson_estimate, slope_estimate, spearman_estimate

MEASURES = (spearman_estimate, pearson_estimate, slope_estimate)


@given(st.integers(0, 300))
def test_values_are_those_of_scipy_and_of_copied_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 9, 30).astype(float), rng.normal(size=30)
    copies = rng.integers(0, 4, 30)
    areas, more = np.arange(30).astype(str), np.repeat(np.arange(30), copies)
    for weight, rows in ((None, np.arange(30)), (copies.astype(float), more)):
        expected = (spearmanr(x[rows], y[rows])[0], pearsonr(x[rows], y[rows])[0], np.polyfit(x[rows], y[rows], 1)[0])
        found = [each(x, y, areas, weight=weight, replicates=1).value for each in MEASURES]
        assert found == pytest.approx(expected, abs=1e-9)


def test_intervals_are_those_of_blocks_drawn_one_by_one() -> None:
    rng = np.random.default_rng(1)
    blocks = np.repeat(np.arange(30), 6)
    shared = rng.normal(size=30)[blocks]
    x = shared + 0.3 * rng.normal(size=180)
    y = shared + rng.normal(size=30)[blocks] + 0.3 * rng.normal(size=180)
    found = spearman_estimate(x, y, blocks.astype(str), replicates=500)
    slope = slope_estimate(x, y, blocks.astype(str), replicates=500)
    ranks, slopes = [], []
    for _ in range(500):
        rows = np.concatenate([np.flatnonzero(blocks == each) for each in rng.integers(0, 30, 30)])
        ranks.append(spearmanr(x[rows], y[rows])[0])
        slopes.append(np.polyfit(x[rows], y[rows], 1)[0])
    assert (found.low, found.high) == pytest.approx(np.quantile(ranks, [0.025, 0.975]), abs=0.06)
    assert (slope.low, slope.high) == pytest.approx(np.quantile(slopes, [0.025, 0.975]), abs=0.08)
    alone = spearman_estimate(x, y, np.arange(180).astype(str), replicates=500)
    assert found.high - found.low > 1.4 * (alone.high - alone.low)


def test_nothing_to_correlate() -> None:
    areas = np.array(["a", "b", "c"])
    assert np.isnan(spearman_estimate(np.ones(3), np.arange(3.0), areas, replicates=2).value)
    assert np.isnan(slope_estimate(np.ones(3), np.arange(3.0), areas, replicates=2).value)
    with pytest.raises(MeasureError, match="three at least"):
        pearson_estimate(np.ones(2), np.ones(2), areas[:2])
    with pytest.raises(MeasureError, match="not a number"):
        pearson_estimate(np.array([1.0, np.nan, 2]), np.ones(3), areas)
    with pytest.raises(MeasureError, match="weight is negative"):
        pearson_estimate(np.arange(3.0), np.ones(3), areas, weight=np.array([1.0, -1, 1]))
    with pytest.raises(MeasureError, match="2 areas"):
        pearson_estimate(np.arange(3.0), np.ones(3), areas[:2])
