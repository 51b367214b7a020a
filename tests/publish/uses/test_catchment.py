"""Catchments: people and customers as SQL counts them over points, and small cells that stay unknown."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely

from profiling.errors import ProfileError, SchemaError
from profiling.publish.uploads import read_upload
from profiling.publish.uses.branch_land import Catchments, draw_catchments
from profiling.publish.uses.catchment import CatchmentAnalysis, analyse_catchments
from profiling.publish.uses.ground import circles, nearest, parts_of
from profiling.publish.uses.sites import Site, read_sites
from profiling.reporting.html import render
from profiling.reporting.uses.catchment_page import catchment_page
from tests.publish.customers import Country, make_country
from tests.publish.uses.land import BOTTOM, BRANCHES, LEFT, by_hand, land, squares

RADIUS = 1_600.0


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("catchment"))


@pytest.fixture(scope="module")
def found(country: Country) -> CatchmentAnalysis:
    drawn = draw_catchments(country.deep, BRANCHES, land(country.deep), "radius", radius=RADIUS)
    return analyse_catchments(read_upload(country.csv()), country.book, country.deep, drawn)


@pytest.mark.parametrize("radius", [RADIUS, 1e6])
def test_parts_are_those_of_points_in_sql(country: Country, radius: float) -> None:
    ground = land(country.deep)
    zones = circles(BRANCHES, radius) if radius < 1e6 else nearest(BRANCHES, ground)
    parts = parts_of(ground, zones)
    expected = by_hand(country.deep, BRANCHES, radius).pivot(index="site", columns="buurt", values="part")
    expected = expected.reindex(index=[each.code for each in BRANCHES], columns=list(ground.codes)).fillna(0.0)
    np.testing.assert_allclose(parts, expected, atol=0.02)
    assert 0 < (parts > 0).sum() < parts.size
    assert (parts.sum(axis=0) <= 1 + 1e-12).all()


def test_branches_are_those_of_sql(country: Country, found: CatchmentAnalysis) -> None:
    parts, asked = by_hand(country.deep, BRANCHES, RADIUS), country.rows  # noqa: F841
    expected = duckdb.sql(
        f"""SELECT site, sum(part) AS households, sum(part * (key IS NOT NULL)::INT) AS members,
            sum(part * in_profile::INT) AS profile, sum(part * (in_profile AND key IS NOT NULL)::INT) AS reached
        FROM '{country.deep.households}' AS h JOIN parts USING (buurt) LEFT JOIN asked ON asked.key = h.household_id
        GROUP BY ROLLUP (site) ORDER BY site NULLS FIRST"""
    ).df()
    rows = found.branches.set_index("place").loc[["around", "V1", "V2", "V3"]]
    for column in ("households", "members", "profile"):
        np.testing.assert_allclose(rows[column], expected[column], rtol=0.03)
    kept = ~rows["suppressed"].to_numpy()
    assert kept.sum() >= 3
    np.testing.assert_allclose(rows["reached"][kept], expected["reached"][kept], rtol=0.05)
    np.testing.assert_allclose(rows["member_share"], 100 * expected["members"] / expected["households"], rtol=0.03)
    assert (
        (rows["member_share_low"] < rows["member_share"]) & (rows["member_share"] < rows["member_share_high"])
    ).all()


def of_squares(country: Country, *parts: range) -> tuple[Catchments, list[str]]:
    """A catchment of whole squares for each of the first branches, by the numbers of the squares; and their codes."""
    boxes, sites = squares(country.deep), BRANCHES[: len(parts)]
    shapes = list(boxes.values())
    isochrones = {
        site.code: shapely.union_all([shapes[each] for each in part]) for site, part in zip(sites, parts, strict=True)
    }
    drawn = draw_catchments(country.deep, sites, land(country.deep), "isochrones", isochrones=isochrones)
    return drawn, list(boxes)


def test_segments_of_whole_squares_are_exactly_those_of_sql(country: Country) -> None:
    drawn, codes = of_squares(country, range(20), range(22, 36))
    assert drawn.error.cut == 0.0
    found = analyse_catchments(read_upload(country.csv()), country.book, country.deep, drawn)
    asked = country.rows  # noqa: F841
    expected = duckdb.sql(
        f"""WITH mine AS (SELECT segment, count(*) AS people, count(key) AS n
            FROM '{country.deep.households}' AS h LEFT JOIN asked ON asked.key = h.household_id
            WHERE buurt <= '{codes[19]}' GROUP BY segment)
        SELECT segment, n, 100.0 * n / sum(n) OVER () AS share, 100.0 * people / sum(people) OVER () AS base_share
        FROM mine ORDER BY segment"""
    ).df()
    rows = found.segments[(found.segments["place"] == "V1") & (found.segments["level"] == "sub")]
    assert not rows["suppressed"].any()
    assert rows["n"].tolist() == expected["n"].tolist()
    np.testing.assert_allclose(rows["index"], 100 * expected["share"] / expected["base_share"])
    people = found.people[(found.people["place"] == "V1") & (found.people["level"] == "sub")]
    np.testing.assert_allclose(people["share"].astype(float), expected["base_share"])


def test_the_error_of_centroids_is_what_points_say(country: Country, found: CatchmentAnalysis) -> None:
    error, parts = found.catchments.error, by_hand(country.deep, BRANCHES, RADIUS)
    cut = parts.groupby("buurt")["part"].agg(["sum", "max"])
    cut = cut[cut["max"] < 1].index
    n = pd.read_parquet(country.deep.households)["buurt"].isin(cut).mean()
    assert error.cut == pytest.approx(100 * n, abs=0.5)
    # The centre of a square of one kilometre, and points spread evenly around it: 382.6 m; as a circle 376.1 m.
    assert error.metres == pytest.approx(376.1, abs=0.1)
    # By hand: an area whose centre lies in a catchment is wrong for what lies elsewhere, and the other way round.
    wide = parts.pivot(index="buurt", columns="site", values="part").fillna(0.0)
    size = pd.read_parquet(country.deep.households)["buurt"].value_counts()
    wrong = 0.0
    for code, box in squares(country.deep).items():
        away = {each.code: np.hypot(box.centroid.x - each.x, box.centroid.y - each.y) for each in BRANCHES}
        home = min(away, key=lambda each: away[each])
        mine = wide.loc[code] if code in wide.index else pd.Series(0.0, index=list(away))
        wrong += size[code] * (1.0 - mine[home] if away[home] <= RADIUS else mine.sum())
    assert error.moved == pytest.approx(100 * wrong / size.sum(), rel=0.03)


def test_few_customers_are_never_shown(country: Country) -> None:
    drawn = draw_catchments(country.deep, BRANCHES, land(country.deep), "radius", radius=RADIUS)
    found = analyse_catchments(read_upload(country.csv(country.rows.head(9))), country.book, country.deep, drawn)
    assert found.branches[["members", "member_share", "reached", "reach"]].isna().all(axis=None)
    assert found.segments[["n", "share", "index"]].isna().all(axis=None)


@pytest.mark.parametrize("outside", [0, 9, 10])
def test_who_lives_around_no_branch_does_not_follow_from_the_rows_found(country: Country, outside: int) -> None:
    drawn, codes = of_squares(country, range(20))
    buurt = pd.read_parquet(country.deep.households).set_index("household_id")["buurt"]
    here = buurt.loc[country.rows["key"]].isin(codes[:20]).to_numpy()
    rows = pd.concat([country.rows[here], country.rows[~here].head(outside)])
    found = analyse_catchments(read_upload(country.csv(rows)), country.book, country.deep, drawn)
    assert found.branches["members"].iloc[0] == here.sum()
    assert found.report.told == (outside == 10)
    # Whoever takes the page apart: rows found less those around the branches.
    assert (found.report.n_found - here.sum() == outside) == (outside == 10)
    assert ("precies gevonden" in render(catchment_page(found))) == (outside == 10)


def test_postcodes_alone_give_expectations_around_branches(country: Country) -> None:
    drawn, codes = of_squares(country, range(15), range(15, 28))
    file = ("postcode\n" + "\n".join(country.rows["postcode"])).encode()
    found = analyse_catchments(read_upload(file), country.book, country.deep, drawn)
    assert found.by_postcode
    # By hand: a row is spread over all households of its postcode, and each of those lives in one square.
    asked, homes = country.rows, country.tiny.households  # noqa: F841
    expected = duckdb.sql(
        f"""WITH rows AS (SELECT replace(postcode, ' ', '') AS pc, count(*) AS n FROM asked GROUP BY 1),
            spread AS (SELECT key, n / count(*) OVER (PARTITION BY pc) AS weight FROM homes JOIN rows USING (pc))
        SELECT sum(weight) AS members, sum(weight) FILTER (in_profile) AS reached
        FROM spread JOIN '{country.deep.households}' AS h ON h.household_id = spread.key WHERE buurt <= '{codes[27]}'
        GROUP BY buurt > '{codes[14]}' ORDER BY buurt > '{codes[14]}'"""
    ).df()
    rows = found.branches.set_index("place").loc[["V1", "V2"]]
    np.testing.assert_allclose(rows["members"], expected["members"])
    kept = ~rows["suppressed"].to_numpy()
    assert kept.any()
    np.testing.assert_allclose(rows["reached"][kept], expected["reached"][kept])
    page = render(catchment_page(found))
    assert "Het bestand heeft geen huisnummers" in page
    one = read_upload(("postcode\n" + "\n".join([country.rows["postcode"][0]] * 400)).encode())
    few = analyse_catchments(one, country.book, country.deep, drawn)
    # Four hundred customers of one postcode tell of its five households, and that is too small.
    assert few.branches[["members", "reached"]].isna().all(axis=None)


@pytest.mark.parametrize("square", [36, 37, 38])
def test_what_is_shown_of_customers_gives_no_small_cell_away(country: Country, square: int) -> None:
    drawn, _codes = of_squares(country, range(20), range(square, square + 1), range(20, 36))
    found = analyse_catchments(read_upload(country.csv()), country.book, country.deep, drawn)
    table = found.segments[found.segments["level"] != "main"].pivot(index="place", columns="code", values="n")
    assert table.isna().any(axis=None)
    assert (table.stack().dropna() >= 10).all()
    for way, total in ((table, "*"), (table.T, "around")):
        for _, row in way.iterrows():
            hidden = row.drop(total).isna()
            if hidden.any() and np.isfinite(row[total]):
                assert hidden.sum() > 1
                assert row[total] - row.drop(total).sum() >= 10
    assert table.notna().sum().sum() >= 8


def test_faults_come_in_one_message(country: Country, tmp_path: Path) -> None:
    ground = land(country.deep)
    with pytest.raises(ProfileError, match="radius of 0"):
        draw_catchments(country.deep, BRANCHES, ground, "radius", radius=0)
    with pytest.raises(ProfileError, match="'V2' has no isochrone"):
        draw_catchments(country.deep, BRANCHES, ground, "isochrones", isochrones={"V1": shapely.box(0, 0, 1, 1)})
    path = tmp_path / "branches.csv"
    path.write_text(f"branch;naam;x;y\nV1;A;5,1;52,1\nV1;B;{LEFT};{BOTTOM}\nV2;C;east;1\n")
    with pytest.raises(SchemaError) as caught:
        read_sites(path)
    assert "degrees" in str(caught.value)
    assert "'V1' stands 2 times" in str(caught.value)
    assert "'east' is not a number" in str(caught.value)
    path.write_text("branch,naam\nV1,A\n")
    with pytest.raises(SchemaError, match="column 'x' is missing"):
        read_sites(path)
    path.write_text(f"site,x,y\nS1,{LEFT},{BOTTOM}\n")
    assert read_sites(path) == (Site("S1", "", LEFT, BOTTOM),)
