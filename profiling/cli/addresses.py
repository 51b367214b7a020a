"""Address selections: how many there are, draw them, and the register of what was drawn."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from profiling.cli.options import Commands, Data, Library, Name, Version, WorkAreas, out
from profiling.pipeline import Places
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles.policy import load_policy
from profiling.publish import addresses, selections
from profiling.publish.address_request import Order, Request
from profiling.publish.addresses import Available
from profiling.publish.opt_outs import read_opt_outs
from profiling.publish.published import open_published
from profiling.publish.work_areas import FOLDER, read_work_areas
from profiling.reporting import excel
from profiling.reporting.address_page import address_workbook

app = typer.Typer(help="Adresselectie · address selection", no_args_is_help=True)
COMMANDS = Commands("addresses", app, grouped=True)

Areas = Annotated[
    list[str] | None, typer.Option("--area", help="Code of a gemeente, wijk or buurt; may be given again")
]
WorkArea = Annotated[str | None, typer.Option("--work-area", help="Name of a saved work area")]
Population = Annotated[Path, typer.Option(help="The household file that the profile was made of")]
Policy = Annotated[Path, typer.Option(help="Opt-out lists, days, smallest number")]
Register = Annotated[Path, typer.Option(help="The register of selections")]
On = Annotated[datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today when left out")]

POPULATION, POLICY, REGISTER = (
    Path("configs/populations/simulated-nl.toml"),
    Path("configs/selections.toml"),
    Path("reports/selections"),
)


@app.command()
def count(
    profile: Name,
    area: Areas = None,
    work_area: WorkArea = None,
    work_areas: WorkAreas = FOLDER,
    version: Version = None,
    library: Library = Places.library,
    population: Population = POPULATION,
    data: Data = None,
    policy: Policy = POLICY,
    register: Register = REGISTER,
    on: On = None,
) -> None:
    """How many addresses a selection could have; nothing is drawn and nothing is registered."""
    published, day, rules = open_published(library, profile, version), _day(on), load_policy(policy)
    opt_outs = read_opt_outs(rules, policy, data=data, on=day)
    chosen = _areas(area, work_area, work_areas)
    found = addresses.count_addresses(
        published, _store(population, data), chosen, policy=rules, opt_outs=opt_outs, register=register, on=day
    )
    _show(found)
    out.print("next: profiling addresses select … --n NUMBER --purpose … --requester …", markup=False)


@app.command()
def select(
    profile: Name,
    area: Areas = None,
    work_area: WorkArea = None,
    work_areas: WorkAreas = FOLDER,
    purpose: Annotated[str, typer.Option(help="What the mailing is for")] = "",
    requester: Annotated[str, typer.Option(help="Who asks: a library and a person")] = "",
    n: Annotated[int | None, typer.Option(help="Letters wished; all there are when left out")] = None,
    order: Annotated[Order, typer.Option(help="The highest first, or at random")] = "highest",
    control: Annotated[
        float | None, typer.Option(help="Part held back at random, 0 to 0.5; the policy's if absent")
    ] = None,
    repeat: Annotated[bool, typer.Option("--repeat", help="Also who is in a running selection")] = False,
    seed: Annotated[int | None, typer.Option(help="Of the lots; from the request when left out")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Workbook to write")] = None,
    language: Annotated[str, typer.Option(help="nl or en")] = "nl",
    version: Version = None,
    library: Library = Places.library,
    population: Population = POPULATION,
    data: Data = None,
    policy: Policy = POLICY,
    register: Register = REGISTER,
    on: On = None,
) -> None:
    """Draw addresses for one mailing: an entry in the register, and a workbook."""
    published, day, rules = open_published(library, profile, version), _day(on), load_policy(policy)
    opt_outs = read_opt_outs(rules, policy, data=data, on=day)
    request = Request(purpose, requester, _areas(area, work_area, work_areas), n, order, control, repeat, seed)
    made = addresses.select_addresses(
        published, _store(population, data), request, policy=rules, opt_outs=opt_outs, register=register, on=day
    )
    path = to or Path(f"{made.entry.id}.xlsx")
    excel.save(address_workbook(made, "en" if language == "en" else "nl"), path)
    _show(made.available)
    out.print(f"{made.entry.n_selected:,} addresses in {path}; control group of {made.entry.n_control:,} held back")
    out.print(
        f"next: use once, then profiling addresses destroy {made.entry.id} --by NAME (before {made.entry.expires})"
    )


@app.command("list")
def list_selections(register: Register = REGISTER, on: On = None) -> None:
    """All selections in the register."""
    _table(selections.entries(register), _day(on))


@app.command()
def expired(register: Register = REGISTER, on: On = None) -> None:
    """Selections that are over and whose destruction nobody confirmed."""
    _table(selections.expired(register, _day(on)), _day(on))


@app.command()
def destroy(
    selection: Annotated[str, typer.Argument(help="Number in the register")],
    by: Annotated[str, typer.Option(help="Who destroyed the list and all its copies")],
    register: Register = REGISTER,
    on: On = None,
) -> None:
    """Confirm that the addresses of a selection were destroyed."""
    gone = selections.destroy(register, selection, by=by, on=_day(on))
    out.print(f"{gone.id}: destroyed on {gone.destroyed_on} by {gone.destroyed_by}", markup=False)


def _show(found: Available) -> None:
    for reason, n in found.removed.items():
        out.print(f"  off: {reason} {'too few to say' if n is None else f'{n:,}'}")
    out.print(f"{found.n:,} addresses available")


def _table(entries: tuple[selections.Entry, ...], on: datetime.date) -> None:
    table = Table(box=None)
    for name in ("id", "status", "expires", "addresses", "control", "profile", "requester", "purpose"):
        # A number of the register has to be copied whole; words may go on below.
        table.add_column(name, no_wrap=name in ("id", "status", "expires"), overflow="fold")
    for each in entries:
        counts = (f"{each.n_selected:,}", f"{each.n_control:,}")
        table.add_row(each.id, each.status(on), str(each.expires), *counts, each.profile, each.requester, each.purpose)
    out.print(table)


def _areas(areas: list[str] | None, work_area: str | None, where: Path) -> tuple[str, ...]:
    named = read_work_areas(where).get(work_area).areas if work_area else ()
    return (*(areas or ()), *named)


def _store(population: Path, data: Path | None) -> HouseholdStore:
    return open_population(load_population(population, data=data))


def _day(on: datetime.datetime | None) -> datetime.date:
    return on.date() if on else datetime.date.today()
