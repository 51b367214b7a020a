"""Stretches: the same scores in any pieces and threads, and nothing finished is lost when something goes wrong."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from profiling.errors import ArtefactError, ProfilingError, SchemaError
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.scoring import score as score_module
from profiling.scoring import stretches
from profiling.scoring.score import Scores, score
from profiling.training.model import Model
from tests.scoring.test_score import ByIncome, model
from tests.tiny import N, Tiny

Change = Callable[[Model, pa.RecordBatch], None]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "STRETCH", 1_000)
    monkeypatch.setattr(stretches, "AT_ONCE", 500)
    monkeypatch.setattr(
        HouseholdStore,
        "read",
        lambda self, piece, words, whole=HouseholdStore.read: whole(self, piece, words, size=1_000),
    )


def store(tiny: Tiny, folder: Path, row_group: int) -> HouseholdStore:
    tiny.write(folder)
    pq.write_table(pa.Table.from_pandas(tiny.households), folder / "households.parquet", row_group_size=row_group)
    return open_population(load_population(folder / "population.toml"))


def scored(opened: HouseholdStore, folder: Path) -> Scores:
    return score(model(), opened, folder, seed=1, inputs={})


def count_rows(monkeypatch: pytest.MonkeyPatch, first: Change = lambda _model, _batch: None) -> list[int]:
    """Rows of every batch that is scored from now on; `first` is done before each."""
    seen: list[int] = []

    def counted(model: Model, batch: pa.RecordBatch, whole: Any = stretches.score_batch) -> pa.RecordBatch:
        first(model, batch)
        seen.append(batch.num_rows)
        return whole(model, batch)

    monkeypatch.setattr(stretches, "score_batch", counted)
    return seen


@pytest.mark.parametrize("row_group", [130, 500, 1_700, N])
def test_the_same_bytes_in_any_row_groups(tiny: Tiny, tmp_path: Path, row_group: int) -> None:
    one = scored(store(tiny, tmp_path, row_group), tmp_path / "one")
    expected = -tiny.households["income"] + tiny.households["tenure"].map({"owner": 0, "social": 1}).fillna(0)
    np.testing.assert_array_equal(one.column("score"), expected)
    other = scored(store(tiny, tmp_path, 777), tmp_path / "other")
    assert one.file.read_bytes() == other.file.read_bytes()


def test_a_csv_gives_what_a_parquet_file_gives(tiny: Tiny, tmp_path: Path) -> None:
    whole = scored(store(tiny, tmp_path, 500), tmp_path / "parquet")
    tiny.households.to_csv(tmp_path / "households.csv", index=False)
    tiny.population["files"] = ["households.csv"]
    tiny.write(tmp_path / "csv")
    (tmp_path / "households.csv").rename(tmp_path / "csv" / "households.csv")
    opened = open_population(load_population(tmp_path / "csv" / "population.toml"))
    np.testing.assert_array_equal(scored(opened, tmp_path / "scores").column("score"), whole.column("score"))


def test_a_finished_stretch_is_neither_scored_nor_read_again(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store(tiny, tmp_path, 500)
    whole = scored(opened, tmp_path / "whole")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        seen = count_rows(patch)
        patch.setattr(score_module, "rank", stop)
        with pytest.raises(KeyboardInterrupt):
            scored(opened, tmp_path / "scores")
        assert sum(seen) == N
    with monkeypatch.context() as patch:
        seen = count_rows(patch)
        patch.setattr(HouseholdStore, "read", stop)
        resumed = scored(opened, tmp_path / "scores")
        assert seen == []
    assert resumed.file.read_bytes() == whole.file.read_bytes()
    assert resumed.manifest == whole.manifest
    assert not (tmp_path / "scores.parts").exists()


@pytest.mark.parametrize("row_group", [500, N])
def test_stopped_halfway_it_goes_on_there(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row_group: int
) -> None:
    opened = store(tiny, tmp_path, row_group)
    whole = scored(opened, tmp_path / "whole")
    late = tiny.households["income"].iloc[3_600]

    def stop(_model: Model, batch: pa.RecordBatch) -> None:
        if late in batch.column("income").to_pylist():
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        count_rows(patch, stop)
        with pytest.raises(KeyboardInterrupt):
            scored(opened, tmp_path / "scores")
    seen = count_rows(monkeypatch)
    assert scored(opened, tmp_path / "scores").file.read_bytes() == whole.file.read_bytes()
    assert sum(seen) == 1_000


def test_a_damaged_row_group_is_named_and_the_others_are_kept(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store(tiny, tmp_path, 1_000)
    whole = scored(opened, tmp_path / "whole")
    file = tmp_path / "households.parquet"
    good = file.read_bytes()
    names = pq.read_schema(file).names
    chunk = pq.read_metadata(file).row_group(2).column(names.index("income"))
    start = min(each for each in (chunk.dictionary_page_offset, chunk.data_page_offset) if each)
    file.write_bytes(good[:start] + b"\xff" * 40 + good[start + 40 :])
    with pytest.raises(SchemaError, match=r"households\.parquet, row group 2: cannot be read") as caught:
        scored(opened, tmp_path / "scores")
    assert "export it again" in str(caught.value)
    assert not (tmp_path / "scores").exists()
    file.write_bytes(good)
    seen = count_rows(monkeypatch)
    assert scored(opened, tmp_path / "scores").file.read_bytes() == whole.file.read_bytes()
    assert 1_000 <= sum(seen) <= 2_000


def test_a_full_disk_is_said_once_and_nothing_is_lost(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store(tiny, tmp_path, 500)
    whole = scored(opened, tmp_path / "whole")
    room = [2]

    def savez(handle: Any, save: Any = np.savez, **arrays: Any) -> None:
        room[0] -= 1
        if room[0] < 0:
            handle.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        save(handle, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(stretches.np, "savez", savez)
        with pytest.raises(ArtefactError, match="the disk is full; nothing was left half-written") as caught:
            scored(opened, tmp_path / "scores")
    assert "finished steps are kept" in str(caught.value)
    left = sorted(path.name for path in (tmp_path / "scores.parts").iterdir())
    assert len(left) == 2
    assert all(name.endswith(".npz") for name in left)
    seen = count_rows(monkeypatch)
    assert scored(opened, tmp_path / "scores").file.read_bytes() == whole.file.read_bytes()
    assert sum(seen) == N - 2_000


def test_a_fault_in_one_thread_is_the_one_fault_that_is_seen(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store(tiny, tmp_path, 500)
    seen = count_rows(monkeypatch)
    monkeypatch.setattr(ByIncome, "score_samples", lambda _self, X: np.full(len(X), np.nan))
    with pytest.raises(ProfilingError, match="500 households have no finite score"):
        scored(opened, tmp_path / "scores")
    assert len(seen) <= stretches.WAITING
