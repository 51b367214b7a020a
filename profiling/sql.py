"""DuckDB, opened and filled in the same way everywhere: two threads, a limit to its memory, and no bar of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from profiling import delimited
from profiling.schema import reading


def open_database(memory: str = "1GB", *, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An empty database in memory, to be used within `with`.

    Parameters
    ----------
    memory : what it may take; beyond that it writes to disk or says that it cannot.
    spill : folder for what does not fit; a place of DuckDB's own choice when left out.
    """
    place = {} if spill is None else {"temp_directory": str(spill)}
    database = duckdb.connect(config={"threads": 2, "memory_limit": memory, **place})
    # In a notebook or a shell it would draw a bar, beside ours and where no terminal is, too.
    return database.execute("SET enable_progress_bar = false")


def only_value(database: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    """The first value of the first row of an answer."""
    return database.execute(query, dict(parameters or {})).fetchall()[0][0]


def load_csv(database: duckdb.DuckDBPyConnection, table: str, path: Path, columns: Mapping[str, str]) -> None:
    """Add the rows of a CSV to a table, as text under our words (word → column); without the table it is made.

    Raises
    ------
    SchemaError
        When the file is damaged.
    """
    words = ", ".join(f"{quoted(name)} AS {word}" for word, name in columns.items())
    texts = ", ".join(f"{word} VARCHAR" for word in columns)
    with reading(path):
        database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({texts})")
        database.register("csv_rows", delimited.read_texts(path, list(dict.fromkeys(columns.values()))))
        database.execute(f"INSERT INTO {table} BY NAME SELECT {words} FROM csv_rows")
        database.unregister("csv_rows")


def quoted(name: str) -> str:
    """A name of a column, whatever is in it, as SQL has it."""
    return '"' + name.replace('"', '""') + '"'
