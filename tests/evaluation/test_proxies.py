"""Proxies of an attribute, planted and found again; against scikit-learn, SQL and closed forms."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from profiling.errors import MeasureError
from profiling.evaluation.proxies import (
    area_share_proxy,
    group_auc,
    group_penetration,
    score_proxy,
    variable_proxies,
)

N = 6000


def households(seed: int = 0) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """A trait, the group of an attribute that follows it, areas and weights."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=N)
    group = np.where(rng.random(N) < 1 / (1 + np.exp(1.5 - trait)), "yes", "no").astype(object)
    return trait, group, rng.integers(0, 60, N).astype(str), rng.uniform(0.5, 2.0, N)


def test_auc_is_that_of_scikit_learn_with_weights_and_for_membership() -> None:
    trait, group, areas, weight = households()
    has = group == "yes"
    found = group_auc(trait, has, areas, weight=weight, replicates=100)
    assert found.value == pytest.approx(roc_auc_score(has, trait, sample_weight=weight))
    assert found.low < found.value < found.high
    member = (trait > 1.0).astype(float)
    by_hand = 0.5 * (1 + member[has].mean() - member[~has].mean())
    assert group_auc(member, has, areas, replicates=5).value == pytest.approx(by_hand)


def test_each_group_stands_against_the_others_and_unknown_is_left_out() -> None:
    trait, group, areas, _ = households()
    group[:50], group[50:70] = None, "few"
    rows = {row["group"]: row for row in score_proxy(trait, group, areas, replicates=50).to_pylist()}
    assert list(rows) == ["few", "no", "yes"]
    known = np.array([each is not None for each in group])
    assert rows["yes"]["auc"] == pytest.approx(roc_auc_score(group[known] == "yes", trait[known]))
    assert rows["no"]["auc"] < 0.5 < rows["yes"]["auc"]
    assert rows["few"]["n"] == 20
    assert np.isnan(rows["few"]["auc"])
    with pytest.raises(MeasureError, match="the attribute has 1 groups"):
        score_proxy(trait, np.where(group == "yes", "yes", None), areas)


def test_planted_proxies_stand_on_top_and_noise_at_a_half() -> None:
    trait, group, areas, weight = households()
    rng = np.random.default_rng(1)
    middle = (group == "yes").astype(float)
    features = {
        "noise": rng.normal(size=N),
        "many_codes": rng.integers(0, 300, N).astype(str).astype(object),
        "linear": np.where(rng.random(N) < 0.1, np.nan, trait),
        "both_ends": np.where(middle > 0, 1.0, 0.2) * np.abs(rng.normal(size=N)) * rng.choice([-1.0, 1.0], N),
        "text": np.where(rng.random(N) < 0.5 + 0.3 * middle, "a", "b").astype(object),
    }
    features["text"][:200] = None
    found = variable_proxies(features, group, areas, weight=weight, replicates=60).to_pandas()
    auc = found[found["group"] == "yes"].set_index("feature")
    assert set(found["group"]) == {"yes", "no"}
    assert (found["auc"].diff().dropna() <= 0).all()
    # Two values: the AUC of a coin that shows "a" in 80 and 50 of 100 cases is ½(1 + 0.3).
    assert auc.loc["text", "auc"] == pytest.approx(0.65, abs=0.02)
    has = group == "yes"
    there = np.isfinite(features["linear"])
    whole = roc_auc_score(has[there], trait[there])
    assert 0.9 * (whole - 0.5) - 0.02 < auc.loc["linear", "auc"] - 0.5 < whole - 0.5
    assert abs(roc_auc_score(has, features["both_ends"]) - 0.5) < 0.03
    assert auc.loc["both_ends", "auc"] > 0.75
    for name in ("noise", "many_codes"):
        assert auc.loc[name, "auc"] == pytest.approx(0.5, abs=0.03)
        assert auc.loc[name, "low"] < 0.51
    with pytest.raises(MeasureError, match="'short' has 3 values"):
        variable_proxies({"short": np.ones(3)}, group, areas)


def test_a_feature_that_names_the_area_teaches_nothing_of_other_areas() -> None:
    """Learned on the rows themselves it would tell areas apart; on held-out areas it cannot."""
    rng = np.random.default_rng(2)
    areas = np.repeat([f"A{each:02d}" for each in range(40)], 100)
    group = np.where(rng.random(4000) < np.repeat(rng.uniform(0.1, 0.9, 40), 100), "yes", "no").astype(object)
    found = variable_proxies({"area": areas.astype(object)}, group, areas, replicates=20).to_pylist()
    assert found[0]["auc"] == pytest.approx(0.5, abs=1e-9)


def test_penetration_by_group_is_what_sql_counts() -> None:
    trait, group, _, weight = households()
    group[:100] = None
    part = (trait > 1).astype(float)
    rows = group_penetration(part, group, weight).to_pylist()
    table = pd.DataFrame({"g": group, "p": part, "w": weight})
    said = duckdb.from_df(table).query(
        "t",
        "SELECT g, count(*), sum(w), sum(w * p), 100 * sum(w * p) / sum(w), 100 * (sum(w * p) / sum(w)) / "
        "(sum(sum(w * p)) OVER () / sum(sum(w)) OVER ()) FROM t WHERE g IS NOT NULL GROUP BY g ORDER BY g",
    )
    for row, expected in zip(rows, said.fetchall(), strict=True):
        assert row["group"] == expected[0]
        names = ("n", "households", "profile", "penetration", "index")
        assert [row[name] for name in names] == pytest.approx(expected[1:])
        assert row["low"] < row["penetration"] < row["high"]
    with pytest.raises(MeasureError, match="lengths differ"):
        group_penetration(part[:5], group)


def test_area_shares_are_ranked_and_gaps_left_out() -> None:
    rng = np.random.default_rng(3)
    share = rng.random(80)
    penetration = share + 0.2 * rng.normal(size=80)
    penetration[:5], share[5:8] = np.nan, np.nan
    found = area_share_proxy(penetration, share, np.arange(80).astype(str), replicates=200)
    assert found.value == pytest.approx(spearmanr(penetration[8:], share[8:])[0])
    assert (found.n, found.low < found.value < found.high) == (72, True)
