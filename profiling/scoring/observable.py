"""Which areas and segments cannot be observed: households like theirs hardly ever are members of the library.

A reference group of members says nothing of households that never join (no overlap: Crump, Hotz, Imbens & Mitnik 2009,
Dealing with limited overlap in estimation of average treatment effects, Biometrika 96). The ranking still places them,
by what it learned elsewhere; who reads it must know that nothing was seen there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from profiling.features.encoder import Encoder
from profiling.population.store import HouseholdStore
from profiling.training.membership import Membership, observability

MOST = 0.5


@dataclass(frozen=True)
class Observability:
    """How many households cannot be observed, and the cells where that goes for more than half of them.

    Parameters
    ----------
    households : all of the population; hidden : those that cannot be observed.
    cells : area level, or "segment" → codes, ascending.
    """

    households: int
    hidden: int
    cells: Mapping[str, tuple[str, ...]]

    def to_dict(self) -> dict[str, Any]:
        """As a manifest holds it."""
        cells = {level: list(codes) for level, codes in self.cells.items()}
        return {"households": self.households, "hidden": self.hidden, "cells": cells}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Observability:
        """From what `to_dict` gave."""
        return cls(said["households"], said["hidden"], {level: tuple(codes) for level, codes in said["cells"].items()})


def observe(membership: Membership, encoder: Encoder, store: HouseholdStore, by: Sequence[str]) -> Observability:
    """Ask the propensity of membership of every household, in one pass, and count per cell.

    Parameters
    ----------
    encoder : feeds the propensity model.
    by : area levels, and "segment" where there are segments.
    """
    seen = observability(membership, encoder)
    total: dict[str, Counter[str]] = {level: Counter() for level in by}
    hidden: dict[str, Counter[str]] = {level: Counter() for level in by}
    households = unseen = 0
    words = list(dict.fromkeys([*encoder.names, *by]))
    for batch in store.batches(words, text="asking who is observable"):
        there = pa.array(~seen(batch))
        households += batch.num_rows
        unseen += int(pc.sum(there).as_py() or 0)
        for level in by:
            codes = batch.column(level)
            for counter, column in ((total[level], codes), (hidden[level], codes.filter(there))):
                for each in pc.value_counts(column).to_pylist():
                    counter[each["values"]] += each["counts"]
    cells = {
        level: tuple(sorted(code for code, n in hidden[level].items() if code and n > MOST * total[level][code]))
        for level in by
    }
    return Observability(households, unseen, cells)
