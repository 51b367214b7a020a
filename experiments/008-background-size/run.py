"""Experiment 008: recall on held-out areas against the size of the background, and what binning once saves.

Usage: python experiments/008-background-size/run.py (reads ../shared/data/acs)
"""

from __future__ import annotations

import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from profiling.artefacts import library_versions, write_json, writing_folder
from profiling.config import load_config
from profiling.errors import ProfilingError
from profiling.evaluation.truth import read_truth, recall_estimate
from profiling.models import boosting
from profiling.models.lightgbm_bagged import DEFAULTS
from profiling.models.lightgbm_single import ESTIMATOR as SINGLE
from profiling.population.config import load_population
from profiling.progress import track
from profiling.training.frame import TrainingFrame
from profiling.training.train import fit_rows

HERE = Path(__file__).parent
ACS = SimpleNamespace(**runpy.run_path(str(HERE.parent / "002-acs-households" / "run.py")))
BAGS, TRIALS, FOLDS = 3, 4, 5


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU-seconds of a piece of work, all threads together."""
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


def one_seed(experiment: Any, seed: int) -> tuple[list[dict[str, Any]], dict[str, TrainingFrame]]:
    """Recall and CPU-seconds per size of the background."""
    folder = (HERE / experiment.work).resolve() / f"seed-{seed}"
    ACS.split(experiment, "households", seed, folder)
    held = ACS.store_of(experiment, folder / "held")
    population = load_population(HERE / experiment.population, data=(HERE / experiment.source).resolve())
    truth = read_truth(population, experiment.truth)
    true_keys, known = (truth[name].combine_chunks() for name in ("household_id", "truth"))
    rows, frames = [], {}
    for model in track(experiment.models, f"seed {seed}"):
        frame = ACS.frame_of(experiment, folder, model, everybody=False)
        frames[model.name] = frame
        seconds, trained = cpu(lambda model=model, frame=frame: ACS.fitted(model, frame, seed))
        batches = list(held.batches(["household_id", "gemeente", *trained.encoder.names]))
        keys = pa.concat_arrays([batch.column("household_id") for batch in batches])
        areas = np.array(pa.concat_arrays([batch.column("gemeente") for batch in batches]).to_pylist(), dtype=object)
        scores = np.concatenate([trained.score(batch) for batch in batches])
        is_true = np.asarray(known.take(pc.index_in(keys, value_set=true_keys)), dtype=bool)
        found = recall_estimate(scores, is_true, experiment.depth, areas, replicates=experiment.replicates, seed=seed)
        said = {"seed": seed, "background": model.name, "n_unlabelled": frame.n_unlabelled, "n_group": frame.n_positive}
        rows.append({**said, "recall": found.value, "interval": [found.low, found.high], "cpu_s": seconds})
    return rows, frames


def bags(frame: TrainingFrame) -> dict[str, float]:
    """CPU-seconds of `BAGS` bags: one binned table with subsets, a table per bag, and weights of zero."""
    X, y = frame.matrix(), frame.positive.astype(np.float64)
    trees = {key: DEFAULTS[key] for key in boosting.TREE_DEFAULTS}
    params = boosting.parameters(trees, 1, threads=1)  # as the estimator does
    categorical = frame.encoder.categorical
    drawn = [np.sort(np.random.default_rng(bag).choice(len(y), len(y) // 2, replace=False)) for bag in range(BAGS)]

    def table(rows: np.ndarray | slice, weight: np.ndarray | None = None) -> lgb.Dataset:
        made = lgb.Dataset(X[rows], y[rows], weight=weight, categorical_feature=list(categorical), params=dict(params))
        return made.construct()

    def subsets() -> None:
        data = table(slice(None))
        for kept in drawn:
            boosting.boost(data.subset(kept.tolist()), params, trees["n_estimators"])

    def tables() -> None:
        for kept in drawn:
            boosting.boost(table(kept), params, trees["n_estimators"])

    def weights() -> None:
        for kept in drawn:
            weight = np.zeros(len(y))
            weight[kept] = 1.0
            boosting.boost(table(slice(None), weight), params, trees["n_estimators"])

    return {"subset": cpu(subsets)[0], "table per bag": cpu(tables)[0], "zero weights": cpu(weights)[0]}


def trials(frame: TrainingFrame) -> dict[str, float]:
    """CPU-seconds of `TRIALS` sets of parameters on `FOLDS` folds, with a table per fit and with shared ones."""
    X, folds = frame.matrix(), np.random.default_rng(1).integers(0, FOLDS, len(frame.positive))

    def search() -> list[dict[str, str]]:
        states = []
        for trial in range(TRIALS):
            for fold in range(FOLDS):
                inside = np.flatnonzero(folds != fold)
                params = {"learning_rate": 0.05 + 0.02 * trial}
                states.append(fit_rows(SINGLE, params, frame, inside, seed=1, X=X).state())
        return states

    apart, first = cpu(search)
    with boosting.sharing_bins(FOLDS):
        shared, second = cpu(search)
    if first != second:
        raise ProfilingError("shared tables give other models")
    return {"table per fit": apart, "shared tables": shared, "ratio": apart / shared}


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean over the seeds per background, and the difference with 35,000 per seed."""
    table = pd.DataFrame(rows)
    recall = table.pivot_table(index="background", columns="seed", values="recall", sort=False)
    said = []
    for name, values in recall.iterrows():
        chosen = table[table["background"] == name]
        said.append(
            {"background": name, "n_unlabelled": int(chosen["n_unlabelled"].mean()), "recall": float(values.mean())}
            | {"minus_35000": (values - recall.loc["35,000"]).tolist(), "cpu_s": float(chosen["cpu_s"].mean())}
        )
    return said


def main() -> None:
    """Measure, summarise, report."""
    experiment = load_config(HERE / "config.toml", ACS.Experiment)
    rows: list[dict[str, Any]] = []
    for seed in experiment.seeds:
        found, frames = one_seed(experiment, seed)
        rows += found
    report = {
        "experiment": HERE.name,
        "config": experiment.model_dump(mode="json"),
        "versions": library_versions(),
        "summary": summary(rows),
        "seeds": rows,
        "bags": bags(frames["35,000"]),
        "trials": trials(frames["35,000"]),
    }
    with writing_folder(HERE / "result", {"kind": "experiment", "experiment": HERE.name}) as aside:
        write_json(aside / "report.json", report)
    for each in report["summary"]:
        gaps = ", ".join(f"{gap:+.4f}" for gap in each["minus_35000"])
        sys.stdout.write(
            f"{each['background']:>8} ({each['n_unlabelled']:,}): recall {each['recall']:.4f}, minus 35,000 per seed "
            f"{gaps}, {each['cpu_s']:.1f} CPU-s\n"
        )
    sys.stdout.write(f"bags {report['bags']}\ntrials {report['trials']}\nreport: {HERE / 'result' / 'report.json'}\n")


if __name__ == "__main__":
    try:
        main()
    except ProfilingError as error:
        raise SystemExit(str(error)) from None
