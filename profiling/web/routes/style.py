"""The style sheet: that of the reports, and the tool's own."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

from profiling.reporting.html import style_sheet
from profiling.web.group import Routes

router = APIRouter()
ROUTES = Routes("style", router)


@router.get("/stijl.css")
def style() -> Response:
    """One style sheet; it says nothing of anybody, so it may be kept."""
    own = files("profiling.web").joinpath("static", "app.css").read_text(encoding="utf-8")
    return Response(style_sheet() + own, media_type="text/css", headers={"cache-control": "max-age=3600"})
