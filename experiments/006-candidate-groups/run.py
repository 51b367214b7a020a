"""Experiment 006: recall of the planted truth for every candidate group, naive, with auto, and with a list of members.

Usage: python experiments/006-candidate-groups/run.py [--seeds 1,2] [--candidates a,b]. Every country is measured into
a file of its own, so that a run that was stopped goes on where it was; --fresh measures again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.stats import t as student

from profiling import models
from profiling.artefacts import fingerprint, library_versions, write_json, writing, writing_folder
from profiling.config import Config, load_config
from profiling.errors import ProfilingError
from profiling.evaluation.truth import read_truth, recall_at_depth, recall_estimate
from profiling.features.encoder import choose_features
from profiling.plugs import choose
from profiling.population.config import load_population
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore, open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup
from profiling.reference.matching import match_rows
from profiling.simulation.settings import SimulationSettings
from profiling.simulation.simulate import simulate
from profiling.training.aggregated import who_is_meant
from profiling.training.rows import draw_rows
from profiling.training.settings import TrainingSettings

HERE = Path(__file__).parent
POSTCODES = "postcodes"
Flags = NDArray[np.bool_]


class Candidate(Config):
    """A reference group and the truth that it is meant for."""

    reference: str
    truth: str


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    population: str
    work: str
    households: int
    seeds: tuple[int, ...]
    held_out: float
    background: int
    depth: float
    estimator: str
    members: str
    candidates: tuple[Candidate, ...]


class Country:
    """One simulated country: all of it to build groups on, its training areas as a store, and the areas held out."""

    def __init__(self, experiment: Experiment, seed: int) -> None:
        self.experiment, self.seed = experiment, seed
        self.data = (HERE / experiment.work).resolve() / f"simulated-{experiment.households}-{seed}"
        if not self.data.is_dir():
            simulate(SimulationSettings(households=experiment.households, seed=seed), self.data)
        self.population = load_population((HERE / experiment.population).resolve(), data=self.data)
        self.store = open_population(self.population)
        words = [name for name, _family in choose_features(self.population.config, ())]
        table = pa.Table.from_batches(list(self.store.batches(["household_id", "gemeente", *words])))
        areas = table["gemeente"].combine_chunks()
        codes = pa.array(sorted(pc.unique(areas).to_pylist()), pa.string())
        order = np.argsort(hash_keys(codes, f"areas:{seed}"), kind="stable")
        out = codes.take(pa.array(order[: round(experiment.held_out * len(codes))]))
        held = pc.is_in(areas, value_set=out)
        self.inside = table["household_id"].filter(pc.invert(held)).combine_chunks()
        self.held = table.filter(held).combine_chunks()
        self.training = self._training(out)

    def _training(self, out: pa.Array) -> HouseholdStore:
        folder = self.data.parent / f"training-{self.experiment.households}-{self.seed}"
        files = sorted((self.data / "households").glob("*.parquet"))
        for file in files:
            with writing(folder / "households" / file.name) as aside:
                table = pq.read_table(file)
                pq.write_table(
                    table.filter(pc.invert(pc.is_in(table["gemeente"].cast("string"), value_set=out))), aside
                )
        return open_population(load_population((HERE / self.experiment.population).resolve(), data=folder))

    def members(self) -> pa.Array:
        """The households of everybody with a card, by address."""
        cards = pq.read_table(self.data / self.experiment.members, columns=["postcode", "house_number", "addition"])
        texts = pa.table({name: cards[name].cast(pa.string()).combine_chunks() for name in cards.column_names})
        return pa.array(sorted(set(match_rows(self.store, texts).pairs["household_id"])), pa.string())

    def truth(self, name: str, keys: pa.Array) -> Flags:
        """Who of some households is truly meant."""
        if name in (self.population.config.truth.columns if self.population.config.truth else ()):
            table = read_truth(self.population, name)
            said = table.filter(table["truth"])["household_id"]
        else:
            table = pq.read_table(self.data / "truth_visitors.parquet")
            said = table.filter(table[name].cast(pa.bool_()))["household_id"]
        return np.asarray(pc.is_in(keys, value_set=said.cast(pa.string()).combine_chunks()), dtype=bool)

    def group(self, name: str) -> ReferenceGroup:
        """The reference group of a configuration, as far as it lives in the training areas."""
        definition = load_reference((HERE / "../../configs/reference" / f"{name}.toml").resolve(), data=self.data)
        found = build_reference_group(definition, self.store)
        members = found.members if found.members is None else self._inside(found.members)
        return replace(found, households=self._inside(found.households), members=members)

    def _inside(self, table: pa.Table) -> pa.Table:
        return table.filter(pc.is_in(table["household_id"], value_set=self.inside))


def ways(country: Country, group: ReferenceGroup, members: pa.Array) -> Iterator[tuple[str, ReferenceGroup, str]]:
    """What is compared: name, group, contrast. Groups of postcodes hold people who are no members."""
    yield "naive", group, "population"
    settings = TrainingSettings(background=country.experiment.background)
    if group.inputs["config"]["source"] == POSTCODES:
        yield "auto", who_is_meant(group, country.training, settings, seed=country.seed), "auto"
        return
    yield "auto", group, "auto"
    if group.members is None:
        others = members.filter(
            pc.invert(pc.is_in(members, value_set=group.households["household_id"].combine_chunks()))
        )
        inside = others.filter(pc.is_in(others, value_set=country.inside))
        yield "auto, with a list of members", replace(group, members=pa.table({"household_id": inside})), "auto"


def measured(country: Country, candidate: Candidate, members: pa.Array) -> list[dict[str, Any]]:
    """Recall of one candidate, every way, on held-out areas: at the depth asked, and at the true group's own size."""
    experiment, seed = country.experiment, country.seed
    group = country.group(candidate.reference)
    truth = country.truth(candidate.truth, country.held["household_id"].combine_chunks())
    areas = np.asarray(country.held["gemeente"].to_pylist(), dtype=str)
    spec = choose(models, "ESTIMATOR", experiment.estimator)
    rows = []
    for name, each, contrast in ways(country, group, members):
        settings = TrainingSettings(background=experiment.background, contrast=contrast)
        drawn = draw_rows(each, country.training, settings, seed=seed)
        frame = drawn.weighed(contrast, {})
        context = replace(drawn.draft.context, threads=1)
        model = spec.build(context, {}).fit(drawn.draft.X, drawn.draft.positive, frame.weight)
        scores = model.score_samples(drawn.encoder.matrix(country.held))
        found = recall_estimate(scores, truth, experiment.depth, areas, seed=seed)
        own = drawn.table["household_id"].combine_chunks().filter(pa.array(drawn.draft.positive))
        right = np.average(country.truth(candidate.truth, own), weights=frame.weight[drawn.draft.positive] + 1e-12)
        rows.append(
            {"candidate": candidate.reference, "truth": candidate.truth, "seed": seed, "way": name}
            | {"recall": found.value, "own_size": recall_at_depth(scores, truth, float(truth.mean()))}
            | {"interval": [found.low, found.high], "chosen": frame.contrast["kind"]}
            | {"n_group": int(drawn.draft.positive.sum()), "right": float(right), "truth_share": float(truth.mean())}
        )
    rows.append(ceiling(country, candidate, truth, areas) | {"truth_share": float(truth.mean())})
    return rows


def ceiling(country: Country, candidate: Candidate, truth: Flags, areas: NDArray[np.str_]) -> dict[str, Any]:
    """What the same estimator finds when everybody of the training areas is known to belong or not."""
    experiment, known = country.experiment, country.truth(candidate.truth, country.inside)
    everybody = pa.table({"household_id": country.inside.filter(pa.array(known))}).sort_by("household_id")
    group = ReferenceGroup("truth", "", "", everybody.append_column("weight", pa.array(np.ones(known.sum()))), (), {})
    settings = TrainingSettings(background=len(country.inside), catchment="everywhere", contrast="population")
    drawn = draw_rows(group, country.training, settings, seed=country.seed)
    context = replace(drawn.draft.context, threads=1)
    spec = choose(models, "ESTIMATOR", experiment.estimator)
    model = spec.build(context, {}).fit(drawn.draft.X, drawn.draft.positive, np.ones(len(drawn.draft.X)))
    scores = model.score_samples(drawn.encoder.matrix(country.held))
    found = recall_estimate(scores, truth, experiment.depth, areas, seed=country.seed)
    own = recall_at_depth(scores, truth, float(truth.mean()))
    said = {"candidate": candidate.reference, "truth": candidate.truth, "seed": country.seed, "way": "ceiling"}
    return said | {"recall": found.value, "own_size": own, "interval": [found.low, found.high]}


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per candidate and way: mean, spread over the seeds, and the gain over naive with its interval (Student's t)."""
    table = pd.DataFrame(rows)
    naive = table[table["way"] == "naive"].set_index(["candidate", "seed"])["recall"]
    table["gain"] = table["recall"] - naive.reindex(pd.MultiIndex.from_frame(table[["candidate", "seed"]])).to_numpy()
    result = []
    for (candidate, way), part in table.groupby(["candidate", "way"], sort=False):
        n, gain = len(part), part["gain"]
        half = student.ppf(0.975, n - 1) * gain.std() / n**0.5 if n > 1 else None
        said = {"candidate": candidate, "way": way, "seeds": n, "recall": part["recall"].mean()}
        said |= {"own_size": part["own_size"].mean(), "right": part["right"].mean() if "right" in part else None}
        said |= {"sd": part["recall"].std() if n > 1 else None, "gain": gain.mean()}
        result.append(said | {"gain_interval": [gain.mean() - half, gain.mean() + half] if n > 1 else None})
    return result


def main() -> None:
    """Measure every candidate of every country that is not there yet, summarise, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", help="comma-separated; all of the configuration when absent")
    parser.add_argument("--candidates", help="comma-separated; all of the configuration when absent")
    parser.add_argument("--out", type=Path, default=HERE / "result", help="folder of the report")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured before")
    asked = parser.parse_args()
    experiment = load_config(HERE / "config.toml", Experiment)
    seeds = [int(each) for each in asked.seeds.split(",")] if asked.seeds else experiment.seeds
    names = asked.candidates.split(",") if asked.candidates else [each.reference for each in experiment.candidates]
    same = experiment.model_dump(mode="json", exclude={"question", "seeds", "candidates"})
    kept = (HERE / experiment.work).resolve() / f"measured-{fingerprint(same)[:12]}"
    kept.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        country: Country | None = None
        for candidate in experiment.candidates:
            if candidate.reference not in names:
                continue
            path, start = kept / f"{candidate.reference}-{seed}.json", time.process_time()
            if asked.fresh or not path.is_file():
                if country is None:
                    country = Country(experiment, seed)
                    members = country.members()
                write_json(path, measured(country, candidate, members))
            new = json.loads(path.read_text(encoding="utf-8"))
            rows += new
            said = " ".join(f"{each['way']} {each['recall']:.4f}" for each in new)
            sys.stdout.write(f"{path.stem}: {said} ({time.process_time() - start:.0f} CPU-s)\n")
            sys.stdout.flush()
    report = {
        "experiment": HERE.name,
        "config": experiment.model_dump(mode="json"),
        "versions": library_versions(),
        "summary": summary(rows),
        "runs": rows,
    }
    with writing_folder(asked.out, {"kind": "experiment", "experiment": HERE.name}) as aside:
        write_json(aside / "report.json", report)
    sys.stdout.write(pd.DataFrame(report["summary"]).to_string(float_format="{:.4f}".format, index=False) + "\n")


if __name__ == "__main__":
    try:
        main()
    except ProfilingError as error:
        raise SystemExit(str(error)) from None
