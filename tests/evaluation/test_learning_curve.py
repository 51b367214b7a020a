"""Learning curves: a planted power law is recovered, parts are nested, and intervals hold what varies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.capture import capture_at
from profiling.evaluation.learning_curve import HeldOut, halvings, learning_curve, nested_order

BASE, GROUP = 2000, 8000
POSITIVE = np.arange(BASE + GROUP) >= BASE
AREAS = (np.arange(BASE + GROUP) % 50).astype(str)
HELD = HeldOut(POSITIVE, AREAS, base=~POSITIVE)
IDS = [f"h{each}" for each in range(3200)]


def planted(
    law: Callable[[int], float], noise: float = 0.0
) -> tuple[Callable[[NDArray[np.int64]], NDArray[np.float64]], list[NDArray[np.int64]]]:
    """A "model" whose capture at 10 % depth is that of a law of its number of households, and what it was given."""
    given: list[NDArray[np.int64]] = []

    def fit_and_score(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        given.append(rows)
        rng = np.random.default_rng([len(rows), int(rows.sum())])
        part = law(len(rows)) + noise * rng.normal() * np.sqrt(100 / len(rows))
        scores = np.concatenate([rng.random(BASE), np.full(GROUP, -1.0)])
        above = round(part * GROUP)
        scores[BASE + np.random.default_rng(0).permutation(GROUP)[:above]] = 2.0
        return scores

    return fit_and_score, given


def law(n: int) -> float:
    return 0.6 - 3.0 * n**-0.5


def test_a_planted_law_and_its_next_doubling_are_recovered() -> None:
    model, given = planted(law)
    found = learning_curve(model, IDS, HELD, 0.1, repeats=3, replicates=200)
    rows = found.table.to_pylist()
    assert [row["size"] for row in rows] == [200, 400, 800, 1600, 3200]
    assert [row["capture"] for row in rows] == pytest.approx([law(row["size"]) for row in rows], abs=1e-3)
    assert [row["fitted"] for row in rows] == pytest.approx([law(row["size"]) for row in rows], abs=3e-3)
    assert found.next_doubling.value == pytest.approx(law(6400) - law(3200), abs=2e-3)
    assert found.last_doubling.value == pytest.approx(law(3200) - law(1600), abs=1e-3)
    assert found.limit.value == pytest.approx(0.6, abs=0.01)
    for each in (found.last_doubling, found.next_doubling, found.limit):
        assert each.low - 1e-9 <= each.value <= each.high + 1e-9
        assert each.high - each.low < 0.1
    assert sorted(len(rows) for rows in given) == [200] * 3 + [400] * 3 + [800] * 3 + [1600] * 3 + [3200]
    assert (found.enough(0.05), found.enough(0.005)) == (True, False)


def test_a_flat_curve_is_enough_and_a_noisy_one_says_that_it_does_not_know() -> None:
    flat = learning_curve(planted(lambda n: 0.4, noise=0.002)[0], IDS, HELD, 0.1, repeats=4, replicates=200)
    assert flat.next_doubling.value < 0.004
    assert flat.enough() is True
    noisy = learning_curve(planted(lambda n: 0.4 - 1.5 * n**-0.5, noise=0.1)[0], IDS, HELD, 0.1, replicates=200)
    assert noisy.next_doubling.low < 0.01 < noisy.next_doubling.high
    assert noisy.enough() is None
    assert noisy.table["lowest"][0].as_py() < noisy.table["capture"][0].as_py() < noisy.table["highest"][0].as_py()


def test_the_interval_of_a_size_is_that_of_its_areas_and_repeats() -> None:
    held = HeldOut(POSITIVE[: BASE + 200], (np.arange(BASE + 200) % 20).astype(str), base=~POSITIVE[: BASE + 200])
    truth = np.random.default_rng(3).random(200) < 0.5

    def fit_and_score(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.concatenate([np.linspace(0, 1, BASE), np.where(truth, 2.0, -1.0)])

    last = learning_curve(fit_and_score, IDS[:400], held, 0.1, replicates=2000).table.to_pylist()[-1]
    rng = np.random.default_rng(4)
    per_area = [truth[(np.arange(BASE, BASE + 200) % 20) == area] for area in range(20)]
    drawn = [np.concatenate([per_area[each] for each in rng.integers(0, 20, 20)]).mean() for _ in range(2000)]
    assert last["capture"] == pytest.approx(capture_at(fit_and_score(np.arange(1)), held.positive, 0.1, base=held.base))
    assert (last["low"], last["high"]) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.02)


def test_parts_are_nested_and_do_not_depend_on_the_order_of_the_group() -> None:
    model, given = planted(law)
    learning_curve(model, IDS, HELD, 0.1, repeats=2, replicates=10)
    parts = sorted((set(rows.tolist()) for rows in given), key=len)
    assert all((np.diff(rows) > 0).all() for rows in given)
    smallest = parts[:2]
    assert smallest[0] != smallest[1]
    for part in smallest:
        assert sum(part <= larger for larger in parts) == 5
    order = nested_order(IDS, 1, 7)
    assert sorted(order.tolist()) == list(range(len(IDS)))
    turned = nested_order(IDS[::-1], 1, 7)
    assert [IDS[each] for each in order] == [IDS[::-1][each] for each in turned]
    assert nested_order(IDS, 2, 7).tolist() != order.tolist() != nested_order(IDS, 1, 8).tolist()


def test_sizes_and_refusals() -> None:
    assert halvings(3500) == [218, 437, 875, 1750, 3500]
    assert halvings(150) == [150]
    model, _ = planted(law)
    for wrong in ({"sizes": [0, 5]}, {"sizes": [9999]}, {"repeats": 1}):
        with pytest.raises(MeasureError, match="no learning curve of 3,200 households"):
            learning_curve(model, IDS, HELD, 0.1, **wrong)
    with pytest.raises(MeasureError, match="no learning curve of 3,200 households"):
        learning_curve(model, [*IDS, IDS[0]], HELD, 0.1)
