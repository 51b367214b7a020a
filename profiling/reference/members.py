"""The other borrowers of a source: who could have been in the group, and what their cards tell, as counts alone.

DuckDB joins the cards to the households while these stream by: no list of either stands in memory as text, so two
million cards against eight million households stay within the memory limit of the connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from profiling.population.addresses import address_keys
from profiling.population.store import HouseholdStore

CARDS = 65_536


def find_borrowers(
    database: duckdb.DuckDBPyConnection,
    store: HouseholdStore,
    marks: Mapping[str, Sequence[str]],
    asked: Sequence[str],
    *,
    key: str | None = None,
) -> None:
    """Make the table `borrower` (patron, household_id, evidence): every adult card that leads to one household.

    An address matches as in `matching.match_addresses`: exactly one household has it, or no addition is known and
    the house holds a single household.

    Parameters
    ----------
    database : holds the table `adult`, the loans of adults in the window.
    marks : name of a mark → collection codes that make it; a mark without codes is left out.
    asked : collection codes that the group is chosen by.
    key : column of `adult` that names the household; None = by address.
    """
    chosen = {f"codes_{i}": list(codes) for i, codes in enumerate(marks.values()) if codes}
    said = [
        f"bool_or(collection IN (SELECT unnest($codes_{i}))) AS {name}"
        for i, (name, codes) in enumerate(marks.items())
        if codes
    ]
    columns = [row[0] for row in database.execute("DESCRIBE adult").fetchall()]
    where = [each for each in ("household", "postcode", "house_number", "addition") if each in columns]
    said += [f"arg_max({each}, (lent, {each})) AS {each}" for each in where]
    said.append("count(*) FILTER (collection IN (SELECT unnest($asked))) AS asked_loans")
    database.execute(
        f"CREATE TABLE borrowing AS SELECT patron, count(*) AS all_loans, {', '.join(said)} FROM adult GROUP BY patron",
        {**chosen, "asked": list(asked)},
    )
    kept = ", ".join(["asked_loans", "all_loans", *(name for name, codes in marks.items() if codes)])
    if key:
        _stream(database, "known", store, ["household_id"], f"household_id IN (SELECT {key} FROM borrowing)")
        found = f"SELECT patron, {key} AS household_id FROM borrowing WHERE {key} IN (SELECT household_id FROM known)"
    else:
        _card_keys(database, where)
        words = [each for each in ("postcode", "house_number", "addition") if each in store.columns]
        _stream(database, "known", store, ["household_id", *words], "house IN (SELECT house FROM card_key)")
        found = """
            WITH by_address AS (SELECT address, count(*) AS n, min(household_id) AS household_id FROM known GROUP BY 1),
            by_house AS (SELECT house, count(*) AS n, min(household_id) AS household_id FROM known GROUP BY 1)
            SELECT patron, CASE WHEN a.n = 1 THEN a.household_id WHEN a.n IS NULL AND h.n = 1 THEN h.household_id END
                AS household_id
            FROM card_key LEFT JOIN by_address a USING (address) LEFT JOIN by_house h USING (house)
        """
    database.execute(
        f"CREATE TABLE borrower AS SELECT patron, f.household_id, {kept} FROM ({found}) f JOIN borrowing USING (patron)"
        " WHERE f.household_id IS NOT NULL"
    )


def households_of(
    database: duckdb.DuckDBPyConnection, cards: pa.Table, pairs: pd.DataFrame
) -> tuple[pa.Table, pa.Table]:
    """The group's households and the other members, each with the evidence of all cards of the household.

    Parameters
    ----------
    cards : the group's cards, with a column patron.
    pairs : which of them (column row, or their order) lead to which household_id.

    Returns
    -------
    group, members : tables ordered by household_id; the group has a weight of 1.
    """
    kept = [row[0] for row in database.execute("DESCRIBE borrower").fetchall()][2:]
    sums = ", ".join(
        f"CAST(sum({name}) AS BIGINT) AS {name}" if name.endswith("_loans") else f"bool_or({name}) AS {name}"
        for name in kept
    )
    ids = pa.array(np.unique(pairs["household_id"].to_numpy(dtype=object)).tolist(), pa.string())
    database.register("chosen", pa.table({"household_id": ids}))
    # A group card whose newest loan of any kind was made from another address is evidence for the group's household.
    if "row" in pairs:
        patrons = cards.column("patron").take(pa.array(pairs["row"].to_numpy())).combine_chunks()
        homes = pa.array(pairs["household_id"].tolist(), pa.string())
        database.register("own", pa.table({"patron": patrons, "home": homes}))
        database.execute("UPDATE borrower SET household_id = own.home FROM own WHERE own.patron = borrower.patron")
    group = database.sql(
        f"SELECT household_id, 1.0::DOUBLE AS weight, e.* EXCLUDE (household_id) FROM chosen LEFT JOIN"
        f" (SELECT household_id, {sums} FROM borrower GROUP BY household_id) e USING (household_id)"
        " ORDER BY household_id"
    ).to_arrow_table()
    members = database.sql(
        f"SELECT household_id, {sums} FROM borrower WHERE household_id NOT IN (SELECT household_id FROM chosen)"
        " GROUP BY household_id ORDER BY household_id"
    ).to_arrow_table()
    return group, members


def _card_keys(database: duckdb.DuckDBPyConnection, where: Sequence[str]) -> None:
    """Table card_key: patron, house and address of every card whose address is valid."""
    database.execute("CREATE TABLE card_key (patron VARCHAR, house VARCHAR, address VARCHAR)")
    last: Any = ""
    while True:
        page = database.sql(
            f"SELECT patron, {', '.join(where)} FROM borrowing WHERE patron > $last ORDER BY patron LIMIT {CARDS}",
            params={"last": last},
        ).to_arrow_table()
        if page.num_rows == 0:
            return
        part = {name: page.column(name).combine_chunks() for name in page.column_names}
        house, address = address_keys(part["postcode"], part["house_number"], part.get("addition"))
        database.register("page", pa.table({"patron": part["patron"], "house": house, "address": address}))
        database.execute("INSERT INTO card_key SELECT * FROM page WHERE house IS NOT NULL")
        last = part["patron"][-1].as_py()


def _stream(
    database: duckdb.DuckDBPyConnection, name: str, store: HouseholdStore, words: Sequence[str], kept: str
) -> None:
    """Table `name`: those households, as they stream by, for which `kept` holds."""
    by_address = len(words) > 1
    fields = ["household_id", "house", "address"] if by_address else ["household_id"]
    schema = pa.schema([(each, pa.string()) for each in fields])

    def rows() -> Iterator[pa.RecordBatch]:
        for batch in store.batches(list(words), text="finding other borrowers"):
            keys = list(address_keys(*(batch.column(word) for word in words[1:]))) if by_address else []
            yield pa.RecordBatch.from_arrays([batch.column("household_id"), *keys], schema=schema)

    database.register("stream", pa.RecordBatchReader.from_batches(schema, rows()))
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM stream WHERE {kept}")
    database.unregister("stream")
