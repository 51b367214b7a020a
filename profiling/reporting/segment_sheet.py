"""All fact sheets in one workbook: the segments, the profiles in them, and every trait of every segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.reporting.document import SUPPRESSED, Block, Cell, Column, Document, Note, Table
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language, term

FACETS = ("economic", "demography", "environment", "leisure", "media")

Row = Mapping[str, Any]


def segment_sheet(
    facts: Sequence[Row],
    base: Mapping[str, str],
    *,
    language: Language = "nl",
    accountability: tuple[tuple[str, str], ...] = (),
) -> Document:
    """The facts of all segments as one document with long tables, made to be filtered.

    Parameters
    ----------
    facts : from `publish.segment_sheet`.
    base : what the segments are of, in both languages.
    """
    count = figure(len(facts), "count", language)
    blocks: list[Block] = [_overview(facts, language), *_profiles(facts, language), _traits(facts, language)]
    reading = [phrase(f"segment.{key}", language) for key in ("read_index", "read_hidden", "read_chance")]
    blocks.append(Note(phrase("segment.read", language), tuple(reading)))
    return Document(
        title=phrase("segment.book", language, base=said(base, language)),
        subtitle=phrase("segment.book_subtitle", language, n=count),
        kicker=phrase("segment.kicker", language),
        language=language,
        blocks=tuple(blocks),
        accountability=accountability,
    )


def _title(fact: Row, language: Language) -> str:
    name = said(fact, language)
    return f"{fact['code']} · {name}" if name else str(fact["code"])


def _overview(facts: Sequence[Row], language: Language) -> Table:
    columns = (
        Column(term("sub_segment", language)),
        Column(term("main_segment", language)),
        Column(phrase("households", language), "count"),
        Column(phrase("segment.share", language), "percent"),
    )
    rows = [
        (
            _title(each, language),
            f"{each['main']} · {each[f'main_{language}']}",
            round(each["households"]),
            each["share"],
        )
        for each in facts
    ]
    return Table(phrase("segment.overview", language), columns, tuple(rows))


def _profiles(facts: Sequence[Row], language: Language) -> list[Block]:
    columns = (
        Column(term("sub_segment", language)),
        Column(phrase("profile", language)),
        Column("n", "count"),
        Column(phrase("penetration", language), "percent"),
        Column("index", "index"),
        Column(phrase("interval", language), "interval"),
    )
    rows: list[tuple[Cell, ...]] = []
    for fact in facts:
        for row in fact.get("profiles") or []:
            figures = (row["n"], row["penetration"], row["index"], (row["low"], row["high"]))
            shown: tuple[Cell, ...] = (SUPPRESSED,) * 4 if row["n"] is None else figures
            rows.append((_title(fact, language), said(row, language), *shown))
    return [Table(phrase("segment.profiles", language), columns, tuple(rows))] if rows else []


def _traits(facts: Sequence[Row], language: Language) -> Table:
    columns = (
        Column(term("sub_segment", language)),
        Column(phrase("segment.facet", language)),
        Column(phrase("segment.trait", language)),
        Column("n", "count"),
        Column(phrase("segment.here", language), "decimal"),
        Column(phrase("segment.country", language), "decimal"),
        Column("index", "index"),
        Column(phrase("interval", language), "interval"),
    )
    rows: list[tuple[Cell, ...]] = []
    for fact in facts:
        for facet in FACETS:
            for row in fact["facets"].get(facet, []):
                margin = None if row["low"] is None else (row["low"], row["high"])
                figures: tuple[Cell, ...] = (row["n"], row["segment"], row["country"], row["index"], margin)
                if row["segment"] is None:
                    figures = (SUPPRESSED,) * 5
                # Shares and means stand in one column: what is a share says so.
                name = sentence(said(row, language, row["name"])) + ("" if row["kind"] == "mean" else " (%)")
                rows.append((_title(fact, language), phrase(f"segment.{facet}", language), name, *figures))
    return Table(phrase("segment.all_traits", language), columns, tuple(rows))
