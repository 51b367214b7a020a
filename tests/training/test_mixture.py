"""The mixture of cards: Bayes' rule by hand, planted shares and kinds, and no share where nothing was planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from profiling.training import mixture
from profiling.training.mixture import Evidence, Households, Kinds, fit_mixture, pure_kinds, redrawn

N = 3_000


def planted(dirt: tuple[float, float], seed: int = 0) -> tuple[Evidence, Households, np.ndarray]:
    """Two kinds of households with a share of dirt each; books and the number of loans tell the cards apart."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, N)
    dirty = rng.random(N) < np.take(dirt, kind)
    usual = np.where(kind == 1, 0.5, 0.1)
    books = (rng.random(N) < np.where(dirty, 0.8, usual)).astype(float)
    loans = np.maximum(rng.poisson(np.where(dirty, 2.0, 4.0)), 1).astype(float)
    X = np.column_stack([kind, rng.normal(size=N)]).astype(float)
    return Evidence({"books": books}, {"books": usual}, loans), Households(X, (0,)), dirty


def test_shares_and_kinds_come_back() -> None:
    evidence, households, dirty = planted((0.1, 0.6))
    found = fit_mixture(evidence, households)
    assert found.dirt == pytest.approx(dirty.mean(), abs=0.05)
    kind = evidence.anchors["books"] > 0.3
    assert 1 - found.expected[kind].mean() == pytest.approx(0.6, abs=0.08)
    assert 1 - found.expected[~kind].mean() == pytest.approx(0.1, abs=0.06)
    assert found.kinds.marks["books"] == pytest.approx(0.8, abs=0.06)
    assert found.kinds.loans is not None
    means = [float(chances @ np.arange(len(chances))) for chances in found.kinds.loans]
    assert means == pytest.approx([4.0, 2.15], abs=0.3)
    assert found.posterior[~dirty].mean() > found.posterior[dirty].mean() + 0.4


def test_em_ends_where_it_is_best_and_not_where_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence, households, _dirty = planted((0.3, 0.8), seed=1)
    found = fit_mixture(evidence, households)
    monkeypatch.setattr(mixture, "START", 0.4)
    assert fit_mixture(evidence, households).dirt == pytest.approx(found.dirt, abs=0.01)
    assert fit_mixture(evidence, households, found).dirt == pytest.approx(found.dirt, abs=0.005)


def test_bayes_rule_card_by_card() -> None:
    loans = tuple(np.array([poisson.pmf(k, mean) for k in range(mixture.MOST + 1)]) for mean in (4.0, 2.0))
    kinds = Kinds({"books": 0.8}, (loans[0], loans[1]))
    evidence = Evidence(
        {"books": np.array([1.0, 0.0, np.nan])}, {"books": np.array([0.1, 0.5, 0.5])}, np.array([3.0, np.nan, np.nan])
    )
    expected = np.array([0.7, 0.7, 0.7])
    first = 0.7 * 0.1 * poisson.pmf(3, 4), 0.3 * 0.8 * poisson.pmf(3, 2)
    second = 0.7 * 0.5, 0.3 * 0.2
    wanted = [first[0] / sum(first), second[0] / sum(second), 0.7]
    np.testing.assert_allclose(mixture._posterior(evidence, expected, kinds), wanted)


def test_the_gain_tells_dirt_from_none() -> None:
    evidence, households, _dirty = planted((0.0, 0.0))
    rng = np.random.default_rng(3)
    pure = redrawn(pure_kinds(evidence), evidence, np.ones(N), rng)
    none = fit_mixture(pure, households).gain
    assert fit_mixture(evidence, households).gain == pytest.approx(none, abs=25)
    dirty, households, _dirty = planted((0.1, 0.2))
    assert fit_mixture(dirty, households).gain > none + 60


def test_redrawn_cards_have_the_chances_they_were_drawn_with() -> None:
    evidence, households, _dirty = planted((0.2, 0.6), seed=2)
    found = fit_mixture(evidence, households)
    missing = Evidence(
        {"books": np.where(np.arange(N) < 500, np.nan, evidence.marks["books"])}, evidence.anchors, evidence.asked_loans
    )
    none, everything = np.zeros(N), np.ones(N)
    rng = np.random.default_rng(5)
    clean, dirty = (redrawn(found.kinds, missing, each, rng) for each in (everything, none))
    assert np.isnan(clean.marks["books"][:500]).all()
    assert np.nanmean(clean.marks["books"]) == pytest.approx(evidence.anchors["books"][500:].mean(), abs=0.03)
    assert np.nanmean(dirty.marks["books"]) == pytest.approx(found.kinds.marks["books"], abs=0.03)
    assert clean.asked_loans is not None
    assert dirty.asked_loans is not None
    assert clean.asked_loans.mean() - dirty.asked_loans.mean() == pytest.approx(1.9, abs=0.4)


def test_no_count_of_loans_is_evidence_too() -> None:
    evidence, households, dirty = planted((0.1, 0.7), seed=4)
    bare = Evidence(evidence.marks, evidence.anchors, None)
    found = fit_mixture(bare, households)
    assert found.kinds.loans is None
    assert found.posterior[~dirty].mean() > found.posterior[dirty].mean() + 0.15
    assert redrawn(found.kinds, bare, found.expected, np.random.default_rng(0)).asked_loans is None
