"""Experiments 003 and 006: worlds are what their configuration says, and summaries are those of a textbook."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp, ttest_rel

EXPERIMENTS = Path(__file__).parent.parent.parent / "experiments"
NAMES = ("run", "bench", "worlds")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens a module of an experiment, and forgets it afterwards: several experiments call theirs the same."""

    def forget() -> None:
        for name in NAMES:
            sys.modules.pop(name, None)

    def module(folder: str, name: str) -> Any:
        monkeypatch.syspath_prepend(str(EXPERIMENTS / folder))
        forget()
        return importlib.import_module(name)

    yield module
    forget()


def households(n: int = 20_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    children = rng.integers(0, 3, n)
    return pd.DataFrame(
        {
            "household_id": [f"H{i:05d}" for i in range(n)],
            "area": [f"A{i:02d}" for i in rng.integers(0, 30, n)],
            "children": children,
            "children_under6": np.where(rng.random(n) < 0.5, children, 0),
            "age_oldest": rng.integers(20, 90, n),
            "tenure": rng.integers(1, 5, n),
            "income": rng.normal(45_000, 20_000, n),
            "adults": rng.integers(1, 4, n),
            "employed": rng.integers(0, 3, n),
        }
    )


def test_membership_dirt_and_cards_are_what_was_asked(opened: Any) -> None:
    worlds = opened("003-selection-bias", "worlds")
    frame = households()
    known = worlds.conditions(frame)
    chance = worlds.propensity(known, {"constant": -1.0, "children": 1.2, "old*renter": -0.7})
    row = 17
    logit = -1.0 + 1.2 * (frame["children"][row] > 0)
    logit -= 0.7 * (frame["age_oldest"][row] > 70) * (frame["tenure"][row] > 2)
    assert chance[row] == pytest.approx(1 / (1 + np.exp(-logit)))
    card = {"children_dirty": 0.7, "children_young": 0.6, "children_older": 0.5, "children_none": 0.05}
    card |= {"teaching_dirty": 0.3, "teaching": 0.02, "easy_dirty": 2.0, "easy": 4.0, "loans": 12.0}
    said = SimpleNamespace(held_out=0.3, age_scale=25.0, group=700, evidence=card)
    truth = np.random.default_rng(1).random(len(frame)) < 0.3
    helpers = known["retired_volunteers"] > 0
    world = worlds.simulate(frame, truth, chance, 0.4, True, 3, said, helpers)
    assert (world.member & ~world.held)[world.group].all()
    assert (len(world.group), int(world.clean.sum())) == (700, 420)
    assert truth[world.group[world.clean]].all()
    dirty = world.group[~world.clean]
    assert (helpers & ~truth)[dirty].all()
    cards = world.reference.households.to_pandas().set_index("household_id")
    shown = cards.loc[frame["household_id"][dirty]]
    assert shown["childrens_books"].mean() == pytest.approx(0.7, abs=0.07)
    assert shown["teaching_material"].mean() == pytest.approx(0.3, abs=0.07)
    young = frame["age_oldest"].to_numpy()[world.group[world.clean]].mean()
    assert young < frame["age_oldest"].to_numpy()[world.member & truth & ~world.held].mean() - 5
    assert not set(world.reference.members["household_id"].to_pylist()) & set(cards.index)


def test_the_summary_of_seeds_is_the_interval_of_student(opened: Any) -> None:
    run = opened("003-selection-bias", "run")
    values = [0.40, 0.42, 0.41, 0.38]
    rows = [
        {"form": "additive", "dependent": True, "dirt": 0.3, "seed": seed, "contrast": "auto", "recall": value}
        | {"n_group": 100, "n_clean": 70, "dirt_estimate": 0.28, "dirt_interval": interval}
        for seed, (value, interval) in enumerate(
            zip(values, [[0.2, 0.31], [0.2, 0.29], [0.3, 0.4], [0.1, 0.2]], strict=True)
        )
    ]
    said = run.summary(rows).to_dict("records")[0]
    low, high = ttest_1samp(values, 0).confidence_interval()
    assert (said["mean"], said["low"], said["high"]) == pytest.approx((np.mean(values), low, high))
    assert said["std"] == pytest.approx(np.std(values, ddof=1))
    dirt = run.dirt_found(rows)[0]
    assert (dirt["held"], dirt["worlds"]) == (2, 4)
    assert dirt["true"] == pytest.approx(0.3)


def test_the_gain_of_a_candidate_is_that_of_pairs(opened: Any) -> None:
    run = opened("006-candidate-groups", "run")
    naive, auto = [0.30, 0.34, 0.32], [0.33, 0.35, 0.37]
    rows = [
        {"candidate": "x", "seed": seed, "way": way, "recall": values[seed], "own_size": 0.2}
        for way, values in (("naive", naive), ("auto", auto))
        for seed in range(3)
    ]
    said = {each["way"]: each for each in run.summary(rows)}
    low, high = ttest_rel(auto, naive).confidence_interval()
    assert said["auto"]["gain"] == pytest.approx(np.mean(auto) - np.mean(naive))
    assert said["auto"]["gain_interval"] == pytest.approx([low, high])
    assert said["naive"]["gain_interval"] == pytest.approx([0.0, 0.0])
