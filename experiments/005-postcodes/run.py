"""Experiment 005, postcodes: recall of the true group, learning from households, from counts, or from everybody.

Usage: python experiments/005-postcodes/run.py [simulation|acs] (the second reads ../shared/data/acs)
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

import profiling
from profiling import models
from profiling.artefacts import library_versions, write_json
from profiling.config import Config, load_config
from profiling.evaluation.truth import read_truth, recall_at_depth
from profiling.features.encoder import choose_features, fit_encoder
from profiling.models.spec import Estimator, EstimatorContext
from profiling.plugs import choose
from profiling.population.config import load_population
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore, open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.postcode_counts import postcode_at
from profiling.simulation.settings import SimulationSettings
from profiling.simulation.simulate import simulate
from profiling.training.aggregated import Everywhere, chances_from_counts, learn_from_counts
from profiling.training.bag_rates import Bags

HERE = Path(__file__).parent
Floats = NDArray[np.float64]


class Simulated(Config):
    """The simulated part."""

    population: str
    reference: str
    households: int
    truth: str
    asked: str
    seeds: tuple[int, ...]
    levels: tuple[str, ...]


class Acs(Config):
    """The part on real households."""

    population: str
    source: str
    truth: str
    group: int
    seeds: tuple[int, ...]
    sizes: tuple[int, ...]


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    work: str
    held_out: float
    background: int
    depth: float
    estimator: str
    folds: int
    simulation: Simulated
    acs: Acs


class Base:
    """All households of a population in memory, with a split over areas and a sample of the training areas."""

    def __init__(self, experiment: Experiment, store: HouseholdStore, seed: int, valid: str | None = None) -> None:
        self.experiment, self.seed = experiment, seed
        words = [name for name, _ in choose_features(store.population.config, ())]
        table = pa.Table.from_batches(list(store.batches(["household_id", "gemeente", *words])))
        if valid:
            table = table.filter(pc.is_valid(table[valid]))
        self.keys = table["household_id"].combine_chunks()
        self.areas = np.asarray(table["gemeente"].to_pylist(), dtype=str)
        self.encoder = fit_encoder(table, store.population.config, ())
        self.X = self.encoder.matrix(table)
        codes = np.unique(self.areas)
        order = np.argsort(hash_keys(pa.array(codes.tolist()), f"areas:{seed}"), kind="stable")
        self.held = np.isin(self.areas, codes[order[: round(experiment.held_out * len(codes))]])
        hashed = hash_keys(self.keys, f"sample:{seed}")
        inside = np.flatnonzero(~self.held)
        self.sample = np.sort(inside[np.argsort(hashed[inside], kind="stable")[: experiment.background]])

    def flags(self, table: pd.DataFrame, column: str) -> NDArray[np.bool_]:
        """A column of a table of households, in the order of this base; absent is false."""
        said = table.set_index("household_id")[column].reindex(self.keys.to_pylist())
        return said.fillna(0).to_numpy(dtype=np.float64).astype(bool)

    def build(self) -> Estimator:
        """The estimator, unfitted."""
        encoder = self.encoder
        context = EstimatorContext(
            len(encoder.names), encoder.names, encoder.categorical, encoder.segment, seed=self.seed, threads=1
        )
        return choose(models, "ESTIMATOR", self.experiment.estimator).build(context, {})

    def fitted(self, rows: NDArray[np.int64], weight: Floats, against: NDArray[np.int64]) -> Estimator:
        """Some households against others."""
        X = np.vstack([self.X[rows], self.X[against]])
        y = np.concatenate([np.ones(len(rows)), np.zeros(len(against))])
        return self.build().fit(X, y, np.concatenate([weight, np.ones(len(against))]))

    def recall(self, model: Estimator, truth: NDArray[np.bool_]) -> float:
        """Part of the true group of the held-out areas within the depth."""
        scores = model.score_samples(self.X[self.held])
        return float(recall_at_depth(scores, truth[self.held], self.experiment.depth))

    def bags(self, rows: NDArray[np.int64], codes: NDArray[np.str_], counts: dict[str, float]) -> Bags:
        """Bags of some households from their postcodes."""
        names, bag = np.unique(codes[rows], return_inverse=True)
        return Bags(bag.astype(np.int64), np.array([counts[name] for name in names]))

    def from_counts(
        self, rows: NDArray[np.int64], codes: NDArray[np.str_], bags: Bags, truth: NDArray[np.bool_]
    ) -> dict[str, Any]:
        """Everybody marked (against everybody, and against the others only) and the counts, measured."""
        experiment = self.experiment
        others = np.setdiff1d(self.sample, rows)
        inside = ~self.held
        postcodes = np.isin(codes[self.sample], np.unique(codes[rows]))
        everywhere = Everywhere(self.X[self.sample], self.areas[self.sample], ~postcodes, int(inside.sum()))
        learned = chances_from_counts(
            self.X[rows],
            bags,
            self.areas[rows],
            everywhere,
            categorical=self.encoder.categorical,
            folds=experiment.folds,
            seed=self.seed,
        )
        model = learn_from_counts(self.X[rows], learned.posterior, everywhere, self.build)
        said = {
            "everybody": self.recall(self.fitted(rows, bags.everybody, self.sample), truth),
            "from counts": self.recall(model, truth),
            "ridge": learned.ridge,
            "fit": {str(ridge): value for ridge, value in learned.fit.items()},
            "bags": len(bags.counts),
            "households in bags": len(rows),
            "people": float(bags.counts.sum()),
        }
        if len(others) > 1000:
            said["everybody, against the others"] = self.recall(self.fitted(rows, bags.everybody, others), truth)
        return said

    def known(self, rows: NDArray[np.int64], truth: NDArray[np.bool_]) -> dict[str, float]:
        """What household labels give, and the ceiling: the truth of all training areas."""
        everybody = np.flatnonzero(~self.held & truth), np.flatnonzero(~self.held & ~truth)
        return {
            "households": self.recall(self.fitted(rows, np.ones(len(rows)), self.sample), truth),
            "ceiling": self.recall(self.fitted(everybody[0], np.ones(len(everybody[0])), everybody[1]), truth),
        }


def simulated(experiment: Experiment, seed: int) -> dict[str, Any]:
    """One simulated country."""
    asked_for = experiment.simulation
    data = HERE / experiment.work / f"simulated-{asked_for.households}-{seed}"
    if not data.is_dir():
        simulate(SimulationSettings(households=asked_for.households, seed=seed), data)
    store = open_population(load_population(HERE / asked_for.population, data=data))
    base = Base(experiment, store, seed)
    table = pd.read_parquet(data / "truth_visitors.parquet")
    truth, asked = base.flags(table, asked_for.truth), base.flags(table, asked_for.asked)
    postcodes = pa.concat_arrays([batch.column(0) for batch in store.batches(["postcode"])])
    definition = load_reference(HERE / asked_for.reference, data=data)
    result: dict[str, Any] = {"seed": seed}
    for level in asked_for.levels:
        settings = definition.settings.model_copy(update={"level": level})
        group = build_reference_group(_with(definition, settings), store)
        weights = group.households.to_pandas().set_index("household_id")["weight"].reindex(base.keys.to_pylist())
        codes = np.asarray(postcode_at(postcodes, level).to_pylist(), dtype=str)  # type: ignore[arg-type]
        marked = weights.notna().to_numpy()
        rows = np.flatnonzero(marked & ~base.held)
        counts = pd.Series(weights.to_numpy()[rows]).groupby(codes[rows]).sum().to_dict()
        result[level] = base.from_counts(rows, codes, base.bags(rows, codes, counts), truth)
        if "households" not in result:
            people = np.flatnonzero(asked & ~base.held)
            order = np.argsort(hash_keys(base.keys.take(pa.array(people)), f"group:{seed}"), kind="stable")
            result |= base.known(people[order[: round(result[level]["people"])]], truth)
    return result


def _with(definition: Any, settings: Config) -> Any:
    from dataclasses import replace

    return replace(definition, settings=settings)


def american(experiment: Experiment, seed: int) -> dict[str, Any]:
    """Real households: their areas as bags, and made-up postcodes of random households of one area."""
    asked_for = experiment.acs
    source = (HERE / asked_for.source).resolve()
    population = load_population(HERE / asked_for.population, data=source)
    base = Base(experiment, open_population(population), seed, valid="tenure")  # without group quarters
    truth = base.flags(read_truth(population, asked_for.truth).to_pandas(), "truth")
    inside = np.flatnonzero(truth & ~base.held)
    order = np.argsort(hash_keys(base.keys.take(pa.array(inside)), f"group:{seed}"), kind="stable")
    group = np.sort(inside[order[: asked_for.group]])
    result: dict[str, Any] = {"seed": seed, **base.known(group, truth)}
    shuffled = hash_keys(base.keys, f"street:{seed}")
    turn = np.lexsort((shuffled, base.areas))
    place = np.empty(len(turn), dtype=np.int64)
    _, first = np.unique(base.areas[turn], return_index=True)
    size = np.diff(np.append(first, len(turn)))
    place[turn] = np.arange(len(turn)) - np.repeat(first, size)
    for each in (*asked_for.sizes, None):
        codes = (
            base.areas
            if each is None
            else np.array([f"{a}-{p // each}" for a, p in zip(base.areas, place, strict=True)])
        )
        counts = pd.Series(1.0, index=group).groupby(codes[group]).sum().to_dict()
        rows = np.flatnonzero(np.isin(codes, list(counts)) & ~base.held)
        if len(rows) > 60_000:
            # A bag keeps its count and a part of its households: what EM needs is their ratio.
            keep = np.sort(rows[np.argsort(shuffled[rows], kind="stable")[:60_000]])
            full, part = pd.Series(codes[rows]).value_counts(), pd.Series(codes[keep]).value_counts()
            counts = {code: counts[code] * part[code] / full[code] for code in part.index}
            rows = keep
        name = "areas" if each is None else f"{each} random households"
        result[name] = base.from_counts(rows, codes, base.bags(rows, codes, counts), truth)
    return result


def summary(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Mean recall over the seeds of every way of learning."""
    flat: dict[str, list[float]] = {}
    for run in runs:
        for name, value in run.items():
            pairs = value.items() if isinstance(value, dict) else [("", value)]
            for part, each in pairs:
                if isinstance(each, float) and part not in {"people", "ridge"}:
                    flat.setdefault(f"{name} {part}".strip(), []).append(each)
    return {name: round(float(np.mean(values)), 4) for name, values in flat.items()}


def main(parts: list[str]) -> None:
    """Run the parts that are asked for and write result/report.json."""
    experiment = load_config(HERE / "config.toml", Experiment)
    path = HERE / "result" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    works: dict[str, tuple[Callable[[int], dict[str, Any]], tuple[int, ...]]] = {
        "simulation": (functools.partial(simulated, experiment), experiment.simulation.seeds),
        "acs": (functools.partial(american, experiment), experiment.acs.seeds),
    }
    for part in parts or list(works):
        work, seeds = works[part]
        start = time.monotonic()
        runs = []
        for seed in seeds:
            runs.append(work(seed))
            print(part, json.dumps(runs[-1]), f"{time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        report[part] = {"mean": summary(runs), "runs": runs}
        print(part, json.dumps(report[part]["mean"], indent=2), f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    report |= {"question": experiment.question, "version": profiling.__version__, "libraries": library_versions()}
    path.parent.mkdir(exist_ok=True)
    write_json(path, report)


if __name__ == "__main__":
    main(sys.argv[1:])
