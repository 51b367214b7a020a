"""Agreement against scikit-learn, codes in their order, and the same codes after a refresh."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from profiling.errors import SegmentationError
from profiling.segmentation.agreement import adjusted_rand, crossed, matched
from profiling.segmentation.codes import code_names, keep_codes, refreshed
from profiling.segmentation.config import Axes
from profiling.segmentation.standards import fit_standards
from tests.segmentation.planted import planted


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_adjusted_rand_is_that_of_the_households_one_by_one(seed: int, a: int, b: int) -> None:
    rng = np.random.default_rng(seed)
    one, two, n = rng.integers(0, a, 40), rng.integers(0, b, 40), rng.integers(1, 6, 40)
    theirs = adjusted_rand_score(np.repeat(one, n), np.repeat(two, n))
    assert adjusted_rand(crossed(one, two, n.astype(float))) == pytest.approx(theirs, abs=1e-12)


def test_letters_rise_with_wealth_and_numbers_with_age() -> None:
    codes = code_names(
        np.array([0, 1, 0, 1, 2]), np.array([70.0, 20.0, 40.0]), np.array([30.0, 60.0, 20.0, 50.0, 10.0])
    )
    assert codes == ("C05", "A02", "C04", "A01", "B03")


def test_codes_are_kept_however_the_new_segments_are_numbered() -> None:
    rng = np.random.default_rng(3)
    names = np.array(["A01", "A02", "B03", "B04", "B05"])
    was = rng.integers(0, 5, 400)
    turn = rng.permutation(5)  # new number of each old segment
    label = turn[was].copy()
    some = rng.random(400) < 0.1
    label[some] = rng.integers(0, 5, int(some.sum()))
    main = np.empty(5, dtype=np.int64)
    main[turn] = [1, 1, 0, 0, 0]
    weights = rng.gamma(2.0, size=400)
    codes = np.array(keep_codes(main, names[was], label, weights))
    assert codes[turn].tolist() == names.tolist()
    said = refreshed(names[was], codes[label], weights, weights.sum() * 2)
    differ = names[was] != codes[label]
    assert said.moved == pytest.approx(weights[differ].sum() / weights.sum())
    assert 0 < said.moved_main < said.moved < 0.15
    assert said.compared == pytest.approx(0.5)
    assert (said.new, said.gone) == ((), ())


def test_new_segments_get_new_codes_that_were_never_used() -> None:
    """B is split in two main segments, and one of its sub segments in two."""
    old = np.repeat(["A01", "B02", "B03"], [50, 60, 40])
    label = np.repeat([0, 1, 2, 3], [50, 40, 20, 40])
    codes = keep_codes(np.array([0, 1, 1, 2]), old, label, np.ones(150))
    assert codes == ("A01", "B02", "B04", "C05")
    said = refreshed(old, np.array(codes)[label], np.ones(150), 150.0)
    assert said.moved == pytest.approx(60 / 150)
    assert (said.new, said.gone) == (("B04", "C05"), ("B03",))


def test_matching_is_the_best_of_all_permutations() -> None:
    from itertools import permutations

    table = np.random.default_rng(4).integers(0, 50, (5, 5)).astype(float)
    best = max(permutations(range(5)), key=lambda order: sum(table[at, to] for at, to in enumerate(order)))
    assert matched(table) == list(enumerate(best))


def test_an_axis_of_an_unknown_variable_is_said_with_the_nearest() -> None:
    from profiling.segmentation.codes import positions

    units, _ = planted(200, 4)
    with pytest.raises(
        SegmentationError, match=r"'v_wealht' under axes.wealth is no variable \(did you mean 'v_wealth'"
    ):
        positions(units, fit_standards(units), Axes(age=("-v_age",), wealth=("v_wealht",)))
