"""From a national Parquet table to a Parquet file of scores: this project against what else there is.

Usage: python experiments/004-national-speed/run.py [--households 200000] [--contenders ours,floor] [--models single]
[--scaling]
The table and the models are made in build/national-speed; rivals get an environment of their own there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))

from national_table import learn, write_table

from profiling.artefacts import canonical_json, fingerprint, library_versions, write_json, write_text
from profiling.training.model import Model, load_model

HERE = Path(__file__).parent
BUILD = Path("build/national-speed")
RIVALS = ("lignum", "lleaves")


def table(households: int, features: int, seed: int) -> Path:
    """The table, made once."""
    path = BUILD / f"table-{households}x{features}.parquet"
    if not path.is_file():
        write_table(path, households, features, seed)
    return path


def model(config: dict[str, Any], estimator: str, params: dict[str, Any], features: int) -> Path:
    """A model, learned once, from the first rows of a table that is large enough."""
    said = {"estimator": estimator, "params": params, "features": features, "rows": config["learned_from"]}
    folder = BUILD / f"model-{fingerprint(said)[:12]}"
    if not folder.is_dir():
        source = table(max(config["learned_from"], 100_000), features, config["seed"])
        learn(source, config["learned_from"], features, estimator, params, config["seed"]).save(folder)
    return folder


def rivals_python() -> str:
    """Python of an environment with the rivals, made once from rivals.txt; the project itself never sees it."""
    home = BUILD / "rivals"
    if not (home / "DONE").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*install, "--requirement", str(HERE / "rivals.txt")], check=True)
        write_text(home / "DONE", "")
    return str(home / "bin" / "python")


def measured(name: str, given: dict[str, Any], out: Path) -> dict[str, float]:
    """One contender in a process of its own."""
    settings = BUILD / "settings.json"
    write_text(settings, canonical_json(given))
    python = rivals_python() if name in RIVALS else sys.executable
    command = [python, str(HERE / "contenders.py"), name, str(settings), str(out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    words = f"{result['wall_s']:.1f} s, {result['cpu_s']:.1f} CPU-s, {result['peak_gb']:.2f} GB"
    sys.stderr.write(f"{out.stem}: {words}\n")
    return {key: round(value, 3) for key, value in result.items()}


def given_to(source: Path, folder: Path) -> dict[str, Any]:
    """What every contender is told."""
    read: Model = load_model(folder)
    state = json.loads((folder / "estimator.json").read_text(encoding="utf-8"))["fitted"]
    boosters = state.get("boosters") or [state["booster"]]
    return {
        "table": str(source.resolve()),
        "population": str(source.with_suffix(".toml").resolve()),
        "names": list(read.encoder.names),
        "model": str(folder.resolve()),
        "boosters": [str((folder / each).resolve()) for each in boosters],
        "shift": state.get("shift", 0.0),
        "scratch": str(BUILD.resolve()),
        "key": folder.name,
    }


def compare(config: dict[str, Any], households: int, contenders: list[str], kinds: list[str]) -> dict[str, Any]:
    """All contenders on the models, and how far their scores are from LightGBM's."""
    source, report = table(households, config["features"], config["seed"]), {}
    for kind in kinds:
        said = config["models"][kind]
        given = given_to(source, model(config, said["estimator"], said["params"], config["features"]))
        taken, scores = {}, {}
        for name in contenders:
            out = BUILD / f"{kind}-{name}.parquet"
            taken[name] = measured(name, given, out)
            scores[name] = np.asarray(pq.read_table(out, columns=["score"]).column(0))
            out.unlink()
        report[kind] = {"taken": taken, "ratios": _ratios(taken), "differs": _differs(scores)}
    return report


def _ratios(taken: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Everybody's CPU and wall time over ours; and over the floor's."""
    against = {name: taken[name] for name in ("ours", "floor") if name in taken}
    return {
        f"over {name}": {
            f"{other} {what}": round(took[f"{what}_s"] / mine[f"{what}_s"], 2)
            for other, took in taken.items()
            for what in ("cpu", "wall")
        }
        for name, mine in against.items()
    }


def _differs(scores: dict[str, Any]) -> dict[str, dict[str, float]]:
    """From LightGBM's own scores: rows with other bits, and the largest difference."""
    truth = scores.get("batches", scores.get("pandas"))
    if truth is None:
        return {}
    return {
        name: {
            "rows": int((each.view(np.int64) != truth.view(np.int64)).sum()),
            "largest": float(np.abs(each - truth).max()),
        }
        for name, each in scores.items()
        if name != "floor"
    }


def scale(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Ours and the floor, with one thing changed at a time."""
    said, points = config["scaling"], []
    features, rows = config["features"], said["rows"]
    grid = [("households", n, n, features, 1) for n in said["households"]]
    grid += [("bags", n, rows, features, n) for n in said["bags"]]
    grid += [("features", n, rows, n, 1) for n in said["features"]]
    for what, value, households, width, bags in grid:
        folder = model(config, "lightgbm-bagged", {**said["params"], "n_bags": bags}, width)
        given = given_to(table(households, width, config["seed"]), folder)
        for name in ("ours", "floor"):
            took = measured(name, given, BUILD / f"scaling-{name}.parquet")
            per_row = round(1e6 * took["cpu_s"] / households, 2)
            points.append({"varied": what, "value": value, "contender": name, "cpu_us_per_household": per_row, **took})
    return points


def main() -> None:
    """Run and report."""
    config = tomllib.loads((HERE / "config.toml").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=config["households"])
    parser.add_argument("--contenders", default=",".join(config["contenders"]))
    parser.add_argument("--models", default=",".join(config["models"]))
    parser.add_argument("--scaling", action="store_true")
    asked = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    kinds = asked.models.split(",")
    given = (config, asked.households, asked.contenders.split(","), kinds)
    result: Any = scale(config) if asked.scaling else compare(*given)
    part = "" if kinds == list(config["models"]) else f"-{'-'.join(kinds)}"
    report = {
        "config": config,
        "households": None if asked.scaling else asked.households,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "machine": platform.machine(),
        "versions": library_versions(),
        "result": result,
    }
    write_json(HERE / "result" / ("scaling.json" if asked.scaling else f"report-{asked.households}{part}.json"), report)


if __name__ == "__main__":
    main()
