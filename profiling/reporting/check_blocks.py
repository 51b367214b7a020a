"""What the checks say: one table of all of them, then each with its sentence and the figures behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.reporting.card_blocks import pair
from profiling.reporting.document import SUPPRESSED, Block, Cell, Column, Heading, Map, Note, Paragraph, Table
from profiling.reporting.maps import Area, MapFacts, choropleth
from profiling.reporting.polygons import Polygons
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language

Part = Mapping[str, Any]


def checks(card: Part, shapes: Mapping[str, Polygons], language: Language) -> list[Block]:
    """Every check of the card; nothing where the card has none.

    Parameters
    ----------
    shapes : level → polygons, to draw maps of differences.
    """
    found: Sequence[Part] = card.get("checks") or []
    if not found:
        return []
    blocks: list[Block] = [
        Heading(phrase("card.checks", language)),
        Paragraph(phrase("card.checks_lead", language)),
        _overview(found, language),
    ]
    for each in found:
        title, text = said(each["title"], language), said(each["says"], language)
        blocks.append(Heading(title, 3))
        if each["status"] == "caution":
            blocks.append(Note(sentence(phrase("card.check_caution", language)), (text,), "caution"))
        else:
            blocks.append(Paragraph(text))
        if each["rows"]:
            blocks.append(_table(each, title, language))
        if each.get("areas"):
            blocks += _areas(each["areas"], card, shapes, language)
        if each["status"] != "unknown":
            blocks.append(Paragraph(phrase("card.check_source", language, paper=each["paper"]), "small"))
    return blocks


def _overview(found: Sequence[Part], language: Language) -> Table:
    columns = (
        Column(phrase("card.check", language)),
        Column(phrase("card.outcome", language)),
        Column(phrase("card.value", language), "decimal"),
        Column(sentence(phrase("interval", language)), "decimal"),
        Column("n", "count"),
    )
    rows = []
    for each in found:
        kind = "percent" if each["unit"] == "percent" else "decimal"
        value = figure(each["value"], kind, language, each["decimals"])  # type: ignore[arg-type]
        margin = figure(pair(each["interval"]), "interval", language, each["decimals"])
        if kind == "percent" and each["interval"]:
            margin += "%"
        status = phrase(f"card.check_{each['status']}", language)
        rows.append((said(each["title"], language), status, value, margin, each["n"]))
    return Table(phrase("card.checks_table", language), columns, tuple(rows))


def _table(each: Part, title: str, language: Language) -> Table:
    columns = tuple(Column(said(column, language), column["kind"], column["decimals"]) for column in each["columns"])
    rows = tuple(tuple(_cell(row, column, language) for column in each["columns"]) for row in each["rows"])
    return Table(title, columns, rows)


def _cell(row: Part, column: Part, language: Language) -> Cell:
    value = row.get(column["key"])
    if value is None and row.get("suppressed") and column["kind"] == "count":
        return SUPPRESSED
    if isinstance(value, Mapping):
        return said(value, language) or None
    return pair(value) if isinstance(value, list | tuple) else value


def _areas(given: Part, card: Part, shapes: Mapping[str, Polygons], language: Language) -> list[Block]:
    """The areas that differ most, and a map of the differences where there are polygons."""
    level, rows = given["level"], given["rows"]
    apart = sorted((row for row in rows if "difference" in row), key=lambda row: (-abs(row["difference"]), row["code"]))
    table = Table(
        phrase("card.difference_table", language, count=min(given["shown"], len(apart))),
        (Column(sentence(phrase("place", language))), Column(phrase("card.difference", language), "index", 0)),
        tuple((f"{row['name'] or row['code']} ({row['code']})", row["difference"]) for row in apart[: given["shown"]]),
    )
    if level not in shapes:
        return [table]
    title = phrase("card.difference_title", language, level=phrase(level, language))
    facts = MapFacts(
        limits=(float(given["limits"][0]), float(given["limits"][1])),
        base=said(card["base"]["name"], language),
        n=card["cutoff"]["households"],
        snapshot=str(card["snapshot"]),
        measure="difference",
    )
    areas = [Area(row["code"], row["name"] or "", row["class"], index=row.get("difference")) for row in rows]
    drawn = choropleth(areas, shapes[level], facts, title=title, language=language)
    return [Map(drawn, f"{title}. {phrase('card.difference_caption', language)}", table)]
