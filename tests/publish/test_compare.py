"""Tables that hold candidates side by side, against SQL and brute force; and the rules of the advice, one by one."""

from __future__ import annotations

import copy
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.errors import MeasureError
from profiling.population.scheme import SegmentScheme
from profiling.publish import compare
from profiling.publish.compare_advice import RULES, TITLES, advise
from profiling.publish.compare_card import titles_apart
from profiling.vocabulary import LANGUAGES


def pairs(*rows: tuple[int, int, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["n_left", "n_right", "shared"])
    table.insert(0, "left", [f"l{i}" for i in range(len(rows))])
    table.insert(1, "right", [f"r{i}" for i in range(len(rows))])
    of = {"of_left": table["shared"] / table["n_left"], "of_right": table["shared"] / table["n_right"]}
    return table.assign(jaccard=table["shared"] / (table["n_left"] + table["n_right"] - table["shared"]), **of)


@pytest.mark.parametrize(
    ("n_left", "n_right", "shared", "hidden"),
    [
        (500, 600, 10, False),
        (500, 600, 9, True),
        (500, 600, 0, True),
        (500, 600, 490, False),
        (500, 600, 491, True),
        (500, 600, 499, True),
        (500, 600, 500, False),
        (600, 500, 499, True),
    ],
)
def test_small_overlaps_and_small_remainders_are_hidden(n_left: int, n_right: int, shared: int, hidden: bool) -> None:
    found = compare.hide_small_overlaps(pairs((n_left, n_right, shared), (900, 800, 100)))
    assert found["suppressed"].tolist() == [hidden, False]
    assert found[["n_left", "n_right"]].notna().all(axis=None)
    assert found.loc[0, ["shared", "jaccard", "of_left", "of_right"]].isna().tolist() == [hidden] * 4
    assert found.loc[1, "shared"] == 100


def test_profile_overlap_agrees_with_sql() -> None:
    rng = np.random.default_rng(3)
    inside = {name: rng.random(2_000) < depth for name, depth in (("a", 0.1), ("b", 0.3), ("c", 0.02))}
    frame = pd.DataFrame(inside)  # read by DuckDB
    found = compare.profile_overlap(inside).set_index(["left", "right"])
    for left, right in (("a", "b"), ("a", "c"), ("b", "c")):
        query = f"SELECT count(*) FILTER ({left} AND {right}), count(*) FILTER ({left} OR {right}) FROM frame"
        shared, either = duckdb.sql(query).fetchall()[0]
        row = found.loc[(left, right)]
        assert bool(row["suppressed"]) == (shared < 10)
        if shared >= 10:
            assert (row["shared"], row["jaccard"]) == (shared, pytest.approx(shared / either))
    assert len(frame) == 2_000


def test_by_chance_is_what_a_draw_by_lot_shares() -> None:
    rng = np.random.default_rng(0)
    one, other = (np.arange(100_000) < n for n in (10_000, 30_000))
    found = compare.profile_overlap({"one": one, "other": other})
    drawn = [rng.permutation(other) for _ in range(20)]
    lots = [float((one & each).sum() / (one | each).sum()) for each in drawn]
    assert found.loc[0, "by_chance"] == pytest.approx(np.mean(lots), abs=0.001)


SCHEME = SegmentScheme.model_validate(
    {
        "name": "four",
        "main": [{"code": "A", "nl": "A"}],
        "sub": [{"code": code, "main": "A", "nl": f"Naam {code}"} for code in ("A01", "A02", "A03", "A04")],
    }
)


def test_segment_mix_is_an_index_and_hides_so_that_the_total_does_not_tell() -> None:
    counts = pd.DataFrame(
        {"code": ["A01", "A02", "A03", "A04"], "n_profile": [120, 60, 4, 16], "n_base": [400, 600, 800, 200]}
    )
    found = compare.segment_mix("one", counts, SCHEME).set_index("code")
    assert found.loc["A01", "index"] == pytest.approx(100 * (120 / 400) / (200 / 2000))
    assert found.loc["A02", "name"] == "Naam A02"
    assert set(found["of"]) == {"group"}
    # A03 is small; shown alone it would follow from the total, so the next smallest goes with it.
    assert found.index[found["suppressed"].astype(bool)].tolist() == ["A03", "A04"]
    assert found.loc[["A03", "A04"], ["n_profile", "share", "index"]].isna().all(axis=None)


def areas(seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    index = rng.uniform(20, 300, n)
    half = rng.uniform(5, 120, n)
    hidden = rng.random(n) < 0.15
    table = pd.DataFrame(
        {
            "code": [f"GM{i:04d}" for i in range(n)],
            "name": "",
            "n_profile": pd.array(rng.integers(10, 400, n), dtype="Int64"),
            "n_base": pd.array(np.where(np.arange(n) % 9 == 0, 60, 900), dtype="Int64"),
            "index": index,
            "index_low": index - half,
            "index_high": index + half,
            "suppressed": hidden,
        }
    )
    return table.mask(
        pd.DataFrame({column: hidden & column.startswith(("n_", "index")) for column in table}, index=table.index)
    )


def test_disagreement_agrees_with_a_loop() -> None:
    tables = {name: areas(seed) for seed, name in enumerate(("one", "two", "three"))}
    expected = []
    for row in range(60):
        shown = []
        for table in tables.values():
            each = table.iloc[row]
            if not each["suppressed"] and each["n_base"] >= 100:
                shown.append((each["index"], each["index_low"], each["index_high"]))
        if len(shown) >= 2:
            top, bottom = max(shown), min(shown)
            if top[1] > bottom[2]:
                expected.append((top[0] - bottom[0], f"GM{row:04d}"))
    expected.sort(reverse=True)
    found = compare.disagreement(tables)
    firsts = found.drop_duplicates("rank")
    assert len(expected) > 5
    assert firsts["code"].tolist() == [code for _, code in expected]
    assert firsts["difference"].tolist() == pytest.approx([difference for difference, _ in expected])
    assert found.groupby("rank").size().eq(3).all()
    assert found.loc[found["suppressed"].astype(bool), ["n_profile", "index"]].isna().all(axis=None)


def test_cross_table_is_in_per_cent_and_hides_small_groups() -> None:
    raw = pd.DataFrame(
        {"model": ["a", "b"], "group": ["b", "a"], "capture": [0.3, 0.2], "low": [0.25, 0.1], "high": [0.4, 0.3],
         "lift": [3.0, 2.0], "n": [700, 9], "left_out": [0, 0]}
    )  # fmt: skip
    found = compare.cross_table(raw, 0.1)
    shown = found.loc[0, ["capture", "low", "high", "lift", "lift_low", "lift_high"]].astype(float).tolist()
    assert shown == pytest.approx([30, 25, 40, 3.0, 2.5, 4.0])
    assert found["suppressed"].tolist() == [False, True]
    assert found.loc[1, ["n", "capture", "lift_high"]].isna().all()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, None),
        ({}, None),
        ("auto", None),
        (0.3, {"value": 30.0, "interval": None}),
        ([0.1, 0.2], {"value": None, "interval": [10.0, 20.0]}),
        ({"share": 0.3, "interval": [0.25, 0.4]}, {"value": 30.0, "interval": [25.0, 40.0]}),
        ({"low": 0.05, "high": 0.12}, {"value": None, "interval": [5.0, 12.0]}),
        ({"bracket": [0.05, 0.12], "value": 0.08}, {"value": 8.0, "interval": [5.0, 12.0]}),
    ],
)
def test_a_measure_is_read_however_it_is_written(said: Any, expected: Any) -> None:
    found = compare.estimate(said, 100.0)
    assert (found is None) == (expected is None)
    if found:
        assert found["value"] == pytest.approx(expected["value"])
        assert found["interval"] == (expected["interval"] and pytest.approx(expected["interval"]))


@pytest.mark.parametrize("names", [[], ["one"], ["one", "two", "one"]])
def test_a_comparison_needs_two_names(names: list[str]) -> None:
    with pytest.raises(MeasureError, match=r"candidate|twice"):
        compare.check_names(names)


def candidate(name: str, at: float = 30.0, **other: Any) -> dict[str, Any]:
    """One that passes every rule."""
    return {
        "name": name,
        "title": {"nl": name.upper(), "en": name.upper()},
        "expected": 3_000,
        "capture": {"value": at, "interval": [at - 2, at + 2], "n": 3_000},
        "lift": {"value": at / 10, "interval": [(at - 2) / 10, (at + 2) / 10]},
        "segment_index": {
            "model": {"value": 30.0, "interval": [28.0, 32.0]},
            "rival": {"value": 25.0, "interval": [23.0, 27.0]},
        },
        "stability": {"value": 0.6, "interval": None},
        "contrast": "members",
        "member_effect": None,
        "dirt": {"value": 10.0, "interval": [5.0, 15.0]},
        "external": {"value": 0.6, "interval": [0.4, 0.7], "circular": False},
        **other,
    }


def crossed(*candidates: dict[str, Any], **captures: float) -> list[dict[str, Any]]:
    """Every model finds the other groups at chance level, unless said: model_group = capture."""
    rows = []
    for model in candidates:
        for group in candidates:
            own = model["name"] == group["name"]
            value = (
                (group["capture"]["value"] or 0.0) if own else captures.get(f"{model['name']}_{group['name']}", 10.0)
            )
            row = {
                "model": model["name"],
                "group": group["name"],
                "capture": value,
                "low": value - 2,
                "high": value + 2,
            }
            rows.append(row)
    return rows


def verdict(rule: str, **other: Any) -> str:
    one, two = candidate("one", **other), candidate("two")
    return str(advise([one, two], crossed(one, two), 10.0)["checks"]["one"][rule])


def test_who_passes_everything_has_no_fault() -> None:
    assert {verdict(rule) for rule in TITLES} == {"pass"}


@pytest.mark.parametrize(
    ("rule", "expected", "other"),
    [
        ("size", "fail", {"expected": RULES.households - 1}),
        ("size", "pass", {"expected": RULES.households}),
        ("finds", "fail", {"capture": {"value": 15.0, "interval": [12.0, 19.9]}}),
        ("finds", "unsure", {"capture": {"value": 21.0, "interval": [18.0, 24.0]}}),
        ("finds", "unmeasured", {"capture": {"value": None, "interval": None}}),
        ("plausible", "unsure", {"capture": {"value": 61.0, "interval": [55.0, 70.0]}}),
        ("segments", "unmeasured", {"segment_index": None}),
        ("stable", "fail", {"stability": {"value": 0.49, "interval": None}}),
        ("stable", "unsure", {"stability": {"value": 0.49, "interval": [0.4, 0.6]}}),
        ("stable", "unmeasured", {"stability": None}),
        ("members", "unmeasured", {"contrast": "population"}),
        ("members", "pass", {"contrast": "population", "member_effect": {"value": 1.1, "interval": [1.0, 1.2]}}),
        ("members", "fail", {"contrast": "population", "member_effect": {"value": 2.0, "interval": [1.8, 2.2]}}),
        ("dirt", "fail", {"dirt": {"value": 40.0, "interval": [31.0, 50.0]}}),
        ("dirt", "unsure", {"dirt": {"value": 40.0, "interval": [29.0, 50.0]}}),
        ("dirt", "unmeasured", {"dirt": None}),
        ("external", "fail", {"external": {"value": 0.97, "interval": [0.96, 0.98], "circular": True}}),
        ("external", "fail", {"external": {"value": -0.5, "interval": [-0.6, -0.4], "circular": False}}),
        ("external", "unmeasured", {"external": None}),
    ],
)
def test_each_rule(rule: str, expected: str, other: dict[str, Any]) -> None:
    assert verdict(rule, **other) == expected


@pytest.mark.parametrize(("model", "expected"), [(24.0, "fail"), (26.0, "unsure"), (28.0, "pass")])
def test_the_model_must_find_more_than_the_segment_index(model: float, expected: str) -> None:
    said = {
        "model": {"value": model, "interval": [model - 2, model + 2]},
        "rival": {"value": 25.0, "interval": [23, 27]},
    }
    assert verdict("segments", segment_index=said) == expected


@pytest.mark.parametrize(("other", "expected"), [(31.0, "fail"), (27.0, "unsure"), (25.0, "pass")])
def test_a_group_that_another_profile_finds_as_well_needs_none_of_its_own(other: float, expected: str) -> None:
    one, two = candidate("one"), candidate("two")
    found = advise([one, two], crossed(one, two, two_one=other), 10.0)
    assert found["checks"]["one"]["own"] == expected
    assert found["checks"]["two"]["own"] == "pass"
    said = " ".join(found["reasons"]["en"])
    assert ("30.0% against" in said) == (expected != "pass")


def test_no_choice_where_intervals_overlap() -> None:
    one, two, three = candidate("one", 40.0), candidate("two", 37.0), candidate("three", 25.0)
    found = advise([three, two, one], crossed(one, two, three), 10.0)
    assert (found["kind"], found["choice"], found["candidates"]) == ("tied", None, ["one", "two"])
    for language in LANGUAGES:
        assert all(name in found["sentence"][language] for name in ("ONE", "TWO"))
        assert "THREE" not in found["sentence"][language]


def test_the_best_is_chosen_where_intervals_do_not_overlap() -> None:
    one, two = candidate("one", 25.0), candidate("two", 40.0)
    assert advise([one, two], crossed(one, two), 10.0)["choice"] == "two"


def test_who_fails_a_rule_is_not_chosen_however_well_found() -> None:
    one, two = candidate("one", 25.0), candidate("two", 40.0, expected=200)
    found = advise([one, two], crossed(one, two), 10.0)
    assert (found["kind"], found["choice"]) == ("one", "one")
    assert any("TWO" in each and "(200)" in each for each in found["reasons"]["nl"])


def test_nobody_is_chosen_where_all_fail() -> None:
    one, two = (
        candidate("one", expected=200),
        candidate("two", expected=200, stability={"value": 0.1, "interval": None}),
    )
    found = advise([one, two], crossed(one, two), 10.0)
    assert (found["kind"], found["choice"], found["candidates"]) == ("none", None, ["one"])


def test_what_nobody_measured_is_said() -> None:
    both = [candidate(name, dirt=None) for name in ("one", "two")]
    before = copy.deepcopy(both)
    found = advise(both, crossed(*both), 10.0)
    assert any(TITLES["dirt"]["nl"] in each and "Nergens" in each for each in found["reasons"]["nl"])
    assert both == before


def test_candidates_of_one_title_are_told_apart() -> None:
    title = {"nl": "Taalgroeiers", "en": "Growers"}
    group = {"title": {"nl": "Groep", "en": "Group"}, "minimum": 1}
    other = {"title": {"nl": "Groep", "en": "Other group"}, "minimum": 2}
    given = [
        candidate("one", title=title, reference=group),
        candidate("two", title={**title, "en": "Others"}, reference=other),
    ]
    one, two = titles_apart(given)
    assert one["title"] == {"nl": "Taalgroeiers (one)", "en": "Growers"}
    assert two["title"] == {"nl": "Taalgroeiers (two)", "en": "Others"}
    assert two["reference"] == {"title": {"nl": "Groep (two)", "en": "Other group"}, "minimum": 2}
    assert given[0]["title"] is title
    reasons = advise([one, two], crossed(one, two), 10.0)["sentence"]["nl"]
    assert "Taalgroeiers (" in reasons
