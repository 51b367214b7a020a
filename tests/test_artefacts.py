"""What we write is whole or absent, whatever interrupts it, and the same contents give the same bytes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from profiling import artefacts
from profiling.errors import ArtefactError


def write_result(folder: Path, text: str = "one\n", **manifest: Any) -> None:
    with artefacts.writing_folder(folder, {"step": "train", **manifest}) as aside:
        (aside / "inner").mkdir()
        artefacts.write_text(aside / "inner" / "table.csv", text)


def test_an_interrupted_file_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    artefacts.write_text(path, "whole\n")
    with suppress(KeyboardInterrupt), artefacts.writing(path) as aside:
        aside.write_text("ha")
        raise KeyboardInterrupt
    assert [each.name for each in tmp_path.iterdir()] == ["scores.csv"]
    assert path.read_text() == "whole\n"


def test_a_reader_of_the_old_file_sees_it_whole_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    artefacts.write_text(path, "the old file\n")
    with path.open() as reader:
        artefacts.write_text(path, "new\n")
        assert reader.read() == "the old file\n"
    assert path.read_text() == "new\n"


def test_an_interrupted_folder_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_result(folder)
    with suppress(KeyboardInterrupt), artefacts.writing_folder(folder, {}) as aside:
        (aside / "table.csv").write_text("ha")
        raise KeyboardInterrupt
    assert [each.name for each in tmp_path.iterdir()] == ["model"]
    assert (folder / "inner" / "table.csv").read_text() == "one\n"


def test_a_killed_program_leaves_nothing_that_counts_as_finished(tmp_path: Path) -> None:
    """SIGKILL: no `finally` runs, so the partial folder stays, but is not a result and does not stand in the way."""
    folder = tmp_path / "model"
    program = (
        "import sys, time; from pathlib import Path; from profiling import artefacts\n"
        "with artefacts.writing_folder(Path(sys.argv[1]), {'step': 'train'}) as aside:\n"
        "    (aside / 'table.csv').write_text('half'); print('writing', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"writing\n"
        running.send_signal(signal.SIGKILL)
    assert not artefacts.is_complete(folder, {})
    with pytest.raises(ArtefactError, match=r"model: is not a finished result \(no manifest\.json\)"):
        artefacts.read_manifest(folder)
    write_result(folder)
    assert artefacts.is_complete(folder, {"step": "train"})
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ArtefactError, match=r"scores\.csv: the disk is full.*\n.*make room"):
        artefacts.write_text(tmp_path / "scores.csv", "text")
    with pytest.raises(ArtefactError, match="the disk is full"):
        write_result(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def _limit_file_size() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_real_limit_of_the_system_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from profiling import artefacts, errors\n"
        "try: artefacts.write_text(Path(sys.argv[1]), 'x' * 1_000_000)\n"
        "except errors.ArtefactError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "scores.csv")],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=_limit_file_size,
    )
    assert "scores.csv: cannot be written: File too large" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file")
    with pytest.raises(ArtefactError, match="cannot be written"):
        artefacts.write_text(tmp_path / "build" / "deep" / "scores.csv", "text")
    with pytest.raises(ArtefactError, match="cannot be written"):
        write_result(tmp_path / "build" / "deep" / "model")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json is damaged"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "manifest.json is damaged"),
        (lambda folder: (folder / "manifest.json").write_text('{"step": "train"}'), "manifest.json is damaged"),
        (lambda folder: (folder / "manifest.json").write_text('{"files": {"a": 1}}'), "manifest.json is damaged"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe\x00"), "manifest.json is damaged"),
        (lambda folder: (folder / "manifest.json").unlink(), "is not a finished result"),
        (lambda folder: (folder / "inner" / "table.csv").unlink(), "'inner/table.csv' is missing"),
        (lambda folder: (folder / "inner" / "table.csv").write_text("longer"), "has 6 bytes, the manifest says 4"),
        (lambda folder: (folder / "inner" / "table.csv").write_text("two\n"), "has other contents"),
    ],
)
def test_a_damaged_result_is_said_and_made_again(tmp_path: Path, harm: Any, message: str) -> None:
    folder = tmp_path / "model"
    write_result(folder)
    harm(folder)
    assert not artefacts.is_complete(folder, {"step": "train"})
    with pytest.raises(ArtefactError, match=message) as caught:
        artefacts.read_manifest(folder, verify=True)
    assert caught.value.hint
    write_result(folder)
    assert artefacts.is_complete(folder, {"step": "train"})


def test_all_damage_is_said_at_once(tmp_path: Path) -> None:
    with artefacts.writing_folder(tmp_path / "model", {}) as aside:
        for name in ("a", "b", "c"):
            (aside / name).write_text(name)
    (tmp_path / "model" / "a").unlink()
    (tmp_path / "model" / "c").write_text("changed")
    with pytest.raises(ArtefactError, match="2 faults") as caught:
        artefacts.read_manifest(tmp_path / "model")
    assert [fault.split()[0] for fault in caught.value.faults] == ["'a'", "'c'"]


def test_the_same_contents_give_the_same_bytes_in_any_folder_at_any_time(tmp_path: Path) -> None:
    write_result(tmp_path / "here", seed=1, features=["b", "a"], naam="één")
    time.sleep(0.01)
    write_result(tmp_path / "there" / "deep", features=["b", "a"], naam="één", seed=1)
    manifests = [(tmp_path / name / "manifest.json").read_bytes() for name in ("here", "there/deep")]
    assert manifests[0] == manifests[1]
    said = json.loads(manifests[0])
    assert said["files"] == {"inner/table.csv": {"bytes": 4, "sha256": hashlib.sha256(b"one\n").hexdigest()}}


def test_a_result_of_another_configuration_does_not_count(tmp_path: Path) -> None:
    write_result(tmp_path / "model", seed=1)
    assert artefacts.is_complete(tmp_path / "model", {"seed": 1})
    assert not artefacts.is_complete(tmp_path / "model", {"seed": 2})
    assert not artefacts.is_complete(tmp_path / "model", {"trees": None, "seed": 2})


def test_a_fingerprint_does_not_depend_on_the_order_of_keys_but_on_that_of_lists() -> None:
    assert artefacts.fingerprint({"a": 1, "b": [1, 2]}) == artefacts.fingerprint({"b": [1, 2], "a": 1})
    assert artefacts.fingerprint([1, 2]) != artefacts.fingerprint([2, 1])
    assert artefacts.fingerprint({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


def test_the_contents_of_a_large_file_are_hashed(tmp_path: Path) -> None:
    contents = bytes(range(256)) * 10_000
    (tmp_path / "large").write_bytes(contents)
    assert artefacts.file_sha256(tmp_path / "large") == hashlib.sha256(contents).hexdigest()
