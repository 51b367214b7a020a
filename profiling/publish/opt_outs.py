"""Opt-out lists: who wants no mail goes off first, by address, and rather one address too many than one too few."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.config import resolve
from profiling.errors import SelectionError, Text
from profiling.population.address_columns import read_addresses, spelled
from profiling.profiles.policy import OptOutSource, SelectionPolicy
from profiling.reference.texts import read_texts
from profiling.schema import Column, check_columns, table_schema

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class OptOuts:
    """One list as it was delivered: its date, and its addresses (house, addition, spelled).

    `n_unreadable` rows name no house at all: nothing can be done with them but say so.
    """

    name: str
    nl: str
    en: str
    date: datetime.date
    n_rows: int
    n_unreadable: int
    addresses: pa.Table


def read_opt_outs(policy: SelectionPolicy, path: Path, *, data: Path | None, on: datetime.date) -> tuple[OptOuts, ...]:
    """The newest delivery of every list of the policy.

    Parameters
    ----------
    path : where the policy stands; its files are relative to it.
    data : folder that `{data}` stands for.
    on : the day of the selection.

    Raises
    ------
    SelectionError
        When a list is absent, carries no date or one in the future, or is older than allowed; all faults at once.
    SchemaError
        When a list is damaged or lacks a column.
    """
    faults: list[Text] = []
    read: list[OptOuts] = []
    for source in policy.opt_outs:
        pattern = resolve(source.files, beside=path.resolve(), data=data)
        dated = {each: _day(each, source, path) for each in sorted(pattern.parent.glob(pattern.name))}
        past = [(day, each.name, each) for each, day in dated.items() if day is not None and day <= on]
        if not past:
            what = _lacking(on, dated)
            # No path on a page, which is where the Dutch is read.
            faults.append(Text(f"{source.nl}: {what.nl}", f"{source.nl}: {what} ({pattern})"))
            continue
        newest, name, file = max(past)
        age = (on - newest).days
        if age > policy.opt_out_days:
            faults.append(
                Text(
                    f"{source.nl}: {name} is {age} dagen oud, hoogstens {policy.opt_out_days} mag",
                    f"{source.nl}: {name} is {age} days old, at most {policy.opt_out_days} are allowed",
                )
            )
        else:
            read.append(_read(source, file, newest, mapped_in=path))
    if faults:
        raise SelectionError(
            Text(
                "Een lijst van wie geen post wil is niet te gebruiken"
                if len(faults) == 1
                else f"{len(faults)} lijsten van wie geen post wil zijn niet te gebruiken",
                f"{len(faults)} opt-out lists cannot be used",
            ),
            where=path,
            faults=faults,
            hint=Text(
                "Vraag de beheerder om van elke lijst de nieuwste levering klaar te zetten, met de datum in de naam",
                "ask for the newest delivery of each list; its date stands in its name, or in the column under `date`",
            ),
        )
    return tuple(read)


def _lacking(on: datetime.date, dated: Mapping[Path, datetime.date | None]) -> Text:
    """Why there is no list to use."""
    if any(dated.values()):
        return Text(f"er is geen lijst van {on} of eerder", f"no list of {on} or before")
    if dated:
        return Text("er is geen bestand met een datum", "no file with a date")
    return Text("er is geen bestand", "no file")


def opted_out(houses: pa.Array, additions: pa.Array, listed: OptOuts) -> NDArray[np.bool_]:
    """Which addresses stand on a list.

    A row of the list that names one of the addresses of a house takes that address off, and however the addition is
    spelled. A row whose addition is absent or unknown in that house, or that can be read in two ways, takes the
    whole house off.

    Parameters
    ----------
    houses, additions : of all addresses of these houses; text arrays of shape (n,).

    Returns
    -------
    bool array of shape (n,)
    """
    known = _pairs(houses, spelled(additions))
    wanted = _pairs(listed.addresses.column("house"), listed.addresses.column("spelled"))
    exact = pc.and_(pc.is_in(wanted, value_set=known), pc.invert(listed.addresses.column("unclear")))
    wide = listed.addresses.column("house").filter(pc.invert(exact))
    on_list = pc.is_in(known, value_set=_flat(wanted.filter(exact)))
    whole_house = pc.is_in(houses, value_set=_flat(wide))
    return np.asarray(pc.or_(on_list, whole_house))


def _read(source: OptOutSource, path: Path, date: datetime.date, *, mapped_in: Path) -> OptOuts:
    named = source.columns
    names = {"postcode": named.postcode, "number": named.number} | (
        {"addition": named.addition} if named.addition else {}
    )
    expected = [Column(name, "text", f"{word} of {source.name}") for word, name in names.items()]
    check_columns(table_schema(path), expected, where=path, mapped_in=mapped_in)
    parsed = read_addresses(read_texts(path, names))
    valid = parsed.filter(pc.is_valid(parsed.column("house")))
    flags = valid.column("flags")
    table = pa.table(
        {
            "house": valid.column("house"),
            "spelled": spelled(valid.column("addition")),
            "unclear": pc.not_equal(flags, ""),
        }
    )
    return OptOuts(source.name, source.nl, source.en, date, parsed.num_rows, parsed.num_rows - valid.num_rows, table)


def _day(path: Path, source: OptOutSource, mapped_in: Path) -> datetime.date | None:
    """The date of a list: the newest in its column, or the last in its name."""
    if source.date:
        check_columns(
            table_schema(path), [Column(source.date, "any", "date of the list")], where=path, mapped_in=mapped_in
        )
        texts = read_texts(path, {"date": source.date}).column("date").drop_null().unique().to_pylist()
    else:
        texts = _DATE.findall(path.stem)[-1:]
    try:
        return max((datetime.date.fromisoformat(each[:10]) for each in texts), default=None)
    except ValueError:
        return None


def _pairs(houses: pa.Array, additions: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(_flat(houses), _flat(additions), " ")


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
