"""Expansion: what sites add is what SQL counts over points, the order is the greedy one, doubt covers the truth."""

from __future__ import annotations

from itertools import combinations

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.errors import ProfileError
from profiling.publish.uses.expansion import Expansion, plan_expansion
from profiling.publish.uses.sites import Site
from tests.publish.customers import Country, make_country
from tests.publish.uses.land import BOTTOM, BRANCHES, LEFT, SIDE, land, squares

RADIUS = 1_400.0
CANDIDATES = (
    Site("K1", "Dichtbij", LEFT + 2_000, BOTTOM + 1_500),
    Site("K2", "West", LEFT + 1_500, BOTTOM + 3_900),
    Site("K3", "Oost", LEFT + 6_900, BOTTOM + 1_100),
    Site("K4", "Ver", LEFT + 7_900, BOTTOM + 4_900),
)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("expansion"))


@pytest.fixture(scope="module")
def plan(country: Country) -> Expansion:
    return plan_expansion(country.deep, BRANCHES[:2], CANDIDATES, land(country.deep), radius=RADIUS)


def within(country: Country, sites: tuple[Site, ...]) -> float:
    """Profile households within the radius of any of the sites, from points, in SQL."""
    corners = pd.DataFrame(  # noqa: F841
        [(code, *box.bounds[:2]) for code, box in squares(country.deep).items()], columns=["buurt", "x0", "y0"]
    )
    places = pd.DataFrame([(each.x, each.y) for each in sites], columns=["sx", "sy"])  # noqa: F841
    found = duckdb.sql(
        f"""WITH points AS (SELECT buurt, x0 + {SIDE} * (i + 0.5) / 50 AS x, y0 + {SIDE} * (j + 0.5) / 50 AS y
            FROM corners, range(50) AS a(i), range(50) AS b(j)),
        near AS (SELECT buurt, x, y, min((x - sx) ** 2 + (y - sy) ** 2) <= {RADIUS**2} AS inside
            FROM points, places GROUP BY ALL),
        parts AS (SELECT buurt, avg(inside::INT) AS part FROM near GROUP BY buurt)
        SELECT sum(part * in_profile::INT) FROM '{country.deep.households}' JOIN parts USING (buurt)"""
    ).fetchall()
    return float(found[0][0])


def test_what_a_site_adds_is_what_sql_counts(country: Country, plan: Expansion) -> None:
    by_code = {each.code: each for each in CANDIDATES}
    there = BRANCHES[:2]
    before = within(country, there)
    assert plan.reached == pytest.approx(before, rel=0.03)
    for row in plan.sites.itertuples():
        there = (*there, by_code[str(row.site)])
        after = within(country, there)
        if row.suppressed:
            assert after - before < 12
        else:
            assert row.adds == pytest.approx(after - before, rel=0.05, abs=1.5)
            assert row.adds_low <= row.adds <= row.adds_high
            assert row.together == pytest.approx(after, rel=0.03)
        before = after
    for row in plan.sites.itertuples():
        assert row.alone == pytest.approx(within(country, (by_code[str(row.site)],)), rel=0.05)


def test_the_first_site_is_the_best_and_two_come_close_to_the_best_pair(country: Country, plan: Expansion) -> None:
    base = within(country, BRANCHES[:2])
    added = {each.code: within(country, (*BRANCHES[:2], each)) - base for each in CANDIDATES}
    assert plan.sites["site"].iloc[0] == max(added, key=lambda code: added[code])
    best = max(within(country, (*BRANCHES[:2], *pair)) - base for pair in combinations(CANDIDATES, 2))
    assert plan.sites["adds"].iloc[:2].sum() >= (1 - 1 / np.e) * best
    assert plan.sites["adds"].is_monotonic_decreasing
    assert plan.sites["first"].between(0, 1).all()


def test_the_interval_covers_households_that_live_in_clusters(country: Country, plan: Expansion) -> None:
    first = next(each for each in CANDIDATES if each.code == plan.sites["site"].iloc[0])
    rng = np.random.default_rng(11)
    boxes = squares(country.deep)
    profile = duckdb.sql(
        f"SELECT buurt, count(*) AS n FROM '{country.deep.households}' WHERE in_profile GROUP BY 1"
    ).df()
    hits = []
    for _ in range(300):
        total = 0.0
        for buurt, n in profile.itertuples(index=False):
            x0, y0 = boxes[buurt].bounds[:2]
            xs, ys = x0 + SIDE * rng.random(5), y0 + SIDE * rng.random(5)
            new = np.hypot(xs - first.x, ys - first.y) <= RADIUS
            for each in BRANCHES[:2]:
                new &= np.hypot(xs - each.x, ys - each.y) > RADIUS
            total += rng.poisson(n) * new.mean()
        hits.append(plan.sites["adds_low"].iloc[0] <= total <= plan.sites["adds_high"].iloc[0])
    assert np.mean(hits) > 0.88


def test_the_same_seed_gives_the_same_and_bad_input_is_said(country: Country, plan: Expansion) -> None:
    again = plan_expansion(country.deep, BRANCHES[:2], CANDIDATES, land(country.deep), radius=RADIUS)
    pd.testing.assert_frame_equal(again.sites, plan.sites)
    with pytest.raises(ProfileError, match="radius in metres"):
        plan_expansion(country.deep, BRANCHES, CANDIDATES, land(country.deep), radius=0)
