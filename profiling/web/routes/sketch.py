"""The profielschets: the sheet of a profile version, as it was published."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from profiling.reporting.sketch_page import sketch_page
from profiling.web.account import account_of
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of

router = APIRouter()
ROUTES = Routes("sketch", router)


@router.get("/schets")
def sketch(request: Request, _person: Annotated[Person, Depends(needs("viewer"))]) -> Response:
    """Who they are: segments, traits, interests by channel, and what the model looks at."""
    state = state_of(request)
    published = request.app.state.shelf.chosen(state.profiles)
    shown = [
        sketch_page(json.loads((each.folder / "sketch.json").read_text(encoding="utf-8")), language=state.language)
        for each in published
    ]
    return page(request, "documents.html", documents=shown, account=account_of(published, state.language))
