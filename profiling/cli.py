"""The command line: parse, call the doorway of the same name, show what came back."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from profiling import pipeline
from profiling.artefacts import only_one, write_fault
from profiling.config import parse_config
from profiling.errors import ProfilingError
from profiling.evaluation.figures import read_figures
from profiling.pipeline import Places, Run
from profiling.profiles import library as profile_library
from profiling.profiles.config import load_profile_config
from profiling.publish.compare import check_names
from profiling.scoring.table import score_table
from profiling.simulation.settings import SimulationSettings
from profiling.training.tuned import tuning_report

app = typer.Typer(
    help="Look-alike-profielen van huishoudens · look-alike household profiles",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
profiles = typer.Typer(help="De bibliotheek van profielen · the library of profiles", no_args_is_help=True)
app.add_typer(profiles, name="profiles")
INTERRUPTED = 130
out = Console(soft_wrap=True, highlight=False)

Config = Annotated[
    Path, typer.Argument(help="A profile's configuration, such as configs/profiles/nt1-taalgroeiers.toml")
]
Data = Annotated[Path | None, typer.Option(help="Folder that {data} stands for in the configuration")]
Work = Annotated[Path, typer.Option(help="Folder of the steps; a run that was interrupted goes on from here")]
Library = Annotated[Path, typer.Option(help="The library of profiles")]
Tracking = Annotated[Path, typer.Option(help="Folder that holds mlruns/")]
Name = Annotated[str, typer.Argument(help="Name of a profile")]
Version = Annotated[str | None, typer.Option(help="Its number or the start of its hash; the newest when left out")]


@contextmanager
def _held(config: Path, data: Path | None, work: Path, library: Path, tracking: Path) -> Iterator[Run]:
    """The run of a configuration, with its work folder to itself."""
    run = pipeline.prepare(config, data=data, places=Places(work, library, tracking))
    with only_one(work / run.config.name):
        yield run


def _on_run(verb: Callable[[Run], None]) -> Callable[..., None]:
    """A command with the arguments that all steps share, from what the step does with a run."""

    def command(
        config: Config,
        data: Data = None,
        work: Work = Places.work,
        library: Library = Places.library,
        tracking: Tracking = Places.tracking,
    ) -> None:
        with _held(config, data, work, library, tracking) as run:
            verb(run)

    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command


@app.command()
def simulate(
    to: Annotated[Path, typer.Option("--out", help="Folder to make")] = Path("build/demo"),
    households: Annotated[int, typer.Option(help="From 10,000 to 9,000,000")] = 100_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes")] = 1,
    cbs: Annotated[Path | None, typer.Option(help="Folder with CBS files: real buurten and their margins")] = None,
    libraries: Annotated[int | None, typer.Option(help="How many libraries take part in the lending export")] = None,
) -> None:
    """Make a Netherlands with known truth: households, libraries, members and loans."""
    asked = {"households": households, "seed": seed, "cbs": cbs, "libraries": libraries}
    given = {key: value for key, value in asked.items() if value is not None}
    made = pipeline.simulate(parse_config(given, SimulationSettings, where="simulate"), to)
    out.print(f"{households:,} households in {made} · next: profiling run CONFIG --data {made}")


@app.command()
@_on_run
def check(run: Run) -> None:
    """Validate everything that can be validated before the first expensive step."""
    for notice in pipeline.check(run):
        out.print(f"notice: {notice}")
    out.print(f"{run.store.n_households:,} households, no faults · next: profiling run {run.path}")


@app.command()
@_on_run
def reference(run: Run) -> None:
    """Build the reference group and show its funnel."""
    table = Table("step", "n", "of", "fell out", box=None)
    for step in run.group.funnel:
        lost = ", ".join(f"{each.en} {each.n:,}" for each in step.dropped if each.n)
        table.add_row(step.en, f"{step.n:,}", step.unit, lost)
    out.print(table)
    out.print(repr(run.group))


@app.command()
@_on_run
def train(run: Run) -> None:
    """Train the model, measure it beside its rivals, and log it in MLflow."""
    _show_measures(run)
    out.print(f"MLflow run {run.tracked}\n{run.model!r}")


@app.command()
def tune(
    config: Config,
    data: Data = None,
    trials: Annotated[int | None, typer.Option(help="Sets of parameters to try; those already done count")] = None,
    work: Work = Places.work,
    library: Library = Places.library,
    tracking: Tracking = Places.tracking,
) -> None:
    """Search for better parameters, check the best on other folds, and show what to paste."""
    with _held(config, data, work, library, tracking) as run:
        report = tuning_report(pipeline.tune(run, trials))
        table = Table("parameters", "capture on the folds searched (%)", "on other folds (%)", "95% interval", box=None)
        for row in report["rows"]:
            low, high = row["interval"]
            table.add_row(row["name"], f"{row['searched']:.1f}", f"{row['checked']:.1f}", f"{low:.1f} to {high:.1f}")
        out.print(table)
        counts = ", ".join(f"{n} {state}" for state, n in report["counts"].items() if n)
        out.print(f"{counts}\n{report['verdict']['nl']}\n{report['verdict']['en']}\n\n{report['toml']}", markup=False)


@app.command()
def score(
    config: Config,
    data: Data = None,
    table: Annotated[Path | None, typer.Option(help="Score this table instead of the population")] = None,
    to: Annotated[Path, typer.Option("--out", help="Where the scores of --table go (.csv or .parquet)")] = Path(
        "scores.csv"
    ),
    work: Work = Places.work,
    library: Library = Places.library,
    tracking: Tracking = Places.tracking,
) -> None:
    """Score all households, or the rows of any table with the same columns."""
    with _held(config, data, work, library, tracking) as run:
        if table is None:
            out.print(repr(run.scores))
            return
        n = score_table(run.model, run.population, table, to, seed=run.config.seed)
        out.print(f"{n:,} rows of {table} scored in {to}")


@app.command()
@_on_run
def sketch(run: Run) -> None:
    """Describe the profile: segments, traits, interests and drivers."""
    for sentence in run.sketch.to_dict()["headlines"]["nl"]:
        out.print(f"- {sentence}")
    out.print(f"next: profiling publish {run.path}")


def _publish(run: Run) -> None:
    folder = pipeline.publish(run)
    for notice in (*run.notices, *run.scores.notices):
        out.print(f"notice: {notice}")
    out.print(repr(run.group))
    _show_measures(run)
    out.print(repr(run.profile))
    for row in run.sketch.to_dict()["segments"]:
        interval = f"{row['index_low']:.0f}–{row['index_high']:.0f}"
        out.print(f"  {row['nl']}: index {row['index']:.1f} ({interval}), n = {row['n']:,}")
    listed = profile_library.find(run.places.library, run.profile.name, run.profile.version)
    for label, place in (
        ("bundle", folder),
        ("profielschets", folder / "sketch.nl.html"),
        ("report card", folder / "report.nl.html"),
        ("MLflow", run.places.tracking / "mlruns" / "mlflow.db"),
    ):
        out.print(f"{label:14} {place}")
    out.print(f"next: open the profielschets; profiling profiles promote {listed.profile} --version {listed.number}")


@app.command("run")
@_on_run
def run_all(run: Run) -> None:
    """The whole way: from lending records to a published look-alike profile. Start again to resume."""
    _publish(run)


@app.command()
@_on_run
def publish(run: Run) -> None:
    """Write the bundle into the library of profiles (and take the steps before it, where needed)."""
    _publish(run)


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
    with ExitStack() as held:
        runs = [held.enter_context(_held(each, data, work, library, tracking)) for each in configs]
        folder = pipeline.compare(runs, to, external=read_figures(external, level) if external else None)
    said = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    for text in (said["advice"]["sentence"]["nl"], *said["advice"]["reasons"]["nl"]):
        out.print(text, markup=False)
    out.print(f"report {folder / 'compare.nl.html'}")


@profiles.command("list")
def list_profiles(library: Library = Places.library) -> None:
    """All versions in the library."""
    table = Table("profile", "number", "version", "status", "snapshot", "households", box=None)
    for each in profile_library.versions(library):
        said = profile_library.bundle_manifest(library, each)
        households = f"{said['last_rank']:,}"
        table.add_row(each.profile, str(each.number), each.version, each.status, said["snapshot"], households)
    out.print(table)


@profiles.command()
def show(name: Name, version: Version = None, library: Library = Places.library) -> None:
    """One version: what it is made from, its measures and where its documents are."""
    listed = profile_library.find(library, name, version)
    folder = profile_library.bundle_folder(library, listed)
    out.print(f"{listed.profile} {listed.number} ({listed.version}): {listed.status} {listed.reason}".rstrip())
    out.print((folder / "model_card.en.md").read_text(encoding="utf-8"), markup=False)
    out.print(f"bundle: {folder}")


@profiles.command()
def promote(
    name: Name,
    to: Annotated[str, typer.Option(help="champion or published")] = "published",
    version: Version = None,
    library: Library = Places.library,
    tracking: Tracking = Places.tracking,
) -> None:
    """Make a version the champion, or the published one."""
    listed = pipeline.promote(library, tracking, name, version, to)
    out.print(f"{listed.profile} {listed.number} ({listed.version}) is now {listed.status}")


@profiles.command()
def withdraw(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why: it stands beside the version from now on")],
    version: Version = None,
    library: Library = Places.library,
    tracking: Tracking = Places.tracking,
) -> None:
    """Withdraw a version: nothing may use it any more."""
    listed = pipeline.withdraw(library, tracking, name, version, reason)
    out.print(f"{listed.profile} {listed.number} ({listed.version}) is withdrawn: {listed.reason}")


def _show_measures(run: Run) -> None:
    table = Table("model", "capture at depth", "lift", "n", box=None)
    for each in run.model.measures["models"]:
        capture, lift = each["measures"]
        low, high = capture["interval"]
        table.add_row(
            each["name"],
            f"{capture['value']:.1f} % ({low:.1f}–{high:.1f}) at {capture['depth']:.0f} %",
            f"{lift['value']:.2f}",
            f"{capture['n']:,}",
        )
    out.print(table)


def main() -> None:
    """Entry point: a fault is one message and an exit status, never a traceback."""
    try:
        app()
    except ProfilingError as error:
        _fail(str(error), 2)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _fail("Interrupted. Finished steps are kept: start the same command again to go on.", INTERRUPTED)
        raise
    except OSError as error:
        _fail(str(write_fault(Path(error.filename or "."), error)), 2)
    except MemoryError:
        _fail("Out of memory. Close other programs, or run on a machine with at least 2 GB free.", 2)
    except Exception as error:  # noqa: BLE001
        if os.environ.get("PROFILING_DEBUG"):
            traceback.print_exc()
        _fail(f"This is a fault of ours ({type(error).__name__}: {error}). PROFILING_DEBUG=1 shows where it is.", 1)


def _fail(message: str, status: int) -> None:
    sys.stderr.write(message + "\n")
    raise SystemExit(status)
