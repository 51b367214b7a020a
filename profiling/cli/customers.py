"""Files of customers: enriching them, and analysing them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from profiling.analyses import AreaQuestion, open_profiles
from profiling.artefacts import writing
from profiling.cli.options import (
    Commands,
    Data,
    File,
    Library,
    MapPolygons,
    Number,
    PopulationFile,
    Postcode,
    Profiles,
    To,
    Work,
    WorkAreas,
    out,
)
from profiling.customer_files import customer_analysis, write_customer_analysis
from profiling.pipeline import Places
from profiling.publish.customers_found import MatchReport, book_for
from profiling.publish.enrich import enrich as enrich_file
from profiling.publish.upload_columns import Columns
from profiling.publish.uploads import read_upload
from profiling.publish.work_areas import FOLDER
from profiling.reporting.customers_page import lead
from profiling.reporting.enriched_file import file_name, form_of, to_bytes
from profiling.reporting.html import write
from profiling.reporting.match_blocks import match_page, notices
from profiling.reporting.text import figure, phrase
from profiling.vocabulary import Language

app = typer.Typer()
COMMANDS = Commands("customers", app)

Id = Annotated[str | None, typer.Option("--id", help="Column of the customer number: heading, letter or number")]
Addition = Annotated[str | None, typer.Option(help="Column of the addition")]
Address = Annotated[str | None, typer.Option(help="Column with street and number, or the whole address")]
Country = Annotated[str | None, typer.Option(help="Column of the country")]
Header = Annotated[bool | None, typer.Option("--header/--no-header", help="Whether the first row holds headings")]
SheetName = Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook; the first that holds something")]
InLanguage = Annotated[Language, typer.Option("--language", help="nl or en")]


@app.command()
def enrich(
    file: File,
    profile: Profiles,
    to: Annotated[
        Path | None, typer.Option("--out", help="The enriched file, .csv or .xlsx; beside the file when left out")
    ] = None,
    population: PopulationFile = None,
    data: Data = None,
    id_column: Id = None,
    postcode: Postcode = None,
    number: Number = None,
    addition: Addition = None,
    address: Address = None,
    country: Country = None,
    header: Header = None,
    sheet: SheetName = None,
    language: InLanguage = "nl",
    work: Work = Places.work,
    library: Library = Places.library,
) -> None:
    """The same file back with segment and profiles per row, to load into a customer system."""
    columns = Columns(id_column, postcode, number, addition, address, country, header)
    form = None if to is None else form_of(to)
    upload = read_upload(file, columns, sheet=sheet)
    published = open_profiles(library, profile)
    made = enrich_file(upload, book_for(published, work, population, data=data), published)
    target = to or file.with_name(file_name(made))
    with writing(target) as aside:
        aside.write_bytes(to_bytes(made, language, form))
    page = target.with_name(f"{target.stem}-koppeling.{language}.html")
    write(match_page(made.report, language, published), page)
    show_report(made.report, language)
    out.print(f"{target}\n{page}")


@app.command()
def customers(
    file: File,
    profile: Profiles,
    to: To = Path("build/customers"),
    base: Annotated[
        str, typer.Option(help="national, provincie, gemeente, work-area, the name of one, or a file with codes")
    ] = "national",
    work_area: Annotated[str | None, typer.Option(help="Name of a saved work area: who of it is reached")] = None,
    areas: Annotated[str | None, typer.Option(help="Or its area codes with commas between, or a file")] = None,
    level: Annotated[str, typer.Option(help="Reached and not reached per gemeente, wijk or buurt")] = "wijk",
    work_areas: WorkAreas = FOLDER,
    polygons: MapPolygons = None,
    name: Annotated[str, typer.Option(help="Name of the library, for report 2")] = "",
    population: PopulationFile = None,
    data: Data = None,
    id_column: Id = None,
    postcode: Postcode = None,
    number: Number = None,
    addition: Addition = None,
    address: Address = None,
    country: Country = None,
    header: Header = None,
    sheet: SheetName = None,
    language: InLanguage = "nl",
    work: Work = Places.work,
    library: Library = Places.library,
) -> None:
    """Which of your customers belong to a profile, per segment, and who of a work area is reached."""
    columns = Columns(id_column, postcode, number, addition, address, country, header)
    question = AreaQuestion(tuple(profile), level, areas, work_area, base=base, work_areas=work_areas)
    analysis = customer_analysis(
        library, file, question, work=work, columns=columns, sheet=sheet, population=population, data=data
    )
    folder = write_customer_analysis(analysis, to, library=name, polygons=polygons)
    show_report(analysis.report, language)
    for each in analysis.profiles:
        out.print(lead(analysis, each, language), markup=False)
    out.print(f"{folder} · next: open customers.{language}.html")


def show_report(report: MatchReport, language: Language) -> None:
    """How the rows were found, and what to know."""
    if not report.told:
        out.print(phrase("enrich.untold", language), markup=False)
    heads = ("kind", "rows", "share")
    table = Table(*(phrase(f"enrich.{each}", language) for each in heads), box=None)
    for kind, n, share in report.table().itertuples(index=False):
        cells = (figure(int(n), "count", language), figure(float(share), "percent", language))
        table.add_row(phrase(f"enrich.{kind}", language), *cells)
    if report.told:
        out.print(table)
    for notice in notices(report, language):
        out.print(f"- {notice}", markup=False)
