"""Uploads: a file comes onto the desk, for minutes and in memory, and can be taken off again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from profiling.errors import Text, UploadError
from profiling.publish.uploads import open_sheet
from profiling.web.group import Routes
from profiling.web.identity import Person, needs, own_form, token
from profiling.web.pages import state_of

router = APIRouter()
ROUTES = Routes("files", router)
Allowed = Annotated[Person, Depends(needs("analyst"))]
Module = Literal["klanten", "verrijken"]


@router.post("/bestand", dependencies=[Depends(own_form)])
def upload(
    request: Request,
    person: Allowed,
    file: Annotated[UploadFile, Form(alias="bestand")],
    module: Annotated[Module, Form(alias="onderdeel")],
) -> Response:
    """Take a file in, if it is a table."""
    data = file.file.read()
    file.file.close()
    if not data:
        raise UploadError(
            Text("Er is geen bestand gekozen, of het is leeg", "no file was chosen"),
            hint=Text("Kies een Excel-bestand of een CSV-bestand", "choose an Excel file or a CSV"),
        )
    name = (file.filename or "bestand")[:120]
    open_sheet(data, name=name)
    key = request.app.state.desk.put(token(request), name, data)
    request.app.state.audit.write(person.name, "upload", bytes=len(data), module=module)
    state = state_of(request)
    return RedirectResponse(_with(state.url(f"/{module}"), key), status_code=303)


@router.post("/bestand/weg", dependencies=[Depends(own_form)])
def forget(request: Request, _person: Allowed, module: Annotated[Module, Form(alias="onderdeel")]) -> Response:
    """Take the file off the desk."""
    request.app.state.desk.forget(token(request))
    return RedirectResponse(state_of(request).url(f"/{module}"), status_code=303)


def _with(address: str, key: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}bestand={key}"
