"""Reports for libraries: fact sheets of the segments, and reports 1 and 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from profiling import reports
from profiling.artefacts import canonical_json, write_json
from profiling.cli.options import (
    Commands,
    Data,
    Library,
    MapPolygons,
    Name,
    PopulationFile,
    Profiles,
    Version,
    Work,
    WorkAreas,
    out,
)
from profiling.pipeline import Places
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.profiles import library as profile_library
from profiling.publish.algorithm_register import algorithm_record
from profiling.publish.published import open_published
from profiling.publish.work_areas import FOLDER
from profiling.reports import ReportOrder, Written

app = typer.Typer(help="Rapporten voor bibliotheken · reports for libraries", no_args_is_help=True)
COMMANDS = Commands("report", app, grouped=True)

Population = Annotated[Path, typer.Option(help="The household file")]
AnyProfiles = Annotated[list[str] | None, typer.Option("--profile", help="Profile of the library; may be given again")]
To = Annotated[Path, typer.Option("--out", help="Folder to make")]
Sheets = Annotated[
    Path | None, typer.Option(help="Folder of `profiling report segments`, to describe the segments with")
]
WorkAreaNames = Annotated[list[str] | None, typer.Option(help="Name of a work area; may be given again")]
Everybody = Annotated[bool, typer.Option("--all", help="All work areas there are")]
Level = Annotated[str, typer.Option(help="Areas of the map and the tables")]
POPULATION = Path("configs/populations/simulated-nl.toml")


@app.command("1")
def report_one(
    profile: Profiles,
    work_area: WorkAreaNames = None,
    everybody: Everybody = False,
    work_areas: WorkAreas = FOLDER,
    level: Level = "wijk",
    base: Annotated[str, typer.Option(help="national, provincie, gemeente or the name of a work area")] = "provincie",
    polygons: MapPolygons = None,
    sheets: Sheets = None,
    library: Library = Places.library,
    to: To = Path("build/report-1"),
) -> None:
    """Report 1: work areas against the province or the country, all segments; page and workbook per library."""
    order = ReportOrder(
        library,
        tuple(profile),
        work_areas,
        chosen(work_area, everybody),
        level=level,
        base=base,
        polygons=polygons,
        sheets=sheets,
    )
    areas = order.chosen()
    _show(reports.write_reports(1, areas, lambda area: reports.report_one_pages(order, area), to))


@app.command("2")
def report_two(
    profile: Profiles,
    members: Annotated[Path, typer.Option(help="Member file, or a folder with one per work area (L005.csv)")],
    work_area: WorkAreaNames = None,
    everybody: Everybody = False,
    work_areas: WorkAreas = FOLDER,
    level: Level = "wijk",
    base: Annotated[str, typer.Option(help="national, provincie, gemeente, work-area, or a work area")] = "national",
    polygons: MapPolygons = None,
    sheets: Sheets = None,
    population: PopulationFile = None,
    data: Data = None,
    work: Work = Places.work,
    library: Library = Places.library,
    to: To = Path("build/report-2"),
) -> None:
    """Report 2: work areas against their member files, with deepening; page and workbook per library."""
    order = ReportOrder(
        library,
        tuple(profile),
        work_areas,
        chosen(work_area, everybody),
        level=level,
        base=base,
        polygons=polygons,
        members=members,
        sheets=sheets,
        work=work,
        population=population,
        data=data,
    )
    areas = order.chosen()
    _show(reports.write_reports(2, areas, lambda area: reports.report_two_pages(order, area), to))


@app.command()
def segments(
    profile: AnyProfiles = None,
    library: Library = Places.library,
    population: Population = POPULATION,
    data: Data = None,
    to: To = Path("reports/segments"),
) -> None:
    """A fact sheet of every sub segment of the household file, and all of them in one workbook."""
    store = open_population(load_population(population, data=data))
    published = [open_published(library, each) for each in profile or ()]
    made = reports.write_segment_sheets(store, published, to)
    _show(made)


@app.command()
def register(
    profile: Name,
    version: Version = None,
    library: Library = Places.library,
    to: Annotated[Path | None, typer.Option("--out", help="JSON file to write; on the screen when left out")] = None,
) -> None:
    """The record for the Algoritmeregister, with the status that the version has now."""
    listed = profile_library.find(library, profile, version)
    card = json.loads((profile_library.bundle_folder(library, listed) / "card.json").read_text(encoding="utf-8"))
    record = algorithm_record(card, status=listed.status)
    if to is None:
        out.print_json(canonical_json(record.fields))
    else:
        write_json(to, record.fields)
    out.print(f"{len(record.to_write)} fields wait for a person: {', '.join(record.to_write)}")


def chosen(names: list[str] | None, everybody: bool) -> tuple[str, ...]:
    """Which work areas are asked for: those named, or all (none named)."""
    if bool(names) == everybody:
        raise typer.BadParameter("give --work-area NAME, or --all for all of them", param_hint="--work-area")
    return tuple(names or ())


def _show(made: Written) -> None:
    out.print(f"{made.n_documents} documents in {made.folder} · next: open {made.index}")
