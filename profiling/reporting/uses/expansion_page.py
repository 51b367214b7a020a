"""The page of an expansion: candidate sites in the order of what they add, with their doubt."""

from __future__ import annotations

import pandas as pd

from profiling.publish.uses.expansion import Expansion
from profiling.reporting.document import Block, Document, Heading, KeyFigure, KeyFigures, Paragraph
from profiling.reporting.text import figure, phrase, said
from profiling.reporting.uses.use_blocks import Field, foot, how, table
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import Language

SECTION = "expansion"
_ADDS: tuple[Field, ...] = (
    ("adds", "count"),
    ("adds", "interval"),
    ("first_share", "percent"),
    ("households", "count"),
    ("together", "count"),
    ("together_share", "percent"),
)
_ALONE: tuple[Field, ...] = (("alone", "count"), ("alone", "interval"), ("metres", "count"))


def expansion_page(plan: Expansion, language: Language = "nl") -> Document:
    """The document of an expansion."""
    profile = said(plan.about.title, language)
    rows = plan.sites.assign(first_share=100.0 * plan.sites["first"])
    names = [f"{row.step}. {row.name}" for row in rows[["step", "name"]].itertuples(index=False)]
    reached = None if pd.isna(plan.reached) else round(plan.reached)
    caption, alone = (phrase(f"expansion.{each}", language) for each in ("caption", "alone_caption"))
    blocks: list[Block] = [
        Paragraph(lead(plan, language), "lead"),
        KeyFigures(
            (
                KeyFigure(phrase("expansion.profile", language), round(plan.n_profile)),
                KeyFigure(phrase("expansion.reached", language), reached),
                KeyFigure(phrase("expansion.candidates", language), len(plan.sites)),
            )
        ),
        Heading(phrase("expansion.order_title", language)),
        table(rows, names, _ADDS, caption, SECTION, language, first="site", decimals=0),
        Heading(phrase("expansion.alone_title", language)),
        table(rows, names, _ALONE, alone, SECTION, language, first="site", decimals=0),
        how(SECTION, language, minimum=plan.about.minimum),
    ]
    metres = figure(round(plan.radius), "count", language)
    cut = figure(plan.error.cut, "percent", language)
    border = (phrase("catchment.border", language), phrase("expansion.border_text", language, cut=cut))
    return Document(
        title=phrase("expansion.title", language),
        subtitle=phrase("expansion.subtitle", language, profile=profile, metres=metres, n=len(plan.branches)),
        language=language,
        kicker=phrase("expansion.kicker", language),
        notice=phrase("area.notice", language),
        blocks=tuple(blocks),
        accountability=(*foot(plan.about, language), border),
        minimum=plan.about.minimum,
    )


def lead(plan: Expansion, language: Language) -> str:
    """Which site adds most, and how sure that is, in one sentence."""
    first = plan.sites.to_dict("records")[0]
    if first["suppressed"]:
        return phrase("expansion.lead_none", language)
    return phrase(
        "expansion.lead",
        language,
        name=first["name"],
        adds=figure(round(float(first["adds"])), "count", language),
        interval=figure((float(first["adds_low"]), float(first["adds_high"])), "interval", language),
        profile=said(plan.about.title, language),
        sure=figure(100.0 * float(first["first"]), "percent", language),
    )


PAGE = UsePage("expansion", Expansion, expansion_page)
