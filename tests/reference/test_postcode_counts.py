"""Postcodes as a source: funnel and weights recomputed with pandas, members left out, and what bad files are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from profiling.errors import ConfigError, ReferenceGroupError, SchemaError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup
from profiling.reference.postcode_counts import postcode_at
from profiling.training.aggregated import bags_of, with_weights
from tests.tiny import Tiny


def answers(tiny: Tiny, n: int = 600) -> pd.DataFrame:
    """People asked at the door: of 200 postcodes, sloppily written, members among them."""
    rng = np.random.default_rng(2)
    codes = rng.choice(tiny.households["pc"].unique()[:200], n)
    said = [code if i % 3 else f"{code[:4]} {code[4:].lower()}" for i, code in enumerate(codes)]
    table = pd.DataFrame({"pc": said, "lid": rng.choice(["ja", "nee"], n, p=[0.3, 0.7]), "day": "2026-09-12"})
    table.loc[:39, "pc"] = table.loc[:39, "pc"].str[:4]
    table.loc[40:49, "pc"] = "?"
    table.loc[50:54, "pc"] = "9999ZZ"
    table.loc[60:69, "day"] = "2026-01-01"
    return table


def built(
    tiny: Tiny, table: pd.DataFrame, folder: Path, *, minimum: int = 10, csv: bool = False, **said: Any
) -> ReferenceGroup:
    name = "doors.csv" if csv else "doors.parquet"
    settings = {
        "files": [name],
        "not_members": ["nee"],
        "minimum_people": 50,
        "window_days": 90,
        "columns": {"postcode": "pc", "member": "lid", "asked_on": "day"},
    } | said
    tiny.reference = {
        "name": "doors", "source": "postcodes", "as_of": "2026-09-30", "minimum": minimum,
        "postcodes": {key: value for key, value in settings.items() if value is not None},
    }  # fmt: skip
    tiny.write(folder)
    table.to_csv(folder / name, index=False, sep=";") if csv else table.to_parquet(folder / name, index=False)
    store = open_population(load_population(folder / "population.toml"))
    return build_reference_group(load_reference(folder / "reference.toml"), store)


def counted(tiny: Tiny, table: pd.DataFrame, width: int) -> tuple[pd.DataFrame, pd.Series]:
    """Answers that count, and people per postcode, by pandas."""
    code = table["pc"].str.replace(" ", "").str.upper()
    usable = code.str.fullmatch(r"[1-9]\d{3}([A-Z]{2})?") & (code.str.len() >= width)
    left = table.assign(code=code.str[:width])[usable & (table["lid"] == "nee") & (table["day"] == "2026-09-12")]
    inside = left[left["code"].isin(tiny.households["pc"].str[:width])]
    return left, inside.groupby("code").size()


@pytest.mark.parametrize("csv", [False, True])
@pytest.mark.parametrize(("level", "width"), [("pc6", 6), ("pc4", 4)])
def test_funnel_and_weights_as_pandas_has_them(tiny: Tiny, tmp_path: Path, level: str, width: int, csv: bool) -> None:
    table = answers(tiny)
    group = built(tiny, table, tmp_path, csv=csv, level=level)
    left, counts = counted(tiny, table, width)
    homes = tiny.households.assign(code=tiny.households["pc"].str[:width])
    homes = homes[homes["code"].isin(counts.index)]
    weight = (homes["code"].map(counts) / homes["code"].map(homes["code"].value_counts())).clip(upper=1)
    steps = {step.key: step.n for step in group.funnel}
    recent = table["day"] == "2026-09-12"
    assert steps == {
        "rows": len(table),
        "in_window": recent.sum(),
        "no_member": (recent & (table["lid"] == "nee")).sum(),
        "postcode": len(left),
        "known": counts.sum(),
        "people": round(weight.sum()),
        "group": len(homes),
    }
    found = group.households.to_pandas().set_index("household_id")["weight"]
    expected = pd.Series(weight.to_numpy(), homes["key"]).sort_index()
    assert list(found.index) == list(expected.index)
    assert found.to_numpy() == pytest.approx(expected.to_numpy())


def test_bags_give_the_counts_back(tiny: Tiny, tmp_path: Path) -> None:
    table = answers(tiny)
    group = built(tiny, table, tmp_path)
    store = open_population(load_population(tmp_path / "population.toml"))
    keys, bags = bags_of(group, store)
    _, counts = counted(tiny, table, 6)
    size = tiny.households["pc"].value_counts()
    assert sorted(bags.counts) == pytest.approx(sorted(np.minimum(counts, size[counts.index])))
    assert keys == group.households["household_id"].to_pylist()
    assert bags.everybody == pytest.approx(np.asarray(group.households["weight"]))
    again = with_weights(group, keys, np.linspace(0, 1, len(keys)), {"learned": "em"})
    assert again.households["household_id"].equals(group.households["household_id"])
    assert 0 < min(again.households["weight"].to_pylist()) < 1e-5
    assert again.fingerprint != group.fingerprint


def test_households_of_members_are_left_out(tiny: Tiny, tmp_path: Path) -> None:
    members = tiny.households.iloc[:500:2][["pc", "nr", "ext"]]
    members.to_parquet(tmp_path / "members.parquet", index=False)
    columns = {"postcode": "pc", "house_number": "nr", "addition": "ext"}
    group = built(tiny, answers(tiny), tmp_path, without={"files": ["members.parquet"], "columns": columns})
    taken = set(tiny.households.loc[members.index, "key"])
    found = set(group.households["household_id"].to_pylist())
    assert found
    assert not found & taken
    assert group.funnel[-1].dropped[0].n > 0


def test_a_table_of_counts_gives_the_same(tiny: Tiny, tmp_path: Path) -> None:
    table = answers(tiny)
    by_row = built(tiny, table, tmp_path / "a")
    left, _ = counted(tiny, table, 6)
    summed = left.groupby("code").size().rename("n").reset_index()
    said = {"not_members": None, "window_days": None, "columns": {"postcode": "code", "count": "n"}}
    assert built(tiny, summed, tmp_path / "b", **said).households.equals(by_row.households)


def test_missing_column(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"'lid' \(postcodes, member\) is missing"):
        built(tiny, answers(tiny).drop(columns="lid"), tmp_path)


def test_empty_file(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="there are no rows in the file"):
        built(tiny, answers(tiny).iloc[:0], tmp_path)


def test_all_faults_of_the_values_at_once(tiny: Tiny, tmp_path: Path) -> None:
    table = answers(tiny).assign(n=1.0)
    table.loc[100:400, "pc"] = "Utrecht"
    table.loc[7, "n"] = -2
    with pytest.raises(SchemaError) as caught:
        built(
            tiny, table, tmp_path, not_members=["neen"],
            columns={"postcode": "pc", "member": "lid", "asked_on": "day", "count": "n"},
        )  # fmt: skip
    message = str(caught.value)
    assert "3 faults" in message
    assert "'pc': 311 of 600 rows hold no postcode" in message
    assert "'n': 1 values are no counts (first: row 8)" in message
    assert "'lid': value 'neen' of the rule does not occur (did you mean 'nee'?)" in message


def test_four_digits_ask_for_the_other_level(tiny: Tiny, tmp_path: Path) -> None:
    table = answers(tiny)
    table["pc"] = table["pc"].str[:4]
    with pytest.raises(SchemaError, match='only four digits; set level = "pc4"'):
        built(tiny, table, tmp_path)


def test_few_people_are_refused_however_many_households(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(ReferenceGroupError) as caught:
        built(tiny, answers(tiny), tmp_path, minimum_people=5_000)
    assert "the minimum is 5,000" in str(caught.value)
    assert "say that they are no member" in str(caught.value)
    with pytest.raises(ReferenceGroupError, match="the minimum is 100,000"):
        built(tiny, answers(tiny), tmp_path / "b", minimum=100_000)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"postcode": "pc", "asked_on": "day"}, "'not_members' needs the column 'member'"),
        ({"postcode": "pc", "member": "lid"}, "'window_days' needs the column 'asked_on'"),
    ],
)
def test_rules_without_their_column(tiny: Tiny, tmp_path: Path, columns: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        built(tiny, answers(tiny), tmp_path, columns=columns)


def test_postcode_at() -> None:
    codes = pa.array(["1234ab", "1234 AB", "1234", None, "0123AB"])
    assert postcode_at(codes, "pc6").to_pylist() == ["1234AB", "1234AB", None, None, None]
    assert postcode_at(codes, "pc4").to_pylist() == ["1234", "1234", None, None, None]
