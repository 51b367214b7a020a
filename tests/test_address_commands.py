"""`profiling addresses`: the same verbs as in Python, and one message for every fault."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from profiling.cli import commands
from profiling.errors import SelectionError
from tests.by_hand import publish_by_hand
from tests.tiny import tiny_country

POLICY = """
[[opt_outs]]
name = "postfilter"
nl = "Postfilter"
en = "Postfilter"
files = "list-*.csv"
columns = { postcode = "pc", number = "nr" }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("commands")
    publish_by_hand(tiny_country(), made)
    (made / "selections.toml").write_text(POLICY, encoding="utf-8")
    (made / "list-2026-10-01.csv").write_text("pc;nr\n9999ZZ;1\n", encoding="utf-8")
    (made / "areas.csv").write_text("library,name,gemeente\nL1,Een,GM0101\n", encoding="utf-8")
    return made


def run(folder: Path, register: Path, *given: str) -> Result:
    places = ["--library", str(folder / "library"), "--population", str(folder / "country" / "population.toml")]
    policy = ["--policy", str(folder / "selections.toml"), "--work-areas", str(folder / "areas.csv")]
    shared = [*places, *policy] if given[0] in ("count", "select") else []
    return CliRunner().invoke(commands(), ["addresses", *given, *shared, "--register", str(register)])


def test_from_count_to_destruction(folder: Path, tmp_path: Path) -> None:
    register, book = tmp_path / "register", tmp_path / "list.xlsx"
    counted = run(folder, register, "count", "tiny-profile", "--work-area", "L1", "--on", "2026-10-05")
    assert "addresses available" in counted.output
    asked = [
        "select",
        "tiny-profile",
        "--area",
        "GM0101",
        "--n",
        "20",
        "--purpose",
        "taalcursus",
        "--requester",
        "Bieb",
    ]
    done = run(folder, register, *asked, "--out", str(book), "--on", "2026-10-05")
    assert done.exit_code == 0, done.output
    assert "20 addresses" in done.output
    assert "control group of 2" in done.output
    assert openpyxl.load_workbook(book)["Adressen"].max_row == 24
    assert "live" in run(folder, register, "list", "--on", "2026-11-02").output
    assert "2026-10-05-01" not in run(folder, register, "expired", "--on", "2026-11-02").output
    assert "2026-10-05-01" in run(folder, register, "expired", "--on", "2026-11-03").output
    gone = run(folder, register, "destroy", "2026-10-05-01", "--by", "J. Jansen", "--on", "2026-11-03")
    assert "destroyed on 2026-11-03 by J. Jansen" in gone.output
    assert "destroyed" in run(folder, register, "list", "--on", "2026-11-03").output


def test_faults_are_one_message_and_leave_nothing(folder: Path, tmp_path: Path) -> None:
    book = tmp_path / "list.xlsx"
    without = run(
        folder, tmp_path, "select", "tiny-profile", "--area", "GM0101", "--out", str(book), "--on", "2026-10-05"
    )
    assert isinstance(without.exception, SelectionError)
    assert "purpose" in str(without.exception)
    assert "requester" in str(without.exception)
    late = run(folder, tmp_path, "count", "tiny-profile", "--area", "GM0101", "--on", "2026-11-05")
    assert "35 days old" in str(late.exception)
    assert not book.exists()
    assert not list(tmp_path.glob("*.json"))
