"""What stands under everything that libraries receive of a published profile: profile, version, base, date, contact."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from profiling.publish.published import Published
from profiling.reporting.text import date, figure, phrase, said
from profiling.vocabulary import Language


def of_households(
    base: Mapping[str, str], n: int, snapshot: str | datetime.date, language: Language
) -> tuple[tuple[str, str], ...]:
    """What figures of all households rest on, where no profile is in them: the base with its number, and its date."""
    return (
        (phrase("compared", language), f"{said(base, language)} ({figure(n, 'count', language)})"),
        (phrase("snapshot", language), date(str(snapshot), language)),
        (phrase("area.account_hidden", language), phrase("segment.read_hidden", language)),
    )


def of_profile(published: Published, language: Language) -> tuple[str, str]:
    """Title and version of a profile, as a line of the footer."""
    listed = published.listed
    version = f"{phrase('version', language)} {listed.number} ({listed.version})"
    return phrase("profile", language), f"{published.title(language)} · {version}"


def of_base(published: Published, language: Language) -> str:
    """The households that a profile is held against, and how many they are."""
    return f"{published.base_title(language)} ({figure(published.n_base, 'count', language)})"


def accountability(published: Published, language: Language) -> tuple[tuple[str, str], ...]:
    """Label and text of each line of the footer."""
    listed, made_with = published.listed, published.manifest.get("versions") or {}
    lines = [
        of_profile(published, language),
        (phrase("card.status", language), phrase(listed.status, language)),
        (phrase("compared", language), of_base(published, language)),
        (phrase("snapshot", language), date(published.snapshot, language)),
    ]
    if "lookalike-profiling" in made_with:
        lines.append((phrase("made_by", language), f"lookalike-profiling {made_with['lookalike-profiling']}"))
    lines.append((phrase("contact", language), str(published.manifest["config"]["contact"])))
    return tuple(lines)
