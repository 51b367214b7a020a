"""Small tables of a source, read as text: whatever types a file gives its columns, the words are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from profiling import delimited
from profiling.schema import reading
from profiling.sql import load_csv, quoted

LONG_YEARS = ("%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y", "%d/%m/%Y", "%Y%m%d")
SHORT_YEARS = ("%d-%m-%y", "%d/%m/%y")


def read_texts(path: Path, names: Mapping[str, str]) -> pa.Table:
    """Some columns of a Parquet or CSV file as text, under our words (word → column); empty text is missing.

    Raises
    ------
    SchemaError
        When the file is damaged.
    """
    wanted = list(dict.fromkeys(names.values()))
    with reading(path):
        if path.suffix == ".parquet":
            raw = pq.read_table(path, columns=wanted)
        else:
            raw = delimited.read_texts(path, wanted).read_all()
        return pa.table({word: _filled(raw[name].cast(pa.string())) for word, name in names.items()})


def load_texts(database: duckdb.DuckDBPyConnection, files: Sequence[Path], names: Mapping[str, str]) -> None:
    """Make the table `raw`: the rows of all files as text, under our words (word → column).

    Raises
    ------
    SchemaError
        When a file is damaged.
    """
    texts = ", ".join(f"{word} VARCHAR" for word in names)
    cast = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {word}" for word, name in names.items())
    database.execute(f"CREATE TABLE raw ({texts})")
    for path in files:
        if path.suffix != ".parquet":
            load_csv(database, "raw", path, names)
            continue
        with reading(path):
            database.execute(f"INSERT INTO raw BY NAME SELECT {cast} FROM read_parquet($file)", {"file": str(path)})


def read_days(database: duckdb.DuckDBPyConnection, column: str) -> None:
    """Make the table `written_day` (text, day) of every text in a column of `raw`, each read once.

    Days are read as in `days`, with a time behind them or not; else the day is missing. DuckDB alone reads 30-9-26
    as a day in the year 30; hence every form is asked for by name.
    """
    database.execute(
        f"""
        CREATE TABLE written_day AS
        WITH written AS (SELECT DISTINCT {column} AS text FROM raw WHERE {column} IS NOT NULL),
        parts AS (SELECT text, split_part(replace(trim(text), 'T', ' '), ' ', 1) AS day FROM written)
        SELECT text, CAST(CASE WHEN regexp_matches(day, '^[0-9]{{1,2}}[-/][0-9]{{1,2}}[-/][0-9]{{2}}$')
            THEN try_strptime(day, {list(SHORT_YEARS)}) ELSE try_strptime(day, {list(LONG_YEARS)}) END AS DATE) AS day
        FROM parts
        """
    )


def days(texts: pd.Series) -> pd.Series:
    """Dates from text: 2026-09-30, 30-09-2026, 30-9-26, 30/09/2026 or 20260930; what cannot be read is missing."""
    day = texts.str.strip().str.replace("T", " ").str.split(" ").str[0]
    found = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns]")
    for form in (*LONG_YEARS, *SHORT_YEARS):
        found = found.fillna(pd.to_datetime(day, format=form, errors="coerce"))
    return found


def bare(texts: pa.Array) -> pa.Array:
    """Capitals and digits only: "1234 ab" is "1234AB"."""
    return pc.replace_substring_regex(pc.utf8_upper(texts.cast(pa.string())), r"[^0-9A-Z]", "")


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
