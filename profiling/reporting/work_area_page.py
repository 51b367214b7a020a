"""Report 1: the work area of a library against its province or municipality, with every customer segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from profiling.publish.area import AreaAnalysis
from profiling.publish.segment_mix import SegmentMix
from profiling.reporting.area_page import accountability, profile_blocks
from profiling.reporting.charts import IndexRow, index_bars
from profiling.reporting.document import (
    SUPPRESSED,
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Paragraph,
    Table,
)
from profiling.reporting.polygons import Polygons
from profiling.reporting.segment_panels import MOST, segment_panels
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language


def work_area_page(
    mix: SegmentMix,
    analysis: AreaAnalysis,
    *,
    language: Language = "nl",
    polygons: Polygons | None = None,
    facts: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """The report of one work area.

    Parameters
    ----------
    mix : the segments of the work area against those of the base.
    analysis : where the chosen profiles live in it.
    polygons : of the level of the analysis; no map without them.
    facts : what segments are like (`segment_sheet.segment_sheets`); the largest sub segments are described with them.
    """
    base = said(mix.base.title, language)
    blocks: list[Block] = [
        Paragraph(_lead(mix, base, language), "lead"),
        KeyFigures(
            (
                KeyFigure(phrase("work_area.households", language), mix.households),
                KeyFigure(phrase("work_area.base_households", language, base=base), mix.base_households),
            )
        ),
        Heading(phrase("work_area.most", language)),
        _chart(
            mix.main,
            phrase("work_area.main_chart", language, base=base),
            _table(mix.main, "main", base, language),
            base,
            language,
        ),
        _how(mix, base, language),
        _chart(
            _most(mix.sub),
            phrase("work_area.sub_chart", language),
            _table(mix.sub, "sub", base, language),
            base,
            language,
        ),
    ]
    blocks += segment_panels(mix.sub, facts, "work_area.descriptions", language)
    for each in analysis.profiles:
        blocks.append(Heading(phrase("work_area.profile", language, profile=said(each.title, language))))
        blocks += profile_blocks(analysis, each, language, polygons)
    if analysis.notes:
        blocks.append(
            Note(phrase("area.notes", language), tuple(said(each, language) for each in analysis.notes), "caution")
        )
    return Document(
        title=said(mix.selection.title, language),
        subtitle=phrase("work_area.subtitle", language, base=base),
        language=language,
        kicker=phrase("work_area.kicker", language),
        notice=phrase("work_area.notice", language),
        blocks=tuple(blocks),
        accountability=accountability(analysis, language),
        minimum=analysis.profiles[0].minimum,
    )


def _lead(mix: SegmentMix, base: str, language: Language) -> str:
    top = mix.main.sort_values(["n", "code"], ascending=[False, True]).iloc[0]
    return phrase(
        "work_area.lead",
        language,
        selection=said(mix.selection.title, language),
        n=figure(mix.households, "count", language),
        segment=_name(top, language),
        share=figure(_number(top["share"]), "percent", language),
        base=base,
        base_share=figure(_number(top["base_share"]), "percent", language),
    )


def _name(row: pd.Series, language: Language) -> str:
    return f"{row['code']} · {row[language]}" if row[language] else str(row["code"])


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _most(table: pd.DataFrame) -> pd.DataFrame:
    """The sub segments whose share differs most from the base, from over- to under-represented."""
    shown = table[~table["suppressed"]]
    away = (shown["share"] - shown["base_share"]).abs()
    chosen = shown.loc[away.sort_values(ascending=False, kind="stable").index[:MOST]]
    return chosen.sort_values(["index", "code"], ascending=[False, True])


def _chart(rows: pd.DataFrame, title: str, table: Table, base: str, language: Language) -> Chart:
    bars = [
        IndexRow(
            _name(row, language),
            _number(row["index"]),
            None if row["suppressed"] else (float(row["index_low"]), float(row["index_high"])),
            None if row["suppressed"] else int(row["n"]),
        )
        for _, row in rows.iterrows()
    ]
    return Chart(index_bars(bars, title=title, language=language, base=base), title, table)


def _table(table: pd.DataFrame, level: str, base: str, language: Language) -> Table:
    columns = (
        Column(sentence(phrase(f"{level}_segment", language))),
        Column(sentence(phrase("households", language)), "count"),
        Column(sentence(phrase("work_area.share", language)), "percent"),
        Column(sentence(phrase("work_area.base_share", language, base=base)), "percent"),
        Column("Index", "index", 1),
        Column(sentence(phrase("interval", language)), "interval"),
    )
    rows: list[tuple[Cell, ...]] = []
    for _, row in table.iterrows():
        if row["suppressed"]:
            rows.append((_name(row, language), SUPPRESSED, None, None, None, None))
            continue
        interval = (float(row["index_low"]), float(row["index_high"]))
        figures = (float(row[each]) for each in ("share", "base_share", "index"))
        rows.append((_name(row, language), int(row["n"]), *figures, interval))
    return Table(phrase(f"work_area.{level}_table", language), columns, tuple(rows))


def _how(mix: SegmentMix, base: str, language: Language) -> Note:
    items = [phrase("work_area.how_1", language), phrase("work_area.how_2", language, base=base)]
    shown = mix.main[~mix.main["suppressed"]]
    if len(shown):
        top = shown.sort_values(["index", "code"], ascending=[False, True]).iloc[0]
        items.append(
            phrase(
                "work_area.how_example",
                language,
                segment=_name(top, language),
                base=base,
                share=figure(float(top["share"]), "percent", language),
                base_share=figure(float(top["base_share"]), "percent", language),
                index=figure(float(top["index"]), "index", language, 1),
            )
        )
    return Note(phrase("area.how", language), tuple(items))
