"""The lasso on cells: held against its own optimality conditions, a rival solver, and planted cells."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from profiling.errors import TrainingError
from profiling.models.lasso import Lasso

Floats = NDArray[np.float64]


def codes(n: int = 4000, seed: int = 0) -> tuple[Floats, Floats]:
    """Columns 0 (a code) and 1 (an ordinal number): only code 3, and value 6 between its neighbours, matter."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 8, n), rng.integers(0, 10, n), rng.integers(0, 10, n)]).astype(float)
    odds = -2.5 + 1.5 * (X[:, 0] == 3) + 2.0 * (X[:, 1] == 6)
    return X, (rng.random(n) < expit(odds)).astype(float)


def indicators(X: Floats) -> Floats:
    return np.column_stack([column == value for column in X.T for value in np.unique(column)]).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
def test_minimises_the_penalised_loss_as_another_solver_does(weighted: bool) -> None:
    X, y = codes(1500)
    w = np.random.default_rng(5).uniform(0.2, 2.0, len(y)) if weighted else np.ones(len(y))
    rate = np.sum(w * y) / np.sum(w)
    strength = 0.5 * np.sqrt(np.sum(w**2 * (y - rate) ** 2))
    design = np.column_stack([np.ones(len(y)), indicators(X)])

    def loss(both: Floats) -> tuple[float, Floats]:
        # b = plus - minus with both at least 0 makes the penalty smooth: L-BFGS-B, nothing of scikit-learn.
        b = both[: design.shape[1]] - both[design.shape[1] :]
        odds = design @ b
        value = np.sum(w * (np.logaddexp(0.0, odds) - y * odds)) + strength * both.sum()
        slope = design.T @ (w * (expit(odds) - y))
        return value, np.concatenate([slope, -slope]) + strength

    start = np.zeros(2 * design.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start), tol=1e-12)
    b = found.x[: design.shape[1]] - found.x[design.shape[1] :]
    model = Lasso(categorical=(0,), penalty=0.5, min_rows=1).fit(X, y, w)
    odds = np.log(model.score_samples(X) / (1.0 - model.score_samples(X)))
    np.testing.assert_allclose(odds, design @ b, atol=0.02)


def test_finds_the_planted_cells_and_drops_most_others() -> None:
    X, y = codes()
    effects = Lasso(categorical=(0,)).fit(X, y).effects_
    assert int(np.argmax(effects[0].values)) == 3
    assert int(np.argmax(effects[1].values)) == 6
    assert effects[1].values[6] > 1.0
    assert max(abs(effects[1].values[5]), abs(effects[1].values[7])) < 0.5
    assert np.mean(effects[2].values == 0.0) > 0.5


def test_a_stronger_penalty_keeps_fewer_cells_down_to_none() -> None:
    X, y = codes()
    kept = [
        sum(np.count_nonzero(each.values) for each in Lasso((0,), penalty=penalty).fit(X, y).effects_)
        for penalty in (0.05, 0.5, 3.0, 500.0)
    ]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] == 0


def test_the_penalty_means_the_same_for_any_number_of_rows() -> None:
    X, _ = codes(3000)
    y = np.random.default_rng(1).permutation(np.arange(3000) < 300).astype(float)
    once = Lasso((0,), penalty=1.2).fit(X, y)
    assert all(np.abs(each.values).max() < 0.3 for each in once.effects_)
    big, _ = codes(60_000, seed=2)
    noise = np.random.default_rng(3).permutation(np.arange(60_000) < 6_000).astype(float)
    again = Lasso((0,), penalty=1.2).fit(big, noise)
    assert all(np.abs(each.values).max() < 0.1 for each in again.effects_)


def test_amounts_are_cut_into_bins_that_hold_equal_parts() -> None:
    rng = np.random.default_rng(4)
    amount = rng.lognormal(3, 1, 5000)
    y = (rng.random(5000) < np.where(amount > np.quantile(amount, 0.9), 0.4, 0.05)).astype(float)
    model = Lasso(bins=10).fit(amount[:, None], y)
    places = model.effects_[0].places
    np.testing.assert_allclose(places, np.quantile(amount, np.arange(10) / 10, method="lower"))
    below, above = model.score_samples(np.array([[-1e300], [1e300]]))
    assert below == model.score_samples(places[:1, None])[0]
    assert above == model.score_samples(places[-1:, None])[0]
    assert above > 4 * below


def test_rare_cells_and_missing_values() -> None:
    X, y = codes()
    X[:9, 0] = 77.0
    y[:9] = 1.0
    X[100:1100, 2] = np.nan
    y[100:600] = 1.0
    model = Lasso(categorical=(0,)).fit(X, y)
    rare, common = model.effects_[0], model.effects_[2]
    assert rare.values[list(rare.places).index(77.0)] == 0.0
    assert rare.effect(np.array([99.0]))[0] == 0.0
    assert common.missing > 1.0


def test_parameters_that_mean_nothing_are_refused() -> None:
    X, y = codes(200)
    with pytest.raises(TrainingError, match=r"expected penalty > 0.*got penalty = 0.0"):
        Lasso(penalty=0.0).fit(X, y)
