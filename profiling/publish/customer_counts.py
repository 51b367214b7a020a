"""Customers as weighted households, counted per segment and area with the one rule for small cells.

A customer who was found is one household. Of customers of whom only the postcode is known, every household of that
postcode is one in so many of them; then a cell needs enough expected customers *and* enough households behind them, or
ten customers in one postcode would tell of seventeen households who of them is what.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from profiling.population.address_book import AddressBook
from profiling.profiles.disclosure import SUPPRESSED, suppress
from profiling.profiles.shown import nested
from profiling.publish.customers_found import Customers, households_of
from profiling.publish.published import Published
from profiling.sql import open_database

TOTAL = "*"
UNKNOWN = "?"


def known_households(customers: Customers, published: Sequence[Published]) -> pd.DataFrame:
    """Households of the customers: household_id, weight, the area levels, main, sub, and `in_<profile>` for each."""
    first = published[0]
    segment = ["segment"] if first.scheme is not None else []
    households = customers.matches.households
    frame = households_of(first, households, [*first.levels, *segment, "in_profile"])
    return _with_profiles(frame.assign(weight=1.0), households, published)


def expected_households(customers: Customers, book: AddressBook, published: Sequence[Published]) -> pd.DataFrame:
    """The same from postcodes alone: every household of a postcode weighs rows ÷ households of that postcode."""
    path = str(book.file).replace("'", "''")
    asked = pa.table({"postcode": customers.postcodes})
    with open_database("2GB") as database:
        database.register("asked", asked)
        known = database.execute(
            f"""WITH wanted AS (SELECT postcode, count(*) AS n FROM asked WHERE postcode IS NOT NULL GROUP BY postcode),
            here AS (SELECT wanted.postcode, wanted.n, household_id FROM read_parquet('{path}') AS book
                JOIN wanted ON wanted.postcode = split_part(book.house, ' ', 1))
            SELECT household_id, n / count(*) OVER (PARTITION BY postcode) AS weight FROM here ORDER BY household_id"""
        ).df()
    first = published[0]
    segment = ["segment"] if first.scheme is not None else []
    households = pa.array(known["household_id"], pa.string())
    frame = households_of(first, households, [*first.levels, *segment, "in_profile"])
    frame["weight"] = known["weight"].to_numpy()[frame["place"]]
    return _with_profiles(frame, households, published)


def _with_profiles(frame: pd.DataFrame, households: pa.Array, published: Sequence[Published]) -> pd.DataFrame:
    first = published[0]
    frame = frame.rename(columns={"in_profile": f"in_{first.listed.profile}"})
    for each in published[1:]:
        inside = households_of(each, households, ["in_profile"]).set_index("place")["in_profile"]
        frame[f"in_{each.listed.profile}"] = inside.reindex(frame["place"]).to_numpy(dtype=bool)
    frame[list(first.levels)] = frame[list(first.levels)].fillna(UNKNOWN)
    frame = nested(frame, first.levels)
    if first.scheme is not None:
        main_of = first.scheme.main_of()
        frame["sub"] = frame.pop("segment").fillna(UNKNOWN)
        frame["main"] = [main_of.get(code, UNKNOWN) for code in frame["sub"]]
    return frame


def place_weights(frame: pd.DataFrame, published: Published, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each household counts in a selection of areas: the weight of its smallest area; shape (households,)."""
    if not published.levels:
        return np.ones(len(frame))
    codes = published.shown.areas.places[-1]
    at = frame[published.levels[-1]].map(codes)
    found: NDArray[np.float64] = np.where(at.isna(), 0.0, weights[at.fillna(0).astype(np.int64)])
    return found


def count(
    frame: pd.DataFrame, by: Sequence[str], inside: NDArray[np.bool_], weight: NDArray[np.float64]
) -> pd.DataFrame:
    """Customers per cell: n, n_profile, and what must not be small: safe_profile, safe_rest, safe (of both).

    Parameters
    ----------
    inside : whether each household belongs to the profile.
    weight : customers that each household stands for; households of weight 0 do not count.
    """
    seen = weight > 0
    cells = frame[list(by)].assign(
        n=weight, n_profile=weight * inside, seen=seen.astype(float), seen_profile=(seen & inside).astype(float)
    )
    counted = cells.groupby(list(by), as_index=False).sum() if by else cells.sum().to_frame().T
    counted["safe"] = np.minimum(counted["n"], counted["seen"])
    counted["safe_profile"] = np.minimum(counted["n_profile"], counted["seen_profile"])
    rest = counted["n"] - counted["n_profile"], counted["seen"] - counted["seen_profile"]
    counted["safe_rest"] = np.maximum(np.minimum(*rest), 0.0)
    return counted


def with_totals(counted: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    """A row per code of every level, and the whole: level, code, key, parent, and sums of the counts."""
    sums = [each for each in counted.columns if each not in levels and counted[each].dtype.kind in "fi"]
    whole = {"level": "total", "code": TOTAL, "key": TOTAL, "parent": "", **counted[sums].sum().to_dict()}
    rows = [pd.DataFrame([whole])]
    above = ""
    for level in levels:
        by = [level, *([above] if above else [])]
        part = counted.groupby(by, as_index=False)[sums].sum()
        parent = TOTAL if not above else above + "/" + part[above].astype(str)
        part = part.assign(level=level, code=part[level], key=level + "/" + part[level].astype(str), parent=parent)
        rows.append(part[["level", "code", "key", "parent", *sums]])
        above = level
    return pd.concat(rows, ignore_index=True)


def every_segment(table: pd.DataFrame, published: Published) -> pd.DataFrame:
    """The rows of `with_totals`, with a row of zeros for every segment that no customer is in.

    A segment that were left out would say "nobody" where the rule for small cells says no more than "fewer than ten".

    Returns
    -------
    A row for the whole and for every main and sub segment of the population, in that order.
    """
    segments = published.shown.segments
    rows = [("total", TOTAL, TOTAL, "")]
    if published.scheme is not None:
        above = [segments.codes[1][each] for each in segments.parents[2]]
        rows += [("main", code, f"main/{code}", TOTAL) for code in segments.codes[1]]
        rows += [("sub", code, f"sub/{code}", f"main/{up}") for code, up in zip(segments.codes[2], above, strict=True)]
    everybody = pd.DataFrame(rows, columns=["level", "code", "key", "parent"])
    counts = [each for each in table.columns if each not in everybody.columns]
    merged = everybody.merge(table[["key", *counts]], on="key", how="left")
    return merged.fillna(dict.fromkeys(counts, 0.0))


def hide(
    table: pd.DataFrame,
    counts: Sequence[str],
    minimum: int,
    *,
    hidden: NDArray[np.bool_] | None = None,
    spare_parts: bool = True,
) -> NDArray[np.bool_]:
    """Which rows of `with_totals` may not be shown; shape (rows,).

    Parameters
    ----------
    counts : one or two columns that must not be small, nor become known by subtraction.
    """
    parents = {"key": {key: parent for key, parent in zip(table["key"], table["parent"], strict=True) if parent}}
    marked = suppress(
        table,
        count=counts[0],
        base=counts[1] if len(counts) > 1 else None,
        derived=[],
        parents=parents,
        minimum=minimum,
        spare_parts=spare_parts,
        hidden=hidden,
    )
    found: NDArray[np.bool_] = marked[SUPPRESSED].to_numpy(dtype=bool)
    return found
