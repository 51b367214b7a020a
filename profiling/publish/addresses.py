"""Address selection (adresselectie): addresses of a profile for one mailing, drawn by a written rule and registered.

Highest rank first (of equal scores the one with the smaller hash of its key, as in the ranking itself) or at random;
a control group is drawn by lot out of what was chosen and held back. The list says nothing of scores: not in a column,
and not by its order, which is that of postcodes.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from profiling.artefacts import fingerprint, only_one
from profiling.errors import SelectionError, Text
from profiling.measures import detectable_share, two_shares_power
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.profiles.policy import SelectionPolicy
from profiling.publish import selections
from profiling.publish.address_pool import LIVE, Pool, check_areas, check_store, draw_pool
from profiling.publish.address_request import Request, check_request, plain
from profiling.publish.opt_outs import OptOuts
from profiling.publish.published import Published
from profiling.publish.selections import Entry

STEP = 10


@dataclass(frozen=True)
class Available:
    """How many addresses there are. `removed` counts by reason; None where there are too few to say.

    `n` is rounded down to tens: the difference of two exact counts would tell what a small area holds, which the tables
    of the profile hide.
    """

    published: Published = field(repr=False)
    areas: tuple[str, ...]
    n: int
    removed: dict[str, int | None]
    opt_outs: tuple[OptOuts, ...] = field(repr=False)


@dataclass(frozen=True)
class Power:
    """What a comparison of letters with the control group can tell.

    `detectable` is the response at which it is found 8 times out of 10, nan when no response would be; `power_double`
    the chance to find that the response doubles.
    """

    response: float
    detectable: float
    power_double: float


@dataclass(frozen=True)
class AddressSelection:
    """A registered selection: its entry, what was there, and the addresses (postcode, number, addition, gemeente, and
    street in front where it is known)."""

    entry: Entry
    available: Available = field(repr=False)
    power: Power | None
    addresses: pa.Table = field(repr=False)

    def __repr__(self) -> str:
        n = self.addresses.num_rows
        return f"AddressSelection({self.entry.id}, {n:,} addresses) · next: address_workbook(selection)"


def count_addresses(
    published: Published,
    store: HouseholdStore,
    areas: Sequence[str],
    *,
    policy: SelectionPolicy,
    opt_outs: Sequence[OptOuts],
    register: Path,
    on: datetime.date,
    repeat: bool = False,
) -> Available:
    """How many addresses a selection could have.

    Raises
    ------
    SelectionError
        When an area is unknown, the households are not those of the profile, or fewer are left than the policy allows
        to be counted.
    """
    return _available(
        published, areas, _pool(published, store, areas, opt_outs, register, on, repeat), policy, opt_outs
    )


def select_addresses(
    published: Published,
    store: HouseholdStore,
    request: Request,
    *,
    policy: SelectionPolicy,
    opt_outs: Sequence[OptOuts],
    register: Path,
    on: datetime.date,
) -> AddressSelection:
    """Draw addresses and enter them in the register; without an entry nothing leaves.

    Raises
    ------
    SelectionError
        When purpose, requester or anything else of the request is missing or wrong (all faults at once), the requester
        has an expired selection whose destruction is not confirmed, or as `count_addresses`.
    ArtefactError
        When the register cannot be written, or another selection is being made.
    """
    check_request(request, policy, opt_outs)
    with only_one(register):
        entry_id = selections.new_id(register, on)
        _refuse_with_expired(register, request, on)
        pool = _pool(published, store, request.areas, opt_outs, register, on, request.repeat)
        available = _available(published, request.areas, pool, policy, opt_outs)
        share = policy.control if request.control is None else request.control
        asked = {"id": entry_id, "version": published.version, "request": repr(request)}
        seed = int(fingerprint(asked)[:6], 16) if request.seed is None else request.seed
        mail, control = _draw(pool.addresses, request, share, seed)
        entry = Entry(
            id=entry_id,
            purpose=plain(request.purpose),
            requester=plain(request.requester),
            created=on,
            expires=on + datetime.timedelta(days=policy.valid_days),
            profile=published.listed.profile,
            version=published.version,
            areas=tuple(dict.fromkeys(request.areas)),
            order=request.order,
            seed=seed,
            wished=request.wished,
            n_selected=len(mail),
            n_control=len(control),
            repeated=request.repeat,
            removed=pool.removed,
            opt_outs={each.name: str(each.date) for each in opt_outs},
        )
        drawn = pa.table(
            {
                "household_id": pa.array([*mail["household_id"], *control["household_id"]], pa.string()),
                "arm": pa.array(["mail"] * len(mail) + ["control"] * len(control), pa.string()),
            }
        )
        selections.add(register, entry, drawn)
    return AddressSelection(entry, available, _power(entry, policy), _listed(mail, published))


def _pool(
    published: Published,
    store: HouseholdStore,
    areas: Sequence[str],
    opt_outs: Sequence[OptOuts],
    register: Path,
    on: datetime.date,
    repeat: bool,
) -> Pool:
    chosen = check_areas(published, areas)
    check_store(published, store)
    held = pa.array([], pa.string()) if repeat else selections.held(register, on)
    return draw_pool(published, store, chosen, opt_outs, held)


def _available(
    published: Published, areas: Sequence[str], pool: Pool, policy: SelectionPolicy, opt_outs: Sequence[OptOuts]
) -> Available:
    if len(pool.addresses) < policy.minimum:
        live = Text(" (andere zitten in een lopende selectie)", " (others are in a live selection)")
        few = Text(
            f"Er blijven minder dan {policy.minimum} adressen over", f"fewer than {policy.minimum} addresses are left"
        )
        raise SelectionError(
            few + (live if pool.removed[LIVE] else ""),
            where=published.listed.profile,
            hint=Text(
                "Kies een groter gebied, of wacht tot andere selecties zijn vernietigd",
                "choose a larger area, or wait until other selections are destroyed",
            ),
        )
    removed = {reason: n if n >= policy.minimum else None for reason, n in pool.removed.items()}
    n = len(pool.addresses) // STEP * STEP
    return Available(published, tuple(areas), n, removed, tuple(opt_outs))


def _refuse_with_expired(register: Path, request: Request, on: datetime.date) -> None:
    asker = plain(request.requester).casefold()
    over = [each for each in selections.expired(register, on) if each.requester.casefold() == asker]
    if over:
        raise SelectionError(
            Text(
                f"{plain(request.requester)} heeft van {len(over)} verlopen selecties nog niet bevestigd dat de "
                "adressen zijn vernietigd",
                f"{plain(request.requester)} has not confirmed the destruction of {len(over)} expired selections",
            ),
            faults=[
                Text(
                    f"{each.id} ({each.purpose}), te vernietigen uiterlijk op {each.expires}",
                    f"{each.id} ({each.purpose}), to be destroyed by {each.expires}",
                )
                for each in over
            ],
            hint=Text(
                "Vernietig die adressen en bevestig dat in het register onder Adresselectie",
                "profiling addresses destroy ID --by NAME",
            ),
        )


def _draw(pool: pd.DataFrame, request: Request, share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who is written to, and who is held back: the control group comes on top of the letters where there are enough."""
    keys = pa.array(pool["household_id"], pa.string())
    by = pool["rank"].to_numpy() if request.order == "highest" else hash_keys(keys, f"select:{seed}")
    n = len(pool) if request.wished is None else min(len(pool), round(request.wished / (1 - share)))
    chosen = pool.iloc[np.argsort(by, kind="stable")[:n]]
    lot = hash_keys(pa.array(chosen["household_id"], pa.string()), f"control:{seed}")
    n_control = round(n * share) if request.wished is None else max(n - request.wished, round(n * share))
    order = np.argsort(lot, kind="stable")
    return chosen.iloc[np.sort(order[n_control:])], chosen.iloc[np.sort(order[:n_control])]


def _power(entry: Entry, policy: SelectionPolicy) -> Power | None:
    if not entry.n_control:
        return None
    rate, n, n_control = policy.response, entry.n_selected, entry.n_control
    double = float(two_shares_power(min(2 * rate, 1.0), rate, n, n_control))
    return Power(rate, detectable_share(rate, n, n_control), double)


def _listed(mail: pd.DataFrame, published: Published) -> pa.Table:
    """What leaves: addresses in the order of their postcodes, without keys, ranks or the control group."""
    rows = mail.sort_values(["postcode", "number", "addition"], kind="stable")
    towns = [published.names.get(("gemeente", str(code)), "") for code in rows["gemeente"]]
    street = {"street": pa.array(rows["street"], pa.string(), from_pandas=True)} if "street" in rows else {}
    columns = {
        **street,
        "postcode": pa.array(rows["postcode"], pa.string()),
        "number": pa.array(rows["number"], pa.int64()),
        "addition": pa.array(rows["addition"], pa.string(), from_pandas=True),
        "gemeente": pa.array(towns, pa.string()),
    }
    return pa.table(columns)
