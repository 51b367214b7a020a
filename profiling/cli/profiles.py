"""The library of profiles: what there is, and what it may be used for."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from profiling import pipeline
from profiling.cli.options import Commands, Library, Name, Tracking, Version, out
from profiling.pipeline import Places
from profiling.profiles import library as profile_library

app = typer.Typer(help="De bibliotheek van profielen · the library of profiles", no_args_is_help=True)
COMMANDS = Commands("profiles", app, grouped=True)


@app.command("list")
def list_profiles(library: Library = Places.library) -> None:
    """All versions in the library."""
    table = Table("profile", "number", "version", "status", "snapshot", "households", box=None)
    for each in profile_library.versions(library):
        said = profile_library.bundle_manifest(library, each)
        households = f"{said['last_rank']:,}"
        table.add_row(each.profile, str(each.number), each.version, each.status, said["snapshot"], households)
    out.print(table)


@app.command()
def show(name: Name, version: Version = None, library: Library = Places.library) -> None:
    """One version: what it is made from, its measures and where its documents are."""
    listed = profile_library.find(library, name, version)
    folder = profile_library.bundle_folder(library, listed)
    out.print(f"{listed.profile} {listed.number} ({listed.version}): {listed.status} {listed.reason}".rstrip())
    out.print((folder / "model_card.en.md").read_text(encoding="utf-8"), markup=False)
    out.print(f"bundle: {folder}")


@app.command()
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


@app.command()
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
