"""The interests of a profile: a chart per channel, the most and the least typical, all on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.reporting.charts import IndexRow, index_bars, index_domain
from profiling.reporting.document import SUPPRESSED, Block, Cell, Chart, Column, Columns, Heading, Paragraph, Table
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language

HALF = 388.0
LARGEST, SMALLEST, HEAD = 8, 2, 3

Row = Mapping[str, Any]


def index_interval(row: Row) -> tuple[float, float] | None:
    """The interval of a row of the sketch, or None."""
    low, high = row.get("index_low"), row.get("index_high")
    return None if low is None or high is None else (float(low), float(high))


def interests(sketch: Row, base: str, language: Language, *, lines: int = 20) -> list[Block]:
    """A chart per channel, two side by side, all on one scale.

    Parameters
    ----------
    lines : height of the page that is left for a column of charts, in rows; a chart's heading and axis take three.
    """
    by_channel = {
        channel["channel"]: [row for row in sketch["interests"] if row["channel"] == channel["channel"]]
        for channel in sketch["channels"]
    }
    channels = [each for each in sketch["channels"] if by_channel[each["channel"]]]
    stacked = max(1, (len(channels) + 1) // 2)
    room = min(LARGEST, max(SMALLEST, lines // stacked - HEAD))
    chosen = {each["channel"]: _choose(by_channel[each["channel"]], room) for each in channels}
    domain = index_domain([_interest(row, language) for rows in chosen.values() for row in rows])
    pictures = []
    for channel in channels:
        name, key = sentence(said(channel, language, channel["channel"])), channel["channel"]
        pictures.append(_channel(name, by_channel[key], chosen[key], base, domain, language))
    if not pictures:
        return [Paragraph(phrase("sketch.no_interests", language))]
    sides = (pictures[::2], pictures[1::2])
    return [Columns(tuple(tuple(block for picture in side for block in picture) for side in sides))]


def _choose(rows: Sequence[Row], room: int) -> list[Row]:
    """The most typical ones and the least typical ones; about two thirds of the room for what is above average."""
    above = [row for row in rows if row["direction"] == "above"]
    below = [row for row in rows if row["direction"] == "below"][::-1]
    many = max(room - max(room // 3, 1), room - len(below))
    return [*above[:many], *below[: room - min(many, len(above))]]


def _interest(row: Row, language: Language) -> IndexRow:
    name = said(row, language, row["column"]) + (" *" if row["conflict"] else "")
    stable = "" if row["stability"] is None else figure(100 * row["stability"], "percent", language, 0)
    return IndexRow(name, row["index"], index_interval(row), row["n"], stable, row["direction"] or "average")


def _channel(
    name: str, all_rows: Sequence[Row], rows: Sequence[Row], base: str, domain: tuple[float, float], language: Language
) -> tuple[Block, ...]:
    if not rows:
        table = _interest_table(name, all_rows, language)
        return (Heading(name, 3), Paragraph(phrase("sketch.nothing_stands_out", language)), table)
    svg = index_bars(
        [_interest(row, language) for row in rows],
        title=name,
        language=language,
        base=base,
        width=HALF,
        label_width=138,
        domain=domain,
        mark_head=phrase("stable", language),
        compact=True,
    )
    conflicts = [row for row in all_rows if row["conflict"]]
    caption = phrase(
        "sketch.conflicts", language, names=", ".join(said(row, language, row["column"]) for row in conflicts)
    )
    caption = "" if not conflicts else f"* {caption}" if any(row["conflict"] for row in rows) else caption
    return (Heading(name, 3), Chart(svg, caption, _interest_table(name, all_rows, language)))


def _interest_table(caption: str, rows: Sequence[Row], language: Language) -> Table:
    columns = (
        Column(phrase("sketch.interest", language)),
        Column("n", "count"),
        Column(phrase("profile", language), "percent"),
        Column(phrase("base", language), "percent"),
        Column("index", "index"),
        Column(phrase("interval", language), "interval"),
        Column(phrase("stable", language), "percent", 0),
        Column(phrase("sketch.direction", language)),
    )
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        name = said(row, language, row["column"])
        if row["suppressed"]:
            cells.append((name, SUPPRESSED, None, None, None, None, None, phrase("suppressed", language)))
            continue
        stable = None if row["stability"] is None else 100 * row["stability"]
        read = phrase(row["direction"] or "average", language) + (
            f" · {phrase('sketch.conflict', language)}" if row["conflict"] else ""
        )
        cells.append(
            (name, row["n"], row["share_profile"], row["share_base"], row["index"], index_interval(row), stable, read)
        )
    return Table(caption, columns, tuple(cells))
