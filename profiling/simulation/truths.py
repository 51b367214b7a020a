"""The truths: what is the case in a household and no file says. For evaluation only.

Prevalences and their sources stand in ASSUMPTIONS.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from profiling.simulation.segments import SegmentModel, tightness
from profiling.simulation.streams import intercept, logistic
from profiling.simulation.traits import BENEFITS, RETIRED, STUDENT, Traits

Floats = NDArray[np.float64]
PREVALENCE = {
    "low_literacy_nt1": 0.080,
    "low_literacy_nt2": 0.045,
    "digitally_low_literate": 0.150,
    "needs_digital_government_help": 0.180,
    "student_living_away": 0.035,
    "vulnerable_household_with_children": 0.045,
    "studies_in_library": 0.030,
}
NAMES = tuple(PREVALENCE)
HIDDEN = 0.35


@dataclass(frozen=True)
class TruthModel:
    """Intercepts that give each truth its prevalence in the country."""

    intercepts: dict[str, float]
    segments: SegmentModel


def fit_truths(pilot: Traits, segments: SegmentModel, rng: np.random.Generator) -> TruthModel:
    """Take the intercepts from a sample of the country."""
    linear = _linear(pilot, segments, rng)
    return TruthModel({name: intercept(linear[name], share) for name, share in PREVALENCE.items()}, segments)


def draw_truths(model: TruthModel, traits: Traits, rng: np.random.Generator) -> dict[str, NDArray[np.bool_]]:
    """One boolean array of shape (n,) per truth."""
    linear = _linear(traits, model.segments, rng)
    return {name: rng.random(len(traits)) < logistic(linear[name] + model.intercepts[name]) for name in PREVALENCE}


def _linear(traits: Traits, segments: SegmentModel, rng: np.random.Generator) -> dict[str, Floats]:
    n, never = len(traits), -60.0
    v, age, children = traits.vulnerability, traits.age, traits.children > 0
    poor, low = -traits.wealth, -traits.schooling
    renter, benefits, student = ~traits.owner, traits.work == BENEFITS, traits.work == STUDENT
    foreign, european = traits.background == 2, traits.background == 1
    hidden = HIDDEN * rng.standard_normal((len(NAMES), n))
    nt1 = (
        0.30 * v
        + 2.10 * logistic(tightness(segments, traits) / 0.13)
        + 0.12 * low
        + 0.30 * ((age >= 55) & (age < 80))
        + 0.15 * (age < 35)
        + 0.30 * (traits.adults - 1)
        + 0.20 * (renter & children)
        + 0.35 * benefits
        + 0.25 * (renter & (traits.urbanity <= 2))
        - 1.5 * foreign
        - 0.9 * european
    )
    old = np.clip((age - 50) / 10.0, 0.0, 4.0)
    digital = 0.75 * v + 0.75 * old + 0.2 * (traits.adults == 1)
    linear = {
        "low_literacy_nt1": nt1,
        "low_literacy_nt2": np.where(foreign | european, 0.8 * low + 0.5 * poor + 0.9 * foreign, never),
        "digitally_low_literate": digital,
        "needs_digital_government_help": 0.8 * digital + 0.5 * benefits + 0.5 * foreign,
        "student_living_away": np.where(student, 0.6 * (traits.urbanity <= 2) + 0.4 * renter, never),
        "vulnerable_household_with_children": np.where(
            children & (traits.youngest < 18), 1.5 * poor + 0.5 * v + 1.0 * benefits + 0.5 * (traits.adults == 1), never
        ),
        "studies_in_library": np.where(
            student | (children & (traits.youngest + 3 * (traits.children - 1) >= 14)),
            1.4 * student + 0.5 * traits.schooling + 0.35 * (traits.urbanity <= 2) - 0.2 * traits.owner,
            np.where(traits.work == RETIRED, never, -3.0),
        ),
    }
    return {name: linear[name] + hidden[at] for at, name in enumerate(NAMES)}
