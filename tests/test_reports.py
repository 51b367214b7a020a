"""Reports for libraries: one folder, figures as in the published cells, all libraries or one."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from pathlib import Path

import duckdb
import openpyxl
import pytest
from typer.testing import CliRunner

from profiling import reports
from profiling.cli import commands
from profiling.errors import ArtefactError, ConfigError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.publish.published import Published
from profiling.reporting.html import render
from profiling.reporting.segment_page import description
from profiling.reports import ReportOrder
from tests.by_hand import publish_by_hand
from tests.tiny import tiny_country

WORK_AREAS = "library,name,gemeente\nL1,Bibliotheek Een,GM0101\nL1,Bibliotheek Een,GM0102\nL2,=Twee,GM0105\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Published]:
    folder = tmp_path_factory.mktemp("reports")
    published, _store = publish_by_hand(tiny_country(), folder)
    (folder / "areas.csv").write_text(WORK_AREAS, encoding="utf-8")
    return folder, published


def order(folder: Path, *names: str) -> ReportOrder:
    return ReportOrder(folder / "library", ("tiny-profile",), folder / "areas.csv", names, level="gemeente")


def test_all_libraries_get_a_report_in_both_languages(made: tuple[Path, Published], tmp_path: Path) -> None:
    folder, _published = made
    asked = order(folder)
    written = reports.write_reports(
        1, asked.chosen(), lambda area: reports.report_one_pages(asked, area), tmp_path / "1"
    )
    names = {str(path.relative_to(written.folder)) for path in written.folder.rglob("*") if path.is_file()}
    expected = {f"{each}/{stem}.{kind}" for each in ("L1", "L2") for stem in ("rapport-1.nl", "report-1.en")
                for kind in ("html", "xlsx")}  # fmt: skip
    assert names == expected | {"index.nl.html", "index.en.html", "manifest.json"}
    index = written.index.read_text(encoding="utf-8")
    assert 'href="L1/rapport-1.nl.html"' in index
    assert "=Twee" in index
    assert written.n_documents == 8


def test_figures_are_those_of_the_cells(made: tuple[Path, Published], tmp_path: Path) -> None:
    folder, published = made
    asked = order(folder, "L1")
    written = reports.write_reports(
        1, asked.chosen(), lambda area: reports.report_one_pages(asked, area), tmp_path / "1"
    )
    book = openpyxl.load_workbook(written.folder / "L1" / "rapport-1.nl.xlsx")
    n, n_base = duckdb.execute(
        f"SELECT count_if(in_profile), count(*) FROM read_parquet('{published.households}') "
        "WHERE gemeente IN ('GM0101', 'GM0102')"
    ).fetchall()[0]
    front = [[cell.value for cell in row] for row in book["Overzicht"].iter_rows()]
    values = {value for row in front for value in row if isinstance(value, int)}
    assert {n, n_base} <= values
    tables = {
        str(value): row for sheet in book for row in sheet.iter_rows(min_row=5, values_only=True) for value in row[:1]
    }
    one = duckdb.execute(
        f"SELECT count_if(in_profile) FROM read_parquet('{published.households}') WHERE gemeente = 'GM0101'"
    ).fetchall()[0][0]
    assert any("GM0101" in name and one in row for name, row in tables.items())


def test_an_unknown_library_is_refused(made: tuple[Path, Published], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'L1'"):
        order(made[0], "L11").chosen()


def test_commands(made: tuple[Path, Published], tmp_path: Path) -> None:
    folder, _published = made
    run = CliRunner()
    shared = [
        "--profile",
        "tiny-profile",
        "--work-areas",
        str(folder / "areas.csv"),
        "--library",
        str(folder / "library"),
    ]
    given = ["report", "1", *shared, "--level", "gemeente", "--out", str(tmp_path / "out")]
    assert run.invoke(commands(), given).exit_code == 2  # neither a work area nor --all
    done = run.invoke(commands(), [*given, "--work-area", "L2"])
    assert done.exit_code == 0, done.output
    assert "4 documents" in done.output
    assert (tmp_path / "out" / "L2" / "report-1.en.html").is_file()
    population = ["--population", str(folder / "country" / "population.toml")]
    sheets = ["report", "segments", *population, "--out", str(tmp_path / "sheets")]
    assert run.invoke(commands(), sheets).exit_code == 0
    assert json.loads((tmp_path / "sheets" / "facts.json").read_text(encoding="utf-8"))[0]["code"] == "A01"


def members_of(folder: Path, town: str, to: Path) -> int:
    """A member file of every fourth household of a town; returns how many."""
    rows = duckdb.execute(
        f"SELECT key, pc, nr, ext FROM read_parquet('{folder / 'country' / 'households.parquet'}') "
        "WHERE gem = ? ORDER BY key",
        [town],
    ).fetchall()[::4]
    lines = ["id;postcode;nummer;toevoeging", *(f"{key};{pc};{nr};{ext or ''}" for key, pc, nr, ext in rows)]
    to.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(rows)


def test_report_two_needs_and_takes_a_member_file(made: tuple[Path, Published], tmp_path: Path) -> None:
    folder, _published = made
    files = tmp_path / "members"
    files.mkdir()
    population = folder / "country" / "population.toml"
    asked = replace(order(folder, "L2"), base="national", members=files, work=tmp_path / "work", population=population)
    with pytest.raises(ConfigError, match="no member file of L2"):
        reports.report_two_pages(asked, asked.chosen()[0])
    n = members_of(folder, "GM0105", files / "L2.csv")
    written = reports.write_reports(
        2, asked.chosen(), lambda area: reports.report_two_pages(asked, area), tmp_path / "2"
    )
    text = (written.folder / "L2" / "rapport-2.nl.html").read_text(encoding="utf-8")
    assert str(n) in text
    keys = [line.split(";")[0] for line in (files / "L2.csv").read_text(encoding="utf-8").splitlines()[1:]]
    for path in written.folder.rglob("*.html"):
        assert not any(key in path.read_text(encoding="utf-8") for key in keys)  # the file is not kept
    # What uploads refuse is no member file either; what they take is, however its ending is written.
    (files / "L2.ods").write_bytes(b"")
    assert asked.member_file(asked.chosen()[0]) == files / "L2.csv"
    (files / "L2.XLSX").write_bytes(b"")
    with pytest.raises(ConfigError, match="2 member files of L2"):
        asked.member_file(asked.chosen()[0])


def test_segments_are_described_from_their_sheets(made: tuple[Path, Published], tmp_path: Path) -> None:
    folder, published = made
    store = open_population(load_population(folder / "country" / "population.toml"))
    reports.write_segment_sheets(store, [published], tmp_path / "sheets")
    facts = json.loads((tmp_path / "sheets" / "facts.json").read_text(encoding="utf-8"))
    sheet = (tmp_path / "sheets" / "A01.nl.html").read_text(encoding="utf-8")
    assert f"{store.n_households:,}".replace(",", ".") in sheet.partition("<footer")[2]
    assert published.version in sheet.partition("<footer")[2]
    said = description(next(each for each in facts if each["code"] == "A01"), "nl")[0]
    plain = order(folder, "L1")
    asked = replace(plain, sheets=tmp_path / "sheets")
    with_sheets, without = (render(reports.report_one_pages(each, each.chosen()[0])["nl"]) for each in (asked, plain))
    assert said in unescape(with_sheets)
    assert said not in unescape(without)
    members = members_of(folder, "GM0101", tmp_path / "L1.csv")
    assert members > 10
    asked = replace(
        asked, members=tmp_path / "L1.csv", work=tmp_path / "work", population=folder / "country" / "population.toml"
    )
    assert said in unescape(render(reports.report_two_pages(asked, asked.chosen()[0])["nl"]))
    with pytest.raises(ArtefactError, match="not a finished result"):
        _ = replace(plain, sheets=tmp_path / "nowhere").facts
