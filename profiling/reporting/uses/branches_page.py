"""The page of the branches: per branch its strengths, weaknesses and chances, each with its figure and an action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from profiling.publish.uses.branches import BranchReview, kinds_of
from profiling.reporting.document import Block, Cell, Column, Document, Heading, Paragraph, Points, Table
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.reporting.uses.catchment_page import method
from profiling.reporting.uses.use_blocks import foot, how, kept_nothing
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import NOT_SHOWN, Language


def branches_page(review: BranchReview, language: Language = "nl") -> Document:
    """The document of a review of branches."""
    analysis = review.catchments
    blocks: list[Block] = [Paragraph(lead(review, language), "lead"), _overview(review, language)]
    for site in analysis.catchments.sites:
        blocks.append(Heading(site.title))
        found = [(kind, points) for kind, points in kinds_of(review.points, site.code) if len(points)]
        if not found:
            blocks.append(Paragraph(phrase("branches.nothing", language)))
        for kind, points in found:
            rows = points.to_dict("records")
            lines = [f"{_filled(review, review.says, row, language)} {_action(review, row, language)}" for row in rows]
            blocks += [Heading(sentence(phrase(f"branches.{kind}", language)), 3), Points(tuple(lines))]
    blocks.append(how("branches", language))
    return Document(
        title=phrase("branches.title", language),
        subtitle=phrase(
            "branches.subtitle", language, profile=said(review.about.title, language), method=method(analysis, language)
        ),
        language=language,
        kicker=phrase("branches.kicker", language),
        notice=phrase("customers.notice", language),
        blocks=tuple(blocks),
        accountability=(*foot(review.about, language), *kept_nothing(language)),
        minimum=review.about.minimum,
    )


def lead(review: BranchReview, language: Language) -> str:
    """How many points of each kind were found, in one sentence."""
    counts = review.points["kind"].value_counts()
    numbers = {kind: int(counts.get(kind, 0)) for kind in ("strength", "weakness", "chance")}
    return phrase("branches.lead", language, n=len(review.catchments.catchments.sites), **numbers)


def _overview(review: BranchReview, language: Language) -> Table:
    kinds = ("strength", "weakness", "chance")
    columns = (
        Column(sentence(phrase("branches.branch", language))),
        *(Column(sentence(phrase(f"branches.{kind}", language)), "count") for kind in kinds),
        Column(sentence(phrase("branches.first", language))),
    )
    rows: list[tuple[Cell, ...]] = []
    for site in review.catchments.catchments.sites:
        found = dict(kinds_of(review.points, site.code))
        # What is weak comes before what could grow, and that before what goes well.
        ranked = [row for kind in ("weakness", "chance", "strength") for row in found[kind].to_dict("records")]
        action = _filled(review, review.actions, ranked[0], language) if ranked else ""
        action += f" ({ranked[0]['segment']})" if ranked and ranked[0]["segment"] else ""
        rows.append((site.title, *(len(found[kind]) for kind in kinds), action))
    return Table(phrase("branches.overview", language), columns, tuple(rows))


def _action(review: BranchReview, row: Mapping[Any, Any], language: Language) -> str:
    return f"{phrase('branches.action', language)} {_filled(review, review.actions, row, language)}"


def _filled(
    review: BranchReview, texts: Mapping[str, Mapping[str, str]], row: Mapping[Any, Any], language: Language
) -> str:
    """A text of a rule with the figures of a point filled in."""
    code = str(row["segment"])
    named = review.segments.get(code, "")

    def count(value: float) -> str:
        return NOT_SHOWN if pd.isna(value) else figure(round(float(value)), "count", language)

    values = {
        "branch": row["name"],
        "profile": said(review.about.title, language),
        "segment": f"{code} · {named}" if named else code,
        "value": figure(float(row["value"]), "index", language),
        "interval": figure((float(row["value_low"]), float(row["value_high"])), "interval", language),
        "n": count(row["n"]),
        "room": count(row["room"]),
    }
    text = said(texts[str(row["rule"])], language)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


PAGE = UsePage("branches", BranchReview, branches_page)
