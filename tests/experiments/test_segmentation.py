"""Experiment 009: its tables stand in the README as the report has them, and the configuration is that of the report."""

from __future__ import annotations

import json
import runpy
import sys
import tomllib
from pathlib import Path

import pytest

from tests.experiments.test_reports import other

FOLDER = Path(__file__).parent.parent.parent / "experiments" / "009-segmentation"


@pytest.fixture(scope="module")
def report() -> dict:
    return json.loads((FOLDER / "result" / "report.json").read_text(encoding="utf-8"))


def test_tables_of_the_readme_are_those_of_the_report(report: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    tables = runpy.run_path(str(FOLDER / "fill.py"))["tables"](report)
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {"sections", "simulation", "cbs-wijken-10-37", "cbs-buurten-10-37"} <= set(tables)
    for mark, lines in tables.items():
        assert f"<!-- {mark} -->\n" + "\n".join(lines) + "\n<!-- end -->" in text
    for part in ("## Question", "## Set-up", "## Result", "## Decision"):
        assert part in text


def test_the_report_holds_the_configuration_as_it_stands(report: dict) -> None:
    assert not list(other(tomllib.loads((FOLDER / "config.toml").read_text(encoding="utf-8")), report["config"]))


def test_memory_stayed_within_its_limit_and_segments_were_found_up_to_the_ceiling(report: dict) -> None:
    said = report["sections-500"]
    assert said["sections"] == 170_000
    assert said["peak_gb"] < said["limit_gb"] == 4.0
    assert said["adjusted_rand"] > said["ceiling"] - 0.1
