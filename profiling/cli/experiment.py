"""Experiments with a control group: before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling import uses
from profiling.cli.options import Commands, To, out
from profiling.publish.uses.experiment import design as design_experiment
from profiling.publish.uses.experiment import evaluate as evaluate_experiment
from profiling.publish.uses.experiment import evaluate_file
from profiling.reporting.uses import design_page, outcome_page

app = typer.Typer(help="Proeven met een controlegroep · experiments with a control group", no_args_is_help=True)
COMMANDS = Commands("experiment", app, grouped=True)


@app.command()
def design(
    base: Annotated[float, typer.Option(help="Share that would do it anyway, such as 0.02")],
    n: Annotated[int | None, typer.Option(help="Households that there are, both groups together")] = None,
    control: Annotated[float, typer.Option(help="Part of them that is control group")] = 0.5,
    power: Annotated[float, typer.Option(help="Chance of seeing an effect that is there")] = 0.8,
    to: To = Path("build/experiment-design"),
) -> None:
    """How many households an experiment needs, and what those that there are can tell."""
    made = design_experiment(base, n=n, control=control, power=power)
    folder = uses.write_use(made, to)
    for each in design_page.leads(made, "nl"):
        out.print(each, markup=False)
    out.print(f"{folder} · next: open experiment-design.nl.html")


@app.command()
def evaluate(
    file: Annotated[Path | None, typer.Argument(help="A row per household, with its group and its outcome")] = None,
    group: Annotated[str, typer.Option(help="Column with the group")] = "group",
    outcome: Annotated[str, typer.Option(help="Column with the outcome: 1 or 0, ja or nee")] = "outcome",
    control_value: Annotated[str, typer.Option("--control", help="Value of the group column for control")] = "control",
    counts: Annotated[
        tuple[int, int, int, int] | None, typer.Option(help="Or four numbers: yes and all with, yes and all without")
    ] = None,
    to: To = Path("build/experiment-outcome"),
) -> None:
    """What an action did: the difference with its control group, with an interval."""
    if (file is None) == (counts is None):
        raise typer.BadParameter("give a file, or --counts 30 500 12 500", param_hint="FILE")
    if counts is not None:
        found = evaluate_experiment(*counts)
    else:
        assert file is not None
        found = evaluate_file(file, group=group, outcome=outcome, control=control_value)
    folder = uses.write_use(found, to)
    out.print(outcome_page.lead(found, "nl"), markup=False)
    out.print(f"{folder} · next: open experiment-outcome.nl.html")
