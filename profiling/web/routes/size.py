"""Choosing a size: depth against similarity and expected capture. It changes no profile."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from profiling.publish.size import DEPTHS, depth_of, gains, sizes
from profiling.reporting.size_page import size_page
from profiling.web.account import account_of
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of

router = APIRouter()
ROUTES = Routes("size", router)


@router.get("/omvang")
def size(
    request: Request,
    _person: Annotated[Person, Depends(needs("analyst"))],
    depth: Annotated[float | None, Query(alias="diepte", gt=0, le=100)] = None,
) -> Response:
    """The slider, and what the chosen depth brings; the depth of the version where none is chosen."""
    state = state_of(request)
    published = request.app.state.shelf.chosen(state.profiles[:1])
    own = depth if depth is not None else depth_of(published[0])
    (chosen,) = sizes(published[0], [own])
    document = size_page(
        published[0], chosen, sizes(published[0], DEPTHS), gains(published[0]), language=state.language
    )
    return page(request, "size.html", shown=document, depth=own, account=account_of(published, state.language))
