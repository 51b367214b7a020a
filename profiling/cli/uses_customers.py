"""Uses of customer files: partners side by side, and what sets top customers apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling import uses
from profiling.cli.options import Commands, Data, Library, Number, OneProfile, PopulationFile, Postcode, To, Work, out
from profiling.pipeline import Places
from profiling.publish.upload_columns import Columns
from profiling.publish.uses.top_customers import TopRule
from profiling.publish.uses.top_reference import write_top_reference
from profiling.reporting.uses import partners_page, top_customers_page

app = typer.Typer()
COMMANDS = Commands("uses of customers", app)


@app.command()
def partners(
    file: Annotated[list[str], typer.Argument(help="Two or more files, each as name=file.csv")],
    profile: OneProfile,
    to: To = Path("build/partners"),
    base: Annotated[str, typer.Option(help="national, or a file with area codes")] = "national",
    population: PopulationFile = None,
    data: Data = None,
    work: Work = Places.work,
    library: Library = Places.library,
) -> None:
    """Files of partners side by side by segment and profile; nothing of them is kept."""
    files = {}
    for each in file:
        name, sign, path = each.partition("=")
        if not (name and sign and path) or name in files:
            raise typer.BadParameter(f"'{each}' is not name=file.csv, or its name stands twice", param_hint="FILE")
        files[name] = Path(path)
    found = uses.partners(library, profile, files, work=work, base=base, population=population, data=data)
    folder = uses.write_use(found, to)
    for name in files:
        out.print(partners_page.sentence_of(found, name, "nl"), markup=False)
    out.print(f"{folder} · next: open partners.nl.html")


@app.command("top-customers")
def top_customers(
    file: Annotated[Path, typer.Argument(help="CSV or Excel with postcode, house number and the column below")],
    profile: OneProfile,
    column: Annotated[str, typer.Option(help="Heading of the column that says who the top customers are")],
    population: Annotated[Path, typer.Option(help="The household file; its features are the variables")],
    top: Annotated[float | None, typer.Option(help="The highest part by that column, such as 0.2")] = None,
    equals: Annotated[str | None, typer.Option(help="Or the value that top customers have")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Name of a look-alike to make: keeps the keys of the customers' households")
    ] = None,
    contact: Annotated[str, typer.Option(help="Who answers for that profile")] = "",
    depth: Annotated[float, typer.Option(help="How deep that profile goes, 0 to 1")] = 0.1,
    minimum: Annotated[int, typer.Option(help="Fewest households that it may be built on")] = 500,
    to: To = Path("build/top-customers"),
    data: Data = None,
    postcode: Postcode = None,
    number: Number = None,
    work: Work = Places.work,
    library: Library = Places.library,
) -> None:
    """Which variables set top customers apart; and, when asked, a look-alike of them for `profiling run`."""
    if (top is None) == (equals is None):
        raise typer.BadParameter("give --top 0.2 or --equals gold, one of both", param_hint="--top")
    if reference and not contact:
        raise typer.BadParameter("a profile needs somebody who answers for it", param_hint="--contact")
    rule, columns = TopRule(column, equals, top), Columns(postcode=postcode, number=number)
    found = uses.top_customers(
        library, profile, file, rule, population=population, work=work, data=data, columns=columns
    )
    folder = uses.write_use(found, to)
    out.print(top_customers_page.lead(found, "nl"), markup=False)
    out.print(f"{folder} · next: open top-customers.nl.html")
    if reference:
        config = write_top_reference(
            found,
            to.with_name(f"{to.name}-reference"),
            name=reference,
            population=population,
            contact=contact,
            depth=depth,
            minimum=minimum,
        )
        out.print(f"{config} · next: profiling run {config}")
