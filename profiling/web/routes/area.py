"""Gebiedsanalyse: map, areas and segments of a selection; pictures and a workbook to take along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from profiling.reporting import excel
from profiling.reporting.area_page import area_page
from profiling.reporting.document import Document, Map
from profiling.reporting.maps import Measure
from profiling.web.account import account_of
from profiling.web.area_question import AreaQuestion, ask, search, work_areas
from profiling.web.aside import png
from profiling.web.downloads import download
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import Shown, drawn, page, state_of
from profiling.web.state import ALL, MEASURES, State

router = APIRouter()
ROUTES = Routes("area", router)
# A table of all buurten is more than a browser, or anybody, can read; one of all wijken is not.
LONGEST, TOP = 5_000, 500
Allowed = Annotated[Person, Depends(needs("viewer"))]


@router.get("/gebied")
def area(
    request: Request, _person: Allowed, text: Annotated[str, Query(alias="zoek", max_length=100)] = ""
) -> Response:
    """The question as a form, and its answer."""
    state = state_of(request)
    asked = ask(request, state)
    found = search(asked.published[0], text)
    shown = _shown(request, asked, state)
    first = asked.published[0]
    named = {code: name for code in state.areas for level in first.levels if (name := first.names.get((level, code)))}
    return page(
        request,
        "area.html",
        shown=shown.head,
        body=shown.body,
        cut=_most_rows(asked, state) is not None,
        level=asked.level,
        levels=first.levels,
        profiles=request.app.state.shelf.options(state.profiles, state.language),
        chosen=[(code, named.get(code, code)) for code in state.areas],
        work_areas=work_areas(request.app.state.settings),
        measures=MEASURES,
        text=text,
        found=found,
        account=account_of(asked.published, state.language),
    )


@router.get("/gebied/zoek")
def find(
    request: Request, _person: Allowed, text: Annotated[str, Query(alias="zoek", max_length=100)] = ""
) -> Response:
    """The areas that a text may mean, as part of a page."""
    state = state_of(request)
    (published, *_) = request.app.state.shelf.chosen(state.profiles)
    return page(request, "found.html", text=text, found=search(published, text))


@router.get("/gebied/excel")
def workbook(request: Request, person: Allowed) -> Response:
    """The same answer as a workbook."""
    state = state_of(request)
    asked = ask(request, state)
    content = excel.render(_document(request, asked, state), draw=png)
    return download(request, person, f"gebiedsanalyse-{asked.level}.xlsx", content, **_what(asked, state))


@router.get("/gebied/kaart.{kind}")
def picture(request: Request, person: Allowed, kind: str) -> Response:
    """The map of the first profile as a picture: svg or png."""
    state = state_of(request)
    asked = ask(request, state)
    svg = next((each.svg for each in _document(request, asked, state).blocks if isinstance(each, Map)), None)
    if svg is None or kind not in ("svg", "png"):
        return area(request, person)
    content = svg.markup.encode() if kind == "svg" else png(svg)
    return download(request, person, f"kaart-{asked.level}.{kind}", content, **_what(asked, state))


def _shown(request: Request, asked: AreaQuestion, state: State) -> Shown:
    """The answer as a page; kept."""
    key = (tuple(each.version for each in asked.published), tuple(state.pairs()), state.language)

    def make() -> Shown:
        return drawn(_document(request, asked, state, _most_rows(asked, state)), _row_links(asked, state))

    found: Shown = request.app.state.shown(key, make)
    return found


def _most_rows(asked: AreaQuestion, state: State) -> int | None:
    """How many areas a page shows in its table, where it does not show all of them; a workbook has them all."""
    rows = max(len(each.areas) for each in asked.analysis.profiles)
    return TOP if rows > LONGEST and state.rows != ALL else None


def _document(request: Request, asked: AreaQuestion, state: State, most_rows: int | None = None) -> Document:
    """The answer as data."""
    polygons = request.app.state.sources.polygons(asked.level)
    measure: Measure = state.measure  # type: ignore[assignment]
    return area_page(asked.analysis, language=state.language, polygons=polygons, measure=measure, most_rows=most_rows)


def _row_links(asked: AreaQuestion, state: State) -> dict[str, tuple[str, str]]:
    """First cell of the row of an area → its code, and the address that zooms in on it."""
    levels = asked.published[0].levels
    if asked.level == levels[-1]:
        return {}
    below = levels[levels.index(asked.level) + 1]
    found = {}
    for code, name in asked.analysis.profiles[0].areas[["code", "name"]].itertuples(index=False):
        address = state.url("/gebied", areas=(code,), work_area="", level=below)
        found[f"{name} ({code})" if name else code] = (code, address)
    return found


def _what(asked: AreaQuestion, state: State) -> dict[str, object]:
    names = [f"{each.listed.profile}@{each.version}" for each in asked.published]
    return {"profiles": names, "level": asked.level, "areas": list(state.areas), "work_area": state.work_area}
