"""Klantanalyse: which part of an uploaded file belongs to a profile, and who of a work area is reached."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from profiling.publish.choose import whole_country
from profiling.publish.customers import CustomerAnalysis, analyse_customers
from profiling.reporting import excel
from profiling.reporting.customers_page import customers_page
from profiling.web.account import account_of
from profiling.web.area_question import choose_base, choose_selection, work_areas
from profiling.web.aside import png
from profiling.web.downloads import download
from profiling.web.file_choice import FileChoice, file_choice
from profiling.web.group import Routes
from profiling.web.identity import Person, needs
from profiling.web.pages import page, state_of

router = APIRouter()
ROUTES = Routes("customers", router)
Allowed = Annotated[Person, Depends(needs("analyst"))]


@router.get("/klanten")
def show(request: Request, _person: Allowed) -> Response:
    """Choose a file; then its columns, base and work area, and the analysis."""
    state, shelf = state_of(request), request.app.state.shelf
    published = shelf.chosen(state.profiles)
    choice = file_choice(request)
    shown = None if choice is None else customers_page(_analysis(request, choice), language=state.language)
    return page(
        request,
        "customers.html",
        module="klanten",
        profiles=shelf.options(state.profiles, state.language),
        levels=published[0].levels,
        work_areas=work_areas(request.app.state.settings),
        choice=choice,
        shown=shown,
        address=choice.link(request, "/klanten/excel") if choice else "",
        account=account_of(published, state.language),
    )


@router.get("/klanten/excel")
def workbook(request: Request, person: Allowed) -> Response:
    """The analysis as a workbook; no row of the file is in it."""
    choice = file_choice(request)
    if choice is None:
        return show(request, person)
    analysis = _analysis(request, choice)
    content = excel.render(customers_page(analysis, language=state_of(request).language), draw=png)
    names = [f"{each.name}@{each.version}" for each in analysis.profiles]
    return download(request, person, "klantanalyse.xlsx", content, rows=analysis.report.n_rows, profiles=names)


def _analysis(request: Request, choice: FileChoice) -> CustomerAnalysis:
    state, settings = state_of(request), request.app.state.settings
    published = request.app.state.shelf.chosen(state.profiles)
    first = published[0]
    area = choose_selection(first, state, settings) if state.work_area or state.areas else None
    base = choose_base(first, state.base, area or whole_country(first), settings) or whole_country(first)
    book = request.app.state.sources.book(published)
    return analyse_customers(choice.upload, book, published, base=base, work_area=area, level=state.level or None)
