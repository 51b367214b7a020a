"""Uses around branches: catchments, and the strengths and weaknesses of each branch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling import uses
from profiling.cli.options import (
    AreaPolygons,
    Branches,
    Commands,
    Data,
    File,
    Library,
    Number,
    OneProfile,
    PopulationFile,
    Postcode,
    To,
    Work,
    out,
)
from profiling.pipeline import Places
from profiling.publish.upload_columns import Columns
from profiling.publish.uses.branch_land import Method
from profiling.publish.uses.branches import RULES
from profiling.reporting.uses import branches_page, catchment_page

app = typer.Typer()
COMMANDS = Commands("uses of branches", app)

How = Annotated[Method, typer.Option(help="nearest, radius or isochrones")]
Radius = Annotated[float | None, typer.Option(help="Metres, for --method radius")]
Isochrones = Annotated[Path | None, typer.Option(help="Polygons per branch (column code), for --method isochrones")]


@app.command()
def catchment(
    file: File,
    profile: OneProfile,
    branches: Branches,
    polygons: AreaPolygons,
    to: To = Path("build/catchment"),
    method: How = "nearest",
    radius: Radius = None,
    isochrones: Isochrones = None,
    population: PopulationFile = None,
    data: Data = None,
    postcode: Postcode = None,
    number: Number = None,
    work: Work = Places.work,
    library: Library = Places.library,
) -> None:
    """Your customers against the people who live around your branches."""
    found = uses.catchment(
        library,
        profile,
        file,
        branches=branches,
        polygons=polygons,
        work=work,
        method=method,
        radius=radius,
        isochrones=isochrones,
        columns=Columns(postcode=postcode, number=number),
        population=population,
        data=data,
    )
    folder = uses.write_use(found, to)
    out.print(catchment_page.lead(found, "nl"), markup=False)
    out.print(f"{folder} · next: open catchment.nl.html")


@app.command()
def branches(
    file: File,
    profile: OneProfile,
    branches: Branches,
    polygons: AreaPolygons,
    to: To = Path("build/branches"),
    rules: Annotated[Path, typer.Option(help="Rules for strengths, weaknesses and chances")] = RULES,
    method: How = "nearest",
    radius: Radius = None,
    isochrones: Isochrones = None,
    population: PopulationFile = None,
    data: Data = None,
    postcode: Postcode = None,
    number: Number = None,
    work: Work = Places.work,
    library: Library = Places.library,
) -> None:
    """Strengths, weaknesses and chances of every branch, with local action points."""
    found = uses.catchment(
        library,
        profile,
        file,
        branches=branches,
        polygons=polygons,
        work=work,
        method=method,
        radius=radius,
        isochrones=isochrones,
        columns=Columns(postcode=postcode, number=number),
        population=population,
        data=data,
    )
    review = uses.branches(found, rules)
    folder = uses.write_use(review, to)
    out.print(branches_page.lead(review, "nl"), markup=False)
    out.print(f"{folder} · next: open branches.nl.html")
