"""The address book: matches equal to brute force over every household, and each kind where it belongs."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from profiling.errors import ArtefactError, SchemaError
from profiling.population.address_book import FOUND, build_address_book, match, open_address_book
from profiling.population.address_columns import read_addresses
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from tests.tiny import Tiny, tiny_country


def opened(tiny: Tiny, folder: Path) -> HouseholdStore:
    tiny.write(folder)
    return open_population(load_population(folder / "population.toml"))


def asked(*rows: tuple[str, str, str]) -> pa.Table:
    return read_addresses(
        pa.table(dict(zip(("postcode", "number", "addition"), map(list, zip(*rows, strict=True)), strict=True)))
    )


def test_each_kind(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households = tiny.households.iloc[:10].copy()
    tiny.households["pc"] = "1234AB"
    tiny.households["nr"] = ["1", "1", "2", "3", "4", "4", "5", "5", "6", "8"]
    tiny.households["ext"] = ["A", "B", "A", None, None, None, "HS", "III", "3", None]
    keys = tiny.households["key"].tolist()
    book = build_address_book(opened(tiny, tmp_path), tmp_path / "work")
    rows = [
        (("1234 ab", "1a", ""), "exact", 0),
        (("1234AB", "1", ""), "ambiguous", None),
        (("1234AB", "1-C", ""), "ambiguous", None),
        (("1234AB", "2", ""), "without_addition", 2),
        (("1234AB", "2A", ""), "duplicate", 2),
        (("1234AB", "3", "X"), "without_addition", 3),
        (("1234AB", "4", ""), "ambiguous", None),
        (("1234AB", "5 huis", ""), "other_spelling", 6),
        (("1234AB", "5-3", ""), "ambiguous", None),
        (("1234AB", "5", "3hoog"), "other_spelling", 7),
        (("1234AB", "6-3", ""), "exact", 8),
        (("1234AB", "6 & 3", ""), "ambiguous", None),
        (("1234AB", "8-10", ""), "ambiguous", None),
        (("1234AB", "8 t/m 10", ""), "ambiguous", None),
        (("1234AB", "7-9", ""), "ambiguous", None),
        (("1234AB", "9", ""), "not_found", None),
        (("9999ZZ", "1", ""), "not_found", None),
        (("1234A", "1", ""), "invalid_postcode", None),
        (("1234AB", "", ""), "no_number", None),
        (("B-1000", "1", ""), "foreign", None),
    ]
    matches = match(book, asked(*(row for row, _kind, _at in rows)))
    assert matches.table["kind"].to_pylist() == [kind for _row, kind, _at in rows]
    assert matches.table["household_id"].to_pylist() == [None if at is None else keys[at] for _row, _kind, at in rows]
    assert sum(matches.counts.values()) == len(rows)
    assert len(matches.households) == 6


def test_matches_are_those_of_brute_force(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    tiny = tiny_country(n=1_500)
    n = len(tiny.households)
    tiny.households["pc"] = [f"{1000 + each}AA" for each in rng.integers(0, 20, n)]
    tiny.households["nr"] = rng.integers(1, 40, n).astype(str)
    tiny.households["ext"] = rng.choice(np.array([None, "A", "B", "C", "1", "2"], dtype=object), n)
    book = build_address_book(opened(tiny, tmp_path), tmp_path / "work")
    at_house, at_address = defaultdict(list), defaultdict(list)
    for row in tiny.households.itertuples():
        addition = row.ext if isinstance(row.ext, str) else ""
        at_house[row.pc, row.nr].append(row.key)
        at_address[row.pc, row.nr, addition].append(row.key)
    rows = [
        (f"{1000 + pc}AA", str(nr), str(ext))
        for pc, nr, ext in zip(
            rng.integers(0, 25, 800), rng.integers(1, 45, 800), rng.choice(["", "A", "B", "C", "1"], 800), strict=True
        )
    ]
    taken: set[str] = set()
    expected = []
    for row in rows:
        here = at_address.get(row, [])
        if len(here) != 1:
            here = at_house.get(row[:2], []) if not here else []
        household = here[0] if len(here) == 1 else None
        kind = household and ("duplicate" if household in taken else "found")
        expected.append((household, kind == "duplicate"))
        taken.add(household or "")
    table = match(book, asked(*rows)).table
    kinds = table["kind"].to_pylist()
    found = list(zip(table["household_id"].to_pylist(), [each == "duplicate" for each in kinds], strict=True))
    assert found == expected
    assert {household is not None for household, kind in zip(table["household_id"].to_pylist(), kinds, strict=True) if kind in FOUND} == {True}  # fmt: skip
    assert {"exact", "without_addition", "duplicate", "ambiguous", "not_found"} <= set(kinds)


def test_the_book_is_made_once_and_is_whole(tiny: Tiny, tmp_path: Path) -> None:
    store = opened(tiny, tmp_path)
    book = build_address_book(store, tmp_path / "work")
    before = book.file.stat().st_mtime_ns
    assert build_address_book(store, tmp_path / "work") == book
    assert book.file.stat().st_mtime_ns == before
    table = pq.read_table(book.file).to_pandas()
    assert table["household_id"].sort_values().tolist() == sorted(tiny.households["key"])
    assert table["house"].is_monotonic_increasing
    assert sorted(path.name for path in book.folder.iterdir()) == ["addresses.parquet", "manifest.json"]
    book.file.write_bytes(book.file.read_bytes()[:-10])
    with pytest.raises(ArtefactError, match="bytes"):
        open_address_book(book.folder)


def test_a_population_without_addresses_is_said(tiny: Tiny, tmp_path: Path) -> None:
    del tiny.population["address"]
    with pytest.raises(SchemaError, match="no addresses"):
        build_address_book(opened(tiny, tmp_path), tmp_path / "work")


def test_nothing_asked_gives_nothing(tiny: Tiny, tmp_path: Path) -> None:
    book = build_address_book(opened(tiny, tmp_path), tmp_path / "work")
    empty = pa.table({"postcode": pa.array([], pa.string()), "number": pa.array([], pa.string())})
    assert match(book, read_addresses(empty)).table.num_rows == 0
