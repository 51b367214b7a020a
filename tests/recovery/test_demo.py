"""The first profile on the simulated country of `make demo`: what was planted is found again, and the README runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import tomli_w
import typer

from profiling import pipeline
from profiling.cli import commands
from profiling.config import read_toml
from profiling.evaluation.truth import read_truth
from profiling.pipeline import Places, Run
from profiling.simulation.interests import PLANTED as PLANTED_INTERESTS
from profiling.simulation.segments import PLANTED
from profiling.simulation.settings import SimulationSettings

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "profiles" / "nt1-taalgroeiers.toml"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`make demo` with fewer redraws, in a folder of its own."""
    folder = tmp_path_factory.mktemp("demo")
    raw = read_toml(CONFIG)
    raw["training"] |= {"redraws": 2, "folds": 3}
    raw |= {each: str((CONFIG.parent / raw[each]).resolve()) for each in ("population", "reference")}
    (folder / "profile.toml").write_text(tomli_w.dumps(raw), encoding="utf-8")
    data = pipeline.simulate(SimulationSettings(households=100_000, seed=1), folder / "data")
    run = pipeline.prepare(
        folder / "profile.toml", data=data, places=Places(folder / "work", folder / "library", folder)
    )
    pipeline.publish(run)
    return run


def test_the_nine_planted_segments_are_the_over_represented_ones(demo: Run) -> None:
    rows = demo.sketch.to_dict()["segments"]
    assert {row["code"] for row in rows} == set(PLANTED)
    assert len(rows) == 9
    assert all(row["index_low"] > 100 and row["n"] >= 10 for row in rows)


def test_segment_figures_as_sql_has_them(demo: Run) -> None:
    households = demo.bundle / "households.parquet"
    for row in demo.sketch.to_dict()["segments"]:
        n, penetration, share, index = duckdb.sql(
            f"""SELECT sum(in_profile::int), 100 * avg(in_profile::int),
                100 * sum(in_profile::int) / any_value(profile), 100 * avg(in_profile::int) / any_value(overall)
            FROM '{households}',
                (SELECT avg(in_profile::int) AS overall, sum(in_profile::int) AS profile FROM '{households}')
            WHERE segment = '{row["code"]}'"""
        ).fetchall()[0]
        assert row["n"] == n
        assert (row["penetration"], row["share"], row["index"]) == pytest.approx((penetration, share, index), abs=0.06)


def test_planted_interests_have_their_direction(demo: Run) -> None:
    rows = {row["column"]: row for row in demo.sketch.to_dict()["interests"]}
    expected = {1: "above", -1: "below"}
    wrong = {
        name: rows[name]["direction"]
        for name, sign in PLANTED_INTERESTS.items()
        if rows[name]["direction"] == expected[-sign]
    }
    assert not wrong
    shap = pd.Series({name: row["shap"] for name, row in rows.items()})
    index = pd.Series({name: row["index"] for name, row in rows.items()})
    assert shap.corr(index, method="spearman") >= 0.9


def test_the_profile_holds_far_more_of_the_true_group_than_chance(demo: Run) -> None:
    truth = read_truth(demo.population, "low_literacy_nt1").to_pandas()
    households = pd.read_parquet(demo.bundle / "households.parquet", columns=["household_id", "in_profile"])
    joined = truth.merge(households, on="household_id")
    recall = joined.loc[joined["truth"], "in_profile"].mean()
    assert recall > 2.5 * joined["in_profile"].mean()


def test_no_loan_and_no_address_leaves(demo: Run) -> None:
    loans = pd.read_parquet(demo.population.data / "loans.parquet", columns=["patron"])  # type: ignore[operator]
    patrons = set(loans["patron"])
    for path in demo.bundle.iterdir():
        if path.suffix == ".parquet":
            columns = set(pd.read_parquet(path).columns)
            assert not columns & {"postcode", "house_number", "addition", "patron"}, path.name
        else:
            words = set(re.findall(r"[0-9a-f]{16}\b", path.read_text(encoding="utf-8")))
            assert not words & patrons, path.name


def test_random_is_no_better_than_chance(demo: Run) -> None:
    models = {each["name"]: each["measures"][0] for each in demo.model.measures["models"]}
    low, high = models["random"]["interval"]
    assert low <= 10.0 <= high
    assert models["lightgbm-bagged"]["value"] > 20.0


def test_readme_python_runs(demo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    folder = demo.path.parent
    for block in blocks:
        code = block.replace("configs/profiles/nt1-taalgroeiers.toml", str(demo.path))
        code = code.replace("build/demo", str(demo.population.data))
        code = code.replace(
            "pipeline.prepare(",
            f"pipeline.prepare(places=pipeline.Places(Path({str(folder / 'work')!r}), Path({str(folder / 'library')!r}), Path({str(folder)!r})), path=",
        )
        exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "ReferenceGroup(nt1-taalgroeiers" in printed
    assert demo.bundle.name in printed


def test_readme_commands_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z0-9-]+)", text)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), f"make {target}"
    verbs = set(typer.main.get_command(commands()).commands)  # type: ignore[attr-defined]
    for verb in set(re.findall(r"`profiling ([a-z]+)", text)):
        assert verb in verbs, f"profiling {verb}"


def test_card_is_json_without_nan(demo: Run) -> None:
    for name in ("card.json", "sketch.json", "manifest.json", "datapackage.json"):
        json.loads((demo.bundle / name).read_text(encoding="utf-8"), parse_constant=pytest.fail)
