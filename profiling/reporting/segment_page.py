"""The fact sheet of one sub segment: description, economic situation, demography, environment, leisure and media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.reporting.axes_chart import Place, axes_chart
from profiling.reporting.charts import IndexRow, index_bars
from profiling.reporting.document import (
    SUPPRESSED,
    Block,
    Cell,
    Chart,
    Column,
    Columns,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Paragraph,
    Points,
    Table,
)
from profiling.reporting.required import require
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language

TABLES, CHARTS = ("economic", "demography", "environment"), ("leisure", "media")
ROWS, BARS, NAMED = 6, 8, 3
CLEAR = 0.25
REQUIRED = ("code", "main", "households", "share", "facets")

Row = Mapping[str, Any]


def segment_page(
    fact: Row,
    everyone: Sequence[Row],
    base: Mapping[str, str],
    *,
    language: Language = "nl",
    accountability: Sequence[tuple[str, str]] = (),
) -> Document:
    """One page about a sub segment.

    Parameters
    ----------
    fact : one of `publish.segment_facts`, or of `publish.segment_sheet` (without axes, with profiles).
    everyone : the facts of all sub segments, for the chart on the two axes.
    base : what the segments are of, in both languages.
    accountability : what the figures rest on, for the footer.

    Raises
    ------
    ArtefactError
        When the facts lack what a page cannot do without.
    """
    require(fact, REQUIRED, "the facts of the segment")
    blocks: list[Block] = [
        KeyFigures(
            (
                KeyFigure(phrase("households", language), round(fact["households"])),
                KeyFigure(phrase("segment.share", language), fact["share"], "percent"),
                *_places(fact, language),
            )
        ),
        Heading(phrase("segment.description", language)),
        Points(tuple(description(fact, language))),
    ]
    sides: list[list[Block]] = [[], []]
    for number, facet in enumerate(each for each in TABLES if fact["facets"].get(each)):
        sides[number % 2] += _table(facet, fact["facets"][facet], language)
    shorter = min(sides, key=len) if len(sides[0]) != len(sides[1]) else sides[1]
    shorter += _axes(fact, everyone, language) if fact.get("age") is not None else []
    shorter += _profiles(fact.get("profiles") or [], language)
    blocks.append(Columns((tuple(sides[0]), tuple(sides[1]))))
    charts = [_chart(facet, fact["facets"][facet], base, language) for facet in CHARTS if fact["facets"].get(facet)]
    if charts:
        blocks.append(Columns(tuple(tuple(each) for each in charts)))
    hidden = any(row["segment"] is None for rows in fact["facets"].values() for row in rows)
    reading = ("read_index", "read_strength", *(("read_hidden",) if hidden else ()), "read_chance")
    blocks.append(Note(phrase("segment.read", language), tuple(phrase(f"segment.{key}", language) for key in reading)))
    return Document(
        title=sheet_title(fact, language),
        subtitle=phrase("segment.subtitle", language, main=_main(fact, language), base=said(base, language)),
        language=language,
        kicker=phrase("segment.kicker", language),
        notice=phrase("segment.proposal", language) if fact.get("proposal") else "",
        blocks=tuple(blocks),
        accountability=tuple(accountability),
        layout="sheet",
    )


def _places(fact: Row, language: Language) -> list[KeyFigure]:
    """Where the segment stands on the axes; a scheme of others has none."""
    shown = [(f"segmentation.axis_{axis}", fact.get(axis)) for axis in ("age", "wealth")]
    note = phrase("segment.of_100", language)
    return [KeyFigure(phrase(key, language), at, "decimal", 0, note) for key, at in shown if at is not None]


def _profiles(rows: Sequence[Row], language: Language) -> list[Block]:
    """How often the published profiles occur in the segment."""
    if not rows:
        return []
    columns = (
        Column(phrase("profile", language)),
        Column("n", "count"),
        Column(sentence(phrase("penetration", language)), "percent"),
        Column("Index", "index"),
        Column(sentence(phrase("interval_short", language)), "interval"),
    )
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        hidden = row["n"] is None
        shown = (row["n"], row["penetration"], row["index"], _interval(row))
        cells.append((said(row, language), *((SUPPRESSED,) * 4 if hidden else shown)))
    return [Heading(phrase("segment.profiles", language), 3), Table("", columns, tuple(cells))]


def sheet_title(fact: Mapping[str, Any], language: Language) -> str:
    """Code and name of a segment."""
    name = said(fact, language)
    return f"{fact['code']} · {name}" if name else str(fact["code"])


def _main(fact: Row, language: Language) -> str:
    name = fact.get(f"main_{language}") or fact.get("main_nl") or ""
    return f"{fact['main']} · {name}" if name else str(fact["main"])


def description(fact: Row, language: Language) -> list[str]:
    """A sentence on the place of the segment, one per facet on what stands out, and one on what is seldom."""
    lines = []
    if fact.get("age") is not None:
        places = {axis: figure(fact[axis], "decimal", language, 0) for axis in ("age", "wealth")}
        lines.append(phrase("segment.place", language, **places))
    for facet in (*TABLES, *CHARTS):
        names = _names(fact["facets"].get(facet, []), "above", language)
        if names:
            title = phrase(f"segment.{facet}", language)
            lines.append(phrase("segment.often", language, facet=title, names=", ".join(names)))
    everything = sorted(
        (row for rows in fact["facets"].values() for row in rows), key=lambda row: (-abs(row["strength"]), row["name"])
    )
    seldom = _names(everything, "below", language)
    return [*lines, *([phrase("segment.seldom", language, names=", ".join(seldom))] if seldom else [])]


def _names(rows: Sequence[Row], direction: str, language: Language) -> list[str]:
    """The first traits on one side of the country that clearly stand out."""
    return [_said_with(row, language) for row in rows if row["direction"] == direction and _clear(row)][:NAMED]


def _clear(row: Row) -> bool:
    return row["index"] is not None and abs(row["strength"]) >= CLEAR


def _said_with(row: Row, language: Language) -> str:
    index = figure(row["index"], "index", language)
    return phrase("segment.named", language, name=said(row, language, row["name"]), index=index)


def _table(facet: str, rows: Sequence[Row], language: Language) -> list[Block]:
    title = phrase(f"segment.{facet}", language)
    shown = [row for row in rows if row["segment"] is not None][:ROWS]
    cells: list[tuple[Cell, ...]] = [
        (said(row, language, row["name"]), *_both(row, language), row["index"]) for row in shown
    ]
    columns = (
        Column(phrase("segment.trait", language)),
        Column(phrase("segment.here", language), "decimal"),
        Column(phrase("segment.country", language), "decimal"),
        Column("Index", "index"),
    )
    return [Heading(title, 3), Table("", columns, tuple(cells))]


def _both(row: Row, language: Language) -> tuple[str, str]:
    """Both figures as text: a share as a percentage, a mean with no more decimals than it needs."""
    if row["kind"] != "mean":
        first, second = (figure(row[key], "percent", language, 0) for key in ("segment", "country"))
        return first, second
    large = max(abs(row["segment"]), abs(row["country"]))
    places = 0 if large >= 100 else 1 if large >= 2 else 2
    first, second = (figure(row[key], "decimal", language, places) for key in ("segment", "country"))
    return first, second


def _chart(facet: str, rows: Sequence[Row], base: Mapping[str, str], language: Language) -> list[Block]:
    title = phrase(f"segment.{facet}", language)
    known = [row for row in rows if row["index"] is not None]
    by_index = sorted(known, key=lambda row: (-row["index"], row["name"]))
    most = BARS - BARS // 3
    shown = by_index if len(by_index) <= BARS else [*by_index[:most], *by_index[-(BARS - most) :]]
    if not shown:
        return [Heading(title, 3), Paragraph(phrase("segment.nothing", language))]
    bars = [
        IndexRow(
            sentence(said(row, language, row["name"])), row["index"], _interval(row), row["n"], "", row["direction"]
        )
        for row in shown
    ]
    svg = index_bars(
        bars, title=title, language=language, base=said(base, language), width=388.0, label_width=138, compact=True
    )
    columns = (
        Column(phrase("segment.trait", language)),
        Column("n", "count"),
        Column(phrase("segment.here", language), "percent", 0),
        Column(phrase("segment.country", language), "percent", 0),
        Column("Index", "index"),
        Column(phrase("interval", language), "interval"),
    )
    table = Table(
        title,
        columns,
        tuple(
            (said(row, language, row["name"]), row["n"], row["segment"], row["country"], row["index"], _interval(row))
            for row in by_index
        ),
    )
    return [Heading(title, 3), Chart(svg, "", table)]


def _interval(row: Row) -> tuple[float, float] | None:
    return None if row["low"] is None else (row["low"], row["high"])


def _axes(fact: Row, everyone: Sequence[Row], language: Language) -> list[Block]:
    title = phrase("segmentation.axes", language)
    places = [
        Place(each["code"], sheet_title(each, language), each["age"], each["wealth"], each["share"])
        for each in everyone
    ]
    svg = axes_chart(places, title=title, language=language, highlight=fact["code"], width=388.0)
    table = Table(
        title,
        (
            Column(phrase("segment", language)),
            Column(phrase("segmentation.axis_age", language), "decimal", 0),
            Column(phrase("segmentation.axis_wealth", language), "decimal", 0),
        ),
        ((sheet_title(fact, language), fact["age"], fact["wealth"]),),
    )
    return [Heading(title, 3), Chart(svg, "", table)]
