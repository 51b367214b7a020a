"""A lending export as a library system gives it: what the cards borrowed, dirt included."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.columns import coded, hexadecimal, numbered, numbers
from profiling.simulation.libraries import Libraries
from profiling.simulation.members import CARD_TYPES, CHILD, LEARNER, ORDINARY, PARENT, READER, TEACHER, VOLUNTEER, Cards

# code, name, audience, level, language
COLLECTIONS = (
    ("ROM", "Romans volwassenen", "adult", "standard", "nl"),
    ("INF", "Informatieve boeken volwassenen", "adult", "standard", "nl"),
    ("GLT", "Grootletterboeken", "adult", "standard", "nl"),
    ("ANT", "Boeken in andere talen", "adult", "standard", "other"),
    ("MLV", "Makkelijk lezen volwassenen", "adult", "low_literacy", "nt1"),
    ("TPN", "Taalpunt taal en rekenen", "adult", "low_literacy", "nt1"),
    ("NT2", "Leer Nederlands", "adult", "low_literacy", "nt2"),
    ("INB", "Inburgering", "adult", "low_literacy", "nt2"),
    ("DID", "Lesmateriaal en handleidingen", "adult", "teaching", "nl"),
    ("JPB", "Prentenboeken", "youth", "standard", "nl"),
    ("JBC", "Jeugd fictie", "youth", "standard", "nl"),
    ("JIN", "Jeugd informatief", "youth", "standard", "nl"),
    ("MLP", "Makkelijk Lezen Plein", "youth", "low_literacy", "nl"),
)
CODES = tuple(row[0] for row in COLLECTIONS)
LEVELS = tuple(row[3] for row in COLLECTIONS)
DAYS = 640
# Loans per card in those 640 days, by use of the card and collection (assumed).
RATES = {
    ORDINARY: (7.0, 3.0, 0.8, 0.4, 0.01, 0.01, 0.0, 0.0, 0.05, 0.6, 0.6, 0.3, 0.0),
    READER: (1.0, 0.8, 0.4, 0.1, 8.0, 2.0, 0.0, 0.0, 0.0, 0.3, 0.2, 0.1, 0.0),
    PARENT: (3.0, 1.5, 0.0, 0.1, 8.0, 1.0, 0.0, 0.0, 0.3, 4.0, 11.0, 5.0, 4.0),
    TEACHER: (4.0, 3.0, 0.0, 0.2, 7.0, 3.0, 1.0, 0.3, 9.0, 4.0, 4.0, 3.0, 2.0),
    VOLUNTEER: (6.0, 3.0, 0.6, 0.2, 6.0, 4.0, 6.0, 1.5, 2.5, 0.3, 0.3, 0.2, 0.0),
    LEARNER: (0.6, 0.6, 0.0, 2.5, 7.0, 3.0, 6.0, 2.0, 0.0, 0.5, 0.4, 0.2, 0.0),
    CHILD: (0.2, 0.1, 0.0, 0.0, 0.15, 0.0, 0.0, 0.0, 0.0, 5.0, 9.0, 3.0, 0.8),
}
DUPLICATE, BAD_DATE, NO_AGE, NO_LEVEL = 0.004, 0.001, 0.02, 0.01


def write_collections(path: Path) -> None:
    """`collections.csv`: code, name, audience, level, language."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle, lineterminator="\n")
        rows.writerow(("code", "name", "audience", "level", "language"))
        rows.writerows(COLLECTIONS)


def loan_table(
    cards: Cards, libraries: Libraries, snapshot: datetime.date, first: int, rng: np.random.Generator
) -> pa.Table:
    """Loans of some cards, numbered from `first`; a few rows stand twice."""
    card, collection = _borrowed(cards, rng)
    n = len(card)
    number = first + np.arange(n)
    again = rng.random(n) < DUPLICATE
    order = np.sort(np.concatenate([np.arange(n), np.flatnonzero(again)]), kind="stable")
    lent = _dates(n, snapshot, rng)
    age = cards.age[card].astype(np.int64)
    gone = rng.random(n) < NO_AGE
    unmarked = rng.random(n) < NO_LEVEL
    # A row that stands twice is the same in every column.
    card, collection, number = card[order], collection[order], number[order]
    return pa.table(
        {
            "loan_id": numbered("L", number, 9),
            "patron": hexadecimal(cards.key[card]),
            "card_type": coded(cards.kind[card], CARD_TYPES),
            "borrower_age": numbers(age[order], pa.int16(), gone[order]),
            "lent_on": pa.array(lent[order].astype(np.int32), pa.int32()).cast(pa.date32()),
            "collection": coded(collection, CODES),
            "reading_level": coded(collection, LEVELS, unmarked[order]),
            "branch": coded(cards.branch[card], libraries.branch_code(np.arange(len(libraries.branch_library)))),
            **{name: column.take(pa.array(card)) for name, column in cards.address.items()},
        }
    )


def _borrowed(cards: Cards, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(card, collection) of every loan."""
    rates = np.array([RATES[use] for use in sorted(RATES)])[cards.use]
    activity = rng.gamma(2.0, 0.5, len(cards))
    counts = rng.poisson(rates * activity[:, None])
    flat = np.repeat(np.arange(counts.size), counts.ravel())
    card, collection = np.divmod(flat, len(CODES))
    return card, collection


def _dates(n: int, snapshot: datetime.date, rng: np.random.Generator) -> NDArray[np.int64]:
    """Days since 1970; a few are nonsense: 1900, or after the snapshot."""
    today = int(np.datetime64(snapshot, "D").astype(np.int64))
    lent = today - 1 - rng.integers(0, DAYS, n)
    bad = rng.random(n)
    lent = np.where(bad < BAD_DATE / 2, int(np.datetime64("1900-01-01", "D").astype(np.int64)), lent)
    late: NDArray[np.int64] = np.where((bad >= BAD_DATE / 2) & (bad < BAD_DATE), today + rng.integers(1, 900, n), lent)
    return late
