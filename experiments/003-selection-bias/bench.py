"""One world measured: recall of every contrast, of the true weights, and of those with all dirt taken out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from worlds import Floats, World, conditions, propensity, simulate

from profiling import models
from profiling.artefacts import writing
from profiling.config import Config
from profiling.evaluation.truth import read_truth, recall_at_depth
from profiling.plugs import choose
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.training.rows import Rows, draw_rows
from profiling.training.settings import TrainingSettings

HERE = Path(__file__).parent
TRUE, CLEAN = "true weights", "true weights, clean"


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
    helpers: str
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
        self.place = pd.Series(np.arange(len(self.frame)), index=self.frame["household_id"].astype(str))
        self.stores: dict[int, HouseholdStore] = {}

    def store(self, world: World, seed: int) -> HouseholdStore:
        """The training areas of a seed, as files; which areas are held out depends on the seed alone."""
        if seed not in self.stores:
            folder = (HERE / self.experiment.work).resolve() / f"states-{len(self.experiment.states)}-seed-{seed}"
            with writing(folder / "households.parquet") as aside:
                pq.write_table(self.table.filter(pa.array(~world.held)), aside)
            population = load_population((HERE / self.experiment.population).resolve(), data=folder)
            self.stores[seed] = open_population(population)
        return self.stores[seed]

    def recalls(self, form: str, dirt: float, dependent: bool, seed: int) -> list[dict[str, Any]]:
        """One row per contrast. They share the rows, the propensity, the cleaning, and models of equal weights."""
        said = self.experiment
        chance = propensity(self.known, said.forms[form])
        world = simulate(self.frame, self.truth, chance, dirt, dependent, seed, said, self.known[said.helpers] > 0)
        settings = TrainingSettings(background=said.background, catchment="everywhere", contrast="auto")
        rows = draw_rows(world.reference, self.store(world, seed), settings, seed=seed)
        draft = replace(rows.draft, context=replace(rows.draft.context, threads=1))
        rows = replace(rows, draft=draft)
        held = rows.encoder.matrix(self.table.filter(pa.array(world.held)).combine_chunks())
        truth = self.truth[world.held]
        known: dict[bytes, float] = {}
        found = []
        for name in (*said.contrasts, TRUE, CLEAN):
            weight, figures = self.weights(name, rows, world)
            key = weight.tobytes()
            if key not in known:
                spec = choose(models, "ESTIMATOR", said.estimator)
                fitted = spec.build(draft.context, {}).fit(draft.X, draft.positive, weight)
                known[key] = recall_at_depth(fitted.score_samples(held), truth, said.depth)
            found.append(
                {"form": form, "dirt": dirt, "dependent": dependent, "seed": seed, "contrast": name}
                | {"recall": known[key], "n_group": int(draft.positive.sum()), "n_clean": int(world.clean.sum())}
                | figures
            )
        return found

    def weights(self, name: str, rows: Rows, world: World) -> tuple[Floats, dict[str, Any]]:
        """Weights of the rows by a contrast, or by what only the simulation knows."""
        if name not in (TRUE, CLEAN):
            frame = rows.weighed(name, {})
            dirt = frame.dirt or {"share": None, "interval": None}
            return frame.weight, {
                "chosen": frame.contrast["kind"],
                "dirt_estimate": dirt["share"],
                "dirt_interval": dirt["interval"],
                "scar": frame.contrast.get("scar", {}).get("value"),
            }
        at = self.place[rows.table.column("household_id").to_pylist()].to_numpy()
        own = rows.draft.positive & (self.truth[at] if name == CLEAN else True)
        weight = np.where(own, 1.0 / (world.propensity * world.borrowing)[at], 0.0)
        weight[own] /= weight[own].mean()
        return np.where(rows.draft.positive, weight, rows.draft.base), {}
