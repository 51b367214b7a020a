"""Enrolments in courses: who learns to use a computer, and the volunteers, advanced pupils and helpers beside them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from profiling.simulation.columns import coded, numbers
from profiling.simulation.contacts import Contacts, Public, chosen, contact_table, joined, persons, repeated
from profiling.simulation.streams import logistic

# Klik & Tik (beginners), Klik & Tik (on the web), Digisterker, tablet and smartphone, and two for who can already.
COURSES = ("KT1", "KT2", "DGS", "TAB", "FOTO", "WEB")
ROLES = ("participant", "volunteer", "staff")
PARTICIPANT, VOLUNTEER = 0, 1
NAMES = {"id": "enrolment_id", "person": "participant", "code": "course", "date": "started_on"}
DAYS = 900
MIX = {
    "learner": (0.48, 0.20, 0.14, 0.15, 0.02, 0.01),
    "able": (0.01, 0.03, 0.06, 0.10, 0.45, 0.35),
    "volunteer": (0.50, 0.20, 0.20, 0.10, 0.00, 0.00),
    "helper": (0.60, 0.20, 0.10, 0.10, 0.00, 0.00),
}


def course_table(public: Public) -> pa.Table:
    """Rows of `courses.parquet`: enrolments of one chunk of households.

    Who takes a course lives nearer, is older, and is better schooled than the others who need it: the selection
    that a look-alike has to survive. A helper is a grown-up child that enrols a parent under its own address.
    """
    rng = public.stream("courses")
    traits, low = public.traits, public.truths["digitally_low_literate"]
    near = -0.10 * np.minimum(public.distance, 10.0)
    willing = logistic(-1.9 + near + 0.25 * traits.schooling + 0.35 * (traits.age >= 60) + 0.3 * (traits.adults == 1))
    older = (traits.age >= 50) & ~low
    volunteer = older & (traits.schooling > 0.3) & (traits.age < 76)
    kinds = {
        "learner": chosen(public, low * willing, rng),
        "able": chosen(public, 0.02 * logistic(near) * older, rng),
        "volunteer": chosen(public, 0.006 * volunteer, rng),
        "helper": chosen(public, 0.003 * (~low & (traits.age >= 35) & (traits.age < 60)), rng),
    }
    parts = []
    for which, (kind, row) in enumerate(kinds.items()):
        one = Contacts(row, persons(public, row, which), np.zeros(len(row), np.int64), traits.age[row])
        every = repeated(one, 1 + rng.poisson(0.4 if kind != "volunteer" else 2.0, len(row)))
        course = np.searchsorted(np.cumsum(MIX[kind])[:-1], rng.random(len(every.row)), side="right")
        age = np.where(kind == "helper", np.minimum(every.age + 30, 96), every.age)
        parts.append(Contacts(every.row, every.person, course, age))
    contacts = joined(parts)
    n = len(contacts.row)
    helps = contacts.person % 16 == list(kinds).index("volunteer")
    # Four in ten volunteers were enrolled as participants: the system has no other way to give them a place.
    role = np.where(helps & (contacts.person // 16 % 10 >= 4), VOLUNTEER, PARTICIPANT)
    sessions = rng.binomial(8, 0.72, n) * (rng.random(n) >= 0.07)
    extra = {"role": coded(role, ROLES), "sessions": numbers(sessions, pa.int16())}
    return contact_table(public, contacts, rng, kind="course", names=NAMES, codes=COURSES, days=DAYS, extra=extra)
