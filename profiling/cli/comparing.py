"""Comparing candidate reference groups."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from profiling import pipeline
from profiling.cli.options import Commands, Data, Library, Tracking, Work, held, out
from profiling.evaluation.figures import read_figures
from profiling.pipeline import Places
from profiling.profiles.config import load_profile_config
from profiling.publish.compare import check_names

app = typer.Typer()
COMMANDS = Commands("comparing", app)


@app.command()
def compare(
    configs: Annotated[list[Path], typer.Argument(help="Two or more profiles on one population")],
    to: Annotated[Path, typer.Option("--out", help="Folder of the report")] = Path("reports/compare"),
    data: Data = None,
    external: Annotated[Path | None, typer.Option(help="CSV with outside figures per area")] = None,
    level: Annotated[str, typer.Option(help="Area level of those figures: gemeente or wijk")] = "gemeente",
    work: Work = Places.work,
    library: Library = Places.library,
    tracking: Tracking = Places.tracking,
) -> None:
    """Candidate reference groups side by side: one report, with advice and its reasons."""
    check_names([load_profile_config(each).name for each in configs])
    with ExitStack() as opened:
        runs = [opened.enter_context(held(each, data, work, library, tracking)) for each in configs]
        folder = pipeline.compare(runs, to, external=read_figures(external, level) if external else None)
    said = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    for text in (said["advice"]["sentence"]["nl"], *said["advice"]["reasons"]["nl"]):
        out.print(text, markup=False)
    out.print(f"report {folder / 'compare.nl.html'}")
