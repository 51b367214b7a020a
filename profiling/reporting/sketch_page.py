"""The profile sketch (profielschets): one A4 for a communication adviser, from `Sketch.to_dict()`.

It shows who the households are and what interests them, never who any one household is. Rows that do not fit are
left out from the end of each list and counted in a line below it; the sketch's own file has them all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from profiling.reporting.charts import IndexRow, index_bars
from profiling.reporting.document import (
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
    Panel,
    Paragraph,
    Points,
    Table,
)
from profiling.reporting.driver_blocks import driver_rows, drivers_chart
from profiling.reporting.interest_blocks import HALF, index_interval, interests
from profiling.reporting.required import require
from profiling.reporting.svg import text_width
from profiling.reporting.text import date, figure, phrase, said, sentence
from profiling.vocabulary import Language

WIDE = 455.0
SEGMENTS, TRAITS, DRIVERS, HEADLINES, LINES = 9, 9, 6, 4, 21
REQUIRED = (
    "profile.name",
    "base",
    "snapshot",
    "n_profile",
    "n_base",
    "penetration",
    "channels",
    "interests",
    "segments",
)

Row = Mapping[str, Any]


def sketch_page(sketch: Mapping[str, Any], *, language: Language = "nl", made_by: str = "") -> Document:
    """One page about a profile.

    Parameters
    ----------
    sketch : `Sketch.to_dict()`, format 1.
    made_by : the software that made it, for the footer.

    Raises
    ------
    ArtefactError
        When the sketch lacks what a page cannot do without; all missing keys at once.
    """
    require(sketch, REQUIRED, "the sketch")
    profile = sketch["profile"]
    base = said(sketch["base"], language)
    blocks: list[Block] = [_key_figures(sketch, base, language)]
    headlines = said_list(sketch.get("headlines"), language)[:HEADLINES]
    if headlines:
        blocks.append(Points(tuple(headlines)))
    blocks += [
        Columns((tuple(_segments(sketch, base, language)), tuple(_traits(sketch, language))), (7, 5)),
        Heading(phrase("sketch.interests", language)),
        *interests(sketch, base, language, lines=_lines_left(sketch, headlines, language)),
        Columns((_drivers(sketch, language), (_reading(sketch, base, language),))),
    ]
    return Document(
        title=said(profile, language, profile["name"]),
        subtitle=phrase("sketch.subtitle", language),
        language=language,
        kicker=phrase("sketch.sketch", language),
        notice=phrase("sketch.notice", language),
        blocks=tuple(blocks),
        accountability=_accountability(sketch, base, language, made_by),
        layout="sheet",
        minimum=int(sketch.get("limits", {}).get("smallest_cell", 10)),
    )


def _lines_left(sketch: Row, headlines: list[str], language: Language) -> int:
    """How many rows of charts fit above each other: about 20, and fewer where the other parts are longer than usual."""
    text = sum(max(1, math.ceil(text_width(each, 11.2) / 660)) for each in headlines)
    title = math.ceil(text_width(said(sketch["profile"], language, sketch["profile"]["name"]), 28) / 690)
    traits = sum(_trait_lines(row, language) for row in _shown_traits(sketch, language))
    lists = max(min(len(sketch["segments"]), SEGMENTS), traits)
    conflicting = {row["channel"] for row in sketch["interests"] if row["conflict"]}
    return LINES - (text - HEADLINES) - 3 * (title - 1) + (SEGMENTS - lists) - len(conflicting)


def _trait_name(row: Row, language: Language) -> str:
    name = said(row, language, row["column"])
    if row["kind"] == "level":
        return f"{name}: {row[f'level_{language}']}"
    return f"{name}, {phrase('sketch.median', language)}"


def _trait_lines(row: Row, language: Language) -> int:
    return max(1, math.ceil(text_width(_trait_name(row, language), 10.4) / 185))


def _shown_traits(sketch: Row, language: Language) -> list[Row]:
    """The strongest traits, as many as take up no more lines than the list of segments beside them."""
    shown: list[Row] = []
    lines = 0
    for row in sketch.get("traits", []):
        lines += _trait_lines(row, language)
        if lines > TRAITS:
            break
        shown.append(row)
    return shown


def said_list(pair: Any, language: Language) -> list[str]:
    """A pair of lists of sentences, in the page's language."""
    if not isinstance(pair, Mapping):
        return list(pair or [])
    return list(pair.get(language) or pair.get("nl") or pair.get("en") or [])


def _key_figures(sketch: Row, base: str, language: Language) -> KeyFigures:
    return KeyFigures(
        (
            KeyFigure(phrase("sketch.in_profile", language), sketch["n_profile"]),
            KeyFigure(phrase("sketch.of_base", language, base=base), sketch["penetration"], "percent"),
            KeyFigure(phrase("sketch.base_size", language, base=base), sketch["n_base"]),
            KeyFigure(
                sentence(phrase("snapshot", language)),
                date(sketch["snapshot"], language),
                "text",
                note=f"{phrase('version', language)} {sketch['profile'].get('version') or '–'}",
            ),
        )
    )


def _segments(sketch: Row, base: str, language: Language) -> list[Block]:
    rows = list(sketch["segments"])
    heading = Heading(phrase("sketch.segments", language))
    if not rows:
        return [heading, Paragraph(phrase("sketch.no_segments", language))]
    shown = rows[:SEGMENTS]
    svg = index_bars(
        [IndexRow(said(row, language, row["code"]), row["index"], index_interval(row), row["n"]) for row in shown],
        title=phrase("sketch.segments", language),
        language=language,
        base=base,
        width=WIDE,
        label_width=min(218.0, max(text_width(said(row, language, row["code"]), 11.5) for row in shown)),
        compact=True,
    )
    columns = (
        Column(phrase("segment", language)),
        Column("n", "count"),
        Column(phrase("penetration", language), "percent"),
        Column(phrase("share", language), "percent"),
        Column("index", "index"),
        Column(phrase("interval", language), "interval"),
    )
    table = Table(
        phrase("sketch.segments", language),
        columns,
        tuple(
            (
                said(row, language, row["code"]),
                row["n"],
                row["penetration"],
                row["share"],
                row["index"],
                index_interval(row),
            )
            for row in rows
        ),
    )
    return [heading, Chart(svg, _more(len(rows) - len(shown), language), table)]


def _more(left_out: int, language: Language) -> str:
    return phrase("sketch.more", language, count=left_out) if left_out > 0 else ""


def _traits(sketch: Row, language: Language) -> list[Block]:
    rows = _shown_traits(sketch, language)
    heading = Heading(phrase("sketch.traits", language))
    if not rows:
        return [heading, Paragraph(phrase("sketch.no_traits", language), "small")]
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        name, both = _trait_name(row, language), ("profile", "base")
        if row["kind"] == "level":
            shares = (_percent(row[f"share_{side}"], language) for side in both)
            cells.append((name, *shares, row["index"]))
        else:
            cells.append((name, *(_plain(row[f"median_{side}"], language) for side in both), None))
    columns = (
        Column(phrase("sketch.trait", language)),
        Column(sentence(phrase("profile", language)), "decimal"),
        Column(sentence(phrase("base", language)), "decimal"),
        Column("Index", "index"),
    )
    return [heading, Table(phrase("sketch.traits_caption", language), columns, tuple(cells))]


def _percent(value: float | None, language: Language) -> str | None:
    return None if value is None else figure(value, "percent", language, 0 if value >= 10 else 1)


def _plain(value: float | None, language: Language) -> str | None:
    if value is None:
        return None
    return figure(value, "decimal", language, 0 if float(value).is_integer() or abs(value) >= 100 else 1)


def _drivers(sketch: Row, language: Language) -> tuple[Block, ...]:
    rows = driver_rows(sketch.get("drivers") or {}, language)[:DRIVERS]
    if not rows:
        return (Panel(phrase("sketch.drivers", language), (Paragraph(phrase("sketch.no_drivers", language)),)),)
    return (
        Panel(
            phrase("sketch.drivers", language),
            (drivers_chart(rows, language, width=HALF),),
            phrase("sketch.drivers_note", language),
        ),
    )


def _reading(sketch: Row, base: str, language: Language) -> Note:
    limits = sketch.get("limits", {})
    built_in = [
        phrase("sketch.read_index", language, base=base),
        phrase("sketch.read_margin", language),
        phrase(
            "sketch.read_limits",
            language,
            low=figure(limits.get("below", 90.0), "index", language),
            high=figure(limits.get("above", 110.0), "index", language),
            minimum=limits.get("smallest_cell", 10),
        ),
        phrase("sketch.read_stable", language),
    ]
    return Note(phrase("sketch.read", language), tuple(built_in))


def _accountability(sketch: Row, base: str, language: Language, made_by: str) -> tuple[tuple[str, str], ...]:
    samples, profile = sketch.get("samples", {}), sketch["profile"]
    lines = [
        (
            phrase("profile", language),
            f"{profile['name']} · {phrase('version', language)} {profile.get('version') or '–'}",
        ),
        (phrase("compared", language), f"{base} ({figure(sketch['n_base'], 'count', language)})"),
        (phrase("snapshot", language), date(sketch["snapshot"], language)),
    ]
    if samples.get("effects_members") is not None:
        counts = {
            key: figure(samples.get(key), "count", language)
            for key in ("effects_members", "effects_others", "resamples")
        }
        lines.append((phrase("sketch.samples", language), phrase("sketch.samples_text", language, **counts)))
    if made_by:
        lines.append((phrase("made_by", language), made_by))
    return tuple(lines)
