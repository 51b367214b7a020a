"""Experiment 003: recall of the true group on held-out areas for every contrast, when only members can be seen.

Usage: python experiments/003-selection-bias/run.py (reads ../shared/data/acs); a config of your own as argument, and
FORM DIRT DEPENDENT SEED lists as --forms a,b --dirt 0,0.3 --seeds 1,2 --dependence no,yes to run a part.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from worlds import World, conditions, propensity, simulate

from profiling import models
from profiling.artefacts import library_versions, write_json, writing, writing_folder
from profiling.config import Config, load_config
from profiling.errors import ProfilingError
from profiling.evaluation.truth import read_truth, recall_at_depth
from profiling.models.spec import EstimatorContext
from profiling.plugs import choose
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.training.frame import TrainingFrame, build_training_frame
from profiling.training.settings import TrainingSettings

HERE = Path(__file__).parent


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    population: str
    source: str
    work: str
    truth: str
    states: tuple[str, ...]
    seeds: tuple[int, ...]
    held_out: float
    group: int
    background: int
    depth: float
    estimator: str
    contrasts: tuple[str, ...]
    dirt: tuple[float, ...]
    dependence: tuple[bool, ...]
    age_scale: float
    forms: dict[str, dict[str, float]]
    evidence: dict[str, float]


class Bench:
    """The households with their truth, kept in memory once, and the training areas of a seed as a store."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        source = (HERE / experiment.source).resolve()
        table = pq.read_table(source / "households.parquet")
        table = table.filter(pc.is_valid(table["tenure"]))
        if experiment.states:
            table = table.filter(pc.is_in(table["state"].cast(pa.string()), value_set=pa.array(experiment.states)))
        self.table = table
        self.frame: pd.DataFrame = table.to_pandas()
        truth = read_truth(load_population(HERE / experiment.population, data=source), experiment.truth)
        at = pc.index_in(table["household_id"].cast(pa.string()), value_set=truth["household_id"].combine_chunks())
        self.truth = np.asarray(truth["truth"].combine_chunks().take(at.combine_chunks()), dtype=bool)
        self.known = conditions(self.frame)
        self.stores: dict[int, HouseholdStore] = {}

    def store(self, world: World, seed: int) -> HouseholdStore:
        """The training areas of a seed, as files; written once."""
        # Which areas are held out depends on the seed alone.
        if seed in self.stores:
            return self.stores[seed]
        folder = (HERE / self.experiment.work).resolve() / f"seed-{seed}"
        with writing(folder / "households.parquet") as aside:
            pq.write_table(self.table.filter(pa.array(~world.held)), aside)
        self.stores[seed] = open_population(load_population((HERE / self.experiment.population).resolve(), data=folder))
        return self.stores[seed]

    def recalls(self, form: str, dirt: float, dependent: bool, seed: int) -> list[dict[str, Any]]:
        """Recall of every contrast in one world, of the true weights, and with all dirt taken out."""
        said = self.experiment
        chance = propensity(self.known, said.forms[form])
        world = simulate(self.frame, self.truth, chance, dirt, dependent, seed, said)
        store = self.store(world, seed)
        held = self.table.filter(pa.array(world.held)).combine_chunks()
        spec = choose(models, "ESTIMATOR", said.estimator)
        place = pd.Series(np.arange(len(self.frame)), index=self.frame["household_id"].astype(str))
        rows: list[dict[str, Any]] = []
        frames: dict[str, TrainingFrame] = {}
        for name in (*said.contrasts, "true weights", "true weights, clean"):
            chosen = "population" if name.startswith("true") else name
            settings = TrainingSettings(background=said.background, catchment="everywhere", contrast=chosen)
            if chosen not in frames:
                frames[chosen] = build_training_frame(world.reference, store, settings, seed=seed, inputs={})
            frame = frames[chosen]
            encoder, X, weight = frame.encoder, frame.matrix(), frame.weight
            if name.startswith("true"):
                at = place[frame.table.column("household_id").to_pylist()].to_numpy()
                weight = np.where(frame.positive, 1.0 / (world.propensity * world.borrowing)[at], 1.0)
                if name.endswith("clean"):
                    weight = np.where(frame.positive & ~self.truth[at], 0.0, weight)
                own = frame.positive & (weight > 0)
                weight[own] /= weight[own].mean()
            context = EstimatorContext(len(encoder.names), encoder.names, encoder.categorical, None, seed, 1)
            fitted = spec.build(context, {}).fit(X, frame.positive, weight)
            scores = fitted.score_samples(encoder.matrix(held))
            rows.append(
                {"form": form, "dirt": dirt, "dependent": dependent, "seed": seed, "contrast": name}
                | {"recall": recall_at_depth(scores, self.truth[world.held], said.depth)}
                | {"chosen": frame.contrast["kind"], "n_group": frame.n_positive, "n_clean": int(world.clean.sum())}
                | {
                    "dirt_estimate": frame.dirt and frame.dirt["share"],
                    "dirt_interval": frame.dirt and frame.dirt["interval"],
                }
                | {"scar": frame.contrast.get("scar", {}).get("value")}
            )
        return rows


def main() -> None:
    """Measure every world, summarise, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="?", type=Path, default=HERE / "config.toml")
    for name in ("forms", "dirt", "dependence", "seeds", "contrasts"):
        parser.add_argument(f"--{name}", help="comma-separated; all of the configuration when absent")
    parser.add_argument("--out", type=Path, default=HERE / "result", help="folder of the report")
    asked = parser.parse_args()
    experiment = load_config(asked.config, Experiment)
    forms = asked.forms.split(",") if asked.forms else list(experiment.forms)
    dirts = [float(each) for each in asked.dirt.split(",")] if asked.dirt else experiment.dirt
    seeds = [int(each) for each in asked.seeds.split(",")] if asked.seeds else experiment.seeds
    young = [each == "yes" for each in asked.dependence.split(",")] if asked.dependence else experiment.dependence
    if asked.contrasts:
        experiment = experiment.model_copy(update={"contrasts": tuple(asked.contrasts.split(","))})
    bench, rows = Bench(experiment), []
    for form in forms:
        for dependent in young:
            for dirt in dirts:
                for seed in seeds:
                    new = bench.recalls(form, dirt, dependent, seed)
                    rows += new
                    said = " ".join(f"{each['contrast']} {each['recall']:.4f}" for each in new)
                    sys.stdout.write(f"{form} young={dependent} dirt={dirt} seed={seed}: {said}\n")
                    sys.stdout.flush()
    keys = ["form", "dependent", "dirt", "contrast"]
    summary = pd.DataFrame(rows).groupby(keys, sort=False)["recall"].agg(["mean", "std", "count"]).reset_index()
    report = {
        "experiment": HERE.name,
        "config": experiment.model_dump(mode="json"),
        "versions": library_versions(),
        "summary": summary.where(summary.notna(), None).to_dict("records"),
        "seeds": rows,
    }
    with writing_folder(asked.out, {"kind": "experiment", "experiment": HERE.name}) as aside:
        write_json(aside / "report.json", report)
    wide = summary.pivot_table(index=keys[:3], columns="contrast", values="mean", sort=False)
    sys.stdout.write(wide.to_string(float_format="{:.4f}".format) + "\n")


if __name__ == "__main__":
    try:
        main()
    except ProfilingError as error:
        raise SystemExit(str(error)) from None
