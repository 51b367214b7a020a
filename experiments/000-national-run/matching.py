"""Match a million addresses, as people type them, with all households of a simulated country; time and peak memory.

Usage: python experiments/000-national-run/matching.py [HOUSEHOLDS] (default 8,200,000; the country of run.py)
"""

from __future__ import annotations

import io
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from profiling.artefacts import library_versions, write_json
from profiling.pipeline import simulate
from profiling.population.address_book import build_address_book, match
from profiling.population.address_columns import read_addresses
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.publish.uploads import read_upload
from profiling.simulation.settings import SimulationSettings

HERE = Path(__file__).parent
POPULATION = Path("configs/populations/simulated-nl.toml")
ROWS = 1_000_000


class Clock:
    """Wall and CPU seconds of each step, and the highest memory of the process by its end."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}
        self._last = time.perf_counter(), time.process_time()

    def stop(self, name: str) -> None:
        """The step since the last stop is done."""
        now = time.perf_counter(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        wall, cpu = (after - before for after, before in zip(now, self._last, strict=True))
        self.steps[name] = {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1), "peak_gb": round(peak / 2**30, 2)}
        sys.stderr.write(f"{name}: {self.steps[name]}\n")
        self._last = time.perf_counter(), time.process_time()


def typed(data: Path) -> tuple[bytes, pa.Array]:
    """A CSV of a million households (all of a smaller country), one in a hundred at a false number; and who they are.

    Postcodes get a space or small letters, additions a hyphen or a field of their own, as they come in from counters.
    """
    files = str(data / "households" / "*.parquet").replace("'", "''")
    sample = duckdb.sql(
        f"""SELECT household_id, postcode, house_number, coalesce(addition, '') AS addition,
            hash(household_id) % 100 AS h
        FROM read_parquet('{files}') ORDER BY hash(household_id || 'x') LIMIT {ROWS}"""
    ).to_arrow_table()
    h, code, extra = (sample.column(each).combine_chunks() for each in ("h", "postcode", "addition"))
    number = sample.column("house_number").cast(pa.string()).combine_chunks()
    code = pc.if_else(pc.less(h, 40), pc.replace_substring_regex(code, "^(....)", r"\1 "), pc.utf8_lower(code))
    joined = pc.if_else(pc.equal(extra, ""), number, pc.binary_join_element_wise(number, extra, "-"))
    together = pc.greater_equal(h, 50)
    number = pc.if_else(together, joined, number)
    number = pc.if_else(pc.equal(h, 7), "99999", number)
    ids = pa.array(range(sample.num_rows), pa.int64())
    table = pa.table(
        [ids, code, number, pc.if_else(together, "", extra)], ["id", "postcode", "huisnummer", "toevoeging"]
    )
    target = io.BytesIO()
    pa.csv.write_csv(table, target, pa.csv.WriteOptions(delimiter=";"))
    return target.getvalue(), pc.if_else(pc.equal(h, 7), None, sample.column("household_id").combine_chunks())


def main() -> None:
    """Run and report."""
    households = int(sys.argv[1]) if len(sys.argv) > 1 else 8_200_000
    data = simulate(SimulationSettings(households=households, seed=1), Path(f"build/national-{households}"))
    store = open_population(load_population(POPULATION, data=data))
    clock = Clock()
    book = build_address_book(store, Path(f"build/runs-national-{households}"))
    clock.stop("address book, the first time")
    content, expected = typed(data)
    clock.stop("making the file (not part of the answer)")
    upload = read_upload(content, name="members.csv")
    clock.stop("reading the file")
    addresses = read_addresses(upload.addresses())
    clock.stop("reading the addresses")
    found = match(book, addresses)
    clock.stop("matching")
    right = pc.equal(found.table.column("household_id").combine_chunks(), expected)
    wrong = pc.and_(pc.is_valid(found.table.column("household_id")), pc.invert(pc.fill_null(right, False)))
    report: dict[str, Any] = {
        "households": households,
        "rows": upload.n_rows,
        "cores": os.cpu_count(),
        "versions": library_versions(),
        "book_mb": round(book.file.stat().st_size / 1e6),
        "steps": clock.steps,
        "kinds": found.counts,
        "right": int(pc.sum(right).as_py() or 0),
        "wrong": int(pc.sum(wrong).as_py() or 0),
    }
    write_json(HERE / "result" / f"matching-{households}.json", report)


if __name__ == "__main__":
    main()
