"""How many households truly belong to the group? A bracket from the labels and the scores, beside an outside figure.

The size is not identified from a biased reference group, so it is bracketed. With C(A) the part of the reference
group and D(A) the part of the unlabelled in a set A of households, all members of the group in A are among D(A):

- From below: the labelled households themselves, less their dirt. Holds however they were selected.
- From above, for a fair sample (SCAR): π <= D(A) / C(A) for every A, at best the largest mixture proportion
  (Blanchard, Lee & Scott 2010, Semi-supervised novelty detection, JMLR 11; Scott 2015, A rate of convergence for
  mixture proportion estimation, AISTATS). It is the size itself only where some households are members for certain.
- From above, for a bias of up to Γ (as in `sensitivity.py`: the odds of being labelled differ between members by a
  factor of at most Γ): at least C / (C + Γ (1 - C)) of the unlabelled members lies in A, hence

      π <= D(A) · (C(A) + Γ (1 - C(A))) / C(A)          for every A

A runs over the households above a score. Dirt that fills a corner of its own can bring the upper bound below the
truth: clean the group first. Scores must come from a model that has not seen the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.stats import beta

from profiling.config import Config
from profiling.errors import MeasureError
from profiling.evaluation.resampling import Floats
from profiling.vocabulary import LANGUAGES, Language, number, percent

DEPTHS = np.geomspace(0.002, 1.0, 24)  # chosen beforehand: the bound holds at all of them together
SHARE = Field(ge=0.0, le=1.0)


class Anchor(Config):
    """A figure from outside for the part of the households that belongs to the group, with its interval and source."""

    value: float = SHARE
    low: float = SHARE
    high: float = SHARE
    source: str = Field(min_length=1, description="who says so, of whom, and when")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"low {self.low}, value {self.value} and high {self.high} are not in ascending order")
        return self


@dataclass(frozen=True)
class PriorBracket:
    """Between which sizes the true group lies, as parts of the base, 0..1.

    Parameters
    ----------
    low, high : what labels and scores allow, at the Γ asked for.
    anchor : the outside figure, if any.
    estimates : name → part of the base: "label-rate" (lower bound), "best-bin" (point estimate under SCAR),
        "largest-mixture" (upper bound under SCAR), "largest-mixture-gamma" (upper bound at Γ).
    notes : language ("nl", "en") → sentences that go with the figures.
    """

    low: float
    high: float
    anchor: Anchor | None
    estimates: Mapping[str, float]
    notes: Mapping[Language, tuple[str, ...]]

    @property
    def class_size(self) -> tuple[float, float]:
        """The bracket within the anchor's interval; the bracket as it is where the two do not meet, or without one."""
        if self.anchor is None or self.anchor.low > self.high or self.anchor.high < self.low:
            return self.low, self.high
        return max(self.low, self.anchor.low), min(self.high, self.anchor.high)


def label_rate(n_labelled: int, n_base: int, dirt: float = 0.0) -> float:
    """The part of the base that is known to belong to the group: labelled, less the part `dirt` that does not belong.

    Raises
    ------
    MeasureError
        When the counts cannot belong together, or dirt is no part.
    """
    if not 0 <= n_labelled <= n_base or n_base == 0 or not 0.0 <= dirt <= 1.0:
        raise MeasureError(
            f"{n_labelled:,} labelled of {n_base:,} households with dirt {dirt:g} cannot be",
            hint="labelled households are part of the base, and dirt is a part of them, 0 to 1",
        )
    return n_labelled * (1.0 - dirt) / n_base


def largest_mixture(
    scores: Floats,
    labelled: NDArray[np.bool_],
    *,
    gamma: float = 1.0,
    confidence: float = 0.95,
    weight: Floats | None = None,
) -> float:
    """An upper bound of the group's part of the *unlabelled* rows that holds with `confidence`.

    Clopper and Pearson's limits of D and C at `DEPTHS` of the unlabelled, shared out over all of them (Bonferroni).
    Rows are taken as independent; with weights, as many as Kish's effective number.

    Parameters
    ----------
    scores : float array of shape (n,)
        Of rows that the model has not seen, higher = more like the group.
    labelled : bool array of shape (n,)
        True = reference group, False = a sample of the unlabelled.
    gamma : at least 1; 1 = the reference group is a fair sample of the group.
    weight : float array of shape (n,), optional
        Not negative.

    Raises
    ------
    MeasureError
        When one of the two has no rows, scores are not finite, or a setting lies outside its range.
    """
    if not (gamma >= 1.0 and np.isfinite(gamma)) or not 0.0 < confidence < 1.0:
        raise MeasureError(f"Γ = {gamma:g} and confidence {confidence:g}: expected at least 1, and between 0 and 1")
    sides = _sides(scores, labelled, weight)
    cuts = sides.cuts(DEPTHS)
    chance = (1.0 - confidence) / (2 * len(cuts))
    n_group, n_base = sides.effective
    group, base = sides.above(cuts)
    # Limits of a part p of n rows; the end of the scale where p is 0 (from below) or 1 (from above).
    low = np.where(group > 0, beta.ppf(chance, group * n_group, (1 - group) * n_group + 1), 0.0)
    high = np.where(base < 1, beta.ppf(1 - chance, base * n_base + 1, (1 - base) * n_base), 1.0)
    with np.errstate(divide="ignore"):
        bounds = high * (low + gamma * (1.0 - low)) / low
    return float(min(1.0, bounds.min()))


def best_bin(scores: Floats, labelled: NDArray[np.bool_], *, delta: float = 0.1, weight: Floats | None = None) -> float:
    """The group's part of the *unlabelled* rows under SCAR, where the highest scores are members nearly for certain.

    D / C above the cut-off where this ratio plus its error bound is smallest (best bin estimation, algorithm 1 of
    Garg, Wu, Smola, Balakrishnan & Lipton 2021, Mixture proportion estimation and PU learning: a modern approach,
    NeurIPS). Where nobody is a member for certain it reads too high.

    Parameters
    ----------
    scores, labelled, weight : as in `largest_mixture`.
    delta : one minus the confidence of the error bound.

    Raises
    ------
    MeasureError
        As `largest_mixture`.
    """
    sides = _sides(scores, labelled, weight)
    group, base = sides.above(sides.group)
    error = sum(np.sqrt(np.log(4.0 / delta) / (2.0 * n)) for n in sides.effective)
    best = int(np.argmin(base / group + 1.01 * error / group))
    return float(min(1.0, base[best] / group[best]))


def bracket_class_prior(
    scores: Floats,
    labelled: NDArray[np.bool_],
    *,
    n_labelled: int,
    n_base: int,
    gamma: float = 1.0,
    dirt: float = 0.0,
    anchor: Anchor | None = None,
    confidence: float = 0.95,
    weight: Floats | None = None,
) -> PriorBracket:
    """The bracket of the group's part of the base.

    Parameters
    ----------
    scores, labelled, weight, gamma, confidence : as in `largest_mixture`; the unlabelled rows are a sample of all
        households of the base that are not in the reference group.
    n_labelled, n_base : households of the reference group, and of the base that they are part of.
    dirt : part of the reference group that does not belong to the true group; the highest that is believed.
    anchor : an outside figure; noted where it does not meet the bracket.

    Raises
    ------
    MeasureError
        As `label_rate` and `largest_mixture`.
    """
    low, rate = label_rate(n_labelled, n_base, dirt), n_labelled / n_base
    fair, biased = (
        rate + (1.0 - rate) * largest_mixture(scores, labelled, gamma=each, confidence=confidence, weight=weight)
        for each in (1.0, gamma)
    )
    estimates = {
        "label-rate": low,
        "best-bin": low + (1.0 - rate) * best_bin(scores, labelled, weight=weight),
        "largest-mixture": fair,
        "largest-mixture-gamma": biased,
    }
    notes = {language: tuple(_notes(low, biased, gamma, anchor, language)) for language in LANGUAGES}
    return PriorBracket(low, biased, anchor, estimates, notes)


def _notes(low: float, high: float, gamma: float, anchor: Anchor | None, language: Language) -> list[str]:
    """What the bracket presumes, and where the outside figure lies."""
    words = _WORDS[language]
    said = [words["bracket"].format(_ends(low, high, language), number(gamma, language, 2))]
    if anchor is None:
        return [*said, words["none"]]
    outside = words["anchor"].format(
        percent(100 * anchor.value, language), _ends(anchor.low, anchor.high, language), anchor.source
    )
    place = "above" if anchor.low > high else "below" if anchor.high < low else "meets"
    return [*said, f"{outside} {words[place]}"]


def _ends(low: float, high: float, language: Language) -> str:
    return f"{percent(100 * low, language)} {_WORDS[language]['to']} {percent(100 * high, language)}"


_WORDS: dict[Language, dict[str, str]] = {
    "nl": {
        "to": "tot",
        "bracket": "De groep beslaat {} van alle huishoudens, als de kansverhouding om in de referentiegroep te komen "
        "binnen de groep hooguit een factor {} verschilt.",
        "none": "Er is geen cijfer van buiten om dit aan te toetsen.",
        "anchor": "Van buiten: {} ({}; {}).",
        "meets": "Dat past bij de grenzen.",
        "above": "Dat ligt boven de bovengrens: de referentiegroep is schever dan aangenomen, of bevat veel ruis.",
        "below": "Dat ligt onder de ondergrens: er zijn meer huishoudens bekend dan er volgens dat cijfer zijn.",
    },
    "en": {
        "to": "to",
        "bracket": "The group makes up {} of all households, if the odds of being in the reference group differ within "
        "the group by a factor of at most {}.",
        "none": "There is no figure from outside to hold this against.",
        "anchor": "From outside: {} ({}; {}).",
        "meets": "That fits the bounds.",
        "above": "That lies above the upper bound: the reference group is more biased than assumed, or full of dirt.",
        "below": "That lies below the lower bound: more households are known than there are by that figure.",
    },
}


@dataclass(frozen=True)
class _Sides:
    """The reference group and the unlabelled by their scores, ascending, with the weight at or above each."""

    group: Floats
    base: Floats
    group_above: Floats
    base_above: Floats
    effective: tuple[float, float]

    def above(self, cuts: Floats) -> tuple[Floats, Floats]:
        """Part of the reference group, and of the unlabelled, with a score at or above each cut-off."""
        return (
            self.group_above[np.searchsorted(self.group, cuts)],
            self.base_above[np.searchsorted(self.base, cuts)],
        )

    def cuts(self, depths: Floats) -> Floats:
        """Scores above which at least such parts of the unlabelled lie: chosen without a look at the group."""
        place = np.searchsorted(-self.base_above[:-1], -depths * self.base_above[0], side="right") - 1
        found: Floats = self.base[np.maximum(place, 0)]
        return found


def _sides(scores: Floats, labelled: NDArray[np.bool_], weight: Floats | None) -> _Sides:
    x, group = np.asarray(scores, dtype=np.float64), np.asarray(labelled, dtype=np.bool_)
    w = np.ones(x.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    if x.ndim != 1 or x.shape != group.shape or x.shape != w.shape:
        raise MeasureError(f"scores {x.shape}, labels {group.shape} and weights {w.shape}: expected a column of each")
    if not np.isfinite(x).all() or not (np.isfinite(w) & (w >= 0)).all():
        raise MeasureError("scores and weights must be finite, and weights not negative")
    ordered, above, effective = [], [], []
    for side in (group, ~group):
        order = np.argsort(x[side], kind="stable")
        weights = w[side][order]
        if not weights.sum() > 0:
            raise MeasureError("the size of the group needs rows of the reference group and unlabelled rows")
        ordered.append(x[side][order])
        above.append(np.append(np.cumsum(weights[::-1])[::-1] / weights.sum(), 0.0))
        effective.append(float(weights.sum() ** 2 / np.sum(weights**2)))
    return _Sides(ordered[0], ordered[1], above[0], above[1], (effective[0], effective[1]))
