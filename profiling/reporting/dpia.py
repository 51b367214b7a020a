"""The outline of a DPIA for a profile: the 17 points of the Model DPIA Rijksdienst, filled with what the system knows.

Where a person must judge or decide, the page says so and asks the question; it never answers for that person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiling.publish.card import feature_names
from profiling.reporting.card_blocks import accountability
from profiling.reporting.document import Block, Document, Heading, Note, Paragraph, Points
from profiling.reporting.required import require
from profiling.reporting.text import date, figure, has_phrase, phrase, phrases, said
from profiling.vocabulary import Language

PARTS = {"a": range(1, 11), "b": range(11, 16), "c": range(16, 17), "d": range(17, 18)}
REQUIRED = (
    "profile.name",
    "profile.version",
    "base.name",
    "base.households",
    "snapshot",
    "cutoff.households",
    "reference.households",
    "features.hard",
    "features.excluded",
)


def dpia(card: Mapping[str, Any], *, language: Language = "nl") -> Document:
    """The outline as a document, for any renderer.

    Parameters
    ----------
    card : the report card, as it stands in the bundle.

    Raises
    ------
    ArtefactError
        When the card lacks what a DPIA cannot do without; all missing keys at once.
    """
    require(card, REQUIRED, "the profile's card")
    profile = card["profile"]
    none = phrase("dpia.none", language)
    values = {
        "title": said(profile.get("title"), language, profile["name"]),
        "version": profile["version"],
        "purpose": said(profile.get("purpose"), language),
        "contact": profile.get("contact") or none,
        "base": said(card["base"]["name"], language),
        "n_base": figure(card["base"]["households"], "count", language),
        "n": figure(card["cutoff"]["households"], "count", language),
        "n_group": figure(card["reference"]["households"], "count", language),
        "group": said(card["reference"].get("title"), language),
        "snapshot": date(card["snapshot"], language),
        **{each: ", ".join(feature_names(card, each, language)) or none for each in ("hard", "soft", "excluded")},
        "minimum": (card.get("disclosure") or {}).get("minimum", 10),
        "bias": said(card.get("bias"), language),
    }
    blocks: list[Block] = [Note(phrase("dpia.read", language), phrases("dpia.read", language), "caution")]
    for part, numbers in PARTS.items():
        blocks.append(Heading(phrase(f"dpia.part_{part}", language)))
        for number in numbers:
            blocks += _point(number, values, language)
    return Document(
        title=phrase("dpia.title", language, **values),
        subtitle=phrase("dpia.subtitle", language, **values),
        kicker=phrase("dpia.kicker", language),
        language=language,
        notice=phrase("dpia.notice", language),
        blocks=tuple(blocks),
        accountability=accountability(card, language),
    )


def _point(number: int, values: Mapping[str, object], language: Language) -> list[Block]:
    """One point: its title, what the system knows, and what a person has to write."""
    stem = f"dpia.p{number:02d}"
    blocks: list[Block] = [Heading(f"{number}. {phrase(f'{stem}_title', language)}", 3)]
    known = phrases(f"{stem}_known", language, **values)
    if len(known) == 1:
        blocks.append(Paragraph(known[0]))
    elif known:
        blocks.append(Points(known))
    if has_phrase(f"{stem}_human"):
        blocks.append(Note(phrase("dpia.human", language), (phrase(f"{stem}_human", language),), "caution"))
    return blocks
