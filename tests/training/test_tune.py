"""Tuning: resumed anywhere it ends the same, it keeps its constraints, and it says when it brings nothing."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from profiling import models
from profiling.errors import ArtefactError, ConfigError, TrainingError
from profiling.evaluation.capture import capture_at
from profiling.evaluation.resampling import Estimate
from profiling.evaluation.splits import area_folds
from profiling.models.spec import EstimatorContext
from profiling.plugs import choose
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.training import train
from profiling.training.bench import derived_seed
from profiling.training.frame import TrainingFrame
from profiling.training.journal import mend
from profiling.training.rows import build_training_frame
from profiling.training.search import TuningSettings
from profiling.training.settings import TrainingSettings
from profiling.training.train import cross_validate
from profiling.training.tune import tune
from profiling.training.tuned import Tuned, load_tuned, tuning_report
from tests.tiny import tiny_country

SEED = 3
SETTINGS = TrainingSettings(background=900, folds=3, estimator="lightgbm", params={"n_estimators": 6}, replicates=60)
TUNING = TuningSettings(trials=8, parameters=("n_estimators", "num_leaves"), ranges={"n_estimators": (2, 12)}, checks=1)


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> TrainingFrame:
    folder = tmp_path_factory.mktemp("country")
    tiny_country().write(folder)
    store = open_population(load_population(folder / "population.toml"))
    group = build_reference_group(load_reference(folder / "reference.toml"), store)
    return build_training_frame(group, store, SETTINGS, seed=1, inputs={})


@pytest.fixture(scope="module")
def undisturbed(frame: TrainingFrame, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    return tune(frame, SETTINGS, TUNING, seed=SEED, folder=tmp_path_factory.mktemp("search"))


class Fits:
    """Counts the fits of the bench, and breaks one of them."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.n, self.stop = 0, -1
        self.error: BaseException = KeyboardInterrupt()
        self.fit = train.fit_rows
        patch.setattr(train, "fit_rows", self)

    def __call__(self, *args: Any) -> Any:
        self.n += 1
        if self.n == self.stop + 1:
            raise self.error
        return self.fit(*args)


def part_above(group: Any, weight: Any, others: Any, depth: float) -> float:
    """Capture by hand: fill the depth score by score; at the last score it takes the part that fits."""
    room, taken = depth * len(others), 0.0
    for value in sorted({*others, *group}, reverse=True):
        here = (others == value).sum()
        part = min(1.0, room / here) if here else 1.0
        taken += part * weight[group == value].sum()
        room -= part * here
        if here and room <= 1e-9:
            break
    return float(taken / weight.sum())


def with_contrast(frame: TrainingFrame) -> TrainingFrame:
    """Half of the unlabelled are no base, some households count double, and some do not count in the fit."""
    rng, table = np.random.default_rng(0), frame.table
    columns = {
        "base": frame.base & (rng.random(len(frame.base)) < 0.5),
        "measure_weight": np.where(frame.positive, rng.integers(1, 3, len(frame.base)), 1.0),
        "weight": np.where(frame.positive, rng.uniform(0.5, 2.0, len(frame.base)), 1.0),
    }
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    return replace(frame, table=table)


@pytest.mark.parametrize("contrast", [False, True])
def test_the_first_trial_is_the_current_parameters_measured_by_hand(
    frame: TrainingFrame, tmp_path: Path, contrast: bool
) -> None:
    frame = with_contrast(frame) if contrast else frame
    spec, encoder = choose(models, "ESTIMATOR", "lightgbm"), frame.encoder
    X, y, base, found = frame.matrix(), frame.positive, frame.base, []
    for inside, outside in area_folds(frame.blocks, 3, SEED):
        context = EstimatorContext(len(encoder.names), encoder.names, encoder.categorical, encoder.segment, SEED)
        estimator = spec.build(context, {"n_estimators": 6}).fit(X[inside], y[inside], frame.weight[inside])
        group, others = outside[y[outside]], outside[base[outside]]
        scores = [estimator.score_samples(X[rows]) for rows in (group, others)]
        found.append(part_above(scores[0], frame.measure_weight[group], scores[1], SETTINGS.depth))
    tuned = tune(frame, SETTINGS, TUNING.model_copy(update={"trials": 1}), seed=SEED, folder=tmp_path)
    first = tuned.trials[0]
    assert first["params"] == {"n_estimators": 6, "num_leaves": 15}
    assert first["captures"] == pytest.approx(found)
    assert tuned.searched["current"] == first["capture"] == pytest.approx(np.mean(found))


def test_the_best_keeps_the_stability_and_no_eligible_trial_is_higher(undisturbed: Tuned) -> None:
    least = undisturbed.constraints["stability"]["least"]
    eligible = [row for row in undisturbed.trials if row["state"] == "complete" and row["stability"] >= least]
    assert undisturbed.searched["best"] == max(row["capture"] for row in eligible)
    assert any(row["params"] == undisturbed.best for row in eligible)


def test_a_stricter_constraint_is_kept_and_an_impossible_one_is_said(
    frame: TrainingFrame, undisturbed: Tuned, tmp_path: Path
) -> None:
    least = sorted(row["stability"] for row in undisturbed.trials)[-2]
    strict = TUNING.model_copy(update={"stability": least, "pruner": "none"})
    found = tune(frame, SETTINGS, strict, seed=SEED, folder=tmp_path)
    kept = [row for row in found.trials if row["params"] == found.best]
    assert kept
    assert all(row["stability"] >= least for row in kept)
    impossible = TUNING.model_copy(update={"stability": 1.0, "trials": 1})
    with pytest.raises(
        TrainingError, match=r"none of 1 trials keeps.*\n  - stability: expected at least 1\.000, the ne"
    ):
        tune(frame, SETTINGS, impossible, seed=SEED, folder=tmp_path)


@pytest.mark.parametrize("stop", [1, 4, 10])
def test_stopped_anywhere_it_ends_the_same_and_repeats_no_finished_trial(
    frame: TrainingFrame, undisturbed: Tuned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    fits = Fits(monkeypatch)
    tune(frame, SETTINGS, TUNING, seed=SEED, folder=tmp_path / "whole")
    whole, fits.n, fits.stop = fits.n, 0, stop
    with pytest.raises(KeyboardInterrupt):
        tune(frame, SETTINGS, TUNING, seed=SEED, folder=tmp_path / "search")
    (journal,) = (tmp_path / "search").glob("*.journal")
    with journal.open("ab") as handle:
        handle.write(b'{"op_code":5,"worker_id":"half')
    journal.with_name(journal.name + ".lock").symlink_to(journal)
    fits.n, fits.stop = 0, -1
    assert tune(frame, SETTINGS, TUNING, seed=SEED, folder=tmp_path / "search") == undisturbed
    under_way = stop % 3
    assert fits.n == whole - stop + under_way


def test_a_trial_that_the_estimator_refuses_is_told_and_passed(
    frame: TrainingFrame, undisturbed: Tuned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = Fits(monkeypatch)
    fits.stop, fits.error = 7, TrainingError("LightGBM refuses its parameters")
    found = tune(frame, SETTINGS, TUNING.model_copy(update={"trials": 3}), seed=SEED, folder=tmp_path)
    assert [row["state"] for row in found.trials] == ["complete", "failed", "complete"]
    assert found.trials[1]["fault"] == "LightGBM refuses its parameters"
    assert (found.trials[1]["capture"], len(found.trials[1]["captures"])) == (None, 1)
    assert found.trials[0] == undisturbed.trials[0]


def test_more_trials_go_on_and_fewer_look_back(frame: TrainingFrame, undisturbed: Tuned, tmp_path: Path) -> None:
    few = TUNING.model_copy(update={"trials": 5})
    before = tune(frame, SETTINGS, few, seed=SEED, folder=tmp_path)
    assert before.trials == undisturbed.trials[:5]
    assert tune(frame, SETTINGS, TUNING, seed=SEED, folder=tmp_path) == undisturbed
    assert tune(frame, SETTINGS, few, seed=SEED, folder=tmp_path) == before


def test_another_seed_or_setting_is_another_search(frame: TrainingFrame, undisturbed: Tuned, tmp_path: Path) -> None:
    few = TUNING.model_copy(update={"trials": 3})
    first, second = (tune(frame, SETTINGS, few, seed=seed, folder=tmp_path) for seed in (SEED, SEED + 1))
    assert first.trials == undisturbed.trials[:3]
    assert first.trials[1]["params"] != second.trials[1]["params"]
    assert len(list(tmp_path.glob("*.journal"))) == 2


@pytest.mark.parametrize(("pruner", "folds"), [("median", 4), ("wilcoxon", 8)])
def test_a_trial_that_falls_behind_is_given_up(frame: TrainingFrame, tmp_path: Path, pruner: str, folds: int) -> None:
    settings = SETTINGS.model_copy(update={"folds": folds, "params": {"n_estimators": 10}})
    more = {"parameters": ("num_leaves",), "ranges": {"num_leaves": (2, 31)}, "stability": 0.0}
    found = tune(
        frame, settings, TUNING.model_copy(update={"trials": 14, "pruner": pruner, **more}), seed=SEED, folder=tmp_path
    )
    pruned = [row for row in found.trials if row["state"] == "pruned"]
    assert pruned
    assert all(2 <= len(row["captures"]) < folds for row in pruned)
    assert all(row["capture"] is None for row in pruned)
    assert all(len(row["captures"]) == folds for row in found.trials if row["state"] == "complete")
    assert tuning_report(found)["counts"]["pruned"] == len(pruned)
    assert not found.importance or sum(found.importance.values()) == pytest.approx(1.0)


def test_the_check_is_capture_on_other_folds(frame: TrainingFrame, undisturbed: Tuned) -> None:
    seed, spec = derived_seed(SEED, "check:0"), choose(models, "ESTIMATOR", "lightgbm")
    said = {"current": undisturbed.current, "best": undisturbed.best}
    value = {}
    for name, params in said.items():
        settings = SETTINGS.model_copy(update={"params": dict(params)})
        percentile = cross_validate(frame, settings, (spec,), seed=seed)[0]["lightgbm"]
        value[name] = capture_at(percentile, frame.positive, SETTINGS.depth, base=~frame.positive)
        assert undisturbed.checked[name].value == pytest.approx(value[name])
        assert undisturbed.checked[name].low < value[name] < undisturbed.checked[name].high
    assert undisturbed.checked["gain"].value == pytest.approx(value["best"] - value["current"])


def test_poor_parameters_are_beaten_and_noise_is_not(frame: TrainingFrame, tmp_path: Path) -> None:
    poor = SETTINGS.model_copy(update={"params": {"n_estimators": 1, "num_leaves": 2}})
    better = tune(frame, poor, TUNING.model_copy(update={"stability": 0.0}), seed=SEED, folder=tmp_path)
    assert better.better
    assert better.verdict["en"].startswith("Tuning brings +")
    labels = np.random.default_rng(0).permutation(frame.positive)
    place = frame.table.schema.get_field_index("positive")
    noise = replace(frame, table=frame.table.set_column(place, "positive", pa.array(labels)))
    nothing = tune(noise, SETTINGS, TUNING, seed=SEED, folder=tmp_path)
    assert not nothing.better
    assert nothing.searched["best"] > nothing.searched["current"]
    assert nothing.verdict["nl"].startswith("Afstellen brengt niets boven de ruis")


def test_the_lift_of_members_is_held_down(frame: TrainingFrame, tmp_path: Path) -> None:
    limit = TUNING.model_copy(update={"member_lift": 1.0, "trials": 2})
    with pytest.raises(ConfigError, match="'member_lift' needs a list of members"):
        tune(frame, SETTINGS, limit, seed=SEED, folder=tmp_path)
    needy = np.asarray(frame.table.column("segment").to_pylist()) == "A01"
    with pytest.raises(
        TrainingError, match=r"constraints\n  - member_lift: expected at most 1\.000, the nearest was 1\.6"
    ):
        tune(frame, SETTINGS, limit, seed=SEED, folder=tmp_path, members=needy)
    free = limit.model_copy(update={"member_lift": 9.0, "stability": 0.0})
    found = tune(frame, SETTINGS, free, seed=SEED, folder=tmp_path, members=needy)
    assert all(1.0 < row["member_lift"] < 9.0 for row in found.trials)


def test_saved_and_loaded_and_ready_to_paste(undisturbed: Tuned, tmp_path: Path) -> None:
    for name in ("one", "two"):
        undisturbed.save(tmp_path / name)
    assert load_tuned(tmp_path / "one") == undisturbed
    for file in ("tuned.json", "params.toml", "manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    pasted = tomllib.loads((tmp_path / "one" / "params.toml").read_text(encoding="utf-8"))
    assert pasted == {"training": {"params": dict(undisturbed.best)}}
    assert "optuna" in undisturbed.versions
    report = tuning_report(undisturbed)
    assert [row["name"] for row in report["rows"]] == ["current", "best"]
    assert len(report["trials"]) == TUNING.trials


def test_the_verdict_reads_the_interval(undisturbed: Tuned) -> None:
    def gained(low: float, high: float, **more: Any) -> Tuned:
        gain = Estimate((low + high) / 2, low, high, 500)
        said = {"current": {"a": 1}, "best": {"a": 2}, **more}
        return replace(undisturbed, checked={**undisturbed.checked, "gain": gain}, **said)

    assert gained(0.01, 0.03).verdict["nl"] == (
        "Afstellen brengt +2,0 procentpunt vangst (95 %-interval +1,0 tot +3,0): neem de beste over."
    )
    assert gained(-0.01, 0.03).verdict["en"].startswith("Tuning buys nothing beyond noise: +1.0 percentage points")
    assert "keep them" in gained(0.0, 0.0, best={"a": 1}).verdict["en"]
    broken = {"stability": {"least": 0.9, "kept": False}}
    assert "break stability" in gained(-0.02, -0.01, constraints=broken).verdict["en"]


def test_a_journal_that_is_damaged_before_its_end_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "some.journal"
    journal.write_bytes(b'{"a":1}\n{"b":2}\n{"c":')
    mend(journal)
    assert journal.read_bytes() == b'{"a":1}\n{"b":2}\n'
    journal.write_bytes(b'{"a":1}\n{"b":\n{"c":3}\n')
    with pytest.raises(ArtefactError, match="line 2 of 3 is damaged"):
        mend(journal)


def test_too_many_folds(frame: TrainingFrame, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"50 folds of \d+ areas"):
        tune(frame, SETTINGS.model_copy(update={"folds": 50}), TUNING, seed=1, folder=tmp_path)


def test_optuna_is_imported_late_and_says_nothing(
    frame: TrainingFrame, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    late = "import sys, profiling.training.tune; sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", late], check=False).returncode == 0
    tune(frame, SETTINGS, TUNING.model_copy(update={"trials": 2}), seed=9, folder=tmp_path)
    assert capfd.readouterr() == ("", "")
