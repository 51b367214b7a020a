"""The information desk for digital government (IDO): registrations without background, and a survey with consent."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from profiling.simulation.columns import coded
from profiling.simulation.contacts import Contacts, Public, chosen, contact_table, dates, joined, persons
from profiling.simulation.streams import logistic

TOPICS = ("DIGID", "TAX", "ALLOWANCE", "HEALTH", "MUNICIPALITY", "PENSION", "COMPUTER", "LIBRARY")
CONSENT, SELF, OTHER = ("yes", "no"), "self", "somebody_else"
NAMES = {"id": "response_id", "person": "respondent", "code": "topic", "date": "asked_on"}
DAYS = 400
# Shares of the topics of those who need help, and of passers-by (assumed).
NEED = (0.27, 0.16, 0.17, 0.09, 0.12, 0.07, 0.10, 0.02)
PASSER = (0.04, 0.05, 0.03, 0.03, 0.05, 0.02, 0.28, 0.50)
CONSENTS = 0.62


def desk_tables(public: Public) -> tuple[pa.Table, pa.Table]:
    """Rows of `ido_registrations.parquet` and of `ido_survey.parquet` for one chunk of households.

    A registration holds day, branch and topic: since April 2024 the national form asks no background. The survey asks
    a part of the visitors for consent and their address; who comes for a neighbour or parent says so, mostly.
    """
    rng = public.stream("desk")
    traits, need = public.traits, public.truths["needs_digital_government_help"]
    near = -0.12 * np.minimum(public.distance, 10.0)
    came = chosen(public, need * logistic(-1.3 + near + 0.3 * (traits.age >= 65) + 0.2 * (traits.adults == 1)), rng)
    passer = chosen(public, 0.012 * ~need * logistic(near), rng)
    helper = chosen(public, 0.006 * (~need & (traits.schooling > 0) & (traits.age >= 30)), rng)
    parts = []
    for which, (row, mix) in enumerate(((came, NEED), (passer, PASSER), (helper, NEED))):
        topic = np.searchsorted(np.cumsum(mix)[:-1], rng.random(len(row)), side="right")
        parts.append(Contacts(row, persons(public, row, which), topic, traits.age[row]))
    contacts = joined(parts)
    n = len(contacts.row)
    branches = public.libraries.branch_code(np.arange(len(public.libraries.branch_library)))
    registrations = pa.table(
        {
            "registered_on": dates(n, public.snapshot, DAYS, rng),
            "branch": coded(public.branch[contacts.row], branches),
            "topic": coded(contacts.code, TOPICS),
        }
    )
    at = np.flatnonzero(rng.random(n) < 0.45)
    asked = Contacts(contacts.row[at], contacts.person[at], contacts.code[at], contacts.age[at])
    said = asked.person % 16 == 2
    # One in five of those who come for somebody else does not say so.
    other = said & (rng.random(len(at)) < 0.8)
    refused = rng.random(len(at)) >= CONSENTS
    extra = {
        "consent": coded(refused.astype(np.int8), CONSENT),
        "on_behalf_of": coded(other.astype(np.int8), (SELF, OTHER)),
    }
    survey = contact_table(public, asked, rng, kind="survey", names=NAMES, codes=TOPICS, days=DAYS, extra=extra)
    return registrations, _without_address(survey)


def _without_address(survey: pa.Table) -> pa.Table:
    """Who gives no consent leaves no address and no age."""
    keep = survey["consent"].combine_chunks().to_numpy(zero_copy_only=False) == "yes"
    table = survey
    for name in ("age", "postcode", "house_number", "addition"):
        at = table.column_names.index(name)
        column = table[name].combine_chunks()
        blank = pa.compute.if_else(pa.array(keep), column, pa.scalar(None, column.type))
        table = table.set_column(at, name, blank)
    return table
