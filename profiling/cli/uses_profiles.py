"""Uses of a profile by itself: media plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling import uses
from profiling.cli.options import Commands, Library, Name, out
from profiling.pipeline import Places
from profiling.reporting.uses import media_page

app = typer.Typer()
COMMANDS = Commands("uses of profiles", app)


@app.command("media-plan")
def media_plan(
    profile: Name,
    to: Annotated[Path, typer.Option("--out", help="Folder for the documents and tables")] = Path("build/media-plan"),
    group: Annotated[str, typer.Option(help="Channel of the sketch: media, hobby, …")] = "media",
    medium: Annotated[
        list[str] | None, typer.Option(help="Column of a medium in the plan; repeat it, in order")
    ] = None,
    library: Library = Places.library,
) -> None:
    """Channels by index and reach of a profile, and what a plan reaches at least and at most."""
    plan = uses.media_plan(library, profile, group=group, chosen=medium or ())
    folder = uses.write_use(plan, to)
    out.print(media_page.lead(plan, "nl"), markup=False)
    out.print(f"{folder} · next: open media-plan.nl.html")
