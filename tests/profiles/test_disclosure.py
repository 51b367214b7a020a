"""Attacks on suppressed tables: everything a reader can work out from what is shown."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiling.errors import MeasureError
from profiling.profiles.disclosure import parents_of, suppress

AREAS = {"W1": "G", "W2": "G", "B11": "W1", "B12": "W1", "B13": "W1", "B21": "W2", "B22": "W2"}


def areas(leaves: dict[str, int], parents: dict[str, str] = AREAS) -> pd.DataFrame:
    """A table with a row for every leaf and every total above it."""
    counts: dict[str, int] = {}
    for leaf, number in leaves.items():
        code = leaf
        while code:
            counts[code] = counts.get(code, 0) + number
            code = parents.get(code, "")
    return pd.DataFrame({"area": list(counts), "profile": list(counts.values())})


def hidden(table: pd.DataFrame, parents: dict[str, str] = AREAS, minimum: int = 10) -> set[str]:
    result = suppress(table, count="profile", derived=[], parents={"area": parents}, minimum=minimum)
    return set(result.loc[result["suppressed"], "area"])


def solve(equations: list[tuple[frozenset[object], int]]) -> list[tuple[dict[object, Fraction], Fraction]]:
    """Gauss–Jordan in exact fractions over the leaves: what all shown cells together tell."""
    done: list[tuple[dict[object, Fraction], Fraction]] = []
    for leaves, total in equations:
        row, value = dict.fromkeys(leaves, Fraction(1)), Fraction(total)
        for known, known_value in done:
            factor = row.get(next(iter(known)), Fraction(0))
            row = {each: row.get(each, Fraction(0)) - factor * known.get(each, Fraction(0)) for each in {*row, *known}}
            value -= factor * known_value
        row = {each: number for each, number in row.items() if number}
        if not row:
            assert value == 0
            continue
        pivot = next(iter(row))
        row, value = {each: number / row[pivot] for each, number in row.items()}, value / row[pivot]
        row = {pivot: row.pop(pivot), **row}
        for place, (known, known_value) in enumerate(done):
            factor = known.get(pivot, Fraction(0))
            changed = {
                each: known.get(each, Fraction(0)) - factor * row.get(each, Fraction(0)) for each in {*row, *known}
            }
            first = next(iter(known))
            kept = {first: changed.pop(first), **{each: number for each, number in changed.items() if number}}
            done[place] = (kept, known_value - factor * value)
        done.append((row, value))
    return done


def test_one_small_cell_is_not_the_total_minus_the_other_parts() -> None:
    assert hidden(areas({"B11": 4, "B12": 30, "B13": 50, "B21": 40, "B22": 60})) == {"B11", "B12"}


def test_two_small_cells_that_are_small_together_get_a_third() -> None:
    assert hidden(areas({"B11": 4, "B12": 3, "B13": 50, "B21": 40, "B22": 60})) == {"B11", "B12", "B13"}
    assert hidden(areas({"B11": 4, "B12": 8, "B13": 50, "B21": 40, "B22": 60})) == {"B11", "B12"}


def test_nothing_small_nothing_hidden() -> None:
    assert hidden(areas({"B11": 10, "B12": 30, "B13": 50, "B21": 40, "B22": 60})) == set()


def test_a_small_wijk_takes_another_wijk_and_a_buurt_of_it() -> None:
    """W1 is small; with W2 shown it is G minus W2, and with all buurten of W2 shown W2 is their sum."""
    assert hidden(areas({"B11": 2, "B12": 3, "B13": 1, "B21": 40, "B22": 60})) == {
        *("W1", "B11", "B12", "B13"),
        *("W2", "B21"),
    }


def test_when_all_is_small_all_is_hidden() -> None:
    assert hidden(areas(dict.fromkeys(("B11", "B12", "B13", "B21", "B22"), 1))) == {*AREAS, "G"}


def test_an_only_part_hides_its_total() -> None:
    parents = {"W1": "G", "W2": "G", "B1": "W1"}
    table = pd.DataFrame({"area": ["G", "W1", "W2", "B1"], "profile": [63, 14, 9, 14]})
    assert hidden(table.assign(profile=[23, 14, 9, 14]), parents) == {"W1", "W2", "B1"}


def test_a_part_that_makes_up_its_total_is_spared_and_the_total_hidden() -> None:
    cells = areas({"B11": 4, "B12": 3, "B13": 500, "B21": 40, "B22": 60})
    parents = AREAS
    spared = suppress(cells, count="profile", derived=[], parents={"area": parents}, spare_parts=True)
    shown = set(spared.loc[~spared["suppressed"], "area"])
    assert "B13" in shown
    assert not {"W1", "B11", "B12"} & shown
    assert {"B11", "B12", "B13"} <= hidden(cells)


def test_households_without_a_code_are_no_cover() -> None:
    """A wijk may hold more than its listed buurten; whether the rest is empty, a reader may know."""
    parents = {"W1": "G", "W2": "G", "W3": "G", "B1": "W1", "B2": "W2"}
    table = pd.DataFrame({"area": ["G", "W1", "W2", "W3", "B1", "B2"], "profile": [90, 15, 15, 60, 4, 4]})
    assert hidden(table, parents) == {"W1", "B1", "W2", "B2", "W3"}
    assert hidden(table.assign(profile=[90, 15, 15, 60, 4, 12]), parents) == {"W1", "B1", "W2", "B2"}


def test_a_hidden_cell_shows_no_figure_that_gives_it_away_and_no_reason() -> None:
    table = areas({"B11": 4, "B12": 30, "B13": 50, "B21": 40, "B22": 60})
    table = table.assign(households=table["profile"] * 9, penetration=100 / 9, name="x")
    result = suppress(
        table, count="profile", base="households", derived=["penetration"], parents={"area": AREAS}
    ).set_index("area")
    assert result.loc[["B11", "B12"], ["profile", "households", "penetration"]].isna().all().all()
    assert result.loc["B11"].dropna().to_dict() == result.loc["B12"].dropna().to_dict()
    assert result.loc["B13"].to_dict() == {
        **{"profile": 50, "households": 450, "penetration": pytest.approx(100 / 9), "name": "x", "suppressed": False}
    }
    assert str(result["profile"].dtype) == "Int64"
    assert table["profile"].notna().all()


def test_a_small_base_hides_as_well() -> None:
    table = pd.DataFrame({"area": list("ABC"), "profile": [10, 20, 30], "households": [10, 300, 400]})
    result = suppress(table, count="profile", base="households", derived=[], parents={"area": {}}, minimum=11)
    assert result["suppressed"].tolist() == [True, False, False]


wijken = st.lists(st.integers(0, 40), min_size=1, max_size=4)
gemeenten = st.lists(wijken, min_size=1, max_size=4)
leaves_of_a_tree = st.lists(gemeenten, min_size=1, max_size=4)


@given(leaves_of_a_tree, st.integers(1, 12), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_tree_tells_a_group_below_the_minimum(tree: list[list[list[int]]], minimum: int, spare: bool) -> None:
    parents, leaves = {}, {}
    for first, gemeente in enumerate(tree):
        for second, wijk in enumerate(gemeente):
            for third, number in enumerate(wijk):
                names = ["NL", f"G{first}", f"W{first}.{second}", f"B{first}.{second}.{third}"]
                parents.update({below: above for above, below in pairwise(names)})
                leaves[names[-1]] = number
    table = areas(leaves, parents)
    result = suppress(table, count="profile", derived=[], parents={"area": parents}, minimum=minimum, spare_parts=spare)

    def under(code: str) -> frozenset[object]:
        found = set()
        for leaf in leaves:
            up = leaf
            while up and up != code:
                up = parents.get(up, "")
            found |= {leaf} if up else set()
        return frozenset(found)

    shown = result[~result["suppressed"]]
    assert (shown["profile"] >= minimum).all()
    told = [(under(code), number) for code, number in zip(shown["area"], shown["profile"], strict=True)]
    # Take the smallest sets off the larger ones: what is left are the finest sums that anyone can know.
    told.sort(key=lambda each: len(each[0]))
    for place, (cells, number) in enumerate(told):
        rest, value = cells, number
        for inner, inner_number in reversed(told[:place]):
            if inner <= rest:
                rest, value = rest - inner, value - inner_number
        visible = {code for code in rest if code in set(shown["area"])}
        assert not rest or visible == rest or (len(rest) > 1 and value >= minimum)
    told_alone = {next(iter(row)): value for row, value in solve(told) if len(row) == 1}
    assert all(value >= minimum for value in told_alone.values())


def crossed(counts: np.ndarray, segments: dict[str, str], parents: dict[str, str]) -> pd.DataFrame:
    """Area × segment with all totals, made by a cube of group sums."""
    rows: dict[tuple[str, str], int] = {}
    for (row, column), number in np.ndenumerate(counts):
        area, codes = f"B{row}", f"S{column}"
        while area:
            code = codes
            while code:
                rows[area, code] = rows.get((area, code), 0) + int(number)
                code = segments.get(code, "")
            area = parents.get(area, "")
    keys = list(rows)
    return pd.DataFrame({"area": [a for a, _ in keys], "segment": [s for _, s in keys], "profile": list(rows.values())})


def told_small_cells(
    result: pd.DataFrame, truth: pd.DataFrame, segments: dict[str, str], parents: dict[str, str], minimum: int
) -> list[object]:
    """Small leaf cells that follow from the shown ones by exact linear algebra."""

    def inside(code: str, tops: dict[str, str], leaf: str) -> bool:
        while leaf and leaf != code:
            leaf = tops.get(leaf, "")
        return bool(leaf)

    leaf_cells = [(a, s) for a, s in zip(truth["area"], truth["segment"], strict=True) if a[0] == "B" and s[0] == "S"]
    shown = result[~result["suppressed"]]
    equations = [
        (
            frozenset((a, s) for a, s in leaf_cells if inside(area, parents, a) and inside(code, segments, s)),
            int(number),
        )
        for area, code, number in zip(shown["area"], shown["segment"], shown["profile"], strict=True)
    ]
    return [next(iter(row)) for row, value in solve(equations) if len(row) == 1 and value < minimum]


def totals_told_by_their_parts(result: pd.DataFrame, segments: dict[str, str], parents: dict[str, str]) -> list[object]:
    """Hidden totals of which every part is shown, along either hierarchy."""
    hidden_totals: list[object] = []
    for key, other, tops in (("area", "segment", parents), ("segment", "area", segments)):
        parts = result.assign(total=result[key].map(tops)).dropna(subset="total")
        all_shown = (~parts["suppressed"]).groupby([parts["total"], parts[other]]).all()
        total_hidden = result.set_index([key, other])["suppressed"].reindex(all_shown.index)
        hidden_totals += all_shown.index[all_shown & total_hidden].to_list()
    return hidden_totals


def test_a_total_hidden_for_one_hierarchy_is_not_the_sum_of_its_parts_in_the_other() -> None:
    """(B1, M0) covers for (B0, M0), while the parts of B1 need no hiding for their own sake."""
    counts = np.array([[3, 3, 90], [20, 20, 90], [15, 100, 90], [100, 15, 90], [200, 200, 90]])
    parents = {f"B{row}": "NL" for row in range(5)}
    segments = {"S0": "M0", "S1": "M0", "S2": "M1", "M0": "all", "M1": "all"}
    table = crossed(counts, segments, parents)
    result = suppress(table, count="profile", derived=[], parents={"area": parents, "segment": segments})
    hidden_cells = set(result.loc[result["suppressed"], ["area", "segment"]].itertuples(index=False, name=None))
    assert ("B1", "M0") in hidden_cells
    assert totals_told_by_their_parts(result, segments, parents) == []
    assert told_small_cells(result, table, segments, parents, 10) == []


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_no_small_cell_follows_from_two_hierarchies_together(seed: int, n_areas: int, n_segments: int) -> None:
    random = np.random.default_rng(seed)
    counts = random.choice([0, 3, 7, 12, 25, 60], size=(n_areas, n_segments), p=[0.05, 0.1, 0.1, 0.25, 0.25, 0.25])
    parents = {f"B{row}": f"G{row % 2}" for row in range(n_areas)} | {"G0": "NL", "G1": "NL"}
    segments = {f"S{column}": f"M{column % 2}" for column in range(n_segments)} | {"M0": "all", "M1": "all"}
    table = crossed(counts, segments, parents)
    result = suppress(table, count="profile", derived=[], parents={"area": parents, "segment": segments})
    assert (result.loc[~result["suppressed"], "profile"] >= 10).all()
    assert totals_told_by_their_parts(result, segments, parents) == []
    assert told_small_cells(result, table, segments, parents, 10) == []


def test_a_bridge_between_two_blocks_is_found() -> None:
    """Every row and column has two hidden cells, yet the cell that joins the two blocks follows from them all."""
    counts = np.full((6, 6), 40)
    for block in (slice(0, 2), slice(3, 5)):
        counts[block, block] = 6
    counts[2, 0] = counts[2, 3] = 7
    parents = {f"B{row}": "NL" for row in range(6)}
    segments = {f"S{column}": "all" for column in range(6)}
    table = crossed(counts, segments, parents)
    result = suppress(table, count="profile", derived=[], parents={"area": parents, "segment": segments})
    assert told_small_cells(result, table, segments, parents, 10) == []
    assert result["suppressed"].sum() < 25


def test_parents_from_level_columns() -> None:
    table = pd.DataFrame({"wijk": ["W1", "W1", "W2"], "buurt": ["B1", "B2", "B3"]})
    expected = {"W1": "NL", "W2": "NL", "B1": "W1", "B2": "W1", "B3": "W2"}
    assert parents_of(table, "wijk", "buurt", top="NL") == expected
    assert parents_of(table, "wijk", "buurt") == {"B1": "W1", "B2": "W1", "B3": "W2"}
    with pytest.raises(MeasureError, match="'B1' lies under 'W1' and under 'W2'"):
        parents_of(table.assign(buurt="B1"), "wijk", "buurt")


def test_a_table_that_cannot_be_right_is_refused() -> None:
    table = areas({"B11": 4, "B12": 30, "B13": 50, "B21": 40, "B22": 60})
    with pytest.raises(MeasureError, match="column 'profiel' is missing \\(did you mean 'profile'\\?\\)"):
        suppress(table, count="profiel", derived=[], parents={"area": AREAS})
    with pytest.raises(MeasureError, match="1 cells stand twice under area"):
        suppress(pd.concat([table, table.head(1)]), count="profile", derived=[], parents={"area": AREAS})
    with pytest.raises(MeasureError, match="'profile': 8 counts are missing or negative"):
        suppress(table.assign(profile=-1), count="profile", derived=[], parents={"area": AREAS})
    broken = table.assign(profile=table["profile"].where(table["area"] != "W1", 3))
    with pytest.raises(MeasureError, match="the parts of 'W1' have 84 profile, the total 3"):
        suppress(broken, count="profile", derived=[], parents={"area": AREAS})
    with pytest.raises(MeasureError, match="round in a circle"):
        suppress(table, count="profile", derived=[], parents={"area": {**AREAS, "G": "B11"}})
