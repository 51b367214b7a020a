"""The whole way on a tiny country: resumed anywhere it ends with the same bytes, and bad input is one message."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from profiling import artefacts, pipeline
from profiling.artefacts import read_manifest
from profiling.errors import ArtefactError, ConfigError, ProfileError, ScoringError, TrainingError
from profiling.pipeline import Places, Run
from profiling.population.store import HouseholdStore
from profiling.profiles import library
from profiling.scoring.score import score
from profiling.training import frame as frame_module
from tests.tiny import Tiny, tiny_country

STEPS = ("checks", "reference", "frame", "model", "scores", "profile", "sketch", "findings", "observability", "bundle")


def tree(folder: Path) -> dict[str, str]:
    """Path → SHA-256 of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def prepared(folder: Path, config: Path, tracking: Path) -> Run:
    return pipeline.prepare(config, places=Places(folder / "work", folder / "library", tracking))


def with_members(tiny: Tiny) -> Tiny:
    """Six hundred households more that borrow, no easy books: other members, to learn the propensity from."""
    some = tiny.households.drop(index=tiny.loans["patron"].str[1:].astype(int).unique()).sample(600, random_state=0)
    loans = some[["pc", "nr", "ext"]].assign(patron="M" + some["key"], loan="M" + some["key"], shelf="NOVEL")
    loans = loans.assign(card="adult", age=40, day=pd.Timestamp("2026-03-01"))
    tiny.loans = pd.concat([tiny.loans, loans[tiny.loans.columns]], ignore_index=True)
    return tiny


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_members(tiny_country()).write(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One MLflow database for all tests here: making one takes seconds."""
    return tmp_path_factory.mktemp("tracking")


@pytest.fixture(scope="module")
def undisturbed(country: Path, tracking: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    pipeline.publish(prepared(folder, country, tracking))
    return folder


def test_interrupted_at_every_step_it_ends_with_the_same_bytes(
    country: Path, tracking: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = artefacts.writing_folder
    for step in STEPS:

        @contextmanager
        def interrupted(folder: Path, manifest: Mapping[str, Any], stop: str = step) -> Iterator[Path]:
            at_bundle = stop == "bundle" and folder.parent.parent.name == "library"
            with whole(folder, manifest) as aside:
                yield aside
                if folder.name == stop or at_bundle:
                    raise KeyboardInterrupt

        modules = [module for name, module in sys.modules.items() if name.startswith("profiling.")]
        with monkeypatch.context() as patch:
            for module in modules:
                if getattr(module, "writing_folder", None) is whole:
                    patch.setattr(module, "writing_folder", interrupted)
            with pytest.raises(KeyboardInterrupt):
                pipeline.publish(prepared(tmp_path, country, tracking))
        left = [path for path in tmp_path.rglob("*") if path.name == step or path.name.endswith(artefacts.ASIDE)]
        assert not left, f"{step} left {left}"
    pipeline.publish(prepared(tmp_path, country, tracking))
    assert tree(tmp_path / "library") == tree(undisturbed / "library")
    assert tree(tmp_path / "work") == tree(undisturbed / "work")


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_bytes(country: Path, undisturbed: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from profiling.cli import main; main()", "run", str(country)]
    places = ["--work", str(tmp_path / "work"), "--library", str(tmp_path / "library"), "--tracking", str(tmp_path)]
    patience, done = 4.0, False
    for _ in range(40):
        started = subprocess.Popen([*command, *places], env={**os.environ, "COLUMNS": "200"})
        time.sleep(patience)
        if started.poll() is None:
            started.send_signal(signal.SIGKILL)
        done = started.wait() == 0
        if done:
            break
        patience *= 1.15
    assert done
    assert tree(tmp_path / "library") == tree(undisturbed / "library")


def test_a_second_run_takes_no_step_again(country: Path, tracking: Path, undisturbed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.parquet")}
    pipeline.publish(prepared(undisturbed, country, tracking))
    assert {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.parquet")} == before


def test_a_new_cutoff_is_a_new_version_of_the_same_scores(tiny: Tiny, tracking: Path, tmp_path: Path) -> None:
    config = tiny.write(tmp_path / "country")
    first = prepared(tmp_path, config, tracking).profile
    kept = [tree(tmp_path / "work" / "tiny-profile" / step) for step in ("model", "scores")]
    tiny.profile["cutoff"] = {"count": 500}
    second = prepared(tmp_path, tiny.write(tmp_path / "country"), tracking)
    third = pipeline.at_depth(second, 0.05)
    assert len({first.version, second.profile.version, third.profile.version}) == 3
    assert (first.n_profile, second.profile.n_profile) == (800, 500)
    assert third.profile.n_profile == round(0.05 * third.profile.n_base)
    assert [tree(tmp_path / "work" / "tiny-profile" / step) for step in ("model", "scores")] == kept


def test_bundle_agrees_with_itself(undisturbed: Path) -> None:
    (folder,) = (undisturbed / "library" / "tiny-profile").glob("*/")
    manifest = read_manifest(folder, verify=True)
    households = folder / "households.parquet"
    total, inside = duckdb.sql(f"SELECT count(*), sum(in_profile::int) FROM '{households}'").fetchall()[0]
    assert (total, inside) == (4_000, manifest["last_rank"])
    order = duckdb.sql(
        f"SELECT count(*) FROM '{households}' a JOIN '{households}' b ON a.rank = b.rank - 1 WHERE a.score < b.score"
    ).fetchall()[0][0]
    assert order == 0
    for line in (folder / "checksums.txt").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    package = json.loads((folder / "datapackage.json").read_text())
    assert {each["path"] for each in package["resources"]} == {path.name for path in folder.glob("*.parquet")}
    assert "/" not in json.dumps(manifest["config"])
    text = "".join(path.read_text() for path in folder.glob("*.*") if path.suffix in (".json", ".html", ".md"))
    assert str(undisturbed) not in text


def test_the_planted_segment_comes_first(undisturbed: Path) -> None:
    (folder,) = (undisturbed / "library" / "tiny-profile").glob("*/")
    segments = pd.read_parquet(folder / "segments_sub.parquet").set_index("code")
    assert segments["index"].idxmax() == "A01"
    sketch = json.loads((folder / "sketch.json").read_text())
    interests = {each["column"]: each["direction"] for each in sketch["interests"]}
    assert interests["fishing"] == "above"
    assert interests["museums"] == "below"


def test_row_order_changes_nothing(
    tiny: Tiny, country: Path, tracking: Path, undisturbed: Path, tmp_path: Path
) -> None:
    tiny = with_members(tiny)
    tiny.households = tiny.households.sample(frac=1, random_state=5)
    shuffled = prepared(tmp_path, tiny.write(tmp_path / "country"), tracking)
    straight = prepared(undisturbed, country, tracking)
    columns = ["household_id", "score", "rank", "percentile"]
    frames = [pd.read_parquet(each.scores.file, columns=columns) for each in (shuffled, straight)]
    pd.testing.assert_frame_equal(*(each.sort_values("household_id", ignore_index=True) for each in frames))
    said = [each.sketch.to_dict() for each in (shuffled, straight)]
    for each in said:
        del each["profile"]["version"]
    assert said[0] == said[1]


def test_batch_size_changes_nothing(country: Path, tracking: Path, undisturbed: Path, tmp_path: Path) -> None:
    straight = prepared(undisturbed, country, tracking)
    whole = HouseholdStore.batches

    def small(
        self: HouseholdStore, words: Sequence[str], *, size: int = 97, text: str = ""
    ) -> Iterator[pa.RecordBatch]:
        yield from whole(self, words, size=size, text=text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HouseholdStore, "batches", small)
        scores = score(straight.model, straight.store, tmp_path / "scores", seed=straight.config.seed, inputs={})
    columns = ["household_id", "score", "rank"]
    pd.testing.assert_frame_equal(
        pd.read_parquet(scores.file, columns=columns), pd.read_parquet(straight.scores.file, columns=columns)
    )


def test_a_damaged_step_is_made_again(country: Path, tracking: Path, undisturbed: Path, tmp_path: Path) -> None:
    run = prepared(tmp_path, country, tracking)
    assert run.scores.n_households == 4_000
    file = tmp_path / "work" / "tiny-profile" / "scores" / "households.parquet"
    file.write_bytes(file.read_bytes()[:-10])
    pipeline.publish(prepared(tmp_path, country, tracking))
    assert tree(tmp_path / "library") == tree(undisturbed / "library")


def test_full_disk_leaves_nothing_and_says_so(
    country: Path, tracking: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(frame_module.pq, "write_table", full)
    with pytest.raises(ArtefactError, match="the disk is full; nothing was left half-written"):
        pipeline.publish(prepared(tmp_path, country, tracking))
    assert not list(tmp_path.rglob("*.partial"))


def test_library_of_profiles(
    undisturbed: Path, tracking: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    shelf = tmp_path / "library"
    shutil.copytree(undisturbed / "library", shelf)
    (listed,) = library.versions(shelf)
    assert (listed.number, listed.status) == (1, "challenger")
    assert pipeline.promote(shelf, tracking, "tiny-profile", None, "published").status == "published"
    with pytest.raises(ProfileError, match="withdrawing needs a reason"):
        pipeline.withdraw(shelf, tracking, "tiny-profile", "1", "")
    assert pipeline.withdraw(shelf, tracking, "tiny-profile", "1", "wrong export").reason == "wrong export"
    with pytest.raises(ProfileError, match=r"was withdrawn \(wrong export\)"):
        pipeline.promote(shelf, tracking, "tiny-profile", "1", "published")
    with pytest.raises(ProfileError, match=r"no profile 'tiny-profil' \(did you mean 'tiny-profile'\?\)"):
        library.versions(shelf, "tiny-profil")
    with pytest.raises(ProfileError, match="'9' is not a version of tiny-profile"):
        library.find(shelf, "tiny-profile", "9")
    assert library.find(shelf, "tiny-profile", listed.version[:4]).version == listed.version
    monkeypatch.setattr(library, "versions", lambda *_: (library.Listed("tiny-profile", 1, "9f00", "champion"),))
    with pytest.raises(ProfileError, match="'9' is not a version of tiny-profile"):
        library.find(shelf, "tiny-profile", "9")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"training": {"estimator": "lightgbm-baged"}},
            r"no estimator 'lightgbm-baged' \(did you mean 'lightgbm-bagged'",
        ),
        ({"training": {"params": {"n_bag": 3}}}, r"'n_bag' is not a parameter \(did you mean 'n_bags'\?\)"),
        ({"training": {"features": ["fishing"]}}, "'fishing' is a soft feature"),
        ({"cutof": {"depth": 0.1}}, r"'cutof' is not a known key \(did you mean 'cutoff'\?\)"),
        ({"population": "populatoin.toml"}, r"no such file \(did you mean 'population.toml'\?\)"),
        ({"publish": {"limits": [110, 120]}}, "the limits of 'average' lie around 100"),
        (
            {"training": {"estimator": "segment-index", "features": ["income"]}},
            "'segment-index' needs a segment column and there is none",
        ),
    ],
)
def test_faults_of_a_profile_are_found_before_anything_is_read(
    tiny: Tiny, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    tiny.profile |= change
    with pytest.raises((ConfigError, TrainingError), match=words):
        pipeline.prepare(tiny.write(tmp_path))


def test_the_index_of_the_segment_as_the_model_itself(tiny: Tiny, tracking: Path, tmp_path: Path) -> None:
    """Its scores rank segments as their smoothed index does, counted here; the bundle comes out whole."""
    tiny.profile["training"] |= {"estimator": "segment-index", "params": {"strength": 2.0}, "rivals": ["random"]}
    run = prepared(tmp_path, tiny.write(tmp_path / "country"), tracking)
    folder = pipeline.publish(run)
    frame = run.frame.table.to_pandas()
    rate = np.average(frame["positive"], weights=frame["weight"])
    cells = frame[frame["weight"] > 0].assign(found=frame["weight"] * frame["positive"]).groupby("segment")
    index = 100 * (cells["found"].sum() + 2.0) / (cells["weight"].sum() * rate + 2.0)
    scores = pd.read_parquet(run.scores.file, columns=["household_id", "score"]).merge(
        tiny.households, left_on="household_id", right_on="key"
    )
    assert scores.groupby("segment")["score"].nunique().eq(1).all()
    pd.testing.assert_series_equal(
        scores.groupby("segment")["score"].first(), index, check_names=False, check_index_type=False, rtol=1e-6
    )
    assert index.idxmax() == "A01"
    assert pd.read_parquet(folder / "segments_sub.parquet")["code"].tolist() == sorted(index.index)


def test_cutoff_beyond_the_scores(tiny: Tiny, tracking: Path, tmp_path: Path) -> None:
    tiny.profile["cutoff"] = {"count": 5_000}
    with pytest.raises(ScoringError, match="keeps 5,000 of 4,000 households"):
        _ = prepared(tmp_path, tiny.write(tmp_path / "country"), tracking).profile
