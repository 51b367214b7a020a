"""The forest gives the bits that `Booster.predict` gives, for random models and for every odd value; or says why not."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from profiling.models import boosting
from profiling.models.forest import forest as forest_module
from profiling.models.forest.codes import build_codes
from profiling.models.forest.forest import Forest, grow
from profiling.models.forest.program import Program
from profiling.models.forest.sample import verification_rows
from profiling.models.forest.trees import NotWalkableError, read_trees
from profiling.models.lightgbm_bagged import LightgbmBagged

CATEGORICAL = (0, 1)
ODD_VALUES = st.one_of(
    st.floats(width=64),
    st.integers(-3, 400).map(float),
    st.sampled_from([0.0, -0.0, 1e-35, -1e-35, 1e-36, float(np.float32(1e-35)), -0.5, 2.0**31, 2.0**40, 1e300]),
)
MODELS = st.fixed_dictionaries(
    {
        "num_leaves": st.sampled_from([2, 7, 31, 63]),
        "max_bin": st.sampled_from([15, 255, 700]),
        "use_missing": st.booleans(),
        "zero_as_missing": st.booleans(),
        "feature_fraction": st.sampled_from([0.4, 1.0]),
        "max_cat_to_onehot": st.sampled_from([4, 64]),
        "boosting": st.sampled_from(["gbdt", "dart", "goss"]),
    }
)
RANDOM = given(
    params=MODELS,
    seed=st.integers(0, 5),
    rows=arrays(np.float64, st.tuples(st.integers(0, 40), st.just(7)), elements=ODD_VALUES),
)
"""A model, and odd rows for it."""


def table(seed: int, n: int = 900) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two categories (one of over 254 codes), counts with many zeros, wide and narrow numbers, missing and negative."""
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [
            rng.integers(0, 8, n),
            rng.integers(0, 320, n) * 3,
            rng.poisson(0.7, n),
            rng.lognormal(8, 2, n),
            rng.normal(size=n),
            np.where(rng.random(n) < 0.5, 0.0, rng.normal(size=n)),
            rng.normal(size=n) * 1e-34,
        ]
    ).astype(np.float64)
    X[rng.random(X.shape) < 0.08] = np.nan
    signal = np.nan_to_num(X[:, 4]) + (X[:, 0] == 3) + (X[:, 1] % 5 == 1) + np.isnan(X[:, 3]) - (X[:, 5] == 0)
    return X, (signal + rng.normal(size=n) > 0.5).astype(np.float64)


def train(params: dict[str, Any], seed: int = 0, trees: int = 12, n: int = 900) -> lgb.Booster:
    X, y = table(seed, n)
    asked = {"objective": "binary", "verbosity": -1, "min_data_in_leaf": 3, "num_threads": 1, "seed": seed, **params}
    asked |= {"min_data_per_group": 5, "cat_smooth": 1.0}
    data = lgb.Dataset(X, y, categorical_feature=list(CATEGORICAL), params=asked)
    return boosting.reloaded(lgb.train(asked, data, trees))


def predicted(booster: lgb.Booster, X: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(booster.predict(X, raw_score=True, num_threads=1), dtype=np.float64).view(np.int64)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@RANDOM
def test_random_models_on_random_rows(params: dict[str, Any], seed: int, rows: NDArray[np.float64]) -> None:
    booster = train(params, seed)
    found = grow([booster]).raw_scores(rows)
    assert found.shape == (1, len(rows))
    if len(rows):
        np.testing.assert_array_equal(found[0].view(np.int64), predicted(booster, rows))


@settings(max_examples=8, deadline=None)
@given(n=st.sampled_from([1, 255, 256, 257, 4095, 4097, 9000]), order=st.sampled_from("CF"))
def test_bags_share_codes_and_any_number_of_rows_comes_out(n: int, order: Any) -> None:
    boosters = [train({"num_leaves": 15}, seed) for seed in range(3)]
    X = np.asarray(table(9, n)[0], order=order)
    found = grow(boosters).raw_scores(X)
    for booster, mine in zip(boosters, found, strict=True):
        np.testing.assert_array_equal(mine.view(np.int64), predicted(booster, X))


def test_a_feature_may_have_more_thresholds_than_a_byte_holds() -> None:
    booster = train({"max_bin": 2000, "num_leaves": 200, "min_data_in_bin": 1}, trees=40, n=4000)
    forest = grow([booster])
    shared = [column.feature for column in forest.codes.columns]
    assert len(shared) > len(set(shared))
    assert any(shared.count(feature) > 1 for feature in CATEGORICAL)
    assert any(shared.count(feature) > 1 for feature in range(2, 7))
    X = table(3, 5000)[0]
    np.testing.assert_array_equal(forest.raw_scores(X)[0].view(np.int64), predicted(booster, X))


def test_the_check_holds_every_odd_value_and_both_sides_of_every_threshold() -> None:
    codes = build_codes(read_trees(train({"zero_as_missing": True}).model_to_string()))
    rows = verification_rows(codes.columns, 7)
    for column in codes.columns:
        here = rows[:, column.feature]
        assert np.isin(column.values, here).all()
        assert np.isin(np.nextafter(column.values, np.inf), here).all()
        assert np.isnan(here).any()
        assert np.isinf(here).any()
        assert (here < 0).any()
        assert (here == 0).any()
        assert (here > 2.0**62).any()
    assert (rows == verification_rows(codes.columns, 7)).sum() == np.isfinite(rows).sum() + np.isinf(rows).sum()


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"linear_tree": True}, "linear trees"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "random forest"),
        ({"objective": "multiclass", "num_class": 2}, "2 classes"),
        ({"num_leaves": 400, "min_data_in_leaf": 1}, r"leaves, more than 256"),
    ],
)
def test_what_is_not_walked_is_refused_by_name(params: dict[str, Any], said: str) -> None:
    booster = train(params, n=3000)
    with pytest.raises(NotWalkableError, match=said):
        grow([booster])


def rows_enough(n: int = 400) -> NDArray[np.float64]:
    X = table(4, n)[0]
    return np.where(np.isnan(X[:, [0]]), np.nan, X)


def fitted(**more: Any) -> LightgbmBagged:
    X, y = table(2)
    return LightgbmBagged((0, 1), None, n_bags=3, n_estimators=10, min_data_in_leaf=5, **more).fit(X, y)


def test_an_estimator_scores_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fitted()
    without = model.score_samples(rows_enough())
    assert boosting.forest_of(model.boosters_) is None
    monkeypatch.setattr(boosting, "WORTH_A_FOREST", 1)
    again = LightgbmBagged.from_state(model.state())
    np.testing.assert_array_equal(again.score_samples(rows_enough()).view(np.int64), without.view(np.int64))
    assert isinstance(boosting.forest_of(again.boosters_), Forest)
    assert again.notices == ()


def test_small_batches_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows = fitted(), rows_enough(400)
    monkeypatch.setattr(boosting, "WORTH_A_FOREST", 1_000)
    scores = [model.score_samples(rows)]
    for made in (False, True, True):
        scores.append(model.score_samples(rows))
        assert isinstance(boosting.forest_of(model.boosters_), Forest) == made
    assert len({each.tobytes() for each in scores}) == 1
    ready = fitted()
    ready.prepare(1_000)
    assert isinstance(boosting.forest_of(ready.boosters_), Forest)


@pytest.mark.parametrize("wrong", ["leaf_value", "splits"])
def test_a_difference_falls_back_to_lightgbm_with_a_notice(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = fitted(num_leaves=4)
    without = model.score_samples(rows_enough())

    def spoiled(*args: Any, build: Any = forest_module.build_program) -> Program:
        program: Program = build(*args)
        array = getattr(program, wrong).copy()
        array[1] += array.dtype.type(1e-9 if wrong == "leaf_value" else 0x01010101)
        return program._replace(**{wrong: array})

    monkeypatch.setattr(forest_module, "build_program", spoiled)
    monkeypatch.setattr(boosting, "WORTH_A_FOREST", 1)
    np.testing.assert_array_equal(model.score_samples(rows_enough()), without)
    (notice,) = model.notices
    assert "rows of the check scored differently" in notice


def test_without_numba_lightgbm_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    model = fitted()
    without = model.score_samples(rows_enough())
    monkeypatch.setitem(sys.modules, "profiling.models.forest.kernels", None)
    monkeypatch.setattr(boosting, "WORTH_A_FOREST", 1)
    np.testing.assert_array_equal(model.score_samples(rows_enough()), without)
    assert "numba cannot be used here" in model.notices[0]
