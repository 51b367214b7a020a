"""Scores of all households: each one's rank, resumed after an interruption, and what was never seen is said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from profiling.errors import ScoringError
from profiling.features.encoder import EncodedFeature, Encoder
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.scoring import score as score_module
from profiling.scoring.score import score
from profiling.training.model import Model
from tests.tiny import Tiny


class ByIncome:
    """An estimator whose scores can be checked by eye."""

    calls = 0

    def score_samples(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        ByIncome.calls += 1
        return -X[:, 0] + np.nan_to_num(X[:, 1])

    def state(self) -> Mapping[str, str]:
        return {"model.txt": "by income"}


def model() -> Model:
    encoder = Encoder(
        (EncodedFeature("income", "numeric"), EncodedFeature("tenure", "categorical", ("owner", "social")))
    )
    spec: Any = type("Spec", (), {"name": "by-income"})
    estimator: Any = ByIncome()
    return Model(spec, estimator, encoder, {}, {})


def store(tiny: Tiny, folder: Path) -> HouseholdStore:
    tiny.write(folder)
    return open_population(load_population(folder / "population.toml"))


def test_rank_and_percentile_as_pandas_has_them(tiny: Tiny, tmp_path: Path) -> None:
    scores = score(model(), store(tiny, tmp_path), tmp_path / "scores", seed=1, inputs={})
    got = pd.read_parquet(scores.file)
    bonus = tiny.households["tenure"].map({"owner": 0, "social": 1}).fillna(0)
    expected = -tiny.households["income"] + bonus
    assert got["household_id"].tolist() == tiny.households["key"].tolist()
    np.testing.assert_array_equal(got["score"], expected)
    np.testing.assert_array_equal(got.sort_values("rank")["score"], np.sort(expected)[::-1])
    assert sorted(got["rank"]) == list(range(1, len(got) + 1))
    np.testing.assert_allclose(got["percentile"], 100 * (len(got) - got["rank"] + 1) / len(got), rtol=1e-6)
    assert got["buurt"].tolist() == tiny.households["bu"].tolist()


def test_unseen_values_are_counted_and_said(tiny: Tiny, tmp_path: Path) -> None:
    scores = score(model(), store(tiny, tmp_path), tmp_path / "scores", seed=1, inputs={})
    n = int((tiny.households["tenure"] == "private").sum())
    assert scores.notices == (f"'tenure': {n:,} households have a value that training never saw; it counts as missing",)


def test_the_same_scores_give_the_same_bytes_in_whatever_batches(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_module, "BATCH", 700)
    first = score(model(), store(tiny, tmp_path), tmp_path / "scores", seed=1, inputs={})
    table = pq.read_table(first.file).drop_columns(["percentile"])
    for size in (1, 333, 700, 2_100, 10_000):
        said = {"inputs": {}, "unseen": first.manifest["unseen"], "n_households": table.num_rows}
        again = score_module.save_scores(tmp_path / str(size), table.to_batches(max_chunksize=size), **said)
        assert again.manifest == first.manifest
    assert pq.ParquetFile(first.file).num_row_groups == 6
    assert first.manifest["lowest"] == min(table.column("score").to_pylist())


def test_a_score_that_is_no_number_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households.loc[7, "income"] = None
    with pytest.raises(ScoringError, match="1 households have no finite score"):
        score(model(), store(tiny, tmp_path), tmp_path / "scores", seed=1, inputs={})


def test_two_equal_scores_go_by_the_hash_of_the_key(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households["income"] = 1.0
    tiny.households["tenure"] = "owner"
    opened = store(tiny, tmp_path)
    first, again, other = (
        pd.read_parquet(score(model(), opened, tmp_path / name, seed=seed, inputs={}).file)["rank"]
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.equals(again)
    assert not first.equals(other)
    assert pa.array(first).to_pylist() != sorted(first)


def test_what_the_estimator_has_to_say_of_its_scoring_is_a_notice(tiny: Tiny, tmp_path: Path) -> None:
    slow = model()
    slow.estimator.notices = ("scored slowly",)  # type: ignore[attr-defined]
    scores = score(slow, store(tiny, tmp_path), tmp_path / "scores", seed=1, inputs={})
    assert scores.notices[0] == "scored slowly"
    assert len(scores.notices) == 2
