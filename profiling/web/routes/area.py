"""Gebiedsanalyse: map, areas and segments of a selection; pictures and a workbook to take along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from profiling.reporting import excel
from profiling.reporting.area_page import area_page
from profiling.reporting.document import Document, Map
from profiling.reporting.maps import Measure
from profiling.reporting.pictures import png
from profiling.web.account import account_of
from profiling.web.area_question import AreaQuestion, ask, search, work_areas
from profiling.web.downloads import download
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of
from profiling.web.state import MEASURES, State

router = APIRouter()
ROUTES = Routes("area", router)
Allowed = Annotated[Person, Depends(needs("viewer"))]


@router.get("/gebied")
def area(
    request: Request, _person: Allowed, text: Annotated[str, Query(alias="zoek", max_length=100)] = ""
) -> Response:
    """The question as a form, and its answer."""
    state = state_of(request)
    asked = ask(request, state)
    found = search(asked.published[0], text)
    document = _document(request, asked, state)
    first = asked.published[0]
    named = {code: name for (_, code), name in first.names.items() if code in state.areas}
    return page(
        request,
        "area.html",
        shown=document,
        level=asked.level,
        levels=first.levels,
        profiles=request.app.state.shelf.options(state.profiles),
        chosen=[(code, named.get(code, code)) for code in state.areas],
        work_areas=work_areas(request.app.state.settings),
        measures=MEASURES,
        text=text,
        found=found,
        row_links=_row_links(asked, state),
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
    content = excel.render(_document(request, asked, state))
    return download(request, person, f"gebiedsanalyse-{asked.level}.xlsx", content, **_what(asked, state))


@router.get("/gebied/kaart.{kind}")
def picture(request: Request, person: Allowed, kind: str) -> Response:
    """The map of the first profile as a picture: svg or png."""
    state = state_of(request)
    asked = ask(request, state)
    drawn = next((each.svg for each in _document(request, asked, state).blocks if isinstance(each, Map)), None)
    if drawn is None or kind not in ("svg", "png"):
        return area(request, person)
    content = drawn.markup.encode() if kind == "svg" else png(drawn)
    return download(request, person, f"kaart-{asked.level}.{kind}", content, **_what(asked, state))


def _document(request: Request, asked: AreaQuestion, state: State) -> Document:
    """The page as data; kept, because the map of a whole country takes longer to draw than to send."""
    key = ("area page", tuple(each.version for each in asked.published), tuple(state.pairs()), state.language)
    polygons = request.app.state.sources.polygons(asked.level)

    def make() -> Document:
        measure: Measure = state.measure  # type: ignore[assignment]
        return area_page(asked.analysis, language=state.language, polygons=polygons, measure=measure)

    document: Document = request.app.state.kept(key, make)
    return document


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
