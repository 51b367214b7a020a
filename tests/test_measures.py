"""The measures against SQL, closed forms, a published example and the identities of the design."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm

from profiling import measures
from profiling.errors import MeasureError

Cells = list[tuple[int, int]]
cells = st.lists(
    st.integers(1, 100_000).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))),
    min_size=1,
    max_size=30,
).filter(lambda pairs: sum(profile for profile, _ in pairs) > 0)


def columns(pairs: Cells) -> tuple[np.ndarray, np.ndarray]:
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


@given(cells)
def test_base_shares_times_index_add_up_to_100(pairs: Cells) -> None:
    profile, base = columns(pairs)
    total = np.sum(measures.share(base) * measures.index(profile, base)) / 100
    assert total == pytest.approx(100)


@given(cells)
def test_index_is_also_the_ratio_of_the_shares(pairs: Cells) -> None:
    profile, base = columns(pairs)
    by_shares = 100 * measures.share(profile) / measures.share(base)
    np.testing.assert_allclose(measures.index(profile, base), by_shares, rtol=1e-12)


@given(cells, st.floats(0.01, 100))
def test_a_weight_that_is_the_same_for_all_changes_nothing(pairs: Cells, weight: float) -> None:
    profile, base = columns(pairs)
    weighted = measures.index(profile * weight, base * weight)
    np.testing.assert_allclose(weighted, measures.index(profile, base), rtol=1e-9)


@given(cells)
def test_the_whole_base_has_index_100_and_lift_1(pairs: Cells) -> None:
    profile, base = columns(pairs)
    assert measures.index(profile.sum(), base.sum()) == pytest.approx(100)
    assert measures.lift(profile.sum(), base.sum(), profile.sum(), base.sum()) == pytest.approx(1)


@given(cells)
def test_lift_is_capture_over_depth(pairs: Cells) -> None:
    found, selected = columns(pairs)
    total, everyone = found.sum(), selected.sum()
    by_capture = measures.capture(found, total) / (selected / everyone)
    np.testing.assert_allclose(measures.lift(found, selected, total, everyone), by_capture, rtol=1e-12)


def test_measures_agree_with_sql_over_households() -> None:
    random = np.random.default_rng(7)
    households = pd.DataFrame(
        {
            "cell": random.choice(list("ABCDE"), 5_000, p=[0.5, 0.3, 0.1, 0.09, 0.01]),
            "inside": random.random(5_000) < 0.11,
            "weight": random.uniform(0.5, 3, 5_000),
        }
    )
    sql = """
        SELECT cell, sum(weight) FILTER (inside) AS profile, sum(weight) AS base,
               100 * avg(inside::int * weight) / avg(weight) AS penetration,
               100 * sum(weight) FILTER (inside) / sum(sum(weight) FILTER (inside)) OVER () AS share,
               100 * (sum(weight) FILTER (inside) / sum(weight))
                   / (SELECT sum(weight) FILTER (inside) / sum(weight) FROM households) AS index
        FROM households GROUP BY cell ORDER BY cell
    """
    with duckdb.connect() as connection:
        found = connection.register("households", households).execute(sql).df()
    profile, base = found["profile"].to_numpy(), found["base"].to_numpy()
    np.testing.assert_allclose(measures.penetration(profile, base), found["penetration"])
    np.testing.assert_allclose(measures.share(profile), found["share"])
    np.testing.assert_allclose(measures.index(profile, base), found["index"])


def test_wilson_agrees_with_scipy() -> None:
    for found, total in [(0, 12), (1, 12), (12, 12), (154, 1_000), (3_512, 8_200_000)]:
        for confidence in (0.8, 0.95, 0.99):
            expected = binomtest(found, total).proportion_ci(confidence, method="wilson")
            low, high = measures.penetration_interval(found, total, confidence=confidence)
            assert (float(low), float(high)) == pytest.approx((100 * expected.low, 100 * expected.high), abs=1e-9)


def test_the_index_interval_is_the_penetration_interval_in_index_points() -> None:
    low, high = measures.index_interval([154, 46], [1_000, 1_000])
    expected = binomtest(154, 1_000).proportion_ci(0.95, method="wilson")
    assert (low[0], high[0]) == pytest.approx((100 * expected.low / 0.1, 100 * expected.high / 0.1))


def test_the_interval_covers_the_index_that_the_cell_was_drawn_with() -> None:
    random = np.random.default_rng(11)
    n = np.full(4_000, 250)
    found = random.binomial(n, 0.154)
    low, high = measures.index_interval(found, n, all_profile=820_000, all_n=8_200_000)
    assert 0.93 < np.mean((low <= 154) & (high >= 154)) < 0.97


def test_a_gemeente_is_compared_with_the_country() -> None:
    inside = measures.index([30, 10], [100, 100], all_profile=1_000, all_base=10_000)
    np.testing.assert_allclose(inside, [300, 100])
    np.testing.assert_allclose(measures.index([30, 10], [100, 100]), [150, 50])


def test_empty_cells_give_nan_without_a_warning() -> None:
    with np.errstate(all="raise"):
        assert np.isnan(measures.penetration([0], [0])).all()
        assert np.isnan(measures.index([0, 5], [0, 10])).tolist() == [True, False]
        assert np.isnan(measures.index([0, 0], [5, 10])).all()
        assert np.isnan(measures.share([0, 0])).all()
        assert all(np.isnan(bound).all() for bound in measures.penetration_interval([0], [0]))
        assert np.isnan(measures.capture(0, 0))


def test_counts_that_cannot_belong_together_are_refused() -> None:
    with pytest.raises(MeasureError, match=r"1 cells hold more profile .*\(first: cell 1, 6 of 5\)"):
        measures.penetration([1, 6], [5, 5])
    with pytest.raises(MeasureError, match=r"'profile' holds 2 counts .*\(first: cell 0, -1\)"):
        measures.index([-1, math.nan], [5, 5])
    with pytest.raises(MeasureError, match="more profile than base"):
        measures.index([5], [10], all_profile=20, all_base=10)
    with pytest.raises(MeasureError, match="more profile than base"):
        measures.lift(5, 10, 4, 100)
    with pytest.raises(MeasureError, match="confidence 95"):
        measures.penetration_interval([1], [2], confidence=95)


def test_map_classes() -> None:
    value = [154.9, 154.9, 60.0, 60.0, 110.0, 120.0, 80.0, math.nan]
    low = [140.0, 90.0, 50.0, 20.0, 105.0, 110.0, 70.0, math.nan]
    high = [170.0, 200.0, 70.0, 130.0, 115.0, 130.0, 90.0, math.nan]
    expected = ["above", "average", "below", "average", "average", "average", "average", None]
    assert measures.map_class(value, low, high).tolist() == expected
    assert measures.map_class([110.0], [105.0], [115.0], (100, 100)).tolist() == ["above"]
    with pytest.raises(MeasureError, match="do not lie around 100"):
        measures.map_class(value, low, high, (110, 120))
    with pytest.raises(MeasureError, match="1 intervals"):
        measures.map_class([100.0], [120.0], [80.0])


def test_psi_by_hand() -> None:
    expected = (0.6 - 0.5) * math.log(0.6 / 0.5) + (0.4 - 0.5) * math.log(0.4 / 0.5)
    assert measures.psi([50, 50], [600, 400]) == pytest.approx(expected)
    assert measures.psi([1, 2, 0], [10, 20, 0]) == pytest.approx(0)
    assert math.isfinite(measures.psi([100, 0], [90, 10]))
    with pytest.raises(MeasureError, match="expected has 2 cells and actual has 3"):
        measures.psi([1, 2], [1, 2, 3])
    with pytest.raises(MeasureError, match="without households"):
        measures.psi([0, 0], [1, 2])


@given(cells)
def test_psi_is_symmetric_and_never_negative(pairs: Cells) -> None:
    before, after = columns(pairs)
    assert measures.psi(before, after) == pytest.approx(measures.psi(after, before))
    assert measures.psi(before, after) >= 0


def exact_power(p: float, q: float, n: int, m: int) -> float:
    """Chance that the pooled z-test is significant, added up over every outcome."""
    i, j = np.arange(n + 1)[:, None], np.arange(m + 1)[None, :]
    chance = binom.pmf(i, n, p) * binom.pmf(j, m, q)
    together = (i + j) / (n + m)
    spread = np.sqrt(together * (1 - together) * (1 / n + 1 / m))
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(chance[np.abs(i / n - j / m) / spread > norm.ppf(0.975)].sum())


@pytest.mark.parametrize(("p", "q", "n", "m"), [(0.3, 0.2, 400, 300), (0.1, 0.05, 900, 300), (0.02, 0.01, 2000, 1500)])
def test_power_is_near_that_of_every_outcome_added_up(p: float, q: float, n: int, m: int) -> None:
    assert measures.two_shares_power(p, q, n, m) == pytest.approx(exact_power(p, q, n, m), abs=0.03)
    assert measures.two_shares_power(q, p, m, n) == pytest.approx(float(measures.two_shares_power(p, q, n, m)))


def test_power_of_no_difference_is_the_error_that_is_allowed() -> None:
    assert measures.two_shares_power(0.2, 0.2, 500, 80) == pytest.approx(0.05)
    assert measures.two_shares_power(0.2, 0.2, 500, 80, confidence=0.9) == pytest.approx(0.1)
    assert np.isnan(measures.two_shares_power(0.2, 0.1, 500, 0))
    with pytest.raises(MeasureError, match="outside 0 and 1"):
        measures.two_shares_power(1.2, 0.1, 5, 5)


def test_the_detectable_share_is_where_power_begins() -> None:
    found = measures.detectable_share(0.01, 900, 100)
    assert measures.two_shares_power(found, 0.01, 900, 100) >= 0.8
    assert measures.two_shares_power(found - 1e-4, 0.01, 900, 100) < 0.8
    assert found > measures.detectable_share(0.01, 9000, 1000) > 0.01
    assert np.isnan(measures.detectable_share(0.5, 3, 2))
