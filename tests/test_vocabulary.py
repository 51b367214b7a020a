"""The dictionary is whole and plain, and numbers read as people write them."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling import vocabulary
from profiling.errors import ConfigError
from profiling.measures import CLASSES
from profiling.population.config import LEVELS
from profiling.tracking import ALIASES

WORDS = pytest.mark.parametrize("word", vocabulary.TERMS.values(), ids=lambda word: word.key)


@WORDS
def test_every_word_is_whole_and_short_in_both_languages(word: vocabulary.Term) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", word.key)
    for text in (word.nl_text, word.en_text):
        assert text[-1] in ".?"
        sentences = re.split(r"(?<=[.?])\s", text)
        assert len(sentences) <= 3
        assert all(len(sentence.split()) <= 22 for sentence in sentences), text
    assert word.name("nl").strip() == word.nl != ""
    assert word.name("en").strip() == word.en != ""
    assert word.text("nl") != word.text("en")


def test_no_word_stands_twice() -> None:
    groups = [getattr(vocabulary, name) for name in dir(vocabulary) if re.fullmatch(r"_[A-Z]+", name)]
    terms = [each for group in groups for each in group if isinstance(each, vocabulary.Term)]
    assert len(terms) == len(vocabulary.TERMS)


@pytest.mark.parametrize("key", [*LEVELS, *CLASSES, *ALIASES, "withdrawn", "registered"])
def test_the_words_of_other_modules_are_in_the_dictionary(key: str) -> None:
    assert vocabulary.term(key, "nl")
    assert vocabulary.term(key, "en")


def test_an_unknown_word_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no word 'penetratoin' \\(did you mean 'penetration'\\?\\)"):
        vocabulary.term("penetratoin")


@pytest.mark.parametrize(
    ("value", "decimals", "dutch", "english"),
    [
        (154.9, 1, "154,9", "154.9"),
        (8_200_000, 0, "8.200.000", "8,200,000"),
        (154.85, 1, "154,9", "154.9"),
        (2.5, 0, "3", "3"),
        (1.005, 2, "1,01", "1.01"),
        (-1234.5, 1, "-1.234,5", "-1,234.5"),
        (-0.04, 1, "0,0", "0.0"),
        (0, 2, "0,00", "0.00"),
        (None, 1, "–", "–"),
        (float("nan"), 1, "–", "–"),
        (pd.NA, 1, "–", "–"),
        (np.float64(154.9), 1, "154,9", "154.9"),
        (np.int64(1200), 0, "1.200", "1,200"),
        (float("inf"), 1, "–", "–"),
    ],
)
def test_numbers(value: object, decimals: int, dutch: str, english: str) -> None:
    assert vocabulary.number(value, "nl", decimals) == dutch
    assert vocabulary.number(value, "en", decimals) == english


@given(st.decimals(-(10**9), 10**9, places=3), st.integers(0, 2))
def test_numbers_are_rounded_as_at_school(value: Decimal, decimals: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    read = vocabulary.number(float(value), "nl", decimals).replace(".", "").replace(",", ".")
    assert Decimal(read) == expected


def test_percentages_and_dates() -> None:
    assert vocabulary.percent(11, "nl") == "11,0%"
    assert vocabulary.percent(11, "en", 0) == "11%"
    assert vocabulary.percent(None) == "–"
    assert vocabulary.day(datetime.date(2026, 3, 1)) == "1 maart 2026"
    assert vocabulary.day(datetime.date(2026, 12, 31), "en") == "31 December 2026"
