"""Registrations of visits: who comes to study, and who uses the same counter for other things."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.contacts import (
    Contacts,
    Public,
    chosen,
    contact_table,
    eldest_child,
    joined,
    persons,
    repeated,
)
from profiling.simulation.streams import logistic
from profiling.simulation.traits import RETIRED, STUDENT

PURPOSES = ("STUDY", "TOGETHER", "COMPUTER", "READING", "EVENT")
STUDY, TOGETHER, COMPUTER, READING, EVENT = range(5)
NAMES = {"id": "visit_id", "person": "visitor", "code": "purpose", "date": "visited_on"}
DAYS = 500
# Shares of the purposes by who comes (assumed).
MIX = {
    "student": (0.66, 0.20, 0.12, 0.01, 0.01),
    "once": (0.45, 0.15, 0.25, 0.05, 0.10),
    "reader": (0.00, 0.02, 0.18, 0.62, 0.18),
    "tutor": (0.70, 0.30, 0.00, 0.00, 0.00),
}


def visit_table(public: Public) -> pa.Table:
    """Rows of `visits.parquet`: registrations of one chunk of households."""
    rng = public.stream("visits")
    traits, studies = public.traits, public.truths["studies_in_library"]
    child = eldest_child(traits)
    young = np.where((traits.work == STUDENT) | (child < 14), traits.age, np.maximum(child, 14))
    near = -0.12 * np.minimum(public.distance, 10.0)
    student = chosen(public, studies * logistic(0.2 + near + 0.15 * (traits.work == STUDENT)), rng)
    once = chosen(public, 0.03 * (~studies & (child >= 14)), rng)
    reader = chosen(public, 0.05 * logistic(near) * (traits.work == RETIRED), rng)
    tutor = chosen(public, 0.004 * (~studies & (traits.schooling > 0.5) & (traits.age < 60)), rng)
    parts = [
        _people(public, student, young, "student", 5.0, 0, rng),
        _people(public, once, young, "once", 0.2, 1, rng),
        _people(public, reader, traits.age, "reader", 4.0, 2, rng),
        _people(public, tutor, traits.age, "tutor", 3.0, 3, rng),
    ]
    return contact_table(public, joined(parts), rng, kind="visit", names=NAMES, codes=PURPOSES, days=DAYS)


def _people(
    public: Public,
    row: NDArray[np.int64],
    age: NDArray[np.integer],
    kind: str,
    more: float,
    which: int,
    rng: np.random.Generator,
) -> Contacts:
    """Each of them once, and `more` times on average besides, with the purposes of their kind."""
    once = Contacts(row, persons(public, row, which), np.zeros(len(row), np.int64), age[row])
    every = repeated(once, np.minimum(1 + rng.poisson(more, len(row)), 200))
    purpose = np.searchsorted(np.cumsum(MIX[kind])[:-1], rng.random(len(every.row)), side="right")
    return Contacts(every.row, every.person, purpose, every.age)
