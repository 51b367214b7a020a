"""Uses around branches: catchments, and the strengths and weaknesses of each branch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling import uses
from profiling.cli.options import Commands, Data, Library, Work, out
from profiling.pipeline import Places
from profiling.publish.upload_columns import Columns
from profiling.publish.uses.branches import RULES
from profiling.publish.uses.catchment import Method
from profiling.reporting.uses import branches_page, catchment_page

app = typer.Typer()
COMMANDS = Commands("uses of branches", app)

File = Annotated[Path, typer.Argument(help="CSV or Excel with customer number, postcode and house number")]
Profile = Annotated[str, typer.Option(help="Name of a profile. name@2 takes version 2")]
Branches = Annotated[Path, typer.Option(help="CSV with branch, name, x and y (RD metres)")]
Polygons = Annotated[Path, typer.Option(help="Folder or file with the polygons of the smallest areas")]
How = Annotated[Method, typer.Option(help="nearest, radius or isochrones")]
Radius = Annotated[float | None, typer.Option(help="Metres, for --method radius")]
Isochrones = Annotated[Path | None, typer.Option(help="Polygons per branch (column code), for --method isochrones")]
PopulationFile = Annotated[Path | None, typer.Option(help="The household file, for its address book the first time")]
Postcode = Annotated[str | None, typer.Option(help="Column of the postcode")]
Number = Annotated[str | None, typer.Option(help="Column of the house number")]


@app.command()
def catchment(
    file: File,
    profile: Profile,
    branches: Branches,
    polygons: Polygons,
    to: Annotated[Path, typer.Option("--out", help="Folder for the documents and tables")] = Path("build/catchment"),
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
    profile: Profile,
    branches: Branches,
    polygons: Polygons,
    to: Annotated[Path, typer.Option("--out", help="Folder for the documents and tables")] = Path("build/branches"),
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
