"""Verantwoording: model card, report card, what a profile was made from, and whom to ask."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from profiling.reporting.profile_page import profile_page
from profiling.web.account import account_of
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of

router = APIRouter()
ROUTES = Routes("account", router)


@router.get("/verantwoording")
def account(request: Request, _person: Annotated[Person, Depends(needs("viewer"))]) -> Response:
    """The report card and the model card of each profile chosen."""
    state = state_of(request)
    published = request.app.state.shelf.chosen(state.profiles)
    documents = [
        profile_page(json.loads((each.folder / "card.json").read_text(encoding="utf-8")), language=state.language)
        for each in published
    ]
    return page(request, "documents.html", documents=documents, account=account_of(published, state.language))
