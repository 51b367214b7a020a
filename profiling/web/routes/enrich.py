"""Bestandsverrijking: the same file back with segment and profiles per row, and how the rows were found."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from profiling.publish.enrich import Enrichment, enrich
from profiling.reporting.enriched_file import file_name, to_bytes
from profiling.reporting.match_blocks import match_page
from profiling.web.account import account_of
from profiling.web.downloads import download
from profiling.web.file_choice import FileChoice, file_choice
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of

router = APIRouter()
ROUTES = Routes("enrich", router)
Allowed = Annotated[Person, Depends(needs("analyst"))]


@router.get("/verrijken")
def show(request: Request, _person: Allowed) -> Response:
    """Choose a file; then its columns, the match report, and the enriched file."""
    state, shelf = state_of(request), request.app.state.shelf
    published = shelf.chosen(state.profiles)
    choice = file_choice(request)
    shown = None if choice is None else match_page(_enriched(request, choice).report, state.language, published)
    return page(
        request,
        "files.html",
        module="verrijken",
        profiles=shelf.options(state.profiles, state.language),
        choice=choice,
        shown=shown,
        address=choice.link(request, "/verrijken/bestand") if choice else "",
        account=account_of(published, state.language),
    )


@router.get("/verrijken/bestand")
def take(request: Request, person: Allowed) -> Response:
    """The enriched file, as it came: CSV or Excel."""
    choice = file_choice(request)
    if choice is None:
        return show(request, person)
    made = _enriched(request, choice)
    names = [f"{each.listed.profile}@{each.version}" for each in made.profiles]
    content = to_bytes(made, state_of(request).language)
    return download(request, person, file_name(made), content, rows=made.report.n_rows, profiles=names)


def _enriched(request: Request, choice: FileChoice) -> Enrichment:
    published = request.app.state.shelf.chosen(state_of(request).profiles)
    return enrich(choice.upload, request.app.state.sources.book(published), published)
