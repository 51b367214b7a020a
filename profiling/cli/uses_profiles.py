"""Uses of a profile by itself: media plans, and where a new site would add most."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling import uses
from profiling.cli.options import AreaPolygons, Branches, Commands, Library, Name, To, out
from profiling.pipeline import Places
from profiling.reporting.uses import expansion_page, media_page

app = typer.Typer()
COMMANDS = Commands("uses of profiles", app)


@app.command("media-plan")
def media_plan(
    profile: Name,
    to: To = Path("build/media-plan"),
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


@app.command()
def expansion(
    profile: Name,
    branches: Branches,
    candidates: Annotated[Path, typer.Option(help="The same of the candidate sites")],
    polygons: AreaPolygons,
    radius: Annotated[float, typer.Option(help="How far people come, in metres")] = 3_000.0,
    seed: Annotated[int, typer.Option(help="Of the draws behind the intervals")] = 1,
    to: To = Path("build/expansion"),
    library: Library = Places.library,
) -> None:
    """Candidate sites by the profile households that they reach beyond the branches there are."""
    plan = uses.expansion(
        library, profile, branches=branches, candidates=candidates, polygons=polygons, radius=radius, seed=seed
    )
    folder = uses.write_use(plan, to)
    out.print(expansion_page.lead(plan, "nl"), markup=False)
    out.print(f"{folder} · next: open expansion.nl.html")
