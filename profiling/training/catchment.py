"""Where a reference group can come from: the areas that its source covers.

A lending export of seven libraries holds no households from elsewhere. Contrasted with the whole country a model
learns where those seven libraries are: on a simulated 8.2 million households it then found fewer held-out reference
households than the segment index does. So the unlabelled are drawn from the areas that the source covers, and the
few reference households outside them (movers, borrowers from afar) are left out of the contrast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from profiling.errors import TrainingError
from profiling.population.store import HouseholdStore
from profiling.reference.group import ReferenceGroup

UNKNOWN = "?"
LOWEST_RATE = 0.1


@dataclass(frozen=True)
class Catchment:
    """The areas that a source covers, the households in them, and the reference households outside them."""

    areas: tuple[str, ...]
    n_households: int
    n_outside: int


def find_catchment(households: Mapping[str, int], found: Mapping[str, int]) -> Catchment:
    """Areas whose rate of reference households is at least a tenth of the usual rate.

    The usual rate is that of the area in which the median reference household lives, areas ordered by their rate; a
    stray household in a large area stays far below it, and a small area of a library that takes part does not.

    Parameters
    ----------
    households : area → all its households.
    found : area → its reference households.
    """
    codes = sorted(code for code, n in found.items() if n > 0)
    counts = np.array([found[code] for code in codes], dtype=np.float64)
    rates = counts / np.array([households[code] for code in codes])
    order = np.argsort(-rates, kind="stable")
    middle = int(np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2.0))
    usual = float(rates[order][middle])
    inside = [code for code, rate in zip(codes, rates.tolist(), strict=True) if rate >= LOWEST_RATE * usual]
    return Catchment(
        areas=tuple(inside),
        n_households=sum(households[code] for code in inside),
        n_outside=sum(found.values()) - sum(found[code] for code in inside),
    )


def catchment_of(group: ReferenceGroup, store: HouseholdStore, block: str, *, everywhere: bool) -> Catchment:
    """Count households of both kinds per area, and find the areas that the group's source covers.

    Raises
    ------
    TrainingError
        When households of the group are not in this population.
    """
    wanted = group.households.column("household_id").combine_chunks()
    households: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for batch in store.batches(["household_id", block], text="finding where the group comes from"):
        areas = pc.fill_null(batch.column(block), UNKNOWN)
        inside = pc.is_in(batch.column("household_id"), value_set=wanted)
        for counter, column in ((households, areas), (found, areas.filter(inside))):
            for each in pc.value_counts(column).to_pylist():
                counter[each["values"]] += each["counts"]
    missing = len(group) - sum(found.values())
    if missing:
        raise TrainingError(
            f"{missing:,} of {len(group):,} reference households are not in this population",
            where=group.name,
            hint="build the reference group again on this population",
        )
    if everywhere:
        return Catchment(tuple(sorted(households)), sum(households.values()), 0)
    return find_catchment(households, found)
