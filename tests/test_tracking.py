"""The MLflow record, read back with plain SQLite and compared with what was logged."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from profiling.artefacts import fingerprint
from profiling.errors import ProfileError, TrackingError
from profiling.tracking import Tracker, log_comparison


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for all tests, in a folder whose name is awkward on purpose."""
    return tmp_path_factory.mktemp("één map")


@pytest.fixture
def tracker(root: Path) -> Tracker:
    return Tracker(root)


@pytest.fixture(scope="module")
def booster() -> lightgbm.Booster:
    rows = np.random.default_rng(1).normal(size=(400, 2))
    data = lightgbm.Dataset(rows, (rows[:, 0] > 0).astype(int), feature_name=["income", "age"])
    return lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 3)


def training(tracker: Tracker, profile: str, name: str = "first", **changes: Any) -> str:
    given: dict[str, Any] = {
        "params": {"num_leaves": 15, "features": ["a", "b"]},
        "metrics": {"recall_at_10": 0.41},
        "data": {"population": "f" * 64},
        "boosters": {"bag-0.txt": "not a tree"},
    }
    return tracker.log_training(profile, fingerprint(name), **{**given, **changes})


def rows(tracker: Tracker, query: str, *values: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(tracker.database)) as connection:
        return connection.execute(query, values).fetchall()


def runs(tracker: Tracker, profile: str) -> list[tuple[str, str]]:
    query = (
        "SELECT run_uuid, status FROM runs JOIN experiments USING (experiment_id) WHERE experiments.name = ?"
        " ORDER BY runs.start_time"
    )
    return [(run, status) for run, status in rows(tracker, query, f"profile.{profile}")]


def test_a_training_is_logged_with_all_that_it_is_given(tracker: Tracker, tmp_path: Path) -> None:
    figure = tmp_path / "gains.svg"
    figure.write_text("<svg/>")
    run = training(tracker, "logged", figures=[figure], tags={"rival": "none"})
    assert rows(tracker, "SELECT key, value FROM params WHERE run_uuid = ? ORDER BY key", run) == [
        ("features", '["a","b"]'),
        ("num_leaves", "15"),
    ]
    assert rows(tracker, "SELECT key, value FROM metrics WHERE run_uuid = ?", run) == [("recall_at_10", 0.41)]
    tags = dict(rows(tracker, "SELECT key, value FROM tags WHERE run_uuid = ?", run))
    assert tags["data.population"] == "f" * 64
    assert tags["rival"] == "none"
    assert tags["training_fingerprint"] == fingerprint("first")
    place = tracker.folder / "artifacts" / "logged" / run / "artifacts"
    kept = {str(path.relative_to(place)): path.read_text() for path in place.rglob("*") if path.is_file()}
    assert kept == {"model/bag-0/bag-0.txt": "not a tree", "figures/gains.svg": "<svg/>"}


def test_the_same_training_is_logged_once(tracker: Tracker, root: Path) -> None:
    first = training(tracker, "once")
    assert training(Tracker(root), "once") == first
    other = training(tracker, "once", "second")
    assert runs(tracker, "once") == [(first, "FINISHED"), (other, "FINISHED")]


def test_more_values_than_one_batch_of_mlflow_takes(tracker: Tracker) -> None:
    params = {f"p{number:03}": number for number in range(250)}
    run = training(tracker, "batches", params=params)
    found = dict(rows(tracker, "SELECT key, value FROM params WHERE run_uuid = ?", run))
    assert found == {key: str(value) for key, value in params.items()}


def test_a_run_that_was_interrupted_is_marked_killed_and_logged_again(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("profiling.tracking.tracker._write_model", power_cut)
        with pytest.raises(KeyboardInterrupt):
            training(tracker, "killed")
    assert [status for _, status in runs(tracker, "killed")] == ["RUNNING"]
    run = training(tracker, "killed")
    assert [status for _, status in runs(tracker, "killed")] == ["KILLED", "FINISHED"]
    assert training(tracker, "killed") == run


def test_a_lightgbm_text_comes_back_as_the_same_model(tracker: Tracker, booster: lightgbm.Booster) -> None:
    text = booster.model_to_string()
    run = training(tracker, "loads", boosters={"bag-0.txt": text})
    version = tracker.register_version("loads", run, {"cut_off": 11})
    tracker.set_alias("loads", version, "champion")
    import mlflow.lightgbm
    import mlflow.pyfunc

    mlflow.set_tracking_uri(f"sqlite:///{tracker.database.as_posix()}")
    loaded = mlflow.lightgbm.load_model("models:/profile.loads@champion")
    households = np.random.default_rng(2).normal(size=(50, 2))
    np.testing.assert_array_equal(loaded.predict(households), booster.predict(households))
    inputs = mlflow.pyfunc.load_model("models:/profile.loads@champion").metadata.get_input_schema()
    assert [(str(each.type.name), each.name) for each in inputs.inputs] == [("double", "income"), ("double", "age")]
    place = tracker.folder / "artifacts" / "loads" / run / "artifacts" / "model"
    assert sorted(path.name for path in place.rglob("*") if path.is_file()) == ["MLmodel", "bag-0.txt"]


def test_several_bags_are_all_kept_and_each_can_be_loaded(tracker: Tracker, booster: lightgbm.Booster) -> None:
    text = booster.model_to_string()
    run = training(tracker, "bags", boosters={"bag-0.txt": text, "bag-1.txt": text})
    place = tracker.folder / "artifacts" / "bags" / run / "artifacts" / "model"
    assert sorted(path.name for path in place.iterdir()) == ["bag-0", "bag-1"]
    version = tracker.register_version("bags", run, {"cut_off": 11})
    found = rows(tracker, "SELECT source FROM model_versions WHERE name = 'profile.bags' AND version = ?", str(version))
    assert found == [(f"runs:/{run}/model",)]


def test_a_manifest_is_a_version_and_the_same_manifest_the_same_version(tracker: Tracker) -> None:
    run = training(tracker, "versions")
    manifest = {"cut_off": {"depth": 11.0}, "features": ["a", "b"], "naam": "één"}
    assert tracker.register_version("versions", run, manifest) == 1
    assert tracker.register_version("versions", run, dict(reversed(manifest.items()))) == 1
    assert tracker.register_version("versions", run, {**manifest, "cut_off": {"depth": 12.0}}) == 2
    assert [each.version for each in tracker.versions("versions")] == [1, 2]
    assert tracker.manifest("versions", 1) == manifest
    assert "versions" in tracker.profiles()
    assert tracker.versions("unheard-of") == []


def test_aliases_move_and_a_withdrawn_version_keeps_none(tracker: Tracker) -> None:
    run = training(tracker, "aliases")
    for depth in (10, 11, 12):
        tracker.register_version("aliases", run, {"depth": depth})
    tracker.set_alias("aliases", 1, "challenger")
    tracker.set_alias("aliases", 1, "champion")
    tracker.set_alias("aliases", 1, "published")
    tracker.set_alias("aliases", 2, "challenger")
    told = [(each.version, each.aliases, each.status) for each in tracker.versions("aliases")]
    assert told == [
        (1, ("champion", "published"), "published"),
        (2, ("challenger",), "challenger"),
        (3, (), "registered"),
    ]
    tracker.set_alias("aliases", 2, "champion")
    assert [each.aliases for each in tracker.versions("aliases")] == [("published",), ("champion",), ()]
    tracker.withdraw("aliases", 1, "the reference group held teachers")
    tracker.withdraw("aliases", 1, "the reference group held teachers")
    first = tracker.version("aliases", 1)
    assert (first.status, first.aliases) == ("withdrawn", ())
    assert first.tags["withdrawn_reason"] == "the reference group held teachers"
    with pytest.raises(ProfileError, match=r"version 1 was withdrawn \(the reference group held teachers\)"):
        tracker.set_alias("aliases", 1, "champion")


def test_unknown_names_are_answered_with_what_there_is(tracker: Tracker) -> None:
    tracker.register_version("nt1-taalgroeiers", training(tracker, "nt1-taalgroeiers"), {"depth": 10})
    with pytest.raises(ProfileError, match="did you mean 'champion'"):
        tracker.set_alias("nt1-taalgroeiers", 1, "champoin")
    with pytest.raises(ProfileError, match=r"there is no version 7\n.*choose from 1"):
        tracker.set_alias("nt1-taalgroeiers", 7, "champion")
    with pytest.raises(ProfileError, match="did you mean 'nt1-taalgroeiers'"):
        tracker.version("nt1-taalgroeier", 1)
    with pytest.raises(ProfileError, match="needs a reason"):
        tracker.withdraw("nt1-taalgroeiers", 1, " ")


def test_looking_does_not_make_a_database(tmp_path: Path) -> None:
    assert Tracker(tmp_path).profiles() == []
    assert Tracker(tmp_path).versions("nt1") == []
    assert list(tmp_path.iterdir()) == []


def test_a_locked_database_is_said(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    training(tracker, "locked")
    monkeypatch.setattr("profiling.tracking.database.LOCK_SECONDS", 0.1)
    with closing(sqlite3.connect(tracker.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TrackingError, match=r"mlflow\.db: is locked by another program\n.*end the other"):
            training(tracker, "locked", "second")
        other.execute("ROLLBACK")


def damaged(whole: bytes) -> Iterator[tuple[str, bytes]]:
    yield "other contents", b"not a database at all" * 100
    yield "cut off", whole[: len(whole) // 2]
    yield "a hole", whole[:8192] + b"\0" * 65536 + whole[8192 + 65536 :]


def test_a_damaged_database_is_said(tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training(tracker, "damaged")
    for name, contents in damaged(tracker.database.read_bytes()):
        other = Tracker(tmp_path / name)
        other.folder.mkdir(parents=True)
        other.database.write_bytes(contents)
        with monkeypatch.context() as patch:
            patch.setattr("profiling.tracking.database._import_mlflow", lambda: pytest.fail("MLflow was asked"))
            with pytest.raises(TrackingError, match=r"mlflow\.db: is damaged\n.*set .*mlruns aside"):
                training(other, "damaged", "second")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "mlruns").write_text("a file where the folder should be")
    with pytest.raises(TrackingError, match="cannot be written"):
        training(Tracker(tmp_path), "nowhere")
    other = tmp_path / "other"
    (other / "mlruns" / "mlflow.db").mkdir(parents=True)
    with pytest.raises(TrackingError, match="cannot be opened"):
        training(Tracker(other), "nowhere")


def test_a_moved_database_is_said(tracker: Tracker, tmp_path: Path) -> None:
    training(tracker, "moved")
    other = Tracker(tmp_path)
    shutil.copytree(tracker.folder, other.folder)
    with pytest.raises(TrackingError, match="was made in another folder"):
        training(other, "moved", "second")


def test_making_the_database_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    def power_cut(self: Any, **_: Any) -> None:
        (Path(self.tracking_uri.removeprefix("sqlite:///"))).write_bytes(b"half a database")
        raise KeyboardInterrupt

    monkeypatch.setattr(MlflowClient, "search_experiments", power_cut)
    with pytest.raises(KeyboardInterrupt):
        training(Tracker(tmp_path), "half")
    assert list((tmp_path / "mlruns").iterdir()) == []


def _train(root: str, name: str) -> str:
    return training(Tracker(Path(root)), "together", name)


def test_two_programs_may_log_at_once(tracker: Tracker, root: Path) -> None:
    training(tracker, "together", "before")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.starmap(_train, [(str(root), "one"), (str(root), "two")])
    assert {run for run, status in runs(tracker, "together") if status == "FINISHED"} >= set(found)


def test_mlflow_is_quiet_and_comes_in_only_when_needed(tracker: Tracker, root: Path, tmp_path: Path) -> None:
    training(tracker, "quiet")
    program = (
        "import sys; from pathlib import Path; from profiling.tracking import Tracker\n"
        "assert 'mlflow' not in sys.modules\n"
        f"made = Tracker(Path({str(tmp_path)!r})).log_training("
        "'quiet', 'a' * 64, params={}, metrics={}, data={}, boosters={})\n"
        "import os; assert os.environ['MLFLOW_DISABLE_TELEMETRY'] == 'true'\n"
        "assert 'lightgbm' not in sys.modules and 'shap' not in sys.modules\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlruns"]


def test_a_comparison_is_a_run_with_a_nested_run_per_candidate(tracker: Tracker, tmp_path: Path) -> None:
    for name in ("compare.json", "compare.nl.html"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    asked: dict[str, Any] = {
        "params": {"choice": "one"},
        "trained": {"one": "abc"},
        "report": tmp_path,
    }
    found = {"one": {"capture": 31.5}, "other": {"capture": 20.25, "lift": 2.0}}
    parent = log_comparison(tracker, "f" * 64, found, **asked)
    assert log_comparison(tracker, "f" * 64, found, **asked) == parent
    client, runs = _compared(tracker, "f" * 64)
    children = {run.info.run_name: run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent}
    assert len(runs) == 3
    assert {name: run.data.metrics for name, run in children.items()} == found
    assert children["one"].data.tags["training_run"] == "abc"
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert {each.path for each in client.list_artifacts(parent, "report")} == {
        "report/compare.json",
        "report/compare.nl.html",
    }


def test_an_interrupted_comparison_is_logged_anew(tracker: Tracker, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"params": {}, "trained": {}, "report": tmp_path}
    with pytest.raises((OSError, TrackingError)):
        log_comparison(tracker, "a" * 64, {"one": {"capture": 1.0}}, **asked)
    for name in ("compare.json", "compare.nl.html"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    parent = log_comparison(tracker, "a" * 64, {"one": {"capture": 1.0}}, **asked)
    _client, runs = _compared(tracker, "a" * 64)
    status = {run.info.run_id: run.info.status for run in runs}
    assert status.pop(parent) == "FINISHED"
    assert sorted(status.values()) == ["FINISHED", "KILLED", "KILLED"]


def _compared(tracker: Tracker, digest: str) -> tuple[Any, list[Any]]:
    """A client of MLflow, and all runs of one comparison with their children."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tracker.database}")
    (experiment,) = [each for each in client.search_experiments() if each.name == "profile.comparison"]
    runs = list(client.search_runs([experiment.experiment_id]))
    parents = {run.info.run_id for run in runs if run.data.tags.get("comparison_fingerprint") == digest}
    return client, [run for run in runs if parents & {run.info.run_id, run.data.tags.get("mlflow.parentRunId")}]
