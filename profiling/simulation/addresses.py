"""Postcodes of about 17 households within one buurt, house numbers on one side of the street, additions."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.areas import Areas
from profiling.simulation.columns import coded, numbers
from profiling.simulation.streams import mix, uniform
from profiling.simulation.traits import Traits

PER_POSTCODE = 17
# SA, SD and SS are not given out; ZZ is kept for libraries, schools and institutions.
PAIRS = tuple(
    pair
    for pair in (first + last for first in ascii_uppercase for last in ascii_uppercase)
    if pair not in {"SA", "SD", "SS", "ZZ"}
)
ADDITIONS = ("", "A", "B", "C", "D", "1", "2", "3", "4", "HS", "I", "II", "III", "bis")
# Ways to number a block of flats: share of the postcodes, then the additions of one front door ("" = none).
STYLES = (
    (0.46, ("",)),
    (0.20, ("", "A", "B", "C")),
    (0.12, ("1", "2", "3", "4")),
    (0.10, ("HS", "I", "II", "III")),
    (0.06, ("", "bis")),
    (0.06, ("A", "B", "C", "D")),
)
EXTRA = 0.02
SHARED = 0.0042


@dataclass(frozen=True)
class AddressPlan:
    """Where every buurt's rows start, and which postcodes are its own; arrays of shape (n_buurten,)."""

    start: NDArray[np.int64]
    count: NDArray[np.int64]
    postcodes: NDArray[np.int64]
    first: NDArray[np.int64]
    offset: NDArray[np.int64]
    pc4: NDArray[np.int64]


@dataclass(frozen=True)
class Addresses:
    """Addresses of n households; `street` numbers the postcodes through the country."""

    postcode: pa.Array
    number: NDArray[np.int64]
    addition: NDArray[np.int8]
    street: NDArray[np.int64]

    def columns(self) -> dict[str, pa.Array]:
        """As columns of the household file."""
        return {
            "postcode": self.postcode,
            "house_number": numbers(self.number, pa.int32()),
            "addition": coded(np.where(self.addition == 0, -1, self.addition), ADDITIONS),
        }


def plan_addresses(areas: Areas, count: NDArray[np.int64]) -> AddressPlan:
    """Share the letter pairs of each PC4 out over its buurten.

    A PC4 with more households than 17 for each letter pair gets larger postcodes.
    """
    _, group = np.unique(areas.pc4, return_inverse=True)
    per = np.full(group.max() + 1, float(PER_POSTCODE))
    while True:
        postcodes = np.maximum(np.rint(count / per[group]).astype(np.int64), np.minimum(count, 1))
        full = np.bincount(group, postcodes) > len(PAIRS)
        if not full.any():
            break
        per[full] *= 1.05
    order = np.argsort(group, kind="stable")
    before = np.cumsum(postcodes[order]) - postcodes[order]
    opening = np.searchsorted(group[order], group[order])
    first = np.empty_like(postcodes)
    first[order] = before - before[opening]
    return AddressPlan(
        start=np.cumsum(count) - count,
        count=count,
        postcodes=postcodes,
        first=first,
        offset=np.cumsum(postcodes) - postcodes,
        pc4=areas.pc4,
    )


def give_addresses(plan: AddressPlan, seed: int, rows: NDArray[np.int64], traits: Traits) -> Addresses:
    """Addresses of consecutive rows, whose traits are in street order."""
    buurt = traits.buurt
    j, n, m = rows - plan.start[buurt], plan.count[buurt], plan.postcodes[buurt]
    k = j * m // n
    place = j - -(-k * n // m)
    street = plan.offset[buurt] + k
    base = 1 + (mix(seed, "side", street) % np.uint64(160)).astype(np.int64)
    style = np.searchsorted(np.cumsum([share for share, _ in STYLES])[:-1], uniform(seed, "style", street))
    doors = np.array([len(additions) for _, additions in STYLES])[style]
    table = np.zeros((len(STYLES), 4), dtype=np.int8)
    for at, (_, additions) in enumerate(STYLES):
        table[at, : len(additions)] = [ADDITIONS.index(each) for each in additions]
    stacked = ~traits.house & (doors > 1)
    # A house among stacked flats stands further down the street, so that no two share a door by accident.
    number = base + 2 * np.where(stacked, place // doors, place + np.where(doors > 1, 60, 0))
    addition = np.where(stacked, table[style, place % doors], 0).astype(np.int8)
    u = uniform(seed, "extra", rows)
    plain = (~stacked & (place > 0))[1:] & ~stacked[:-1] & (street[1:] == street[:-1]) & (u[:-1] >= EXTRA + SHARED)
    plain = np.concatenate([[False], plain])
    extra, shared = plain & (u < EXTRA), plain & (u >= EXTRA) & (u < EXTRA + SHARED)
    number = number - 2 * (extra | shared)
    addition = np.where(extra, ADDITIONS.index("A"), addition).astype(np.int8)
    return Addresses(_postcodes(plan, street, k, buurt), number, addition, street)


def _postcodes(
    plan: AddressPlan, street: NDArray[np.int64], k: NDArray[np.int64], buurt: NDArray[np.int64]
) -> pa.Array:
    _, opening, inverse = np.unique(street, return_index=True, return_inverse=True)
    pairs = plan.first[buurt[opening]] + k[opening]
    words = [f"{pc4}{PAIRS[pair]}" for pc4, pair in zip(plan.pc4[buurt[opening]], pairs, strict=True)]
    return coded(inverse, words)
