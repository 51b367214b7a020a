"""Calibration per area and drift, against scikit-learn, SQL and information theory."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import entropy
from sklearn.linear_model import PoissonRegressor

from profiling.errors import MeasureError
from profiling.evaluation.calibration import area_calibration
from profiling.evaluation.drift import categorical_drift, numeric_drift


def sample(slope: float, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Chances whose logarithm differs between areas 1 / slope times as much as that of the true rates."""
    rng = np.random.default_rng(seed)
    areas = np.repeat([f"WK{number:03d}" for number in range(150)], 200)
    level = np.repeat(rng.normal(scale=0.6, size=150), 200)
    return np.exp(-3.5 + level), rng.random(len(areas)) < np.exp(-3.0 + slope * level), areas


def test_table_is_what_sql_adds_up() -> None:
    chance, positive, areas = sample(1.0)
    found = area_calibration(chance, positive, areas)
    rows = pd.DataFrame({"chance": chance, "positive": positive, "area": areas})
    said = duckdb.sql(
        "SELECT area, count(*), sum(chance) * (SELECT sum(positive::INT) / sum(chance) FROM rows), "
        "sum(positive::INT) FROM rows GROUP BY area ORDER BY area"
    ).fetchall()
    assert len(rows) == 30_000
    table = found.areas.to_pydict()
    assert list(zip(table["area"], table["rows"], strict=True)) == [row[:2] for row in said]
    np.testing.assert_allclose(table["expected"], [row[2] for row in said])
    np.testing.assert_allclose(table["observed"], [row[3] for row in said])
    assert found.ratio == pytest.approx(positive.sum() / chance.sum())
    assert sum(table["expected"]) == pytest.approx(positive.sum())


@pytest.mark.parametrize("slope", [0.5, 1.0, 1.5])
def test_slope_is_the_poisson_regressions_and_finds_the_planted_one(slope: float) -> None:
    found = area_calibration(*sample(slope))
    expected, observed = (np.array(found.areas[name]) for name in ("expected", "observed"))
    oracle = PoissonRegressor(alpha=0, tol=1e-10, max_iter=1000).fit(np.log(expected)[:, None], observed)
    assert found.slope.value == pytest.approx(oracle.coef_[0], abs=1e-4)
    assert found.slope.low < slope < found.slope.high
    assert found.slope.value == pytest.approx(slope, abs=0.15)


def test_what_cannot_be_calibrated_is_refused() -> None:
    chance, positive, areas = sample(1.0)
    for change, message in (
        ((-chance, positive, areas), "negative"),
        ((chance, positive & False, areas), "nothing"),
        ((chance, positive, np.full(len(areas), "WK1")), "slope over 1 areas"),
        ((chance[1:], positive, areas), "lengths differ"),
    ):
        with pytest.raises(MeasureError, match=message):
            area_calibration(*change)


def test_numeric_drift_is_the_symmetric_divergence_of_sql_counts() -> None:
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=5000), rng.normal(0.3, 1.2, size=4000)
    before[:100] = np.nan
    found = numeric_drift(before, now, bins=5)
    edges = np.quantile(before[100:], [0.2, 0.4, 0.6, 0.8])
    inside = " + ".join(f"(x >= {edge!r})::INT" for edge in edges.tolist())
    counts = []
    for sample_of in (before, now):
        rows = pd.DataFrame({"x": sample_of})
        said = duckdb.sql(
            f"SELECT CASE WHEN x IS NULL OR isnan(x) THEN 5 ELSE {inside} END AS b, count(*) FROM rows GROUP BY b"
        )
        counts.append(dict(said.fetchall()))
        assert len(rows) == len(sample_of)
    p, q = (np.array([count.get(place, 0.5) for place in range(6)], dtype=float) for count in counts)
    p, q = p / p.sum(), q / q.sum()
    assert found.psi == pytest.approx(entropy(p, q) + entropy(q, p), rel=1e-9)
    assert found.bins["before"].to_pylist() == [counts[0][place] for place in range(6)]
    assert found.bins["bin"].to_pylist()[-1] == "missing"


def test_the_same_is_no_drift_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    sample_of = np.round(rng.lognormal(size=3000), 1)
    assert numeric_drift(sample_of, rng.permutation(sample_of)).psi == pytest.approx(0.0, abs=1e-12)
    assert numeric_drift(np.ones(10), np.ones(20)).psi == 0.0
    assert numeric_drift(np.full(10, np.nan), np.array([1.0] * 10)).psi > 1.0
    assert numeric_drift(rng.normal(size=5000), rng.normal(size=5000)).psi < 0.02


def test_a_value_on_an_edge_belongs_to_the_bin_above() -> None:
    found = numeric_drift(np.array([0.0, 1.0, 1.0, 2.0]), np.array([1.0, 5.0]), bins=2)
    assert found.bins.select(["bin", "before", "now"]).to_pydict() == {
        "bin": ["[-inf, 1)", "[1, inf)"],
        "before": [1, 3],
        "now": [0, 2],
    }


def test_categorical_drift_counts_every_code() -> None:
    before = np.array(["a"] * 60 + ["b"] * 40, dtype=object)
    now = np.array(["a"] * 30 + ["b"] * 60 + ["c"] * 5 + [None] * 3 + [np.nan] * 2, dtype=object)
    found = categorical_drift(before, now)
    p, q = np.array([60, 40, 0.5, 0.5]) / 101, np.array([30, 60, 5, 5]) / 100
    assert found.psi == pytest.approx(entropy(p, q) + entropy(q, p))
    assert found.bins["bin"].to_pylist() == ["a", "b", "c", "missing"]
    assert found.bins["now"].to_pylist() == [30, 60, 5, 5]


def test_empty_samples_are_refused() -> None:
    with pytest.raises(MeasureError, match="0 rows before"):
        numeric_drift(np.empty(0), np.ones(3))
    with pytest.raises(MeasureError, match="with 0 now"):
        categorical_drift(np.ones(3), np.empty(0))
