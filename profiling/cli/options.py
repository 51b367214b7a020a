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
