"""Drivers, held against the models' own raw scores; and a sample that grows until its halves agree."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kendalltau

from profiling.errors import TrainingError
from profiling.training import drivers as drivers_module
from profiling.training.drivers import drivers


def profile_model(linear: bool = False) -> tuple[list[str], NDArray[np.float64], NDArray[np.bool_]]:
    """Two bags on a number, a native categorical of 12 levels, and noise."""
    rng = np.random.default_rng(5)
    X = np.column_stack([rng.normal(size=3_000), rng.integers(0, 12, 3_000), rng.normal(size=3_000)])
    member = X[:, 0] + np.isin(X[:, 1], [2, 7]) * 2 + rng.normal(size=3_000) > 1.2
    texts = []
    for seed in (1, 2):
        params = {"objective": "binary", "seed": seed, "bagging_fraction": 0.6, "bagging_freq": 1, "verbosity": -1}
        params |= {"num_threads": 1, "num_leaves": 7, "linear_tree": linear}
        data = lgb.Dataset(X, member, feature_name=["woz", "type", "noise"], categorical_feature=[1], params=params)
        texts.append(lgb.train(params, data, 20).model_to_string())
    return texts, X, member


def test_drivers_add_up_to_the_difference_in_raw_score_with_native_categoricals() -> None:
    texts, X, member = profile_model()
    found = drivers(
        texts, X, member, ["woz", "type", "noise"], {"woz": "wonen", "type": "wonen"}, first=10**6, most=10**6
    )
    for text, bag in zip(texts, found.bags, strict=True):
        raw = lgb.Booster(model_str=text).predict(X, raw_score=True)
        assert bag.sum() == pytest.approx(raw[member].mean() - raw[~member].mean())
    features, groups = found.features().set_index("column"), found.by_group().set_index("group")
    assert groups.loc["wonen", "contribution"] == pytest.approx(features.loc[["woz", "type"], "contribution"].sum())
    assert groups["n_features"].to_dict() == {"wonen": 2, "overig": 1}
    assert features.index[-1] == "noise"
    assert (groups["low"] <= groups["contribution"]).all()
    assert (groups["contribution"] <= groups["high"]).all()


def test_drivers_of_one_bag_have_no_interval_and_a_sample_has_its_size() -> None:
    texts, X, member = profile_model()
    found = drivers(texts[:1], X, member, ["woz", "type", "noise"], {}, first=200, most=200)
    assert found.by_group()[["low", "high"]].isna().all(axis=None)
    assert (found.n_members, found.n_others) == (100, 100)


def test_drivers_refuse_another_table_no_booster_and_linear_trees() -> None:
    texts, X, member = profile_model()
    with pytest.raises(TrainingError, match=r"the booster reads 3 features \(woz, type, noise"):
        drivers(texts, X, member, ["type", "woz", "noise"], {})
    with pytest.raises(TrainingError, match="no booster to explain"):
        drivers([], X, member, ["woz", "type", "noise"], {})
    texts, X, member = profile_model(linear=True)
    with pytest.raises(TrainingError, match="cannot explain this model"):
        drivers(texts, X, member, ["woz", "type", "noise"], {})


def many(n: int, strengths: NDArray[np.float64]) -> tuple[str, NDArray[np.float64], NDArray[np.bool_], list[str]]:
    rng = np.random.default_rng(7)
    X = rng.normal(size=(n, len(strengths)))
    member = X @ strengths + rng.logistic(size=n) > 1.0
    params = {"objective": "binary", "num_leaves": 7, "verbosity": -1, "num_threads": 1}
    text = lgb.train(params, lgb.Dataset(X, member), 40).model_to_string()
    return text, X, member, [f"Column_{place}" for place in range(len(strengths))]


def test_the_sample_grows_until_its_halves_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    text, X, member, names = many(12_000, np.linspace(0.0, 1.0, 12))
    explained: list[int] = []
    real = drivers_module._contributions
    monkeypatch.setattr(
        drivers_module, "_contributions", lambda booster, X: (explained.append(len(X)), real(booster, X))[1]
    )
    found = drivers([text], X, member, names, {}, first=40, most=4_000, seed=1)
    sizes = [40 * 2**step for step in range(8)]
    assert found.n_members + found.n_others in [*sizes[1:], 4_000]
    assert sum(explained) == found.n_members + found.n_others, "nothing is explained twice"
    assert found.settled == (found.agreement >= 0.98)
    # The same sample in one go, its halves compared by hand.
    rng = np.random.default_rng([1, 1])
    kinds = [rng.permutation(np.flatnonzero(member)), rng.permutation(np.flatnonzero(~member))]
    booster = lgb.Booster(model_str=text)
    inside, outside = (booster.predict(X[kind[: found.n_members]], pred_contrib=True)[:, :-1] for kind in kinds)
    np.testing.assert_allclose(found.bags[0], inside.mean(axis=0) - outside.mean(axis=0))
    even, odd = (np.abs(inside[half::2].mean(axis=0) - outside[half::2].mean(axis=0)) for half in (0, 1))
    used = found.bags[0] != 0
    assert found.agreement == pytest.approx(kendalltau(even[used], odd[used]).statistic)


def test_a_sample_that_is_large_enough_at_once_does_not_grow_and_one_that_never_is_says_so() -> None:
    text, X, member, names = many(6_000, np.array([3.0, 1.0, 0.3]))
    found = drivers([text], X, member, names, {}, first=1_000, most=4_000)
    assert (found.n_members + found.n_others, found.settled) == (1_000, True)
    text, X, member, names = many(6_000, np.full(20, 0.3))
    found = drivers([text], X, member, names, {}, first=100, most=400)
    assert (found.n_members, found.n_others, found.settled) == (200, 200, False)
