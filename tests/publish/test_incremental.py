"""A new version shares what did not change with the one before; the bytes are those of a bundle made alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from profiling.artefacts import file_sha256, read_manifest, writing_folder
from profiling.profiles.profile import Profile
from profiling.publish import bundle as bundle_module
from profiling.publish.bundle import Bundle, write_bundle
from profiling.publish.incremental import changes, share_equal_files
from profiling.scoring.cutoff import Cutoff
from profiling.scoring.score import FILE, Scores

N = 500


def scored(folder: Path) -> Scores:
    rank = np.random.default_rng(1).permutation(N) + 1
    table = pd.DataFrame({"household_id": [f"K{i}" for i in range(N)], "score": -rank.astype(float), "rank": rank})
    with writing_folder(folder, {"n_households": N, "unseen": {}}) as aside:
        table.to_parquet(aside / FILE, index=False)
    return Scores(folder, read_manifest(folder))


def bundle(scores: Scores, contact: str, last: int, **said: Any) -> Bundle:
    inputs = {"scores": scores.fingerprint, "config": contact}
    profile = Profile("p", "p", "p", Cutoff(count=last), last, 0.0, N, inputs)
    tables = {"cells": pd.DataFrame({"segment": ["A"], "n_base": [N], "n_profile": [last]})}
    manifest = {**profile.to_dict(), "versions": {"us": "1"}, **said}
    return Bundle(profile, manifest, tables, {"page.html": f"<p>{contact}</p>"}, {"scheme.json": {"A": "a"}})


def test_what_did_not_change_is_shared_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = scored(tmp_path / "scores")
    first = write_bundle(bundle(scores, "first", 100), scores, tmp_path / "1")
    with monkeypatch.context() as patch:
        patch.setattr(bundle_module, "_write_households", lambda *_: pytest.fail("households were written again"))
        second = write_bundle(bundle(scores, "second", 100), scores, tmp_path / "2", [first])
    found = changes(read_manifest(second), read_manifest(first))
    assert found.same == ("cells.parquet", "households.parquet", "scheme.json")
    assert found.changed == ("checksums.txt", "datapackage.json", "page.html")
    for name in found.same:
        assert (second / name).samefile(first / name), name
    alone = write_bundle(bundle(scores, "second", 100), scores, tmp_path / "alone")
    assert read_manifest(alone, verify=True) == read_manifest(second, verify=True)
    assert not (alone / "cells.parquet").samefile(first / "cells.parquet")


@pytest.mark.parametrize(
    ("last", "said"), [(101, {}), (100, {"versions": {"us": "2"}}), (100, {"inputs": {"scores": "other"}})]
)
def test_another_cut_off_version_or_ranking_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int, said: dict[str, Any]
) -> None:
    scores = scored(tmp_path / "scores")
    first = write_bundle(bundle(scores, "first", 100), scores, tmp_path / "1")
    written: list[Path] = []
    real = bundle_module._write_households
    monkeypatch.setattr(bundle_module, "_write_households", lambda *a: (written.append(a[2]), real(*a))[1])
    second = write_bundle(bundle(scores, "first", last, **said), scores, tmp_path / "2", [first])
    assert len(written) == 1
    inside = pd.read_parquet(second / "households.parquet").query("in_profile")
    assert sorted(inside["rank"]) == list(range(1, last + 1))


def test_a_damaged_version_is_passed_over(tmp_path: Path) -> None:
    scores = scored(tmp_path / "scores")
    first = write_bundle(bundle(scores, "first", 100), scores, tmp_path / "1")
    whole = file_sha256(first / "households.parquet")
    size = (first / "households.parquet").stat().st_size
    (first / "households.parquet").write_bytes(b"x" * size)
    second = write_bundle(bundle(scores, "second", 100), scores, tmp_path / "2", [first])
    assert file_sha256(second / "households.parquet") == whole
    (first / "manifest.json").unlink()
    third = write_bundle(bundle(scores, "third", 100), scores, tmp_path / "3", [first, second])
    assert (third / "households.parquet").samefile(second / "households.parquet")


def test_files_by_what_became_of_them(tmp_path: Path) -> None:
    then = {"files": {name: {"bytes": 1, "sha256": name} for name in "abc"}}
    now = {"files": {**then["files"], "b": {"bytes": 1, "sha256": "other"}, "d": {"bytes": 2, "sha256": "d"}}}
    del now["files"]["c"]
    found = changes(now, then)
    assert (found.added, found.changed, found.same, found.removed) == (("d",), ("b",), ("a",), ("c",))
    assert str(found) == "1 added (d), 1 changed (b), 1 removed (c), 1 the same"
    for name, text in {"old/a": "same", "old/b": "1234", "new/a": "same", "new/b": "5678", "new/c": "x"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    share_equal_files(tmp_path / "new", [tmp_path / "old"])
    assert (tmp_path / "new" / "a").samefile(tmp_path / "old" / "a")
    assert [(tmp_path / "new" / name).read_text() for name in "abc"] == ["same", "5678", "x"]
