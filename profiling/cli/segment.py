"""Building a segmentation: street sections, segments, a code for every household, fact sheets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from profiling import segmenting
from profiling.artefacts import only_one
from profiling.cli.options import Commands, Data, out
from profiling.segmenting import Segmenting

app = typer.Typer(help="Segmentaties maken · building segmentations", no_args_is_help=True)
COMMANDS = Commands("segment", app, grouped=True)

Config = Annotated[
    Path,
    typer.Argument(help="A segmentation's configuration, such as configs/segmentations/street-sections-10-37.toml"),
]
Work = Annotated[Path, typer.Option(help="Folder of the steps; finished ones are kept")]
To = Annotated[Path | None, typer.Option("--out", help="Folder to make; beside the steps when left out")]


@app.command()
def sections(config: Config, data: Data = None, work: Work = segmenting.WORK) -> None:
    """Put addresses into street sections of at least ten households, and add up their variables."""
    asked = segmenting.open_segmentation(config, data=data, work=work)
    with only_one(asked.folder):
        table = Table("what", "n", box=None)
        for name, value in asked.coverage.items():
            rows = {f"{name} {key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
            for key, each in rows.items():
                table.add_row(key.replace("_", " "), f"{each:,.4g}" if isinstance(each, float) else f"{each:,}")
        out.print(table)
        out.print(repr(asked.units))


@app.command()
def fit(config: Config, data: Data = None, work: Work = segmenting.WORK) -> None:
    """Find main and sub segments, measure how stable they are, and write their scheme and pages."""
    asked = segmenting.open_segmentation(config, data=data, work=work)
    with only_one(asked.folder):
        found = segmenting.fit(asked)
        _show(asked)
        out.print(f"scheme {asked.folder / 'segments' / 'scheme.toml'}")
        out.print(f"proposed names {asked.folder / 'segments' / 'names.toml'} (a person decides)")
        out.print(f"page {asked.folder / 'pages' / 'segmentation.nl.html'}\n{found!r}")


@app.command()
def assign(config: Config, data: Data = None, work: Work = segmenting.WORK, to: To = None) -> None:
    """Give every household its code, as a population that all other commands take."""
    asked = segmenting.open_segmentation(config, data=data, work=work)
    with only_one(asked.folder):
        folder = to or asked.folder / "assigned"
        said = segmenting.assign(asked, folder)
        for source, n in said["by_source"].items():
            if n or source == "section":
                out.print(f"{n:,} of {said['households']:,} households got their code by their {source}")
        out.print(f"households {folder / 'segments.parquet'}")
        out.print(f'population {folder / "population.toml"} · next: population = "{folder / "population.toml"}"')


@app.command()
def sheets(config: Config, data: Data = None, work: Work = segmenting.WORK, to: To = None) -> None:
    """Write a fact sheet of every sub segment, in both languages."""
    asked = segmenting.open_segmentation(config, data=data, work=work)
    with only_one(asked.folder):
        folder = to or asked.folder / "sheets"
        out.print(f"{segmenting.describe(asked, folder)} sheets in {folder}")


def _show(asked: Segmenting) -> None:
    report = asked.segmentation.report
    table = Table("", "main", "sub", box=None)
    for key in ("explained", "silhouette", "smallest_share", "largest_share"):
        table.add_row(key.replace("_", " "), *(f"{report[level][key]:.3f}" for level in ("main", "sub")))
    for key, said in (report.get("stability") or {}).items():
        if said:
            shown = (f"{said[level]['mean']:.3f}" for level in ("main", "sub"))
            table.add_row(f"adjusted Rand, {key.replace('_', ' ')}", *shown)
    out.print(table)
    if "refresh" in report:
        moved = report["refresh"]
        out.print(f"{moved['moved']:.1%} of {moved['compared']:.1%} of the households moved to another code")
