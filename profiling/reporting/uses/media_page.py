"""The page of a media plan: channels by index and reach, and what a plan reaches together at least and at most."""

from __future__ import annotations

from profiling.publish.uses.media import MediaPlan
from profiling.reporting.document import Block, Document, Heading, Paragraph
from profiling.reporting.text import figure, phrase, said
from profiling.reporting.uses.use_blocks import Field, foot, how, index_chart, table
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import Language

SECTION = "media"
_CHANNELS: tuple[Field, ...] = (
    ("n", "count"),
    ("share", "percent"),
    ("share", "interval"),
    ("base_share", "percent"),
    ("index", "index"),
    ("index", "interval"),
    ("precision", "percent"),
    ("precision", "interval"),
    ("stability", "decimal"),
    ("say", "text"),
)
_TOGETHER: tuple[Field, ...] = (
    ("share", "percent"),
    ("least", "percent"),
    ("most", "percent"),
    ("independent", "percent"),
)


def media_page(plan: MediaPlan, language: Language = "nl") -> Document:
    """The document of a media plan."""
    rows = plan.channels.assign(say=[phrase(f"media.{each}", language) for each in plan.channels["advice"]])
    names, base = list(rows[language]), said(plan.about.base_title, language)
    figures = table(rows, names, _CHANNELS, phrase("media.caption", language), SECTION, language, first="medium")
    title = phrase("media.chart", language)
    blocks: list[Block] = [
        Paragraph(lead(plan, language), "lead"),
        Heading(phrase("media.channels_title", language)),
        index_chart(rows, names, "index", "n", title, base, figures, language),
        Heading(phrase("media.together_title", language)),
        Paragraph(phrase("media.together_text", language)),
    ]
    if len(plan.together):
        steps = [f"{row.step}. {getattr(row, language)}" for row in plan.together.itertuples()]
        caption = phrase("media.together_caption", language)
        blocks.append(table(plan.together, steps, _TOGETHER, caption, SECTION, language, first="step"))
    blocks.append(how(SECTION, language))
    return Document(
        title=phrase("media.title", language),
        subtitle=phrase("media.subtitle", language, profile=said(plan.about.title, language), base=base),
        language=language,
        kicker=phrase("media.kicker", language),
        notice=phrase("area.notice", language),
        blocks=tuple(blocks),
        accountability=foot(plan.about, language),
        minimum=plan.about.minimum,
    )


def lead(plan: MediaPlan, language: Language) -> str:
    """The plan and its bounds in one sentence."""
    if not len(plan.together):
        return phrase("media.lead_none", language)
    last = plan.together.iloc[-1]
    bounds = {each: figure(float(last[each]), "percent", language) for each in ("least", "most")}
    named = ", ".join(str(each) for each in plan.together[language])
    return phrase("media.lead", language, n=len(plan.together), names=named, **bounds)


PAGE = UsePage("media-plan", MediaPlan, media_page)
