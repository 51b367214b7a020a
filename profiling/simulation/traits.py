"""What a household is like before any vendor looks: life phase, schooling, wealth, tenure, dwelling, work.

Every trait is a margin of the buurt plus a personal part with mean zero, so that buurten keep their margins
at any number of households.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.simulation.areas import Areas
from profiling.simulation.lifephases import (
    AGE_HIGH,
    AGE_LOW,
    CHILDREN,
    COUPLE,
    FAMILY,
    KIND,
    ONE_PARENT,
    SINGLE,
    Mix,
    fit_mix,
    fit_threshold,
    youngest_range,
)
from profiling.simulation.streams import logistic, pick, stream

Floats = NDArray[np.float64]
INCOME_SPREAD = 0.42
STUDENT, EMPLOYED, SELF_EMPLOYED, BENEFITS, RETIRED, NO_WORK = range(6)


def _by_phase(**kinds: float) -> Floats:
    code = {"single": SINGLE, "couple": COUPLE, "family": FAMILY, "one_parent": ONE_PARENT}
    return sum((np.where(code[kind] == KIND, value, 0.0) for kind, value in kinds.items()), np.zeros(len(KIND)))


def _by_age(*steps: tuple[int, float]) -> Floats:
    effect = np.zeros(len(KIND))
    for age, value in steps:
        effect = np.where(age <= AGE_LOW, value, effect)
    return effect


# Effects of the life phase (assumed), in standard deviations of the trait.
SCHOOL_EFFECT = _by_age((18, 0.15), (25, 0.35), (35, 0.25), (45, 0.1), (55, -0.1), (65, -0.3), (75, -0.65))
WEALTH_EFFECT = _by_phase(couple=0.35, family=0.35, one_parent=-0.5) + _by_age(
    (18, -1.2), (25, -0.2), (35, 0.0), (55, 0.1), (65, -0.05), (75, -0.3)
)
OWNER_EFFECT = _by_phase(couple=0.35, family=0.7, one_parent=-0.35) + _by_age(
    (18, -1.5), (25, -0.35), (35, 0.0), (55, 0.1), (75, -0.3), (85, -0.6)
)
HOUSE_EFFECT = _by_phase(couple=0.3, family=0.8, one_parent=0.2) + _by_age(
    (18, -0.9), (25, -0.4), (35, 0.0), (75, -0.2), (85, -0.55)
)
EARNINGS = np.exp(0.35 * WEALTH_EFFECT + _by_phase(couple=0.35, family=0.5, one_parent=0.2))


@dataclass(frozen=True)
class AreaModel:
    """The areas with everything that is worked out once: mixes, thresholds and standardised levels."""

    areas: Areas
    mix: Mix
    owner: Floats
    house: Floats
    wealth: Floats
    school: Floats
    earnings: Floats


@dataclass(frozen=True)
class Traits:
    """Households in the order of their rows; every array has shape (n,)."""

    buurt: NDArray[np.int64]
    phase: NDArray[np.int8]
    kind: NDArray[np.int8]
    age: NDArray[np.int16]
    adults: NDArray[np.int8]
    children: NDArray[np.int8]
    youngest: NDArray[np.int16]
    schooling: Floats
    wealth: Floats
    owner: NDArray[np.bool_]
    social: NDArray[np.bool_]
    house: NDArray[np.bool_]
    urbanity: NDArray[np.int8]
    background: NDArray[np.int8]
    work: NDArray[np.int8]
    income: Floats
    woz: Floats
    vulnerability: Floats

    def __len__(self) -> int:
        return len(self.buurt)

    def take(self, rows: NDArray[Any]) -> Traits:
        """The traits of some rows."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def fit_areas(areas: Areas) -> AreaModel:
    """Work out what the margins of the areas ask of their households."""
    weight = areas.households
    income, woz = _z(np.log(areas.income), weight), _z(np.log(areas.woz), weight)
    wealth = _z(0.6 * income + 0.25 * woz + 0.35 * _z(areas.owner, weight), weight)
    dense = _z(np.log(np.maximum(areas.density, 10.0)), weight)
    mix = fit_mix(areas.size, areas.old, areas.young, areas.urbanity)
    return AreaModel(
        areas=areas,
        mix=mix,
        owner=fit_threshold(mix, OWNER_EFFECT, np.clip(areas.owner, 0.003, 0.997)),
        house=fit_threshold(mix, HOUSE_EFFECT, np.clip(areas.single_family, 0.003, 0.997)),
        wealth=wealth,
        school=_z(0.8 * income + 0.35 * woz + 0.55 * dense, weight),
        earnings=mix.mean(EARNINGS),
    )


def draw_traits(model: AreaModel, buurt: NDArray[np.int64], rng: np.random.Generator) -> Traits:
    """Traits of one household per entry of `buurt` (ascending); streets of one kind stay together."""
    n, areas = len(buurt), model.areas
    phase = model.mix.draw(buurt, rng)
    kind, low, high = KIND[phase], AGE_LOW[phase], AGE_HIGH[phase]
    age = (low + rng.random(n) * (high - low + 1)).astype(np.int16)
    children = np.zeros(n, dtype=np.int8)
    for each, shares in CHILDREN.items():
        children = np.where(kind == each, 1 + pick(rng, shares, n), children).astype(np.int8)
    first, last = youngest_range(low)
    youngest = np.where(children > 0, first + np.floor(rng.random(n) * (last - first + 1)), -1).astype(np.int16)
    background = _background(model, buurt, rng)
    own_school = rng.standard_normal(n)
    own_wealth = 0.55 * own_school + np.sqrt(1 - 0.55**2) * rng.standard_normal(n)
    schooling = 0.85 * own_school + 0.45 * model.school[buurt] + SCHOOL_EFFECT[phase] - 0.15 * (background > 0)
    wealth = 0.75 * own_wealth + 0.5 * model.wealth[buurt] + WEALTH_EFFECT[phase]
    tenure = 0.5 * own_wealth + np.sqrt(1 - 0.5**2) * rng.standard_normal(n)
    # Minus: high wealth means owning, and the share stays P(normal < threshold).
    owner = -tenure < model.owner[buurt] + OWNER_EFFECT[phase]
    dwelling = 0.45 * tenure + np.sqrt(1 - 0.45**2) * rng.standard_normal(n)
    house = -dwelling < model.house[buurt] + HOUSE_EFFECT[phase]
    social = ~owner & (rng.random(n) < logistic(1.1 - 0.9 * wealth - 0.8 * (age < 27)))
    income = areas.income[buurt] * areas.size[buurt] * EARNINGS[phase] / model.earnings[buurt]
    income = income * np.exp(INCOME_SPREAD * own_wealth - INCOME_SPREAD**2 / 2)
    traits = Traits(
        buurt=buurt,
        phase=phase,
        kind=kind,
        age=age,
        adults=np.where((kind == COUPLE) | (kind == FAMILY), 2, 1).astype(np.int8),
        children=children,
        youngest=youngest,
        schooling=schooling,
        wealth=wealth,
        owner=owner,
        social=social,
        house=house,
        urbanity=areas.urbanity[buurt],
        background=background,
        work=_work(age, kind, schooling, wealth, rng),
        income=income,
        woz=_woz(areas, buurt, owner, house, own_wealth, rng),
        vulnerability=(-0.85 * schooling - 0.75 * wealth + 0.35 * ~owner + 0.2 * social - 0.27) / 1.57,
    )
    street = 2.5 * ~house + 0.6 * wealth + 0.6 * rng.standard_normal(n)
    return traits.take(np.lexsort((street, buurt)))


def draw_pilot(model: AreaModel, seed: int, n: int = 60_000) -> Traits:
    """A sample of the whole country, from which cut-offs and intercepts are taken."""
    rng = stream(seed, "pilot")
    share = model.areas.households / model.areas.households.sum()
    return draw_traits(model, np.sort(rng.choice(len(share), n, p=share)), rng)


def _z(values: Floats, weight: Floats) -> Floats:
    mean = np.average(values, weights=weight)
    result: Floats = (values - mean) / np.sqrt(np.average((values - mean) ** 2, weights=weight))
    return np.clip(result, -3.5, 3.5)


def _background(model: AreaModel, buurt: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int8]:
    """Where the household comes from: 0 the Netherlands, 1 elsewhere in Europe, 2 outside Europe (assumed)."""
    city = 5.0 - model.areas.urbanity
    outside = logistic(-3.1 + 0.42 * city - 0.45 * model.wealth)[buurt]
    europe = logistic(-3.1 + 0.22 * city)[buurt]
    u = rng.random(len(buurt))
    return (2 * (u < outside) + ((u >= outside) & (u < outside + europe))).astype(np.int8)


def _work(
    age: NDArray[np.int16], kind: NDArray[np.int8], schooling: Floats, wealth: Floats, rng: np.random.Generator
) -> NDArray[np.int8]:
    n = len(age)
    u = rng.random((3, n))
    benefits = u[0] < logistic(-2.5 - 0.5 * schooling - 0.9 * wealth + 0.5 * (kind == ONE_PARENT))
    work = np.where(u[1] < 0.13 + 0.03 * (schooling > 0.5), SELF_EMPLOYED, EMPLOYED)
    work = np.where(u[1] > 0.965, NO_WORK, work)
    work = np.where(benefits, BENEFITS, work)
    student = (age < 27) & (kind == SINGLE) & (u[2] < logistic(0.4 + 0.9 * schooling - 0.55 * (age - 22)))
    work = np.where(student, STUDENT, work)
    return np.where((age >= 67) | ((age >= 62) & (u[2] < 0.25)), RETIRED, work).astype(np.int8)


def _woz(
    areas: Areas,
    buurt: NDArray[np.int64],
    owner: NDArray[np.bool_],
    house: NDArray[np.bool_],
    own_wealth: Floats,
    rng: np.random.Generator,
) -> Floats:
    """WOZ value in thousands; the factors for tenure and dwelling average 1 over the buurt."""
    single, owned = areas.single_family[buurt], areas.owner[buurt]
    factor = np.where(house, 1.12, 0.78) / (single * 1.12 + (1 - single) * 0.78)
    factor = factor * np.where(owner, 1.08, 0.88) / (owned * 1.08 + (1 - owned) * 0.88)
    spread = 0.08 * own_wealth + 0.15 * rng.standard_normal(len(buurt))
    value: Floats = areas.woz[buurt] * factor * np.exp(spread - (0.08**2 + 0.15**2) / 2)
    return value
