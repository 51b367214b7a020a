"""The doorways and commands of the uses: twins, documents in both languages, faults as messages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from profiling import cli, uses
from tests.publish.customers import Country, make_country
from tests.publish.uses.land import write_land


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("uses"))


def called(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["profiling", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def same(mine: Path, theirs: Path) -> None:
    """Two folders hold the same files, and all but the manifest have the same bytes."""
    assert sorted(each.name for each in mine.iterdir()) == sorted(each.name for each in theirs.iterdir())
    assert {"nl", "en"} <= {each.name.split(".")[-2] for each in mine.glob("*.html")}
    for path in mine.iterdir():
        assert path.read_bytes() == (theirs / path.name).read_bytes(), path.name


def test_catchment(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    land = write_land(country, tmp_path)
    members = tmp_path / "leden.csv"
    members.write_bytes(country.csv())
    library, work = country.folder / "library", country.folder / "work"
    places = ("--library", library, "--work", work, "--profile", "deep")
    where = ("--branches", land["branches"], "--polygons", land["polygons"])
    around = ("--method", "radius", "--radius", 1500, "--out", tmp_path / "out")
    assert called(monkeypatch, "catchment", members, *places, *where, *around) == 0
    assert "Rond uw 2 vestigingen wonen" in capsys.readouterr().out
    twin = uses.catchment(
        library, "deep", members, branches=land["branches"], polygons=land["polygons"], work=work,
        method="radius", radius=1500,
    )  # fmt: skip
    same(tmp_path / "out", uses.write_use(twin, tmp_path / "twin"))
    page = (tmp_path / "out" / "catchment.nl.html").read_text()
    assert "Verzorgingsgebieden" in page
    assert not any(key in page for key in country.rows["id"])
    rules = Path(__file__).parent.parent / "configs" / "branch-rules.toml"
    mine = (*around[:4], "--rules", rules, "--out", tmp_path / "b")
    assert called(monkeypatch, "branches", members, *places, *where, *mine) == 0
    assert "Over 2 vestigingen vonden we" in capsys.readouterr().out
    same(tmp_path / "b", uses.write_use(uses.branches(twin, rules), tmp_path / "b-twin"))
    assert called(monkeypatch, "catchment", members, *places, *where, "--method", "radius") == 2
    assert "--radius 3000" in capsys.readouterr().err


def test_media_plan(
    published_country: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library = published_country / "library"
    asked = ("--library", library, "--group", "hobbies", "--out", tmp_path / "out")
    assert called(monkeypatch, "media-plan", "tiny-profile@1", *asked) == 0
    assert "Samen bereiken zij minstens" in capsys.readouterr().out
    same(
        tmp_path / "out", uses.write_use(uses.media_plan(library, "tiny-profile@1", group="hobbies"), tmp_path / "twin")
    )


def test_expansion_and_partners(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    land = write_land(country, tmp_path)
    library, work = country.folder / "library", country.folder / "work"
    asked = ("--library", library, "--out", tmp_path / "e", "--radius", 1500)
    where = [word for name, path in land.items() for word in (f"--{name}", path)]
    assert called(monkeypatch, "expansion", "deep", *asked, *where) == 0
    assert "voegt het meest toe" in capsys.readouterr().out
    same(tmp_path / "e", uses.write_use(uses.expansion(library, "deep", radius=1500, **land), tmp_path / "e-twin"))
    twice = ("--branches", land["branches"], "--candidates", land["branches"], "--polygons", land["polygons"])
    assert called(monkeypatch, "expansion", "deep", *asked, *twice) == 2
    assert "candidates have the code of a branch" in capsys.readouterr().err
    files = {"bank": tmp_path / "bank.csv", "museum": tmp_path / "museum.csv"}
    files["bank"].write_bytes(country.csv(country.rows.iloc[:500]))
    files["museum"].write_bytes(country.csv(country.rows.iloc[450:]))
    places = ("--library", library, "--work", work, "--profile", "deep", "--out", tmp_path / "p")
    assert called(monkeypatch, "partners", *(f"{name}={path}" for name, path in files.items()), *places) == 0
    assert "bank: 500 van de 500 rijen gevonden" in capsys.readouterr().out
    same(tmp_path / "p", uses.write_use(uses.partners(library, "deep", files, work=work), tmp_path / "p-twin"))
    written = b"".join(path.read_bytes() for path in (tmp_path / "p").glob("*.[hcj]*"))
    assert not any(key.encode() in written for key in country.rows["id"])
    assert called(monkeypatch, "partners", "bank", *places) == 2
