"""Fact sheets of a population's own segments against SQL over the household file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from profiling import reports
from profiling.errors import SchemaError
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.publish.published import Published
from profiling.publish.segment_sheet import segment_sheets
from profiling.reporting import excel
from profiling.reporting.markdown import render as markdown
from profiling.reporting.segment_page import segment_page
from profiling.reporting.segment_sheet import segment_sheet
from tests.by_hand import publish_by_hand
from tests.tiny import Tiny, tiny_country

BASE = {"nl": "een klein land", "en": "a tiny country"}
Made = tuple[list[dict[str, Any]], Published, HouseholdStore, Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("sheets")
    tiny = tiny_country()
    # One segment where hardly anybody rents privately: that cell, and one beside it, may not be shown.
    tiny.households.loc[(tiny.households["segment"] == "A01") & (tiny.households["tenure"] == "private"), "tenure"] = (
        "owner"
    )
    few = tiny.households.index[tiny.households["segment"] == "A01"][:3]
    tiny.households.loc[few, "tenure"] = "private"
    published, store = publish_by_hand(tiny, folder)
    return segment_sheets(store, [published]), published, store, folder


def row(facts: list[dict[str, Any]], code: str, name: str) -> dict[str, Any]:
    fact = next(each for each in facts if each["code"] == code)
    return next(each for rows in fact["facets"].values() for each in rows if each["name"] == name)


def test_shares_and_means_are_those_of_sql(made: Made) -> None:
    facts, _published, _store, folder = made
    file = folder / "country" / "households.parquet"
    assert [each["code"] for each in facts] == ["A01", "A02", "B03", "B04"]
    for fact in facts:
        n, fishing, low, income = duckdb.execute(
            "SELECT count(*), count_if(fishing > 0.5), count_if(education = 'low'), avg(income) "
            f"FROM read_parquet('{file}') WHERE segment = ?",
            [fact["code"]],
        ).fetchall()[0]
        total, all_fishing, all_low = duckdb.execute(
            f"SELECT count(*), count_if(fishing > 0.5), count_if(education = 'low') FROM read_parquet('{file}')"
        ).fetchall()[0]
        assert fact["households"] == n
        assert fact["share"] == pytest.approx(100 * n / total)
        for name, here, everywhere in (("fishing", fishing, all_fishing), ("education=low", low, all_low)):
            found = row(facts, fact["code"], name)
            assert found["n"] == here
            assert found["segment"] == pytest.approx(100 * here / n)
            assert found["index"] == pytest.approx(100 * (here / n) / (everywhere / total))
            assert found["low"] < found["index"] < found["high"]
        assert row(facts, fact["code"], "income")["segment"] == pytest.approx(income)


def test_small_cells_are_hidden_with_a_neighbour(made: Made) -> None:
    facts = made[0]
    tenures = [row(facts, "A01", f"tenure={each}") for each in ("owner", "private", "social")]
    hidden = [each["name"] for each in tenures if each["segment"] is None]
    assert "tenure=private" in hidden
    assert len(hidden) == 2  # one alone would follow from the rest
    assert all(each["n"] is None and each["index"] is None and each["low"] is None
               for each in tenures if each["name"] in hidden)  # fmt: skip


def test_profiles_stand_as_the_bundle_shows_them(made: Made) -> None:
    facts, published, *_ = made
    table = duckdb.execute(
        f"SELECT code, n_profile, index FROM read_parquet('{published.folder}/segments_sub.parquet') WHERE NOT suppressed"
    ).fetchall()
    shown = {each["code"]: each["profiles"][0] for each in facts}
    for code, n, index in table:
        assert (shown[code]["n"], shown[code]["index"]) == (n, pytest.approx(index))
        assert shown[code]["nl"] == "Klein profiel"


def test_a_sheet_and_the_workbook(made: Made) -> None:
    facts = made[0]
    page = markdown(segment_page(facts[0], facts, BASE))
    for text in ("A01 · Naam A01", "Klein profiel", "De profielen in dit segment"):
        assert text in page
    book = openpyxl.load_workbook(BytesIO(excel.render(segment_sheet(facts, BASE))))
    rows = list(book["Alle kenmerken per segment"].iter_rows(min_row=5, values_only=True))
    assert len(rows) == sum(len(each) for fact in facts for each in fact["facets"].values())
    fishing = next(each for each in rows if each[0].startswith("A01") and each[2] == "Vissen (%)")
    found = row(facts, "A01", "fishing")
    assert fishing[3:7] == (found["n"], *(pytest.approx(found[key]) for key in ("segment", "country", "index")))
    assert "niet getoond" in {cell for each in rows for cell in each}


def test_the_folder_is_written_whole(made: Made, tmp_path: Path) -> None:
    _facts, published, store, _folder = made
    written = reports.write_segment_sheets(store, [published], tmp_path / "sheets")
    names = {path.name for path in written.folder.iterdir()}
    assert {"index.nl.html", "A01.en.html", "segments.nl.xlsx", "facts.json", "manifest.json"} <= names
    assert written.n_documents == 4 * 2 + 2
    assert 'href="B03.nl.html"' in written.index.read_text(encoding="utf-8")


def test_a_population_without_segments_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    del tiny.population["segments"]
    tiny.write(tmp_path)
    with pytest.raises(SchemaError, match="no segments"):
        segment_sheets(open_population(load_population(tmp_path / "population.toml")))
