"""The whole way on a tiny country: what comes out is held against SQL over the household file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import tomli_w
from typer.testing import CliRunner

from profiling import segmenting
from profiling.cli import commands
from profiling.errors import ProfilingError
from profiling.population.checks import check_population
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.segmenting import Segmenting, open_segmentation
from tests.tiny import tiny_country

ASKED = {
    "name": "tiny-streets-3-6",
    "nl": "Straten",
    "en": "Streets",
    "households": {"population": "population.toml", "minimum": 12, "block": 3, "bands": 3},
    "axes": {"age": ["rooms"], "wealth": ["income", "-tenure=social"]},
    "model": {"main": 3, "sub": 6, "many": 20, "smallest": 0.02, "largest": 0.5, "largest_main": 0.9},
    "stability": {"bootstraps": 1, "folds": 0},
    "facets": {"economic": ["money", "people"], "environment": ["housing"], "leisure": ["hobbies"]},
}


@dataclass
class Made:
    """A finished segmentation of a tiny country."""

    folder: Path
    asked: Segmenting
    to: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("streets")
    tiny = tiny_country()
    rng = np.random.default_rng(7)
    # Streets differ, so that there is something to find; some households have no address, one has no area either.
    street = tiny.households["pc"].astype("category").cat.codes.to_numpy()
    wealth = rng.normal(size=street.max() + 1)[street]
    tiny.households["income"] = (tiny.households["income"] * np.exp(wealth)).round()
    tiny.households["tenure"] = np.where(wealth + rng.normal(size=len(street)) < -0.5, "social", "owner")
    # So few live on a boat that no segment may show them.
    tiny.households.loc[tiny.households.index[100::330], "tenure"] = "boat"
    tiny.households.loc[tiny.households.index[:30], "nr"] = None
    tiny.households.loc[tiny.households.index[3], ["pc", "bu", "wk", "gem", "prov"]] = None
    tiny.households.loc[tiny.households.index[40:60], "education"] = None
    tiny.population["excluded"] = ["radio"]
    del tiny.population["soft"]["media"]
    tiny.write(folder)
    (folder / "segmentation.toml").write_text(tomli_w.dumps(ASKED), encoding="utf-8")
    asked = open_segmentation(folder / "segmentation.toml", work=folder / "work")
    segmenting.fit(asked)
    segmenting.assign(asked, folder / "assigned")
    segmenting.describe(asked, folder / "sheets")
    return Made(folder, asked, folder / "assigned")


def sql(made: Made, query: str) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW household AS SELECT * FROM '{made.folder}/households.parquet'")
        connection.execute(f"CREATE VIEW given AS SELECT * FROM '{made.to}/segments.parquet'")
        connection.execute(f"CREATE VIEW unit AS SELECT * FROM '{made.asked.units_folder}/sections.parquet'")
        return connection.execute(query).df()


def test_variables_of_sections_are_those_of_sql(made: Made) -> None:
    units = made.asked.units
    expected = sql(
        made,
        """
        SELECT section, count(*) AS n, avg(income) AS income, avg(rooms) AS rooms,
               avg((tenure = 'owner')::INT) AS owner, avg((education = 'low')::INT) AS low,
               avg((museums > 0.5)::INT) AS museums
        FROM household JOIN unit ON unit.unit = household.pc WHERE nr IS NOT NULL GROUP BY section ORDER BY section
        """,
    )
    assert units.households.tolist() == expected["n"].tolist()
    assert units.households.min() >= 12
    names = {
        "income": "income",
        "rooms": "rooms",
        "owner": "tenure=owner",
        "low": "education=low",
        "museums": "museums",
    }
    for column, name in names.items():
        assert np.allclose(units.column(name), expected[column], rtol=1e-5), name
    bands = [each.name for each in units.variables if each.feature == "income" and each.kind == "band"]
    assert len(bands) == 3
    assert np.allclose(sum(units.column(name) for name in bands), 1.0)


def test_what_chance_can_explain_counts_for_little(made: Made) -> None:
    """Reliability by one-way analysis of variance in SQL; streets differ in income and not in museums."""
    weight = {each.name: each.weight for each in made.asked.units.variables}
    assert weight["museums"] < 0.3 < weight["income"] * 4
    expected = sql(
        made,
        """
        WITH each AS (SELECT section, rooms AS x FROM household JOIN unit ON unit.unit = household.pc WHERE nr IS NOT NULL),
             street AS (SELECT section, count(*) AS n, avg(x) AS m, sum((x - mean) ** 2) AS inside
                        FROM (SELECT *, avg(x) OVER (PARTITION BY section) AS mean FROM each) GROUP BY section)
        SELECT sum(inside) / (sum(n) - count(*)) AS within, count(*) / sum(n) AS per,
               sum(n * (m - (SELECT avg(x) FROM each)) ** 2) / sum(n) AS spread FROM street
        """,
    ).iloc[0]
    reliability = max(0.0, 1.0 - expected["within"] * expected["per"] / expected["spread"])
    bands = sum(each.feature == "rooms" for each in made.asked.units.variables)
    assert weight["rooms"] == pytest.approx(reliability / bands, abs=1e-4)


def test_every_household_has_the_code_of_its_section_or_of_what_is_around_it(made: Made) -> None:
    codes = made.asked.segmentation
    by_unit = pd.DataFrame({"section": np.arange(len(codes.unit_ids)), "code": codes.unit_codes})
    table = sql(
        made,
        """
        SELECT household.*, given.segment AS given, given.main, given.source, unit.section
        FROM household JOIN given ON given.household_id = household.key
        LEFT JOIN unit ON unit.unit = household.pc AND nr IS NOT NULL
        """,
    ).merge(by_unit, how="left", on="section")
    assert len(table) == 4_000
    assert (table["main"] == table["given"].str[:1]).all()
    inside = table["section"].notna()
    assert (table.loc[inside, "given"] == table.loc[inside, "code"]).all()
    assert (table.loc[inside, "source"] == "section").all()
    # Regions of a section are those of most of its households; here a postcode lies in one buurt, so sums are exact.
    for _, row in table[~inside].iterrows():
        if row["bu"] is None or pd.isna(row["bu"]):
            assert row["source"] == "land"
            around = table[inside]
        else:
            assert row["source"] == "buurt"
            where = made.asked.sections.regions["buurt"][table.loc[inside, "section"].astype(int)]
            around = table[inside][where == row["bu"]]
        counts = around["code"].value_counts()
        assert counts[row["given"]] == counts.max()
    assert table["source"].value_counts().to_dict() == {"section": 3_970, "buurt": 29, "land": 1}


def test_what_is_assigned_is_a_population_for_all_other_verbs(made: Made) -> None:
    population = load_population(made.to / "population.toml")
    store = open_population(population)
    check_population(store)
    assert store.n_households == 4_000
    batch = next(store.batches(["household_id", "segment", "buurt", "tenure", "fishing", "postcode"]))
    given = sql(made, "SELECT * FROM given")
    assert batch.column("segment").to_pylist() == given["segment"].tolist()
    assert batch.column("household_id").to_pylist() == given["household_id"].tolist()
    assert not {"radio", "excluded"} & set(pd.read_parquet(made.to / "households" / "part-0000.parquet").columns)
    assert {each.code for each in made.asked.segmentation.scheme.sub} >= set(given["segment"])
    assert population.config.truth is not None


def test_facts_of_a_segment_are_those_of_sql_and_small_shares_are_hidden(made: Made) -> None:
    facts = json.loads((made.folder / "sheets" / "facts.json").read_text(encoding="utf-8"))
    assert [each["code"] for each in facts] == sorted(made.asked.segmentation.codes)
    assert sum(each["households"] for each in facts) == 4_000
    assert sum(each["share"] for each in facts) == pytest.approx(100.0)
    expected = sql(
        made,
        """
        SELECT segment, avg((museums > 0.5)::INT) * 100 AS museums, avg((education = 'low')::INT) * 100 AS low,
               avg(income) AS income, sum((education = 'low')::INT) AS n_low
        FROM household JOIN (SELECT household_id, segment AS segment_given FROM given) ON household_id = key
        CROSS JOIN LATERAL (SELECT segment_given) AS g(segment_) GROUP BY segment_given
        """.replace("SELECT segment,", "SELECT segment_given AS code,"),
    ).set_index("code")
    whole = sql(made, "SELECT avg((museums > 0.5)::INT) * 100 AS museums, avg(income) AS income FROM household").iloc[0]
    for fact in facts:
        rows = {row["name"]: row for facet in fact["facets"].values() for row in facet}
        museums, low = rows["museums"], rows["education=low"]
        assert museums["segment"] == pytest.approx(expected["museums"][fact["code"]])
        assert museums["country"] == pytest.approx(whole["museums"])
        assert museums["index"] == pytest.approx(100 * expected["museums"][fact["code"]] / whole["museums"])
        assert museums["low"] <= museums["index"] <= museums["high"]
        assert rows["income"]["segment"] == pytest.approx(expected["income"][fact["code"]])
        assert low["n"] == int(expected["n_low"][fact["code"]])
        assert not [name for name in rows if "<" in name]
        shown = [row["n"] for row in rows.values() if row["n"] is not None]
        assert min(shown) >= 10
        assert rows["tenure=boat"]["segment"] is rows["tenure=boat"]["index"] is rows["tenure=boat"]["n"] is None


def test_the_commands_say_where_things_are_and_twice_is_the_same(made: Made) -> None:
    config, work = str(made.folder / "segmentation.toml"), str(made.folder / "work")
    before = (made.folder / "work" / "tiny-streets-3-6" / "segments" / "manifest.json").stat().st_mtime_ns
    for command, says in (
        ("sections", "without address"),
        ("fit", "scheme.toml"),
        ("assign", "3,970 of 4,000 households got their code by their section"),
        ("sheets", "12 sheets in"),
    ):
        result = CliRunner().invoke(commands(), ["segment", command, config, "--work", work])
        assert result.exit_code == 0, result.output
        assert says in result.output.replace("\n", " ")
    again = made.folder / "work" / "tiny-streets-3-6"
    assert (again / "segments" / "manifest.json").stat().st_mtime_ns == before
    first, second = (folder / "segments.parquet" for folder in (made.to, again / "assigned"))
    assert first.read_bytes() == second.read_bytes()


def test_faults_are_one_message(made: Made) -> None:
    def fault(**changes: object) -> str:
        path = made.folder / "wrong.toml"
        path.write_text(tomli_w.dumps({**ASKED, **changes}), encoding="utf-8")
        with pytest.raises(ProfilingError) as error:
            segmenting.fit(open_segmentation(path, work=made.folder / "wrong"))
        return str(error.value)

    said = fault(households={"population": "population.toml", "variables": ["incme", "rooms"], "leave_out": ["roms"]})
    assert "'incme' under variables is not a feature of the population (did you mean 'income'?)" in said
    assert "'roms' under leave_out" in said
    assert "axes.age" in fault(axes={"age": ["age"], "wealth": ["incom"]})
    assert "did you mean 'minimum'" in fault(households={"population": "population.toml", "minimun": 5})
    assert "greater than or equal to 10" in fault(households={"population": "population.toml", "minimum": 5})
    assert "there is no such file" in fault(households={"population": "popluation.toml"})
    assert not (made.folder / "wrong" / "tiny-streets-3-6" / "segments").exists()


def test_a_sheet_is_held_against_the_population_and_says_so(made: Made) -> None:
    population = made.asked.store.population.config
    page = next((made.folder / "sheets").glob("*.en.html")).read_text(encoding="utf-8")
    assert f"{population.en} ({made.asked.store.n_households:,})" in page
    assert f"{ASKED['en']} ({made.asked.store.n_households:,})" not in page
