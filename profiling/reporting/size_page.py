"""The page that helps to choose a size: deeper finds more people, who are less alike."""

from __future__ import annotations

from collections.abc import Sequence

from profiling.publish.published import Published
from profiling.publish.size import Gain, Size
from profiling.reporting.curves import GainsCurve, GainsPoint, gains_curves
from profiling.reporting.document import (
    Block,
    Cell,
    Chart,
    Column,
    Document,
    KeyFigure,
    KeyFigures,
    Note,
    Paragraph,
    Svg,
    Table,
)
from profiling.reporting.text import figure, phrase, phrases
from profiling.vocabulary import Language


def size_page(
    published: Published, chosen: Size, sizes: Sequence[Size], gains: Sequence[Gain], *, language: Language = "nl"
) -> Document:
    """What one depth brings, the measured curve, and the other depths in a table."""
    name = published.listed.profile
    command = f"profiling run configs/profiles/{name}.toml --depth {chosen.depth / 100:g}"
    blocks: tuple[Block, ...] = (
        KeyFigures(
            (
                KeyFigure(phrase("size.households", language), chosen.households),
                KeyFigure(phrase("size.capture", language), chosen.capture, "percent", 0, _margin(chosen, language)),
                KeyFigure(phrase("size.lift", language), chosen.lift, "decimal", 1, phrase("size.lift_note", language)),
                KeyFigure(
                    phrase("size.similarity", language),
                    chosen.similarity,
                    "decimal",
                    1,
                    phrase("size.similarity_note", language),
                ),
            )
        ),
        Paragraph(_sentence(chosen, language), "lead"),
        Chart(_curve(gains, chosen, language), phrase("size.caption", language), _table(sizes, language)),
        Note(phrase("size.reading", language), phrases("size.read", language)),
        Note(
            phrase("size.candidate", language),
            (phrase("size.candidate_text", language, command=command),),
        ),
    )
    title = published.title(language)
    return Document(phrase("size.title", language, profile=title), phrase("size.subtitle", language), language, blocks)


def _margin(size: Size, language: Language) -> str:
    n = figure(size.n, "count", language)
    if size.interval is None:
        return phrase("size.n", language, n=n)
    return phrase("size.margin", language, interval=figure(size.interval, "interval", language), n=n)


def _sentence(size: Size, language: Language) -> str:
    return phrase(
        "size.sentence",
        language,
        depth=figure(size.depth, "percent", language),
        households=figure(size.households, "count", language),
        capture=figure(size.capture, "count", language),
        lift=figure(size.lift, "decimal", language, 1),
    )


def _curve(gains: Sequence[Gain], chosen: Size, language: Language) -> Svg:
    points = tuple(GainsPoint(each.depth, each.capture, each.interval) for each in gains)
    return gains_curves(
        [GainsCurve(phrase("common.profile", language), points)],
        title=phrase("size.chart", language),
        language=language,
        cutoff=chosen.depth,
    )


def _table(sizes: Sequence[Size], language: Language) -> Table:
    columns = (
        Column(phrase("size.depth", language)),
        Column(phrase("size.households", language), "count"),
        Column(phrase("size.capture", language), "percent", 1),
        Column(phrase("interval", language), "interval", 1),
        Column(phrase("size.lift", language), "decimal", 2),
        Column(phrase("size.similarity", language), "decimal", 2),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            figure(each.depth, "percent", language, 0),
            each.households,
            each.capture,
            each.interval,
            each.lift,
            each.similarity,
        )
        for each in sizes
    )
    return Table(phrase("size.table", language), columns, rows)
