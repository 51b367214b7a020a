"""Two profiles side by side."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from profiling.publish.published import Published
from profiling.publish.side_by_side import compare_published
from profiling.publish.size import gains
from profiling.reporting.area_page import area_map
from profiling.reporting.document import Map
from profiling.reporting.side_page import side_page
from profiling.web.account import account_of
from profiling.web.area_question import ask
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of
from profiling.web.state import State

router = APIRouter()
ROUTES = Routes("compare", router)


@router.get("/vergelijken")
def compare(request: Request, _person: Annotated[Person, Depends(needs("viewer"))]) -> Response:
    """Choose two profiles; what they share, segments and gains."""
    state, shelf = state_of(request), request.app.state.shelf
    known = [each for each in shelf.listed() if each.status != "withdrawn"]
    options = [(f"{each.profile}@{each.number}", f"{each.profile} {each.number} ({each.version})") for each in known]
    asked = tuple(each if "@" in each else _numbered(shelf.open(each)) for each in state.profiles)
    if len(asked) < 2:
        return page(request, "compare.html", options=options, asked=asked, shown=None)
    first, second = shelf.chosen(asked[:2])
    found = request.app.state.kept(("side", first.version, second.version), lambda: compare_published(first, second))
    maps = [_map(request, state, each) for each in (first, second)]
    drawn = [each for each in maps if each is not None]
    shown = drawn if len(drawn) == len(maps) else []
    document = side_page(found, (gains(first), gains(second)), shown, language=state.language)
    account = account_of((first, second), state.language)
    return page(request, "compare.html", options=options, asked=asked, shown=document, account=account)


def _map(request: Request, state: State, published: Published) -> Map | None:
    """The map of the whole country for one of the two, where there are polygons."""
    asked = ask(request, State(profiles=(_numbered(published),), language=state.language, usual=state.usual))
    polygons = request.app.state.sources.polygons(asked.level)
    if polygons is None:
        return None
    return area_map(asked.analysis, asked.analysis.profiles[0], polygons, state.language)[0]


def _numbered(published: Published) -> str:
    return f"{published.listed.profile}@{published.listed.number}"
