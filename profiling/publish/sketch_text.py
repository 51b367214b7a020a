"""What the profile sketch says in words: titles, a sentence per row, headlines and notes, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.population.config import HardFeature, SoftFeature, Title
from profiling.vocabulary import LANGUAGES, TERMS, Language, number

Row = Mapping[str, Any]

SENTENCES = tuple(f"sentence_{each}" for each in LANGUAGES)
_NL = {
    "frame": "{title} komt in dit profiel {how} ({figures}).",
    "above": "{times} keer zo vaak voor als gemiddeld",
    "below": "minder vaak voor dan gemiddeld, {times} keer zo vaak",
    "average": "ongeveer even vaak voor als gemiddeld",
    "unsure": "misschien vaker of minder vaak voor dan gemiddeld, maar dat is niet zeker",
    "hidden": "{title}: te weinig huishoudens om te tonen.",
    "conflict": " Let op: het beschrijvende model wijst de andere kant op; verwante interesses kunnen dat doen.",
    "segment": "Van {title} hoort {part}% bij het profiel, {times} keer zo vaak als gemiddeld ({figures}).",
    "median": "{title}: de helft van het profiel zit op of onder {profile}; in de basis is dat {base}.",
    "size": "Dit profiel telt {n} huishoudens: {part}% van {base}.",
    "segments": "Deze segmenten springen eruit: {names}.",
    "channel": "{channel}, vaker dan gemiddeld: {names}.",
    "chance": "Een grotere kans, geen zekerheid. De schets gaat over huishoudens als geheel, niet over personen.",
    "luck": "Van elke 20 interesses zonder verschil valt er door toeval ongeveer 1 buiten de marge.",
    "conflicts": "Bij {n} interesses wijzen index en model verschillende kanten op; dat staat erbij.",
}
_EN = {
    "frame": "{title} occurs {how} ({figures}).",
    "above": "{times} times as often in this profile as on average",
    "below": "less often in this profile than on average, {times} times as often",
    "average": "about as often in this profile as on average",
    "unsure": "perhaps more or less often in this profile than on average, but that is not certain",
    "hidden": "{title}: too few households to show.",
    "conflict": " Note: the descriptive model points the other way; related interests can cause this.",
    "segment": "Of {title}, {part}% belongs to the profile, {times} times as often as on average ({figures}).",
    "median": "{title}: half of the profile is at or below {profile}; in the base that is {base}.",
    "size": "This profile has {n} households: {part}% of {base}.",
    "segments": "These segments stand out: {names}.",
    "channel": "{channel}, more often than average: {names}.",
    "chance": "An increased chance, no certainty. The sketch is about households as a whole, not about persons.",
    "luck": "Of every 20 interests without a difference about 1 falls outside its interval by chance.",
    "conflicts": "For {n} interests index and model point different ways; their rows say so.",
}


def titles(key: str, said: SoftFeature | HardFeature | Title | None) -> dict[str, str]:
    """The titles nl and en of a feature or group; the key where the configuration gives none."""
    nl = said.nl if said and said.nl else key
    return {"nl": nl, "en": said.en if said and said.en else nl}


def index_sentence(row: Row, title: str, limits: tuple[float, float], language: Language) -> str:
    """An interest or level read aloud; says so where its figures are hidden."""
    if row["index"] is None:
        return _say("hidden", language, title=title)
    unsure = row["direction"] == "average" and not limits[0] <= row["index"] <= limits[1]
    how = _say("unsure" if unsure else row["direction"], language, times=_times(row, language))
    warning = _say("conflict", language) if row.get("conflict") else ""
    return _say("frame", language, title=title, how=how, figures=_figures(row, language)) + warning


def segment_sentence(row: Row, language: Language) -> str:
    """An over-represented segment read aloud."""
    part, times = number(row["penetration"], language, 1), _times(row, language)
    return _say("segment", language, title=row[language], part=part, times=times, figures=_figures(row, language))


def median_sentence(row: Row, language: Language) -> str:
    """A number with its medians read aloud; whole where both medians are whole."""
    medians = {side: row[f"median_{side}"] for side in ("profile", "base")}
    decimals = 0 if all(value.is_integer() for value in medians.values()) else 1
    sides = {side: number(value, language, decimals) for side, value in medians.items()}
    return _say("median", language, title=row[language], **sides)


def headlines(
    n_profile: int, n_base: int, base: str, segments: Sequence[Row], interests: Sequence[Row], language: Language
) -> list[str]:
    """Size, top three segments, and the three most typical interests of each channel.

    Parameters
    ----------
    base : what the profile is compared with, in the language.
    segments, interests : rows of the sketch, in its order.
    """
    part = number(100.0 * n_profile / n_base, language, 1)
    lines = [_say("size", language, n=number(n_profile, language), part=part, base=base)]
    top = [f"{row[language]} (index {number(row['index'], language)})" for row in segments[:3]]
    if top:
        lines.append(_say("segments", language, names=", ".join(top)))
    for channel in dict.fromkeys(row["channel"] for row in interests):
        above = [row for row in interests if row["channel"] == channel and row["direction"] == "above"]
        title = channel_titles(channel)[language]
        if above:
            names = ", ".join(row[language] for row in above[:3])
            lines.append(_say("channel", language, channel=title[:1].upper() + title[1:], names=names))
    return lines


def notes(n_conflicts: int, language: Language) -> list[str]:
    """How to read the sketch, with how many of its interests contradict the index."""
    keys = ["conflicts", "chance", "luck"] if n_conflicts else ["chance", "luck"]
    return [_say(key, language, n=n_conflicts) for key in keys]


def channel_titles(channel: str) -> dict[str, str]:
    """The titles nl and en of a channel; its key where the dictionary does not know it."""
    return {each: TERMS[channel].name(each) if channel in TERMS else channel for each in LANGUAGES}


def _say(key: str, language: Language, **values: object) -> str:
    return (_NL if language == "nl" else _EN)[key].format(**values)


def _times(row: Row, language: Language) -> str:
    return number(row["index"] / 100.0, language, 1 if row["index"] >= 10 else 2)


def _figures(row: Row, language: Language) -> str:
    index, low, high, n = (number(row[each], language) for each in ("index", "index_low", "index_high", "n"))
    return f"index {index}, {low}–{high}; n = {n}"
