"""Making a profile: simulate, check, the steps one by one, and the whole way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from profiling import pipeline
from profiling.cli.options import Commands, Config, Data, Engine, Library, Tracking, Work, held, on_run, out
from profiling.config import parse_config
from profiling.pipeline import Places, Run
from profiling.profiles import library as profile_library
from profiling.scoring.table import score_table
from profiling.simulation.settings import SimulationSettings
from profiling.training.tuned import tuning_report

app = typer.Typer()
COMMANDS = Commands("making", app)


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
@on_run
def check(run: Run) -> None:
    """Validate everything that can be validated before the first expensive step."""
    for notice in pipeline.check(run):
        out.print(f"notice: {notice}")
    n, group = run.store.n_households, run.group.households.num_rows
    out.print(f"{n:,} households, {group:,} of them in the reference group, no faults · next: profiling run {run.path}")


@app.command()
@on_run
def reference(run: Run) -> None:
    """Build the reference group and show its funnel."""
    table = Table("step", "n", "of", "fell out", box=None)
    for step in run.group.funnel:
        lost = ", ".join(f"{each.en} {each.n:,}" for each in step.dropped if each.n)
        table.add_row(step.en, f"{step.n:,}", step.unit, lost)
    out.print(table)
    out.print(repr(run.group))


@app.command()
@on_run
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
    with held(config, data, work, library, tracking) as run:
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
    with held(config, data, work, library, tracking) as run:
        if table is None:
            out.print(repr(run.scores))
            return
        n = score_table(run.model, run.population, table, to, seed=run.config.seed)
        out.print(f"{n:,} rows of {table} scored in {to}")


@app.command()
@on_run
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
    if run.changes is not None:
        out.print(f"since the version before: {run.changes}", markup=False)
    out.print(f"next: open the profielschets; profiling profiles promote {listed.profile} --version {listed.number}")


@app.command("run")
def run_all(
    config: Config,
    data: Data = None,
    depth: Annotated[float | None, typer.Option(help="Another depth than the configuration's, as a candidate")] = None,
    work: Work = Places.work,
    library: Library = Places.library,
    tracking: Tracking = Places.tracking,
    engine: Engine = "local",
) -> None:
    """The whole way: from lending records to a published look-alike profile. Start again to resume."""
    with held(config, data, work, library, tracking, engine) as run:
        _publish(run if depth is None else pipeline.at_depth(run, depth))


@app.command()
@on_run
def publish(run: Run) -> None:
    """Write the bundle into the library of profiles (and take the steps before it, where needed)."""
    _publish(run)


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
