"""Points of branches: every one follows from its rule, planted ones are found, chance alone makes few."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.config import parse_config
from profiling.errors import ConfigError
from profiling.publish.uploads import read_upload
from profiling.publish.uses.branch_land import draw_catchments
from profiling.publish.uses.branches import BranchReview, BranchRules, branch_figures, load_rules, review_branches
from profiling.publish.uses.catchment import analyse_catchments
from tests.publish.customers import Country, make_country
from tests.publish.uses.land import BRANCHES, by_hand, land

RULES = Path(__file__).parents[3] / "configs" / "branch-rules.toml"


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("branches"))


def review(country: Country, rows: pd.DataFrame) -> BranchReview:
    drawn = draw_catchments(country.deep, BRANCHES, land(country.deep), "nearest")
    found = analyse_catchments(read_upload(country.csv(rows)), country.book, country.deep, drawn)
    return review_branches(found, load_rules(RULES))


def test_planted_points_are_found_and_sql_has_their_figures(country: Country) -> None:
    parts = by_hand(country.deep, BRANCHES, 1e6)
    south = set(parts[(parts["site"] == "V2") & (parts["part"] > 0.9)]["buurt"])
    home = pd.read_parquet(country.deep.households).set_index("household_id")
    mine = home.loc[country.rows["key"]]
    # Around V2 four in five of the customers are left out.
    out = mine["buurt"].isin(south) & (np.random.default_rng(3).random(900) < 0.8)
    rows = country.rows[~out.to_numpy()]
    found = review(country, rows)
    points = found.points.set_index(["place", "rule"])
    assert ("V2", "few-customers") in points.index
    assert not points.index.isin([("V2", "many-customers"), ("V1", "few-customers")]).any()
    expected = duckdb.sql(
        f"""SELECT site, sum(part * (key IS NOT NULL)::INT) / sum(part) AS rate
        FROM '{country.deep.households}' AS h JOIN parts USING (buurt) LEFT JOIN rows AS asked ON asked.key = h.household_id
        GROUP BY ROLLUP (site) ORDER BY site NULLS FIRST"""
    ).df()
    rate = expected.set_index("site")["rate"]
    value = 100 * rate["V2"] / expected["rate"].iloc[0]
    assert points.loc[("V2", "few-customers"), "value"] == pytest.approx(value, rel=0.02)


def test_every_point_keeps_to_its_rule(country: Country) -> None:
    found = review(country, country.rows.iloc[:500])
    known = {each.name: each for each in load_rules(RULES).rules}
    for row in found.points.itertuples():
        rule = known[str(row.rule)]
        assert rule.figure == row.figure
        assert row.value_low <= row.value <= row.value_high
        if rule.above is not None:
            assert row.value > rule.above
            assert row.value_low > 100
        else:
            assert row.value < rule.below
            assert row.value_high < 100
    assert (found.points["n"] >= 10).all()


def test_the_index_of_reach_is_against_all_branches(country: Country) -> None:
    parts, asked = by_hand(country.deep, BRANCHES, 1e6), country.rows  # noqa: F841
    expected = duckdb.sql(
        f"""SELECT site, sum(part * (key IS NOT NULL)::INT) / sum(part) AS reach
        FROM '{country.deep.households}' AS h JOIN parts USING (buurt) LEFT JOIN asked ON asked.key = h.household_id
        WHERE in_profile GROUP BY ROLLUP (site) ORDER BY site NULLS FIRST"""
    ).df()
    figures = branch_figures(review(country, country.rows).catchments).query("figure == 'reach_index'")
    values = figures.set_index("place")["value"]
    reach = expected.set_index("site")["reach"]
    for site in ("V1", "V2", "V3"):
        assert values[site] == pytest.approx(100 * reach[site] / expected["reach"].iloc[0], rel=0.03)


def test_a_rule_needs_its_whole_interval_on_one_side() -> None:
    rule = load_rules(RULES).rules[0]
    assert rule.fires(130, 101, 160)
    assert not rule.fires(130, 99, 160)
    assert not rule.fires(105, 101, 109)
    assert not rule.fires(float("nan"), float("nan"), float("nan"))


def test_a_rule_that_nobody_can_read_is_refused() -> None:
    raw = {"rules": [{"name": "X", "figure": "member_indx", "kind": "strength", "says": {"nl": "", "en": ""}}]}
    with pytest.raises(ConfigError) as caught:
        parse_config(raw, BranchRules, where="rules.toml")
    assert "figure" in str(caught.value)
    assert "action" in str(caught.value)
