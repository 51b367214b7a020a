"""The customer analysis: figures as SQL finds them, and small cells that stay unknown however they are asked for."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.errors import ProfileError
from profiling.publish.choose import select_areas, whole_country
from profiling.publish.customers import CustomerAnalysis, analyse_customers, segments_against
from profiling.publish.selection import Selection
from profiling.publish.uploads import read_upload
from profiling.reporting.customers_page import customers_page
from profiling.reporting.html import render
from tests.publish.customers import Country, make_country

MINIMUM = 10
FIGURES = ("n", "n_profile", "penetration", "share", "index", "index_low", "index_high")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("customers"))


def analyse(country: Country, rows: pd.DataFrame | None = None, work_area: str | None = None, level: str = "gemeente") -> CustomerAnalysis:  # fmt: skip
    chosen = None if work_area is None else select_areas(country.deep, work_area.split(","))
    return analyse_customers(
        read_upload(country.csv(rows)),
        country.book,
        [country.deep, country.small],
        base=whole_country(country.deep),
        work_area=chosen,
        level=level,
    )


def sql(country: Country, query: str, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """`asked` are the customers, `deep` and `small` the households of both profiles, all with main and sub segment."""
    database = duckdb.connect()
    database.register("asked", country.rows if rows is None else rows)
    for each in (country.deep, country.small):
        database.execute(
            f"CREATE VIEW {each.listed.profile} AS SELECT *, left(segment, 1) AS main FROM '{each.households}'"
        )
    return database.sql(query).df()


@pytest.mark.parametrize("place", [0, 1])
def test_figures_are_those_of_sql(country: Country, place: int) -> None:
    found = analyse(country).profiles[place]
    name = (country.deep, country.small)[place].listed.profile
    expected = sql(
        country,
        f"""WITH mine AS (SELECT h.* FROM {name} h JOIN asked ON asked.key = h.household_id),
        cells AS (SELECT main, segment, count(*) AS n, count_if(in_profile) AS n_profile FROM mine
            GROUP BY GROUPING SETS ((), (main), (segment)))
        SELECT coalesce(main, segment, '*') AS code, n, n_profile, 100.0 * n_profile / n AS penetration,
            100.0 * n_profile / (SELECT count_if(in_profile) FROM mine) AS share,
            100.0 * (n_profile / n) / (SELECT count_if(in_profile) / count(*) FROM {name}) AS index
        FROM cells""",
    ).set_index("code")
    shown = found.table.set_index("code")
    assert len(shown) == 7
    kept = ~shown["suppressed"]
    small = (expected["n_profile"] < MINIMUM) | (expected["n"] - expected["n_profile"] < MINIMUM)
    assert not (kept & small.reindex(shown.index)).any()
    assert kept["*"]
    for column in ("n", "n_profile", "penetration", "share", "index"):
        np.testing.assert_allclose(shown.loc[kept, column], expected[column].reindex(shown.index)[kept])
    assert shown.loc[~kept, list(FIGURES)].isna().all(axis=None)
    assert (shown["index_low"][kept] < shown["index"][kept]).all()


def test_segments_are_those_of_sql(country: Country) -> None:
    expected = sql(
        country,
        """SELECT segment AS code, count(*) AS n_base, count(asked.key) AS n FROM deep
        LEFT JOIN asked ON asked.key = deep.household_id GROUP BY segment ORDER BY segment""",
    ).set_index("code")
    shown = analyse(country).segments
    subs = shown[shown["level"] == "sub"].set_index("code")
    assert subs["n"].tolist() == expected["n"].tolist()
    shares = 100 * expected / expected.sum()
    np.testing.assert_allclose(subs["base_share"], shares["n_base"])
    np.testing.assert_allclose(subs["index"], 100 * shares["n"] / shares["n_base"])
    assert shown["n"].iloc[0] == 900


def test_reached_and_not_reached_are_those_of_sql(country: Country) -> None:
    reach = analyse(country, work_area="GM0100,GM0101,GM0102,GM0103,GM0104,GM0105").profiles[0].reach
    assert reach is not None
    expected = sql(
        country,
        """SELECT gemeente, count(*) AS households, count(asked.key) AS members, count_if(in_profile) AS profile,
            count_if(in_profile AND asked.key IS NOT NULL) AS reached
        FROM deep LEFT JOIN asked ON asked.key = deep.household_id
        WHERE gemeente <= 'GM0105' GROUP BY GROUPING SETS ((), (gemeente)) ORDER BY gemeente NULLS FIRST""",
    )
    shown = reach.areas
    assert shown["code"].tolist() == ["*", *expected["gemeente"][1:]]
    for column in ("households", "members", "profile"):
        assert shown[column].tolist() == expected[column].tolist()
    kept = ~shown["suppressed"]
    assert kept.sum() >= 4
    assert shown["reached"][kept].tolist() == expected["reached"][kept].tolist()
    assert shown["not_reached"][kept].tolist() == (expected["profile"] - expected["reached"])[kept].tolist()
    by_segment = sql(
        country,
        """SELECT segment, count_if(in_profile AND asked.key IS NOT NULL) AS reached FROM deep
        LEFT JOIN asked ON asked.key = deep.household_id WHERE gemeente <= 'GM0105' GROUP BY segment ORDER BY segment""",
    )
    subs = reach.segments[reach.segments["level"] == "sub"].set_index("code")
    shown_subs = ~subs["suppressed"]
    assert shown_subs.sum() >= 2
    assert subs["reached"][shown_subs].tolist() == by_segment.set_index("segment")["reached"][shown_subs].tolist()


def test_a_customer_file_of_one_row_reveals_nothing(country: Country) -> None:
    for rows in (country.rows.head(1), country.rows.iloc[:0], country.rows.head(9)):
        if rows.empty:
            continue
        found = analyse(country, rows, work_area="GM0100,GM0101")
        figures = ["n", "share", "index", "index_low", "index_high"]
        assert found.segments[figures].isna().all(axis=None)
        for each in found.profiles:
            assert each.table["suppressed"].all()
            assert each.table[list(FIGURES)].isna().all(axis=None)
            assert each.reach is not None
            for table in (each.reach.areas, each.reach.segments):
                assert table[["members", "reached", "not_reached", "reach"]].isna().all(axis=None)


def test_customers_who_all_belong_give_nobody_away(country: Country) -> None:
    inside = sql(country, "SELECT household_id FROM deep WHERE in_profile")["household_id"]
    rows = country.rows[country.rows["key"].isin(inside)]
    assert len(rows) > 100
    assert analyse(country, rows).profiles[0].table["suppressed"].all()


@pytest.mark.parametrize("seed", range(4))
def test_no_small_cell_follows_from_what_is_shown(country: Country, seed: int) -> None:
    """All shown counts of customers in the profile, and of those not in it, as equations over the smallest cells."""
    rng = np.random.default_rng(seed)
    rows = country.rows.sample(int(rng.integers(150, 900)), random_state=seed)
    areas = ",".join(f"GM{100 + each:04d}" for each in rng.choice(10, int(rng.integers(4, 9)), replace=False))
    found = analyse(country, rows, work_area=areas)
    everyone = sql(country, "SELECT h.*, asked.key FROM deep h LEFT JOIN asked ON asked.key = h.household_id", rows)
    here = everyone[everyone["gemeente"].isin(areas.split(","))]
    mine = here[here["key"].notna()]
    assert found.n_households == len(mine)
    left = len(rows) - len(mine)
    assert found.report.told == (left >= MINIMUM)
    assert found.n_outside == left if left >= MINIMUM else np.isnan(found.n_outside)
    profile = found.profiles[0]
    assert profile.reach is not None
    subs = sorted(here["segment"].unique())
    facts = {
        "n_profile": (profile.table, mine[mine["in_profile"]]),
        "n_rest": (
            profile.table.assign(n_rest=profile.table["n"] - profile.table["n_profile"]),
            mine[~mine["in_profile"]],
        ),
        "n": (found.segments, mine),
        "reached": (profile.reach.segments, mine[mine["in_profile"]]),
        "not_reached": (profile.reach.segments, here[here["in_profile"] & here["key"].isna()]),
    }
    for column, (table, households) in facts.items():
        actual = households.groupby("segment").size().reindex(subs, fill_value=0).to_numpy(dtype=float)
        shown = table[table[column].notna()]
        fits = [
            [row.level == "total" or (row.level == "main" and sub[0] == row.code) or sub == row.code for sub in subs]
            for row in shown.itertuples()
        ]
        matrix = np.array(fits, dtype=float).reshape(len(fits), len(subs))
        np.testing.assert_allclose(matrix @ actual, shown[column].to_numpy(dtype=float))
        rank = np.linalg.matrix_rank(matrix) if len(matrix) else 0
        for place, sub in enumerate(subs):
            beside = np.vstack([matrix, np.eye(len(subs))[place]])
            determined = len(matrix) > 0 and np.linalg.matrix_rank(beside) == rank
            assert not (determined and actual[place] < MINIMUM), (column, sub, actual[place])


def test_nobody_in_a_segment_looks_as_nine_do(country: Country) -> None:
    """Files that differ in one small segment alone: neither its row nor what is shown around it tells which is which."""
    segment = pd.read_parquet(country.deep.households).set_index("household_id")["segment"]
    mine = segment.loc[country.rows["key"]].to_numpy()
    others, few = country.rows[mine != "A01"], country.rows[mine == "A01"]
    seen = []
    for n in (0, 1, 9):
        found = analyse(
            country, pd.concat([others, few.head(n)]), work_area="GM0100,GM0101,GM0102,GM0103,GM0104,GM0105"
        )
        profile = found.profiles[0]
        assert profile.reach is not None
        rows = found.segments.set_index("code")
        assert rows["suppressed"]["A01"]
        assert rows.loc["A01", ["n", "share", "index"]].isna().all()
        n_all, parts = rows["n"]["*"], rows.loc[[each for each in rows.index if len(each) == 3], "n"]
        assert parts.isna().sum() >= 2
        assert n_all - parts.sum() >= MINIMUM
        tables = (found.segments, profile.table, profile.reach.segments)
        seen.append([table[["level", "code", "name"]].to_numpy().tolist() for table in tables])
    assert seen[0] == seen[1] == seen[2]
    assert [len(each) for each in seen[0]] == [7, 7, 7]


@pytest.mark.parametrize("outside", [0, 1, 9, 10])
def test_who_lives_elsewhere_does_not_follow_from_the_rows_found(country: Country, outside: int) -> None:
    gemeente = pd.read_parquet(country.deep.households).set_index("household_id")["gemeente"]
    here = (gemeente.loc[country.rows["key"]] == "GM0100").to_numpy()
    rows = pd.concat([country.rows[here], country.rows[~here].head(outside)])
    found = analyse(country, rows, work_area="GM0100")
    n = found.segments["n"].iloc[0]
    assert n == here.sum()
    page = render(customers_page(found))
    if outside == MINIMUM:
        assert found.report.n_households - n == outside
        assert found.report.table()["n"].sum() == found.report.n_rows
    else:
        assert (found.report.told, found.report.n_households, found.n_rows_used) == (False, 0, None)
        assert np.isnan(found.n_outside)
        assert found.report.table().empty
        assert "minder dan 10, of niemand" in page
        # The number of rows is in the file itself; of these, how many were found is nowhere on the page.
        assert page.count("precies gevonden") == 0


def test_a_share_is_there_where_too_little_is_known_for_an_index(country: Country) -> None:
    table = analyse(country).segments[["level", "code", "n"]]
    hidden = np.zeros(len(table), dtype=bool)
    smallest = np.argmin(country.deep.shown.base.fitted.sum(axis=1))
    around = np.zeros(len(country.deep.shown.areas.codes[-1]))
    around[smallest] = 0.2
    made = segments_against(table, hidden, country.deep, Selection({"nl": "", "en": ""}, around))
    assert made["index"].isna().any()
    np.testing.assert_allclose(made["share"], 100 * made["n"] / 900)


def test_rows_of_one_household_count_once(country: Country) -> None:
    twice = pd.concat([country.rows, country.rows])
    once, double = analyse(country), analyse(country, twice)
    pd.testing.assert_frame_equal(once.profiles[0].table, double.profiles[0].table)
    assert double.report.kinds["duplicate"] == 900
    assert double.n_households == 900


def test_postcodes_alone_give_expectations(country: Country, tmp_path: Path) -> None:
    codes = country.rows["postcode"]
    found = analyse_customers(
        read_upload(("postcode\n" + "\n".join(codes)).encode()),
        country.book,
        country.deep,
        base=whole_country(country.deep),
    )
    assert found.by_postcode
    assert found.n_rows_used == 900
    homes = country.tiny.households.assign(postcode=country.tiny.households["pc"])
    asked = codes.str.replace(" ", "").value_counts().rename("rows")
    homes = homes.merge(asked, left_on="postcode", right_index=True)
    homes["weight"] = homes["rows"] / homes.groupby("postcode")["key"].transform("size")
    inside = pd.read_parquet(country.deep.households).set_index("household_id")["in_profile"]
    expected = homes["weight"][inside.reindex(homes["key"]).to_numpy()].groupby(homes["segment"]).sum()
    shown = found.profiles[0].table
    subs = shown[(shown["level"] == "sub") & ~shown["suppressed"]].set_index("code")
    assert len(subs) >= 2
    np.testing.assert_allclose(subs["n_profile"], expected.reindex(subs.index))
    # Forty customers in one postcode of five households tell of the postcode, and that is too small.
    one = read_upload(("postcode\n" + "\n".join([codes[0]] * 40)).encode())
    hidden = analyse_customers(one, country.book, country.deep, base=whole_country(country.deep))
    assert hidden.profiles[0].table["suppressed"].all()
    assert hidden.segments["suppressed"].all()
    # Enough customers expected in the profile, but too few households of the profile behind them.
    homes["inside"] = inside.reindex(homes["key"]).to_numpy()
    few = homes[homes.groupby("postcode")["inside"].transform("sum") == 1]["postcode"].unique()[:9]
    many = read_upload(("postcode\n" + "\n".join(list(few) * 30)).encode())
    table = analyse_customers(many, country.book, country.deep, base=whole_country(country.deep)).profiles[0].table
    assert 30 * (homes[homes["postcode"].isin(few)].groupby("postcode")["inside"].mean().sum()) > MINIMUM
    assert table["suppressed"].all()


def test_a_level_or_base_that_cannot_be_used_is_said(country: Country) -> None:
    upload = read_upload(country.csv())
    with pytest.raises(ProfileError, match="no level 'straat'"):
        analyse_customers(upload, country.book, country.deep, base=whole_country(country.deep), level="straat")
    few = country.small.cells.groupby("buurt")["n_profile"].sum().idxmin()
    tiny_base = select_areas(country.deep, [str(few)])
    with pytest.raises(ProfileError, match="too few households"):
        analyse_customers(upload, country.book, country.small, base=tiny_base)
