"""Tables and charts of customers: who they are, which of them belong to a profile, and whom of an area they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from profiling.reporting.charts import IndexRow, index_bars
from profiling.reporting.document import SUPPRESSED, Cell, Chart, Column, Kind, Table
from profiling.reporting.text import has_phrase, phrase, sentence
from profiling.vocabulary import Language

PROFILE = (("n", "count"), ("n_profile", "count"), ("penetration", "percent"), ("share", "percent"))
WHO = (("n", "count"), ("share", "percent"), ("base_share", "percent"))
MEMBERS = (("households", "count"), ("members", "count"), ("member_share", "percent"))
REACHED = (
    ("profile", "count"),
    ("reached", "count"),
    ("not_reached", "count"),
    ("reach", "percent"),
    ("reach_interval", "interval"),
)
_INDEX = (("index", "index"), ("interval", "interval"), ("class", "text"))


def row_name(row: Mapping[Any, Any], language: Language) -> str:
    """What a row is about: the whole, a segment, or an area."""
    if row["level"] == "total":
        return phrase("customers.total", language)
    named = f"{row['code']} · {row['name']}" if row["level"] in ("main", "sub") else f"{row['name']} ({row['code']})"
    return named if row["name"] else str(row["code"])


def table_of(
    rows: pd.DataFrame,
    fields: Sequence[tuple[str, str]],
    caption: str,
    first: str,
    language: Language,
    *,
    index: str = "",
    words: str = "customers",
) -> Table:
    """Rows under the headings of their fields; what may not be shown says so.

    Parameters
    ----------
    fields : name of each column and its kind.
    index : beginning of the columns that hold an index with its interval and class ("index", "member_index").
    words : section of phrases that headings are looked for first; a library says "leden" where a museum says "klanten".
    """
    shown = [*fields, *(_INDEX if index else ())]
    columns = [Column(sentence(first))]
    for name, kind in shown:
        own = f"{words}.{name}"
        heading = phrase(own if has_phrase(own) else f"customers.{name}", language)
        places = 1 if kind in ("index", "percent") or name == "reach_interval" else None
        columns.append(Column(sentence(heading), _kind(kind), places))
    cells = tuple(
        (row_name(row, language), *(_cell(row, name, index, language) for name, _kind in shown))
        for row in rows.to_dict("records")
    )
    return Table(caption, tuple(columns), cells)


def _kind(kind: str) -> Kind:
    known: dict[str, Kind] = {"count": "count", "percent": "percent", "index": "index", "interval": "interval"}
    return known.get(kind, "text")


def _cell(row: Mapping[Any, Any], name: str, index: str, language: Language) -> Cell:
    if name == "class":
        return None if pd.isna(row["map_class"]) else phrase(str(row["map_class"]), language)
    if name == "index":
        return _number(row[index], index)
    if name in ("interval", "reach_interval"):
        stem = index if name == "interval" else "reach"
        low, high = row[f"{stem}_low"], row[f"{stem}_high"]
        return None if pd.isna(low) else (float(low), float(high))
    return _number(row[name], name)


def _number(value: float, name: str) -> Cell:
    """A count is a whole number, also an expected one; a count that is missing is hidden."""
    counts = ("n", "n_profile", "households", "members", "profile", "reached", "not_reached")
    if pd.isna(value):
        return SUPPRESSED if name in counts else None
    return round(float(value)) if name in counts else float(value)


def index_chart(
    rows: pd.DataFrame, index: str, count: str, title: str, table: Table, base: str, language: Language
) -> Chart:
    """Bars that cross at 100, one per row, with the same figures as a table.

    Parameters
    ----------
    index : beginning of the columns with the index and its interval.
    count : column with the number behind each bar.
    """
    bars = [
        IndexRow(
            row_name(row, language),
            None if pd.isna(row[index]) else float(row[index]),
            None if pd.isna(row[index]) else (float(row[f"{index}_low"]), float(row[f"{index}_high"])),
            None if pd.isna(row[index]) or pd.isna(row[count]) else round(float(row[count])),
        )
        for row in rows.to_dict("records")
    ]
    return Chart(index_bars(bars, title=title, language=language, base=base), title, table)
