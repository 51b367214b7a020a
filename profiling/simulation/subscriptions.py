"""Cards that say more than "member": subscriptions of young adults, and youth cards on a scheme."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.contacts import Contacts, Public, chosen, contact_table, eldest_child, joined, persons
from profiling.simulation.traits import BENEFITS

SUBSCRIPTIONS = ("STU", "JNG")
STUDENT_CARD, YOUNG_CARD = 0, 1
# A municipality's scheme for low incomes, its city pass, early education (VVE) by indication, and no scheme.
SCHEMES = ("MEEDOEN", "STADSPAS", "VVE", "GEEN")
PARTICIPATION, CITY_PASS, EARLY, NONE = range(4)
CARD = {"id": "card_id", "person": "patron", "code": "subscription", "date": "member_since"}
SCHEME = {**CARD, "code": "scheme"}
DAYS = 1_400


def young_adult_table(public: Public) -> pa.Table:
    """Rows of `young_adult_cards.parquet`: student and young-adult subscriptions (18 to 27) of one chunk.

    Students who live with their parents have the same card at their parents' address: the dirt of this group.
    """
    rng = public.stream("young adults")
    traits, away = public.traits, public.truths["student_living_away"]
    child = eldest_child(traits)
    near = np.exp(-0.10 * np.minimum(public.distance, 10.0))
    student = chosen(public, 0.40 * away * near, rng)
    young = chosen(public, 0.12 * (~away & (traits.age < 28)) * near, rng)
    home = chosen(public, 0.10 * (child >= 18) * near, rng)
    age = np.maximum(child[home], 18)
    parts = [
        _held(public, student, traits.age[student], 0.85, 0, rng),
        _held(public, young, traits.age[young], 0.10, 1, rng),
        _held(public, home, age, 0.60, 2, rng),
    ]
    return contact_table(public, joined(parts), rng, kind="young adult", names=CARD, codes=SUBSCRIPTIONS, days=DAYS)


def youth_table(public: Public) -> pa.Table:
    """Rows of `youth_cards.parquet`: youth cards with the scheme that pays them, of one chunk of households.

    Two definitions of "vulnerable" can be read from it: poverty (a municipality's scheme or pass; few who have no
    right to it) and early education (an indication for children of 2 to 6 of little-schooled parents).
    """
    rng = public.stream("youth schemes")
    traits, vulnerable = public.traits, public.truths["vulnerable_household_with_children"]
    child = (traits.youngest >= 0) & (traits.youngest < 18)
    row = chosen(public, np.where(vulnerable, 0.62, 0.50) * child, rng)
    poor = vulnerable[row] | (rng.random(len(row)) < 0.20) & (traits.work[row] == BENEFITS)
    takes = rng.random(len(row)) < np.where(poor, 0.60, 0.015)
    early = (traits.youngest[row] >= 2) & (traits.youngest[row] <= 6) & (traits.schooling[row] < -0.3)
    code = np.where(rng.random(len(row)) < 0.7, PARTICIPATION, CITY_PASS)
    code = np.where(takes, code, np.where(early & (rng.random(len(row)) < 0.9), EARLY, NONE))
    contacts = Contacts(row, persons(public, row, 0), code, traits.youngest[row])
    return contact_table(public, contacts, rng, kind="youth", names=SCHEME, codes=SCHEMES, days=DAYS)


def _held(
    public: Public,
    row: NDArray[np.int64],
    age: NDArray[np.integer],
    student: float,
    which: int,
    rng: np.random.Generator,
) -> Contacts:
    code = np.where(rng.random(len(row)) < student, STUDENT_CARD, YOUNG_CARD)
    return Contacts(row, persons(public, row, which), code, age)
