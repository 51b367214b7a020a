"""Commands for customer files: the same as in Python, and faults as messages."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from profiling import cli
from profiling.analyses import AreaQuestion
from profiling.customer_files import customer_analysis, write_customer_analysis
from profiling.publish.enrich import enrich
from profiling.publish.uploads import read_upload
from profiling.reporting.enriched_file import to_bytes
from tests.publish.customers import Country, make_country


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("cli-customers"))


def called(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["profiling", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_enrich_and_its_twin_in_python(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leden = tmp_path / "leden.csv"
    leden.write_bytes(country.csv())
    places = ("--library", country.folder / "library", "--work", tmp_path / "work")
    which = ("--profile", "deep", "--profile", "small@1")
    assert called(monkeypatch, "enrich", leden, *which, *places) == 2
    assert "--population" in capsys.readouterr().err
    population = ("--population", country.folder / "country" / "population.toml")
    assert called(monkeypatch, "enrich", leden, *which, *places, *population) == 0
    said = capsys.readouterr().out
    assert "precies gevonden" in said
    twin = enrich(read_upload(leden), country.book, [country.deep, country.small])
    assert (tmp_path / "leden-verrijkt.csv").read_bytes() == to_bytes(twin)
    assert called(monkeypatch, "enrich", leden, *which, *places, "--postcode", "Z") == 2
    assert "no column 'Z'" in capsys.readouterr().err
    assert called(monkeypatch, "enrich", tmp_path / "absent.csv", *which, *places) == 2
    assert "cannot be opened" in capsys.readouterr().err
    assert {each.name for each in tmp_path.iterdir()} == {
        "leden.csv", "leden-verrijkt.csv", "leden-verrijkt-koppeling.nl.html", "work",
    }  # fmt: skip


def test_customers_and_its_twin_in_python(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leden = tmp_path / "leden.csv"
    leden.write_bytes(country.csv())
    places = ("--library", country.folder / "library", "--work", country.folder / "work", "--out", tmp_path / "out")
    which = ("--profile", "deep", "--profile", "small@1", "--areas", "GM0100,GM0101,GM0102", "--base", "provincie")
    assert called(monkeypatch, "customers", leden, *which, *places, "--level", "gemeente") == 0
    assert "In uw bestand horen 60 van de 278 huishoudens" in capsys.readouterr().out
    question = AreaQuestion(("deep", "small"), "gemeente", "GM0100,GM0101,GM0102", base="provincie")
    twin = customer_analysis(country.folder / "library", country.csv(), question, work=country.folder / "work")
    folder = write_customer_analysis(twin, tmp_path / "twin")
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in (tmp_path / "out").iterdir())
    for path in folder.glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()
    # Nothing of the file is kept: no key, no customer number, no address.
    for path in (tmp_path / "out").iterdir():
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                content = b"".join(book.read(each) for each in book.namelist())
        for row in country.rows.head(50).itertuples():
            assert not any(str(each).encode() in content for each in (row.id, row.key, row.postcode))
    assert called(monkeypatch, "customers", leden, *which, *places, "--level", "straat") == 2
    assert "no level 'straat'" in capsys.readouterr().err
    assert called(monkeypatch, "customers", leden, "--profile", "deep", "--base", "work-area", *places) == 2
    assert "none was given" in capsys.readouterr().err
