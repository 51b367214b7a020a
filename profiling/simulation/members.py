"""Card holders: who has a library card, at what age, and under which address the library knows them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.addresses import ADDITIONS, Addresses
from profiling.simulation.columns import coded, hexadecimal, numbers
from profiling.simulation.libraries import Libraries
from profiling.simulation.streams import intercept, logistic, mix
from profiling.simulation.traits import EMPLOYED, Traits

Floats = NDArray[np.float64]
Truths = dict[str, NDArray[np.bool_]]
CARD_TYPES = ("adult", "youth", "school", "staff", "institution")
ADULT, YOUTH, SCHOOL, STAFF, INSTITUTION = range(5)
# What a card borrows for: itself, as a reader of easy books, or easy books for others (the dirt).
ORDINARY, READER, PARENT, TEACHER, VOLUNTEER, LEARNER, CHILD = range(7)
ADULT_CARD = 0.16
YOUTH_CARD = 0.55
READS_EASY = 0.90
# How the dirt is made up (assumed).
HELPERS = {PARENT: 0.30, TEACHER: 0.25, VOLUNTEER: 0.25, LEARNER: 0.20}
MOVED, UNKNOWN, SLOPPY, GLUED = 0.02, 0.03, 0.08, 0.01


@dataclass(frozen=True)
class MemberModel:
    """The intercept of membership, and how likely each helper borrows easy books."""

    intercept: float
    helps: dict[int, float]


@dataclass(frozen=True)
class Cards:
    """Cards of some households: arrays of shape (n_cards,), address columns as the library has them."""

    row: NDArray[np.int64]
    key: NDArray[np.uint64]
    kind: NDArray[np.int8]
    age: NDArray[np.int16]
    use: NDArray[np.int8]
    branch: NDArray[np.int64]
    address: dict[str, pa.Array]

    def __len__(self) -> int:
        return len(self.row)


def fit_members(pilot: Traits, truths: Truths, distance: Floats, dirt: float, rng: np.random.Generator) -> MemberModel:
    """Take the intercept from a sample, and the helpers' rates from the share of dirt that is asked."""
    linear = _linear(pilot, truths, distance)
    constant = intercept(linear, ADULT_CARD)
    card = logistic(linear + constant)
    clean = float(np.sum(card * truths["low_literacy_nt1"])) * READS_EASY
    # Movers whose old address is now somebody else's are dirt as well.
    wanted = clean * max(dirt - MOVED / 2, 0.0) / (1 - dirt)
    able = _able(pilot, truths)
    helps = {
        use: min(0.9, share * wanted / max(float(np.sum(card * able[use])), 1e-9)) for use, share in HELPERS.items()
    }
    return MemberModel(constant, helps)


def _linear(traits: Traits, truths: Truths, distance: Floats) -> Floats:
    """Log odds of an adult card (assumed; directions after CBS and KB surveys of library use)."""
    kids = (traits.children > 0) & (traits.youngest < 13)
    linear: Floats = (
        0.40 * traits.schooling
        + 0.25 * kids
        + 0.25 * ((traits.age >= 60) & (traits.age < 85))
        - 0.10 * (traits.age < 30)
        - 0.10 * np.minimum(distance, 10.0)
        + 0.15 * traits.schooling * kids
        - 0.03 * np.minimum(distance, 10.0) * (traits.age >= 75)
        + 0.05 * truths["low_literacy_nt1"]
    )
    return linear


def adult_card_chance(model: MemberModel, traits: Traits, truths: Truths, distance: Floats) -> Floats:
    """How likely each household is to have an adult card, shape (n,)."""
    return logistic(_linear(traits, truths, distance) + model.intercept)


def _able(traits: Traits, truths: Truths) -> dict[int, NDArray[np.bool_]]:
    """Who could borrow easy books for whom; nobody with low literacy (NT1) themselves."""
    other = ~truths["low_literacy_nt1"]
    working = (traits.work == EMPLOYED) & (traits.schooling > 0.5)
    return {
        PARENT: other & (traits.children > 0) & (traits.youngest >= 4) & (traits.youngest < 13),
        TEACHER: other & working & (traits.age < 67),
        VOLUNTEER: other & (traits.age >= 55) & (traits.age < 80) & (traits.schooling > 0),
        LEARNER: other & truths["low_literacy_nt2"],
    }


def draw_cards(
    model: MemberModel,
    traits: Traits,
    truths: Truths,
    distance: Floats,
    branch: NDArray[np.int64],
    addresses: Addresses,
    libraries: Libraries,
    rows: NDArray[np.int64],
    seed: int,
    rng: np.random.Generator,
) -> Cards:
    """The cards of a chunk of households at libraries that take part."""
    n = len(traits)
    served = libraries.takes_part[libraries.branch_library[branch]]
    adult = served & (rng.random(n) < adult_card_chance(model, traits, truths, distance))
    use = np.full(n, ORDINARY, dtype=np.int8)
    for kind, able in _able(traits, truths).items():
        use[able & (rng.random(n) < model.helps[kind])] = kind
    use[truths["low_literacy_nt1"] & (rng.random(n) < READS_EASY)] = READER
    partner = rng.random(n) < 0.35 * (traits.adults - 1)
    adult_age = np.maximum(traits.age - np.where(partner, np.floor(rng.random(n) * 7), 0), 18)
    youth = served & (traits.youngest >= 0) & (traits.youngest < 18) & (rng.random(n) < YOUTH_CARD)
    # Some of 16 and 17 already have an adult card.
    early = youth & (traits.youngest >= 16) & (rng.random(n) < 0.4)
    a, y = np.flatnonzero(adult), np.flatnonzero(youth)
    row = np.concatenate([a, y])
    card = np.concatenate([np.full(len(a), ADULT), np.where(early[y], ADULT, YOUTH)]).astype(np.int8)
    key = mix(seed, "patron", np.concatenate([rows[a] * 4, rows[y] * 4 + 1]))
    return Cards(
        row=row,
        key=key,
        kind=card,
        age=np.concatenate([adult_age[a], traits.youngest[y]]).astype(np.int16),
        use=np.concatenate([use[a], np.full(len(y), CHILD)]).astype(np.int8),
        branch=branch[row],
        address=known_address(addresses, row, n, rng),
    )


def known_address(
    addresses: Addresses, row: NDArray[np.int64], n: int, rng: np.random.Generator
) -> dict[str, pa.Array]:
    """Addresses as typed at the counter: movers, addresses outside the file, and sloppy spelling."""
    u = rng.random(len(row))
    at = np.where(u < MOVED, rng.integers(0, n, len(row)), row) if n else row
    postcode = np.array(addresses.postcode.take(pa.array(at)).to_pylist(), dtype=object)
    number = addresses.number[at].astype(str).astype(object)
    addition = np.array(ADDITIONS, dtype=object)[addresses.addition[at]]
    addition[addition == ""] = None
    unknown = (u >= MOVED) & (u < MOVED + UNKNOWN)
    number[unknown] = [f"{9000 + int(each)}" for each in rng.integers(0, 900, int(unknown.sum()))]
    sloppy = np.flatnonzero(rng.random(len(row)) < SLOPPY)
    for each in sloppy:
        text = postcode[each]
        postcode[each] = f"{text[:4]} {text[4:].lower()}" if each % 3 else f" {text[:4]} {text[4:]}"
        if addition[each] is not None:
            addition[each] = f" {addition[each].lower()}"
    for each in np.flatnonzero(rng.random(len(row)) < GLUED):
        if addition[each] is not None:
            number[each], addition[each] = f"{number[each]}-{addition[each].strip()}", None
    return {
        "postcode": pa.array(postcode, pa.string()),
        "house_number": pa.array(number, pa.string()),
        "addition": pa.array(addition, pa.string()),
    }


def organisation_cards(libraries: Libraries, seed: int, rng: np.random.Generator) -> Cards:
    """Cards of schools, staff and institutions at every branch that takes part; at no household's address."""
    branches = np.flatnonzero(libraries.takes_part[libraries.branch_library])
    kinds = np.array([SCHOOL, SCHOOL, STAFF, STAFF, STAFF, INSTITUTION, INSTITUTION], dtype=np.int8)
    branch, kind = np.repeat(branches, len(kinds)), np.tile(kinds, len(branches))
    n = len(branch)
    return Cards(
        row=np.arange(n),
        key=mix(seed, "organisation", np.arange(n)),
        kind=kind,
        age=rng.integers(22, 66, n).astype(np.int16),
        use=np.where(kind == STAFF, VOLUNTEER, TEACHER).astype(np.int8),
        branch=branch,
        address={
            "postcode": pa.array([f"{each}ZZ" for each in libraries.branch_pc4[branch]], pa.string()),
            "house_number": pa.array([str(1 + each % 9) for each in range(n)], pa.string()),
            "addition": pa.nulls(n, pa.string()),
        },
    )


def member_table(cards: Cards, libraries: Libraries, snapshot: datetime.date, rng: np.random.Generator) -> pa.Table:
    """Rows of `members.parquet`."""
    n = len(cards)
    today = np.datetime64(snapshot, "D").astype(np.int64)
    most = np.where(cards.kind == YOUTH, 365 * (cards.age + 1), 365 * np.clip(cards.age - 15, 1, 25))
    since = today - 1 - (rng.random(n) ** 1.4 * most).astype(np.int64)
    return pa.table(
        {
            "patron": hexadecimal(cards.key),
            "card_type": coded(cards.kind, CARD_TYPES),
            "age": numbers(cards.age, pa.int16(), rng.random(n) < 0.01),
            **cards.address,
            "branch": coded(cards.branch, libraries.branch_code(np.arange(len(libraries.branch_library)))),
            "member_since": pa.array(since.astype(np.int32), pa.int32()).cast(pa.date32()),
        }
    )
