"""Pages of the uses: each is found by itself, and can be read in both languages, negative figures too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from profiling.plugs import discover
from profiling.publish.uses.experiment import design, evaluate
from profiling.reporting import uses as pages
from profiling.reporting.html import render
from profiling.reporting.text import figure
from profiling.reporting.uses.design_page import design_page
from profiling.reporting.uses.outcome_page import outcome_page
from profiling.vocabulary import LANGUAGES

HERE = Path(pages.__file__).parent


def test_every_page_is_found_and_made_from_something_of_its_own() -> None:
    found = discover(pages, "PAGE")
    assert len(found) == len(list(HERE.glob("*_page.py"))) - 1
    assert {"catchment", "branches", "expansion", "media-plan", "partners", "top-customers"} <= set(found)
    assert len({each.made_from for each in found.values()}) == len(found)


def test_an_interval_below_zero_can_be_read() -> None:
    assert figure((-3.44, -0.13), "interval", "nl", 2) == "-3,44 tot -0,13"
    assert figure((-3.44, 0.13), "interval", "en", 2) == "-3.44 to 0.13"
    assert figure((201, 211), "interval", "nl") == "201–211"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("counts", [(40, 200, 15, 200), (16, 200, 15, 200), (3, 200, 15, 200)])
def test_an_outcome_says_what_was_found_and_what_not(counts: tuple[int, int, int, int], language: str) -> None:
    written = render(outcome_page(evaluate(*counts), language))  # type: ignore[arg-type]
    assert not re.search(r"\{\w+\}", written)
    assert ("12,50" in written or "12.50" in written) == (counts[0] == 40)


def test_the_part_of_a_group_is_as_precise_as_its_interval() -> None:
    written = render(outcome_page(evaluate(273, 2981, 47, 1019), "en"))
    shares = f"{100 * 273 / 2981:.2f}%", f"{100 * 47 / 1019:.2f}%"
    assert all(f">{each}<" in written for each in shares), shares  # 9.2 % beside 8.17–10.25 could not be held together


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("n", [None, 20, 4_000])
def test_a_design_says_what_it_needs(n: int | None, language: str) -> None:
    written = render(design_page(design(0.06, n=n, control=0.25), language))  # type: ignore[arg-type]
    assert not re.search(r"\{\w+\}", written)
    assert "749" in written
