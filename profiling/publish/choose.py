"""Choose areas: codes of any level, a file with a list of them, or a saved work area, as a selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from profiling.errors import ProfileError, SchemaError, Text, did_you_mean
from profiling.profiles.cube import Tree
from profiling.publish.published import Published
from profiling.publish.selection import Selection, weights_of
from profiling.publish.vintages import REASONS, Matched, match_codes, whole_code

SHOWN = 5
_HEADS = {
    "code",
    "gebied",
    "area",
    "gemeente",
    "wijk",
    "buurt",
    "provincie",
    "gm_code",
    "wk_code",
    "bu_code",
    "gwb_code",
    "regio",
    "areas",
}


def select_areas(
    published: Published, codes: Sequence[str], *, title: Mapping[str, str] | None = None, level: str | None = None
) -> Selection:
    """The areas with these codes, of any level; codes that lost zeros are mended, unknown ones counted and explained.

    Parameters
    ----------
    codes : such as "GM0363", "WK036301" or "BU0363AF01".
    title : what to call the selection; made of the areas' names when left out.
    level : what a bare number stands for.

    Raises
    ------
    ProfileError
        When none of the codes is an area of this population.
    """
    areas = published.shown.areas
    matched = match_codes(areas, codes, level=level)
    if not matched.places:
        raise ProfileError(
            Text("Geen van deze gebieden zit in het bestand", "none of these areas is in the population"),
            where=published.listed.profile,
            faults=[
                Text(f"'{code}': {REASONS[why][0]}", f"'{code}': {REASONS[why][1]}") + _nearest(areas, code)
                for code, why in list(matched.unknown.items())[:SHOWN]
            ]
            or [Text("er is geen gebiedscode gegeven", "no codes were given")],
            hint=Text(
                f"Gebruik gebiedscodes van {published.year}, zoals {areas.codes[-1][0]}",
                f"the codes are of {published.year}; example: {areas.codes[-1][0]}",
            ),
        )
    return Selection(title or _title(published, matched), weights_of(areas, matched.places), _notes(published, matched))


def whole_country(published: Published) -> Selection:
    """All areas of the population."""
    title = {"nl": published.base_title("nl"), "en": published.base_title("en")}
    return Selection(title, np.ones(len(published.shown.areas.codes[-1])))


def select_base(published: Published, base: str, selection: Selection) -> Selection:
    """What to compare with: "national", a level whose areas around the selection count, or a file with a list of areas.

    Raises
    ------
    ProfileError
        When there is no such level, or no such file.
    """
    if base in ("national", "land"):
        return whole_country(published)
    areas = published.shown.areas
    if base in published.levels:
        level = areas.levels.index(base)
        nodes = np.unique(areas.smallest[level][selection.weights > 0]).tolist()
        codes = [areas.codes[level][each] for each in nodes]
        return select_areas(published, codes)
    if Path(base).is_file():
        return select_areas(published, read_codes(Path(base)), title={"nl": Path(base).stem, "en": Path(base).stem})
    known = ("national", *published.levels)
    listed = ", ".join(known)
    raise ProfileError(
        Text(f"Met '{base}' kunnen wij niet vergelijken", f"'{base}' is no base") + did_you_mean(base, known),
        hint=Text(
            f"Kies uit {listed}, de naam van een werkgebied, of een bestand met gebiedscodes",
            f"choose from {listed}, the name of a work area, or a file with area codes",
        ),
    )


def other_than(published: Published, base: Selection, selection: Selection) -> Selection:
    """The base, or the whole country where the base holds nothing but the selection itself."""
    if not np.array_equal(base.weights > 0, selection.weights > 0):
        return base
    name = base.title
    note = {
        "nl": f"{name['nl']} is hetzelfde gebied als de selectie. Daarom vergelijken we met het hele land.",
        "en": f"{name['en']} is the same area as the selection. So we compare with the whole country.",
    }
    country = whole_country(published)
    return Selection(country.title, country.weights, (note,))


def read_codes(path: Path) -> list[str]:
    """Area codes from a text or CSV file: one on each line, in the first column; a heading is skipped.

    Raises
    ------
    SchemaError
        When the file is absent, is not text, or is empty.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = Text("Het bestand met gebieden is niet te lezen", f"cannot be read: {error.strerror}")
        raise SchemaError(what, where=path) from error
    if b"\0" in raw:
        raise SchemaError(
            Text("Het bestand met gebieden is geen tekst", "is not a text file"),
            where=path,
            hint=Text(
                "Bewaar de lijst als CSV, of zet op elke regel één code",
                "save the list as CSV, or one code on each line",
            ),
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    between = max(";,\t", key=text.partition("\n")[0].count)
    codes = [line.split(between)[0].strip().strip('"') for line in text.splitlines()]
    kept = [code for place, code in enumerate(codes) if code and not (place == 0 and code.lower() in _HEADS)]
    if not kept:
        raise SchemaError(
            Text("In het bestand staan geen gebiedscodes", "holds no area codes"),
            where=path,
            hint=Text("Zet op elke regel één code, zoals BU0363AF01", "one code on each line, such as BU0363AF01"),
        )
    return kept


def _title(published: Published, matched: Matched) -> dict[str, str]:
    areas = published.shown.areas
    names = [
        published.names.get((areas.levels[level], areas.codes[level][place])) or areas.codes[level][place]
        for level, place in matched.places
    ]
    more = len(names) - 3
    shown = ", ".join(names[:3])
    return (
        {"nl": f"{shown} en {more} andere", "en": f"{shown} and {more} more"}
        if more > 0
        else {"nl": shown, "en": shown}
    )


def _notes(published: Published, matched: Matched) -> tuple[Mapping[str, str], ...]:
    notes = []
    if matched.mended:
        shown = _some([f"{written} → {code}" for written, code in matched.mended.items()])
        number = len(matched.mended)
        notes.append(
            {"nl": f"{number} codes zijn aangevuld: {shown}.", "en": f"{number} codes were completed: {shown}."}
        )
    total = len(matched.unknown) + len(matched.places)
    for why, number in sorted(Counter(matched.unknown.values()).items()):
        shown = _some([code for code, reason in matched.unknown.items() if reason == why])
        nl, en = REASONS[why]
        notes.append(
            {
                "nl": f"{number} van {total} codes niet gevonden: {nl}: {shown}. Deze gebieden tellen niet mee.",
                "en": f"{number} of {total} codes not found: {en}: {shown}. These areas do not count.",
            }
        )
    if matched.other_year:
        notes.append(
            {
                "nl": f"De lijst is waarschijnlijk van een ander jaar: onze gebiedscodes zijn van {published.year}.",
                "en": f"The list is probably of another year: our area codes are of {published.year}.",
            }
        )
    return tuple(notes)


def _some(parts: Sequence[str]) -> str:
    return ", ".join(parts[:SHOWN]) + (", …" if len(parts) > SHOWN else "")


def _nearest(areas: Tree, code: str) -> Text:
    whole = whole_code(code) or code
    level = next((place for place, codes in enumerate(areas.codes) if codes[0][:2] == whole[:2]), areas.depth)
    return did_you_mean(whole, areas.codes[level])
