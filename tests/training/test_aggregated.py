"""Learning from counts: the E-step by enumeration, and a planted group that marking everybody does not find."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiling import pipeline
from profiling.errors import TrainingError
from profiling.models.lightgbm_single import ESTIMATOR as LIGHTGBM
from profiling.models.spec import Estimator, EstimatorContext
from profiling.pipeline import Places
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.training.aggregated import (
    RIDGES,
    Chances,
    Everywhere,
    chances_from_counts,
    learn_from_counts,
    posterior,
    who_is_meant,
)
from profiling.training.bag_rates import Bags, Cells, fit_rates
from profiling.training.frame import load_training_frame
from profiling.training.settings import TrainingSettings
from tests.reference.test_postcode_counts import answers, built
from tests.tiny import Tiny, tiny_country


def by_enumeration(odds: np.ndarray, count: int) -> np.ndarray:
    """P(i is in | count are in), from all subsets of that size."""
    chance = np.zeros(len(odds))
    for chosen in itertools.combinations(range(len(odds)), count):
        chance[list(chosen)] += np.prod(odds[list(chosen)])
    return chance * count / chance.sum()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 20.0), min_size=2, max_size=7), st.data())
def test_posterior_as_all_subsets_have_it(odds: list[float], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(odds)))
    values = np.array(odds)
    found = posterior(values, Bags(np.zeros(len(odds), dtype=np.int64), np.array([float(count)])))
    expected = by_enumeration(values, count)
    assert found.sum() == pytest.approx(count, abs=1e-6)
    assert found == pytest.approx(expected, abs=1e-7)
    apart = np.subtract.outer(values, values) > 1e-9
    assert (np.subtract.outer(found, found)[apart] >= -1e-12).all()


def test_posterior_of_other_counts_is_close() -> None:
    odds = np.random.default_rng(4).lognormal(0, 0.5, 14)
    below, above = (by_enumeration(odds, count) for count in (4, 5))
    found = posterior(odds, Bags(np.zeros(14, dtype=np.int64), np.array([4.5])))
    assert found == pytest.approx((below + above) / 2, abs=0.02)
    many = np.tile(odds, 10)
    whole, nearly = (posterior(many, Bags(np.zeros(140, dtype=np.int64), np.array([each]))) for each in (30.0, 30.001))
    assert whole == pytest.approx(nearly, abs=0.005)


def test_posterior_keeps_every_count_and_forgets_the_scale() -> None:
    rng = np.random.default_rng(1)
    bag = np.repeat(np.arange(50), rng.integers(3, 30, 50))
    counts = np.array([float(rng.integers(1, 4)) for _ in range(50)])
    odds = rng.lognormal(0, 2, len(bag))
    found = posterior(odds, Bags(bag, counts))
    assert np.bincount(bag, found) == pytest.approx(counts, abs=1e-6)
    factor = rng.lognormal(0, 3, 50)[bag]
    assert posterior(odds * factor, Bags(bag, counts)) == pytest.approx(found, abs=1e-6)


def test_equal_odds_mark_everybody() -> None:
    bags = Bags(np.repeat([0, 1], [4, 10]), np.array([1.0, 3.0]))
    assert posterior(np.full(14, 0.3), bags) == pytest.approx(bags.everybody)
    assert bags.everybody == pytest.approx(np.repeat([0.25, 0.3], [4, 10]))


@pytest.mark.parametrize(
    ("bag", "counts", "said"),
    [
        ([0, 0, 2], [1.0, 1.0, 1.0], "have no households"),
        ([0, 0, 1], [1.0, 2.0], "at most at the size"),
        ([0, 0, 1], [1.0, 0.0], "above 0"),
        ([0, 1, 2], [1.0], "3 bags for 1 counts"),
    ],
)
def test_bags_that_do_not_fit(bag: list[int], counts: list[float], said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        Bags(np.array(bag), np.array(counts))


def planted(seed: int, n: int = 18_000, size: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Households in streets that differ in x0; who is counted depends on x1, which differs within streets only."""
    rng = np.random.default_rng(seed)
    street = np.arange(n) // size
    X = np.column_stack([rng.normal(size=n // size)[street], rng.normal(size=(n, 3))])
    chance = 1 / (1 + np.exp(4.2 - 1.6 * X[:, 1] - 0.4 * X[:, 0]))
    return X, street, rng.random(n) < chance, chance


def small() -> Estimator:
    return LIGHTGBM.build(EstimatorContext(4, ("a", "b", "c", "d")), {"n_estimators": 60, "feature_fraction": 1.0})


def from_streets(seed: int, n: int = 18_000) -> tuple[Chances, np.ndarray, Bags, Everywhere, np.ndarray, np.ndarray]:
    X, street, counted, _ = planted(seed, n)
    inside = np.isin(street, np.unique(street[counted]))
    _, bag = np.unique(street[inside], return_inverse=True)
    bags = Bags(bag, np.bincount(bag, counted[inside]).astype(float))
    everywhere = Everywhere(X, street // 50, ~inside, n)
    learned = chances_from_counts(X[inside], bags, (street // 50)[inside], everywhere, ridges=(3.0, 30.0), seed=1)
    return learned, X[inside], bags, everywhere, inside, counted[inside]


def test_who_is_meant_is_found_within_the_streets() -> None:
    learned, X, bags, everywhere, _, truly = from_streets(3)
    fresh, _, _, truth = planted(4)
    agrees = {
        name: np.corrcoef(learn_from_counts(X, weight, everywhere, small).score_samples(fresh), truth)[0, 1]
        for name, weight in (("counts", learned.posterior), ("everybody", bags.everybody))
    }
    assert agrees["counts"] > agrees["everybody"] + 0.05
    assert learned.fit[learned.ridge] == max(learned.fit.values()) > 0
    assert learned.posterior[truly].mean() > 1.5 * bags.everybody[truly].mean()
    assert np.bincount(bags.bag, learned.posterior) == pytest.approx(bags.counts, abs=1e-6)


def test_rates_as_a_general_optimiser_has_them() -> None:
    """One feature of two values: the two rates that maximise the Poisson likelihood of the counts, by grid."""
    rng = np.random.default_rng(6)
    x = rng.integers(0, 2, 3_000).astype(float)
    bag = np.arange(3_000) // 10
    counts = rng.poisson(np.bincount(bag, np.where(x == 1, 0.25, 0.05))).astype(float)
    counts = np.minimum(counts, 10)
    counted = counts > 0
    keep = counted[bag]
    _, of = np.unique(bag[keep], return_inverse=True)
    cells = Cells(x[:, None], (0,))
    found = fit_rates(
        cells(x[keep, None]), Bags(of, counts[counted]), cells(x[:, None]), np.where(keep, 0.0, 1.0), ridge=1e-6
    )
    ones = np.bincount(bag, x)
    grid = np.linspace(0.01, 0.4, 200)
    low, high = np.meshgrid(grid, grid, indexing="ij")
    expected = low[..., None] * (10 - ones) + high[..., None] * ones
    likelihood = (counts * np.log(expected) - expected).sum(axis=-1)
    best = np.unravel_index(likelihood.argmax(), likelihood.shape)
    assert found[1] - found[0] == pytest.approx(np.log(grid[best[1]] / grid[best[0]]), abs=0.1)


def test_cells_hold_each_row_once_and_missing_apart() -> None:
    X = np.column_stack([np.arange(100.0), np.arange(100) % 3])
    X[::10, 0] = np.nan
    cells = Cells(X, (1,))(X).toarray()
    assert (cells.sum(axis=1) == 2).all()
    assert cells[::10, 10].all()
    assert cells[1::10, 10].sum() == 0
    assert cells[:, :10].sum(axis=0) == pytest.approx(9, abs=1)


def test_same_seed_same_result() -> None:
    first, second = (from_streets(3, n=3_000)[0] for _ in range(2))
    assert np.array_equal(first.posterior, second.posterior)
    assert first.fit == second.fit


def test_too_few_areas_with_counts() -> None:
    X = np.arange(80.0).reshape(40, 2)
    areas = np.arange(40) // 20
    everywhere = Everywhere(X, areas, np.zeros(40, dtype=bool), 40)
    with pytest.raises(TrainingError, match="2 areas with counts for 3 folds"):
        chances_from_counts(X, Bags(np.arange(40) // 10, np.ones(4)), areas, everywhere)


def test_a_group_of_postcodes_gets_chances_as_weights(tiny: Tiny, tmp_path: Path) -> None:
    group = built(tiny, answers(tiny), tmp_path)
    store = open_population(load_population(tmp_path / "population.toml"))
    meant = who_is_meant(group, store, TrainingSettings(background=2_000), seed=1)
    assert meant.households["household_id"].equals(group.households["household_id"])
    code = tiny.households.set_index("key")["pc"].loc[group.households["household_id"].to_pylist()].to_numpy()
    per = [each.households.to_pandas().groupby(code)["weight"].sum() for each in (group, meant)]
    assert per[1].to_numpy() == pytest.approx(per[0].to_numpy(), abs=1e-4)
    assert meant.inputs["learned_from_counts"]["ridge"] in RIDGES
    tiny.reference = tiny_country().reference
    tiny.write(tmp_path)
    lending = build_reference_group(load_reference(tmp_path / "reference.toml"), store)
    with pytest.raises(TrainingError, match="no postcode counts"):
        who_is_meant(lending, store, TrainingSettings(), seed=1)


def test_the_run_of_a_postcode_group_learns_from_chances(tiny: Tiny, tmp_path: Path) -> None:
    group = built(tiny, answers(tiny), tmp_path)
    run = pipeline.prepare(tmp_path / "profile.toml", places=Places(tmp_path, tmp_path, tmp_path))
    frame = run.frame
    meant = who_is_meant(group, run.store, run.config.training, seed=run.config.seed)
    chance = dict(
        zip(meant.households["household_id"].to_pylist(), meant.households["weight"].to_pylist(), strict=True)
    )
    rows = frame.table.filter(pa.array(frame.positive))
    assert rows["weight"].to_pylist() == pytest.approx([chance[key] for key in rows["household_id"].to_pylist()])
    marked = dict(zip(*(group.households[name].to_pylist() for name in ("household_id", "weight")), strict=True))
    assert rows["weight"].to_pylist() != pytest.approx([marked[key] for key in rows["household_id"].to_pylist()])
    assert frame.contrast["learned_from_counts"] == meant.inputs["learned_from_counts"]
    assert load_training_frame(tmp_path / run.config.name / "frame").contrast == frame.contrast
