"""Experiment 003: recall of the true group on held-out areas for every contrast, when only members can be seen.

Usage: python experiments/003-selection-bias/run.py [CONFIG] (reads ../shared/data/acs). Every world is kept in a file
of its own, so that a run that was stopped goes on where it was; --fresh measures again. Lists as --forms a,b
--dirt 0,0.3 --seeds 1,2 --dependence no,yes run a part; give --out with them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
from bench import HERE, Bench, Experiment
from scipy.stats import t as student

from profiling.artefacts import fingerprint, library_versions, write_json, writing_folder
from profiling.config import load_config
from profiling.errors import ProfilingError
from profiling.training import corrections

WORLD = ["form", "dependent", "dirt"]


def worlds(asked: argparse.Namespace, experiment: Experiment) -> list[tuple[str, float, bool, int]]:
    """The worlds that were asked for; a whole grid per seed, so that a part of a run is a smaller whole."""
    forms = asked.forms.split(",") if asked.forms else list(experiment.forms)
    dirts = [float(each) for each in asked.dirt.split(",")] if asked.dirt else experiment.dirt
    seeds = [int(each) for each in asked.seeds.split(",")] if asked.seeds else experiment.seeds
    young = [each == "yes" for each in asked.dependence.split(",")] if asked.dependence else experiment.dependence
    return [(form, dirt, each, seed) for seed in seeds for form in forms for each in young for dirt in dirts]


def summary(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Mean recall per world and contrast, its standard deviation over seeds, and an interval of 95 % (Student's t)."""
    table = pd.DataFrame(rows).groupby([*WORLD, "contrast"], sort=False)["recall"]
    found = table.agg(["mean", "std", "count"]).reset_index()
    half = student.ppf(0.975, found["count"] - 1) * found["std"] / found["count"] ** 0.5
    found = found.assign(low=found["mean"] - half, high=found["mean"] + half)
    return found.astype(object).where(found.notna(), None)


def dirt_found(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per planted share: the mean estimate, and in how many worlds the interval held the true share."""
    table = pd.DataFrame([each for each in rows if each["contrast"] == "auto" and each.get("dirt_interval")])
    if table.empty:
        return []
    table["true"] = 1.0 - table["n_clean"] / table["n_group"]
    table["held"] = [
        low <= true <= high for (low, high), true in zip(table["dirt_interval"], table["true"], strict=True)
    ]
    table["width"] = [high - low for low, high in table["dirt_interval"]]
    each = table.groupby("dirt")
    found = each.agg({"true": "mean", "dirt_estimate": "mean", "width": "mean", "held": "sum"})
    return found.assign(worlds=each.size()).reset_index().to_dict("records")


def main() -> None:
    """Measure every world that is not there yet, summarise, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="?", type=Path, default=HERE / "config.toml")
    for name in ("forms", "dirt", "dependence", "seeds"):
        parser.add_argument(f"--{name}", help="comma-separated; all of the configuration when absent")
    parser.add_argument("--out", type=Path, help="folder of the report (result, or result-NAME of a config NAME.toml)")
    parser.add_argument("--exponent", type=float, help="loans count by this power, instead of the square root")
    parser.add_argument("--kept", action="store_true", help="report what was measured so far, and measure nothing")
    parser.add_argument("--fresh", action="store_true", help="measure worlds again that were measured before")
    asked = parser.parse_args()
    experiment = load_config(asked.config, Experiment)
    name = asked.config.stem
    out = asked.out or HERE / ("result" if name == "config" else f"result-{name}")
    # Lists only say which worlds there are; all else makes another world.
    same = experiment.model_dump(mode="json", exclude={"question", "seeds", "dirt", "dependence"})
    if asked.exponent is not None:
        corrections.EXPONENT = asked.exponent
        same["exponent"] = asked.exponent
    kept = (HERE / experiment.work).resolve() / f"worlds-{fingerprint(same)[:12]}"
    kept.mkdir(parents=True, exist_ok=True)
    bench, rows = None, []
    for form, dirt, dependent, seed in worlds(asked, experiment):
        path = kept / f"{form}-{'young' if dependent else 'all'}-{dirt}-{seed}.json"
        if asked.kept and not path.is_file():
            continue
        start = time.process_time()
        if asked.fresh or not path.is_file():
            bench = bench or Bench(experiment)
            write_json(path, bench.recalls(form, dirt, dependent, seed))
        new = json.loads(path.read_text(encoding="utf-8"))
        rows += new
        said = " ".join(f"{each['contrast']} {each['recall']:.4f}" for each in new)
        sys.stdout.write(f"{path.stem}: {said} ({time.process_time() - start:.0f} CPU-s)\n")
        sys.stdout.flush()
    if not rows:
        raise SystemExit("none of these worlds has been measured yet: run without --kept")
    table = summary(rows)
    report = {
        "experiment": HERE.name,
        "config": experiment.model_dump(mode="json"),
        "versions": library_versions(),
        "summary": table.to_dict("records"),
        "dirt": dirt_found(rows),
        "worlds": rows,
    }
    with writing_folder(out, {"kind": "experiment", "experiment": HERE.name}) as aside:
        write_json(aside / "report.json", report)
    wide = table.astype({"mean": float}).pivot_table(index=WORLD, columns="contrast", values="mean", sort=False)
    sys.stdout.write(wide.to_string(float_format="{:.4f}".format) + "\n")
    sys.stdout.write(pd.DataFrame(report["dirt"]).to_string(float_format="{:.3f}".format, index=False) + "\n")


if __name__ == "__main__":
    try:
        main()
    except ProfilingError as error:
        raise SystemExit(str(error)) from None
