"""Where a group comes from: strays do not stretch it, small areas do not fall out, and the model does not learn it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from profiling.errors import TrainingError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.training.catchment import find_catchment
from profiling.training.frame import TrainingFrame, load_training_frame
from profiling.training.rows import build_training_frame
from profiling.training.settings import TrainingSettings
from tests.tiny import Tiny

SETTINGS = TrainingSettings(background=1_000, folds=2)


def test_strays_in_a_city_are_outside_and_a_village_is_inside() -> None:
    households = {"city": 400_000, "town": 20_000, "village": 900, "far": 50_000}
    found = {"city": 3, "town": 160, "village": 6, "far": 0}
    catchment = find_catchment(households, found)
    assert catchment.areas == ("town", "village")
    assert catchment.n_households == 20_900
    assert catchment.n_outside == 3


def test_a_tiny_area_that_is_full_of_them_does_not_set_the_usual_rate() -> None:
    households = {"hamlet": 10, "one": 20_000, "two": 20_000}
    found = {"hamlet": 9, "one": 100, "two": 120}
    assert find_catchment(households, found).areas == ("hamlet", "one", "two")


def test_everywhere_at_one_rate_nothing_falls_out() -> None:
    rng = np.random.default_rng(0)
    households = {f"GM{i}": int(rng.integers(2_000, 60_000)) for i in range(50)}
    found = {code: int(rng.poisson(0.005 * n)) for code, n in households.items()}
    assert find_catchment(households, found).n_outside == 0


def framed(tiny: Tiny, folder: Path, settings: TrainingSettings = SETTINGS) -> TrainingFrame:
    tiny.write(folder)
    store = open_population(load_population(folder / "population.toml"))
    group = build_reference_group(load_reference(folder / "reference.toml"), store)
    return build_training_frame(group, store, settings, seed=1, inputs={})


def some_libraries(tiny: Tiny) -> set[str]:
    """Keep the loans of three gemeenten."""
    codes = sorted(set(tiny.households["gem"]))[:3]
    near = set(tiny.households.loc[tiny.households["gem"].isin(codes), "pc"])
    tiny.loans = tiny.loans[tiny.loans["pc"].isin(near)].reset_index(drop=True)
    tiny.reference["minimum"] = 20
    return set(codes)


def test_unlabelled_come_from_the_areas_of_the_source(tiny: Tiny, tmp_path: Path) -> None:
    codes = some_libraries(tiny)
    frame = framed(tiny, tmp_path)
    assert set(frame.blocks) == codes
    assert frame.catchment.n_households == int(tiny.households["gem"].isin(codes).sum())
    everywhere = framed(tiny, tmp_path, SETTINGS.model_copy(update={"catchment": "everywhere"}))
    assert set(everywhere.blocks) == set(tiny.households["gem"])


def test_frame_holds_the_group_and_the_asked_number(tiny: Tiny, tmp_path: Path) -> None:
    frame = framed(tiny, tmp_path)
    assert frame.n_unlabelled == 1_000
    keys = frame.table.column("household_id")
    assert pc.count_distinct(keys).as_py() == len(keys)
    assert keys.to_pylist() == sorted(keys.to_pylist())
    rows = tiny.households.set_index("key").loc[keys.to_pylist()]
    np.testing.assert_array_equal(frame.matrix()[:, frame.encoder.names.index("income")], rows["income"])
    frame.save(tmp_path / "frame")
    again = load_training_frame(tmp_path / "frame")
    assert again.table.equals(frame.table)
    assert (again.encoder, again.catchment) == (frame.encoder, frame.catchment)


def test_the_sample_is_spread_over_the_population(tiny: Tiny, tmp_path: Path) -> None:
    frame = framed(tiny, tmp_path)
    share = np.mean(frame.table.filter(pc.invert(frame.table.column("positive"))).to_pandas()["segment"] == "B03")
    assert share == pytest.approx((tiny.households["segment"] == "B03").mean(), abs=0.06)


def test_a_level_that_is_not_there(tiny: Tiny, tmp_path: Path) -> None:
    del tiny.population["areas"]["wijk"]
    with pytest.raises(TrainingError, match=r"the population has no wijk"):
        framed(tiny, tmp_path, SETTINGS.model_copy(update={"block": "wijk"}))


def test_a_group_of_another_population(tiny: Tiny, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    store = open_population(load_population(tmp_path / "population.toml"))
    group = build_reference_group(load_reference(tmp_path / "reference.toml"), store)
    tiny.households["key"] = "X" + tiny.households["key"]
    tiny.write(tmp_path / "other")
    other = open_population(load_population(tmp_path / "other" / "population.toml"))
    with pytest.raises(TrainingError, match=r"[\d,]+ of [\d,]+ reference households are not in this population"):
        build_training_frame(group, other, SETTINGS, seed=1, inputs={})
