"""The tables and charts of an area analysis, as blocks of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from profiling.publish.area import AreaAnalysis, ProfileInArea
from profiling.publish.figures import as_rows
from profiling.reporting.charts import IndexRow, index_bars
from profiling.reporting.document import SUPPRESSED, Cell, Chart, Column, Table
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language


def figures_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of one row of an analysis; what is hidden stands as `SUPPRESSED`."""
    if row["suppressed"]:
        whole: Cell = SUPPRESSED if pd.isna(row["n_base"]) else int(row["n_base"])
        hidden = dict.fromkeys(("penetration", "share", "index", "interval", "class", "estimated"))
        base_share = None if pd.isna(row["base_share"]) else float(row["base_share"])
        return {"n_base": whole, "n_profile": SUPPRESSED, "base_share": base_share, **hidden}
    return {
        "n_base": int(row["n_base"]),
        "n_profile": int(row["n_profile"]),
        "penetration": float(row["penetration"]),
        "share": float(row["share"]),
        "base_share": float(row["base_share"]),
        "index": float(row["index"]),
        "interval": (float(row["index_low"]), float(row["index_high"])),
        "class": str(row["map_class"]),
        "estimated": float(row["estimated"]) or None,
    }


def columns(first: str, language: Language, *, estimated: bool) -> tuple[Column, ...]:
    """The columns that all tables of an analysis share."""
    shared = (
        Column(first),
        Column(sentence(phrase("households", language)), "count"),
        Column(sentence(phrase("profile_households", language)), "count"),
        Column(sentence(phrase("penetration", language)), "percent"),
        Column(sentence(phrase("area.segment_share", language)), "percent"),
        Column(sentence(phrase("area.base_share", language)), "percent"),
        Column("Index", "index", 1),
        Column(sentence(phrase("interval", language)), "interval"),
        Column(sentence(phrase("area.class", language))),
    )
    last = (Column(sentence(phrase("area.estimated", language)), "percent", 0),) if estimated else ()
    return shared + last


def rows_of(found: Sequence[Mapping[str, Any]], language: Language, *, estimated: bool) -> list[tuple[Cell, ...]]:
    """The rows of a table of the analysis under `columns`."""
    rows = []
    for row in found:
        cells = figures_of(row)
        name = f"{row['name']} ({row['code']})" if row["name"] and row["level"] not in ("main", "sub") else row["code"]
        if row["level"] in ("main", "sub") and row["name"]:
            name = f"{row['code']} · {row['name']}"
        if row["level"] == "selection":
            name = phrase("area.total", language)
        shown = None if cells["class"] is None else phrase(cells["class"], language)
        keys = ("n_base", "n_profile", "penetration", "share", "base_share", "index", "interval")
        last = (cells["estimated"],) if estimated else ()
        rows.append((str(name), *(cells[key] for key in keys), shown, *last))
    return rows


def area_table(
    analysis: AreaAnalysis, profile: ProfileInArea, language: Language, most_rows: int | None = None
) -> Table:
    """One row per area, highest index first, and the total.

    Parameters
    ----------
    most_rows : how many areas to show; all of them when left out.
    """
    areas, whole = as_rows(profile.areas), as_rows(profile.total)
    estimated = _estimated(areas, whole)
    areas.sort(key=lambda row: (row["suppressed"], 0.0 if row["suppressed"] else -row["index"], row["code"]))
    level = phrase(analysis.level, language)
    caption = phrase("area.table", language, level=level)
    if most_rows is not None and len(areas) > most_rows:
        count, total = (figure(each, "count", language) for each in (most_rows, len(areas)))
        caption = phrase("area.table_top", language, level=level, count=count, total=total)
        areas = areas[:most_rows]
    return Table(
        caption,
        columns(sentence(level), language, estimated=estimated),
        tuple(rows_of([*areas, *whole], language, estimated=estimated)),
    )


def segment_table(profile: ProfileInArea, table: pd.DataFrame, caption: str, language: Language) -> Table:
    """One row per segment in the order of the scheme, and the total."""
    segments, whole = as_rows(table), as_rows(profile.total)
    estimated = _estimated(segments, whole)
    return Table(
        caption,
        columns(sentence(phrase("segment", language)), language, estimated=estimated),
        tuple(rows_of([*segments, *whole], language, estimated=estimated)),
    )


def segment_chart(analysis: AreaAnalysis, profile: ProfileInArea, language: Language) -> Chart:
    """Index of every main segment within the selection, as bars from 100."""
    title = phrase("area.main_chart", language)
    rows = [
        IndexRow(
            f"{row['code']} · {row['name']}" if row["name"] else str(row["code"]),
            None if row["suppressed"] else float(row["index"]),
            None if row["suppressed"] else (float(row["index_low"]), float(row["index_high"])),
            None if row["suppressed"] else int(row["n_profile"]),
        )
        for row in as_rows(profile.main)
    ]
    base = said(analysis.base.title, language)
    return Chart(
        index_bars(rows, title=title, language=language, base=base),
        title,
        segment_table(profile, profile.main, phrase("area.main_table", language), language),
    )


def side_by_side(analysis: AreaAnalysis, language: Language) -> Table:
    """One row per profile: the selection as a whole."""
    rows: list[tuple[Cell, ...]] = []
    for each in analysis.profiles:
        cells = figures_of(as_rows(each.total)[0])
        keys = ("n_base", "n_profile", "penetration", "index", "interval")
        rows.append((said(each.title, language), *(cells[key] for key in keys)))
    names = (
        Column(phrase("area.profile", language)),
        Column(sentence(phrase("households", language)), "count"),
        Column(sentence(phrase("profile_households", language)), "count"),
        Column(sentence(phrase("penetration", language)), "percent"),
        Column("Index", "index", 1),
        Column(sentence(phrase("interval", language)), "interval"),
    )
    return Table(phrase("area.side_by_side", language), names, tuple(rows))


def _estimated(*tables: Sequence[Mapping[str, Any]]) -> bool:
    return any(row["estimated"] > 0 for rows in tables for row in rows)
