"""How far candidates can be trusted: stability, contrast, member effect, dirt, class size and outside figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiling.reporting.card_blocks import pair
from profiling.reporting.compare_blocks import titles_of
from profiling.reporting.document import Block, Cell, Column, Heading, Kind, Note, Paragraph, Table
from profiling.reporting.text import figure, has_phrase, phrase, said, sentence
from profiling.vocabulary import Language

Part = Mapping[str, Any]


def trust(given: Part, language: Language) -> list[Block]:
    """Stability, contrast, member effect, dirt, class size and outside figures; what was not measured says so."""
    columns = (
        Column(phrase("compare.candidate", language)),
        Column(phrase("compare.contrast", language)),
        Column(phrase("compare.stability", language)),
        Column(phrase("compare.member_effect", language)),
        Column(phrase("compare.sar", language)),
        Column(phrase("compare.dirt", language)),
        Column(phrase("compare.class_size", language)),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in given["candidates"]:
        contrast, stability = each.get("contrast") or "", each.get("stability")
        stable = _said(stability, "decimal", 2, language)
        if stability and stability.get("lowest") is not None:
            lowest = figure(stability["lowest"], "decimal", language, 2)
            stable += f" ({phrase('compare.lowest', language, value=lowest)})"
        rows.append(
            (
                said(each["title"], language, each["name"]),
                phrase(f"compare.contrast_{contrast}", language)
                if has_phrase(f"compare.contrast_{contrast}")
                else contrast,
                stable,
                _said(each.get("member_effect"), "decimal", 2, language),
                _said(each.get("sar"), "decimal", 3, language),
                _said(each.get("dirt"), "percent", 1, language),
                _said(each.get("class_size"), "percent", 1, language),
            )
        )
    note = phrase("compare.trust_note", language)
    table = Table(phrase("compare.trust_table", language), columns, tuple(rows), note)
    blocks: list[Block] = [Heading(phrase("compare.trust", language)), table]
    blocks.append(Heading(phrase("compare.external", language), 3))
    return [*blocks, *_external(given, language)]


def _said(found: Part | None, kind: Kind, places: int, language: Language) -> str:
    """A measure with its interval as text, or that it was not measured."""
    if not found or (found.get("value") is None and not found.get("interval")):
        return phrase("not_measured", language)
    margin = pair(found.get("interval"))
    written = figure(margin, "interval", language, places) if margin else ""
    if margin and kind == "percent":
        written += "%"
    if found.get("value") is None:
        return written
    return figure(found["value"], kind, language, places) + (f" ({written})" if written else "")


def _external(given: Part, language: Language) -> list[Block]:
    found = given["tables"].get("external")
    if not found:
        missing = phrase("compare.external_missing", language)
        return [Note(phrase("card.unmeasured", language), (missing,), "caution")]
    titles, margin = titles_of(given, language), sentence(phrase("interval", language))
    columns = (
        Column(phrase("compare.candidate", language)),
        Column(phrase("compare.matched", language), "count"),
        Column(phrase("compare.rank_correlation", language), "decimal"),
        Column(margin, "interval", 2),
        Column(phrase("compare.slope", language), "decimal"),
        Column(margin, "interval", 2),
    )
    rows = tuple(
        (
            titles[row["candidate"]],
            row["matched"],
            row["spearman"],
            pair((row["low"], row["high"])),
            row["slope"],
            pair((row["slope_low"], row["slope_high"])),
        )
        for row in found
    )
    notes = tuple(
        f"{titles[row['candidate']]}: {row[f'notes_{language}']}" for row in found if row[f"notes_{language}"]
    )
    return [
        Paragraph(phrase("compare.external_text", language, file=given.get("external") or "")),
        Table(phrase("compare.external_table", language), columns, rows),
        *([Note(phrase("compare.warning", language), notes, "caution")] if notes else []),
    ]
