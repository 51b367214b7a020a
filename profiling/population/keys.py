"""Household keys: hashed for sampling and ties, and checked for being there once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.errors import SchemaError
from profiling.population.store import HouseholdStore


def hash_keys(keys: pa.Array, purpose: str) -> NDArray[np.uint64]:
    """A fixed pseudo-random number per household, other for each purpose, the same in any row order.

    Parameters
    ----------
    keys : text array of shape (n,)
    purpose : at most 16 ASCII characters, such as "tie:7" or "sample:7"; keys the hash.

    Returns
    -------
    uint64 array of shape (n,), from `pandas.util.hash_array` (SipHash), uniform over its range.
    """
    return pd.util.hash_array(
        keys.to_numpy(zero_copy_only=False), hash_key=purpose.ljust(16)[:16], categorize=False
    ).astype(np.uint64)


def check_keys(store: HouseholdStore) -> None:
    """Every household has a key, and no two households have the same.

    Raises
    ------
    SchemaError
        With the number of empty and double keys and the first of them.
    """
    hashes = np.empty(store.n_households, dtype=np.uint64)
    empty, start = 0, 0
    for batch in store.batches(["household_id"], text="checking household keys"):
        keys = batch.column(0)
        empty += keys.null_count + int(pc.sum(pc.equal(keys, "")).as_py() or 0)
        hashes[start : start + batch.num_rows] = hash_keys(pc.fill_null(keys, ""), "check")
        start += batch.num_rows
    faults = [f"{empty:,} households have no key"] if empty else []
    hashes.sort()
    double = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    if len(double) and not empty:
        first = _first_double(store, double[0])
        faults.append(f"{len(double):,} household keys stand more than once (first: '{first}')")
    if faults:
        raise SchemaError(
            "household keys are not unique",
            where=store.population.path,
            faults=faults,
            hint=f"column '{store.population.config.household}' must name each household once; remove the doubles",
        )


def _first_double(store: HouseholdStore, wanted: np.uint64) -> str:
    for batch in store.batches(["household_id"]):
        found = np.flatnonzero(hash_keys(pc.fill_null(batch.column(0), ""), "check") == wanted)
        if len(found):
            return str(batch.column(0)[int(found[0])].as_py())
    return "?"
