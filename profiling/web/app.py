"""The application: settings in, routes found, faults turned into pages."""

from __future__ import annotations

import logging
import re
import secrets
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from profiling.errors import ProfilingError, Said, Text, WebError
from profiling.plugs import discover
from profiling.reporting.text import phrase
from profiling.web import routes
from profiling.web.audit import Audit
from profiling.web.desk import Desk
from profiling.web.identity import SignInNeededError
from profiling.web.kept import Kept
from profiling.web.pages import language_of, page, weight
from profiling.web.protection import Protection
from profiling.web.settings import WebSettings, check_settings
from profiling.web.shelf import Shelf
from profiling.web.sources import Sources
from profiling.web.state import State

COOKIE = "profiling"
# A path of this machine, of which only the last name is said.
_PLACE = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?[/\\](?:[^/\\'\",;:()]+[/\\])*([^\s/\\'\",;:()]+)")
# Answers by number, and their pages in bytes: those of all gemeenten in a few ways.
ANSWERS, PAGES = 64, 100_000_000


def create_app(settings: WebSettings) -> FastAPI:
    """The tool over one library of profiles.

    Raises
    ------
    WebError
        When these settings would leave it open to others.
    """
    check_settings(settings)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, title="profiling")
    app.state.settings, app.state.shelf = settings, Shelf(settings.library)
    app.state.audit, app.state.sessions = Audit.at(settings.work), set()
    app.state.kept, app.state.shown = Kept(ANSWERS), Kept(PAGES, weigh=weight)
    app.state.desk, app.state.sources = Desk(), Sources(settings)
    app.mount("/static", StaticFiles(directory=Path(str(files("profiling.web") / "static"))), name="static")
    for group in discover(routes, "ROUTES").values():
        app.include_router(group.router)
    app.add_exception_handler(ProfilingError, _fault)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _wrong_value)  # type: ignore[arg-type]
    app.add_exception_handler(SignInNeededError, _sign_in_first)
    app.add_exception_handler(StarletteHTTPException, _refusal)  # type: ignore[arg-type]
    # A new secret at every start: nobody stays signed in over a restart.
    app.add_middleware(
        SessionMiddleware,
        secret_key=secrets.token_hex(32),
        session_cookie=COOKIE,
        max_age=settings.session,
        same_site="strict",
        https_only=settings.https,
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts))
    app.add_middleware(Protection, settings=settings, fault=_ours)
    return app


def _fault(request: Request, error: ProfilingError) -> Response:
    """A fault in the reader's words, without a path of this machine."""
    language = language_of(request)
    said = error.said(language)
    if not isinstance(error.what, Text):
        # Without Dutch it is nothing that a reader can mend, such as a broken policy.
        rest = tuple(_PLACE.sub(r"\1", part) for part in (said.what, *said.faults, said.hint) if part)
        said = Said(phrase("web.for_keeper", language), rest, phrase("web.for_keeper_hint", language))
    return _message(request, 400, *said)


def _wrong_value(request: Request, error: RequestValidationError) -> Response:
    """A number that is none, or one out of bounds, in a form or an address."""
    names = dict.fromkeys(str(each["loc"][-1]) for each in error.errors())
    faults = [Text(f"'{name[:60]}' kan deze waarde niet hebben", f"'{name[:60]}' cannot be this") for name in names]
    hint = Text("Ga terug, verbeter het veld en probeer het opnieuw", "go back, correct the field and try again")
    what = Text("Een ingevuld veld klopt niet", "a field holds a value that is not possible")
    return _fault(request, WebError(what, faults=faults, hint=hint))


def _sign_in_first(request: Request, _error: Exception) -> Response:
    if request.method != "GET":
        return _message(request, 401, "", (), "")
    return RedirectResponse("/aanmelden", status_code=303)


def _refusal(request: Request, error: HTTPException) -> Response:
    return _message(request, error.status_code, "", (), "")


def _ours(request: Request, error: Exception) -> Response:
    logging.getLogger("profiling.web").error("a fault of ours", exc_info=error)
    return _message(request, 500, "", (), "")


def _message(request: Request, status: int, what: str, faults: tuple[str, ...], hint: str) -> Response:
    known = status if status in (400, 401, 403, 404, 405, 413) else 500
    return page(
        request,
        "message.html",
        status=status,
        state=State(language=language_of(request), usual=request.app.state.settings.language),
        title_key=f"web.status_{known}",
        what=what,
        faults=faults,
        hint=hint,
    )
