"""Folds of whole areas: disjoint, complete, even, and the same in any order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling.errors import MeasureError
from profiling.evaluation.splits import area_folds

sizes_of_areas = st.lists(st.integers(1, 40), min_size=5, max_size=40)


@given(sizes_of_areas, st.integers(2, 5), st.integers(0, 100))
def test_folds_hold_out_whole_areas_evenly(sizes: list[int], n_folds: int, seed: int) -> None:
    blocks = np.repeat([f"BU{number:03d}" for number in range(len(sizes))], sizes)
    folds = area_folds(blocks, n_folds, seed)
    assert len(folds) == n_folds
    assert sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(len(blocks)))
    for train, test in folds:
        assert not set(blocks[train]) & set(blocks[test])
        assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(blocks)))
    held_out = [len(test) for _, test in folds]
    assert max(held_out) - min(held_out) <= max(sizes)


@given(sizes_of_areas, st.integers(0, 100))
def test_folds_do_not_depend_on_the_order_of_rows(sizes: list[int], seed: int) -> None:
    blocks = np.repeat([f"BU{number:03d}" for number in range(len(sizes))], sizes)
    order = np.random.default_rng(seed).permutation(len(blocks))
    one = [set(blocks[test]) for _, test in area_folds(blocks, 3, seed)]
    two = [set(blocks[order][test]) for _, test in area_folds(blocks[order], 3, seed)]
    assert one == two


def test_another_seed_gives_other_folds() -> None:
    blocks = np.repeat([f"BU{number:03d}" for number in range(30)], np.arange(1, 31))
    folds = {tuple(test.tolist()) for seed in range(10) for _, test in area_folds(blocks, 3, seed)[:1]}
    assert len(folds) == 10


def test_folds_stay_what_they_are() -> None:
    """A pin, taken from a run: which fold comes first may not change with the process or the version of Python."""
    blocks = np.repeat(["BU1", "BU2", "BU3", "BU4"], [4, 3, 2, 1])
    assert [test.tolist() for _, test in area_folds(blocks, 2, 7)] == [[4, 5, 6, 7, 8], [0, 1, 2, 3, 9]]


@pytest.mark.parametrize(("n_folds", "blocks"), [(1, ["a", "b"]), (3, ["a", "b", "a"])])
def test_more_folds_than_areas_are_refused(n_folds: int, blocks: list[str]) -> None:
    with pytest.raises(MeasureError, match="folds of 2 areas"):
        area_folds(np.array(blocks), n_folds, 0)
