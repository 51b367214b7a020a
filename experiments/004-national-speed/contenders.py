"""The contenders: each turns the table into a Parquet file of scores, in a process of its own, and says what it took.

Usage: python contenders.py NAME SETTINGS.json OUT.parquet. Nothing is imported but what the contender itself needs.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 65_536
Predict = Callable[[pa.RecordBatch], Any]


def expit(x: Any) -> Any:
    from scipy.special import expit as curve

    return curve(x)


def write(out: Path, batches: Iterator[tuple[Any, Any]]) -> None:
    """Household ids and scores, as they come."""
    schema = pa.schema([("household_id", pa.int64()), ("score", pa.float64())])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for ids, scores in batches:
            writer.write_batch(pa.RecordBatch.from_arrays([pa.array(ids), pa.array(scores)], schema=schema))


def matrix(batch: pa.RecordBatch) -> Any:
    """A batch's features as float64, nan where missing."""
    return np.column_stack([np.asarray(each.to_numpy(zero_copy_only=False), dtype=np.float64) for each in batch])


def in_batches(given: dict[str, Any], out: Path, predict: Predict) -> None:
    """Read batch by batch with pyarrow's threads; the mean of the bags, shifted, as a chance."""
    file = pq.ParquetFile(given["table"])

    def scored() -> Iterator[tuple[Any, Any]]:
        for batch in file.iter_batches(BATCH, columns=["household_id", *given["names"]]):
            features = batch.select(given["names"])
            yield batch.column("household_id"), expit(predict(features) / len(given["boosters"]) + given["shift"])

    write(out, scored())


def floor(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """Decode every value in two threads and write as many scores: what no way of scoring can do without."""

    def run() -> None:
        groups = range(pq.read_metadata(given["table"]).num_row_groups)

        def decode(group: int) -> tuple[Any, Any]:
            file = pq.ParquetFile(given["table"])
            read = file.read_row_group(group, columns=["household_id", *given["names"]], use_threads=False)
            ids = read.column("household_id").combine_chunks()
            return ids, np.asarray(ids, dtype=np.float64)

        with ThreadPoolExecutor(2) as pool:
            write(out, (pair for start in groups[::4] for pair in pool.map(decode, groups[start : start + 4])))

    return run


def pandas(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """What anybody would write: read all, predict, write all."""
    import lightgbm as lgb
    import pandas as pd

    boosters = [lgb.Booster(model_file=each) for each in given["boosters"]]

    def run() -> None:
        frame = pd.read_parquet(given["table"])
        raw = np.zeros(len(frame))
        for booster in boosters:
            raw += booster.predict(frame[given["names"]], raw_score=True, num_threads=2)
        frame["score"] = expit(raw / len(boosters) + given["shift"])
        frame[["household_id", "score"]].to_parquet(out, compression="zstd")

    return run


def batches(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """pyarrow's batches and `Booster.predict`: little memory, the same time."""
    import lightgbm as lgb

    boosters = [lgb.Booster(model_file=each) for each in given["boosters"]]

    def predict(batch: pa.RecordBatch) -> Any:
        X, raw = matrix(batch), np.zeros(batch.num_rows)
        for booster in boosters:
            raw += booster.predict(X, raw_score=True, num_threads=2)
        return raw

    return lambda: in_batches(given, out, predict)


def lignum(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """pylignum: trees as compiled C (needs a compiler), Arrow read without copying."""
    import lignum as rival

    models = [rival.load(each, format="lightgbm") for each in given["boosters"]]
    for model in models:
        model.compile(flags="-O2 -march=native", work_dir=given["scratch"])

    def predict(batch: pa.RecordBatch) -> Any:
        raw = np.zeros(batch.num_rows)
        for model in models:
            raw += model.predict(batch, raw_score=True, n_jobs=2)
        return raw

    return lambda: in_batches(given, out, predict)


def lleaves(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """lleaves: trees as LLVM code."""
    import lleaves as rival

    models = [rival.Model(model_file=each) for each in given["boosters"]]
    for number, model in enumerate(models):
        model.compile(raw_score=True, cache=f"{given['scratch']}/lleaves-{given['key']}-{number}.o")

    def predict(batch: pa.RecordBatch) -> Any:
        X, raw = matrix(batch), np.zeros(batch.num_rows)
        for model in models:
            raw += model.predict(X, n_jobs=2)
        return raw

    return lambda: in_batches(given, out, predict)


def ours(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """This project's scoring, written as the others write: ids and scores."""
    from profiling.population.config import load_population
    from profiling.population.store import open_population
    from profiling.scoring.stretches import score_stretches
    from profiling.training.model import load_model

    model, store = load_model(Path(given["model"])), open_population(load_population(Path(given["population"])))

    def run() -> None:
        stretches = score_stretches(model, store, None, "")
        ids = pq.ParquetFile(given["table"])

        def scored() -> Iterator[tuple[Any, Any]]:
            groups = iter(range(ids.num_row_groups))
            for stretch in stretches:
                at = 0
                while at < stretch.num_rows:
                    key = ids.read_row_group(next(groups), columns=["household_id"]).column(0).combine_chunks()
                    yield key, stretch.values[at : at + len(key)]
                    at += len(key)

        write(out, scored())

    return run


def ours_ranked(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """`score`: the same, kept in stretches on the way, ranked, with percentiles and a manifest."""
    from profiling.population.config import load_population
    from profiling.population.store import open_population
    from profiling.scoring.score import score
    from profiling.training.model import load_model

    model, store = load_model(Path(given["model"])), open_population(load_population(Path(given["population"])))

    def run() -> None:
        score(model, store, out.with_suffix(""), seed=1, inputs={})
        (out.with_suffix("") / "households.parquet").rename(out)

    return run


def code_table(given: dict[str, Any], out: Path) -> Callable[[], None]:
    """What a code table kept per snapshot would bring: codes of this model's own thresholds, read instead of values.

    Making the table (a byte per household and column of codes) counts as preparing. A table that served every model
    would need thresholds that are fixed for the snapshot; it could not be read faster than this one.
    """
    from profiling.models import boosting
    from profiling.models.forest.forest import Forest
    from profiling.models.forest.kernels import BLOCKS, encode, walk
    from profiling.models.forest.program import ROWS
    from profiling.population.config import load_population
    from profiling.population.store import open_population
    from profiling.training.model import load_model

    model, store = load_model(Path(given["model"])), open_population(load_population(Path(given["population"])))
    boosters = getattr(model.estimator, "boosters_", None) or [model.estimator.booster_]
    forest = boosting.forest_of(boosters, store.n_households)
    if not isinstance(forest, Forest):
        raise SystemExit(f"no forest: {forest}")
    file, width, stretch = out.with_suffix(".codes"), len(forest.codes.columns) * ROWS, BLOCKS * ROWS
    with file.open("wb") as handle:
        for batch in store.batches(model.encoder.names, size=16 * stretch):
            X = model.encoder.matrix(batch, order="F").T
            for start in range(0, batch.num_rows, stretch):
                stop = min(start + stretch, batch.num_rows)
                buffer = np.zeros((-(-(stop - start) // ROWS), width), dtype=np.uint8)
                encode(X, start, stop, forest.codes.search, buffer)
                handle.write(buffer.data)

    def run() -> None:
        codes = np.memmap(file, dtype=np.uint8, mode="r").reshape(-1, width)
        read = pq.ParquetFile(given["table"])
        parts, at = [], 0
        for group in range(read.num_row_groups):
            n = read.metadata.row_group(group).num_rows
            parts.append((group, at, n))
            at += -(-n // ROWS)

        def scored_part(part: tuple[int, int, int]) -> tuple[Any, Any]:
            group, first, n = part
            key = pq.ParquetFile(given["table"]).read_row_group(group, columns=["household_id"], use_threads=False)
            raw, n_blocks = np.empty((len(boosters), n)), -(-n // ROWS)
            walk(np.asarray(codes[first : first + n_blocks]), n_blocks, forest.program, raw, 0)
            return key.column(0).combine_chunks(), expit(raw.sum(axis=0) / len(boosters) + given["shift"])

        with ThreadPoolExecutor(2) as pool:
            write(
                out,
                (pair for start in range(0, len(parts), 4) for pair in pool.map(scored_part, parts[start : start + 4])),
            )
        file.unlink()

    return run


CONTENDERS = {
    "floor": floor,
    "code-table": code_table,
    "ours": ours,
    "ours-ranked": ours_ranked,
    "pandas": pandas,
    "batches": batches,
    "lignum": lignum,
    "lleaves": lleaves,
}


def main() -> None:
    """Prepare (import, load, compile), then run; both timed apart, peak memory from the kernel."""
    name, settings, out = sys.argv[1:4]
    given = json.loads(Path(settings).read_text(encoding="utf-8"))
    start, cpu = time.perf_counter(), time.process_time()
    run = CONTENDERS[name](given, Path(out))
    ready, ready_cpu = time.perf_counter(), time.process_time()
    run()
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    peak = next(int(line.split()[1]) / 2**20 for line in status if line.startswith("VmHWM"))
    print(
        json.dumps(
            {
                "prepare_wall_s": ready - start,
                "prepare_cpu_s": ready_cpu - cpu,
                "wall_s": time.perf_counter() - ready,
                "cpu_s": time.process_time() - ready_cpu,
                "peak_gb": peak,
            }
        )
    )


if __name__ == "__main__":
    main()
