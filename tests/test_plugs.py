"""A plug is one file with one constant, and nothing else has to be edited."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from profiling.errors import ConfigError
from profiling.plugs import choose, discover

PLUG = "from types import SimpleNamespace\nSOURCE = SimpleNamespace(name={name!r})\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    room = tmp_path / "a_room"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "lending.py").write_text(PLUG.format(name="lending"))
    (room / "visits.py").write_text(PLUG.format(name="visits"))
    (room / "helpers.py").write_text("MORE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [each for each in sys.modules if each.split(".")[0] == "a_room"]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()
    return room


def room_of(folder: Path) -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module(folder.name)


def test_every_file_with_the_constant_is_a_plug(folder: Path) -> None:
    assert list(discover(room_of(folder), "SOURCE")) == ["lending", "visits"]
    assert discover(room_of(folder), "ESTIMATOR") == {}


def test_one_new_file_is_one_new_plug(folder: Path) -> None:
    (folder / "courses.py").write_text(PLUG.format(name="courses"))
    assert list(discover(room_of(folder), "SOURCE")) == ["courses", "lending", "visits"]
    assert choose(room_of(folder), "SOURCE", "courses").name == "courses"


def test_an_unknown_plug_is_answered_with_what_there_is(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"no source 'lendin' \(did you mean 'lending'\?\)\n.*lending, visits"):
        choose(room_of(folder), "SOURCE", "lendin")


def test_two_files_cannot_offer_the_same_name(folder: Path) -> None:
    (folder / "again.py").write_text(PLUG.format(name="lending"))
    with pytest.raises(ConfigError, match="two files of a_room offer SOURCE 'lending'"):
        discover(room_of(folder), "SOURCE")
