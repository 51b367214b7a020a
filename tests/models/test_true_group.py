"""Estimators of the true group: with the planted size given, their chances are those that were planted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime
from scipy.special import expit, logit
from scipy.stats import spearmanr
from sklearn.metrics import log_loss

from profiling.errors import TrainingError
from profiling.models.elkan_noto import ElkanNoto
from profiling.models.inputs import TrainingRows
from profiling.models.lightgbm_single import LightgbmSingle
from profiling.models.nnpu import NonNegativePU, NonNegativeRisk
from profiling.models.sar_em import SarEM
from profiling.models.true_group import TrueGroupClassifier, shift_to_prior, soft_rows
from profiling.models.two_step import TwoStep, _quantile


class Plant(NamedTuple):
    """A SCAR training table of 1,200 + 10,000 rows, fresh rows with their planted chances, and the size."""

    X: NDArray[Any]
    y: NDArray[Any]
    truth: NDArray[Any]
    fresh: NDArray[Any]
    chance: NDArray[Any]
    member: NDArray[Any]
    prior: float


def plant(seed: int = 0) -> Plant:
    rng = np.random.default_rng(seed)
    n = 60_000
    X = np.column_stack([rng.integers(0, 8, n).astype(float), rng.normal(size=(n, 3))])
    odds = -3.4 + 1.6 * np.isin(X[:, 0], [1, 2]) + X[:, 1] - 0.8 * X[:, 2] + 0.6 * X[:, 1] * X[:, 3]
    chance = expit(odds)
    member = rng.random(n) < chance
    train = np.arange(n) < 40_000
    group = rng.choice(np.flatnonzero(member & train), 1200, replace=False)
    base = rng.choice(np.flatnonzero(train), 10_000, replace=False)
    rows = np.concatenate([group, base])
    y = (np.arange(len(rows)) < 1200).astype(float)
    return Plant(X[rows], y, member[rows], X[~train], chance[~train], member[~train], float(chance.mean()))


@pytest.fixture(scope="module")
def planted() -> Plant:
    return plant()


@pytest.fixture(scope="module")
def rival(planted: Plant) -> LightgbmSingle:
    return LightgbmSingle(categorical=(0,)).fit(planted.X, planted.y)


def recall(scores: NDArray[Any], member: NDArray[Any]) -> float:
    top = np.argsort(-scores, kind="stable")[: len(scores) // 10]
    return float(member[top].sum() / member.sum())


def worst_band(chance: NDArray[Any], truth: NDArray[Any]) -> float:
    """Largest difference of mean chance and mean planted chance over the ten bands of the chance."""
    bands = np.array_split(np.argsort(chance, kind="stable"), 10)
    return max(abs(float(chance[each].mean() - truth[each].mean())) for each in bands)


@pytest.mark.parametrize("kind", [NonNegativePU, ElkanNoto, TwoStep, SarEM])
def test_with_the_size_known_the_planted_chances_come_back(
    kind: type[TrueGroupClassifier], planted: Plant, rival: LightgbmSingle
) -> None:
    made = kind(categorical=(0,), class_prior=planted.prior).fit(planted.X, planted.y)
    chance = made.predict_proba(planted.fresh)[:, 1]
    assert chance.mean() == pytest.approx(planted.prior, rel=0.1)
    assert worst_band(chance, planted.chance) < 0.06
    assert np.abs(chance - planted.chance).mean() < 0.035
    np.testing.assert_allclose(chance, expit(made.score_samples(planted.fresh)))
    # The order is that of the model of the label, no better and no worse: the ceiling is 0.452.
    plain = rival.score_samples(planted.fresh)
    assert recall(chance, planted.member) > recall(plain, planted.member) - 0.015
    assert spearmanr(chance, plain).statistic > 0.93


@pytest.mark.parametrize("kind", [NonNegativePU, TwoStep, SarEM])
def test_a_wrong_size_spoils_the_chances_and_hardly_the_order(kind: type[Any], planted: Plant) -> None:
    right, double = (
        kind(categorical=(0,), n_estimators=100, class_prior=prior)
        .fit(planted.X, planted.y)
        .score_samples(planted.fresh)
        for prior in (planted.prior, 2 * planted.prior)
    )
    assert expit(double).mean() > 1.7 * expit(right).mean()
    assert recall(double, planted.member) == pytest.approx(recall(right, planted.member), abs=0.015)


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.2, float("nan")])
@pytest.mark.parametrize("kind", [NonNegativePU, ElkanNoto, TwoStep, SarEM])
def test_a_size_that_cannot_be_is_refused(kind: type[Any], prior: float, planted: Plant) -> None:
    if kind is ElkanNoto and prior == 0.0:
        return
    with pytest.raises(TrainingError, match="class_prior is"):
        kind(class_prior=prior).fit(planted.X, planted.y)


def risk(seed: int = 0, **more: float) -> NonNegativeRisk:
    rng = np.random.default_rng(seed)
    settings = {"prior": 0.3, "tolerance": 0.0, "step_back": 0.5} | more
    return NonNegativeRisk((np.arange(30) < 9).astype(float), rng.uniform(0.2, 3.0, 30), **settings)


def test_the_risk_is_that_of_the_paper() -> None:
    weight = np.random.default_rng(0).uniform(0.2, 3.0, 30)
    odds = np.random.default_rng(1).normal(size=30)
    group, base = (weight[:9], odds[:9]), (weight[9:], odds[9:])
    plus = np.average(-np.log(expit(group[1])), weights=group[0])
    others = np.average(-np.log(1 - expit(base[1])), weights=base[0]) - 0.3 * np.average(
        -np.log(1 - expit(group[1])), weights=group[0]
    )
    assert others > 0
    assert risk().others(odds) == pytest.approx(others, rel=1e-12)
    assert risk().value(odds) == pytest.approx(0.3 * plus + others, rel=1e-12)
    apart = np.where(np.arange(30) < 9, 6.0, -6.0)
    assert risk().others(apart) < 0
    assert risk().value(apart) == pytest.approx(0.3 * np.log1p(np.exp(-6.0)), rel=1e-9)


def test_the_gradient_is_that_of_finite_differences_and_turns_round_below_zero() -> None:
    made = risk()
    for odds, objective, times in (
        (np.random.default_rng(1).normal(size=30), made.value, 1.0),
        (np.where(np.arange(30) < 9, 3.0, -3.0) + np.linspace(0, 1, 30), made.others, -0.5),
    ):
        first, second = made.derivatives(odds)
        np.testing.assert_allclose(first / made.scale, times * approx_fprime(odds, objective, 1e-7), atol=1e-7)
        assert (second > 0).all()


def test_the_loss_on_the_others_stays_above_zero_where_trees_would_take_it_below() -> None:
    """The paper's figure 1: without the guard, flexible models learn the reference households by heart."""
    few = plant(3)
    rows = np.r_[:150, 1200:2200]
    X, y = few.X[rows], few.y[rows]
    wild = {"num_leaves": 63, "min_data_in_leaf": 1, "learning_rate": 0.2, "lambda_l2": 0.0}
    others, losses = [], []
    for tolerance in (0.0, 1e9):
        made = NonNegativePU(tolerance=tolerance, n_estimators=100, class_prior=few.prior, **wild).fit(X, y)
        measure = NonNegativeRisk(y, np.ones(len(y)), few.prior, 0.0, 0.0)
        others.append(measure.others(made.score_samples(X)))
        losses.append(log_loss(few.member, made.predict_proba(few.fresh)))
    guarded, unguarded = others
    assert unguarded < -0.5
    assert guarded > -0.1
    assert losses[0] < losses[1] - 0.1


def test_only_the_ratio_of_weights_within_the_group_counts_for_nnpu(planted: Plant) -> None:
    X, y = planted.X[500:4500], planted.y[500:4500]
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(y))
    plain = NonNegativePU(n_estimators=20).fit(X, y, weight).score_samples(X)
    heavier = NonNegativePU(n_estimators=20).fit(X, y, weight * np.where(y == 1, 8.0, 1.0)).score_samples(X)
    np.testing.assert_allclose(heavier, plain, rtol=1e-6)
    assert not np.allclose(NonNegativePU(n_estimators=20).fit(X, y).score_samples(X), plain)


def test_elkan_noto_finds_the_labelled_part_where_the_features_settle_who_belongs() -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.integers(0, 8, 8000), rng.normal(size=8000)]).astype(float)
    belongs = np.isin(X[:, 0], [1, 2]) & (X[:, 1] > 0)
    group = X[belongs][:600]
    table, y = np.vstack([group, X]), (np.arange(600 + 8000) < 600).astype(float)
    planted_part = 600 / (600 + belongs.sum())
    made = ElkanNoto(categorical=(0,)).fit(table, y)
    assert made.labelled_ == pytest.approx(planted_part, rel=0.1)
    given_size = ElkanNoto(class_prior=float(belongs.mean()), n_estimators=5).fit(table, y)
    assert given_size.labelled_ == pytest.approx(planted_part, rel=1e-12)


def test_elkan_noto_takes_the_group_too_large_where_they_do_not(planted: Plant) -> None:
    made = ElkanNoto(categorical=(0,)).fit(planted.X, planted.y)
    part = 1200 / (1200 + 10_000 * planted.prior)
    here = expit(logit(planted.chance) - np.log(1 - part))  # among labelled and unlabelled together
    assert made.labelled_ == pytest.approx(part * np.average(here, weights=planted.chance), rel=0.15)
    assert made.predict_proba(planted.fresh)[:, 1].mean() > 2 * planted.prior


def test_spies_find_others_that_are_nearly_all_others(planted: Plant) -> None:
    made = TwoStep(categorical=(0,), class_prior=planted.prior).fit(planted.X, planted.y)
    assert 0.4 < made.reliable_ < 0.95
    unlabelled = planted.y == 0
    chance = made.predict_proba(planted.X[unlabelled])[:, 1]
    assert chance.mean() == pytest.approx(planted.prior, rel=1e-9)
    # They are the bottom of the ranking, as far as the first model and the last one agree.
    bottom = np.argsort(chance)[: round(made.reliable_ * unlabelled.sum())]
    assert planted.truth[unlabelled][bottom].mean() < 0.4 * planted.prior
    spies = made._spies(planted.y)
    assert spies.sum() == round(0.15 * 1200)
    assert (planted.y[spies] == 1).all()


def test_one_example_is_too_few_for_spies(planted: Plant) -> None:
    with pytest.raises(TrainingError, match="spy and an example"):
        TwoStep().fit(planted.X[1199:1300], planted.y[1199:1300])


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.1, 9)), min_size=1), st.floats(0.001, 0.999))
def test_shifted_log_odds_have_the_size_that_was_asked(rows: list[tuple[float, float]], prior: float) -> None:
    odds, weight = np.array(rows).T
    shift = shift_to_prior(odds, weight, prior)
    assert np.average(expit(odds + shift), weights=weight) == pytest.approx(prior, abs=1e-9)
    assert shift_to_prior(np.full(3, 0.7), np.ones(3), prior) == pytest.approx(logit(prior) - 0.7, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 9)), min_size=1, max_size=20))
def test_soft_rows_keep_the_weight_and_share_it_out(rows: list[tuple[float, float]]) -> None:
    chance, weight = np.array(rows).T
    table = TrainingRows(np.arange(len(rows), dtype=float)[:, None], np.zeros(len(rows)), weight)
    soft = soft_rows(table, chance)
    assert (soft.weight > 0).all()
    place = soft.X[:, 0].astype(int)
    np.testing.assert_allclose(np.bincount(place, soft.weight, len(rows)), weight)
    np.testing.assert_allclose(np.bincount(place, soft.weight * soft.y, len(rows)), weight * chance, atol=1e-300)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=1), st.floats(0.01, 1.0))
def test_a_weighted_quantile_is_that_of_repeated_rows(rows: list[tuple[int, int]], part: float) -> None:
    values, times = np.array(rows, dtype=float).T
    repeated = np.sort(np.repeat(values, times.astype(int)))
    assert _quantile(values, times, part) == repeated[int(np.ceil(part * len(repeated) - 1e-12)) - 1]
