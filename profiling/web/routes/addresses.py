"""Adresselectie: how many there are, how many are wished, for what, and the list; and the register with its ends."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from profiling.publish import addresses, selections
from profiling.publish.address_request import Order
from profiling.publish.address_request import Request as AddressRequest
from profiling.reporting.address_page import address_workbook
from profiling.web.account import account_of
from profiling.web.downloads import download
from profiling.web.group import Routes
from profiling.web.identity import Person, needs, own_form
from profiling.web.pages import page, state_of

router = APIRouter()
ROUTES = Routes("addresses", router)
Allowed = Annotated[Person, Depends(needs("address"))]


@router.get("/adressen")
def choose(request: Request, _person: Allowed) -> Response:
    """The areas, how many addresses there are in them, and the register."""
    state, sources = state_of(request), request.app.state.sources
    published = request.app.state.shelf.chosen(state.profiles[:1])
    today = datetime.date.today()
    register = request.app.state.settings.selections
    available = None
    if state.areas:
        available = addresses.count_addresses(
            published[0],
            sources.store(),
            state.areas,
            policy=sources.policy(),
            opt_outs=sources.opt_outs(today),
            register=register,
            on=today,
        )
    return page(
        request,
        "addresses.html",
        published=published[0],
        profiles=request.app.state.shelf.options(state.profiles[:1], state.language),
        available=available,
        policy=sources.policy(),
        entries=[(each, each.status(today)) for each in reversed(selections.entries(register))],
        account=account_of(published, state.language),
    )


@router.post("/adressen/selectie", dependencies=[Depends(own_form)])
def select(
    request: Request,
    person: Allowed,
    purpose: Annotated[str, Form(alias="doel", max_length=200)] = "",
    requester: Annotated[str, Form(alias="aanvrager", max_length=200)] = "",
    wished: Annotated[int | None, Form(alias="aantal", ge=1)] = None,
    order: Annotated[Order, Form(alias="volgorde")] = "highest",
    control: Annotated[float | None, Form(alias="controle", ge=0, le=50)] = None,
    repeat: Annotated[bool, Form(alias="opnieuw")] = False,
) -> Response:
    """Draw the addresses, enter them in the register, and hand out the workbook."""
    state, sources = state_of(request), request.app.state.sources
    published = request.app.state.shelf.chosen(state.profiles[:1])
    today = datetime.date.today()
    asked = AddressRequest(
        purpose, requester, state.areas, wished, order, None if control is None else control / 100.0, repeat
    )
    made = addresses.select_addresses(
        published[0],
        sources.store(),
        asked,
        policy=sources.policy(),
        opt_outs=sources.opt_outs(today),
        register=request.app.state.settings.selections,
        on=today,
    )
    return download(
        request,
        person,
        f"adressen-{made.entry.id}.xlsx",
        address_workbook(made, state.language),
        selection=made.entry.id,
        profile=made.entry.profile,
        version=made.entry.version,
        areas=list(made.entry.areas),
        n=made.entry.n_selected,
    )


@router.post("/adressen/vernietigd", dependencies=[Depends(own_form)])
def destroyed(request: Request, person: Allowed, selection: Annotated[str, Form(alias="selectie")]) -> Response:
    """Confirm that the list and all its copies are gone."""
    register = request.app.state.settings.selections
    gone = selections.destroy(register, selection, by=person.name, on=datetime.date.today())
    request.app.state.audit.write(person.name, "destroyed", selection=gone.id)
    return RedirectResponse(state_of(request).url("/adressen"), status_code=303)
