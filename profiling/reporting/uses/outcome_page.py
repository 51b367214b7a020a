"""The page of an experiment after it ended: what the action did, with its interval."""

from __future__ import annotations

from profiling.publish.uses.experiment import Outcome
from profiling.reporting.document import Document, Paragraph
from profiling.reporting.text import figure, phrase
from profiling.reporting.uses.use_blocks import Field, how, table
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import Language

SECTION = "experiment"
_GROUPS: tuple[Field, ...] = (("n", "count"), ("k", "count"), ("share", "percent"), ("share", "interval"))


def outcome_page(outcome: Outcome, language: Language = "nl") -> Document:
    """The document of an outcome."""
    names = [phrase(f"experiment.{each}", language) for each in outcome.groups["group"]]
    caption = phrase("experiment.groups", language)
    method = phrase("experiment.method_text", language, minimum=outcome.minimum)
    return Document(
        title=phrase("experiment.outcome_title", language),
        subtitle=phrase("experiment.outcome_subtitle", language),
        language=language,
        kicker=phrase("experiment.kicker", language),
        blocks=(
            Paragraph(lead(outcome, language), "lead"),
            table(outcome.groups, names, _GROUPS, caption, SECTION, language, first="group", decimals=2),
            how(SECTION, language),
        ),
        accountability=((phrase("experiment.method", language), method),),
        minimum=outcome.minimum,
    )


def lead(outcome: Outcome, language: Language) -> str:
    """The difference with its interval, and what it does not say, in one sentence."""
    if outcome.found is None:
        return phrase("experiment.outcome_hidden", language)
    numbers = {
        name: figure(value, "decimal", language)
        for name, value in (("difference", outcome.difference), ("low", outcome.low), ("high", outcome.high))
    }
    chance = figure(outcome.design_power, "percent", language, 0)
    return phrase(f"experiment.outcome_{'found' if outcome.found else 'not_found'}", language, **numbers, chance=chance)


PAGE = UsePage("experiment-outcome", Outcome, outcome_page)
