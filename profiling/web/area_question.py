"""The question that an address asks about areas, as the verbs of `publish` take it.

Codes come from outside: they are looked up among the areas of the profile and never become the path of a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from profiling.errors import Text, WebError, did_you_mean
from profiling.publish.area import AreaAnalysis, analyse_areas
from profiling.publish.choose import select_areas, select_base, whole_country
from profiling.publish.published import Published
from profiling.publish.selection import Selection
from profiling.publish.work_areas import WorkArea, read_work_areas, select_work_area
from profiling.web.settings import WebSettings
from profiling.web.state import State

NATIONAL = "national"


@dataclass(frozen=True)
class AreaQuestion:
    """Profiles, level, and the answer."""

    published: tuple[Published, ...]
    level: str
    analysis: AreaAnalysis


def ask(request: Request, state: State) -> AreaQuestion:
    """Answer what the address asks; the answer is kept, as versions never change.

    Raises
    ------
    ProfileError, WebError, ConfigError
        When a profile, an area, a level or a base is not there.
    """
    published = request.app.state.shelf.chosen(state.profiles)
    level = state.level or usual_level(published[0], state)
    key = ("area", tuple(each.version for each in published), level, state.areas, state.work_area, state.base)
    found = request.app.state.kept(key, lambda: _analysis(published, level, state, request.app.state.settings))
    return AreaQuestion(published, level, found)


def usual_level(published: Published, state: State) -> str:
    """One level below what is chosen, so that an answer has several rows and few enough to read."""
    levels = published.levels
    if not levels:
        raise WebError(
            Text("Dit profiel heeft geen gebieden", "this profile has no areas"),
            hint=Text("Kies een ander profiel", "choose another profile"),
        )
    if not state.areas and not state.work_area:
        return "gemeente" if "gemeente" in levels else levels[-1]
    chosen = {level for level, code in published.names if code in state.areas}
    deepest = max((levels.index(each) for each in chosen if each in levels), default=0)
    return levels[min(deepest + 2, len(levels) - 1)] if state.areas else levels[-1]


def work_areas(settings: WebSettings) -> tuple[WorkArea, ...]:
    """The saved work areas by title; none where there is no such place."""
    found = read_work_areas(settings.work_areas).areas if settings.work_areas.exists() else {}
    return tuple(sorted(found.values(), key=lambda each: each.nl))


def search(published: Published, text: str, most: int = 20) -> list[tuple[str, str, str]]:
    """Level, code and name of areas whose name or code begins with, or else holds, the text; large areas first."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    rank = {level: place for place, level in enumerate(published.levels)}
    found = [
        (not (name.casefold().startswith(wanted) or code.casefold().startswith(wanted)), rank[level], name, code, level)
        for (level, code), name in published.names.items()
        if level in rank and (wanted in name.casefold() or wanted in code.casefold())
    ]
    return [(level, code, name) for _, _, name, code, level in sorted(found)[:most]]


def choose_selection(published: Published, state: State, settings: WebSettings) -> Selection:
    """The areas that a state names: a work area, codes, or else the whole country."""
    if state.work_area:
        return select_work_area(published, _work_area(state.work_area, settings))
    return select_areas(published, state.areas, level=state.level or None) if state.areas else whole_country(published)


def choose_base(published: Published, base: str, selection: Selection, settings: WebSettings) -> Selection | None:
    """What is compared with: a level around the selection, or a work area; None for the whole country."""
    if not base or base == NATIONAL:
        return None
    if base in published.levels:
        return select_base(published, base, selection)
    return select_work_area(published, _work_area(base, settings))


def _analysis(published: tuple[Published, ...], level: str, state: State, settings: WebSettings) -> AreaAnalysis:
    selection = choose_selection(published[0], state, settings)
    base = choose_base(published[0], state.base, selection, settings)
    return analyse_areas(published, selection, level=level, base=base)


def _work_area(name: str, settings: WebSettings) -> WorkArea:
    known = {each.name: each for each in work_areas(settings)}
    if name not in known:
        what = Text(f"Er is geen werkgebied '{name[:60]}'", f"there is no work area '{name[:60]}'")
        raise WebError(
            what + did_you_mean(name, known), hint=Text("Kies een werkgebied uit de lijst", "choose one of the list")
        )
    return known[name]
