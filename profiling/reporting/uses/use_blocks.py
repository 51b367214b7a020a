"""What the pages of the uses share: tables of figures with their intervals, index charts, and the foot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from profiling.publish.uses.about import About
from profiling.reporting.charts import IndexRow, index_bars
from profiling.reporting.document import SUPPRESSED, Cell, Chart, Column, Kind, Note, Table
from profiling.reporting.text import date, figure, has_phrase, phrase, phrases, said, sentence
from profiling.vocabulary import Language

Field = tuple[str, Kind]
_PLACES = {"index": 0, "interval": 1, "percent": 1, "decimal": 2}


def word(section: str, name: str, language: Language, **values: object) -> str:
    """A phrase of the page, or else one that the uses share."""
    own = f"{section}.{name}"
    return phrase(own if has_phrase(own) else f"uses.{name}", language, **values)


def table(
    rows: pd.DataFrame,
    names: Sequence[str],
    fields: Sequence[Field],
    caption: str,
    section: str,
    language: Language,
    *,
    first: str = "place",
    note: str = "",
    decimals: int | None = None,
) -> Table:
    """Rows under the headings of their fields; what may not be shown says so.

    Parameters
    ----------
    names : what each row is called; shape (rows,).
    fields : column and kind; the kind "interval" takes the columns name_low and name_high.
    first : heading of the names.
    decimals : of intervals, and of the parts that they belong to; one when left out.
    """
    columns = [Column(sentence(word(section, first, language)))]
    for name, kind in fields:
        heading = word(section, f"{name}_interval" if kind == "interval" else name, language)
        places = _PLACES.get(kind)
        if kind == "interval":
            # As precise as the figure that it belongs to: an index is a whole number.
            places = 0 if name.endswith("index") else places if decimals is None else decimals
        elif kind == "percent" and decimals is not None and (name, "interval") in fields:
            places = decimals
        columns.append(Column(sentence(heading), kind, places))
    cells = tuple(
        (named, *(_cell(row, name, kind, language) for name, kind in fields))
        for named, row in zip(names, rows.to_dict("records"), strict=True)
    )
    return Table(caption, tuple(columns), cells, note)


def _cell(row: dict[Any, Any], name: str, kind: Kind, language: Language) -> Cell:
    if kind == "interval":
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        return None if pd.isna(low) or pd.isna(high) else (float(low), float(high))
    value = row[name]
    if kind == "text":
        if name == "map_class":
            return phrase(str(value), language) if isinstance(value, str) and value else None
        return None if value is None or pd.isna(value) else str(value)
    if pd.isna(value):
        return SUPPRESSED if kind == "count" else None
    return round(float(value)) if kind == "count" else float(value)


def index_chart(
    rows: pd.DataFrame,
    names: Sequence[str],
    index: str,
    count: str,
    title: str,
    base: str,
    figures: Table,
    language: Language,
) -> Chart:
    """Bars that cross at 100, one per row, with the same figures as a table.

    Parameters
    ----------
    index : beginning of the columns with the index and its interval.
    count : column with the number behind each bar.
    """
    bars = []
    for named, row in zip(names, rows.to_dict("records"), strict=True):
        hidden = pd.isna(row[index])
        n = None if hidden or pd.isna(row[count]) else round(float(row[count]))
        interval = None if hidden else (float(row[f"{index}_low"]), float(row[f"{index}_high"]))
        bars.append(IndexRow(named, None if hidden else float(row[index]), interval, n))
    return Chart(index_bars(bars, title=title, language=language, base=base), title, figures)


def how(section: str, language: Language, **values: object) -> Note:
    """How to read the page: its numbered phrases how_1, how_2, …"""
    return Note(phrase("uses.how", language), phrases(f"{section}.how", language, **values))


def foot(about: About, language: Language) -> tuple[tuple[str, str], ...]:
    """Profile, base, date and what is hidden, for the footer."""
    n, base = figure(about.n_base, "count", language), said(about.base_title, language)
    return (
        (phrase("area.account_profile", language), f"{said(about.title, language)} ({about.profile} {about.version})"),
        (phrase("area.account_base", language), f"{base}: {n} {phrase('households', language)}"),
        (phrase("snapshot", language), date(about.snapshot, language)),
        (
            phrase("area.account_hidden", language),
            phrase("area.account_hidden_text", language, minimum=about.minimum),
        ),
    )


def kept_nothing(language: Language) -> tuple[tuple[str, str], ...]:
    """That nothing of a customer file was kept, for the footer."""
    return ((phrase("customers.account_file", language), phrase("customers.account_file_text", language)),)
