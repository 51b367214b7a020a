"""Experiment 002, ACS: recall of the true group on held-out areas, knowing 3,500 of it or all of it.

Usage: python experiments/002-acs-households/run.py (reads ../shared/data/acs)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.stats import t as student

from profiling import models
from profiling.artefacts import fingerprint, library_versions, write_json, writing, writing_folder
from profiling.config import Config, load_config
from profiling.errors import ProfilingError, SchemaError
from profiling.evaluation.truth import read_truth, recall_estimate
from profiling.models.spec import EstimatorContext
from profiling.plugs import choose
from profiling.population.config import load_population
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore, open_population
from profiling.progress import track
from profiling.reference.build import build_reference_group, load_reference
from profiling.training.frame import TrainingFrame
from profiling.training.model import Model
from profiling.training.rows import build_training_frame
from profiling.training.settings import TrainingSettings

HERE = Path(__file__).parent
THREADS = 2


class Measured(Config):
    """One estimator, with the background and the attributes that it gets."""

    name: str
    estimator: str
    params: dict[str, Any] = {}
    background: int | None = None
    without: tuple[str, ...] = ()


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    population: str
    source: str
    work: str
    truth: str
    seeds: tuple[int, ...]
    held_out: float
    group: int
    background: int
    depth: float
    replicates: int
    samples: tuple[str, ...]
    models: tuple[Measured, ...]
    ceiling: Measured


def split(experiment: Experiment, sample: str, seed: int, folder: Path) -> dict[str, int]:
    """Write the training and the held-out households of one seed, and its reference group of known keys.

    Areas are drawn by a hash of their code, households of the true group by a hash of their key.
    """
    source = (HERE / experiment.source).resolve()
    if not source.is_dir():
        raise SchemaError("there is no such folder", where=source, hint="the shared data stand beside the repository")
    table = pq.read_table(source / "households.parquet")
    if sample == "households":
        table = table.filter(pc.is_valid(table["tenure"]))
    codes = pa.array(sorted(pc.unique(table["area"]).to_pylist()), pa.string())
    order = np.argsort(hash_keys(codes, f"areas:{seed}"), kind="stable")
    held = codes.take(pa.array(order[: round(experiment.held_out * len(codes))]))
    outside = pc.is_in(table["area"].cast(pa.string()), value_set=held)
    population = load_population(HERE / experiment.population, data=source)
    truth = read_truth(population, experiment.truth)
    parts = {"train": table.filter(pc.invert(outside)), "held": table.filter(outside)}
    yes = truth.filter(truth["truth"])["household_id"]
    true_keys = parts["train"]["household_id"].cast(pa.string())
    true_keys = true_keys.filter(pc.is_in(true_keys, value_set=yes.combine_chunks())).combine_chunks()
    drawn = np.argsort(hash_keys(true_keys, f"group:{seed}"), kind="stable")[: experiment.group]
    for name, part in parts.items():
        _write(folder / name / "households.parquet", part)
    _write(folder / "train" / "group.parquet", pa.table({"household_id": true_keys.take(pa.array(np.sort(drawn)))}))
    _write(folder / "all-true" / "group.parquet", pa.table({"household_id": true_keys}))
    return {"training areas": len(codes) - len(held), "training households": parts["train"].num_rows}


def frame_of(experiment: Experiment, folder: Path, model: Measured, *, everybody: bool) -> TrainingFrame:
    """The drawn group against a sample of the others, or (the ceiling) the whole true group against everybody."""
    store = store_of(experiment, folder / "train")
    definition = load_reference(HERE / "reference.toml", data=folder / ("all-true" if everybody else "train"))
    group = build_reference_group(definition, store)
    features = tuple(name for name in store.population.config.hard if name not in model.without)
    background = store.n_households if everybody else model.background or experiment.background
    settings = TrainingSettings(background=background, features=features, catchment="everywhere")
    return build_training_frame(group, store, settings, seed=1, inputs={"features": features})


def store_of(experiment: Experiment, folder: Path) -> HouseholdStore:
    """The households of a part; the truth is not among them."""
    return open_population(load_population((HERE / experiment.population).resolve(), data=folder))


def fitted(model: Measured, frame: TrainingFrame, seed: int) -> Model:
    """One estimator fitted to everything in its frame."""
    spec, encoder = choose(models, "ESTIMATOR", model.estimator), frame.encoder
    context = EstimatorContext(
        len(encoder.names), encoder.names, encoder.categorical, encoder.segment, seed=seed, threads=THREADS
    )
    estimator = spec.build(context, model.params).fit(frame.matrix(), frame.positive)
    return Model(spec, estimator, encoder, measures={}, inputs={})


def one_seed(experiment: Experiment, sample: str, seed: int) -> list[dict[str, Any]]:
    """Recall of every model, and of the ceiling, on the held-out areas of one seed."""
    folder = (HERE / experiment.work).resolve() / sample.replace(" ", "-") / f"seed-{seed}"
    split(experiment, sample, seed, folder)
    held = store_of(experiment, folder / "held")
    population = load_population(HERE / experiment.population, data=(HERE / experiment.source).resolve())
    truth = read_truth(population, experiment.truth)
    rows, frames = [], {}
    for model in track((*experiment.models, experiment.ceiling), f"{sample}, seed {seed}"):
        everybody = model is experiment.ceiling
        key = fingerprint([everybody, model.background, model.without])
        if key not in frames:
            frames[key] = frame_of(experiment, folder, model, everybody=everybody)
        trained = fitted(model, frames[key], seed)
        words = ["household_id", "gemeente", *trained.encoder.names]
        batches = list(held.batches(words))
        keys = pa.concat_arrays([batch.column("household_id") for batch in batches])
        areas = np.array(pa.concat_arrays([batch.column("gemeente") for batch in batches]).to_pylist(), dtype=object)
        scores = np.concatenate([trained.score(batch) for batch in batches])
        known = (
            truth["truth"].combine_chunks().take(pc.index_in(keys, value_set=truth["household_id"].combine_chunks()))
        )
        found = recall_estimate(
            scores, np.asarray(known, dtype=bool), experiment.depth, areas, replicates=experiment.replicates, seed=seed
        )
        rows.append(
            {"sample": sample, "seed": seed, "model": model.name, "recall": found.value}
            | {"interval": [found.low, found.high], "n_true": found.n, "n_held_out": len(scores)}
            | {"n_group": frames[key].n_positive, "n_unlabelled": frames[key].n_unlabelled}
        )
    return rows


def summary(rows: Sequence[dict[str, Any]], ceiling: str) -> list[dict[str, Any]]:
    """Mean over seeds per sample and model, and its distance to the ceiling, with 95 % intervals (Student's t)."""
    table = pd.DataFrame(rows).pivot_table(index=["sample", "model"], columns="seed", values="recall", sort=False)
    said = []
    for (sample, model), values in table.iterrows():
        gap = values - table.loc[(sample, ceiling)]
        said.append(
            {"sample": sample, "model": model, "seeds": len(values), "recall": values.mean(), "lift": None}
            | {"interval": _interval(values), "minus_ceiling": gap.mean(), "minus_ceiling_interval": _interval(gap)}
        )
    return said


def _interval(values: pd.Series) -> list[float]:
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return [float(values.mean() - half), float(values.mean() + half)]


def _write(path: Path, table: pa.Table) -> None:
    with writing(path) as aside:
        pq.write_table(table, aside)


def main() -> None:
    """Measure every seed of both samples, summarise, report."""
    experiment = load_config(HERE / "config.toml", Experiment)
    rows = [
        row for sample in experiment.samples for seed in experiment.seeds for row in one_seed(experiment, sample, seed)
    ]
    summed = summary(rows, experiment.ceiling.name)
    for each in summed:
        each["lift"] = each["recall"] / experiment.depth
    report = {
        "experiment": HERE.name,
        "config": experiment.model_dump(mode="json"),
        "population": load_population(HERE / experiment.population).identity(),
        "versions": library_versions(),
        "summary": summed,
        "seeds": rows,
    }
    with writing_folder(HERE / "result", {"kind": "experiment", "experiment": HERE.name}) as aside:
        write_json(aside / "report.json", report)
    for each in summed:
        low, high = each["interval"]
        gap = each["minus_ceiling"]
        sys.stdout.write(
            f"{each['sample']:11} {each['model']:50} {each['recall']:.4f} ({low:.4f}-{high:.4f}) {gap:+.4f}\n"
        )
    sys.stdout.write(f"report: {HERE / 'result' / 'report.json'}\n")


if __name__ == "__main__":
    try:
        main()
    except ProfilingError as error:
        raise SystemExit(str(error)) from None
