"""Experiment 007: how often the interval of the capture holds the truth, over repeated simulations.

Usage: python experiments/007-coverage/run.py [simulated|acs] (the second reads ../shared/data/acs; both when absent)
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit, logit

from profiling import models
from profiling.artefacts import library_versions, write_json, writing_folder
from profiling.config import Config, load_config
from profiling.errors import ProfilingError
from profiling.evaluation.capture import capture_at
from profiling.evaluation.coverage import Coverage, Drawn, Scenario, coverage, coverage_of
from profiling.evaluation.truth import read_truth
from profiling.features.encoder import choose_features, fit_encoder
from profiling.models.spec import EstimatorContext
from profiling.plugs import choose
from profiling.population.config import load_population
from profiling.population.keys import hash_keys
from profiling.population.store import open_population

HERE = Path(__file__).parent
Floats = NDArray[np.float64]
Row = dict[str, Any]


class Acs(Config):
    """The part on real areas."""

    population: str
    source: str
    truth: str
    estimator: str
    background: int
    known: float
    unfair: float
    depth: float
    n_areas: tuple[int, ...]


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    repeats: int
    replicates: int
    level: float
    seed: int
    situations: dict[str, dict[str, float | int | str]]
    acs: Acs


def said(name: str, found: Coverage, level: float) -> Row:
    """One row of the report; `holds` where the nominal rate lies within the interval of the actual one or below it."""
    row = {"situation": name, **asdict(found), "holds": found.high >= level}
    sys.stdout.write(
        f"{name}: {found.actual:.3f} ({found.low:.3f}-{found.high:.3f}), truth {found.truth:.3f}, "
        f"bias {found.bias:+.4f}, width {found.width:.3f}, {found.reference:.0f} known\n"
    )
    sys.stdout.flush()
    return row


def simulated(experiment: Experiment) -> Iterator[Row]:
    """Countries with random areas."""
    more: dict[str, Any] = {"repeats": experiment.repeats, "replicates": experiment.replicates}
    more |= {"level": experiment.level, "seed": experiment.seed}
    for name, fields in experiment.situations.items():
        yield said(name, coverage(replace(Scenario(), **fields), **more), experiment.level)  # type: ignore[arg-type]


def ranked(asked: Acs, seed: int) -> tuple[Floats, NDArray[np.bool_], NDArray[np.str_]]:
    """Scores, truth and areas of the half of the areas that the model has not seen."""
    population = load_population((HERE / asked.population).resolve(), data=(HERE / asked.source).resolve())
    store = open_population(population)
    words = [name for name, _family in choose_features(population.config, ())]
    table = pa.Table.from_batches(list(store.batches(["household_id", "gemeente", *words])))
    table = table.filter(pc.is_valid(table["tenure"])).combine_chunks()  # without group quarters
    truth = read_truth(population, asked.truth)
    yes = truth.filter(truth["truth"])["household_id"].combine_chunks()
    belongs = np.asarray(pc.is_in(table["household_id"], value_set=yes), dtype=bool)
    areas = np.asarray(table["gemeente"].to_pylist(), dtype=str)
    codes = np.unique(areas)
    order = np.argsort(hash_keys(pa.array(codes.tolist()), f"areas:{seed}"), kind="stable")
    inside = np.isin(areas, codes[order[: len(codes) // 2]])
    rng = np.random.default_rng(seed)
    others = rng.choice(np.flatnonzero(inside & ~belongs), asked.background, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(inside & belongs), others]))
    encoder = fit_encoder(table, population.config, ())
    context = EstimatorContext(len(encoder.names), encoder.names, encoder.categorical, encoder.segment, seed, 1)
    model = choose(models, "ESTIMATOR", asked.estimator).build(context, {})
    model.fit(encoder.matrix(table.take(pa.array(rows))), belongs[rows], np.ones(len(rows)))
    held = table.filter(pa.array(~inside)).combine_chunks()
    return model.score_samples(encoder.matrix(held)), belongs[~inside], areas[~inside]


def american(experiment: Experiment) -> Iterator[Row]:
    """Real areas, drawn with replacement; of the true group a part is known, by chance or by the score."""
    asked = experiment.acs
    scores, belongs, areas = ranked(asked, experiment.seed)
    codes, place = np.unique(areas, return_inverse=True)
    members = [np.flatnonzero(place == number) for number in range(len(codes))]
    # Each area counts as one: what a draw of areas aims at is the country that is drawn from.
    truth = capture_at(scores, belongs, asked.depth)
    spread = (logit(scores) - logit(scores)[belongs].mean()) / logit(scores).std()
    for name, slope in (("a fair group", 0.0), ("an unfair group", asked.unfair)):
        chance = expit(logit(asked.known) + slope * spread)
        for n in asked.n_areas:

            def draw(rng: np.random.Generator, n: int = n, chance: Floats = chance) -> Drawn:
                chosen = [members[number] for number in rng.integers(0, len(codes), n)]
                rows = np.concatenate(chosen)
                area = np.repeat(np.arange(n), [len(each) for each in chosen])
                known = belongs[rows] & (rng.random(len(rows)) < chance[rows])
                return Drawn(scores[rows], known, np.char.mod("A%06d", area), truth)

            found = coverage_of(
                draw,
                asked.depth,
                repeats=experiment.repeats,
                replicates=experiment.replicates,
                level=experiment.level,
                seed=experiment.seed,
            )
            yield said(f"ACS, {n} areas, {name}", found, experiment.level)


def main(parts: list[str]) -> None:
    """Run the parts that are asked for; the report keeps the other part as it was."""
    experiment = load_config(HERE / "config.toml", Experiment)
    path = HERE / "result" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    works = {"simulated": simulated, "acs": american}
    for part in parts or list(works):
        if part not in works:
            raise SystemExit(f"there is no part '{part}': choose from {', '.join(works)}")
        start = time.process_time()
        report[part] = list(works[part](experiment))
        sys.stdout.write(f"{part}: {time.process_time() - start:.0f} CPU-s\n")
    report |= {"experiment": HERE.name, "config": experiment.model_dump(mode="json"), "versions": library_versions()}
    with writing_folder(HERE / "result", {"kind": "experiment", "experiment": HERE.name}) as aside:
        write_json(aside / "report.json", report)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ProfilingError as error:
        raise SystemExit(str(error)) from None
