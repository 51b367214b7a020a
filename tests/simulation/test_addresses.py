"""Postcodes where a PC4 is full."""

from __future__ import annotations

import dataclasses

import numpy as np

from profiling.simulation.addresses import PAIRS, give_addresses, plan_addresses
from profiling.simulation.geography import make_country
from profiling.simulation.traits import draw_traits, fit_areas


def test_a_full_pc4_gets_larger_postcodes_and_no_letters_that_are_not_given_out() -> None:
    areas = make_country(10_000, 1)
    areas = dataclasses.replace(areas, pc4=np.full(len(areas), 1234))
    count = areas.counts(20_000)
    plan = plan_addresses(areas, count)
    buurt = np.repeat(np.arange(len(areas)), count)
    traits = draw_traits(fit_areas(areas), buurt, np.random.default_rng(1))
    given = give_addresses(plan, 1, np.arange(20_000), traits)
    postcodes = np.array(given.postcode.to_pylist())
    used = set(postcodes)
    assert 640 < len(used) <= 26 * 26 - 4
    assert {each[:4] for each in used} == {"1234"}
    assert not {each[4:] for each in used} & {"SA", "SD", "SS", "ZZ"}
    assert len({(code, each) for code, each in zip(postcodes, buurt, strict=True)}) == len(used)
    assert len(PAIRS) == len(set(PAIRS)) == 672
