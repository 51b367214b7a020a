"""Addresses as keys, and cards matched to households by them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from profiling.population.addresses import address_keys
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.matching import match_addresses
from tests.tiny import Tiny


@pytest.mark.parametrize(
    ("postcode", "number", "addition", "expected"),
    [
        ("1234AB", "12", None, "1234AB 12 "),
        ("1234 ab", "12", "a", "1234AB 12 A"),
        ("1234AB", "12-A", None, "1234AB 12 A"),
        ("1234AB", "12 III", None, "1234AB 12 III"),
        ("1234AB", "0012", "", "1234AB 12 "),
        ("1234AB", "12A", "a", "1234AB 12 A"),
        ("1234AB", "16-8", None, "1234AB 16 8"),
        ("0123AB", "1", None, None),
        ("1234A", "1", None, None),
        ("1234AB", "A", None, None),
        (None, "1", None, None),
    ],
)
def test_keys(postcode: str | None, number: str, addition: str | None, expected: str | None) -> None:
    columns = [pa.array([each], pa.string()) for each in (postcode, number, addition)]
    _house, address = address_keys(*columns)
    assert address.to_pylist() == [expected]


def test_matching_is_exact_or_not_at_all(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households = tiny.households.iloc[:6].copy()
    tiny.households["pc"] = "1234AB"
    tiny.households["nr"] = ["1", "1", "2", "3", "4", "4"]
    tiny.households["ext"] = ["A", "B", "A", None, None, None]
    tiny.write(tmp_path)
    store = open_population(load_population(tmp_path / "population.toml"))
    asked = {
        "postcode": ["1234 ab"] * 6 + ["9999ZZ", "bad"],
        "house_number": ["1", "1", "2", "3", "4", "1", "1", "1"],
        "addition": ["a", None, None, "X", None, "Q", None, None],
    }
    matched = match_addresses(store, pa.table(asked))
    keys = tiny.households["key"].tolist()
    # 0: exact; 1: two households, no addition given; 2 and 3: the only household of the house; 4: two on one address;
    # 5: unknown addition and two households; 6: nobody there; 7: no postcode.
    assert matched.pairs.set_index("row")["household_id"].to_dict() == {0: keys[0], 2: keys[2], 3: keys[3]}
    assert (matched.ambiguous, matched.not_found, matched.invalid) == (3, 1, 1)
