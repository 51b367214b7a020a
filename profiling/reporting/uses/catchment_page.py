"""The page of the catchments: customers of each branch against the people who live around it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from profiling.publish.uses.catchment import AROUND, CatchmentAnalysis
from profiling.reporting.document import Block, Document, Heading, KeyFigure, KeyFigures, Note, Paragraph
from profiling.reporting.match_blocks import match_blocks
from profiling.reporting.text import figure, phrase, said
from profiling.reporting.uses.use_blocks import Field, foot, how, index_chart, kept_nothing, table
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import Language

SECTION = "catchment"
_MEMBERS: tuple[Field, ...] = (
    ("households", "count"),
    ("members", "count"),
    ("member_share", "percent"),
    ("member_share", "interval"),
    ("member_index", "index"),
    ("member_index", "interval"),
    ("map_class", "text"),
)
_REACH: tuple[Field, ...] = (
    ("profile", "count"),
    ("profile_index", "index"),
    ("profile_index", "interval"),
    ("reached", "count"),
    ("not_reached", "count"),
    ("reach", "percent"),
    ("reach", "interval"),
)
_SEGMENT: tuple[Field, ...] = (
    ("n", "count"),
    ("share", "percent"),
    ("base_share", "percent"),
    ("index", "index"),
    ("index", "interval"),
    ("map_class", "text"),
)


def catchment_page(analysis: CatchmentAnalysis, language: Language = "nl") -> Document:
    """The document of an analysis of catchments."""
    drawn, about = analysis.catchments, analysis.about
    profile = said(about.title, language)
    around = row_of(analysis, AROUND)
    blocks: list[Block] = [Paragraph(lead(analysis, language), "lead")]
    if analysis.by_postcode:
        blocks.append(Note(phrase("customers.by_postcode", language), (phrase("catchment.by_postcode", language),), "caution"))  # fmt: skip  # noqa: E501
    blocks.append(
        KeyFigures(
            (
                KeyFigure(phrase("catchment.branches", language), len(drawn.sites)),
                KeyFigure(phrase("catchment.households", language), _whole(around["households"])),
                KeyFigure(phrase("catchment.cut", language), drawn.error.cut, "percent", 1),
            )
        )
    )
    names = [place_name(analysis, each, language) for each in analysis.branches["place"]]
    blocks.append(Heading(phrase("catchment.members_title", language)))
    members = table(
        analysis.branches, names, _MEMBERS, phrase("catchment.members_caption", language), SECTION, language
    )
    only = (analysis.branches["place"] != AROUND).to_numpy()
    chart = phrase("catchment.members_chart", language)
    blocks.append(
        index_chart(
            analysis.branches[only], [n for n, use in zip(names, only, strict=True) if use],
            "member_index", "members", chart, phrase("catchment.all_around", language), members, language,
        )
    )  # fmt: skip
    blocks.append(Heading(phrase("catchment.reach_title", language, profile=profile)))
    reach = phrase("catchment.reach_caption", language, profile=profile)
    blocks.append(table(analysis.branches, names, _REACH, reach, SECTION, language))
    blocks.append(Heading(phrase("catchment.segments_title", language)))
    blocks.append(Paragraph(phrase("catchment.segments_text", language)))
    for place in [AROUND, *(each.code for each in drawn.sites)]:
        blocks += _segments(analysis, place, language)
    blocks.append(how(SECTION, language, minimum=about.minimum))
    blocks += [Heading(phrase("customers.matching", language)), *match_blocks(analysis.report, language)]
    return Document(
        title=phrase("catchment.title", language),
        subtitle=phrase("catchment.subtitle", language, file=analysis.report.file, method=method(analysis, language)),
        language=language,
        kicker=phrase("catchment.kicker", language),
        notice=phrase("customers.notice", language),
        blocks=tuple(blocks),
        accountability=(*foot(about, language), *_border(analysis, language), *kept_nothing(language)),
        minimum=about.minimum,
    )


def lead(analysis: CatchmentAnalysis, language: Language) -> str:
    """Of so many households around the branches so many are customers, in one sentence."""
    around = row_of(analysis, AROUND)
    if pd.isna(around["members"]) or pd.isna(around["households"]):
        return phrase("catchment.lead_hidden", language)
    numbers = {each: figure(round(float(around[each])), "count", language) for each in ("households", "members")}
    share = figure(float(around["member_share"]), "percent", language)
    return phrase("catchment.lead", language, **numbers, share=share, n=len(analysis.catchments.sites))


def method(analysis: CatchmentAnalysis, language: Language) -> str:
    """How the catchments were drawn, in a few words."""
    drawn = analysis.catchments
    metres = "" if drawn.radius is None else figure(round(drawn.radius), "count", language)
    return phrase(f"catchment.{drawn.method}", language, metres=metres)


def place_name(analysis: CatchmentAnalysis, place: str, language: Language) -> str:
    """What a place is called."""
    if place == AROUND:
        return phrase("catchment.all_around", language)
    return next(each.title for each in analysis.catchments.sites if each.code == place)


def _segments(analysis: CatchmentAnalysis, place: str, language: Language) -> list[Block]:
    rows = analysis.segments[(analysis.segments["place"] == place) & (analysis.segments["level"] != "total")]
    rows = rows if place == AROUND else rows[rows["level"] == "main"]
    if rows.empty or rows["n"].isna().all():
        return []
    named = place_name(analysis, place, language)
    names = [f"{code} · {name}" if name else code for code, name in zip(rows["code"], rows["name"], strict=True)]
    caption = phrase("catchment.segments_caption", language, place=named)
    figures = table(rows, names, _SEGMENT, caption, SECTION, language, first="segment")
    if place != AROUND:
        return [figures]
    main = (rows["level"] == "main").to_numpy()
    short = [name for name, use in zip(names, main, strict=True) if use]
    title = phrase("catchment.segments_chart", language)
    return [
        index_chart(rows[main], short, "index", "n", title, phrase("catchment.people", language), figures, language)
    ]


def _border(analysis: CatchmentAnalysis, language: Language) -> tuple[tuple[str, str], ...]:
    error = analysis.catchments.error
    said_of = {
        "cut": figure(error.cut, "percent", language),
        "moved": figure(error.moved, "percent", language),
        "metres": figure(round(error.metres), "count", language),
    }
    return ((phrase("catchment.border", language), phrase("catchment.border_text", language, **said_of)),)


def row_of(analysis: CatchmentAnalysis, place: str) -> dict[str, Any]:
    """The figures of one place."""
    rows = analysis.branches[analysis.branches["place"] == place].to_dict("records")
    return {str(key): value for key, value in rows[0].items()}


def _whole(value: float) -> int | None:
    return None if pd.isna(value) else round(float(value))


PAGE = UsePage("catchment", CatchmentAnalysis, catchment_page)
