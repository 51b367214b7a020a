"""The page of the top customers: what sets them apart, one variable at a time and all together."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from profiling.publish.uses.top_customers import TopCustomers
from profiling.reporting.document import Block, Document, Heading, KeyFigure, KeyFigures, Paragraph, Table
from profiling.reporting.match_blocks import match_blocks
from profiling.reporting.text import figure, phrase
from profiling.reporting.uses.use_blocks import Field, foot, how, kept_nothing, table
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import Language

SECTION = "top"
SHOWN = 20
SMALL_EFFECT = 0.2
_EFFECT: tuple[Field, ...] = (("effect", "decimal"), ("effect", "interval"))
_LEVELS: tuple[Field, ...] = (
    ("n_top", "count"),
    ("n_rest", "count"),
    ("top", "percent"),
    ("rest", "percent"),
    ("difference", "decimal"),
    ("difference", "interval"),
    *_EFFECT,
)
_NUMBERS: tuple[Field, ...] = (
    ("n_top", "count"),
    ("n_rest", "count"),
    ("mean_top", "decimal"),
    ("mean_rest", "decimal"),
    ("difference", "decimal"),
    ("difference", "interval"),
    *_EFFECT,
)


def top_customers_page(found: TopCustomers, language: Language = "nl") -> Document:
    """The document of top customers."""
    shown = found.variables[~found.variables["suppressed"].astype(bool)]
    numbers = shown[shown["kind"] == "number"].rename(columns={"top": "mean_top", "rest": "mean_rest"}).head(SHOWN)
    levels = shown[shown["kind"] == "level"].head(SHOWN)
    blocks: list[Block] = [
        Paragraph(lead(found, language), "lead"),
        KeyFigures(
            (
                KeyFigure(phrase("top.n_top_households", language), found.n_top),
                KeyFigure(phrase("top.n_rest_households", language), found.n_rest),
            )
        ),
        Heading(phrase("top.levels_title", language)),
    ]
    if len(levels):
        caption = phrase("top.levels_caption", language)
        blocks.append(_table(levels, _LEVELS, caption, language))
    if len(numbers):
        caption = phrase("top.numbers_caption", language)
        blocks += [Heading(phrase("top.numbers_title", language)), _table(numbers, _NUMBERS, caption, language)]
    if len(found.model):
        n = figure(found.n_model, "count", language)
        blocks += [Heading(phrase("top.model_title", language)), Paragraph(phrase("top.model_text", language, n=n))]
        fields: tuple[Field, ...] = (("odds", "decimal"), ("odds", "interval"))
        blocks.append(_table(found.model, fields, phrase("top.model_caption", language), language))
    blocks += [
        how(SECTION, language, minimum=found.about.minimum),
        Heading(phrase("customers.matching", language)),
        *match_blocks(found.report, language),
    ]
    return Document(
        title=phrase("top.title", language),
        subtitle=phrase("top.subtitle", language, file=found.report.file, rule=rule(found, language)),
        language=language,
        kicker=phrase("top.kicker", language),
        notice=phrase("top.notice", language),
        blocks=tuple(blocks),
        accountability=(*foot(found.about, language), *kept_nothing(language)),
        minimum=found.about.minimum,
    )


def lead(found: TopCustomers, language: Language) -> str:
    """What sets the top customers apart most, in one sentence."""
    shown = found.variables[~found.variables["suppressed"].astype(bool)]
    clear = shown[(shown["effect_low"] > 0) | (shown["effect_high"] < 0)]
    if clear.empty:
        return phrase("top.lead_none", language)
    first = list(_names(clear.drop_duplicates("feature").head(3), language))
    small = " " + phrase("top.small", language) if clear["effect"].abs().max() < SMALL_EFFECT else ""
    return phrase("top.lead", language, names="; ".join(first)) + small


def rule(found: TopCustomers, language: Language) -> str:
    """Who counts as a top customer, in a few words."""
    if found.rule.equals is not None:
        return phrase("top.rule_equals", language, column=found.rule.column, value=found.rule.equals)
    part = figure(100.0 * (found.rule.part or 0.0), "percent", language, 0)
    return phrase("top.rule_part", language, column=found.rule.column, part=part)


def _table(rows: pd.DataFrame, fields: Sequence[Field], caption: str, language: Language) -> Table:
    return table(rows, _names(rows, language), fields, caption, SECTION, language, first="variable", decimals=2)


def _names(rows: pd.DataFrame, language: Language) -> list[str]:
    named, levels = rows[language].astype(str), rows[f"level_{language}"].astype(str)
    return [f"{name}: {level}" if level else name for name, level in zip(named, levels, strict=True)]


PAGE = UsePage("top-customers", TopCustomers, top_customers_page)
