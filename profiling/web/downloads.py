"""Files handed out: with a safe name, as a download, and a line in the audit log before they leave."""

from __future__ import annotations

import re
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from profiling.web.identity import Person

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}


def download(request: Request, person: Person, name: str, content: bytes, **what: Any) -> Response:
    """Hand out a file.

    Raises
    ------
    ArtefactError
        When the audit log cannot be written: then nothing leaves.
    """
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "bestand"
    request.app.state.audit.write(person.name, "download", file=safe, bytes=len(content), **what)
    kind = TYPES.get(safe.rpartition(".")[2], "application/octet-stream")
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{safe}"'})
