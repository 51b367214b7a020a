"""What stands under everything that libraries receive of a published profile: profile, version, base, date, contact."""

from __future__ import annotations

from profiling.publish.published import Published
from profiling.reporting.text import date, figure, phrase
from profiling.vocabulary import Language


def accountability(published: Published, language: Language) -> tuple[tuple[str, str], ...]:
    """Label and text of each line of the footer."""
    listed, made_with = published.listed, published.manifest.get("versions") or {}
    base = f"{published.base_title(language)} ({figure(published.n_base, 'count', language)})"
    lines = [
        (
            phrase("profile", language),
            f"{published.title(language)} · {phrase('version', language)} {listed.number} ({listed.version})",
        ),
        (phrase("card.status", language), phrase(listed.status, language)),
        (phrase("compared", language), base),
        (phrase("snapshot", language), date(published.snapshot, language)),
    ]
    if "lookalike-profiling" in made_with:
        lines.append((phrase("made_by", language), f"lookalike-profiling {made_with['lookalike-profiling']}"))
    lines.append((phrase("contact", language), str(published.manifest["config"]["contact"])))
    return tuple(lines)
