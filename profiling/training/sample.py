"""The sample behind a training frame: reference households, a random part of the base, and other members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.errors import TrainingError
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.reference.group import ReferenceGroup
from profiling.training.catchment import UNKNOWN

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """Positions in the population, ascending, and what each row is; arrays of shape (n,).

    A household may be in the base, a member and drawn at once.
    """

    positions: Rows
    positive: Flags
    base: Flags
    member: Flags
    drawn: Flags


def draw_sample(
    group: ReferenceGroup,
    members: pa.Table | None,
    store: HouseholdStore,
    block: str,
    areas: tuple[str, ...],
    n: int,
    seed: int,
) -> Sample:
    """The group, n other households, and n other members, all of them in the areas, in one pass.

    The samples are the households with the smallest hash of their key, so they do not depend on the order of rows.

    Raises
    ------
    TrainingError
        When nothing is left to contrast the group with.
    """
    wanted = group.households.column("household_id").combine_chunks()
    # Members as sorted 64-bit hashes: two million of them are 16 MB, and a look-up takes no time.
    known = np.sort(_hashed(members.column("household_id").combine_chunks())) if members is not None else None
    covered = pa.array(areas, pa.string())
    found: list[Rows] = []
    base, others = _Smallest(n), _Smallest(n)
    start = 0
    for batch in store.batches(["household_id", block], text="sampling households"):
        keys = batch.column(0)
        here = np.arange(start, start + batch.num_rows)
        start += batch.num_rows
        near = np.asarray(pc.is_in(pc.fill_null(batch.column(1), UNKNOWN), value_set=covered), dtype=bool)
        inside = np.asarray(pc.is_in(keys, value_set=wanted), dtype=bool)
        found.append(here[inside & near])
        free = ~inside & near
        member = np.zeros(len(here), dtype=bool) if known is None else _among(_hashed(keys), known)
        base.offer(here[free], hash_keys(keys, f"sample:{seed}")[free], member[free])
        if known is not None:
            chosen = free & member
            others.offer(here[chosen], hash_keys(keys, f"member:{seed}")[chosen], member[chosen])
    if len(base.places) == 0:
        raise TrainingError("every household is in the reference group: there is nothing to contrast it with")
    positive = np.concatenate(found)
    positions = np.unique(np.concatenate([positive, base.places, others.places]))
    members_of_base = base.places[base.marks]
    return Sample(
        positions=positions,
        positive=np.isin(positions, positive),
        base=np.isin(positions, base.places),
        member=np.isin(positions, np.concatenate([positive, members_of_base, others.places])),
        drawn=np.isin(positions, others.places),
    )


class _Smallest:
    """The n households with the smallest hashes so far, with a mark each."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.places, self.hashes = np.empty(0, np.int64), np.empty(0, np.uint64)
        self.marks = np.empty(0, np.bool_)

    def offer(self, places: Rows, hashes: NDArray[np.uint64], marks: Flags) -> None:
        """Look at some more households."""
        if len(self.hashes) >= self.n:
            near = hashes < self.hashes.max()
            places, hashes, marks = places[near], hashes[near], marks[near]
        self.places = np.concatenate([self.places, places])
        self.hashes = np.concatenate([self.hashes, hashes])
        self.marks = np.concatenate([self.marks, marks])
        if len(self.hashes) > self.n:
            keep = np.argpartition(self.hashes, self.n - 1)[: self.n]
            self.places, self.hashes, self.marks = self.places[keep], self.hashes[keep], self.marks[keep]


def _hashed(keys: pa.Array) -> NDArray[np.uint64]:
    return hash_keys(keys, "members")


def _among(hashes: NDArray[np.uint64], known: NDArray[np.uint64]) -> Flags:
    if not len(known):
        return np.zeros(len(hashes), dtype=bool)
    at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.asarray(known[at] == hashes, dtype=bool)


def rows_at(store: HouseholdStore, words: list[str], positions: NDArray[np.int64]) -> pa.Table:
    """The columns `words` of the households at `positions`, which ascend."""
    parts, start = [], 0
    for batch in store.batches(words, text="looking up features"):
        low, high = np.searchsorted(positions, [start, start + batch.num_rows])
        if high > low:
            parts.append(batch.take(pa.array(positions[low:high] - start)))
        start += batch.num_rows
    return pa.Table.from_batches(parts)


def looked_up(table: pa.Table, name: str, keys: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of `table` for the households `keys`; null where it has none of them."""
    at = pc.index_in(keys, value_set=table.column("household_id").combine_chunks())
    return table.column(name).combine_chunks().take(at.combine_chunks())
