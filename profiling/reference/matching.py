"""From addresses in a source to households of the population: exact, or not at all; ambiguous is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from profiling.population.addresses import address_keys, households_at
from profiling.population.store import HouseholdStore

ADDRESS = ("postcode", "house_number", "addition")


@dataclass(frozen=True)
class Matched:
    """Which row belongs to which household, and how many rows found none, and why.

    `pairs` has the columns row (position in what was asked) and household_id.
    """

    pairs: pd.DataFrame
    invalid: int
    not_found: int
    ambiguous: int


def match_addresses(store: HouseholdStore, addresses: pa.Table) -> Matched:
    """Find the household at each address.

    An address matches when exactly one household has its postcode, number and addition; when the addition is
    absent or unknown, only if the house holds a single household.

    Parameters
    ----------
    addresses : Table with the text columns postcode, house_number and addition (nulls allowed), shape (n, 3).
    """
    columns = {name: addresses.column(name).combine_chunks() for name in addresses.column_names}
    house, address = address_keys(columns["postcode"], columns["house_number"], columns.get("addition"))
    asked = pa.table({"row": pa.array(range(len(house)), pa.int64()), "house": house, "address": address}).to_pandas()
    valid = asked[asked["house"].notna()]
    known = households_at(store, house).to_pandas()
    exact, exact_many = _single(valid, known, "address")
    rest = valid[~valid["row"].isin(exact["row"]) & ~valid["row"].isin(exact_many)]
    loose, loose_many = _single(rest, known, "house")
    pairs = pd.concat([exact, loose]).sort_values("row", ignore_index=True)
    ambiguous = len(exact_many) + len(loose_many)
    return Matched(
        pairs=pairs,
        invalid=len(asked) - len(valid),
        not_found=len(valid) - len(pairs) - ambiguous,
        ambiguous=ambiguous,
    )


def _single(asked: pd.DataFrame, known: pd.DataFrame, key: str) -> tuple[pd.DataFrame, pd.Series]:
    """Rows whose key belongs to one household, and the rows whose key belongs to several."""
    counts = known.groupby(key, as_index=False).agg(n=("household_id", "size"), household_id=("household_id", "first"))
    joined = asked[["row", key]].merge(counts, on=key)
    return joined.loc[joined["n"] == 1, ["row", "household_id"]], joined.loc[joined["n"] > 1, "row"]


def match_rows(store: HouseholdStore, rows: pa.Table) -> Matched:
    """Find the household of each row: by its key where the column `household` is there, else by its address.

    Parameters
    ----------
    rows : Table with the text column household, or postcode, house_number and (optional) addition; shape (n, …).
    """
    if "household" not in rows.column_names:
        return match_addresses(store, rows.select([each for each in ADDRESS if each in rows.column_names]))
    wanted = rows.column("household").combine_chunks()
    known = [pa.array([], pa.string())]
    for batch in store.batches(["household_id"], text="matching household keys"):
        known.append(batch.column(0).filter(pc.is_in(batch.column(0), value_set=wanted)))
    hit = pc.is_in(wanted, value_set=pa.concat_arrays(known))
    given = pc.and_(pc.is_valid(wanted), pc.fill_null(pc.not_equal(wanted, ""), False))
    pairs = pd.DataFrame({"row": range(len(wanted)), "household_id": wanted.to_pandas()})
    found = pairs[np.asarray(hit, dtype=bool) & np.asarray(given, dtype=bool)].reset_index(drop=True)
    invalid = len(wanted) - int(pc.sum(given).as_py() or 0)
    return Matched(found, invalid=invalid, not_found=len(wanted) - invalid - len(found), ambiguous=0)
