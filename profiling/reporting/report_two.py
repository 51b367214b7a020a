"""Report 2: a library's work area against its member file, with deepening per segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from profiling.errors import ProfileError
from profiling.publish.customers import CustomerAnalysis, CustomersInProfile
from profiling.publish.reach import Reach
from profiling.reporting.customer_blocks import MEMBERS, REACHED, index_chart, row_name, table_of
from profiling.reporting.customers_page import accountability, outside, reach_sentence
from profiling.reporting.document import (
    SUPPRESSED,
    Block,
    Cell,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Map,
    Note,
    Paragraph,
    Points,
    Table,
)
from profiling.reporting.maps import Area, MapFacts, choropleth
from profiling.reporting.match_blocks import match_blocks
from profiling.reporting.polygons import Polygons
from profiling.reporting.segment_panels import segment_panels
from profiling.reporting.text import figure, phrase, said
from profiling.vocabulary import Language

TOP = 3
LOOK = {"index": "member_index", "words": "report2"}
DEEP = (*MEMBERS, *(each for each in REACHED if each[0] in ("profile", "reached", "reach")))


def report_two(
    analysis: CustomerAnalysis,
    *,
    library: str = "",
    language: Language = "nl",
    polygons: Polygons | None = None,
    facts: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """The document for one library.

    Parameters
    ----------
    analysis : of the member file, with the work area.
    library : its name; that of the work area when left out.
    polygons : of the level of the analysis; no map without them.
    facts : what segments are like; the sub segments with most members are described with them.

    Raises
    ------
    ProfileError
        When the analysis has no work area.
    """
    first = analysis.profiles[0]
    if analysis.work_area is None or first.reach is None:
        raise ProfileError("report 2 needs a work area", hint="give it with --work-area or --areas")
    where = said(analysis.work_area.title, language)
    reach = first.reach
    blocks: list[Block] = [
        Paragraph(_lead(reach, where, language), "lead"),
        _key_figures(analysis, reach, language),
        *outside(analysis, language),
        Heading(phrase("report2.who", language)),
        *_members(reach, where, language),
        Heading(phrase("report2.where", language)),
        *_areas(analysis, reach, where, language, polygons),
    ]
    for each in analysis.profiles:
        blocks += _profile(each, where, language)
    if len(reach.segments) > 1:
        blocks += [Heading(phrase("report2.deepening", language))]
        for each in analysis.profiles:
            blocks += [Heading(said(each.title, language), 3), _deepening(each, language)]
    sub = analysis.segments[analysis.segments["level"] == "sub"]
    blocks += segment_panels(sub, facts, "report2.descriptions", language)
    blocks.append(Note(phrase("area.how", language), _how(analysis, language)))
    blocks += [Heading(phrase("customers.matching", language)), *match_blocks(analysis.report, language)]
    notes = tuple(said(each, language) for each in analysis.notes)
    if notes:
        blocks.append(Note(phrase("enrich.notices", language), notes, "caution"))
    return Document(
        title=library or where,
        subtitle=phrase("report2.subtitle", language, where=where),
        language=language,
        kicker=phrase("report2.kicker", language),
        notice=phrase("customers.notice", language),
        blocks=tuple(blocks),
        accountability=accountability(analysis, language),
        minimum=analysis.minimum,
    )


def _lead(reach: Reach, where: str, language: Language) -> str:
    total = reach.segments.iloc[0]
    if pd.isna(total["members"]):
        return phrase("report2.lead_hidden", language, where=where)
    return phrase(
        "report2.lead",
        language,
        where=where,
        members=figure(round(float(total["members"])), "count", language),
        households=figure(round(float(total["households"])), "count", language),
        share=figure(float(total["member_share"]), "percent", language),
    )


def _key_figures(analysis: CustomerAnalysis, reach: Reach, language: Language) -> KeyFigures:
    total = reach.segments.iloc[0]
    hidden = pd.isna(total["members"])
    figures = [
        KeyFigure(phrase("customers.households", language), round(float(total["households"]))),
        KeyFigure(phrase("report2.members", language), SUPPRESSED if hidden else round(float(total["members"]))),
        KeyFigure(
            phrase("report2.member_share", language),
            SUPPRESSED if hidden else float(total["member_share"]),
            "percent",
        ),
    ]
    for each in analysis.profiles:
        if each.reach is not None:
            row = each.reach.segments.iloc[0]
            value: Cell = SUPPRESSED if row["suppressed"] else float(row["reach"])
            label = phrase("report2.reach_of", language, profile=said(each.title, language))
            figures.append(KeyFigure(label, value, "percent"))
    return KeyFigures(tuple(figures))


def _members(reach: Reach, where: str, language: Language) -> list[Block]:
    """Which segments are members more and less often than the work area as a whole."""
    main, sub = (reach.segments[reach.segments["level"] == level] for level in ("main", "sub"))
    if not len(main):
        return []
    segment = phrase("segment", language)
    table = table_of(main, MEMBERS, phrase("report2.main", language), segment, language, **LOOK)
    title = phrase("report2.chart", language, where=where)
    blocks: list[Block] = [index_chart(main, "member_index", "members", title, table, where, language)]
    sentences = [
        phrase(f"report2.{key}", language, segments=", ".join(_named(sub, key, language)))
        for key in ("most", "least")
        if _named(sub, key, language)
    ]
    if sentences:
        blocks.append(Points(tuple(sentences)))
    return [*blocks, table_of(sub, MEMBERS, phrase("report2.sub", language), segment, language, **LOOK)]


def _named(rows: pd.DataFrame, key: str, language: Language) -> list[str]:
    """The sub segments that stand out most on one side, with their index."""
    wanted = rows[rows["map_class"] == ("above" if key == "most" else "below")]
    ordered = wanted.sort_values("member_index", ascending=key == "least").head(TOP)
    return [
        f"{row_name(row, language)} ({figure(row['member_index'], 'index', language)})"
        for row in ordered.to_dict("records")
    ]


def _areas(
    analysis: CustomerAnalysis, reach: Reach, where: str, language: Language, polygons: Polygons | None
) -> list[Block]:
    rows = reach.areas[reach.areas["level"] != "total"]
    ordered = rows.sort_values(["member_index", "code"], ascending=[False, True], na_position="last")
    caption = phrase("report2.areas", language)
    table = table_of(ordered, MEMBERS, caption, phrase("place", language), language, **LOOK)
    if polygons is None:
        return [table]
    found = [_map_area(row) for row in rows.to_dict("records")]
    total = reach.areas["members"].iloc[0]
    facts = MapFacts(
        limits=analysis.profiles[0].limits,
        base=where,
        n=None if pd.isna(total) else round(float(total)),
        snapshot=analysis.snapshot,
        counted="members",
    )
    title = phrase("report2.map", language)
    here = polygons.only({each.code for each in found})
    return [Map(choropleth(found, here, facts, title=title, language=language), title, table)]


def _map_area(row: Mapping[Any, Any]) -> Area:
    if pd.isna(row["member_index"]):
        return Area(str(row["code"]), str(row["name"]), "suppressed")
    low, high = float(row["member_index_low"]), float(row["member_index_high"])
    return Area(
        str(row["code"]),
        str(row["name"]),
        str(row["map_class"]),
        n=round(float(row["members"])),
        penetration=float(row["member_share"]),
        index=float(row["member_index"]),
        interval=(low, high),
    )


def _profile(profile: CustomersInProfile, where: str, language: Language) -> list[Block]:
    assert profile.reach is not None
    title = said(profile.title, language)
    return [
        Heading(phrase("report2.about_profile", language, profile=title)),
        Paragraph(reach_sentence(profile.reach, title, where, language)),
        table_of(
            profile.reach.areas, REACHED, phrase("customers.reach_areas", language, profile=title),
            phrase("place", language), language,
        ),
    ]  # fmt: skip


def _deepening(profile: CustomersInProfile, language: Language) -> Table:
    """Per segment: households and members of the work area, how many of the profile are there, and how many reached."""
    assert profile.reach is not None
    caption = phrase("report2.deepening_caption", language, profile=said(profile.title, language))
    return table_of(profile.reach.segments, DEEP, caption, phrase("segment", language), language, words="report2")


def _how(analysis: CustomerAnalysis, language: Language) -> tuple[str, ...]:
    return (
        phrase("report2.how_1", language),
        phrase("report2.how_2", language),
        phrase("customers.how_4", language),
        phrase("customers.how_5", language, minimum=analysis.minimum),
    )
