"""Candidates of the tiny country side by side: who finds whom on areas not seen, and a report that is whole or absent."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import tomli_w

from profiling import artefacts, comparison, pipeline
from profiling.artefacts import read_manifest
from profiling.comparison import Comparison, compare
from profiling.edition import Finished
from profiling.errors import ConfigError, MeasureError
from profiling.evaluation.figures import read_figures
from profiling.pipeline import Places, Run
from profiling.training.frame import TrainingFrame
from profiling.training.held_out import Candidate, draw_judged, score_held_out
from tests.tiny import tiny_country

NAMES = ("easy", "owners", "lot")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three groups: borrowers of easy books, rich home owners, and households drawn by lot."""
    folder = tmp_path_factory.mktemp("country")
    tiny = tiny_country()
    tiny.profile["training"] |= {"background": 1_500, "rivals": ["segment-index"], "redraws": 2}
    tiny.write(folder)
    people = tiny.households
    rng = np.random.default_rng(8)
    rich = people[(people["tenure"] == "owner") & (people["income"] > 45_000)]
    customers = {"owners": rich["key"], "lot": people["key"][rng.random(len(people)) < 0.1]}
    (folder / "profile.toml").rename(folder / "easy.toml")
    (folder / "easy.toml").write_text(tomli_w.dumps({**tiny.profile, "name": "easy"}), encoding="utf-8")
    for name, keys in customers.items():
        keys.to_frame("hh").to_csv(folder / f"{name}.csv", index=False)
        reference = {
            "name": f"group-{name}",
            "source": "customers",
            "as_of": "2026-09-30",
            "minimum": 100,
            "customers": {"files": [f"{name}.csv"], "household": "hh"},
        }
        profile = {**tiny.profile, "name": name, "reference": f"reference-{name}.toml"}
        (folder / f"reference-{name}.toml").write_text(tomli_w.dumps(reference), encoding="utf-8")
        (folder / f"{name}.toml").write_text(tomli_w.dumps(profile), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def runs(country: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    work = tmp_path_factory.mktemp("work")
    return [pipeline.prepare(country / f"{name}.toml", places=Places(work, work, work)) for name in NAMES]


@pytest.fixture(scope="module")
def finished(runs: list[Run]) -> list[Finished]:
    return [Finished(run.config, run.store, run.group, run.model, run.scores, run.profile) for run in runs]


@pytest.fixture(scope="module")
def frames(runs: list[Run]) -> list[TrainingFrame]:
    return [run.frame for run in runs]


@pytest.fixture(scope="module")
def figures(country: Path) -> Path:
    """An outside figure that follows easy books: the part of each wijk with little education."""
    people = pd.read_parquet(country / "households.parquet")
    rate = (people["education"] == "low").groupby(people["wk"]).mean().mul(100).round(3)
    path = country / "outside.csv"
    rate.rename_axis("code").rename("value").to_csv(path)
    return path


@pytest.fixture(scope="module")
def compared(finished: list[Finished], frames: list[TrainingFrame], figures: Path) -> Comparison:
    return compare(finished, frames, external=read_figures(figures, "wijk"))


def capture(found: Comparison, model: str, group: str) -> Any:
    table = found.tables["cross_capture"]
    return table[(table["model"] == model) & (table["group"] == group)].iloc[0]


def test_profiles_find_their_own_planted_group_and_nobody_finds_a_lot(compared: Comparison) -> None:
    assert len(compared.tables["cross_capture"]) == 9
    for name, other in (("easy", "owners"), ("owners", "easy")):
        assert capture(compared, name, name)["low"] > capture(compared, other, name)["high"]
        assert capture(compared, name, name)["lift"] > 1.8
    for name in NAMES:
        found = capture(compared, name, "lot")
        assert found["lift"] == pytest.approx(1.0, abs=0.45)
        assert found["lift_low"] < 1.1


def test_advice_leaves_out_what_a_lot_drew(compared: Comparison) -> None:
    advice = compared.said["advice"]
    assert advice["checks"]["lot"]["finds"] in ("fail", "unsure")
    assert advice["choice"] != "lot"
    assert advice["checks"]["easy"]["own"] == "pass"
    # The tiny country has fewer than 1,000 reference households of each kind.
    assert {each["size"] for each in advice["checks"].values()} == {"fail"}


def test_gains_at_the_depth_are_the_capture(compared: Comparison) -> None:
    gains = compared.tables["gains"].set_index(["candidate", "depth"])
    for name in NAMES:
        row = capture(compared, name, name)
        assert gains.loc[(name, 10.0), ["capture", "low", "high"]].tolist() == pytest.approx(
            row[["capture", "low", "high"]].astype(float).tolist()
        )
        assert gains.loc[(name, 100.0), "capture"] == 100


def test_overlaps_agree_with_sql(compared: Comparison, finished: list[Finished]) -> None:
    for table, column in (("overlap_groups", "household_id"), ("overlap_profiles", "rank")):
        for row in compared.tables[table].to_dict("records"):
            one, other = (
                next(each for each in finished if each.config.name == row[side]) for side in ("left", "right")
            )
            if column == "household_id":
                left, right = one.group.households, other.group.households  # read by DuckDB
                query = "SELECT count(*) FROM left SEMI JOIN right USING (household_id)"
                query = query.replace("left", "one_group").replace("right", "other_group")
                database = duckdb.connect()
                database.register("one_group", left)
                database.register("other_group", right)
                shared = database.execute(query).fetchall()[0][0]
            else:
                shared = duckdb.execute(
                    f"SELECT count(*) FROM '{one.scores.file}' a JOIN '{other.scores.file}' b USING (household_id) "
                    f"WHERE a.rank <= {one.profile.last_rank} AND b.rank <= {other.profile.last_rank}"
                ).fetchall()[0][0]
            assert row["shared"] == shared


def test_segments_are_those_of_the_publication_and_of_the_group(compared: Comparison, finished: list[Finished]) -> None:
    table = compared.tables["segments"].set_index(["candidate", "of", "code"])
    for each in finished:
        ids = each.group.households  # read by DuckDB
        database = duckdb.connect()
        database.register("ids", ids)
        rows = database.execute(
            f"SELECT segment, count(*), count(i.household_id) FROM '{each.scores.file}' s "
            "LEFT JOIN ids i USING (household_id) GROUP BY segment"
        ).fetchall()
        total = sum(row[1] for row in rows) / sum(row[2] for row in rows)
        for code, n_base, n in rows:
            found = table.loc[(each.config.name, "group", code)]
            assert (found["n_profile"], found["n_base"]) == (n, n_base)
            assert found["index"] == pytest.approx(100 * n / n_base * total)
    assert table.loc[("easy", "profile", "A01"), "index"] > 150


def test_outside_figures_agree_with_the_profile_that_they_are_about(compared: Comparison) -> None:
    table = compared.tables["external"].set_index("candidate")
    assert table.loc["easy", "spearman"] > max(table.loc["owners", "spearman"], 0.3)
    assert compared.said["candidates"][0]["external"]["value"] == pytest.approx(table.loc["easy", "spearman"])


@dataclasses.dataclass
class _Memory:
    """An estimator that only remembers: 1 for a row that it has seen, 0 for any other."""

    seen: set[bytes] = dataclasses.field(default_factory=set)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> _Memory:
        self.seen = {row.tobytes() for row in X}
        return self

    def score_samples(self, X: Any) -> Any:
        return np.array([float(row.tobytes() in self.seen) for row in X])


class _MemorySpec:
    def build(self, _context: Any, _params: Any) -> _Memory:
        return _Memory()


def test_no_model_sees_an_area_that_it_is_judged_on(finished: list[Finished], frames: list[TrainingFrame]) -> None:
    groups = {each.config.name: each.group for each in finished}
    frame_of = dict(zip(groups, frames, strict=True))
    judged = draw_judged(finished[0].store, groups, frame_of, "gemeente", seed=1)
    asked = {name: Candidate(frame, _MemorySpec(), {}, 1) for name, frame in frame_of.items()}  # type: ignore[arg-type]
    found = score_held_out(asked, judged.table, judged.block, 3, 1)
    assert set(found.fold) == {0, 1, 2}
    assert len({(area, fold) for area, fold in zip(judged.block, found.fold, strict=True)}) == len(set(judged.block))
    for name, frame in frame_of.items():
        everything = {row.tobytes() for row in frame.matrix()}
        would = np.mean([row.tobytes() in everything for row in frame.encoder.matrix(judged.table)])
        assert would > 0.3
        assert found.scores[name].mean() < 0.005


def test_percentiles_count_within_the_fold(finished: list[Finished]) -> None:
    from profiling.training.held_out import HeldOut

    scores = np.array([1.0, 2.0, 2.0, 9.0, 10.0, 20.0, 30.0])
    base = np.array([True, True, True, False, True, True, False])
    found = HeldOut({"one": scores}, np.array([0, 0, 0, 0, 1, 1, 1])).percentiles("one", base)
    assert found.tolist() == pytest.approx([1 / 6, 4 / 6, 4 / 6, 1.0, 0.25, 0.75, 1.0])


def tree(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_it_is_written_whole_and_twice_the_same(
    compared: Comparison, finished: list[Finished], frames: list[TrainingFrame], figures: Path, tmp_path: Path
) -> None:
    compared.save(tmp_path / "one")
    compare(finished, frames, external=read_figures(figures, "wijk")).save(tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    manifest = read_manifest(tmp_path / "one", verify=True)
    assert set(manifest["candidates"]) == set(NAMES)
    assert {"compare.json", "compare.nl.html", "compare.en.html"} <= set(manifest["files"])
    for name, table in compared.tables.items():
        assert {f"{name}.parquet", f"{name}.csv"} <= set(manifest["files"])
        assert len(pd.read_parquet(tmp_path / "one" / f"{name}.parquet")) == len(table)
    said = json.loads((tmp_path / "one" / "compare.json").read_text(encoding="utf-8"))
    assert said == json.loads(artefacts.canonical_json(compared.said))
    assert str(tmp_path) not in (tmp_path / "one" / "compare.nl.html").read_text(encoding="utf-8")


def test_interrupted_while_writing_nothing_is_left(
    compared: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_given: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison, "render", stopped)
    with pytest.raises(KeyboardInterrupt):
        compared.save(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_compared_is_refused(finished: list[Finished], frames: list[TrainingFrame]) -> None:
    with pytest.raises(MeasureError, match="nothing to compare"):
        compare(finished[:1], frames[:1])
    with pytest.raises(MeasureError, match="'easy' stands twice"):
        compare([finished[0], finished[0]], [frames[0], frames[0]])
    training = finished[1].config.training.model_copy(update={"block": "wijk"})
    other = dataclasses.replace(finished[1], config=finished[1].config.model_copy(update={"training": training}))
    with pytest.raises(ConfigError, match="wijk"):
        compare([finished[0], other], frames[:2])


def test_the_doorway_checks_every_candidate_and_nests_its_runs(runs: list[Run], tmp_path: Path) -> None:
    folder = pipeline.compare(runs[:2], tmp_path / "report")
    said = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    for run, each in zip(runs, said["candidates"], strict=False):
        low, high = each["class_size"]["interval"]
        bracket = run.case.bracket
        assert (low, high) == pytest.approx([100 * end for end in bracket.class_size])
        assert low < high
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{runs[0].places.tracking / 'mlruns' / 'mlflow.db'}")
    (experiment,) = [each for each in client.search_experiments() if each.name == "profile.comparison"]
    logged = client.search_runs([experiment.experiment_id])
    (whole,) = [each for each in logged if "mlflow.parentRunId" not in each.data.tags]
    nested = {each.info.run_name: each for each in logged if each is not whole}
    assert set(nested) == {run.config.name for run in runs[:2]}
    for each in said["candidates"]:
        run = nested[each["name"]]
        assert run.data.tags["mlflow.parentRunId"] == whole.info.run_id
        assert run.data.metrics["capture"] == each["capture"]["value"]
        assert client.get_run(run.data.tags["training_run"]).data.tags["run_kind"] == "train"
