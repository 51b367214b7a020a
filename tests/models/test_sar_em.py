"""SAR-EM: a planted propensity comes back, and the group is found where methods for a fair sample find its finders."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import approx_fprime
from scipy.special import expit

from profiling.errors import ConfigError, TrainingError
from profiling.models import sar_em
from profiling.models.elkan_noto import ElkanNoto
from profiling.models.inputs import TrainingRows
from profiling.models.lightgbm_single import LightgbmSingle
from profiling.models.sar_em import SarEM
from profiling.models.spec import EstimatorContext

PLACES = (0, 1)
NAMED = ("column 0", "column 1")  # what settles who is labelled


class Plant(NamedTuple):
    """A training table, fresh rows, their planted chances, propensities and members, and the size."""

    X: NDArray[Any]
    y: NDArray[Any]
    fresh: NDArray[Any]
    chance: NDArray[Any]
    propensity: NDArray[Any]
    member: NDArray[Any]
    prior: float


@pytest.fixture(scope="module")
def planted() -> Plant:
    """A code and a number settle who is labelled: those who most likely belong live where they are hard to find."""
    rng = np.random.default_rng(0)
    n = 160_000
    x = rng.normal(size=(n, 4))
    place = rng.integers(0, 5, n).astype(float)
    nearness = -0.7 * x[:, 0] + np.sqrt(1 - 0.7**2) * rng.normal(size=n)
    chance = expit(-3.2 + 1.2 * x[:, 0] - x[:, 1] + 0.6 * x[:, 0] * x[:, 2])
    propensity = 0.5 * expit(-1.2 + 1.8 * nearness + 1.0 * (place == 2) - 1.0 * (place == 4))
    member = rng.random(n) < chance
    known = member & (rng.random(n) < propensity)
    X = np.column_stack([place, nearness, x])
    train = np.arange(n) < 130_000
    group = np.flatnonzero(known & train)[:1500]
    base = rng.choice(np.flatnonzero(~known & train), 9_000, replace=False)
    rows = np.concatenate([group, base])
    y = (np.arange(len(rows)) < len(group)).astype(float)
    fresh = ~train
    return Plant(X[rows], y, X[fresh], chance[fresh], propensity[fresh], member[fresh], float(member.mean()))


@pytest.fixture(scope="module")
def fitted(planted: Plant) -> SarEM:
    return SarEM(categorical=(0,), class_prior=planted.prior, propensity=NAMED, refresh=20).fit(planted.X, planted.y)


def recall(scores: NDArray[Any], member: NDArray[Any]) -> float:
    top = np.argsort(-scores, kind="stable")[: len(scores) // 10]
    return float(member[top].sum() / member.sum())


def test_the_planted_propensity_comes_back_up_to_a_factor(planted: Plant, fitted: SarEM) -> None:
    found, truth = np.log(fitted.selection_odds(planted.fresh)), np.log(planted.propensity)
    assert np.corrcoef(found, truth)[0, 1] > 0.95
    assert np.polyfit(truth, found, 1)[0] == pytest.approx(1.0, abs=0.2)
    # What a fair sample presumes, one propensity for all, has an error of the whole spread.
    error = found - truth - np.mean(found - truth)
    assert error.std() < 0.4 * truth.std()


def test_the_group_is_found_better_than_under_scar(planted: Plant, fitted: SarEM) -> None:
    truth, others = planted.member, [each for each in range(6) if each not in PLACES]
    ceiling, sar = recall(planted.chance, truth), recall(fitted.score_samples(planted.fresh), truth)
    fair = LightgbmSingle(categorical=(0,)).fit(planted.X, planted.y).score_samples(planted.fresh)
    weighted = ElkanNoto(categorical=(0,), class_prior=planted.prior).fit(planted.X, planted.y)
    without = LightgbmSingle().fit(planted.X[:, others], planted.y).score_samples(planted.fresh[:, others])
    assert sar > recall(fair, truth) + 0.1
    assert sar > recall(weighted.score_samples(planted.fresh), truth) + 0.1
    assert sar > ceiling - 0.05
    # Leaving the columns out is not enough: what resembles them takes their place.
    assert sar > recall(without, truth) + 0.07
    wrong = [np.abs(made.predict_proba(planted.fresh)[:, 1] - planted.chance).mean() for made in (fitted, weighted)]
    assert wrong[0] < 0.6 * wrong[1]


def test_a_row_scores_the_same_wherever_it_was_easy_to_find(planted: Plant, fitted: SarEM) -> None:
    moved = planted.fresh[:500].copy()
    moved[:, PLACES] = [4.0, -3.0]
    np.testing.assert_array_equal(fitted.score_samples(moved), fitted.score_samples(planted.fresh[:500]))
    assert not np.array_equal(fitted.selection_odds(moved), fitted.selection_odds(planted.fresh[:500]))


def test_the_state_holds_the_propensity_too(planted: Plant, fitted: SarEM) -> None:
    back = SarEM.from_state(fitted.state())
    assert back.state() == fitted.state()
    np.testing.assert_array_equal(back.selection_odds(planted.fresh), fitted.selection_odds(planted.fresh))
    np.testing.assert_array_equal(back.score_samples(planted.fresh), fitted.score_samples(planted.fresh))


def test_without_propensity_everybody_was_as_easy_to_find(planted: Plant) -> None:
    made = SarEM(categorical=(0,), class_prior=planted.prior, n_estimators=20).fit(planted.X, planted.y)
    odds = made.selection_odds(planted.fresh)
    assert len(np.unique(odds)) == 1
    assert odds[0] == pytest.approx((planted.y == 1).sum() / (planted.prior * (planted.y == 0).sum()), rel=1e-9)


def test_derivatives_are_those_of_the_likelihood_of_the_labels() -> None:
    rng = np.random.default_rng(4)
    rows = TrainingRows(rng.normal(size=(12, 1)), (np.arange(12) < 4).astype(float), rng.uniform(0.2, 3.0, 12))
    selection, odds = rng.normal(size=12), rng.normal(size=12)

    def minus_log_likelihood(z: NDArray[Any]) -> float:
        ratio = np.exp(selection) * expit(z)
        label = ratio / (1 + ratio)
        return -float(rows.weight @ np.where(rows.y == 1, np.log(label), np.log(1 - label)))

    first, second = sar_em._derivatives(rows, selection, expit(odds))
    np.testing.assert_allclose(first, approx_fprime(odds, minus_log_likelihood, 1e-7), atol=1e-6)
    assert (second > 0).all()


def test_columns_are_named_and_unknown_names_refused() -> None:
    context = EstimatorContext(3, ("afstand", "inkomen", "leeftijd"))
    X, y = np.random.default_rng(0).normal(size=(200, 3)), (np.arange(200) < 40).astype(float)
    few = {"n_estimators": 2, "min_data_in_leaf": 5}
    made = sar_em.ESTIMATOR.build(context, few | {"propensity": ["leeftijd", "afstand"]}).fit(X, y)
    assert made.columns_ == [0, 2]
    assert sar_em.ESTIMATOR.load(made.state()).get_params()["propensity"] == ("leeftijd", "afstand")
    with pytest.raises(TrainingError, match=r"'afstant' is no feature \(did you mean 'afstand'\?\)"):
        sar_em.ESTIMATOR.build(context, {"propensity": ["afstant"]}).fit(X, y)
    with pytest.raises(TrainingError, match="none is left for the group"):
        sar_em.ESTIMATOR.build(context, {"propensity": list(context.feature_names)}).fit(X, y)
    with pytest.raises(ConfigError, match="expected a list of names"):
        sar_em.ESTIMATOR.build(context, {"propensity": [1]})
