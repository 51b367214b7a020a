"""Planted class sizes are found or bracketed; the bounds are recomputed by other means."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.special import expit
from scipy.stats import binomtest

from profiling.errors import MeasureError
from profiling.evaluation import class_prior
from profiling.evaluation.class_prior import Anchor, best_bin, bracket_class_prior, label_rate, largest_mixture

N = 100_000


class Plant(NamedTuple):
    """Scores of the labelled and of a sample of the unlabelled, and what was planted."""

    scores: NDArray[Any]
    labelled: NDArray[Any]
    n_labelled: int
    prior: float
    gamma: float


def plant(seed: int, sharpness: float, bias: float = 0.0, n_unlabelled: int = 20_000) -> Plant:
    """A group at the top of the score; with a bias, those at the very top get labelled more readily."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=N)
    group = rng.random(N) < expit(sharpness * (score - 1.3))
    odds = 0.1 * np.exp(bias * np.where(score > 1.8, 1.0, -1.0))
    known = group & (rng.random(N) < odds / (1 + odds))
    sample = rng.choice(np.flatnonzero(~known), n_unlabelled, replace=False)
    rows = np.concatenate([np.flatnonzero(known), sample])
    return Plant(score[rows], known[rows], int(known.sum()), float(group.mean()), float(np.exp(2 * bias)))


def bracket(made: Plant, **more: Any) -> class_prior.PriorBracket:
    return bracket_class_prior(made.scores, made.labelled, n_labelled=made.n_labelled, n_base=N, **more)


def test_a_planted_size_is_found_where_the_top_belongs_for_certain() -> None:
    for seed in range(5):
        made = plant(seed, sharpness=20.0)
        found = bracket(made)
        assert found.estimates["best-bin"] == pytest.approx(made.prior, rel=0.1)
        assert made.prior <= found.high <= 1.3 * made.prior
        assert found.low == made.n_labelled / N


def test_the_bracket_holds_a_fair_group_at_its_confidence() -> None:
    """Where the bound is sharp (a top that belongs for certain) it may miss in one of twenty draws, not more."""
    missed = sum(made.prior > bracket(made).high for made in (plant(100 + each, 30.0) for each in range(40)))
    assert missed <= 4


@pytest.mark.parametrize("sharpness", [1.0, 3.0, 20.0])
def test_the_bracket_holds_a_biased_group_with_its_gamma(sharpness: float) -> None:
    for seed in range(4):
        made = plant(seed, sharpness, bias=0.6)
        found = bracket(made, gamma=made.gamma)
        assert found.low < made.prior < found.high < 1.0


def test_without_gamma_a_biased_group_falls_out_of_the_bracket() -> None:
    made = plant(1, 20.0, bias=0.6)
    assert bracket(made).high < 0.8 * made.prior


def test_the_upper_bound_is_that_of_exact_binomial_limits() -> None:
    rng = np.random.default_rng(3)
    group, base = rng.choice(4, 300, p=[0.1, 0.2, 0.3, 0.4]), rng.choice(4, 2000, p=[0.5, 0.3, 0.15, 0.05])
    level = 1 - 2 * 0.05 / (2 * len(class_prior.DEPTHS))
    for gamma in (1.0, 2.0):
        bounds = []
        for cut in range(4):
            low = binomtest(int((group >= cut).sum()), 300).proportion_ci(level, "exact").low
            high = binomtest(int((base >= cut).sum()), 2000).proportion_ci(level, "exact").high
            bounds.append(high * (low + gamma * (1 - low)) / low)
        scores, labelled = np.concatenate([group, base]), np.arange(2300) < 300
        assert largest_mixture(scores, labelled, gamma=gamma) == pytest.approx(min(1.0, *bounds), rel=1e-9)


def test_best_bin_is_the_published_minimum() -> None:
    made = plant(2, 3.0)
    group, base = made.scores[made.labelled], made.scores[~made.labelled]
    error = np.sqrt(np.log(40) / 2 / len(group)) + np.sqrt(np.log(40) / 2 / len(base))
    found = [((base >= cut).mean(), (group >= cut).mean()) for cut in group]
    _bound, ratio = min(((d + 1.01 * error) / c, d / c) for d, c in found)
    assert best_bin(made.scores, made.labelled) == pytest.approx(ratio, rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.floats(1.0, 5.0), st.floats(0.1, 9.0))
def test_only_the_order_of_scores_and_the_ratio_of_weights_count(seed: int, gamma: float, factor: float) -> None:
    rng = np.random.default_rng(seed)
    labelled = rng.random(300) < 0.2
    labelled[:2] = True, False
    scores = np.round(rng.normal(labelled, 1.0), 1)
    shuffled = rng.permutation(300)
    for measure in (lambda *rows: largest_mixture(*rows, gamma=gamma), best_bin):
        plain = measure(scores, labelled)
        assert 0.0 <= plain <= 1.0
        assert measure(np.exp(scores), labelled) == plain
        assert measure(scores[shuffled], labelled[shuffled]) == plain
    weighted = largest_mixture(scores, labelled, gamma=gamma, weight=np.full(300, factor))
    assert weighted == pytest.approx(largest_mixture(scores, labelled, gamma=gamma), rel=1e-9)


def test_weights_undo_an_uneven_reference_group() -> None:
    made = plant(4, 20.0, bias=0.6, n_unlabelled=40_000)
    weight = np.where(made.labelled & (made.scores <= 1.8), made.gamma, 1.0)
    found = bracket(made, weight=weight)
    assert found.estimates["best-bin"] == pytest.approx(made.prior, rel=0.15)
    assert found.high > made.prior


def test_an_anchor_narrows_the_bracket_or_is_said_not_to_meet_it() -> None:
    made = plant(0, 3.0)
    plain = bracket(made)
    assert plain.class_size == (plain.low, plain.high)
    inside = bracket(made, anchor=Anchor(value=0.1, low=0.08, high=0.5, source="PIAAC 2023"))
    assert inside.class_size == (0.08, plain.high)
    assert inside.notes["nl"][1] == "Van buiten: 10,0% (8,0% tot 50,0%; PIAAC 2023). Dat past bij de grenzen."
    for value, said in ((0.9, "lies above the upper bound"), (0.001, "lies below the lower bound")):
        found = bracket(made, anchor=Anchor(value=value, low=value, high=value, source="x"))
        assert found.class_size == (plain.low, plain.high)
        assert said in found.notes["en"][1]
    with pytest.raises(ValidationError, match="ascending order"):
        Anchor(value=0.1, low=0.2, high=0.3, source="x")


def test_dirt_lowers_the_lower_bound_alone() -> None:
    made = plant(0, 3.0)
    clean, dirty = bracket(made), bracket(made, dirt=0.3)
    assert dirty.low == pytest.approx(0.7 * clean.low)
    assert dirty.high == clean.high


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labelled": np.zeros(4, bool)}, "needs rows of the reference group"),
        ({"scores": np.array([1.0, np.nan, 2.0, 3.0])}, "must be finite"),
        ({"scores": np.ones(3)}, "a column of each"),
        ({"gamma": 0.5}, "Γ = 0.5"),
        ({"n_labelled": 11}, "11 labelled of 10"),
        ({"dirt": 1.5}, "dirt 1.5"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    plain = {"scores": np.arange(4.0), "labelled": np.arange(4) > 1, "n_labelled": 2, "n_base": 10}
    with pytest.raises(MeasureError, match=message):
        bracket_class_prior(**(plain | change))
    assert label_rate(2, 10, 0.5) == 0.1
