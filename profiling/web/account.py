"""Verantwoording: what stands at the foot of every page about a profile."""

from __future__ import annotations

from collections.abc import Sequence

from profiling.publish.published import Published
from profiling.reporting.text import date, figure, phrase
from profiling.vocabulary import Language, term


def account_of(published: Sequence[Published], language: Language) -> tuple[tuple[str, str], ...]:
    """Label and text: profile, version and status, base, snapshot, number of households, contact."""
    rows: list[tuple[str, str]] = []
    for each in published:
        base = f"{each.base_title(language)} ({figure(each.n_base, 'count', language)})"
        rows += [
            (term("look_alike_profile", language), each.title(language)),
            (
                phrase("version", language),
                f"{each.listed.number} ({each.version}), {term(each.listed.status, language)}",
            ),
            (phrase("profile_households", language), figure(each.n_profile, "count", language)),
            (phrase("compared", language), base),
            (phrase("snapshot", language), date(each.snapshot, language)),
            (phrase("contact", language), str(each.manifest["config"]["contact"])),
        ]
    return tuple(rows)
