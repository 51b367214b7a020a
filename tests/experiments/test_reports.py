"""Every experiment is what its folder says: a strict configuration, a finished result, and the numbers of its README."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from profiling.artefacts import read_manifest

ROOT = Path(__file__).parent.parent.parent
FOLDERS = [ROOT / "experiments" / name for name in ("001-coil2000", "002-acs-households", "006-candidate-groups")]

each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@each
def test_result_is_whole_and_holds_the_configuration_as_it_stands(folder: Path) -> None:
    read_manifest(folder / "result", verify=True)
    report = json.loads((folder / "result" / "report.json").read_text(encoding="utf-8"))
    assert not list(other(tomllib.loads((folder / "config.toml").read_text(encoding="utf-8")), report["config"]))


def other(said: Any, there: Any, at: str = "") -> Iterator[str]:
    """Places where what is said is not there; what is there besides are defaults."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from other(value, there.get(key), f"{at}.{key}")
    elif isinstance(said, list) and isinstance(there, list) and len(said) == len(there):
        for place, (one, two) in enumerate(zip(said, there, strict=True)):
            yield from other(one, two, f"{at}[{place}]")
    elif said != there:
        yield f"{at}: {said!r}, not {there!r}"


@each
def test_readme_has_its_parts(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    for part in ("## Question", "## Set-up", "## Result", "## Decision"):
        assert part in text


def test_numbers_of_the_readme_of_coil_are_those_of_the_report() -> None:
    folder = FOLDERS[0]
    report = json.loads((folder / "result" / "report.json").read_text(encoding="utf-8"))
    text = (folder / "README.md").read_text(encoding="utf-8")
    for row in report["models"]:
        recall, auc = row["recall"], row["auc"]
        low, high = recall["interval"]
        line = f"| {row['rung']} | {row['model']} | {recall['value']:.3f} ({low:.3f}–{high:.3f}) | {auc['value']:.3f} "
        assert line in text


def test_numbers_of_the_readme_of_acs_are_those_of_the_report() -> None:
    folder = FOLDERS[1]
    report = json.loads((folder / "result" / "report.json").read_text(encoding="utf-8"))
    text = (folder / "README.md").read_text(encoding="utf-8")
    for row in report["summary"]:
        low, high = row["interval"]
        assert f"| {row['model']} | {row['recall']:.3f} ({low:.3f}–{high:.3f}) | {row['minus_ceiling']:+.3f} " in text


def test_numbers_of_the_readme_of_candidate_groups_are_those_of_the_report() -> None:
    folder = FOLDERS[2]
    report = json.loads((folder / "result" / "report.json").read_text(encoding="utf-8"))
    text = (folder / "README.md").read_text(encoding="utf-8")
    for row in report["summary"]:
        (line,) = [each for each in text.splitlines() if each.startswith(f"| {row['candidate']} |")]
        assert f" {row['recall']:.3f}" in line
