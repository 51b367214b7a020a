"""The comparison of candidate reference groups, for who chooses one: from compare.json to a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiling.reporting.card_blocks import pair
from profiling.reporting.compare_blocks import areas, cross_capture, gains, groups, overlap, segments
from profiling.reporting.compare_charts import CaptureRow, capture_dots
from profiling.reporting.compare_trust import trust
from profiling.reporting.document import Block, Cell, Chart, Column, Document, Heading, Note, Paragraph, Points, Table
from profiling.reporting.required import require
from profiling.reporting.text import date, figure, phrase, said, sentence
from profiling.vocabulary import Language

KEYS = (
    "base.name",
    "base.households",
    "snapshot",
    "method.depth",
    "method.folds",
    "method.block",
    "method.replicates",
    "candidates[].name",
    "candidates[].title",
    "candidates[].households",
    "candidates[].capture",
    "candidates[].lift",
    "tables.funnel",
    "tables.overlap_groups",
    "tables.overlap_profiles",
    "tables.cross_capture",
    "tables.gains",
    "tables.segments",
    "tables.areas",
    "advice.sentence",
    "advice.reasons",
    "advice.rules",
    "advice.checks",
)

Part = Mapping[str, Any]


def compare_page(given: Part, *, language: Language = "nl") -> Document:
    """Candidates side by side, with advice first and the reasons for it.

    Parameters
    ----------
    given : compare.json, as `publish.compare_card.comparison_part` makes it.

    Raises
    ------
    ArtefactError
        When it lacks what the page cannot do without; all missing keys at once.
    """
    require(given, KEYS, "the comparison")
    candidates, advice = given["candidates"], given["advice"]
    depth = figure(given["method"]["depth"], "percent", language, 0)
    blocks: list[Block] = [
        Heading(phrase("compare.advice", language)),
        Paragraph(said(advice["sentence"], language), "lead"),
    ]
    if advice["reasons"][language]:
        blocks += [Heading(phrase("compare.reasons", language), 3), Points(tuple(advice["reasons"][language]))]
    blocks += [_checks(given, language), Heading(phrase("compare.glance", language)), _glance(given, depth, language)]
    blocks += [Heading(phrase("compare.own", language)), _own(given, depth, language)]
    blocks += gains(given, depth, language)
    blocks += groups(given, language)
    blocks += overlap(given, language)
    blocks += cross_capture(given, depth, language)
    blocks += segments(given, language)
    blocks += trust(given, language)
    blocks += areas(given, language)
    blocks += [Heading(phrase("compare.how", language)), _how(given, language)]
    return Document(
        title=phrase("compare.title", language),
        subtitle=phrase("compare.subtitle", language, count=len(candidates)),
        language=language,
        kicker=phrase("compare.kicker", language),
        notice=phrase("compare.notice", language),
        blocks=tuple(blocks),
        accountability=_accountability(given, language),
        minimum=int(given.get("disclosure", {}).get("minimum", 10)),
    )


def _checks(given: Part, language: Language) -> Table:
    advice = given["advice"]
    columns = (
        Column(phrase("compare.rule", language)),
        Column(phrase("compare.limit", language)),
        *(Column(said(each["title"], language, each["name"])) for each in given["candidates"]),
    )
    rows: list[tuple[Cell, ...]] = []
    for rule in advice["rules"]:
        found = [advice["checks"][each["name"]][rule["rule"]] for each in given["candidates"]]
        rows.append(
            (
                sentence(said(rule["title"], language)),
                said(rule["limit"], language),
                *(phrase(f"compare.status_{each}", language) for each in found),
            )
        )
    note = phrase("compare.checks_note", language)
    return Table(phrase("compare.checks", language), columns, tuple(rows), note)


def _glance(given: Part, depth: str, language: Language) -> Table:
    columns = (
        Column(phrase("compare.candidate", language)),
        Column(phrase("compare.group_size", language), "count"),
        Column(phrase("compare.expected", language), "count"),
        Column(sentence(phrase("profile_households", language)), "count"),
        Column(phrase("compare.capture", language, depth=depth), "percent"),
        Column(sentence(phrase("interval", language)), "interval", 1),
        Column(phrase("compare.stability", language), "decimal"),
    )
    rows = tuple(
        (
            said(each["title"], language, each["name"]),
            each["households"],
            each.get("expected"),
            (each.get("profile") or {}).get("households"),
            each["capture"]["value"],
            pair(each["capture"]["interval"]),
            (each.get("stability") or {}).get("value"),
        )
        for each in given["candidates"]
    )
    return Table(phrase("compare.glance_table", language), columns, rows)


def _own(given: Part, depth: str, language: Language) -> Chart:
    rows = [
        CaptureRow(
            said(each["title"], language, each["name"]), each["capture"]["value"], pair(each["capture"]["interval"])
        )
        for each in given["candidates"]
    ]
    title = phrase("compare.own_title", language, depth=depth)
    svg = capture_dots(rows, depth=float(given["method"]["depth"]), title=title, language=language)
    margin = sentence(phrase("interval", language))
    columns = (
        Column(phrase("compare.candidate", language)),
        Column(phrase("compare.capture", language, depth=depth), "percent"),
        Column(margin, "interval", 1),
        Column(phrase("compare.lift", language), "decimal"),
        Column(margin, "interval", 2),
        Column("n", "count"),
    )
    cells = tuple(
        (
            row.label,
            row.value,
            row.interval,
            each["lift"]["value"],
            pair(each["lift"]["interval"]),
            each["capture"].get("n"),
        )
        for row, each in zip(rows, given["candidates"], strict=True)
    )
    table = Table(phrase("compare.own_table", language), columns, cells)
    return Chart(svg, phrase("compare.own_caption", language, depth=depth), table)


def _how(given: Part, language: Language) -> Note:
    method = given["method"]
    return Note(
        phrase("compare.how", language),
        (
            phrase("compare.how_areas", language, folds=method["folds"], block=phrase(method["block"], language)),
            phrase("compare.how_base", language),
            phrase("compare.how_interval", language, replicates=figure(method["replicates"], "count", language)),
            phrase("compare.how_bias", language),
        ),
    )


def _accountability(given: Part, language: Language) -> tuple[tuple[str, str], ...]:
    base = given["base"]
    lines = [
        (
            phrase("compared", language),
            f"{said(base['name'], language)} ({figure(base['households'], 'count', language)})",
        ),
        (phrase("snapshot", language), date(given["snapshot"], language)),
    ]
    lines += [
        (
            said(each["title"], language, each["name"]),
            f"{each['name']} · {phrase('version', language)} {each['version']}",
        )
        for each in given["candidates"]
        if each.get("version")
    ]
    if given.get("made_by"):
        lines.append((phrase("made_by", language), str(given["made_by"])))
    return tuple(lines)
