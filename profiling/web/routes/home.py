"""The first page: which profiles there are, and what can be done with them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from profiling.profiles.library import told_apart
from profiling.reporting.text import date
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of

router = APIRouter()
ROUTES = Routes("home", router)


@router.get("/")
def home(request: Request, _person: Annotated[Person, Depends(needs("viewer"))]) -> Response:
    """All profiles with their versions; a withdrawn one is shown as withdrawn, with the reason."""
    state, shelf = state_of(request), request.app.state.shelf
    rows = []
    for listed in shelf.listed():
        usable = listed.status != "withdrawn"
        opened = shelf.open(f"{listed.profile}@{listed.number}") if usable else None
        rows.append(
            {
                "listed": listed,
                "asked": f"{listed.profile}@{listed.number}",
                "title": opened.title(state.language) if opened else listed.profile,
                "n": opened.n_profile if opened else None,
                "snapshot": date(opened.snapshot, state.language) if opened else None,
            }
        )
    titles = {row["listed"].profile: row["title"] for row in rows}
    apart = told_apart(titles)
    for row in rows:
        name = row["listed"].profile
        row["title"] = apart[name] if row["title"] == titles[name] else row["title"]
    return page(request, "home.html", rows=rows)
