"""Pages from templates: our own frame around the blocks that reports are made of."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup

from profiling.publish.uploads import READABLE
from profiling.reporting.document import Cell, Document, Kind
from profiling.reporting.html import environment as reporting_environment
from profiling.reporting.svg import clean
from profiling.reporting.text import figure, phrase
from profiling.vocabulary import LANGUAGES, Language
from profiling.web import identity
from profiling.web.state import State, read_state

MODULES = (
    ("area", "/gebied", "viewer"),
    ("addresses", "/adressen", "address"),
    ("customers", "/klanten", "analyst"),
    ("enrich", "/verrijken", "analyst"),
    ("sketch", "/schets", "viewer"),
    ("compare", "/vergelijken", "viewer"),
    ("size", "/omvang", "analyst"),
    ("account", "/verantwoording", "viewer"),
)


@cache
def _environment() -> Environment:
    loaders = [PackageLoader("profiling.web", "templates"), PackageLoader("profiling.reporting", "templates")]
    return reporting_environment().overlay(loader=ChoiceLoader(loaders))


def _cell(language: Language, value: Cell, kind: Kind, decimals: int | None = None) -> str:
    return clean(figure(value, kind, language, decimals))


def _words(language: Language, key: str, **values: object) -> str:
    return phrase(key, language, **values)


def state_of(request: Request) -> State:
    """The state that the address says, in the tool's language unless it names one."""
    return read_state(request.query_params, request.app.state.settings.language)


def page(
    request: Request, template: str, *, status: int = 200, state: State | None = None, **context: Any
) -> HTMLResponse:
    """A page.

    Parameters
    ----------
    state : what is chosen; read from the address when left out.
    context : what the template shows.
    """
    state = state or state_of(request)
    person = identity.who_asks(request)
    modules = [(name, path) for name, path, role in MODULES if person and person.may(role)]  # type: ignore[arg-type]

    shown = {
        "state": state,
        "person": person,
        "modules": modules,
        "path": request.url.path,
        "languages": [each for each in LANGUAGES if each != state.language],
        "csrf": identity.token(request),
        "open": request.app.state.settings.open,
        "cell": partial(_cell, state.language),
        "words": partial(_words, state.language),
        "readable": ",".join(READABLE),
        "document": Document("", "", state.language, ()),
        "notice": "",
        "account": (),
    }
    text = _environment().get_template(template).render(shown | context)
    return HTMLResponse(clean(text), status_code=status)


@dataclass(frozen=True)
class Shown:
    """A document that is drawn already: its head and foot as data, its blocks as markup."""

    head: Document
    body: Markup


def drawn(document: Document, links: Mapping[str, tuple[str, str]]) -> Shown:
    """The blocks of a document as markup, to be kept: a whole country takes longer to draw than to send.

    Parameters
    ----------
    links : first cell of the row of an area → its code, and the address that zooms in on it.
    """
    language = document.language
    body = (
        _environment()
        .get_template("result.html")
        .render(document=document, row_links=links, cell=partial(_cell, language), words=partial(_words, language))
    )
    return Shown(replace(document, blocks=()), Markup(clean(body)))


def weight(shown: Shown) -> int:
    """Bytes of memory that a drawn page takes."""
    return sys.getsizeof(shown.body)


def language_of(request: Request) -> Language:
    """The language of an answer that may not fail, such as that to a fault."""
    asked = request.query_params.get("taal", "")
    usual: Language = request.app.state.settings.language
    return asked if asked in LANGUAGES else usual
