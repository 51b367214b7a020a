"""Planted segments are found again, with the same bytes every time; limits, names and faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from profiling.config import parse_config
from profiling.errors import ConfigError, SegmentationError
from profiling.population.scheme import load_scheme
from profiling.segmentation.config import SegmentationConfig
from profiling.segmentation.fit import fit
from profiling.segmentation.segmentation import load_segmentation, save_segmentation
from profiling.segmentation.units import Units
from tests.segmentation.planted import planted

ASKED = {
    "name": "planted-3-8",
    "nl": "Geplant",
    "en": "Planted",
    "axes": {"age": ["v_age"], "wealth": ["v_wealth"]},
    "model": {"main": 3, "sub": 8, "many": 60, "smallest": 0.02, "largest": 0.4, "largest_main": 0.8},
    "stability": {"bootstraps": 2, "folds": 2, "sample": 1000},
    "households": {"population": "population.toml"},
}


def asked(**changes: object) -> SegmentationConfig:
    return parse_config({**ASKED, **changes}, SegmentationConfig, where="test")


def test_planted_segments_are_found_again_and_held_out_areas_agree() -> None:
    units, kind = planted(3_000, 8)
    found = fit(units, asked())
    assert adjusted_rand_score(kind, found.unit_codes) > 0.98
    assert (found.code(units) == found.unit_codes).all()
    for part in found.report["stability"].values():
        assert part["sub"]["lowest"] > 0.95
    assert found.report["sub"]["explained"] > 0.8
    assert found.report["variables"]["explained"]["v_age"] > 0.6


def test_noise_without_segments_is_not_stable() -> None:
    units, _ = planted(2_000, 1, noise=1.0)
    found = fit(units, asked())
    assert found.report["stability"]["bootstrap"]["sub"]["mean"] < 0.5


def test_codes_rise_with_wealth_and_age_and_limits_hold() -> None:
    units, _ = planted(3_000, 8)
    found = fit(units, asked())
    rows = found.report["segments"]
    assert [row["code"] for row in rows] == sorted(found.codes) == [each.code for each in found.scheme.sub]
    for letter in "ABC":
        ages = [row["age"] for row in rows if row["main"] == letter]
        assert ages == sorted(ages)
    wealth = {
        letter: np.average(found.wealth[here], weights=units.households[here])
        for letter in "ABC"
        for here in [np.char.startswith(found.unit_codes, letter)]
    }
    assert wealth["A"] < wealth["B"] < wealth["C"]
    share = np.array([units.households[found.unit_codes == row["code"]].sum() for row in rows]) / units.households.sum()
    assert share.min() >= 0.02
    assert share.max() <= 0.4


def test_the_order_of_variables_and_of_rows_that_are_sorted_again_changes_nothing() -> None:
    units, _ = planted(1_500, 8)
    first, second = fit(units, asked()), fit(units, asked())
    assert (first.unit_codes == second.unit_codes).all()
    assert first.report == second.report


def test_written_and_read_again_it_is_the_same_and_its_scheme_is_one_of_ours(tmp_path: Path) -> None:
    units, _ = planted(1_500, 8)
    found = fit(units, asked(names={"A": {"nl": 'Dag "tot" dag', "en": "Day to day"}}))
    folder = save_segmentation(tmp_path / "segments", found, {"kind": "segmentation"})
    again = load_segmentation(folder)
    assert (again.code(units) == found.unit_codes).all()
    assert again.scheme == found.scheme == load_scheme(folder / "scheme.toml")
    assert again.scheme.main_title("A", "nl") == 'A · Dag "tot" dag'
    assert all("(voorstel)" in each.nl and "(proposal)" in each.en for each in again.scheme.sub)
    assert len({each.nl for each in again.scheme.sub}) == 8
    save_segmentation(
        tmp_path / "twice",
        fit(units, asked(names={"A": {"nl": 'Dag "tot" dag', "en": "Day to day"}})),
        {"kind": "segmentation"},
    )
    assert (folder / "manifest.json").read_bytes() == (tmp_path / "twice" / "manifest.json").read_bytes()


def test_after_a_refresh_codes_stay_where_households_are_the_same() -> None:
    units, _ = planted(3_000, 8)
    old = fit(units, asked())
    rng = np.random.default_rng(9)
    keep = np.sort(rng.choice(3_000, 2_700, replace=False))
    later = Units(
        units.ids[keep],
        units.households[keep],
        {"gemeente": units.regions["gemeente"][keep]},
        units.variables,
        units.matrix[keep] + 0.1 * rng.normal(size=(2_700, 12)).astype(np.float32),
    )
    new = fit(later, asked(seed=5), previous=old)
    assert new.report["refresh"]["moved"] < 0.02
    assert new.report["refresh"]["new"] == new.report["refresh"]["gone"] == ()
    was = dict(zip(old.unit_ids.tolist(), old.unit_codes.tolist(), strict=True))
    differ = np.array([was[name] for name in later.ids.tolist()]) != new.unit_codes
    assert new.report["refresh"]["moved"] == pytest.approx(later.households[differ].sum() / later.households.sum())
    with pytest.raises(SegmentationError, match="no unit of the previous segmentation"):
        fit(replace(later, ids=np.char.add("X", later.ids)), asked(), previous=old)


def test_what_cannot_be_is_said() -> None:
    units, _ = planted(400, 8)
    with pytest.raises(SegmentationError, match="codes that do not exist: Z99"):
        fit(units, asked(names={"Z99": {"nl": "x", "en": "x"}}))
    with pytest.raises(SegmentationError, match="no area level 'buurt'"):
        fit(units, asked(stability={"level": "buurt"}))
    with pytest.raises(SegmentationError, match="5 units cannot make 8"):
        fit(replace(units, ids=units.ids[:5], households=units.households[:5], matrix=units.matrix[:5]), asked())
    with pytest.raises(ConfigError) as fault:
        asked(model={"main": 9, "sub": 8}, facets={"hobby": ["x"]}, areas={"levels": {}})
    said = str(fault.value)
    assert "main (9) ≤ sub (8)" in said
    with pytest.raises(ConfigError, match=r"8 sub segments of 0\.2 to 0\.5"):
        asked(model={"main": 3, "sub": 8, "smallest": 0.2, "largest": 0.5})
    with pytest.raises(ConfigError, match=r"unknown facets hobby"):
        asked(facets={"hobby": ["x"]})
    with pytest.raises(ConfigError, match=r"either \[households\] or \[areas\]"):
        asked(households=None)
