"""The address book of a snapshot: every household under its address, made once, and asked for many addresses at a time.

It stands in the work folder and never in a bundle: it is the link between addresses and households.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from profiling.artefacts import is_complete, read_manifest, writing_folder
from profiling.errors import SchemaError
from profiling.population.address_columns import spelled
from profiling.population.addresses import address_keys
from profiling.population.store import HouseholdStore
from profiling.sql import open_database

FILE = "addresses.parquet"
KINDS = (
    "exact",
    "other_spelling",
    "without_addition",
    "duplicate",
    "ambiguous",
    "not_found",
    "invalid_postcode",
    "no_number",
    "foreign",
)
FOUND = KINDS[:4]
_SCHEMA = pa.schema([(name, pa.string()) for name in ("house", "addition", "spelled", "household_id")])


@dataclass(frozen=True)
class AddressBook:
    """Where a snapshot's address book stands, and whose addresses it holds."""

    folder: Path
    population: str
    n_households: int

    def __repr__(self) -> str:
        return f"AddressBook({self.n_households:,} households) · next: match(book, read_addresses(table))"

    @property
    def file(self) -> Path:
        """house ("1234AB 12"), addition, spelled, household_id; sorted by house and addition."""
        return self.folder / FILE


@dataclass(frozen=True)
class Matches:
    """What was found for each row: a Table of shape (n, 4) with row, kind (of `KINDS`), household_id and flags."""

    table: pa.Table

    @property
    def counts(self) -> dict[str, int]:
        """Rows per kind, all kinds in their order."""
        counted = pc.value_counts(self.table.column("kind"))
        found = {each["values"]: each["counts"] for each in counted.to_pylist()}
        return {kind: int(found.get(kind, 0)) for kind in KINDS}

    @property
    def households(self) -> pa.Array:
        """Each household that was found, once."""
        return pc.unique(self.table.column("household_id").drop_null())


def build_address_book(store: HouseholdStore, work: Path) -> AddressBook:
    """The address book of a population, made now or as it stands in the folder `work`.

    Raises
    ------
    SchemaError
        When the population has no addresses.
    ArtefactError
        When the disk is full or the folder cannot be written.
    """
    if "postcode" not in store.columns:
        raise SchemaError(
            "this population has no addresses, so nothing can be matched to it",
            where=store.population.path,
            hint="name the columns under [address]",
        )
    said: dict[str, Any] = {"kind": "address_book", "population": store.fingerprint}
    folder = work / "address-books" / store.fingerprint[:12]
    if not is_complete(folder, said):
        said["households"] = store.n_households
        with writing_folder(folder, said) as aside:
            _write(store, aside)
    return open_address_book(folder)


def open_address_book(folder: Path) -> AddressBook:
    """An address book that was made before.

    Raises
    ------
    ArtefactError
        When it is absent, incomplete or damaged.
    """
    said = read_manifest(folder)
    return AddressBook(folder, str(said["population"]), int(said["households"]))


def match(book: AddressBook, addresses: pa.Table) -> Matches:
    """The household of each row; what can be read in two ways is said and never chosen.

    Parameters
    ----------
    addresses : from `address_columns.read_addresses`; shape (n, 4).

    Returns
    -------
    Kinds: *exact* (one household has postcode, number and addition), *other_spelling* (the same with III for 3, or
    "huis" for "hs"), *without_addition* (the addition is absent or unknown, and one household lives in the house),
    *duplicate* (a household that an earlier row has), *ambiguous* (several households, or a range of numbers),
    *not_found*, *invalid_postcode*, *no_number*, *foreign*. The first four have a household.
    """
    asked = addresses.append_column("row", pa.array(range(addresses.num_rows), pa.int64()))
    asked = asked.append_column("spelled", spelled(asked.column("addition")))
    query = (files("profiling.population") / "sql" / "match_addresses.sql").read_text(encoding="utf-8")
    with open_database("2GB") as database:
        database.register("asked", asked)
        database.execute(f"CREATE VIEW book AS SELECT * FROM read_parquet('{_quoted(book.file)}')")
        found = database.sql(query).to_arrow_table()
    return Matches(
        found.cast(pa.schema([("row", pa.int64()), *((each, pa.string()) for each in found.column_names[1:])]))
    )


def _write(store: HouseholdStore, folder: Path) -> None:
    """Keys of all households, sorted; on disk all the time, so that a country fits in a small machine."""
    words = [each for each in ("postcode", "house_number", "addition") if each in store.columns]
    loose = folder / "loose.parquet"
    with pq.ParquetWriter(loose, _SCHEMA, compression="zstd") as writer:
        for batch in store.batches(["household_id", *words], text="address book"):
            house, address = address_keys(*(batch.column(word) for word in words))
            addition = pc.replace_substring_regex(address, r"^[^ ]* [^ ]* ", "")
            columns = [house, addition, spelled(pc.fill_null(addition, "")), batch.column("household_id")]
            kept = pa.table(columns, schema=_SCHEMA).filter(pc.is_valid(house))
            writer.write_table(kept)
    with open_database("2GB", spill=folder / "spill") as database:
        database.execute(
            f"COPY (SELECT * FROM read_parquet('{_quoted(loose)}') ORDER BY house, addition, household_id) "
            f"TO '{_quoted(folder / FILE)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
        )
    loose.unlink()
    if (folder / "spill").is_dir():
        (folder / "spill").rmdir()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
