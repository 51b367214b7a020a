"""Coverage: simulated countries are what they are asked to be, and an interval that lies is found out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from profiling.errors import MeasureError
from profiling.evaluation import coverage as room
from profiling.evaluation.capture import capture_at
from profiling.evaluation.coverage import Scenario, coverage, coverage_table, simulate_areas
from profiling.evaluation.resampling import Estimate

SMALL = Scenario(n_areas=40, area_size=60, known=0.5, prevalence=0.1)


def test_areas_have_the_size_prevalence_and_effects_asked_for() -> None:
    plain = Scenario(area_effect=0.0, score_effect=0.0, size_spread=0.0, prevalence=0.05)
    wild = Scenario(area_effect=1.0, score_effect=1.0, size_spread=1.0, prevalence=0.05)
    spreads = []
    for scenario in (plain, wild):
        scores, chance, area = simulate_areas(scenario, 2000, np.random.default_rng(0))
        sizes = np.bincount(area)
        assert sizes.mean() == pytest.approx(250, rel=0.1)
        assert np.log(sizes).std() == pytest.approx(scenario.size_spread, abs=0.06)
        assert chance.mean() == pytest.approx(0.05, abs=0.01)
        means = np.bincount(area, scores) / sizes
        assert means.std() == pytest.approx(scenario.score_effect, abs=0.1)
        logit = np.log(chance / (1 - chance)) - room.SLOPE * scores
        spreads.append((np.bincount(area, logit) / sizes).std())
    assert spreads == pytest.approx([0.0, 1.0], abs=0.05)


def test_an_honest_interval_holds_and_a_short_one_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = coverage(SMALL, repeats=120, replicates=100)
    assert 0.88 <= found.actual <= 1.0
    assert found.low <= found.actual <= found.high
    assert found.actual + found.too_low + found.too_high == pytest.approx(1.0)
    assert found.reference == pytest.approx(40 * 60 * 0.1 * 0.5, rel=0.2)
    assert abs(found.bias) < 0.02
    honest = room.capture_estimate

    def short(*given: object, **named: object) -> Estimate:
        said = honest(*given, **named)  # type: ignore[arg-type]
        middle, half = (said.low + said.high) / 2, (said.high - said.low) / 8
        return Estimate(said.value, middle - half, middle + half, said.n)

    monkeypatch.setattr(room, "capture_estimate", short)
    table = coverage_table([SMALL], repeats=60, replicates=60).to_pylist()
    assert table[0]["actual"] < 0.6
    assert table[0]["holds"] is False
    assert (table[0]["n_areas"], table[0]["nominal"]) == (40, 0.95)


def test_the_truth_is_that_of_the_country_or_of_these_areas() -> None:
    scores, chance, _ = simulate_areas(SMALL, 6000, np.random.default_rng(9))
    belongs = np.random.default_rng(1).random(len(scores)) < chance
    elsewhere = coverage(SMALL, repeats=2, replicates=5)
    assert elsewhere.truth == pytest.approx(capture_at(scores, belongs, 0.1), abs=0.01)
    everybody = coverage(replace(SMALL, known=1.0, target="here"), repeats=4, replicates=20)
    assert (everybody.bias, everybody.actual) == (0.0, 1.0)
    assert coverage(replace(SMALL, known=1.0), repeats=4, replicates=20).bias != 0.0


def test_nobody_known_is_refused() -> None:
    with pytest.raises(MeasureError, match="no household is known"):
        coverage(replace(SMALL, known=0.0), repeats=2, replicates=2)


def test_an_unfair_sample_is_off_by_what_the_selection_gives_and_areas_that_differ_only_widen() -> None:
    fair = coverage(SMALL, repeats=60, replicates=60)
    unfair = coverage(replace(SMALL, selection=0.5), repeats=60, replicates=60)
    assert unfair.bias > fair.bias + 0.03
    assert unfair.too_high > 3 * unfair.too_low
    apart = coverage(replace(SMALL, known_spread=1.5), repeats=60, replicates=60)
    assert abs(apart.bias) < 0.03
    assert apart.width > fair.width
