"""Sizes follow the measured gains; two profiles share as many households as a join of their files says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from profiling.errors import ProfileError
from profiling.publish.published import Published, open_published
from profiling.publish.side_by_side import _hidden, compare_published
from profiling.publish.size import depth_of, gains, sizes


@pytest.fixture(scope="module")
def pair(published_country: Path) -> tuple[Published, Published]:
    """Two depths of one profile; the second run takes the first one's steps."""
    library = published_country / "library"
    return open_published(library, "tiny-profile", "1"), open_published(library, "tiny-profile", "2")


def test_another_depth_is_another_version_and_the_first_is_as_it_was(pair: tuple[Published, Published]) -> None:
    first, second = pair
    assert (depth_of(first), depth_of(second)) == (20.0, 10.0)
    assert first.version != second.version
    assert first.manifest["inputs"]["scores"] == second.manifest["inputs"]["scores"]


def test_sizes_are_the_measured_gains_where_they_were_measured(pair: tuple[Published, Published]) -> None:
    card = json.loads((pair[0].folder / "card.json").read_text(encoding="utf-8"))
    measured = next(each for each in card["models"] if each["role"] == "model")["gains"]
    found = sizes(pair[0], [each["depth"] for each in measured])
    assert [each.capture for each in found] == pytest.approx([each["capture"] for each in measured])
    assert [each.interval for each in found] == [pytest.approx(tuple(each["interval"])) for each in measured]
    assert [each.households for each in found] == [round(40 * each["depth"]) for each in measured]
    assert found[-1].capture == pytest.approx(100.0)


def test_the_similarity_of_the_last_households_adds_up_to_the_capture(pair: tuple[Published, Published]) -> None:
    # The lift at the margin is the slope of the gains: its integral over the depth is the capture again.
    ends = [each.depth for each in gains(pair[0])]
    slopes = [each.similarity for each in sizes(pair[0], ends)]
    assert float(np.sum(np.diff([0.0, *ends]) * slopes)) == pytest.approx(100.0)


@pytest.mark.parametrize("depth", [0.0, -1.0, 101.0, float("nan")])
def test_what_is_no_depth(pair: tuple[Published, Published], depth: float) -> None:
    with pytest.raises(ProfileError, match="is not a depth"):
        sizes(pair[0], [depth])


def test_shared_households_are_those_of_a_join(pair: tuple[Published, Published], tmp_path: Path) -> None:
    first, second = (pd.read_parquet(each.households) for each in pair)
    rng = np.random.default_rng(0)
    second["in_profile"] = rng.permutation(second["in_profile"])
    folder = tmp_path / "other"
    folder.mkdir()
    second.sample(frac=1.0, random_state=1).to_parquet(folder / "households.parquet")
    other = Published(pair[1].listed, folder, pair[1].manifest)
    found = compare_published(pair[0], other)
    both = set(first.loc[first["in_profile"], "household_id"])
    either = set(second.loc[second["in_profile"], "household_id"])
    expected = [len(both & either), len(both - either), len(either - both)]
    assert found.parts["n"].tolist() == expected
    assert found.jaccard == pytest.approx(len(both & either) / len(both | either))
    assert found.expected == pytest.approx(800 * 400 / 4000)


def test_a_small_difference_is_not_shown(pair: tuple[Published, Published]) -> None:
    # All of the second are in the first: "only in the second" is empty, and every part would tell it.
    found = compare_published(*pair)
    assert found.parts["suppressed"].all()
    assert found.parts["n"].isna().all()
    assert found.jaccard is None


@pytest.mark.parametrize("small", range(4))
def test_one_small_way_of_belonging_hides_all_four(small: int) -> None:
    """Attack: both sizes and the base are known, so whoever has one of the four has them all."""
    inner = np.full(4, 400)
    for n, hidden in ((9, True), (0, True), (10, False)):
        inner[small] = n
        assert _hidden(inner.reshape(2, 2), 10) is hidden
    assert _hidden(inner.reshape(2, 2), 20)


def test_what_cannot_stand_side_by_side(pair: tuple[Published, Published]) -> None:
    with pytest.raises(ProfileError, match="same version twice"):
        compare_published(pair[0], pair[0])
    inputs = {**pair[1].manifest["inputs"], "population": "another"}
    other = Published(pair[1].listed, pair[1].folder, {**pair[1].manifest, "inputs": inputs})
    with pytest.raises(ProfileError, match="different household files"):
        compare_published(pair[0], other)
