"""Pages from templates: our own frame around the blocks that reports are made of."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader

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

    def cell(value: Cell, kind: Kind, decimals: int | None = None) -> str:
        return clean(figure(value, kind, state.language, decimals))

    def words(key: str, **values: object) -> str:
        return phrase(key, state.language, **values)

    shown = {
        "state": state,
        "person": person,
        "modules": modules,
        "path": request.url.path,
        "languages": [each for each in LANGUAGES if each != state.language],
        "csrf": identity.token(request),
        "open": request.app.state.settings.open,
        "cell": cell,
        "words": words,
        "readable": ",".join(READABLE),
        "document": Document("", "", state.language, ()),
        "notice": "",
        "account": (),
    }
    text = _environment().get_template(template).render(shown | context)
    return HTMLResponse(clean(text), status_code=status)


def language_of(request: Request) -> Language:
    """The language of an answer that may not fail, such as that to a fault."""
    asked = request.query_params.get("taal", "")
    usual: Language = request.app.state.settings.language
    return asked if asked in LANGUAGES else usual
