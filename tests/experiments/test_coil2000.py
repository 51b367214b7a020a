"""Experiment 001: the household file from the challenge's table, what it refuses, and scoring a table of its columns."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from profiling import pipeline
from profiling.errors import SchemaError
from profiling.pipeline import Places
from profiling.scoring.table import score_table

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "experiments" / "001-coil2000"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"coil2000_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


prepare = loaded("prepare")


@pytest.fixture
def caravan() -> pd.DataFrame:
    """A made-up table of the shape of the challenge's: 900 areas, and owners who have cars and fire insurance."""
    rng = np.random.default_rng(0)
    names = prepare.attributes()
    codes = [code for code in range(1, 42) if code != 14]
    areas = pd.DataFrame({name: rng.integers(0, 10, 900) for name in names if name.startswith("M")})
    areas["MOSTYPE"] = rng.choice(codes, 900)
    table = areas.iloc[rng.integers(0, 900, prepare.ROWS)].reset_index(drop=True)
    for name in names:
        if not name.startswith("M"):
            table[name] = rng.integers(0, 7, prepare.ROWS) * (rng.random(prepare.ROWS) < 0.2)
    order = np.argsort(-(table["PPERSAUT"] + table["PBRAND"] + rng.normal(size=prepare.ROWS)), kind="stable")
    table["Purchase"] = "No"
    table.loc[order[: prepare.OWNERS], "Purchase"] = "Yes"
    return table[[*names, "Purchase"]]


def written(table: pd.DataFrame, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / "Caravan.csv", index=False)
    return folder / "Caravan.csv"


def test_household_file_as_sql_makes_it(caravan: pd.DataFrame, tmp_path: Path) -> None:
    file = prepare.prepare(written(caravan, tmp_path), tmp_path)
    about = ", ".join(name for name in caravan if name.startswith("M"))
    n_areas, n_rows, owners = duckdb.sql(
        f"SELECT count(DISTINCT ({about})), count(*), count(*) FILTER (Purchase = 'Yes') "
        f"FROM read_csv('{tmp_path / 'Caravan.csv'}')"
    ).fetchall()[0]
    made = pq.read_table(file).to_pandas()
    assert (made["area"].nunique(), len(made), made["CARAVAN"].sum()) == (n_areas, n_rows, owners)
    assert made["household"].is_unique
    assert (made.groupby("area")["MOSTYPE"].nunique() == 1).all()


def test_another_table_is_refused_with_every_fault(caravan: pd.DataFrame, tmp_path: Path) -> None:
    evaluation = caravan.iloc[:4000].drop(columns=["Purchase", "PPERSAUT"])
    with pytest.raises(SchemaError) as caught:
        prepare.prepare(written(evaluation, tmp_path), tmp_path)
    message = str(caught.value)
    assert "is not the training table of CoIL 2000" in message
    for fault in ("column 'PPERSAUT' is missing", "4,000 rows, expected 5,822", "'Purchase' is missing"):
        assert fault in message
    assert not (tmp_path / "households.parquet").exists()


def test_absent_table_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="make experiment-001 fetches it"):
        prepare.prepare(tmp_path / "Caravan.csv", tmp_path)


def test_a_table_without_key_area_and_target_is_scored(caravan: pd.DataFrame, tmp_path: Path) -> None:
    prepare.prepare(written(caravan, tmp_path), tmp_path)
    profile = (FOLDER / "profile.toml").read_text(encoding="utf-8")
    for before, after in (
        ("../../configs", str(ROOT / "configs")),
        ('"reference.toml"', f'"{FOLDER / "reference.toml"}"'),
        ("folds = 10", "folds = 2"),
        ("redraws = 20", "redraws = 2"),
        ('["segment-index", "logistic", "lightgbm-bagged", "random"]', '["random"]'),
    ):
        assert before in profile
        profile = profile.replace(before, after)
    (tmp_path / "profile.toml").write_text(profile, encoding="utf-8")
    run = pipeline.prepare(tmp_path / "profile.toml", data=tmp_path, places=Places(tmp_path, tmp_path, tmp_path))
    new = caravan.drop(columns="Purchase").sample(4000, random_state=1).reset_index(drop=True)
    new.to_csv(tmp_path / "evaluation.csv", index=False)
    assert score_table(run.model, run.population, tmp_path / "evaluation.csv", tmp_path / "out.csv", seed=1) == 4000
    scored = pd.read_csv(tmp_path / "out.csv")
    assert scored["household_id"].to_list() == list(range(1, 4001))
    assert sorted(scored["rank"]) == list(range(1, 4001))
    top = scored["rank"] <= 800
    paid = new["PPERSAUT"] + new["PBRAND"]
    assert paid[top].mean() > 2 * paid[~top].mean()
