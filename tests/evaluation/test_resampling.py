"""The expanded percentile interval against Student's interval of a mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from profiling.evaluation.resampling import area_draws, interval


@pytest.mark.parametrize("n_areas", [5, 12, 60])
def test_of_a_mean_it_is_about_students_interval(n_areas: int) -> None:
    values = stats.norm.ppf((np.arange(n_areas) + 0.5) / n_areas)
    means = area_draws(n_areas, 60_000, seed=1) @ values / n_areas
    low, high = interval(means, 0.9, n_areas)
    expected = stats.t.interval(0.9, n_areas - 1, loc=values.mean(), scale=stats.sem(values))
    assert (low, high) == pytest.approx(expected, rel=0.08)
    plain = interval(means, 0.9)
    assert high - low > plain[1] - plain[0]


def test_without_areas_it_is_the_plain_percentile_interval() -> None:
    replicates = np.array([3.0, np.nan, 1.0, 2.0, 0.0])
    assert interval(replicates, 0.5) == pytest.approx(np.quantile([0.0, 1, 2, 3], [0.25, 0.75]))
    assert interval(replicates, 0.5, 1) == interval(replicates, 0.5)
    assert np.isnan(interval(np.array([np.nan]))).all()
