"""The areas of a profile: a map in three classes, and the table behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiling.reporting.card_blocks import pair
from profiling.reporting.document import SUPPRESSED, Block, Cell, Column, Map, Paragraph, Table
from profiling.reporting.maps import Area, MapFacts, choropleth
from profiling.reporting.polygons import Polygons
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language

WHOLE_TABLE, TOP = 400, 25

Part = Mapping[str, Any]


def areas(card: Part, base: str, polygons: Polygons | None, language: Language) -> list[Block]:
    """The map with its table; the table alone where there are no polygons.

    Where there are more than 400 areas the table holds those with the highest index: the bundle has them all.
    """
    given = card["areas"]
    found = [_area(row) for row in given["rows"]]
    table = _table(found, language)
    title = phrase("card.map_title", language, level=phrase(given["level"], language))
    caption, hint = f"{title}.", phrase("card.map_caption", language)
    if polygons is None:
        return [table]
    facts = MapFacts(
        limits=(float(given["limits"][0]), float(given["limits"][1])),
        base=base,
        n=card["cutoff"]["households"],
        snapshot=str(card["snapshot"]),
        rule=said(given.get("rule"), language),
    )
    drawn = set(polygons.codes)
    missing = sum(1 for area in found if area.code not in drawn)
    blocks: list[Block] = [
        Map(
            choropleth(found, polygons, facts, title=title, language=language),
            caption,
            table,
            hint,
        )
    ]
    if missing:
        blocks.append(
            Paragraph(phrase("card.map_missing", language, count=figure(missing, "count", language)), "small")
        )
    return blocks


def _area(row: Part) -> Area:
    hidden = row["class"] == "suppressed"
    figures = {key: None if hidden else row.get(key) for key in ("n", "penetration", "index")}
    return Area(
        row["code"],
        row.get("name") or "",
        row["class"],
        **figures,
        interval=None if hidden else pair(row.get("interval")),
    )


def _table(found: list[Area], language: Language) -> Table:
    ordered = sorted(found, key=lambda each: (each.map_class == "suppressed", -(each.index or 0.0), each.code))
    whole = len(ordered) <= WHOLE_TABLE
    caption = (
        phrase("card.areas_all", language)
        if whole
        else phrase("card.areas_top", language, count=TOP, total=figure(len(ordered), "count", language))
    )
    columns = (
        Column(sentence(phrase("place", language))),
        Column("n", "count"),
        Column(sentence(phrase("penetration", language)), "percent"),
        Column("Index", "index", 1),
        Column(sentence(phrase("interval", language)), "interval", 1),
        Column(phrase("card.class", language)),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in ordered if whole else ordered[:TOP]:
        name = f"{each.name} ({each.code})" if each.name else each.code
        n: Cell = SUPPRESSED if each.map_class == "suppressed" else each.n
        rows.append((name, n, each.penetration, each.index, each.interval, phrase(each.map_class, language)))
    return Table(caption, columns, tuple(rows))
