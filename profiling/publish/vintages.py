"""Area codes as people have them: mended where that is certain, and held against the year of a population.

CBS changes buurten, wijken and gemeenten every year. A code that is not of our year is never replaced by another one:
it is counted, and explained as far as the code itself tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profiling.profiles.cube import Tree

PREFIXES = {"provincie": ("PV", 2), "gemeente": ("GM", 4), "wijk": ("WK", 6), "buurt": ("BU", 8)}
MANY = 0.02


@dataclass(frozen=True)
class Matched:
    """What became of a list of codes.

    Parameters
    ----------
    places : (level, position) in the tree of each area that was found; levels count from the whole (0).
    mended : code as written → our code, where it had lost zeros, its prefix, or its capitals.
    unknown : code as written → why it is not there, as a key of `REASONS`.
    """

    places: tuple[tuple[int, int], ...]
    mended: Mapping[str, str]
    unknown: Mapping[str, str]

    @property
    def other_year(self) -> bool:
        """Whether so many codes are unknown that the list is probably of another year."""
        total = len(self.places) + len(self.unknown)
        return bool(total) and len(self.unknown) / total > MANY


REASONS: dict[str, tuple[str, str]] = {
    "no_code": ("dit is geen gebiedscode", "this is no area code"),
    "gemeente_gone": (
        "deze gemeente bestaat niet in dit jaar (opgeheven, samengevoegd of nieuw)",
        "this municipality does not exist in this year (dissolved, merged or new)",
    ),
    "wijk_gone": (
        "de gemeente bestaat, deze wijk niet in dit jaar (opnieuw ingedeeld)",
        "the municipality exists, this district does not in this year (divided anew)",
    ),
    "buurt_gone": (
        "de wijk bestaat, deze buurt niet in dit jaar (opnieuw ingedeeld)",
        "the district exists, this neighbourhood does not in this year (divided anew)",
    ),
    "free": ("dit gebied is er niet", "there is no such area"),
}


def match_codes(areas: Tree, written: Sequence[str], *, level: str | None = None) -> Matched:
    """Find areas by their codes, whatever level each is of.

    Parameters
    ----------
    written : codes such as "BU0363AF01", "363" or "gm0363".
    level : what a code without a prefix stands for; without it its length tells.
    """
    places: list[tuple[int, int]] = []
    mended: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for text in dict.fromkeys(each.strip() for each in written if each.strip()):
        found = _place(areas, text)
        if found is None:
            code = whole_code(text, level)
            found = None if code is None else _place(areas, code)
            if found is not None and code is not None:
                mended[text] = code
            else:
                unknown[text] = _reason(areas, code)
        if found is not None and found not in places:
            places.append(found)
    return Matched(tuple(places), mended, unknown)


def whole_code(text: str, level: str | None = None) -> str | None:
    """A CBS code with its prefix and all its zeros ("363" → "GM0363"); None for what is no code.

    Without a prefix or level up to four digits are a gemeente, up to six a wijk, and up to eight a buurt.
    """
    upper = re.sub(r"\.0$", "", text.strip()).upper()
    for name, (prefix, _) in PREFIXES.items():
        if upper.startswith(prefix):
            level, upper = name, upper.removeprefix(prefix)
            break
    if level is None:
        level = "gemeente" if len(upper) <= 4 else "wijk" if len(upper) <= 6 else "buurt"
    prefix, length = PREFIXES[level]
    if not re.fullmatch(r"[0-9][0-9A-Z]*", upper) or len(upper) > length:
        return None
    return f"{prefix}{upper.zfill(length)}"


def _place(areas: Tree, code: str) -> tuple[int, int] | None:
    for level, places in enumerate(areas.places):
        if level and code in places:
            return level, places[code]
    return None


def _reason(areas: Tree, code: str | None) -> str:
    if code is None:
        return "no_code"
    if not any(each.startswith(tuple(prefix for prefix, _ in PREFIXES.values())) for each in areas.codes[-1][:5]):
        return "free"
    parts = {"gemeente": f"GM{code[2:6]}", "wijk": f"WK{code[2:8]}"}
    known = {
        level: parts[level] in places
        for level, places in zip(areas.levels, areas.places, strict=True)
        if level in parts
    }
    if code[:2] == "GM" or not known.get("gemeente", True):
        return "gemeente_gone"
    if code[:2] == "WK" or not known.get("wijk", True):
        return "wijk_gone"
    return "buurt_gone"
