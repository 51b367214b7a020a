"""The register of selections: no address leaves without an entry, and every entry ends with a destruction.

One JSON file per selection, written last, and beside it the keys of its households until they are destroyed. The
register holds no address and no score. Its time only goes forward.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from profiling.artefacts import write_json, writing
from profiling.errors import SelectionError, Text, did_you_mean

Status = Literal["live", "expired", "destroyed"]
HOUSEHOLDS = ".households.parquet"
_DATES = ("created", "expires", "destroyed_on")


@dataclass(frozen=True)
class Entry:
    """One selection of addresses: who asked, what for, from which profile, how it was drawn, and until when.

    `removed` counts what went off first, by reason; `opt_outs` holds the date of each list.
    """

    id: str
    purpose: str
    requester: str
    created: datetime.date
    expires: datetime.date
    profile: str
    version: str
    areas: tuple[str, ...]
    order: str
    seed: int
    wished: int | None
    n_selected: int
    n_control: int
    repeated: bool
    removed: Mapping[str, int]
    opt_outs: Mapping[str, str]
    single_use: bool = True
    destroyed_on: datetime.date | None = None
    destroyed_by: str = ""

    def __repr__(self) -> str:
        return f"Entry({self.id}, {self.n_selected:,} addresses until {self.expires}) · next: destroy(register, …)"

    def status(self, on: datetime.date) -> Status:
        """Live until the day it expires, that day included."""
        if self.destroyed_on is not None:
            return "destroyed"
        return "expired" if on > self.expires else "live"


def entries(register: Path) -> tuple[Entry, ...]:
    """All selections, oldest first.

    Raises
    ------
    SelectionError
        When an entry is damaged.
    """
    return tuple(_read(path) for path in sorted(register.glob("*.json"))) if register.is_dir() else ()


def find(register: Path, selection: str) -> Entry:
    """One selection.

    Raises
    ------
    SelectionError
        When the register does not have it.
    """
    known = {each.id: each for each in entries(register)}
    if selection not in known:
        raise SelectionError(
            Text(f"Er is geen selectie '{selection}'", f"there is no selection '{selection}'")
            + did_you_mean(selection, known),
            where=register,
            hint=Text(
                "Kies een selectie uit het register onder Adresselectie", "profiling addresses list shows what there is"
            ),
        )
    return known[selection]


def new_id(register: Path, on: datetime.date) -> str:
    """The next number of a day: 2026-10-05-01.

    Raises
    ------
    SelectionError
        When the register already has a later day: a selection cannot be dated back.
    """
    known = entries(register)
    last = max((each.created for each in known), default=on)
    if on < last:
        raise SelectionError(
            Text(
                f"{on} ligt voor de laatste selectie ({last}); een selectie kan geen eerdere datum krijgen",
                f"{on} is before the last selection ({last}); a selection cannot be dated back",
            ),
            where=register,
        )
    return f"{on}-{sum(each.created == on for each in known) + 1:02d}"


def add(register: Path, entry: Entry, households: pa.Table) -> Entry:
    """Enter a selection, whole or not at all.

    Parameters
    ----------
    households : household_id and arm ("mail" or "control").

    Raises
    ------
    ArtefactError
        When the register cannot be written: then nothing may leave.
    """
    with writing(register / f"{entry.id}{HOUSEHOLDS}") as aside:
        pq.write_table(households, aside)
        aside.chmod(0o600)
    write_json(register / f"{entry.id}.json", asdict(entry))
    return entry


def held(register: Path, on: datetime.date) -> pa.Array:
    """Keys of all households that are in a live selection, its control group included."""
    found = [
        pq.read_table(register / f"{each.id}{HOUSEHOLDS}", columns=["household_id"]).column(0).combine_chunks()
        for each in entries(register)
        if each.status(on) == "live"
    ]
    return pa.concat_arrays(found) if found else pa.array([], pa.string())


def expired(register: Path, on: datetime.date) -> tuple[Entry, ...]:
    """Selections that are over and whose destruction nobody has confirmed."""
    return tuple(each for each in entries(register) if each.status(on) == "expired")


def destroy(register: Path, selection: str, *, by: str, on: datetime.date) -> Entry:
    """Confirm that a selection was destroyed; the register forgets its households and keeps the entry.

    Raises
    ------
    SelectionError
        When there is no such selection, nobody is named, or it was destroyed before.
    """
    entry = find(register, selection)
    if not by.strip():
        raise SelectionError(
            Text("Er staat niet bij wie de adressen heeft vernietigd", "who destroyed the addresses is missing"),
            where=selection,
            hint=Text("Vul een naam in", "give a name with --by"),
        )
    if entry.destroyed_on is not None:
        said = f"{entry.destroyed_on} door {entry.destroyed_by}"
        what = Text(
            f"Selectie {selection} is al vernietigd, op {said}",
            f"was destroyed on {entry.destroyed_on} by {entry.destroyed_by}",
        )
        raise SelectionError(what, where=selection)
    if on < entry.created:
        what = Text(
            f"Selectie {selection} kan niet op {on} zijn vernietigd: ze is gemaakt op {entry.created}",
            f"cannot be destroyed on {on}: it was made on {entry.created}",
        )
        raise SelectionError(what, where=selection)
    gone = replace(entry, destroyed_on=on, destroyed_by=" ".join(by.split()))
    write_json(register / f"{entry.id}.json", asdict(gone))
    (register / f"{entry.id}{HOUSEHOLDS}").unlink(missing_ok=True)
    return gone


def _read(path: Path) -> Entry:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for name in _DATES:
            said[name] = datetime.date.fromisoformat(said[name]) if said[name] else None
        return Entry(**{**said, "areas": tuple(said["areas"])})
    except (ValueError, TypeError, KeyError) as error:
        raise SelectionError(
            Text(f"Selectie {path.stem} in het register is beschadigd", "this entry is damaged"),
            where=path,
            hint=Text("Vraag de beheerder om een reservekopie terug te zetten", "restore it from a backup"),
        ) from error
