"""The parts of the comparison's page: groups, overlap, cross-capture, gains, segments and areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiling.reporting.card_blocks import known, pair
from profiling.reporting.compare_charts import DotRow, MatrixCell, gains_bands, index_dots, matrix
from profiling.reporting.curves import GainsCurve, GainsPoint
from profiling.reporting.document import (
    SUPPRESSED,
    Block,
    Cell,
    Chart,
    Column,
    Heading,
    Paragraph,
    Table,
)
from profiling.reporting.text import date, figure, phrase, said, sentence
from profiling.vocabulary import Language

SHOWN_SEGMENTS, SHOWN_AREAS = 12, 15

Part = Mapping[str, Any]


def titles_of(given: Part, language: Language) -> dict[str, str]:
    """Name of each candidate → its title, in the order of the report."""
    return {each["name"]: said(each["title"], language, each["name"]) for each in given["candidates"]}


def groups(given: Part, language: Language) -> list[Block]:
    """Where every group comes from, and its funnel."""
    blocks: list[Block] = [Heading(phrase("compare.groups", language))]
    for each in given["candidates"]:
        reference = each.get("reference") or {}
        blocks += [Heading(said(each["title"], language, each["name"]), 3)]
        if said(reference.get("title"), language):
            blocks.append(Paragraph(said(reference["title"], language)))
        if reference.get("as_of"):
            text = phrase(
                "compare.as_of",
                language,
                day=date(reference["as_of"], language),
                minimum=figure(reference.get("minimum"), "count", language),
                outside=figure(each.get("outside"), "count", language),
            )
            blocks.append(Paragraph(text))
        columns = (
            Column(phrase("card.step", language)),
            Column(phrase("card.left", language), "count"),
            Column(phrase("card.of", language)),
            Column(phrase("card.dropped", language)),
        )
        rows = tuple(
            (step[language], step["n"], known("unit", step["unit"], language), step[f"dropped_{language}"])
            for step in given["tables"]["funnel"]
            if step["candidate"] == each["name"]
        )
        caption = phrase("compare.funnel", language, name=said(each["title"], language, each["name"]))
        blocks.append(Table(caption, columns, rows))
    return blocks


def overlap(given: Part, language: Language) -> list[Block]:
    """What groups share, and what profiles share."""
    titles = titles_of(given, language)
    minimum = given.get("disclosure", {}).get("minimum", 10)
    blocks: list[Block] = [
        Heading(phrase("compare.overlap", language)),
        Paragraph(phrase("compare.overlap_text", language)),
    ]
    for name in ("overlap_groups", "overlap_profiles"):
        chance = name == "overlap_profiles"
        columns = [
            Column(phrase("compare.left", language)),
            Column(phrase("compare.right", language)),
            Column(phrase("compare.shared", language), "count"),
            Column(phrase("compare.of_left", language), "percent"),
            Column(phrase("compare.of_right", language), "percent"),
            Column("Jaccard", "decimal"),
            *([Column(phrase("compare.by_chance", language), "decimal")] if chance else []),
            Column(phrase("compare.distance", language), "decimal"),
        ]
        rows: list[tuple[Cell, ...]] = []
        for row in given["tables"][name]:
            hidden = row["suppressed"]
            parts = [None if row[each] is None else 100.0 * row[each] for each in ("of_left", "of_right")]
            shown = (row["shared"], *parts, row["jaccard"])
            lot = (row["by_chance"],) if chance else ()
            cells = [SUPPRESSED] * len(shown) if hidden else shown
            rows.append((titles[row["left"]], titles[row["right"]], *cells, *lot, row.get("distance")))
        note = f"{phrase('compare.hidden_note', language, minimum=minimum)} {phrase('compare.distance_note', language)}"
        blocks.append(Table(phrase(f"compare.{name}", language), tuple(columns), tuple(rows), note))
    return blocks


def cross_capture(given: Part, depth: str, language: Language) -> list[Block]:
    """Trained on the one, looking for the other."""
    titles = titles_of(given, language)
    found = {(row["model"], row["group"]): row for row in given["tables"]["cross_capture"]}
    cells = [[_cell(found[model, group]) for group in titles] for model in titles]
    title = phrase("compare.cross_title", language, depth=depth)
    names = list(titles.values())
    svg = matrix(names, names, cells, title=title, language=language)
    margin = sentence(phrase("interval", language))
    columns = (
        Column(phrase("compare.learned", language)),
        Column(phrase("compare.sought", language)),
        Column(phrase("compare.capture", language, depth=depth), "percent"),
        Column(margin, "interval", 1),
        Column(phrase("compare.lift", language), "decimal"),
        Column("n", "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for (model, group), row in found.items():
        cell = _cell(row)
        figures: tuple[Cell, ...] = (cell.value, cell.interval, row["lift"], row["n"])
        rows.append((titles[model], titles[group], *((SUPPRESSED,) * 4 if row["suppressed"] else figures)))
    table = Table(phrase("compare.cross_table", language), columns, tuple(rows))
    caption = phrase("compare.cross_caption", language, depth=depth)
    return [Heading(phrase("compare.cross", language)), Chart(svg, caption, table)]


def _cell(row: Part) -> MatrixCell:
    return MatrixCell(row["capture"], pair((row["low"], row["high"])))


def gains(given: Part, depth: str, language: Language) -> list[Block]:
    """Gains of every profile on its own group, each with its band."""
    titles = titles_of(given, language)
    curves = [
        GainsCurve(
            title,
            tuple(
                GainsPoint(row["depth"], row["capture"], pair((row["low"], row["high"])))
                for row in given["tables"]["gains"]
                if row["candidate"] == name
            ),
        )
        for name, title in titles.items()
    ]
    title = phrase("compare.gains", language)
    svg = gains_bands(curves, title=title, language=language, cutoff=float(given["method"]["depth"]))
    columns = [Column(sentence(phrase("depth", language)), "percent", 0)]
    for curve in curves:
        margin = f"{curve.name}: {phrase('interval', language)}"
        columns += [Column(curve.name, "percent"), Column(margin, "interval", 1)]
    rows: list[tuple[Cell, ...]] = []
    for points in zip(*(curve.points for curve in curves), strict=True):
        rows.append((points[0].depth, *(cell for at in points for cell in (at.capture, at.interval))))
    table = Table(phrase("compare.gains_table", language), tuple(columns), tuple(rows))
    return [Heading(title, 3), Chart(svg, phrase("compare.gains_caption", language, depth=depth), table)]


def segments(given: Part, language: Language) -> list[Block]:
    """Index of groups and profiles by sub segment; the picture shows where profiles differ most."""
    titles = titles_of(given, language)
    found = {(row["code"], row["candidate"], row["of"]): row for row in given["tables"]["segments"]}
    if not found:
        return []
    labels = {row["code"]: f"{row['code']} {row['name']}".strip() for row in given["tables"]["segments"]}

    def index(code: str, name: str, of: str) -> float | None:
        row = found.get((code, name, of))
        return None if row is None or row["suppressed"] else row["index"]

    def spread(code: str) -> float:
        shown = [each for name in titles if (each := index(code, name, "profile")) is not None]
        return max(shown) - min(shown) if len(shown) > 1 else -1.0

    most = sorted(sorted(labels, key=lambda code: (-spread(code), code))[:SHOWN_SEGMENTS])
    drawn = [DotRow(labels[code], tuple(index(code, name, "profile") for name in titles)) for code in most]
    title = phrase("compare.segments", language)
    svg = index_dots(drawn, list(titles.values()), title=title, language=language)
    columns = [Column(sentence(phrase("segment", language)))]
    for name in titles.values():
        columns += [Column(phrase(f"compare.of_{of}", language, name=name), "index") for of in ("group", "profile")]
    rows: list[tuple[Cell, ...]] = []
    for code, label in sorted(labels.items()):
        cells: list[Cell] = []
        for name in titles:
            for of in ("group", "profile"):
                row = found.get((code, name, of))
                cells.append(SUPPRESSED if row is not None and row["suppressed"] else index(code, name, of))
        rows.append((label, *cells))
    table = Table(phrase("compare.segments_table", language), tuple(columns), tuple(rows))
    base = said(given["base"]["name"], language)
    return [
        Heading(title),
        Paragraph(phrase("compare.segments_text", language, base=base)),
        Chart(svg, phrase("compare.segments_caption", language, count=len(drawn)), table),
    ]


def areas(given: Part, language: Language) -> list[Block]:
    """The areas on which the profiles disagree most, with every profile's index there."""
    if not given.get("area_level"):
        return []
    titles, found = titles_of(given, language), given["tables"]["areas"]
    level = phrase(given["area_level"], language)
    blocks: list[Block] = [
        Heading(phrase("compare.areas", language)),
        Paragraph(phrase("compare.areas_text", language, level=level)),
    ]
    if not found:
        return [*blocks, Paragraph(phrase("compare.areas_none", language))]
    columns = [Column(sentence(phrase("place", language))), Column(phrase("compare.difference", language), "index")]
    columns += [Column(title, "index") for title in titles.values()]
    total = max(row["rank"] for row in found)
    rows: list[tuple[Cell, ...]] = []
    for place in range(1, min(total, SHOWN_AREAS) + 1):
        here = {row["candidate"]: row for row in found if row["rank"] == place}
        one = next(iter(here.values()))
        cells: list[Cell] = [
            None if name not in here else SUPPRESSED if here[name]["suppressed"] else here[name]["index"]
            for name in titles
        ]
        rows.append((f"{one['name']} ({one['code']})" if one["name"] else one["code"], one["difference"], *cells))
    caption = phrase("compare.areas_table", language, count=len(rows), total=total)
    return [*blocks, Table(caption, tuple(columns), tuple(rows))]
