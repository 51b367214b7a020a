"""Opt-out lists: the newest counts, an old one is refused, and an address is taken off however it is spelled."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tomli_w

from profiling.errors import ConfigError, SchemaError, SelectionError
from profiling.profiles.policy import load_policy
from profiling.publish.opt_outs import OptOuts, opted_out, read_opt_outs

DAY = datetime.date(2026, 10, 5)
SOURCE: dict[str, Any] = {
    "name": "postfilter",
    "nl": "Postfilter",
    "en": "Postfilter",
    "files": "list-*.csv",
    "columns": {"postcode": "pc", "number": "nr"},
}
# The addresses of a street as the population has them: key of the house, bare addition.
STREET = [
    ("1234AB 1", ""),
    ("1234AB 2", "A"),
    ("1234AB 2", "B"),
    ("1234AB 3", "HS"),
    ("1234AB 3", "2"),
    ("9999ZZ 1", ""),
]


def read(folder: Path, rows: dict[str, list[str]], source: dict[str, Any] | None = None) -> tuple[OptOuts, ...]:
    path = folder / "selections.toml"
    path.write_text(tomli_w.dumps({"opt_outs": [source or SOURCE]}), encoding="utf-8")
    for name, lines in rows.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_opt_outs(load_policy(path), path, data=None, on=DAY)


@pytest.mark.parametrize(
    ("row", "gone"),
    [
        ("1234AB;1", [0]),
        ("1234 ab;1", [0]),
        ("1234AB;2a", [1]),
        ("1234AB;2-B", [2]),
        ("1234AB;2", [1, 2]),  # no addition where everybody has one: the whole house
        ("1234AB;2 C", [1, 2]),  # an addition that nobody has: the whole house
        ("1234AB;3 huis", [3]),
        ("1234AB;3-II", [4]),
        ("1234AB;7", []),
        ("4321ZZ;1", []),
    ],
)
def test_which_addresses_go_off(tmp_path: Path, row: str, gone: list[int]) -> None:
    (listed,) = read(tmp_path, {"list-2026-10-01.csv": ["pc;nr", row]})
    houses, additions = (pa.array([each[i] for each in STREET]) for i in (0, 1))
    assert [i for i, off in enumerate(opted_out(houses, additions, listed)) if off] == gone


def test_the_newest_list_counts_and_future_ones_do_not(tmp_path: Path) -> None:
    files = {f"list-{day}.csv": ["pc;nr", *["1234AB;1"] * n] for day, n in
             (("2026-09-10", 1), ("2026-10-01", 2), ("2026-10-06", 3))}  # fmt: skip
    (listed,) = read(tmp_path, files)
    assert (listed.date, listed.n_rows, listed.n_unreadable) == (datetime.date(2026, 10, 1), 2, 0)


def test_the_date_may_stand_in_a_column(tmp_path: Path) -> None:
    source = {**SOURCE, "date": "day"}
    (listed,) = read(tmp_path, {"list-x.csv": ["pc,nr,day", "1234AB,1,2026-10-01", "onzin,,2026-10-01"]}, source)
    assert (listed.date, listed.n_rows, listed.n_unreadable) == (datetime.date(2026, 10, 1), 2, 1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("list-2026-09-04.csv", "31 days old, at most 30"),
        ("list-2026-10-06.csv", "no list of 2026-10-05 or before"),
        ("list-new.csv", "no file with a date"),
        ("other.csv", "no file"),
    ],
)
def test_lists_that_cannot_be_used_are_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        read(tmp_path, {name: ["pc;nr", "1234AB;1"]})


def test_thirty_days_is_not_too_old(tmp_path: Path) -> None:
    (listed,) = read(tmp_path, {"list-2026-09-05.csv": ["pc;nr", "1234AB;1"]})
    assert (DAY - listed.date).days == 30


def test_a_list_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"'nr' .* is missing"):
        read(tmp_path, {"list-2026-10-01.csv": ["pc;nummer", "1234AB;1"]})
    path = tmp_path / "selections.toml"
    path.write_text(tomli_w.dumps({"valid_days": 60, "minimum": 5, "opt_outs": []}), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_policy(path)
    for key in ("valid_days", "minimum", "opt_outs"):
        assert key in str(error.value)
