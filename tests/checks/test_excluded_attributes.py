"""An excluded attribute read from whatever kind of file holds it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from profiling.checks.excluded_attributes import _load


def test_two_csvs_in_windows_1252_read_as_parquet_does(tmp_path: Path) -> None:
    rows = pd.DataFrame({"hh nr": ["0001", "0002", "0003"], "herkomst": ["België", None, "Curaçao"], "meer": "x"})
    files = (tmp_path / "a.csv", tmp_path / "b.csv")
    for file, part in zip(files, (rows[:2], rows[2:]), strict=True):
        part.to_csv(file, sep=";", index=False, encoding="cp1252")
    rows.to_parquet(tmp_path / "all.parquet")
    read = []
    for each in (files, (tmp_path / "all.parquet",)):
        with duckdb.connect() as database:
            _load(database, each, "hh nr", "herkomst")
            read.append(database.execute("SELECT household, code FROM attribute ORDER BY 1").fetchall())
    assert read[0] == read[1] == [("0001", "België"), ("0002", None), ("0003", "Curaçao")]
