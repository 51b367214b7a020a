"""Signed effects, held against closed forms and the model's own raw scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from profiling.errors import TrainingError
from profiling.training import explain
from profiling.training.explain import Effects, signed_effects

SMALL = {"rows": 2_000, "explained": 500, "n_resamples": 3, "trees": 20}


def households(n: int = 4_000, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Three interests: liked by the profile, indifferent, disliked; one value in twenty is unknown."""
    rng = np.random.default_rng(seed)
    member = rng.random(n) < 0.3
    chance = np.column_stack([np.where(member, 0.5, 0.2), np.full(n, 0.4), np.where(member, 0.1, 0.4)])
    soft = (rng.random((n, 3)) < chance).astype(float)
    soft[rng.random((n, 3)) < 0.05] = np.nan
    return soft, member


def test_the_effect_is_the_mean_of_those_who_have_it_minus_that_of_those_who_have_not() -> None:
    soft, _member = households(200)
    values = np.random.default_rng(1).normal(size=soft.shape)
    effect = explain.effect_of_having(soft, values)
    for place in range(3):
        means = pd.Series(values[:, place]).groupby(soft[:, place]).mean()
        assert effect[place] == pytest.approx(means[1.0] - means[0.0])


def test_with_one_interest_the_effect_is_the_difference_in_log_odds() -> None:
    soft, member = households()
    known = ~np.isnan(soft[:, 0])
    one, inside = soft[known][:, :1], member[known]
    booster = explain.fit_descriptive(one, inside, seed=1)
    effect = explain.effect_of_having(one, explain.contributions(booster, one))
    raw = booster.predict(np.array([[0.0], [1.0]]), raw_score=True)
    assert effect[0] == pytest.approx(raw[1] - raw[0])
    assert raw[1] > raw[0]


def test_signs_ranks_and_stability_of_plain_cases() -> None:
    soft, member = households()
    effects = signed_effects(soft, member, columns=("liked", "same", "disliked"), seed=3, **SMALL)
    liked, same, disliked = effects.effect
    assert liked > 0.1 > abs(same) + 0.05
    assert disliked < -0.1
    assert effects.stability[[0, 2]].tolist() == [1.0, 1.0]
    assert effects.ranks(("disliked", "liked"))["rank"].tolist() == [2, 1]
    assert (effects.n_members, effects.n_others, effects.n_explained) == (1_000, 1_000, 500)


def test_the_same_seed_gives_the_same_numbers() -> None:
    soft, member = households()
    first, second, other = (signed_effects(soft, member, columns=list("abc"), seed=seed, **SMALL) for seed in (3, 3, 4))
    assert np.array_equal(first.resamples, second.resamples)
    assert not np.array_equal(first.resamples, other.resamples)


def test_stability_and_ranks_over_resamples() -> None:
    resamples = np.array([[0.3, -0.1, 0.2], [0.1, 0.1, 0.2], [0.2, -0.2, np.nan]])
    effects = Effects(tuple("abc"), resamples, 1, 1, 1, 1, 15)
    assert effects.stability == pytest.approx([1, 2 / 3, 1])
    assert effects.effect == pytest.approx([0.2, -0.2 / 3, 0.2])
    assert effects.ranks(tuple("abc"))[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2], [3, 3], [1, 2]]
    low, high = effects.extremes
    assert low == pytest.approx([0.1, -0.2, 0.2])
    assert high == pytest.approx([0.3, 0.1, 0.2])


def test_an_interest_that_nobody_has_stays_unknown() -> None:
    soft, member = households()
    soft[:, 1] = 0.0
    effects = signed_effects(soft, member, columns=list("abc"), seed=1, **SMALL)
    assert np.isnan(effects.effect[1])
    assert np.isnan(effects.stability[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"soft": 2.0}, "values other than 0, 1 and missing in 'b'"),
        ({"columns": ["a", "b"]}, r"shape \(4000, 3\) for 4,000 households and 2 columns"),
        ({"member": 20}, "20 households in the profile and 3,980 outside it; at least 50 of each"),
        ({"n_resamples": 1}, "stability needs at least 2"),
    ],
)
def test_what_cannot_be_described_is_refused(change: dict[str, object], message: str) -> None:
    soft, member = households()
    columns = change.get("columns", ["a", "b", "c"])
    if "soft" in change:
        soft[7, 1] = change["soft"]
    if "member" in change:
        member = np.arange(len(member)) < change["member"]
    with pytest.raises(TrainingError, match=message):
        signed_effects(soft, member, columns=columns, seed=1, n_resamples=change.get("n_resamples", 2))


def test_values_that_do_not_add_up_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    soft, member = households()
    booster = explain.fit_descriptive(soft, member, seed=1, trees=5)
    values = explain.contributions(booster, soft[:50])
    with pytest.raises(TrainingError, match=r"do not add up .* off by 1 log-odds"):
        explain.check_additive(booster, soft[:50], booster.predict(soft[:50], raw_score=True) + 1.0)
    assert values.shape == (50, 3)


def test_values_that_the_shap_package_does_not_find_are_refused() -> None:
    soft, member = households()
    booster = explain.fit_descriptive(soft, member, seed=1, trees=5)
    values = explain.contributions(booster, soft)
    explain.check_with_shap(booster, soft, values)
    values[-1, 2] += 1e-3
    with pytest.raises(TrainingError, match=r"differ from those of the shap package: by 0\.001"):
        explain.check_with_shap(booster, soft, values)
