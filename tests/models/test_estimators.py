"""What each estimator alone promises, recomputed another way."""

from __future__ import annotations

from typing import Any

import duckdb
import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import kstest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import SplineTransformer

from profiling.errors import TrainingError
from profiling.models import lightgbm_bagged, lightgbm_single, logistic, random_ranking, segment_index
from profiling.models.boosting import safe_names
from profiling.models.spec import EstimatorContext


def table(n: int = 4000, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 6, n), rng.normal(size=n), rng.normal(size=n)]).astype(float)
    odds = -2.0 + 1.5 * (X[:, 0] == 2) - 2.0 * np.abs(X[:, 1])
    return X, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(float)


def test_segment_index_is_the_shrunken_index_of_sql() -> None:
    X, y = table()
    X[::50, 0] = np.nan
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(y))
    made = segment_index.SegmentIndex(segment=0, strength=7.0).fit(X, y, weight)
    households = pd.DataFrame({"segment": X[:, 0], "y": y, "w": weight})
    said = duckdb.sql(
        "WITH whole AS (SELECT sum(w * y) / sum(w) AS rate FROM households) "
        "SELECT segment, 100 * (sum(w * y) + 7) / (sum(w) * any_value(rate) + 7) FROM households, whole "
        "WHERE NOT isnan(segment) GROUP BY segment"
    ).fetchall()
    assert len(households) == 4000
    assert len(said) == 6
    for segment, expected in said:
        assert made.score_samples(np.array([[segment, 0.0, 0.0]]))[0] == pytest.approx(expected, rel=1e-12)
    assert made.score_samples(np.array([[17.0, 0.0, 0.0], [np.nan, 0.0, 0.0]])).tolist() == [100.0, 100.0]
    chance = made.predict_proba(X)[:, 1]
    assert ((chance >= 0) & (chance <= 1)).all()


def test_segment_index_without_a_segment_says_what_to_do() -> None:
    with pytest.raises(TrainingError, match=r"needs a segment column[\s\S]*\[segments\]"):
        segment_index.ESTIMATOR.build(EstimatorContext(2, ("a", "b")), {})


def test_random_ranking_is_even_and_knows_nothing() -> None:
    X, y = table(20_000)
    made = random_ranking.RandomRanking(seed=5).fit(X, y)
    scores = made.score_samples(X)
    assert kstest(scores, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(scores[1:], scores[:-1])[0, 1]) < 0.03
    assert all(abs(np.corrcoef(scores, column)[0, 1]) < 0.03 for column in (*X.T, y))
    other = random_ranking.RandomRanking(seed=6).fit(X, y).score_samples(X)
    assert abs(np.corrcoef(scores, other)[0, 1]) < 0.03
    signed = np.array([[0.0, 1.0, 2.0], [-0.0, 1.0, 2.0]])
    assert len(set(made.score_samples(signed))) == 1
    swapped = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [3.0, 2.0, 1.0]])
    assert len(set(made.score_samples(swapped))) == 3


def test_logistic_is_the_regression_on_b_splines_of_scikit_learn() -> None:
    X, y = table()
    made = logistic.Logistic(categorical=(0,), C=0.5, segments=4, tail=0.02).fit(X, y)
    knots = np.quantile(X[:, 1:], np.linspace(0.02, 0.98, 5), axis=0)
    splines = SplineTransformer(degree=1, knots=knots, extrapolation="constant").fit(X[:, 1:])
    design = np.hstack([np.eye(6)[X[:, 0].astype(int)], splines.transform(X[:, 1:])])
    oracle = LogisticRegression(C=0.5, tol=1e-8, max_iter=5000).fit(design, y)
    np.testing.assert_allclose(logit(made.score_samples(X)), oracle.decision_function(design), atol=2e-3)


def test_logistic_treats_the_unknown_as_it_says() -> None:
    X, y = table()
    made = logistic.Logistic(categorical=(0,), min_rows=20).fit(X, y)
    middle = np.median(X[:, 1])
    absent = np.array([[2.0, np.nan, 0.0], [2.0, middle, 0.0]])
    assert made.score_samples(absent)[0] == pytest.approx(made.score_samples(absent)[1], rel=1e-12)
    far = np.array([[2.0, 50.0, 0.0], [2.0, np.quantile(X[:, 1], 0.99), 0.0]])
    assert made.score_samples(far)[0] == pytest.approx(made.score_samples(far)[1], rel=1e-12)
    X[:10, 0] = 77.0
    rare = logistic.Logistic(categorical=(0,), min_rows=20).fit(X, y)
    codes = np.array([[77.0, 0.0, 0.0], [78.0, 0.0, 0.0], [np.nan, 0.0, 0.0]])
    assert len(set(rare.score_samples(codes))) == 1


def test_logistic_learns_from_missing_itself() -> None:
    rng = np.random.default_rng(3)
    y = (rng.random(3000) < 0.2).astype(float)
    x = np.where((y == 1) & (rng.random(3000) < 0.6), np.nan, rng.normal(size=3000))
    made = logistic.Logistic(C=1.0).fit(x[:, None], y)
    scores = made.score_samples(np.array([[np.nan], [0.0]]))
    assert scores[0] > 3 * scores[1]


def test_a_constant_table_gives_everybody_the_average() -> None:
    y = np.array([1.0] * 10 + [0.0] * 30)
    for made in (logistic.Logistic(), lightgbm_single.LightgbmSingle(), lightgbm_bagged.LightgbmBagged(n_bags=2)):
        np.testing.assert_allclose(made.fit(np.ones((40, 2)), y).score_samples(np.ones((3, 2))), 0.25, atol=1e-6)


def test_single_scores_are_lightgbms_own_probabilities() -> None:
    X, y = table()
    made = lightgbm_single.LightgbmSingle(categorical=(0,), feature_names=("a b", "c:d", "e"), n_estimators=30).fit(
        X, y
    )
    own = lgb.Booster(model_str=made.state()["booster.txt"])
    np.testing.assert_allclose(made.score_samples(X), own.predict(X), rtol=1e-12)
    assert own.feature_name() == ["a_b", "c_d", "e"]
    assert roc_auc_score(y, made.score_samples(X)) > 0.8


def test_bagged_score_is_the_mean_of_its_bags_on_the_log_odds_scale() -> None:
    X, y = table()
    made = lightgbm_bagged.LightgbmBagged(categorical=(0,), n_bags=4, n_estimators=20, unlabelled_fraction=0.3).fit(
        X, y
    )
    bags = made.score_bags(X)
    assert bags.shape == (4000, 4)
    np.testing.assert_allclose(logit(made.score_samples(X)), logit(bags).mean(axis=1), rtol=1e-9)
    assert all(np.corrcoef(bags[:, 0], other)[0, 1] < 0.999 for other in bags.T[1:])
    # Undone: without it the odds would be 1 / 0.3 of what they are.
    assert made.score_samples(X).mean() == pytest.approx(y.mean(), rel=0.15)


def test_a_bag_holds_a_bootstrap_of_the_group_and_a_part_of_the_others() -> None:
    y = np.array([1.0] * 50 + [0.0] * 400)
    made = lightgbm_bagged.LightgbmBagged(unlabelled_fraction=0.25)
    draws = [made._draw(y, bag) for bag in range(40)]
    for rows, share in draws:
        assert (np.diff(rows) >= 0).all()
        assert np.count_nonzero(rows < 50) == 50
        assert len(np.unique(rows[rows >= 50])) == np.count_nonzero(rows >= 50) == 100
        assert share == 0.25
    different = np.mean([len(np.unique(rows[rows < 50])) / 50 for rows, _ in draws])
    assert different == pytest.approx(1 - (1 - 1 / 50) ** 50, abs=0.03)


def test_values_that_lightgbm_refuses_come_as_training_errors() -> None:
    X, y = table(500)
    for made in (lightgbm_single.LightgbmSingle(num_leaves=1), lightgbm_bagged.LightgbmBagged(max_bin=0)):
        with pytest.raises(TrainingError, match="LightGBM refuses"):
            made.fit(X, y)
    with pytest.raises(TrainingError, match="unlabelled_fraction = 0"):
        lightgbm_bagged.LightgbmBagged(unlabelled_fraction=0.0).fit(X, y)


def test_names_are_made_safe_and_stay_different() -> None:
    assert safe_names(["a b", "a:b", "één", "ok"], 4) == ["a_b__0", "a_b__1", "__n", "ok"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"feature_names": ("a",)}, "1 feature names for 2 features"),
        ({"feature_names": ("a", "a")}, "stands twice"),
        ({"categorical": (5,)}, r"outside the table: \[5\]"),
        ({"segment": 1}, "not among the categorical"),
    ],
)
def test_a_context_that_does_not_fit_together_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        EstimatorContext(**({"n_features": 2, "feature_names": ("a", "b")} | more))
