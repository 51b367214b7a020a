"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from profiling.web import identity
from profiling.web.group import Routes
from profiling.web.pages import page
from profiling.web.users import read_users, signs_in

router = APIRouter()
ROUTES = Routes("sign-in", router)


@router.get("/aanmelden")
def form(request: Request) -> Response:
    """The page to sign in."""
    if identity.who_asks(request):
        return RedirectResponse("/", status_code=303)
    return page(request, "sign_in.html", failed=False)


@router.post("/aanmelden", dependencies=[Depends(identity.own_form)])
def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Check the password, and begin a session."""
    settings, audit = request.app.state.settings, request.app.state.audit
    if settings.users is None or settings.proxy_header or not signs_in(read_users(settings.users), name, password):
        audit.write(name[:100], "sign in failed")
        return page(request, "sign_in.html", status=403, failed=True)
    audit.write(name, "signed in")
    identity.sign_in(request, name)
    return RedirectResponse("/", status_code=303)


@router.post("/afmelden", dependencies=[Depends(identity.own_form)])
def sign_out(request: Request) -> Response:
    """End the session."""
    identity.sign_out(request)
    return RedirectResponse("/aanmelden", status_code=303)
