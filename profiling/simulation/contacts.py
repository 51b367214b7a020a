"""What every simulated contact with a library shares: who can be met, and what is written down of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.addresses import Addresses
from profiling.simulation.columns import coded, hexadecimal, numbers
from profiling.simulation.libraries import Libraries
from profiling.simulation.members import Truths, known_address
from profiling.simulation.streams import mix, stream
from profiling.simulation.traits import Traits

Floats = NDArray[np.float64]
DUPLICATE, BAD_DATE, NO_AGE = 0.004, 0.001, 0.02


@dataclass(frozen=True)
class Public:
    """A chunk of households as libraries can meet them.

    Attributes
    ----------
    served : bool array of shape (n,), the nearest branch belongs to a library that takes part.
    member : bool array of shape (n,), somebody in the household has a card.
    """

    traits: Traits
    truths: Truths
    distance: Floats
    branch: NDArray[np.int64]
    addresses: Addresses
    rows: NDArray[np.int64]
    served: NDArray[np.bool_]
    member: NDArray[np.bool_]
    libraries: Libraries
    snapshot: datetime.date
    seed: int
    chunk: int

    def __len__(self) -> int:
        return len(self.rows)

    def stream(self, name: str) -> np.random.Generator:
        """Random numbers for one kind of contact; no other step's numbers depend on it."""
        return stream(self.seed, name, self.chunk)


@dataclass(frozen=True)
class Contacts:
    """Registrations of some households: arrays of shape (n,); `code` points into the words of `codes`."""

    row: NDArray[np.int64]
    person: NDArray[np.int64]
    code: NDArray[np.integer]
    age: NDArray[np.integer]


def eldest_child(traits: Traits) -> NDArray[np.int64]:
    """Age of the oldest child at home, at most 25; -1 without children."""
    spread = 3 * (traits.children.astype(np.int64) - 1)
    return np.where(traits.children > 0, np.minimum(traits.youngest + spread, 25), -1).astype(np.int64)


def repeated(contacts: Contacts, times: NDArray[np.integer]) -> Contacts:
    """Each registration as many times as given."""
    at = np.repeat(np.arange(len(contacts.row)), times)
    return Contacts(contacts.row[at], contacts.person[at], contacts.code[at], contacts.age[at])


def joined(parts: Sequence[Contacts]) -> Contacts:
    """Several kinds of registrations, in the order of the households."""
    whole = [np.concatenate([getattr(each, name) for each in parts]) for name in ("row", "person", "code", "age")]
    order = np.lexsort((whole[1], whole[0]))
    return Contacts(*(each[order] for each in whole))


def contact_table(
    public: Public,
    contacts: Contacts,
    rng: np.random.Generator,
    *,
    kind: str,
    names: Mapping[str, str],
    codes: Sequence[str],
    days: int,
    extra: Mapping[str, pa.Array] | None = None,
) -> pa.Table:
    """Registrations as a library system exports them; a few rows stand twice, a few dates are nonsense.

    Parameters
    ----------
    kind : the name of the stream that keys are drawn from, such as "visit".
    names : what the columns id, person, code and date are called in this export.
    days : how far back the registrations go.
    """
    n = len(contacts.row)
    number = np.arange(n) - np.searchsorted(contacts.row, contacts.row)
    # A person has one address at the library, however often they come.
    _, first, of = np.unique(contacts.person, return_index=True, return_inverse=True)
    address = known_address(public.addresses, contacts.row[first], len(public), rng)
    branches = public.libraries.branch_code(np.arange(len(public.libraries.branch_library)))
    gone = (rng.random(len(first)) < NO_AGE)[of]
    table = pa.table(
        {
            names["id"]: hexadecimal(mix(public.seed, f"{kind} id", public.rows[contacts.row] * 1024 + number)),
            names["person"]: hexadecimal(mix(public.seed, kind, contacts.person)),
            names["code"]: coded(contacts.code, codes),
            "age": numbers(contacts.age, pa.int16(), gone),
            names["date"]: dates(n, public.snapshot, days, rng),
            "branch": coded(public.branch[contacts.row], branches),
            **{name: column.take(pa.array(of)) for name, column in address.items()},
            **(extra or {}),
        }
    )
    again = np.flatnonzero(rng.random(n) < DUPLICATE)
    return table.take(pa.array(np.sort(np.concatenate([np.arange(n), again]), kind="stable")))


def dates(n: int, snapshot: datetime.date, days: int, rng: np.random.Generator) -> pa.Array:
    """Days before the snapshot; one in a thousand is 1900 or lies ahead."""
    today = int(np.datetime64(snapshot, "D").astype(np.int64))
    day = today - 1 - rng.integers(0, days, n)
    bad = rng.random(n)
    day = np.where(bad < BAD_DATE / 2, int(np.datetime64("1900-01-01", "D").astype(np.int64)), day)
    day = np.where((bad >= BAD_DATE / 2) & (bad < BAD_DATE), today + rng.integers(1, 900, n), day)
    return pa.array(day.astype(np.int32), pa.int32()).cast(pa.date32())


def chosen(public: Public, chance: NDArray[np.floating[Any]], rng: np.random.Generator) -> NDArray[np.int64]:
    """Households that a library which takes part meets, each with its chance; shape (n_met,)."""
    return np.flatnonzero(public.served & (rng.random(len(public)) < chance))


def persons(public: Public, row: NDArray[np.int64], which: int) -> NDArray[np.int64]:
    """A number for a person of a household; `which` (0 to 15) tells the persons of one household apart."""
    found: NDArray[np.int64] = public.rows[row] * 16 + which
    return found
