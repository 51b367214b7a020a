"""Spark against this machine: the same scores, ranks, counts and bytes. Skipped where Java or Spark is absent."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from profiling.engines import spark as spark_engine
from profiling.engines.engine import open_engine
from profiling.engines.local import LocalEngine
from profiling.errors import SchemaError
from profiling.features.encoder import EncodedFeature, Encoder
from profiling.models.lightgbm_bagged import ESTIMATOR
from profiling.models.spec import EstimatorContext
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.publish.cells import count_cells
from profiling.training.model import Model
from tests.tiny import Tiny, tiny_country

pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java"),
    pytest.mark.skipif(find_spec("pyspark") is None, reason="no Spark: pip install '.[spark]'"),
]
FEATURES = Encoder(
    (
        EncodedFeature("income", "numeric"),
        EncodedFeature("rooms", "numeric"),
        EncodedFeature("tenure", "categorical", ("owner", "social")),
        EncodedFeature("segment", "segment", ("A01", "A02", "B03", "B04")),
    )
)


@pytest.fixture(scope="module")
def spark() -> Any:
    engine = open_engine("local[2]")
    # More and smaller partitions than Spark would choose for so little, or there is nothing to put together.
    for key, value in {
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "900",
    }.items():
        engine.session.conf.set(key, value)
    return engine


def opened(country: Tiny, folder: Path) -> HouseholdStore:
    """Three files, of which the second holds one household; incomes in steps, so that scores tie; gaps and weights."""
    country.population["files"] = ["part-*.parquet"]
    country.population["weight"] = "w"
    rng = np.random.default_rng(4)
    rows = country.households.assign(w=rng.integers(1, 9, len(country.households)) / 3)
    rows["income"] = (rows["income"] // 20_000).where(rng.random(len(rows)) > 0.1)
    rows.loc[rng.random(len(rows)) < 0.05, ["bu", "segment"]] = None
    country.write(folder)
    for name, part in (("part-a", rows[:2_500]), ("part-b", rows[2_500:2_501]), ("part-c", rows[2_501:])):
        part.to_parquet(folder / f"{name}.parquet", index=False, row_group_size=700)
    return open_population(load_population(folder / "population.toml"))


def fitted(store: HouseholdStore) -> Model:
    table = pd.concat(batch.to_pandas() for batch in store.batches(["household_id", "segment"]))
    X = np.vstack([FEATURES.matrix(batch) for batch in store.batches(FEATURES.names)])
    context = EstimatorContext(4, FEATURES.names, FEATURES.categorical, FEATURES.segment, seed=1)
    params = {"n_bags": 2, "n_estimators": 8, "min_data_in_leaf": 20}
    return Model(ESTIMATOR, ESTIMATOR.build(context, params).fit(X, table["segment"] == "A01"), FEATURES, {}, {})


def test_scores_ranks_and_bytes_are_those_of_this_machine(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tiny_country(seed=2), tmp_path / "data")
    model = fitted(store)
    local = LocalEngine().score(model, store, tmp_path / "local", seed=7, inputs={"a": 1})
    ours = pq.read_table(local.file)
    assert len(set(ours.column("score").to_pylist())) < 0.5 * ours.num_rows, "there are ties"
    assert local.manifest["unseen"].keys() == {"tenure"}
    with monkeypatch.context() as patch:
        patch.setattr(spark_engine, "save_scores", lambda *_args, **_said: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            spark.score(model, store, tmp_path / "there", seed=7, inputs={"a": 1})
    assert not (tmp_path / "there").exists()
    # The interrupted run goes on from the scores that it left.
    monkeypatch.setattr(spark_engine.SparkEngine, "_rows", lambda *_: pytest.fail("scored again"))
    there = spark.score(model, store, tmp_path / "there", seed=7, inputs={"a": 1})
    assert pq.read_table(there.file).equals(ours)
    assert there.manifest == local.manifest
    assert there.file.read_bytes() == local.file.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "local", "there"]


@pytest.mark.parametrize("by", [["provincie", "gemeente", "wijk", "buurt", "segment"], ["segment"]])
def test_counts_are_those_of_this_machine_and_of_pandas(spark: Any, tmp_path: Path, by: list[str]) -> None:
    store = opened(tiny_country(seed=3), tmp_path / "data")
    scores = LocalEngine().score(fitted(store), store, tmp_path / "scores", seed=7, inputs={})
    ours = count_cells(scores.file, 600, by)
    pd.testing.assert_frame_equal(count_cells(scores.file, 600, by, engine=spark), ours)
    rows = pd.read_parquet(scores.file)
    rows[by] = rows[by].fillna("?")
    rows["inside"] = rows["rank"] <= 600
    rows["weighted"] = rows["weight"] * rows["inside"]
    counted = rows.groupby(by, as_index=False).agg(
        n_base=("rank", "size"), n_profile=("inside", "sum"), base=("weight", "sum"), profile=("weighted", "sum")
    )
    pd.testing.assert_frame_equal(ours, counted, check_dtype=False, rtol=1e-6)


def test_a_fault_in_a_worker_is_told_in_our_words(spark: Any, tmp_path: Path) -> None:
    store = opened(tiny_country(seed=2), tmp_path / "data")
    model = fitted(store)
    broken = pd.read_parquet(tmp_path / "data" / "part-c.parquet")
    broken.loc[5, "income"] = np.inf
    broken.to_parquet(tmp_path / "data" / "part-c.parquet", index=False)
    with pytest.raises(SchemaError, match="infinite values in 'income'") as told:
        spark.score(model, store, tmp_path / "scores", seed=7, inputs={})
    assert "Traceback" not in str(told.value)
    assert len(str(told.value).splitlines()) < 5
