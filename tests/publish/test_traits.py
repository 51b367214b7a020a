"""Household traits: medians, shares and indices against SQL, and small levels that stay hidden."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.population.config import HardFeature
from profiling.publish.traits import summarise_traits

HARD = {
    "woz": HardFeature(kind="numeric", nl="WOZ-waarde", en="Property value", group="wonen"),
    "tenure": HardFeature(kind="categorical", nl="Eigendom", en="Tenure", group="wonen"),
    "car": HardFeature(kind="numeric", group="bezit"),
}


def test_traits_equal_what_sql_says() -> None:
    rng = np.random.default_rng(3)
    member = rng.random(2_000) < 0.25
    woz = pd.Series(rng.normal(300, 60, 2_000) - 50 * member).mask(rng.random(2_000) < 0.1)
    tenure = pd.Series(np.where(rng.random(2_000) < np.where(member, 0.7, 0.4), "huur", "koop"), dtype="str")
    table = pd.DataFrame(
        {"woz": woz, "tenure": tenure.mask(rng.random(2_000) < 0.1), "car": (rng.random(2_000) < 0.5) * 1.0}
    )
    traits = summarise_traits(table, member, HARD)
    rows = {each["column"]: each for each in traits.table.to_dict("records")}
    frame = table.assign(member=member, known=woz.notna())  # missing text is NULL, a missing number is marked
    with duckdb.connect() as database:
        database.execute("CREATE TABLE one AS SELECT * FROM frame")
        query = "SELECT median(woz) FILTER (member), median(woz) FROM one WHERE known"
        medians = database.execute(query).fetchone() or ()
        query = "SELECT 100.0 * avg((woz < ?)::INT) FROM one WHERE known"
        below = (database.execute(query, medians[:1]).fetchone() or ())[0]
        share = "100.0 * avg((tenure = 'huur')::INT)"
        shares = database.execute(f"SELECT {share} FILTER (member), {share} FROM one").fetchone() or ()
    del frame
    assert (rows["woz"]["median_profile"], rows["woz"]["median_base"]) == pytest.approx(medians)
    assert rows["woz"]["percentile"] == pytest.approx(below, abs=0.1)
    assert rows["tenure"]["level"] == "huur"
    assert (rows["tenure"]["share_profile"], rows["tenure"]["share_base"]) == pytest.approx(shares)
    assert rows["tenure"]["index"] == pytest.approx(100 * shares[0] / shares[1])
    assert rows["tenure"]["sentence_nl"].startswith("Eigendom: huur komt in dit profiel 1,")
    assert "car" not in rows  # as often in the profile as in the base
    assert (traits.n_profile, traits.n_base) == (int(member.sum()), 2_000)


def test_small_levels_are_no_traits() -> None:
    member = np.arange(200) < 20
    table = pd.DataFrame({"tenure": ["boot"] * 9 + ["huur"] * 11 + ["koop"] * 180, "woz": np.nan, "car": 1.0})
    levels = summarise_traits(table, member, HARD).table
    assert "boot" not in set(levels["level"])
