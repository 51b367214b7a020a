"""DuckDB as we open it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from profiling.sql import only_value, open_database


def test_it_is_small_and_spills_where_it_is_told(tmp_path: Path) -> None:
    with open_database("300MB", spill=tmp_path / "spill") as database:
        said = {
            name: only_value(database, f"SELECT current_setting('{name}')")
            for name in ("threads", "memory_limit", "temp_directory")
        }
        assert only_value(database, "SELECT $n + 1", {"n": 41}) == 42
    assert said["threads"] == 2
    assert said["memory_limit"] == "286.1 MiB"
    assert said["temp_directory"] == str(tmp_path / "spill")


def test_it_draws_no_bar_in_a_shell() -> None:
    """DuckDB takes a program without a file for a shell, and would show its progress."""
    asked = "only_value(open_database(), \"SELECT current_setting('enable_progress_bar')\")"
    program = f"from profiling.sql import only_value, open_database; print({asked})"
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "False"
