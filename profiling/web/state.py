"""The state of a page, which is the address bar and nothing else: a page can be sent to a colleague."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from profiling.errors import Text, WebError, did_you_mean
from profiling.vocabulary import LANGUAGES, Language

LONGEST = 200
_WORDS = {
    "profiles": "profiel",
    "level": "niveau",
    "areas": "gebied",
    "work_area": "werkgebied",
    "base": "basis",
    "measure": "maat",
    "rows": "rijen",
    "language": "taal",
}
ALL = "alle"
MEASURES = ("index", "penetration", "count")


@dataclass(frozen=True)
class State:
    """What is chosen. Profiles are "name" or "name@version", areas codes of any level, `rows` is "alle" for a table of
    all areas however many, `usual` the tool's language."""

    profiles: tuple[str, ...] = ()
    level: str = ""
    areas: tuple[str, ...] = ()
    work_area: str = ""
    base: str = ""
    measure: str = "index"
    rows: str = ""
    language: Language = "nl"
    usual: Language = "nl"

    def changed(self, **changes: Any) -> State:
        """The same state with something else in it."""
        return replace(self, **changes)

    def url(self, path: str, **changes: Any) -> str:
        """The address of a page in this state; what is as usual stays away."""
        pairs = self.changed(**changes).pairs()
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def pairs(self, *but: str) -> list[tuple[str, str]]:
        """Names and values of all that is not as usual, for an address or a form, without those named in `but`."""
        usual = State(language=self.usual)
        return [
            (word, one)
            for name, word in _WORDS.items()
            if name not in but and getattr(self, name) != getattr(usual, name)
            for one in _tuple(getattr(self, name))
        ]


def read_state(query: QueryParams, usual: Language = "nl") -> State:
    """The state that an address says.

    Raises
    ------
    WebError
        When a measure or language is unknown, or a value is too long to be one of ours.
    """
    if any(len(value) > LONGEST for value in query.values()):
        raise WebError(
            Text("In het webadres staat iets dat te lang is", "the address holds a value that is too long"),
            hint=Text("Ga naar het begin en kies opnieuw", "choose again"),
        )
    measure, language = query.get("maat", "index"), query.get("taal", usual)
    if measure not in MEASURES:
        what = Text(f"Er is geen maat '{measure}'", f"there is no measure '{measure}'")
        raise WebError(what + did_you_mean(measure, MEASURES))
    if language not in get_args(Language):
        what = Text(f"Er is geen taal '{language}'", f"there is no language '{language}'")
        raise WebError(what + did_you_mean(language, LANGUAGES))
    rows = query.get("rijen", "")
    if rows not in ("", ALL):
        what = Text(f"De keuze van rijen kan niet '{rows}' zijn", f"the choice of rows cannot be '{rows}'")
        raise WebError(what + did_you_mean(rows, [ALL]))
    areas = [code.strip() for each in query.getlist("gebied") for code in each.replace(";", ",").split(",")]
    return State(
        profiles=tuple(dict.fromkeys(each for each in query.getlist("profiel") if each)),
        level=query.get("niveau", ""),
        areas=tuple(dict.fromkeys(code for code in areas if code)),
        work_area=query.get("werkgebied", ""),
        base=query.get("basis", ""),
        measure=measure,
        rows=rows,
        language=language,  # type: ignore[arg-type]
        usual=usual,
    )


def _tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
