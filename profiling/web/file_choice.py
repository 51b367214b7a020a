"""What a page about an uploaded file has in common: the file on the desk, its columns guessed or said."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request

from profiling.publish.upload_columns import ROLES, Columns, Role, letter
from profiling.publish.uploads import Upload, read_upload
from profiling.web.identity import token
from profiling.web.pages import state_of


@dataclass(frozen=True)
class FileChoice:
    """An uploaded file as it is understood. `options` is value and label of every column, `chosen` role → value."""

    key: str
    upload: Upload
    options: tuple[tuple[str, str], ...]
    chosen: dict[Role, str]
    asked: tuple[tuple[str, str], ...]

    def link(self, request: Request, path: str) -> str:
        """The address of what is made of this file, with everything that was chosen."""
        return f"{path}?{urlencode([*state_of(request).pairs(), *self.asked, ('bestand', self.key)])}"


def file_choice(request: Request) -> FileChoice | None:
    """The file that the address names, if it names one.

    Raises
    ------
    WebError
        When it is gone.
    UploadError
        When its columns cannot be understood.
    """
    key = request.query_params.get("bestand", "")
    if not key:
        return None
    kept = request.app.state.desk.get(token(request), key)
    said = {role: request.query_params.get(role, "") for role in ROLES}
    header = {"ja": True, "nee": False}.get(request.query_params.get("kop", ""))
    upload = read_upload(kept.data, Columns(**{k: v or None for k, v in said.items()}, header=header), name=kept.name)
    width = upload.sheet.texts.num_columns
    heads = upload.headings if upload.header else ("",) * width
    options = tuple((letter(place), f"{letter(place)} {heads[place]}".strip()[:60]) for place in range(width))
    chosen = {role: letter(places[0]) for role, places in upload.roles.items() if places}
    asked = tuple((role, value) for role, value in said.items() if value)
    return FileChoice(key, upload, options, chosen, asked)
