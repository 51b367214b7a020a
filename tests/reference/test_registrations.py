"""Visits, courses, surveys and cards as sources: funnels recomputed with pandas, and what they say of bad files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from profiling.errors import ConfigError, ReferenceGroupError, SchemaError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup
from tests.tiny import Tiny, tiny_country

HOME = {"postcode": "pc", "house_number": "nr", "addition": "ext"}
SETTINGS: dict[str, dict[str, Any]] = {
    "visits": {
        "purposes": ["STUDY"],
        "minimum_age": 14,
        "maximum_age": 27,
        "columns": {"visitor": "who", "purpose": "code", "visited_on": "day", "age": "age"},
    },
    "courses": {
        "courses": ["KT"],
        "roles": ["pupil"],
        "minimum_sessions": 3,
        "columns": {
            "participant": "who",
            "course": "code",
            "started_on": "day",
            "role": "role",
            "sessions": "times",
            "age": "age",
        },
    },
    "survey": {
        "consents": ["yes"],
        "answers": ["DIGID"],
        "oneself": ["self"],
        "columns": {
            "respondent": "who",
            "answer": "code",
            "asked_on": "day",
            "consent": "consent",
            "on_behalf_of": "whom",
        },
    },
    "cards": {
        "kinds": ["STU"],
        "maximum_age": 27,
        "columns": {"patron": "who", "kind": "code", "member_since": "day", "age": "age"},
    },
}
CODES = {
    "visits": ("STUDY", "EVENT"),
    "courses": ("KT", "WEB"),
    "survey": ("DIGID", "COMPUTER"),
    "cards": ("STU", "JNG"),
}
SOURCES = sorted(SETTINGS)


def export(tiny: Tiny, source: str, seed: int = 1) -> pd.DataFrame:
    """2,400 registrations of 800 households, with doubles, strange dates, and everything that has to fall out."""
    rng = np.random.default_rng(seed)
    n = 2_400
    at = rng.integers(0, 800, n)
    table = pd.DataFrame(
        {
            "row": [f"R{i}" for i in range(n)],
            "who": [f"P{i}" for i in at],
            "code": rng.choice(CODES[source], n, p=[0.8, 0.2]),
            "day": pd.Timestamp("2025-06-01") + pd.to_timedelta(rng.integers(0, 480, n), unit="D"),
            "age": rng.integers(10, 45, n).astype(float),
            "role": rng.choice(["pupil", "teacher"], n, p=[0.9, 0.1]),
            "times": rng.integers(0, 9, n).astype(float),
            "consent": rng.choice(["yes", "no"], n, p=[0.7, 0.3]),
            "whom": rng.choice(["self", "neighbour"], n, p=[0.9, 0.1]),
            **{each: tiny.households[each].to_numpy()[at] for each in HOME.values()},
        }
    )
    table.loc[:20, "age"] = np.nan
    table.loc[30:33, "day"] = pd.Timestamp("2028-01-01")
    return pd.concat([table, table.iloc[:40]], ignore_index=True)


def built(
    tiny: Tiny, table: pd.DataFrame, source: str, folder: Path, *, minimum: int = 10, csv: bool = False, **said: Any
) -> ReferenceGroup:
    name = "export.csv" if csv else "export.parquet"
    settings = {"files": [name], **SETTINGS[source], **said}
    columns = settings["columns"]
    if "household" not in columns:
        settings["columns"] = {**columns, **{word: each for word, each in HOME.items() if word not in columns}}
    settings["columns"] = {word: each for word, each in settings["columns"].items() if each}
    tiny.reference = {"name": "x", "source": source, "as_of": "2026-09-30", "minimum": minimum, source: settings}
    tiny.write(folder)
    if csv:
        table.assign(day=table["day"].dt.strftime("%d-%m-%Y")).to_csv(folder / name, index=False, sep=";")
    else:
        table.to_parquet(folder / name, index=False)
    store = open_population(load_population(folder / "population.toml"))
    return build_reference_group(load_reference(folder / "reference.toml"), store)


def expected(tiny: Tiny, table: pd.DataFrame, source: str) -> tuple[dict[str, int], list[str]]:
    """The funnel and the households, by pandas. The columns that a source does not read make no difference to doubles."""
    columns = [*SETTINGS[source]["columns"].values(), *HOME.values()]
    once = table[columns].drop_duplicates()
    first = pd.Timestamp("1901-01-01") if source == "cards" else pd.Timestamp("2025-09-30")
    left = once[(once["day"] > first) & (once["day"] <= "2026-09-30")]
    steps = {"rows": len(table), "in_window": len(left)}

    def keep(key: str, mask: pd.Series) -> None:
        nonlocal left
        left = left[mask.loc[left.index]]
        steps[key] = len(left)

    if source == "survey":
        keep("consent", once["consent"] == "yes")
    code = {"visits": "purpose", "courses": "course", "survey": "answer", "cards": "kind"}[source]
    keep(code, once["code"] == CODES[source][0])
    if source == "courses":
        keep("role", once["role"] == "pupil")
        keep("attended", once["times"] >= 3)
    if source == "survey":
        keep("oneself", once["whom"] == "self")
    else:
        low, high = {"visits": (14, 27), "courses": (18, 120), "cards": (0, 27)}[source]
        keep("age", once["age"].isna() | once["age"].between(low, high))
    people = left.groupby("who").size()
    people = people[people >= (2 if source == "visits" else 1)]
    steps["persons"] = len(people)
    at = [int(each[1:]) for each in people.index]
    every = tiny.households.assign(ext=tiny.households["ext"].fillna(""))
    alone = ~every.duplicated(["pc", "nr", "ext"], keep=False)
    found = every[alone].loc[[each for each in at if alone[each]], "key"]
    return {**steps, "matched": len(found), "group": found.nunique()}, sorted(found.unique())


@pytest.mark.parametrize("csv", [False, True])
@pytest.mark.parametrize("source", SOURCES)
def test_funnel_as_pandas_counts_it(tiny: Tiny, tmp_path: Path, source: str, csv: bool) -> None:
    table = export(tiny, source)
    group = built(tiny, table, source, tmp_path, csv=csv)
    steps, households = expected(tiny, table, source)
    assert {step.key: step.n for step in group.funnel} == steps
    assert group.households["household_id"].to_pylist() == households
    assert set(group.households["weight"].to_pylist()) == {1.0}
    for before, after in zip(group.funnel, group.funnel[1:], strict=False):
        if before.unit == after.unit:
            assert before.n - sum(each.n for each in after.dropped) == after.n, after.key


@pytest.mark.parametrize("source", SOURCES)
def test_household_key_instead_of_address(tiny: Tiny, tmp_path: Path, source: str) -> None:
    table = export(tiny, source)
    by_address = built(tiny, table, source, tmp_path / "a")
    table["hh"] = [tiny.households["key"].to_numpy()[int(each[1:])] for each in table["who"]]
    columns = {**SETTINGS[source]["columns"], "household": "hh"}
    by_key = built(tiny, table, source, tmp_path / "b", columns=columns)
    assert set(by_address.households["household_id"].to_pylist()) <= set(by_key.households["household_id"].to_pylist())
    steps = {step.key: step.n for step in by_key.funnel}
    assert steps["matched"] == steps["persons"]


@pytest.mark.parametrize("source", SOURCES)
def test_missing_column_names_the_nearest(tiny: Tiny, tmp_path: Path, source: str) -> None:
    table = export(tiny, source).rename(columns={"code": "codes"})
    with pytest.raises(SchemaError, match=r"'code' .* is missing \(did you mean 'codes'\?\)"):
        built(tiny, table, source, tmp_path)


@pytest.mark.parametrize("source", SOURCES)
def test_empty_export(tiny: Tiny, tmp_path: Path, source: str) -> None:
    with pytest.raises(SchemaError, match="there are no rows in the export"):
        built(tiny, export(tiny, source).iloc[:0], source, tmp_path)


@pytest.mark.parametrize("source", SOURCES)
def test_code_of_the_rule_that_does_not_occur(tiny: Tiny, tmp_path: Path, source: str) -> None:
    table = export(tiny, source)
    table["code"] = table["code"].replace(CODES[source][0], CODES[source][0].lower() + "s")
    with pytest.raises(SchemaError, match=f"code '{CODES[source][0]}' of the rule does not occur"):
        built(tiny, table, source, tmp_path)


@pytest.mark.parametrize("source", SOURCES)
def test_unknown_codes_in_the_export(tiny: Tiny, tmp_path: Path, source: str) -> None:
    key = {"visits": "known_purposes", "courses": "known_courses", "survey": "known_answers", "cards": "known_kinds"}
    with pytest.raises(SchemaError, match=f"'code': 1 unknown codes: '{CODES[source][1]}'"):
        built(tiny, export(tiny, source), source, tmp_path, **{key[source]: [CODES[source][0]]})


@pytest.mark.parametrize("source", SOURCES)
def test_wrong_type_is_said_with_its_first_value(tiny: Tiny, tmp_path: Path, source: str) -> None:
    table = export(tiny, source)
    table["day"] = "week 3"
    with pytest.raises(
        SchemaError, match=r"'day': [\d,]+ dates that cannot be read \(first: 'week 3'\), 100% of the rows"
    ):
        built(tiny, table, source, tmp_path)


@pytest.mark.parametrize("source", ["visits", "courses", "cards"])
def test_ages_that_are_none(tiny: Tiny, tmp_path: Path, source: str) -> None:
    table = export(tiny, source)
    table["age"] = "old"
    with pytest.raises(SchemaError, match=r"'age': [\d,]+ ages that are not between 0 and 120 \(first: 'old'\)"):
        built(tiny, table, source, tmp_path)


@pytest.mark.parametrize("source", SOURCES)
def test_small_groups_are_refused_with_their_funnel(tiny: Tiny, tmp_path: Path, source: str) -> None:
    with pytest.raises(ReferenceGroupError) as caught:
        built(tiny, export(tiny, source), source, tmp_path, minimum=3_000)
    message = str(caught.value)
    assert "the minimum is 3,000" in message
    assert "rows in the export" in message
    assert "the whole export holds" in message


def test_registrations_without_background_are_explained(tiny: Tiny, tmp_path: Path) -> None:
    table = export(tiny, "survey").drop(columns=[*HOME.values(), "consent"])
    with pytest.raises(SchemaError, match="no background since April 2024"):
        built(tiny, table, "survey", tmp_path)


def test_without_consent_no_row_is_used(tiny: Tiny, tmp_path: Path) -> None:
    table = export(tiny, "survey")
    group = built(tiny, table, "survey", tmp_path)
    never = set(table["who"]) - set(table.loc[table["consent"] == "yes", "who"])
    refused = {tiny.households["key"].to_numpy()[int(each[1:])] for each in never}
    assert refused
    assert not refused & set(group.households["household_id"].to_pylist())


def test_an_older_member_at_the_address_takes_it_out(tiny: Tiny, tmp_path: Path) -> None:
    table = export(tiny, "cards")
    whole = built(tiny, table, "cards", tmp_path / "a")
    parents = table.drop_duplicates("who").iloc[:200].assign(kind="adult", age=50.0)
    parents.loc[parents.index[:60], "age"] = 30.0
    parents.loc[parents.index[60:80], "age"] = np.nan
    (tmp_path / "b").mkdir()
    parents.to_parquet(tmp_path / "b" / "members.parquet", index=False)
    older = {
        "files": ["members.parquet"],
        "card_types": ["adult"],
        "columns": {"patron": "who", "card_type": "kind", "member_since": "day", "age": "age", **HOME},
    }
    group = built(tiny, table, "cards", tmp_path / "b", without_older=older)
    left = set(group.households["household_id"].to_pylist())
    homes = tiny.households.assign(ext=tiny.households["ext"].fillna("")).merge(
        parents[parents["age"] >= 35].assign(ext=lambda each: each["ext"].fillna("")), on=["pc", "nr", "ext"]
    )
    assert left == set(whole.households["household_id"].to_pylist()) - set(homes["key"])
    assert group.funnel[-1].key == "alone"
    assert len(left) < len(whole)


@pytest.mark.parametrize(
    ("source", "said", "message"),
    [
        (
            "visits",
            {"columns": {"visitor": "who", "purpose": "code", "visited_on": "day", "postcode": ""}},
            "must lead to a household",
        ),
        ("visits", {"minimum_age": 30}, "'minimum_age' lies above 'maximum_age'"),
        (
            "courses",
            {"columns": {"participant": "who", "course": "code", "started_on": "day"}},
            "'roles' needs the column 'role'",
        ),
        (
            "survey",
            {"columns": {"respondent": "who", "answer": "code", "asked_on": "day"}},
            "'survey.columns.consent' is missing|consent' is missing",
        ),
        ("survey", {"consents": []}, "consents"),
        ("cards", {"kindz": ["STU"]}, "'kindz' is not a known key"),
    ],
)
def test_rules_that_cannot_be(tmp_path: Path, source: str, said: dict[str, Any], message: str) -> None:
    tiny = tiny_country(n=500)
    table = pd.DataFrame({"who": ["P1"], "code": ["X"], "day": [pd.Timestamp("2026-01-01")]})
    with pytest.raises(ConfigError, match=message):
        built(tiny, table, source, tmp_path, **said)
