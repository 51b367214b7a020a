"""Two kinds of cards, clean and dirty, in parts that depend on the household: a mixture of experts, fitted by EM.

What marks a clean card is known beforehand (the anchors); what marks a dirty one, and how often a household like this
has one, are fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, gammaln

from profiling.training.bag_rates import Cells

Floats = NDArray[np.float64]
MOST = 15
ROUNDS = 100
FEWEST = 10
TOLERANCE = 4e-5
RENEWED = 5
PRIOR_CARDS = 20.0
MIN_ROWS = 20
RIDGE = 1.0
START = 0.75
LIMIT = 0.005
LEAST = 0.002  # no mark is rarer than this, or more common than 1 less this


@dataclass(frozen=True)
class Evidence:
    """Cards of the reference group: arrays of shape (n,), and for each mark its chance on a clean card like this."""

    marks: Mapping[str, Floats]
    anchors: Mapping[str, Floats]
    asked_loans: Floats | None


@dataclass(frozen=True)
class Kinds:
    """What a dirty card shows of each mark, and the histograms of loans (clean, dirty)."""

    marks: Mapping[str, float]
    loans: tuple[Floats, Floats] | None


@dataclass(frozen=True)
class Mixture:
    """A fitted mixture.

    Parameters
    ----------
    effects : coefficients of the chance of a clean card, shape (n_cells,).
    expected : that chance by the features alone, shape (n,).
    posterior : the chance that each card is clean given what it shows, shape (n,).
    kinds : what the two kinds of cards show.
    gain : how much higher the log-likelihood is than with all cards clean.
    """

    effects: Floats
    expected: Floats
    posterior: Floats
    kinds: Kinds
    gain: float

    @property
    def dirt(self) -> float:
        """The share of dirty cards."""
        return 1.0 - float(self.posterior.mean())


class Households:
    """Features of the group as cells (a category, a tenth) with a constant; cells of fewer than 20 have no effect."""

    def __init__(self, X: Floats, categorical: tuple[int, ...]) -> None:
        cells = Cells(X, categorical)(X).toarray()
        self.design = np.hstack([np.ones((len(X), 1)), cells[:, cells.sum(axis=0) >= MIN_ROWS]])
        self.ridge = np.full(self.design.shape[1], RIDGE)
        self.ridge[0] = 1e-3

    def __len__(self) -> int:
        return len(self.design)

    @property
    def start(self) -> Floats:
        """Three cards out of four clean, whatever the household."""
        effects = np.zeros(self.design.shape[1])
        effects[0] = np.log(START / (1.0 - START))
        return effects

    def expected(self, effects: Floats) -> Floats:
        """Chance of a clean card by the features, shape (n,)."""
        return np.asarray(expit(self.design @ effects), dtype=np.float64)

    def curvature(self, effects: Floats) -> Any:
        """Cholesky factor of the curvature of the penalised likelihood."""
        chance = self.expected(effects)
        weight = np.maximum(chance * (1.0 - chance), 0.01)
        matrix = (self.design * weight[:, None]).T @ self.design
        matrix[np.diag_indices_from(matrix)] += self.ridge
        return cho_factor(matrix)

    def improved(self, effects: Floats, posterior: Floats, curvature: Any) -> Floats:
        """One Newton step of a logistic regression of the posterior on the cells."""
        slope = self.design.T @ (posterior - self.expected(effects)) - self.ridge * effects
        return np.asarray(effects + cho_solve(curvature, slope), dtype=np.float64)


def fit_mixture(evidence: Evidence, households: Households, near: Mixture | None = None) -> Mixture:
    """Fit the mixture by generalised EM; `near` is a mixture of the same households to start from.

    With C = clean, x the features and E the evidence of a card,

        P(E | x) = π(x) Πⱼ P(Eⱼ | clean, x) + (1 - π(x)) Πⱼ P(Eⱼ | dirty):

    a mixture of experts (Jacobs et al. 1991, Neural Computation 3) fitted by EM (Dempster, Laird & Rubin 1977, JRSS
    B 39), with one Newton step for the gate π in every round (Jordan & Jacobs 1994, Neural Computation 6).
    P(mark | clean, x) is the anchor and stays as it is; P(mark | dirty) is one number per mark; the number of easy
    loans has a free histogram in either kind, drawn to a Poisson of the same mean by `PRIOR_CARDS` cards. π is a ridge
    regression on cells. Marks and loans are taken to be independent given the kind of card and x.

    Rounds go on until the share holds still: stopped after 15 rounds, as it once was, EM stays near where it started.
    """
    effects, kinds = (households.start, _start(evidence)) if near is None else (near.effects, near.kinds)
    curvature = households.curvature(effects)
    share = np.inf
    for number in range(ROUNDS):
        expected = np.clip(households.expected(effects), LIMIT, 1.0 - LIMIT)
        posterior = _posterior(evidence, expected, kinds)
        kinds = _maximised(evidence, posterior)
        if near is None and number % RENEWED == 0:
            curvature = households.curvature(effects)
        effects = households.improved(effects, posterior, curvature)
        before, share = share, float(posterior.mean())
        if number >= FEWEST and abs(share - before) < TOLERANCE:
            break
    clean, dirty = _log_chances(evidence, kinds)
    mixed = np.logaddexp(np.log(expected) + clean, np.log1p(-expected) + dirty)
    alone, _never = _log_chances(evidence, pure_kinds(evidence))
    return Mixture(effects, expected, posterior, kinds, float(mixed.sum() - alone.sum()))


def pure_kinds(evidence: Evidence) -> Kinds:
    """The kinds where all cards are clean: every loan counts for the clean histogram."""
    return _maximised(evidence, np.ones(len(next(iter(evidence.anchors.values())))))


def redrawn(kinds: Kinds, evidence: Evidence, expected: Floats, rng: np.random.Generator) -> Evidence:
    """Cards of the same households, drawn anew with `expected` as the chance of a clean card, shape (n,)."""
    n = len(expected)
    clean = rng.random(n) < expected
    marks = {}
    for name, values in evidence.marks.items():
        yes = rng.random(n) < np.where(clean, evidence.anchors[name], kinds.marks[name])
        marks[name] = np.where(np.isfinite(values), yes.astype(np.float64), np.nan)
    if evidence.asked_loans is None or kinds.loans is None:
        return Evidence(marks, evidence.anchors, None)
    usual, other = (rng.choice(MOST + 1, n, p=chances / chances.sum()) for chances in kinds.loans)
    loans = np.where(clean, usual, other).astype(np.float64)
    return Evidence(marks, evidence.anchors, np.where(np.isfinite(evidence.asked_loans), loans, np.nan))


def _start(evidence: Evidence) -> Kinds:
    """Dirty cards have more marks and fewer loans."""
    marks = {name: 0.5 + 0.5 * float(np.nanmean(values)) for name, values in evidence.marks.items()}
    if evidence.asked_loans is None:
        return Kinds(marks, None)
    mean = float(np.nanmean(evidence.asked_loans))
    return Kinds(marks, (_poisson(1.2 * mean), _poisson(0.6 * mean)))


def _posterior(evidence: Evidence, expected: Floats, kinds: Kinds) -> Floats:
    """Bayes' rule per card."""
    clean, dirty = _log_chances(evidence, kinds)
    return np.asarray(expit(np.log(expected) - np.log1p(-expected) + clean - dirty), dtype=np.float64)


def _log_chances(evidence: Evidence, kinds: Kinds) -> tuple[Floats, Floats]:
    """Log of the chance of what each card shows, if it is clean and if it is dirty; missing evidence says nothing."""
    clean = dirty = np.zeros(len(next(iter(evidence.anchors.values()))))
    for name, values in evidence.marks.items():
        yes, no, known = evidence.anchors[name], kinds.marks[name], np.isfinite(values)
        clean = clean + np.where(known, np.log(np.where(values > 0, yes, 1.0 - yes)), 0.0)
        dirty = dirty + np.where(known, np.log(np.where(values > 0, no, 1.0 - no)), 0.0)
    if evidence.asked_loans is not None and kinds.loans is not None:
        known = np.isfinite(evidence.asked_loans)
        counts = np.clip(np.nan_to_num(evidence.asked_loans), 0, MOST).astype(np.int64)
        clean = clean + np.where(known, np.log(kinds.loans[0][counts]), 0.0)
        dirty = dirty + np.where(known, np.log(kinds.loans[1][counts]), 0.0)
    return clean, dirty


def _maximised(evidence: Evidence, posterior: Floats) -> Kinds:
    """What either kind shows, counted with the posterior as weights."""
    dirty = 1.0 - posterior
    marks = {}
    for name, values in evidence.marks.items():
        known = np.isfinite(values)
        yes = float(dirty[known] @ (values[known] > 0))
        usual = float(evidence.anchors[name].mean())
        # Without loans the marks alone say which kind is which: a dirty card has them at least as often as usual.
        lowest = LEAST if evidence.asked_loans is not None else usual
        marks[name] = float(np.clip((yes + usual) / (dirty[known].sum() + 1.0), lowest, 1.0 - LEAST))
    if evidence.asked_loans is None:
        return Kinds(marks, None)
    known = np.isfinite(evidence.asked_loans)
    counts = np.clip(evidence.asked_loans[known], 0, MOST).astype(np.int64)
    sides = [_smoothed(np.bincount(counts, side[known], MOST + 1)) for side in (posterior, dirty)]
    return Kinds(marks, (sides[0], sides[1]))


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
