"""Experiment 001, CoIL 2000: the ladder of attributes and the rivals in repeated cross-validation, and the owners.

Usage: python experiments/001-coil2000/run.py (`make experiment-001` fetches the table first)
"""

from __future__ import annotations

import dataclasses
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from prepare import prepare as prepare_table

from profiling import measures, models, pipeline
from profiling.artefacts import library_versions, write_json, writing_folder
from profiling.config import Config, load_config
from profiling.errors import ProfilingError
from profiling.evaluation.capture import area_under_lift, capture_at
from profiling.evaluation.resampling import area_draws, area_numbers, interval
from profiling.features.soft import InterestCounts, soft_columns, soft_matrix
from profiling.pipeline import Places, Run
from profiling.plugs import choose
from profiling.population.checks import segment_scheme
from profiling.progress import track
from profiling.publish.sketch import About, make_sketch
from profiling.training.explain import signed_effects
from profiling.training.frame import TrainingFrame
from profiling.training.rows import build_training_frame
from profiling.training.train import cross_validate

HERE = Path(__file__).parent


class Measured(Config):
    """One estimator on one rung of the ladder."""

    rung: str
    estimator: str
    name: str = ""
    params: dict[str, Any] = {}


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    profile: str
    source: str
    work: str
    seeds: tuple[int, ...]
    folds: int
    depth: float
    replicates: int
    rungs: dict[str, tuple[str, ...]]
    models: tuple[Measured, ...]


def frame_of(run: Run, patterns: tuple[str, ...]) -> TrainingFrame:
    """The training frame with the hard features that the patterns of a rung name."""
    known = [*run.population.config.hard, "segment"]
    chosen = tuple(name for name in known if any(fnmatch(name, pattern) for pattern in patterns))
    settings = run.config.training.model_copy(update={"features": chosen})
    return build_training_frame(run.group, run.store, settings, seed=run.config.seed, inputs={"features": chosen})


def held_out(run: Run, frame: TrainingFrame, model: Measured, experiment: Experiment) -> np.ndarray:
    """Held-out percentiles of all households, one row per seed: shape (n_seeds, n)."""
    settings = run.config.training.model_copy(
        update={"estimator": model.estimator, "params": model.params, "rivals": (), "folds": experiment.folds}
    )
    spec = choose(models, "ESTIMATOR", model.estimator)
    return np.array([cross_validate(frame, settings, (spec,), seed=s)[0][spec.name] for s in experiment.seeds])


def figures(scores: np.ndarray, first: np.ndarray, frame: TrainingFrame, experiment: Experiment) -> dict[str, Any]:
    """Recall and AUC of one model, and their difference from the first model, with intervals.

    The value is the mean over the repetitions; the interval draws whole areas again (one repetition each, in turn),
    with the same draws for both models of a difference.
    """
    owner, seeds = frame.positive, len(experiment.seeds)
    found = {
        "recall": lambda s, w: capture_at(s, owner, experiment.depth, w),
        "auc": lambda s, w: area_under_lift(s, owner, w, base=~owner),
    }
    codes, area = area_numbers(frame.blocks)
    draws = area_draws(len(codes), experiment.replicates, seed=0)[:, area]
    said: dict[str, Any] = {"n": int(owner.sum()), "n_base": len(owner), "repetitions": seeds}
    for name, measure in found.items():
        values = np.array([measure(each, None) for each in scores])
        pairs = [(measure(scores[i % seeds], w), measure(first[i % seeds], w)) for i, w in enumerate(draws)]
        drawn = np.array(pairs)
        difference = drawn[:, 0] - drawn[:, 1]
        others = np.array([measure(each, None) for each in first])
        said[name] = {
            "value": values.mean(),
            "interval": interval(drawn[:, 0]),
            "spread_of_repetitions": values.std(ddof=1),
            "minus_first": (values - others).mean(),
            "minus_first_interval": interval(difference),
            "minus_first_standard_error": difference.std(ddof=1),
        }
    return said


def sketch_of_owners(run: Run) -> dict[str, Any]:
    """The sketch of the reference group itself: over-represented sub segments, and products ranked by signed SHAP."""
    population = run.population.config
    columns = soft_columns(population.soft)
    table = pa.Table.from_batches(list(run.store.batches(["household_id", "segment", *columns])))
    owners = set(run.group.households.column("household_id").to_pylist())
    member = np.array([key in owners for key in table.column("household_id").to_pylist()])
    soft = soft_matrix(table, population.soft)
    about = About(
        name=run.group.name,
        version=run.group.fingerprint[:12],
        nl=run.group.nl,
        en=run.group.en,
        base_nl=population.nl,
        base_en=population.en,
        snapshot=str(population.snapshot),
        n_profile=int(member.sum()),
        n_base=len(member),
    )
    said = make_sketch(
        about,
        soft=population.soft,
        counts=InterestCounts.empty(columns).add(soft, member).table(),
        effects=signed_effects(soft, member, columns=columns, seed=run.config.seed),
        segments=segments_of(table.column("segment").to_pylist(), member, run),
    ).to_dict()
    return {name: said[name] for name in ("profile", "n_profile", "n_base", "headlines", "segments", "interests")}


def segments_of(segment: list[str], member: np.ndarray, run: Run) -> pd.DataFrame:
    """Every sub segment with the figures that the sketch asks for."""
    table = pd.DataFrame({"code": segment, "n": member, "base": 1}).groupby("code", as_index=False).sum()
    scheme = segment_scheme(run.store)
    assert scheme is not None
    low, high = measures.index_interval(table["n"], table["base"])
    return table.assign(
        nl=[scheme.title(code, "nl") for code in table["code"]],
        en=[scheme.title(code, "en") for code in table["code"]],
        penetration=measures.penetration(table["n"], table["base"]),
        share=measures.share(table["n"]),
        index=measures.index(table["n"], table["base"]),
        index_low=low,
        index_high=high,
    )


def main() -> None:
    """Prepare, measure, publish the profile, report."""
    experiment = load_config(HERE / "config.toml", Experiment)
    work = (HERE / experiment.work).resolve()
    prepare_table((HERE / experiment.source).resolve(), (HERE / experiment.source).resolve().parent)
    run = pipeline.prepare(HERE / experiment.profile, places=Places(work / "runs", work / "published", work))
    pipeline.check(run)
    frames = {name: frame_of(run, patterns) for name, patterns in experiment.rungs.items()}
    scores = [held_out(run, frames[each.rung], each, experiment) for each in track(experiment.models, "measuring")]
    rows = [
        {"rung": each.rung, "model": each.name or each.estimator, "features": len(frames[each.rung].encoder.features)}
        | figures(found, scores[0], frames[each.rung], experiment)
        for each, found in zip(experiment.models, scores, strict=True)
    ]
    bundle = pipeline.publish(run)
    report = {
        "experiment": HERE.name,
        "config": experiment.model_dump(mode="json"),
        "profile": run.config.model_dump(mode="json"),
        "population": run.population.identity(),
        "reference_group": {"n": len(run.group), "funnel": [dataclasses.asdict(step) for step in run.group.funnel]},
        "versions": library_versions(),
        "models": rows,
        "owners": sketch_of_owners(run),
        "profile_model": {"metrics": run.model.measures["metrics"], "stability": run.model.measures["stability"]},
    }
    with writing_folder(HERE / "result", {"kind": "experiment", "experiment": HERE.name}) as aside:
        write_json(aside / "report.json", report)
    for row in rows:
        recall, auc = row["recall"], row["auc"]
        low, high = recall["interval"]
        line = f"{row['rung']:5} {row['model']:30} recall {recall['value']:.3f} ({low:.3f}-{high:.3f})"
        sys.stdout.write(f"{line}  AUC {auc['value']:.3f} ({auc['interval'][0]:.3f}-{auc['interval'][1]:.3f})\n")
    sys.stdout.write(f"report: {HERE / 'result' / 'report.json'}\nbundle: {bundle}\n")


if __name__ == "__main__":
    try:
        main()
    except ProfilingError as error:
        raise SystemExit(str(error)) from None
