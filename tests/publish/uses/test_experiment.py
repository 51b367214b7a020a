"""Experiments: published values, coverage by simulation, and sizes that reach the power they promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from profiling.errors import MeasureError, UploadError
from profiling.publish.uses.differences import households_needed, share_difference
from profiling.publish.uses.experiment import design, evaluate, evaluate_file


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    # Newcombe (1998), table II, method 10.
    [((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090), ((10, 10, 0, 10), 0.6075, 1.0)],
)
def test_newcombe_s_own_examples(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    found = share_difference(*counts)
    assert found[1] == pytest.approx(low, abs=6e-5)
    assert found[2] == pytest.approx(high, abs=6e-5)


def test_a_size_reaches_its_power_and_one_less_does_not_by_much() -> None:
    rng = np.random.default_rng(1)
    n, m = households_needed(0.05, 0.10, control=0.5) or (0, 0)
    # Fleiss, Levin and Paik (2003), formula 4.14: 435 in each group.
    assert n + m == pytest.approx(870, abs=2)
    a, b = rng.binomial(n, 0.10, 40_000) / n, rng.binomial(m, 0.05, 40_000) / m
    middle = (a + b) / 2
    z = np.abs(a - b) / np.sqrt(middle * (1 - middle) * 2 / n)
    assert np.mean(z > 1.96) == pytest.approx(0.8, abs=0.012)
    lopsided = households_needed(0.05, 0.10, control=0.2)
    assert lopsided is not None
    assert sum(lopsided) > n + m
    assert households_needed(0.5, 0.5 + 1e-5) is None


def test_the_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(2_000):
        k, c = int(rng.binomial(400, 0.08)), int(rng.binomial(200, 0.04))
        _, low, high = share_difference(k, 400, c, 200)
        inside.append(low <= 0.04 <= high)
    assert 0.93 <= np.mean(inside) <= 0.975


def test_a_design_says_what_there_is_to_learn() -> None:
    made = design(0.02, n=2_000, control=0.25)
    double = made.sizes[np.isclose(made.sizes["times"], 2.0)].iloc[0]
    assert double["n"] > 2.9 * double["n_control"]
    power = made.given.set_index("times")["power"]
    assert power.is_monotonic_increasing
    assert 4.0 < made.detectable < 6.0
    assert made.sizes["n"].is_monotonic_decreasing
    with pytest.raises(MeasureError, match="2 in 100"):
        design(2.0)


@pytest.mark.parametrize("counts", [(9, 100, 30, 100), (95, 100, 30, 100), (20, 100, 3, 100), (8, 9, 30, 100)])
def test_small_groups_are_not_shown(counts: tuple[int, int, int, int]) -> None:
    found = evaluate(*counts)
    assert found.found is None
    assert np.isnan([found.difference, found.low, found.high]).all()
    assert found.groups["suppressed"].any()
    hidden = found.groups[found.groups["suppressed"]]
    assert hidden[["n", "k", "share"]].isna().all(axis=None)


def test_a_file_is_counted_as_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "uitkomst.csv"
    rows = ["actie,ja"] * 40 + ["actie,nee"] * 160 + ["geen,ja"] * 15 + ["geen,nee"] * 185
    path.write_text("groep,lid\n" + "\n".join(rows) + "\n")
    found = evaluate_file(path, group="groep", outcome="lid", control="geen")
    assert found.groups[["n", "k"]].to_numpy().tolist() == [[200, 40], [200, 15]]
    assert found.difference == pytest.approx(12.5)
    assert found.found
    with pytest.raises(UploadError, match="did you mean 'geen'"):
        evaluate_file(path, group="groep", outcome="lid", control="gen")
    with pytest.raises(UploadError, match="did you mean 'groep'"):
        evaluate_file(path, group="groepen", outcome="lid", control="geen")
    with pytest.raises(MeasureError, match="5 of 4"):
        evaluate(5, 4, 1, 4)
