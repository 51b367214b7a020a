"""Dirt: how likely each reference household reads for itself, from what its cards and its features tell together.

Parents, teachers and volunteers borrow easy books for others. What a card shows is a mixture of two kinds, clean and
dirty, whose shares depend on the features of the household. What marks a clean card has been seen already: it has
children's books as often as the cards of ordinary members like it. That anchor tells which kind is the clean one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from profiling.reference.group import MARKS
from profiling.training.contrast import Draft, Floats

MOST = 15
ROUNDS = 15
REDRAWS = 20
PRIOR_CARDS = 20.0
START = 0.75
LIMIT = 0.01
ANCHOR: dict[str, Any] = {"n_estimators": 60, "learning_rate": 0.1}


@dataclass(frozen=True)
class Evidence:
    """Cards of the reference group: arrays of shape (n,), and for each mark its chance on a clean card like this."""

    marks: Mapping[str, Floats]
    anchors: Mapping[str, Floats]
    asked_loans: Floats | None


@dataclass(frozen=True)
class Cleaning:
    """The chance that each reference household is clean, shape (n,), and the share of dirt with its interval.

    `floor` is the share that the same households would seem to have if none were dirty.
    """

    clean: Floats
    share: float
    interval: tuple[float, float]
    floor: float
    figures: Mapping[str, Any]


def card_evidence(draft: Draft) -> Evidence | None:
    """What the cards tell, and what the cards of ordinary members would show; None where that is nothing."""
    group, others = draft.positive, draft.drawn & ~draft.positive
    marks, anchors = {}, {}
    for name in MARKS:
        values = draft.evidence.get(name)
        if values is None or not others.any():
            continue
        known = others & np.isfinite(values)
        seen = values[known]
        if not len(seen) or seen.min() == seen.max() or np.nan_to_num(values[group]).max() == 0:
            continue
        anchor = draft.fitted("lightgbm", draft.X[known], seen, **ANCHOR).score_samples(draft.X[group])
        marks[name] = values[group]
        anchors[name] = np.clip(anchor, 0.002, 0.998)
    if not marks:
        return None
    loans = draft.evidence.get("asked_loans")
    return Evidence(marks, anchors, None if loans is None else loans[group])


def clean(draft: Draft, evidence: Evidence, seed: int) -> Cleaning:
    """Fit the mixture by EM, and say the share of dirt with a bootstrap interval over cards.

    With C = clean, x the features and E the evidence of a card,

        P(E | x) = π(x) Πⱼ P(Eⱼ | clean, x) + (1 - π(x)) Πⱼ P(Eⱼ | dirty):

    a mixture of experts (Jacobs et al. 1991, Neural Computation 3) fitted by EM (Dempster, Laird & Rubin 1977, JRSS
    B 39). P(mark | clean, x) is that of ordinary members and stays as it is; P(mark | dirty) is one number per mark;
    the number of easy loans has a free histogram in either kind, drawn to a Poisson of the same mean by
    `PRIOR_CARDS` cards. π is the logistic estimator on the features. Using the posterior as a weight follows Bekker,
    Robberechts & Davis (2019), Beyond the selected completely at random assumption, ECML PKDD, turned about: there
    the unlabelled may be positive, here the labelled may be none.

    Marks and loans are taken to be independent given the kind of card and x. Of a pure group the mixture still calls
    some cards dirty: how many is found by drawing a pure group of the same households from the fitted clean kind (a
    parametric bootstrap under the null, McLachlan 1987, Applied Statistics 36). The interval reaches down by that much.
    """
    X = draft.X[draft.positive]
    shares, posterior, kinds = _em(draft, X, evidence, np.full(len(X), START), _start(evidence), ROUNDS)
    rng = np.random.default_rng([seed, 3])
    drawn = []
    for _ in range(REDRAWS):
        rows = rng.integers(0, len(X), len(X))
        part = Evidence(
            {name: values[rows] for name, values in evidence.marks.items()},
            {name: values[rows] for name, values in evidence.anchors.items()},
            None if evidence.asked_loans is None else evidence.asked_loans[rows],
        )
        drawn.append(1.0 - float(_em(draft, X[rows], part, shares[rows], kinds, 2)[1].mean()))
    low, high = np.quantile(drawn, [0.025, 0.975])
    share = 1.0 - float(posterior.mean())
    pure = _pure(evidence, posterior, rng)
    floor = 1.0 - float(_em(draft, X, pure, np.full(len(X), START), _start(pure), ROUNDS)[1].mean())
    interval = (max(0.0, min(float(low), share) - floor), max(float(high), share))
    return Cleaning(posterior, share, interval, floor, {name: float(value) for name, value in kinds.marks.items()})


def _pure(evidence: Evidence, posterior: Floats, rng: np.random.Generator) -> Evidence:
    """Cards of the same households as they would be if all were clean."""
    marks = {
        name: np.where(np.isfinite(values), (rng.random(len(values)) < evidence.anchors[name]).astype(float), np.nan)
        for name, values in evidence.marks.items()
    }
    if evidence.asked_loans is None:
        return Evidence(marks, evidence.anchors, None)
    known = np.isfinite(evidence.asked_loans)
    chance = posterior * known
    loans = rng.choice(evidence.asked_loans, len(posterior), p=chance / chance.sum())
    return Evidence(marks, evidence.anchors, np.where(known, loans, np.nan))


@dataclass(frozen=True)
class _Kinds:
    """What a dirty card shows of each mark, and the histograms of loans (clean, dirty)."""

    marks: Mapping[str, float]
    loans: tuple[Floats, Floats] | None


def _start(evidence: Evidence) -> _Kinds:
    """Dirty cards have more marks and fewer loans."""
    marks = {name: 0.5 + 0.5 * float(np.nanmean(values)) for name, values in evidence.marks.items()}
    if evidence.asked_loans is None:
        return _Kinds(marks, None)
    mean = float(np.nanmean(evidence.asked_loans))
    return _Kinds(marks, (_poisson(1.2 * mean), _poisson(0.6 * mean)))


def _em(
    draft: Draft, X: Floats, evidence: Evidence, share: Floats, kinds: _Kinds, rounds: int
) -> tuple[Floats, Floats, _Kinds]:
    """π(x) of the clean kind, the posterior of each card, and the kinds, after some rounds of EM."""
    twice = np.vstack([X, X])
    labels = np.repeat([1.0, 0.0], len(X))
    posterior = share
    for _ in range(rounds):
        posterior = _posterior(evidence, share, kinds)
        kinds = _maximised(evidence, posterior)
        weight = np.maximum(np.concatenate([posterior, 1.0 - posterior]), 1e-6)
        share = np.clip(draft.fitted("logistic", twice, labels, weight).score_samples(X), LIMIT, 1.0 - LIMIT)
    return share, posterior, kinds


def _posterior(evidence: Evidence, share: Floats, kinds: _Kinds) -> Floats:
    """Bayes' rule per card; evidence that is missing says nothing."""
    odds = np.log(share) - np.log1p(-share)
    for name, values in evidence.marks.items():
        yes, no = evidence.anchors[name], kinds.marks[name]
        said = np.where(values > 0, np.log(yes / no), np.log((1.0 - yes) / (1.0 - no)))
        odds = odds + np.where(np.isfinite(values), said, 0.0)
    if evidence.asked_loans is not None and kinds.loans is not None:
        counts = np.clip(np.nan_to_num(evidence.asked_loans), 0, MOST).astype(np.int64)
        said = np.log(kinds.loans[0][counts] / kinds.loans[1][counts])
        odds = odds + np.where(np.isfinite(evidence.asked_loans), said, 0.0)
    result: Floats = 1.0 / (1.0 + np.exp(-odds))
    return result


def _maximised(evidence: Evidence, posterior: Floats) -> _Kinds:
    dirty = 1.0 - posterior
    marks = {}
    for name, values in evidence.marks.items():
        known = np.isfinite(values)
        yes = float(dirty[known] @ (values[known] > 0))
        usual = float(evidence.anchors[name].mean())
        marks[name] = float(np.clip((yes + usual) / (dirty[known].sum() + 1.0), 0.002, 0.998))
    if evidence.asked_loans is None:
        return _Kinds(marks, None)
    known = np.isfinite(evidence.asked_loans)
    counts = np.clip(evidence.asked_loans[known], 0, MOST).astype(np.int64)
    sides = [_smoothed(np.bincount(counts, side[known], MOST + 1)) for side in (posterior, dirty)]
    return _Kinds(marks, (sides[0], sides[1]))


def _smoothed(counts: NDArray[Any]) -> Floats:
    mean = (counts @ np.arange(MOST + 1) + 1.0) / (counts.sum() + 1.0)
    part: Floats = (counts + PRIOR_CARDS * _poisson(float(mean))) / (counts.sum() + PRIOR_CARDS)
    return part


def _poisson(mean: float) -> Floats:
    """Poisson chances of 0 … MOST, all above zero."""
    numbers = np.arange(MOST + 1)
    chances = np.exp(numbers * np.log(max(mean, 1e-6)) - mean - gammaln(numbers + 1.0)) + 1e-6
    result: Floats = chances / chances.sum()
    return result
