"""Engines by their address, and SQL over files as another engine of SQL gives it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from profiling.engines import spark
from profiling.engines.engine import open_engine
from profiling.engines.local import LOCAL
from profiling.errors import ConfigError


def test_local_is_this_machine() -> None:
    assert open_engine("local") is LOCAL


@pytest.mark.parametrize("address", ["loca", "local[two]", "spark://", "spark", ""])
def test_an_unknown_engine_says_which_there_are(address: str) -> None:
    with pytest.raises(ConfigError, match=r"choose from local \(this machine\); local\[2\], spark://host:7077"):
        open_engine(address)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'lookalike-profiling\[spark\]'"):
        open_engine("spark://host:7077")
    monkeypatch.setattr(spark, "find_spec", lambda name: name)
    monkeypatch.setattr(spark.shutil, "which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ConfigError, match="needs Java 17"):
        open_engine("local[2]")


def test_sql_over_two_files(tmp_path: Path) -> None:
    frames = {
        "loud": pd.DataFrame({"code": ["a", "b", "c"], "n": [1, 2, 3]}),
        "it's": pd.DataFrame({"code": ["a", "c"], "m": [10, 30]}),
    }
    with sqlite3.connect(":memory:") as other:
        for name, frame in frames.items():
            frame.to_parquet(tmp_path / f"{name}.parquet")
            frame.to_sql("left_side" if name == "loud" else "right_side", other, index=False)
        sql = 'SELECT "code", n * m AS nm FROM left_side JOIN right_side USING ("code") ORDER BY "code"'
        expected = pd.read_sql(sql, other)
    tables = {"left_side": tmp_path / "loud.parquet", "right_side": tmp_path / "it's.parquet"}
    pd.testing.assert_frame_equal(LOCAL.query(sql, tables), expected)
