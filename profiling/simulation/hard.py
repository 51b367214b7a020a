"""The vendor's hard features: what registers and models say of a household, with error and gaps.

Which may enter a profile model, and in which group they are shown, stands in the population's configuration.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from profiling.simulation.areas import Areas
from profiling.simulation.columns import coded, numbers
from profiling.simulation.lifephases import COUPLE, FAMILY, ONE_PARENT, SINGLE
from profiling.simulation.streams import logistic
from profiling.simulation.traits import BENEFITS, EMPLOYED, SELF_EMPLOYED, Traits

Floats = NDArray[np.float64]
EDUCATION = ("low", "middle", "high")
INCOME = ("minimum", "low", "modal", "above_modal", "double_modal", "high")
INCOME_CUTS = (26.0, 42.0, 65.0, 95.0, 135.0)
SAVINGS = ("none", "small", "medium", "large")
ENERGY = ("G", "F", "E", "D", "C", "B", "A")
RISK = ("low", "middle", "high")
INTERNET = ("none", "basic", "fast", "fibre")
HOUSEHOLD = ("single", "couple", "couple_with_children", "single_parent")
STAGE = (
    "young_single",
    "young_couple",
    "young_children",
    "older_children",
    "middle_childless",
    "empty_nest",
    "senior",
    "old_senior",
)
TENURE = ("owner", "social_rent", "private_rent")
DWELLING = ("terraced", "corner", "semi_detached", "detached", "flat", "maisonette", "studio")
WORK = ("student", "employed", "self_employed", "benefits", "retired", "none")
BACKGROUND = ("netherlands", "europe", "outside_europe")
# Share of values missing at random (assumed).
MISSING = {
    "age_oldest": 0.03,
    "education": 0.12,
    "income_class": 0.06,
    "household_income": 0.06,
    "purchasing_power": 0.04,
    "savings_class": 0.15,
    "tenure": 0.01,
    "woz_value": 0.02,
    "build_year": 0.01,
    "floor_area": 0.02,
    "energy_label": 0.18,
    "gas_use": 0.10,
    "electricity_use": 0.08,
    "work_status": 0.05,
    "debt_risk": 0.08,
    "internet_class": 0.10,
    "years_at_address": 0.02,
}


def hard_columns(areas: Areas, traits: Traits, distance: Floats, rng: np.random.Generator) -> dict[str, pa.Array]:
    """All hard features, and `migration_background`, which is there but may never be used.

    Parameters
    ----------
    distance : float array of shape (n,)
        Kilometres to the nearest library branch.
    """
    columns = _people(traits, rng) | _money(traits, rng) | _dwelling(traits, rng) | _habits(traits, rng)
    columns |= _surroundings(areas, traits, distance, rng)
    for name, share in MISSING.items():
        gone = rng.random(len(traits), dtype=np.float32) < share
        columns[name] = _without(columns[name], gone)
    columns["migration_background"] = coded(traits.background, BACKGROUND)
    return columns


def _without(column: pa.Array, gone: NDArray[np.bool_]) -> pa.Array:
    return pa.compute.if_else(pa.array(gone), pa.scalar(None, column.type), column)


def _people(traits: Traits, rng: np.random.Generator) -> dict[str, pa.Array]:
    n, age, some = len(traits), traits.age, traits.children > 0
    conditions = [some & (traits.youngest < 12), some, age >= 75, age >= 65, age >= 50, age >= 35]
    stage = np.select(conditions, [2, 3, 7, 6, 5, 4], np.where(traits.adults == 1, 0, 1))
    schooling = traits.schooling + 0.30 * rng.standard_normal(n)
    earners = rng.binomial(traits.adults, np.where(np.isin(traits.work, (EMPLOYED, SELF_EMPLOYED)), 0.85, 0.04))
    kinds = {SINGLE: 0, COUPLE: 1, FAMILY: 2, ONE_PARENT: 3}
    return {
        "age_oldest": numbers(age, pa.int16()),
        "household_type": coded(np.array([kinds[each] for each in range(4)])[traits.kind], HOUSEHOLD),
        "life_stage": coded(stage, STAGE),
        "persons": numbers(traits.adults + traits.children, pa.int8()),
        "adults": numbers(traits.adults, pa.int8()),
        "children": numbers(traits.children, pa.int8()),
        "age_youngest_child": numbers(traits.youngest, pa.int8(), traits.youngest < 0),
        "education": coded((schooling > -0.75).astype(np.int8) + (schooling > 0.32), EDUCATION),
        "work_status": coded(traits.work, WORK),
        "earners": numbers(earners, pa.int8()),
    }


def _money(traits: Traits, rng: np.random.Generator) -> dict[str, pa.Array]:
    n = len(traits)
    estimate = traits.income * np.exp(0.12 * rng.standard_normal(n))
    size = (traits.adults + 0.5 * traits.children) ** 0.6
    saved = traits.wealth + 0.012 * (traits.age - 50) + 0.6 * rng.standard_normal(n)
    risk = -traits.wealth - 0.25 * traits.schooling - 0.015 * (traits.age - 50) + 0.8 * rng.standard_normal(n)
    benefits = (traits.work == BENEFITS) | (rng.random(n) < 0.02 + 0.05 * (traits.wealth < -0.8))
    return {
        "household_income": numbers(np.round(traits.income, 1), pa.float32()),
        "income_class": coded(np.searchsorted(INCOME_CUTS, estimate, side="right"), INCOME),
        "purchasing_power": numbers(np.round(100 * estimate / size / 52.0), pa.int16()),
        "savings_class": coded(np.searchsorted((-0.9, 0.1, 1.0), saved, side="right"), SAVINGS),
        "debt_risk": coded(np.searchsorted((0.5, 1.5), risk, side="right"), RISK),
        "benefits": numbers(benefits, pa.int8()),
        "tenure": coded(np.where(traits.owner, 0, np.where(traits.social, 1, 2)), TENURE),
        "woz_value": numbers(np.rint(traits.woz), pa.int16()),
    }


def _dwelling(traits: Traits, rng: np.random.Generator) -> dict[str, pa.Array]:
    n, u = len(traits), rng.random(len(traits))
    room = 0.30 * (traits.urbanity - 3) + 0.45 * traits.wealth + 0.4 * traits.owner
    detached, semi = logistic(-2.3 + room), logistic(-1.3 + room)
    house = np.select([u < detached, u < detached + semi * (1 - detached), u > 0.86], [3, 2, 1], 0)
    small = (traits.adults == 1) & (u < 0.10 + 0.25 * (traits.age < 28))
    kind = np.where(traits.house, house, np.where(small, 6, np.where(u > 0.8, 5, 4)))
    old = rng.random(n) < 0.10 + 0.07 * (5 - traits.urbanity)
    year = np.where(old, 1890 + 55 * rng.random(n), np.where(traits.social, 1950, 1956) + 66 * rng.beta(1.3, 1.6, n))
    typical = np.array([112.0, 116.0, 135.0, 170.0, 75.0, 82.0, 34.0])[kind]
    area = typical * np.exp(0.10 * traits.wealth + 0.14 * rng.standard_normal(n)) * np.where(traits.social, 0.9, 1.0)
    label = (year - 1920) / 18.0 + 0.25 * traits.wealth + 1.0 * rng.standard_normal(n)
    gas = 9.5 * area * np.exp(-0.006 * (year - 1970) + 0.3 * rng.standard_normal(n))
    power = 900 + 620.0 * (traits.adults + traits.children) + 4.0 * area
    return {
        "dwelling_type": coded(kind, DWELLING),
        "build_year": numbers(np.floor(np.minimum(year, 2025)), pa.int16()),
        "floor_area": numbers(np.rint(np.clip(area, 15, 600)), pa.int16()),
        "rooms": numbers(np.clip(np.rint(area / 27 + 0.4 * rng.standard_normal(n)), 1, 12), pa.int8()),
        "garden": numbers(rng.random(n) < np.where(traits.house, 0.95, 0.12), pa.int8()),
        "energy_label": coded(np.clip(np.rint(label), 0, 6).astype(np.int8), ENERGY),
        "gas_use": numbers(np.rint(np.clip(gas, 0, 9000) / 10) * 10, pa.int16()),
        "electricity_use": numbers(np.rint(power * np.exp(0.3 * rng.standard_normal(n)) / 10) * 10, pa.int32()),
    }


def _habits(traits: Traits, rng: np.random.Generator) -> dict[str, pa.Array]:
    n, age = len(traits), traits.age
    want = -0.2 + 0.45 * traits.wealth + 0.30 * (traits.urbanity - 3) + 0.85 * (traits.adults - 1)
    want = want - 0.9 * (age < 25) - 0.6 * (age > 80) + 0.2 * (traits.children > 0)
    cars = rng.binomial(3, logistic(want - 0.6))
    settled = rng.exponential(np.where(traits.owner, 14.0, 9.0)) * np.clip((age - 16) / 40.0, 0.05, 1.6)
    net = 1.6 - 0.03 * (age - 45) + 0.4 * traits.schooling + 0.3 * traits.wealth + 0.9 * rng.standard_normal(n)
    return {
        "cars": numbers(cars, pa.int8()),
        "car_value": numbers(
            np.round(np.exp(2.3 + 0.35 * traits.wealth + 0.5 * rng.standard_normal(n)), 1), pa.float32(), cars == 0
        ),
        "years_at_address": numbers(np.floor(np.clip(settled, 0, np.maximum(age - 17, 1))), pa.int8()),
        "internet_class": coded(np.searchsorted((-0.6, 0.7, 1.9), net, side="right"), INTERNET),
        "business_at_address": numbers(rng.random(n) < np.where(traits.work == SELF_EMPLOYED, 0.7, 0.03), pa.int8()),
    }


def _surroundings(areas: Areas, traits: Traits, distance: Floats, rng: np.random.Generator) -> dict[str, pa.Array]:
    buurt, n = traits.buurt, len(traits)

    def near(values: Floats) -> pa.Array:
        return numbers(np.round(values[buurt] * np.exp(0.25 * rng.standard_normal(n)), 2), pa.float32())

    def level(values: Floats, digits: int = 0) -> pa.Array:
        return numbers(np.round(values[buurt], digits), pa.float32())

    return {
        "urbanity": numbers(traits.urbanity, pa.int8()),
        "address_density": level(areas.density),
        "distance_branch": numbers(np.round(distance, 2), pa.float32()),
        "distance_school": near(areas.school),
        "distance_supermarket": near(areas.supermarket),
        "distance_doctor": near(areas.doctor),
        "area_owner_share": level(100 * areas.owner),
        "area_single_family_share": level(100 * areas.single_family),
        "area_woz": level(areas.woz),
        "area_income": level(areas.income, 1),
        "area_old_share": level(100 * areas.old, 1),
        "area_young_share": level(100 * areas.young, 1),
    }
