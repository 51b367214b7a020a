"""Simulate a country and run the NT1 profile on it, again, and with another cut-off; report time and peak memory.

Each is a process of its own: the second run finds everything there, the third makes only what a cut-off changes.

Usage: python experiments/000-national-run/run.py [HOUSEHOLDS] (default 8,200,000; needs about 6 GB of disk in build/)
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from profiling.artefacts import library_versions, write_json

HERE = Path(__file__).parent
CONFIG = "configs/profiles/nt1-taalgroeiers.toml"
KIB = 1024


def measured(name: str, command: list[str]) -> dict[str, Any]:
    """Wall seconds, CPU seconds and peak memory of a command and its threads."""
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    if process.wait() != 0:
        raise SystemExit(f"{name} ended with status {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    wall = time.perf_counter() - start
    sys.stderr.write(f"{name}: {wall:.0f} s, {cpu:.0f} CPU-s, peak {peak[0] / 2**30:.2f} GB\n")
    return {"command": " ".join(command[1:]), "wall_s": round(wall), "cpu_s": round(cpu), "peak_gb": peak[0] / 2**30}


def _watch(pid: int, peak: list[int]) -> None:
    """The kernel's own high-water mark of the process, as long as it lives."""
    status = Path(f"/proc/{pid}/status")
    while True:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        peak[0] = max([peak[0], *(int(line.split()[1]) * KIB for line in lines if line.startswith("VmHWM"))])
        time.sleep(0.2)


def main() -> None:
    """Run and report."""
    households = int(sys.argv[1]) if len(sys.argv) > 1 else 8_200_000
    data, work = Path(f"build/national-{households}"), Path(f"build/runs-national-{households}")
    tool = [str(Path(sys.executable).parent / "profiling")]
    places = ["--work", str(work), "--library", str(work / "library"), "--tracking", str(work)]
    simulate = [*tool, "simulate", "--out", str(data), "--households", str(households), "--seed", "1"]
    run = [*tool, "run", CONFIG, "--data", str(data), *places]
    report = {
        "households": households,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "versions": library_versions(),
        "simulate": measured("simulate", simulate),
        "run": measured("run", run),
        "again": measured("the same again", run),
        "another_cutoff": measured("another cut-off", [*run, "--depth", "0.08"]),
    }
    write_json(HERE / "result" / f"report-{households}.json", report)


if __name__ == "__main__":
    main()
