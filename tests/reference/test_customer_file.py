"""The customer file as a source: the funnel recomputed with sets, and what it says of files that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from profiling.errors import ConfigError, ReferenceGroupError, SchemaError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup
from tests.tiny import Tiny


def built(tiny: Tiny, customers: pd.DataFrame, folder: Path, *, csv: bool = False, **said: Any) -> ReferenceGroup:
    settings = {"files": ["customers.csv" if csv else "customers.parquet"], "household": "hh", **said}
    tiny.reference = {
        "name": "customers",
        "source": "customers",
        "as_of": "2026-09-30",
        "minimum": 50,
        "customers": settings,
    }
    tiny.write(folder)
    if csv:
        customers.to_csv(folder / "customers.csv", index=False, sep=";")
    else:
        customers.to_parquet(folder / "customers.parquet", index=False)
    store = open_population(load_population(folder / "population.toml"))
    return build_reference_group(load_reference(folder / "reference.toml"), store)


@pytest.fixture
def customers(tiny: Tiny) -> pd.DataFrame:
    """300 rows: 200 households with a caravan and 50 without, 30 rows double, 10 keys unknown, 10 empty."""
    keys = tiny.households["key"].to_list()
    rows = [(key, 1) for key in keys[:200]] + [(key, 0) for key in keys[200:250]]
    rows += [(key, 1) for key in keys[:30]] + [(f"X{i}", 1) for i in range(10)] + [(None, 1)] * 10
    return pd.DataFrame(rows, columns=["hh", "caravan"])


@pytest.mark.parametrize("csv", [False, True])
def test_funnel_counts_what_sets_count(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path, csv: bool) -> None:
    group = built(tiny, customers, tmp_path, csv=csv, where={"column": "caravan", "equals": "1"})
    owners = customers[customers["caravan"] == 1]
    expected = set(owners["hh"].dropna()) & set(tiny.households["key"])
    assert group.households.column("household_id").to_pylist() == sorted(expected)
    assert set(group.households.column("weight").to_pylist()) == {1.0}
    steps = {step.key: step for step in group.funnel}
    assert {key: step.n for key, step in steps.items()} == {
        "rows": len(customers),
        "chosen": len(owners),
        "keyed": owners["hh"].notna().sum(),
        "group": len(expected),
    }
    for before, after in (("rows", "chosen"), ("chosen", "keyed"), ("keyed", "group")):
        assert steps[before].n - sum(each.n for each in steps[after].dropped) == steps[after].n


def test_without_a_condition_every_row_counts(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path) -> None:
    assert len(built(tiny, customers, tmp_path)) == 250


def test_rows_that_the_condition_leaves_out_are_members_where_asked(
    tiny: Tiny, customers: pd.DataFrame, tmp_path: Path
) -> None:
    rule = {"column": "caravan", "equals": "1"}
    assert built(tiny, customers, tmp_path / "no", where=rule).members is None
    members = built(tiny, customers, tmp_path / "yes", where=rule, others_are_customers=True).members
    assert members is not None
    owners = set(customers.loc[customers["caravan"] == 1, "hh"].dropna())
    others = set(customers["hh"].dropna()) & set(tiny.households["key"]) - owners
    assert members.column("household_id").to_pylist() == sorted(others)
    assert len(others) == 50


def test_others_without_a_condition_are_refused(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are no others"):
        built(tiny, customers, tmp_path, others_are_customers=True)


@pytest.mark.parametrize("kind", ["int8", "float64", "bool", "str", "category"])
def test_a_flag_of_any_type_is_read_as_its_text(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path, kind: str) -> None:
    customers["caravan"] = customers["caravan"].astype("str" if kind == "category" else kind).astype(kind)
    wanted = "true" if kind == "bool" else "1"
    assert len(built(tiny, customers, tmp_path, where={"column": "caravan", "equals": wanted})) == 200


def test_missing_column_is_named_with_its_neighbour(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        built(tiny, customers, tmp_path, where={"column": "caravans", "equals": "1"})
    assert "column 'caravans' (condition of the customer file) is missing (did you mean 'caravan'?)" in str(
        caught.value
    )


def test_condition_that_nothing_meets_shows_what_there_is(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        built(tiny, customers, tmp_path, where={"column": "caravan", "equals": "yes"})
    message = str(caught.value)
    assert "no row has 'caravan' = 'yes'" in message
    assert "'caravan' holds '0', '1'" in message


def test_small_group_is_refused_with_its_funnel(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path) -> None:
    customers["hh"] = "Y" + customers["hh"]
    with pytest.raises(ReferenceGroupError) as caught:
        built(tiny, customers, tmp_path)
    message = str(caught.value)
    assert "the reference group is empty" in message
    assert "260 keys are not in this population" in message
    assert "fell out: double rows 30, not in the population 260" in message


def test_damaged_file_is_said_to_be_damaged(tiny: Tiny, customers: pd.DataFrame, tmp_path: Path) -> None:
    built(tiny, customers, tmp_path)
    file = tmp_path / "customers.parquet"
    whole = file.read_bytes()
    store = open_population(load_population(tmp_path / "population.toml"))
    # Without its foot, and with a foot that promises what the body does not hold.
    for damaged in (whole[:100], whole[:4] + bytes(len(whole) // 4) + whole[4 + len(whole) // 4 :]):
        file.write_bytes(damaged)
        with pytest.raises(SchemaError, match="cannot be read"):
            build_reference_group(load_reference(tmp_path / "reference.toml"), store)
