"""Uses of customer files: partners side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling import uses
from profiling.cli.options import Commands, Data, Library, Work, out
from profiling.pipeline import Places
from profiling.reporting.uses import partners_page

app = typer.Typer()
COMMANDS = Commands("uses of customers", app)

Profile = Annotated[str, typer.Option(help="Name of a profile. name@2 takes version 2")]
PopulationFile = Annotated[Path | None, typer.Option(help="The household file, for its address book the first time")]


@app.command()
def partners(
    file: Annotated[list[str], typer.Argument(help="Two or more files, each as name=file.csv")],
    profile: Profile,
    to: Annotated[Path, typer.Option("--out", help="Folder for the documents and tables")] = Path("build/partners"),
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
