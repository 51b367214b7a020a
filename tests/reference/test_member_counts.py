"""Counts of members as libraries tell them: hidden ones become intervals, and faults come in one message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from profiling.errors import ConfigError, SchemaError, TrainingError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup, load_reference_group
from profiling.training.rows import build_training_frame
from profiling.training.settings import TrainingSettings
from tests.tiny import Tiny

SHARED = Path(__file__).parents[3] / "shared" / "data" / "library" / "members.csv"
COUNTS = pd.DataFrame({"area": ["1000aa", "1000 AA", "1001BA", "1001BA"], "users": ["*", "20", "*", "*"]})
SAID: dict[str, Any] = {"files": ["members.csv"], "columns": {"place": "area", "count": "users"}, "fewer_than": 5}


def built(tiny: Tiny, folder: Path, counts: pd.DataFrame = COUNTS, **said: Any) -> ReferenceGroup:
    tiny.reference["members"] = {name: each for name, each in {**SAID, **said}.items() if each is not None}
    tiny.write(folder)
    counts.to_csv(folder / "members.csv", index=False, sep=";")
    store = open_population(load_population(folder / "population.toml"))
    return build_reference_group(load_reference(folder / "reference.toml"), store)


def test_hidden_counts_add_up_to_intervals(tiny: Tiny, tmp_path: Path) -> None:
    group = built(tiny, tmp_path)
    assert group.member_counts is not None
    assert group.member_counts.table.to_pylist() == [
        {"code": "1000AA", "low": 21.0, "high": 24.0},
        {"code": "1001BA", "low": 2.0, "high": 8.0},
    ]
    group.save(tmp_path / "group")
    again = load_reference_group(tmp_path / "group")
    assert again.member_counts == group.member_counts
    assert again.fingerprint == group.fingerprint


def test_counts_are_part_of_what_a_group_is(tiny: Tiny, tmp_path: Path) -> None:
    first = built(tiny, tmp_path).fingerprint
    other = COUNTS.assign(users=["*", "21", "*", "*"])
    assert built(tiny, tmp_path, other).fingerprint != first


def test_a_row_per_member_and_larger_postcodes(tiny: Tiny, tmp_path: Path) -> None:
    rows = pd.DataFrame({"area": ["1000AA", "1000", "1000BB", "1003", None]})
    group = built(tiny, tmp_path, rows, level="pc4", columns={"place": "area"}, fewer_than=None, tolerance=0.3)
    assert group.member_counts is not None
    assert group.member_counts.table.to_pydict() == {"code": ["1000", "1003"], "low": [3.0, 1.0], "high": [3.0, 1.0]}


@pytest.mark.skipif(not SHARED.is_file(), reason="skipped: no shared data")
def test_a_real_export_of_members(tiny: Tiny, tmp_path: Path) -> None:
    """13,004 rows per branch and small area: the same sums by hand, from the file as text."""
    real = pd.read_csv(SHARED, dtype=str).dropna(subset=["lsoa_code"])
    group = built(tiny, tmp_path, real, level="buurt", columns={"place": "lsoa_code", "count": "users"})
    assert group.member_counts is not None
    table = group.member_counts.table.to_pandas().set_index("code")
    stars = real["users"].eq("*").groupby(real["lsoa_code"]).sum()
    told = pd.to_numeric(real["users"], errors="coerce").fillna(0).groupby(real["lsoa_code"]).sum()
    assert stars.sum() > 5_000
    np.testing.assert_array_equal(table["low"], told + stars)
    np.testing.assert_array_equal(table["high"], told + 4 * stars)


@pytest.mark.parametrize(
    ("change", "said", "words"),
    [
        ({"users": ["*", "-2", "3.5", "many"]}, {}, r"3 values are no counts \(first: row 2, '-2'\)"),
        ({"area": ["x", "y", "z", "1001BA"]}, {}, "3 of 4 rows hold no place of level pc6"),
        ({}, {"fewer_than": None}, r"3 counts are hidden \('\*'\); set fewer_than"),
        ({}, {"columns": {"place": "areas", "count": "users"}}, r"'areas' \(members, place\) is missing.*area"),
    ],
)
def test_faults_of_counts(tiny: Tiny, tmp_path: Path, change: dict, said: dict, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        built(tiny, tmp_path, COUNTS.assign(**change), **said)


def test_an_unknown_key_and_a_level_that_is_not_there(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'fewer_then' is not a known key"):
        built(tiny, tmp_path, fewer_then=5)
    del tiny.population["areas"]["wijk"]
    with pytest.raises(SchemaError, match="level = 'wijk', and the population has no such column"):
        built(tiny, tmp_path, level="wijk")


def test_counts_of_elsewhere(tiny: Tiny, tmp_path: Path) -> None:
    group = built(tiny, tmp_path, pd.DataFrame({"area": ["9999ZZ"], "users": ["7"]}))
    group = type(group)(**{**group.__dict__, "members": None})
    store = open_population(load_population(tmp_path / "population.toml"))
    with pytest.raises(TrainingError, match="none of the 1 places with members is in this population"):
        build_training_frame(group, store, TrainingSettings(background=800), seed=1, inputs={})
