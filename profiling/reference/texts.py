"""Small tables of a source, read as text: whatever types a file gives its columns, the words are compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from profiling.schema import delimiter, reading


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
            texts = pa.csv.ConvertOptions(include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()))
            parse = pa.csv.ParseOptions(delimiter=delimiter(path))
            raw = pa.csv.read_csv(path, parse_options=parse, convert_options=texts)
        return pa.table({word: _filled(raw[name].cast(pa.string())) for word, name in names.items()})


def days(texts: pd.Series) -> pd.Series:
    """Dates from text, as 2026-09-30 or 30-09-2026; what cannot be read is missing."""
    iso = pd.to_datetime(texts.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    return iso.fillna(pd.to_datetime(texts, format="%d-%m-%Y", errors="coerce"))


def bare(texts: pa.Array) -> pa.Array:
    """Capitals and digits only: "1234 ab" is "1234AB"."""
    return pc.replace_substring_regex(pc.utf8_upper(texts.cast(pa.string())), r"[^0-9A-Z]", "")


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
