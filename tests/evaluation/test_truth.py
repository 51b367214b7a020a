"""Reading the truth, and what it says of a ranking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from profiling.errors import ConfigError, MeasureError, SchemaError
from profiling.evaluation.truth import read_truth, recall_at_depth, recall_estimate, truth_index_by_segment
from profiling.population.config import Population, PopulationConfig

SHARED = Path(__file__).parents[3] / "shared" / "data" / "acs"


def population(folder: Path, **more: Any) -> Population:
    config = {
        "name": "proef",
        "snapshot": "2026-01-01",
        "files": ["households*.parquet"],
        "household": "hh",
        "truth": {"files": ["truth-*.parquet"], "household": "id", "columns": ["nt1", "digital"]},
    }
    made = PopulationConfig.model_validate({**config, **more})
    return Population(config=made, path=folder / "proef.toml", data=folder)


def write(path: Path, **columns: Any) -> None:
    pq.write_table(pa.table(columns), path)


def test_truth_comes_from_all_its_files_in_household_order(tmp_path: Path) -> None:
    write(tmp_path / "truth-1.parquet", id=["h3", "h1"], nt1=[True, False], digital=[1, 0])
    write(tmp_path / "truth-2.parquet", id=["h2", "h4"], nt1=[True, None], digital=[0, 1])
    table = read_truth(population(tmp_path), "nt1")
    assert table.schema == pa.schema([("household_id", pa.string()), ("truth", pa.bool_())])
    assert table.to_pydict() == {"household_id": ["h1", "h2", "h3"], "truth": [False, True, True]}
    assert read_truth(population(tmp_path), "digital")["truth"].to_pylist() == [False, False, True, True]


def test_truth_may_stand_in_the_household_files_or_in_csv(tmp_path: Path) -> None:
    write(tmp_path / "households-a.parquet", hh=[7, 10], nt1=[1.0, 0.0])
    inside = population(tmp_path, truth={"columns": ["nt1"]})
    assert read_truth(inside, "nt1").to_pydict() == {"household_id": ["10", "7"], "truth": [False, True]}
    (tmp_path / "truth.csv").write_text("id;nt1\n007;1\n008;0\n009;\n", encoding="utf-8")
    csv = population(tmp_path, truth={"files": ["truth.csv"], "household": "id", "columns": ["nt1"]})
    assert read_truth(csv, "nt1").to_pydict() == {"household_id": ["007", "008"], "truth": [True, False]}


def test_unknown_truths_are_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no truth column 'nt'[\s\S]*choose from nt1, digital"):
        read_truth(population(tmp_path), "nt")
    with pytest.raises(ConfigError, match="nothing is known"):
        read_truth(population(tmp_path, truth=None), "nt1")
    with pytest.raises(SchemaError, match="no file at"):
        read_truth(population(tmp_path), "nt1")


def test_bad_truth_files_are_refused_with_all_faults(tmp_path: Path) -> None:
    write(tmp_path / "truth-1.parquet", id=["a", "a", None], nt1=["1", "0", "perhaps"])
    with pytest.raises(SchemaError) as caught:
        read_truth(population(tmp_path), "nt1")
    assert len(caught.value.faults) == 3
    assert "1 households stand more than once (first: 'a', 2 times)" in str(caught.value)
    assert "1 values are neither true nor false (first: 'perhaps')" in str(caught.value)
    write(tmp_path / "truth-1.parquet", ids=["a"], nt1=[True])
    with pytest.raises(SchemaError, match=r"column 'id' .* is missing \(did you mean 'ids'"):
        read_truth(population(tmp_path), "nt1")


def test_recall_of_a_perfect_ranking_is_depth_over_prevalence() -> None:
    truth = np.arange(1000) < 200
    scores = truth.astype(float)
    assert recall_at_depth(scores, truth, 0.1) == pytest.approx(0.5)
    assert recall_at_depth(scores, truth, 0.2) == pytest.approx(1.0)
    assert recall_at_depth(-scores, truth, 0.2) == 0.0
    areas = np.array([f"BU{row % 20}" for row in range(1000)])
    found = recall_estimate(scores, truth, 0.1, areas, replicates=50)
    assert (found.value, found.n) == (pytest.approx(0.5), 200)


def test_truth_index_is_what_sql_says_and_averages_to_100() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"segment": rng.choice(["A01", "B02", "C03"], 900), "t": rng.random(900) < 0.2, "w": rng.uniform(0.5, 2, 900)}
    )
    found = truth_index_by_segment(rows["segment"].to_numpy(), rows["t"].to_numpy(), rows["w"].to_numpy())
    said = duckdb.sql(
        "SELECT segment, sum(w), sum(w * t::INT), 100 * sum(w * t::INT) / sum(w), 100 * (sum(w * t::INT) / sum(w)) / "
        "(SELECT sum(w * t::INT) / sum(w) FROM rows) FROM rows GROUP BY segment ORDER BY segment"
    ).fetchall()
    assert found["segment"].to_pylist() == [row[0] for row in said]
    for place, name in enumerate(("households", "with_truth", "penetration", "index"), start=1):
        np.testing.assert_allclose(found[name].to_numpy(), [row[place] for row in said])
    share = found["households"].to_numpy() / rows["w"].sum()
    assert share @ found["index"].to_numpy() == pytest.approx(100.0)
    with pytest.raises(MeasureError, match="nobody"):
        truth_index_by_segment(rows["segment"].to_numpy(), rows["t"].to_numpy() & False)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="skipped: no shared data")
def test_truth_of_real_households() -> None:
    truth = {"files": ["{data}/truth.parquet"], "household": "household_id", "columns": ["low_literacy_nt1"]}
    table = read_truth(population(SHARED, household="household_id", truth=truth), "low_literacy_nt1")
    assert (table.num_rows, sum(table["truth"].to_pylist())) == (610_057, 17_623)
