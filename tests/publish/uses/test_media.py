"""The media plan: figures as SQL counts them over all households, and bounds that hold the true reach together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling.errors import ProfileError
from profiling.publish.published import Published, open_published
from profiling.publish.uses.media import SKETCH, advise, bounds, plan_media

LIMITS = {"above": 110.0, "below": 90.0}
ROW = {
    "conflict": False,
    "stability": 1.0,
    "index": 130.0,
    "index_low": 120.0,
    "index_high": 140.0,
    "share_profile": 30,
}


@pytest.fixture(scope="module")
def published(published_country: Path) -> Published:
    return open_published(published_country / "library", "tiny-profile", "1")


def test_channels_are_those_of_sql(published: Published, published_country: Path) -> None:
    plan = plan_media(published, group="hobbies")
    households = published_country / "households.parquet"
    expected = duckdb.sql(
        f"""SELECT count_if(fishing = 1 AND in_profile) AS n, 100.0 * avg(fishing) FILTER (in_profile) AS share,
            100.0 * avg(fishing) AS base_share, 100.0 * avg(in_profile::INT) FILTER (fishing = 1) AS "precision",
            100.0 * avg(greatest(fishing, museums)) FILTER (in_profile) AS together
        FROM '{households}' AS h JOIN '{published.households}' AS p ON h.key = p.household_id"""
    ).df()
    fishing = plan.channels.set_index("column").loc["fishing"]
    for column in ("n", "share", "base_share", "precision"):
        assert fishing[column] == pytest.approx(expected[column].iloc[0], rel=1e-4), column
    assert fishing["index"] == pytest.approx(100 * fishing["share"] / fishing["base_share"], rel=1e-4)
    assert fishing["share_low"] < fishing["share"] < fishing["share_high"]
    assert plan.channels["column"].iloc[0] == "fishing"
    both = plan_media(published, group="hobbies", chosen=["fishing", "museums"]).together.iloc[-1]
    assert both["least"] <= expected["together"].iloc[0] <= both["most"]


@given(st.lists(st.lists(st.booleans(), min_size=20, max_size=20), min_size=1, max_size=5))
def test_the_true_reach_lies_within_the_bounds(uses: list[list[bool]]) -> None:
    matrix = np.array(uses)
    least, most, independent = bounds(list(100.0 * matrix.mean(axis=1)))
    assert least - 1e-9 <= 100.0 * matrix.any(axis=0).mean() <= most + 1e-9
    assert least - 1e-9 <= independent <= most + 1e-9


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({}, "targeted"),
        ({"stability": 0.5}, "unsure"),
        ({"conflict": True}, "unsure"),
        ({"index": 105.0, "share_profile": 60.0}, "broad"),
        ({"index_low": 98.0}, "unsure"),
        ({"index": 70.0, "index_low": 60.0, "index_high": 80.0}, "skip"),
    ],
)
def test_advice(changed: dict[str, float], advice: str) -> None:
    assert advise(ROW | changed, LIMITS) == advice


def test_a_hidden_medium_stays_hidden(published: Published, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    sketch = json.loads((published.folder / SKETCH).read_text())
    for row in sketch["interests"]:
        if row["column"] == "fishing":
            row |= {"suppressed": True, "n": None, "n_base": None, "share_profile": None, "index": None}
    (folder / SKETCH).write_text(json.dumps(sketch))
    plan = plan_media(Published(published.listed, folder, published.manifest), group="hobbies", chosen=["fishing"])
    fishing = plan.channels.set_index("column").loc["fishing"]
    assert fishing[["n", "share", "index", "precision"]].isna().all()
    assert plan.together.empty
    shutil.rmtree(folder)


def test_faults(published: Published) -> None:
    with pytest.raises(ProfileError, match="did you mean 'media'"):
        plan_media(published, group="medai")
    with pytest.raises(ProfileError, match="did you mean 'fishing'"):
        plan_media(published, group="hobbies", chosen=["fishin"])
