"""The doorways and commands of top customers and experiments: twins, documents in both languages, faults as messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiling import uses
from profiling.publish.uses.experiment import design, evaluate
from profiling.publish.uses.top_customers import TopRule
from tests.publish.customers import make_country
from tests.test_uses import called, same


def test_top_customers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    country = make_country(tmp_path / "country")
    rows = country.rows.merge(country.tiny.households[["key", "rooms"]], on="key")
    file = tmp_path / "klanten.csv"
    rows["soort"] = rows["rooms"].map(lambda each: "goud" if each > 4 else "gewoon")
    rows.drop(columns=["key", "rooms"]).to_csv(file, index=False)
    library, work = country.folder / "library", country.folder / "work"
    population = country.folder / "country" / "population.toml"
    asked = ("--profile", "deep", "--population", population, "--library", library, "--work", work)
    top = ("--column", "soort", "--equals", "goud", "--out", tmp_path / "out")
    look_alike = ("--reference", "als-top", "--contact", "x@example.org", "--minimum", 100)
    assert called(monkeypatch, "top-customers", file, *asked, *top, *look_alike) == 0
    said = capsys.readouterr().out
    assert "verschillen het meest van de andere klanten in: rooms" in said
    assert (tmp_path / "out-reference" / "profile.toml").is_file()
    assert "profiling run" in said
    twin = uses.top_customers(library, "deep", file, TopRule("soort", "goud"), population=population, work=work)
    same(tmp_path / "out", uses.write_use(twin, tmp_path / "twin"))
    assert called(monkeypatch, "top-customers", file, *asked, "--column", "soort") == 2
    assert called(monkeypatch, "top-customers", file, *asked, *top, "--reference", "als-top") == 2


def test_experiments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(monkeypatch, "experiment", "design", "--base", 0.05, "--n", 2000, "--out", tmp_path / "d") == 0
    assert "verdubbeling" in capsys.readouterr().out
    same(tmp_path / "d", uses.write_use(design(0.05, n=2000), tmp_path / "d-twin"))
    counts = ("--counts", 40, 200, 15, 200)
    assert called(monkeypatch, "experiment", "evaluate", *counts, "--out", tmp_path / "e") == 0
    assert "De actie maakte verschil: 12,50 procentpunt" in capsys.readouterr().out
    same(tmp_path / "e", uses.write_use(evaluate(40, 200, 15, 200), tmp_path / "e-twin"))
    assert called(monkeypatch, "experiment", "evaluate") == 2
    assert called(monkeypatch, "experiment", "design", "--base", 5) == 2
    assert "give 0.02" in capsys.readouterr().err
