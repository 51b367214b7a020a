"""Experiment 011: what scoring and ranking cost on Spark, stage by stage, beside this machine alone.

Usage: python experiments/011-spark-cost/run.py [HOUSEHOLDS] (needs the spark extra and Java 17)
"""

from __future__ import annotations

import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from profiling import pipeline
from profiling.artefacts import library_versions, write_json
from profiling.config import parse_config
from profiling.engines import spark as spark_engine
from profiling.engines.engine import open_engine
from profiling.engines.local import LOCAL
from profiling.features.encoder import fit_encoder
from profiling.models.lightgbm_bagged import ESTIMATOR
from profiling.models.spec import EstimatorContext
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.publish.cells import count_cells
from profiling.simulation.settings import SimulationSettings
from profiling.training.model import Model

HERE = Path(__file__).parent
CONFIG = tomllib.loads((HERE / "config.toml").read_text(encoding="utf-8"))
TICKS = os.sysconf("SC_CLK_TCK")


def tree_cpu(seen: dict[int, float] = {}) -> float:  # noqa: B006
    """CPU-seconds so far of this process and all below it: the JVM and its Python workers among them.

    What was seen of a process stays counted when it ends: Spark sends idle workers home.
    """
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        used[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS
    mine = os.getpid()
    for process, spent in used.items():
        at = process
        while at not in (mine, 0, 1) and at in parents:
            at = parents[at]
        if at == mine:
            seen[process] = spent
    return sum(seen.values())


def measured(work: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """CPU and wall seconds of a piece of work, in all processes below this one."""
    start, before = time.perf_counter(), tree_cpu()
    made = work()
    return {"cpu_s": tree_cpu() - before, "wall_s": time.perf_counter() - start}, made


@contextmanager
def stages(report: dict[str, Any]) -> Iterator[None]:
    """Note what each written stage costs and weighs."""
    write = spark_engine._write

    def noted(frame: Any, folder: Path) -> None:
        cost, _ = measured(lambda: write(frame, folder))
        size = sum(path.stat().st_size for path in folder.glob("part-*"))
        report[folder.name.rpartition("-")[2]] = {**cost, "bytes": size, "parts": len(list(folder.glob("part-*")))}

    spark_engine._write = noted
    try:
        yield
    finally:
        spark_engine._write = write


def fitted(store: HouseholdStore) -> Model:
    """The default model on a target of its own making: what scoring costs does not depend on whom it finds."""
    words = ["household_id", *store.population.config.hard, "segment"]
    table = next(store.batches(words, size=CONFIG["sample"])).slice(0, CONFIG["sample"])
    encoder = fit_encoder(pa.Table.from_batches([table]), store.population.config)
    X = encoder.matrix(table)
    known = np.nan_to_num(X - np.nanmean(X, axis=0)) / (np.nanstd(X, axis=0) + 1e-9)
    rng = np.random.default_rng(CONFIG["seed"])
    signal = known @ rng.normal(size=X.shape[1]) / np.sqrt(X.shape[1]) + rng.logistic(size=len(X))
    y = (signal > np.quantile(signal, 1.0 - CONFIG["positive"])).astype(float)
    context = EstimatorContext(
        len(encoder.names), encoder.names, encoder.categorical, encoder.segment, seed=1, threads=2
    )
    return Model(ESTIMATOR, ESTIMATOR.build(context, {}).fit(X, y), encoder, {}, {})


def main() -> None:
    """Simulate, fit, score twice, count twice, compare, report."""
    households = int(sys.argv[1]) if len(sys.argv) > 1 else CONFIG["households"]
    work = Path(f"build/experiments/011-{households}")
    asked = parse_config({"households": households, "seed": CONFIG["seed"]}, SimulationSettings, where="simulate")
    data = pipeline.simulate(asked, work / "data")
    store = open_population(load_population(Path("configs/populations/simulated-nl.toml"), data=data))
    model = fitted(store)
    report: dict[str, Any] = {"config": CONFIG, "households": households, "features": len(model.encoder.names)}
    report["bags"] = len(model.states) - 1
    report["file_bytes"] = sum(path.stat().st_size for path in store.files)
    report["model_bytes"] = sum(len(text) for text in model.states.values())
    report["local"], local = measured(lambda: LOCAL.score(model, store, work / "local", seed=1, inputs={}))
    report["spark_start"], engine = measured(lambda: open_engine("local[2]"))
    report["stages"] = {}
    with stages(report["stages"]):
        report["spark"], there = measured(lambda: engine.score(model, store, work / "spark", seed=1, inputs={}))
    if there.fingerprint != local.fingerprint:
        raise SystemExit("Spark and this machine differ")
    report["scores_bytes"] = local.file.stat().st_size
    by = [word for word in store.descriptive if word != "weight"]
    report["count_local"], cells = measured(lambda: count_cells(local.file, households // 10, by))
    report["count_spark"], again = measured(lambda: count_cells(local.file, households // 10, by, engine=engine))
    if not cells.equals(again):
        raise SystemExit("Spark and this machine count differently")
    report["cells"] = len(cells)
    report["versions"] = library_versions()
    write_json(HERE / "result" / f"report-{households}.json", report)
    for name in ("local", "spark_start", "spark", "count_local", "count_spark"):
        sys.stdout.write(f"{name:12} {report[name]['cpu_s']:7.1f} CPU-s {report[name]['wall_s']:7.1f} s\n")
    for name, cost in report["stages"].items():
        sys.stdout.write(
            f"  {name:10} {cost['cpu_s']:7.1f} CPU-s, {cost['bytes'] / households:.1f} bytes a household\n"
        )


if __name__ == "__main__":
    main()
