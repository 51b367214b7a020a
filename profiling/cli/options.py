"""What commands share: their options, the run of a configuration, and where they print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from profiling import pipeline
from profiling.artefacts import only_one
from profiling.pipeline import Places, Run

out = Console(soft_wrap=True, highlight=False)

Config = Annotated[
    Path, typer.Argument(help="A profile's configuration, such as configs/profiles/nt1-taalgroeiers.toml")
]
Data = Annotated[Path | None, typer.Option(help="Folder that {data} stands for in the configuration")]
Work = Annotated[Path, typer.Option(help="Folder of the steps; a run that was interrupted goes on from here")]
Library = Annotated[Path, typer.Option(help="The library of profiles")]
Tracking = Annotated[Path, typer.Option(help="Folder that holds mlruns/")]
Engine = Annotated[str, typer.Option(help="local, or an Apache Spark: local[2], spark://host:7077, yarn, k8s://…")]
Name = Annotated[str, typer.Argument(help="Name of a profile")]
Version = Annotated[str | None, typer.Option(help="Its number or the start of its hash; the newest when left out")]
To = Annotated[Path, typer.Option("--out", help="Folder for the documents and tables")]
OneProfile = Annotated[str, typer.Option("--profile", help="Name of a profile. name@2 takes version 2")]
Profiles = Annotated[
    list[str], typer.Option("--profile", help="Name of a profile; repeat it for more. name@2 takes version 2")
]
File = Annotated[Path, typer.Argument(help="CSV or Excel with customer number, postcode and house number")]
Postcode = Annotated[str | None, typer.Option(help="Column of the postcode")]
Number = Annotated[str | None, typer.Option(help="Column of the house number")]
PopulationFile = Annotated[Path | None, typer.Option(help="The household file, for its address book the first time")]
WorkAreas = Annotated[Path, typer.Option(help="Folder or CSV with work areas")]
MapPolygons = Annotated[Path | None, typer.Option(help="Folder or file with the map's polygons")]
AreaPolygons = Annotated[Path, typer.Option(help="Folder or file with the polygons of the smallest areas")]
Branches = Annotated[Path, typer.Option(help="CSV with branch, name, x and y (RD metres)")]


@dataclass(frozen=True)
class Commands:
    """The commands of one file: on their own (`profiling run`), or under the name of a group (`profiling profiles`)."""

    name: str
    app: typer.Typer
    grouped: bool = False


@contextmanager
def held(
    config: Path, data: Path | None, work: Path, library: Path, tracking: Path, engine: str = "local"
) -> Iterator[Run]:
    """The run of a configuration, with its work folder to itself."""
    run = pipeline.prepare(config, data=data, places=Places(work, library, tracking), engine=engine)
    with only_one(work / run.config.name):
        yield run


def on_run(verb: Callable[[Run], None]) -> Callable[..., None]:
    """A command with the arguments that all steps share, from what the step does with a run."""

    def command(
        config: Config,
        data: Data = None,
        work: Work = Places.work,
        library: Library = Places.library,
        tracking: Tracking = Places.tracking,
        engine: Engine = "local",
    ) -> None:
        with held(config, data, work, library, tracking, engine) as run:
            verb(run)

    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command
