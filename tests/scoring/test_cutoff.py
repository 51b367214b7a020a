"""Ranks and cut-offs, against sorting in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling.errors import ConfigError, ScoringError
from profiling.scoring.cutoff import Cutoff, last_rank, rank

SCORES = st.lists(st.integers(0, 5), min_size=1, max_size=60)


@given(SCORES)
def test_rank_is_the_place_after_sorting(values: list[int]) -> None:
    score = np.array(values, dtype=float)
    tie = np.arange(len(values), dtype=np.uint64)[::-1].copy()
    order = sorted(range(len(values)), key=lambda i: (-values[i], int(tie[i])))
    assert rank(score, tie)[order].tolist() == list(range(1, len(values) + 1))


@given(SCORES, st.floats(0.01, 0.99))
def test_depth_keeps_the_smallest_number_that_reaches_it(values: list[int], depth: float) -> None:
    last = last_rank(Cutoff(depth=depth), np.array(values, dtype=float))
    assert last >= depth * len(values) - 1e-6
    assert last - 1 < depth * len(values)


def test_score_keeps_ties_together() -> None:
    assert last_rank(Cutoff(score=2.0), np.array([3.0, 2.0, 2.0, 1.0])) == 3


@pytest.mark.parametrize("cutoff", [Cutoff(score=9.0), Cutoff(count=5)])
def test_a_cutoff_must_keep_somebody_and_not_more_than_there_are(cutoff: Cutoff) -> None:
    with pytest.raises(ScoringError, match=r"the cut-off keeps \d of 4 households"):
        last_rank(cutoff, np.array([3.0, 2.0, 2.0, 1.0]))


@pytest.mark.parametrize("given_", [{}, {"depth": 0.1, "count": 3}])
def test_exactly_one_way_to_cut(given_: dict[str, float]) -> None:
    from profiling.config import parse_config

    with pytest.raises(ConfigError, match="exactly one of depth, count and score"):
        parse_config(given_, Cutoff, where="test")
