"""Experiment 010: the analysis tool under load, measured with Locust.

Usage: python experiments/010-web-load/run.py LOCUST (the program; `make bench-web` installs it in a place of its own),
with --library, --population, --data, --seconds to measure something else than config.toml says.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from profiling.artefacts import library_versions, write_json
from profiling.config import Config, load_config
from profiling.publish.published import open_published

HERE = Path(__file__).parent


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    library: str
    population: str
    data: str
    work: str
    profile: str
    port: int
    users: int
    seconds: int
    seed: int
    first_page_seconds: float
    switch_milliseconds: float
    memory_megabytes: float


def main() -> None:
    """Start the tool, time its first pages, load it, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locust", type=Path)
    for name in ("library", "population", "data"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--seconds", type=int)
    asked = {key: value for key, value in vars(parser.parse_args()).items() if value is not None}
    locust = asked.pop("locust")
    # What stands on the command line is meant from where one stands; what stands in config.toml, from there.
    places = [name for name in ("library", "population", "data") if name in asked]
    asked |= {name: os.path.relpath(Path(asked[name]).resolve(), HERE) for name in places}
    said = load_config(HERE / "config.toml", Experiment).model_copy(update=asked)
    library, population, data, work = (
        (HERE / path).resolve() if not Path(path).is_absolute() else Path(path)
        for path in (said.library, said.population, said.data, said.work)
    )
    published = open_published(library, said.profile)
    areas = [code for (level, code) in published.names if level == "gemeente"]
    place = f"http://127.0.0.1:{said.port}"
    command = [sys.executable, "-c", "from profiling.cli import main; main()", "app", "--port", str(said.port)]
    command += ["--library", str(library), "--population", str(population), "--data", str(data), "--work", str(work)]
    began = time.perf_counter()
    # One client with 20 users is not 20 clients: the limit of requests per client is set aside.
    server = subprocess.Popen([*command, "--requests", "100000"])
    try:
        wait_for(f"{place}/stijl.css")
        started = time.perf_counter() - began
        first = {name: timed(place + path) for name, path in pages(said.profile).items()}
        with Memory(server.pid) as memory:
            figures = load(locust, place, areas, said, work)
    finally:
        server.terminate()
        server.wait(20)
    report: dict[str, Any] = {
        "experiment": HERE.name,
        "config": said.model_dump(mode="json"),
        "versions": library_versions(),
        "households": published.n_base,
        "areas": {level: sum(each == level for each, _ in published.names) for level in published.levels},
        "start_seconds": round(started, 2),
        "first_seconds": first,
        "load": figures,
        "peak_megabytes": memory.peak,
        "peak_megabytes_of_pictures": memory.pictures,
    }
    write_json(HERE / "result" / "report.json", report)
    sys.stdout.write(f"start {started:.1f} s, first pages {first}, peak {memory.peak} + {memory.pictures} MB\n")
    for name, row in figures.items():
        sys.stdout.write(f"{name:12} {row}\n")


def pages(profile: str) -> dict[str, str]:
    """The pages whose first answer is timed, in this order, in a tool that has answered nothing yet."""
    return {
        "home": "/",
        "country per gemeente": f"/gebied?profiel={profile}",
        "country per buurt": f"/gebied?profiel={profile}&niveau=buurt",
    }


def wait_for(address: str) -> None:
    """Until the tool answers, a minute at most."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the tool did not start")


def timed(address: str) -> float:
    """Seconds until the whole page is there."""
    began = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        answer.read()
    return round(time.perf_counter() - began, 3)


def load(locust: Path, place: str, areas: list[str], said: Experiment, work: Path) -> dict[str, dict[str, float]]:
    """Median, 95th percentile (ms), requests and failures per kind of request."""
    stem = work / "load"
    stem.parent.mkdir(parents=True, exist_ok=True)
    known = {"LOAD_AREAS": ",".join(areas), "LOAD_PROFILE": said.profile, "LOAD_SEED": str(said.seed)}
    options = ["--headless", "--only-summary", "-u", str(said.users), "-r", "5", "-t", f"{said.seconds}s"]
    subprocess.run(
        [locust, "-f", HERE / "locustfile.py", "--host", place, "--csv", stem, *options],
        env=os.environ | known,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with stem.with_name("load_stats.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {
        row["Name"]: {
            "median_ms": float(row["50%"]),
            "p95_ms": float(row["95%"]),
            "requests": int(row["Request Count"]),
            "failures": int(row["Failure Count"]),
        }
        for row in rows
    }


class Memory:
    """Most memory in MB: `peak` that the tool ever held, `pictures` that its drawing processes held at one moment.

    What they share with each other is counted for each, so the sum is more than the machine gave.
    """

    def __init__(self, process: int) -> None:
        self.process, self.pictures = process, 0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look)

    def __enter__(self) -> Memory:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()
        self.peak = held(self.process, "VmHWM")

    def _look(self) -> None:
        while not self._done.wait(0.05):
            listed = Path("/proc").glob(f"{self.process}/task/*/children")
            children = [int(each) for path in listed for each in text_of(path).split()]
            # One that has only just begun still shows the memory of the tool as its own.
            drawing = [each for each in children if command_of(each) != command_of(self.process)]
            self.pictures = max(self.pictures, sum(held(each, "VmRSS") for each in drawing))


def held(process: int, what: str) -> int:
    """Memory of a process in MB; none when it has ended."""
    status = text_of(Path(f"/proc/{process}/status"))
    line = next((each for each in status.splitlines() if each.startswith(what)), f"{what} 0")
    return int(line.split()[1]) // 1000


def command_of(process: int) -> str:
    """How a process was started."""
    return text_of(Path(f"/proc/{process}/cmdline"))


def text_of(path: Path) -> str:
    """What a process says of itself; nothing when it has ended."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
