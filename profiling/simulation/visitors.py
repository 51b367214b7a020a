"""Visitors asked for their postcode at the door: members and others; and who truly comes without being a member."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.columns import coded
from profiling.simulation.contacts import Public, dates
from profiling.simulation.streams import intercept, logistic
from profiling.simulation.traits import BENEFITS, STUDENT, Traits

Floats = NDArray[np.float64]
VISITS = 0.15
ANSWERS = ("yes", "no", "unknown")
MEMBER, NO_MEMBER, SILENT = range(3)
DAYS = 28
ASKED = 0.40
ONLY_PC4, NO_POSTCODE, SAYS_NO, SAYS_NOTHING = 0.15, 0.02, 0.04, 0.03


@dataclass(frozen=True)
class VisitorModel:
    """The intercept that gives visits their prevalence in the country."""

    intercept: float


def fit_visitors(pilot: Traits, distance: Floats, rng: np.random.Generator) -> VisitorModel:
    """Take the intercept from a sample of the country."""
    return VisitorModel(intercept(_linear(pilot, distance, rng), VISITS))


def _linear(traits: Traits, distance: Floats, rng: np.random.Generator) -> Floats:
    """Log odds of coming to the library without needing a card for it (assumed): papers, play, printing, a seat."""
    small = (traits.children > 0) & (traits.youngest < 6)
    linear: Floats = (
        1.5 * (traits.work == STUDENT)
        + 1.0 * ((traits.age >= 67) & (traits.adults == 1))
        + 0.9 * small
        + 0.9 * (traits.work == BENEFITS)
        + 0.8 * (traits.background > 0)
        - 0.22 * np.minimum(distance, 10.0)
        - 0.3 * traits.owner
        + 0.35 * rng.standard_normal(len(traits))
    )
    return linear


def visitor_tables(public: Public, model: VisitorModel, household: pa.Array) -> tuple[pa.Table, pa.Table]:
    """Rows of `truth_visitors.parquet` and of `visitor_postcodes.parquet` for one chunk of households.

    The truth has visits_but_no_member, and asked_no_member (who of them was asked, so that household labels of the
    same people can be compared with their postcodes). The survey has day, branch, postcode and "are you a member?":
    no key, no house number.
    """
    rng = public.stream("visitors")
    n = len(public)
    visits = rng.random(n) < logistic(_linear(public.traits, public.distance, rng) + model.intercept)
    comes = np.where(public.member, rng.random(n) < 0.55, visits)
    asked = public.served & comes & (rng.random(n) < ASKED)
    alone = visits & ~public.member
    truth = pa.table(
        {
            "household_id": household,
            "visits_but_no_member": pa.array(alone),
            "asked_no_member": pa.array(asked & alone),
        }
    )
    at = np.flatnonzero(asked)
    u, member = rng.random(len(at)), public.member[at]
    answer = np.where(member, np.where(u < SAYS_NO, NO_MEMBER, MEMBER), NO_MEMBER)
    answer = np.where(u >= 1 - SAYS_NOTHING, SILENT, answer)
    branches = public.libraries.branch_code(np.arange(len(public.libraries.branch_library)))
    rows = pa.table(
        {
            "asked_on": dates(len(at), public.snapshot, DAYS, rng),
            "branch": coded(public.branch[at], branches),
            "postcode": _said(public.addresses.postcode.take(pa.array(at)), rng),
            "member": coded(answer, ANSWERS),
        }
    )
    # In the order of answers given: a survey must not betray the order of the household file.
    return truth, rows.take(pa.array(rng.permutation(len(at))))


def _said(postcode: pa.Array, rng: np.random.Generator) -> pa.Array:
    """As people say it: with a space, the four digits only, or not at all."""
    u = rng.random(len(postcode))
    words = []
    for each, word in zip(u, postcode.to_pylist(), strict=True):
        if each < NO_POSTCODE:
            words.append("weet niet" if each < NO_POSTCODE / 2 else None)
        elif each < NO_POSTCODE + ONLY_PC4:
            words.append(word[:4])
        else:
            words.append(f"{word[:4]} {word[4:]}" if each > 0.8 else word)
    return pa.array(words, pa.string())
