"""Every fixed phrase of the pages in Dutch and English, and how one figure is written.

Dutch at level B1: short sentences, everyday words, a figure with what it counts.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from profiling.reporting.document import SUPPRESSED, Cell, Kind
from profiling.vocabulary import NOT_SHOWN, Language, day, number, term

DECIMALS: dict[Kind, int] = {"count": 0, "percent": 1, "index": 0, "interval": 0, "decimal": 2}


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    """All phrases by section; each section stands in the file of its name."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for path in files("profiling.reporting").joinpath("words").iterdir():
        if path.name.endswith(".toml"):
            found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def has_phrase(key: str) -> bool:
    """Whether there is a fixed phrase of this name ("section.name")."""
    section, _, name = key.partition(".")
    return name in _words().get(section, {})


def phrase(key: str, language: Language, **values: object) -> str:
    """A fixed phrase in the page's language.

    Parameters
    ----------
    key : "section.name"; without a section a common phrase, or else a word of the dictionary (`vocabulary`).
    values : what is filled in at {name}.

    Raises
    ------
    ConfigError
        When neither has it.
    """
    section, _, name = key.rpartition(".")
    found = _words()[section or "common"].get(name)
    return term(name, language) if found is None and not section else (found or {})[language].format(**values)


def phrases(stem: str, language: Language, **values: object) -> tuple[str, ...]:
    """The numbered phrases "stem_1", "stem_2", … in order, filled in as `phrase` does."""
    section, _, name = stem.rpartition(".")
    numbered = [key for key in _words()[section] if key.rpartition("_")[0] == name]
    return tuple(phrase(f"{section}.{key}", language, **values) for key in numbered)


def said(value: Any, language: Language, default: str = "") -> str:
    """A text given as a str or as {"nl": …, "en": …}; the other language where one is missing."""
    if isinstance(value, Mapping):
        return str(value.get(language) or value.get("nl") or value.get("en") or default)
    return str(value) if value else default


def figure(value: Cell, kind: Kind, language: Language, decimals: int | None = None) -> str:
    """One cell as text: "1.834", "11,2%", "201–211", "niet getoond" where suppressed, "–" where missing."""
    if value is SUPPRESSED:
        return term("suppressed", language)
    if value is None or value == "":
        return NOT_SHOWN
    if isinstance(value, str):
        return value
    places = DECIMALS.get(kind, 0) if decimals is None else decimals
    if isinstance(value, tuple):
        low, high = value
        # A dash between numbers that have a minus sign themselves cannot be read.
        between = "–" if low >= 0 else {"nl": " tot ", "en": " to "}[language]
        return f"{number(low, language, places)}{between}{number(high, language, places)}"
    written = number(value, language, places)
    return f"{written}%" if kind == "percent" else written


def date(value: Any, language: Language) -> str:
    """An ISO date in words: "30 september 2026"; anything else as it stands."""
    try:
        return day(datetime.date.fromisoformat(str(value)), language)
    except ValueError:
        return str(value or NOT_SHOWN)


def sentence(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]
