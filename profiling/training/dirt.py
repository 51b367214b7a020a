"""Dirt: how likely each reference household reads for itself, from what its cards and its features tell together.

Parents, teachers and volunteers borrow easy books for others. What a card shows is a mixture of two kinds, clean and
dirty, whose shares depend on the features of the household. What marks a clean card has been seen already: it has
children's books as often as the cards of ordinary members like it. That anchor tells which kind is the clean one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from profiling.reference.group import MARKS
from profiling.training.contrast import Draft, Flags, Floats
from profiling.training.mixture import LEAST, Evidence, Households, Kinds, Mixture, fit_mixture, pure_kinds, redrawn

REDRAWS = 20
PURE = 5
HALVES = 6
# Quantiles of Student's t: of 20 redraws, both sides of 95 %; of one more after 5 pure groups, one side.
STUDENT = 2.09
BEYOND = 2.34
CONTRARY = 3.0  # standard errors
# The estimate moves at least so much per share: what it says of a pure group is never all of it.
FLATTEST = 0.3
ANCHOR: dict[str, Any] = {"n_estimators": 60, "learning_rate": 0.1}


@dataclass(frozen=True)
class Cleaning:
    """The chance that each reference household is clean, shape (n,), and the share of dirt with its interval.

    `floor` is the share that the same households would seem to have if none were dirty. `loans_used` is false where
    there are no numbers of loans, or where they told other kinds apart than the marks do.
    """

    clean: Floats
    share: float
    interval: tuple[float, float]
    floor: float
    figures: Mapping[str, Any]
    loans_used: bool


def card_evidence(draft: Draft, some: Flags | None = None) -> Evidence | None:
    """What the cards tell, and what the cards of ordinary members would show; None where that is nothing.

    `some` are the members to learn the latter from, shape (n,); all that were drawn when absent.
    """
    group, others = draft.positive, draft.drawn & ~draft.positive
    if some is not None:
        others = others & some
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
        anchors[name] = np.clip(anchor, LEAST, 1.0 - LEAST)
    if not marks:
        return None
    loans = draft.evidence.get("asked_loans")
    return Evidence(marks, anchors, None if loans is None else loans[group])


def clean(draft: Draft, evidence: Evidence, seed: int) -> Cleaning:
    """The chance that each card is clean, by `fit_mixture`, and the share of dirt with an interval of 95 %.

    Using the posterior as a weight follows Bekker, Robberechts & Davis (2019), Beyond the selected completely at
    random assumption, ECML PKDD, turned about: there the unlabelled may be positive, here the labelled may be none.

    Of a pure group a mixture still calls some cards dirty. Whether there is any dirt is therefore tested: the gain in
    log-likelihood over "all clean" is held against its gain on pure groups, drawn from what is fitted with all clean
    (McLachlan 1987, Applied Statistics 36). Where it is no larger the group is taken as it is and the interval holds
    0. `floor` is the share that such pure groups seem to have.

    The interval is a parametric bootstrap: cards of the same households are drawn from the fitted mixture and fitted
    again. That shows the spread, and with the floor what the estimate says of two known shares; the share that goes
    with what it says here is read from the line through both (test inversion: Carpenter 1999, JRSS B 61). How much the
    anchors may be off is found by learning them from random halves of the members: what half of them moves the share
    by is what all of them leave in doubt (Kish & Frankel 1970, JASA 65).
    """
    households = Households(draft.X[draft.positive], draft.context.categorical)
    rng = np.random.default_rng([seed, 3])
    loans_used = evidence.asked_loans is not None
    if loans_used:
        found = fit_mixture(evidence, households)
        loans_used = not contradicts(found, evidence)
    if not loans_used:
        evidence = marks_alone(evidence)
        found = fit_mixture(evidence, households)
    everybody = np.ones(len(households))

    def pure(kinds: Kinds) -> list[Mixture]:
        return [fit_mixture(redrawn(kinds, evidence, everybody, rng), households) for _ in range(PURE)]

    none = pure(pure_kinds(evidence))
    gains = np.array([each.gain for each in none])
    dirty = found.gain > float(gains.mean()) + BEYOND * float(gains.std(ddof=1))
    floor = float(np.mean([each.dirt for each in (pure(found.kinds) if dirty else none)]))
    again = [
        fit_mixture(redrawn(found.kinds, evidence, found.expected, rng), households, found).dirt for _ in range(REDRAWS)
    ]
    moved = [_moved(draft, households, found, rng.random(len(draft.X)) < 0.5, loans_used) for _ in range(HALVES)]
    error = np.sqrt(np.var(again, ddof=1) + np.mean(np.square(moved)))
    slope = max((float(np.mean(again)) - floor) / found.dirt, FLATTEST)
    centre, half = (found.dirt - floor) / slope, STUDENT * float(error) / slope
    low = max(0.0, min(centre - half, found.dirt)) if dirty else 0.0
    interval = (low, min(1.0, max(centre + half, found.dirt)))
    weight = found.posterior if dirty else everybody
    return Cleaning(weight, found.dirt, interval, floor, dict(found.kinds.marks), loans_used)


def contradicts(found: Mixture, evidence: Evidence) -> bool:
    """Whether the cards called dirty have some mark less often than members like them.

    Who borrows for others has marks at least as often. A mixture that says otherwise has found two other kinds, such
    as people who borrow much and people who borrow little, by the numbers of loans.
    """
    dirty = 1.0 - found.posterior
    for name, values in evidence.marks.items():
        weight = np.where(np.isfinite(values), dirty, 0.0)
        n = max(float(weight.sum()), 1.0)
        usual = float(weight @ evidence.anchors[name]) / n
        if found.kinds.marks[name] < usual - CONTRARY * np.sqrt(usual * (1.0 - usual) / n):
            return True
    return False


def marks_alone(evidence: Evidence) -> Evidence:
    """The evidence without loans, and with no mark more usual than the whole group has it.

    A group that has children's books less often than members like it tells that its clean cards have them less often
    too; it cannot tell how much less, so this takes the whole group for the clean ones.
    """
    anchors = {}
    for name, values in evidence.marks.items():
        usual, known = evidence.anchors[name], np.isfinite(values)
        seen = max(float(values[known].mean()), LEAST)
        if seen < usual[known].mean():
            shift = brentq(lambda by, at=usual[known], to=seen: float(expit(logit(at) + by).mean()) - to, -20.0, 0.0)
            usual = np.clip(expit(logit(usual) + shift), LEAST, 1.0 - LEAST)
        anchors[name] = usual
    return replace(evidence, anchors=anchors, asked_loans=None)


def _moved(draft: Draft, households: Households, found: Mixture, some: Flags, loans_used: bool) -> float:
    """By how much the share moves when what is usual is learned from some of the members."""
    evidence = card_evidence(draft, some)
    if evidence is None:
        return 0.0
    evidence = evidence if loans_used else marks_alone(evidence)
    return fit_mixture(evidence, households, found).dirt - found.dirt
