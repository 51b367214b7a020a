"""Proposed names: true to the figures, in words that a reader knows, and no main segment that contradicts its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from profiling.segmentation.naming import propose_names
from profiling.segmentation.units import Variable

AGES = ["Jong", "Vrij jong", "Middelbaar", "Ouder", "Oud"]


def variable(kind: str, nl: str, en: str, facet: str = "environment") -> Variable:
    return Variable(nl, nl, kind, facet, nl, en)


@given(st.lists(st.floats(0, 100), min_size=10, max_size=40), st.integers(2, 9), st.integers(0, 1000))
def test_a_main_segment_is_never_older_or_younger_than_all_of_its_sub_segments(
    ages: list[float], n_main: int, seed: int
) -> None:
    age, nothing = np.array(ages), np.zeros((len(ages), 0))
    main = np.random.default_rng(seed).integers(0, n_main, len(age))
    there = np.unique(main)
    middle = np.array([age[main == each].mean() for each in there]).clip(age.min(), age.max())
    subs = [AGES.index(each.nl.split(",")[0]) for each in propose_names(nothing, (), age, age)]
    among = propose_names(nothing[: len(there)], (), middle, middle, among=(age, age))
    for place, each in enumerate(there):
        own = [word for word, of in zip(subs, main, strict=True) if of == each]
        assert min(own) <= AGES.index(among[place].nl.split(",")[0]) <= max(own) or np.ptp(age[main == each]) < 1e-6


def test_a_number_says_how_much_in_words_of_its_unit_and_a_bare_code_says_nothing() -> None:
    variables = (
        variable("step", "stedelijkheid (1 zeer sterk, 5 niet): 4", "urbanity (1 very urban, 5 not): 4"),
        variable("mean", "koopwoningen (%)", "owner-occupied (%)"),
        variable("mean", "afstand tot huisarts (km)", "distance to doctor (km)"),
        variable("mean", "WOZ-waarde (x 1.000 euro)", "property value (EUR 1,000)"),
        variable("share", "65-plussers", "aged 65 and over"),
    )
    difference = np.array([[3.0, -2.0, 1.5, 1.0, -0.5]])
    (name,) = propose_names(difference, variables, np.zeros(1), np.zeros(1), traits=9)
    assert name.nl == (
        "Jong, klein budget · koopwoningen: weinig, afstand tot huisarts: groot, WOZ-waarde: hoog, weinig 65-plussers"
    )
    assert name.en.partition(" · ")[2] == (
        "owner-occupied: few, distance to doctor: large, property value: high, few aged 65 and over"
    )


def test_two_segments_that_look_alike_never_have_one_name() -> None:
    names = propose_names(np.zeros((12, 0)), (), np.zeros(12), np.zeros(12))
    assert len({each.nl for each in names}) == len({each.en for each in names}) == 12
