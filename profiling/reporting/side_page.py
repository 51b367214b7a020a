"""Two profiles side by side, as a page: what they share, where they differ in segments and in gains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from profiling.publish.figures import as_rows
from profiling.publish.side_by_side import SideBySide
from profiling.publish.size import Gain
from profiling.reporting.curves import GainsCurve, GainsPoint, gains_curves
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
    Map,
    Paragraph,
    Svg,
    Table,
)
from profiling.reporting.text import figure, phrase, sentence
from profiling.vocabulary import Language


def side_page(
    found: SideBySide,
    gains: tuple[Sequence[Gain], Sequence[Gain]],
    maps: Sequence[Map] = (),
    *,
    language: Language = "nl",
) -> Document:
    """Overlap, segments and gains of two profiles.

    Parameters
    ----------
    gains : of the first and the second, from `publish.size.gains`.
    maps : of the first and the second; none where there are no polygons.
    """
    titles = (found.first.title(language), found.second.title(language))
    numbers = dict(zip(found.parts["part"], found.parts["n"], strict=True))
    hidden = bool(found.parts["suppressed"].any())
    named = (("both", phrase("side.both", language)), *zip(("first", "second"), titles, strict=True))
    blocks: tuple[Block, ...] = (
        KeyFigures(
            tuple(
                KeyFigure(
                    name if part == "both" else phrase("side.only", language, profile=name),
                    SUPPRESSED if hidden else int(numbers[part]),
                )
                for part, name in named
            )
        ),
        Paragraph(_sentence(found, numbers, hidden, language), "lead"),
        Chart(
            _curves(titles, gains, language), phrase("side.caption", language), _gains_table(titles, gains, language)
        ),
        *([Columns(tuple((Heading(name, 3), each) for name, each in zip(titles, maps, strict=True)))] if maps else []),
        _segments(found, titles, language),
    )
    title = phrase("side.title", language, first=titles[0], second=titles[1])
    return Document(title, phrase("side.subtitle", language), language, blocks)


def _sentence(found: SideBySide, numbers: dict[str, int], hidden: bool, language: Language) -> str:
    if hidden or found.jaccard is None:
        return phrase("side.hidden", language)
    return phrase(
        "side.sentence",
        language,
        share=figure(100.0 * found.jaccard, "percent", language, 0),
        times=figure(numbers["both"] / found.expected, "decimal", language, 1),
    )


def _curves(titles: tuple[str, str], gains: tuple[Sequence[Gain], Sequence[Gain]], language: Language) -> Svg:
    curves = [
        GainsCurve(title, tuple(GainsPoint(each.depth, each.capture, each.interval) for each in points))
        for title, points in zip(titles, gains, strict=True)
    ]
    return gains_curves(curves, title=phrase("side.chart", language), language=language)


def _gains_table(titles: tuple[str, str], gains: tuple[Sequence[Gain], Sequence[Gain]], language: Language) -> Table:
    columns = [Column(phrase("size.depth", language))]
    for title in titles:
        columns += [Column(title, "percent"), Column(phrase("interval", language), "interval", 1)]
    second = {each.depth: each for each in gains[1]}
    rows: list[tuple[Cell, ...]] = []
    for one in gains[0]:
        other = second.get(one.depth)
        beside = (other.capture, other.interval) if other else (None, None)
        rows.append((figure(one.depth, "percent", language, 0), one.capture, one.interval, *beside))
    return Table(phrase("side.chart", language), tuple(columns), tuple(rows))


def _segments(found: SideBySide, titles: tuple[str, str], language: Language) -> Table:
    """Index of every sub segment in both, largest difference first."""
    columns = [Column(sentence(phrase("segment", language)))]
    for title in titles:
        columns += [Column(f"{title}: n", "count"), Column(f"{title}: index", "index")]
    rows: list[tuple[Cell, ...]] = []
    scheme = found.first.scheme
    for code, one, other in _sub_segments(found):
        title = scheme.title(code, language) if scheme else code
        cells = [
            cell
            for each in (one, other)
            for cell in ((SUPPRESSED, SUPPRESSED) if each["suppressed"] else (int(each["n_profile"]), each["index"]))
        ]
        rows.append((title, *cells))
    return Table(phrase("side.segments", language), tuple(columns), tuple(rows))


def _sub_segments(found: SideBySide) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Code and row in either of every sub segment that both have, the largest difference of index first."""
    files = [each.folder / "segments_sub.parquet" for each in (found.first, found.second)]
    if not all(path.is_file() for path in files):
        return []
    one, other = ({row["code"]: row for row in as_rows(pd.read_parquet(path))} for path in files)
    pairs = [(code, row, other[code]) for code, row in one.items() if code in other]

    def gap(pair: tuple[str, dict[str, Any], dict[str, Any]]) -> tuple[bool, float, str]:
        hidden = pair[1]["suppressed"] or pair[2]["suppressed"]
        return hidden, 0.0 if hidden else -abs(pair[1]["index"] - pair[2]["index"]), pair[0]

    return sorted(pairs, key=gap)
