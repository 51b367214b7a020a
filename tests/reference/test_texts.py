"""Days as people write them: the two readers agree, and a year of two digits is no year of the Romans."""

from __future__ import annotations

import datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiling.reference.texts import LONG_YEARS, SHORT_YEARS, days, read_days
from profiling.sql import open_database


def both(texts: list[str]) -> list[tuple[datetime.date | None, datetime.date | None]]:
    with open_database() as database:
        database.register("raw", pa.table({"lent_on": texts}))
        read_days(database, "lent_on")
        asked = dict(database.execute("SELECT text, day FROM written_day").fetchall())
    mine = days(pd.Series(texts))
    return [(asked[text], None if pd.isna(day) else day.date()) for text, day in zip(texts, mine, strict=True)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 12, 31)), min_size=1, max_size=20))
def test_every_form_is_read_as_the_day_that_was_written(written: list[datetime.date]) -> None:
    tails = ("", " 14:05:00", "T00:00:00")
    asked = [
        (day, day.strftime(form) + tail) for form in (*LONG_YEARS, *SHORT_YEARS) for tail in tails for day in written
    ]
    assert both([text for _, text in asked]) == [(day, day) for day, _ in asked]


@pytest.mark.parametrize("text", ["3-4-26", "03/04/26", "3-4-2026", " 2026-04-03 "])
def test_short_days_and_years(text: str) -> None:
    assert both([text]) == [(datetime.date(2026, 4, 3),) * 2]


@pytest.mark.parametrize("text", ["31-02-2026", "2026-13-01", "soon", "", "12", "1-2-3-4"])
def test_what_is_no_day_is_missing(text: str) -> None:
    assert both([text]) == [(None, None)]
