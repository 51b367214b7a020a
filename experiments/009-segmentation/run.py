"""Experiment 009, segmentation: memory and planted sections, the simulated country, and real areas beside rivals.

Usage: python experiments/009-segmentation/run.py [memory|simulation|cbs] (the last reads ../shared/data/cbs)
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import areas
from settings import HERE, Experiment, load
from simulated import simulated

from profiling import __version__
from profiling.artefacts import library_versions, write_json


def memory(experiment: Experiment) -> dict[str, Any]:
    """Planted sections, each size in a process of its own so that its peak memory is its own."""
    runs = []
    for v in experiment.memory.variables:
        out = (HERE / experiment.work / f"planted-{v}.json").resolve()
        out.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, str(HERE / "planted_sections.py"), str(v), str(out)], check=True)
        runs.append(json.loads(out.read_text(encoding="utf-8")))
    most = max(run["peak_gb"] for run in runs)
    return {"runs": runs, "within_limit": most < experiment.memory.limit_gb, "limit_gb": experiment.memory.limit_gb}


PARTS = {"simulation": simulated, "memory": memory, "cbs": areas.compare}


def main(parts: list[str]) -> None:
    """Run the parts that are asked for and write result/report.json."""
    experiment = load()
    path: Path = HERE / "result" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for part in parts or list(PARTS):
        start = time.process_time()
        report[part] = PARTS[part](experiment)
        print(part, json.dumps(report[part], indent=2), f"{time.process_time() - start:.0f} s of CPU", file=sys.stderr)
        report |= {
            "config": experiment.model_dump(mode="json"),
            "version": __version__,
            "libraries": library_versions(),
        }
        path.parent.mkdir(exist_ok=True)
        write_json(path, report)


if __name__ == "__main__":
    main(sys.argv[1:])
