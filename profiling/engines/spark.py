"""Engine "spark": Apache Spark, for more households than one machine should hold. The only user of pyspark.

The same `score_batch` runs inside `mapInArrow`, the same SQL counts, and the same function writes the scores, so
the bytes are those of the local engine. Spark itself sorts for the ranks; nothing is collected on the driver but the
finished file, one part at a time.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from profiling import errors, models
from profiling.artefacts import fingerprint
from profiling.engines.engine import EngineSpec
from profiling.errors import ConfigError, ProfilingError, SchemaError, ScoringError
from profiling.features.encoder import Encoder
from profiling.plugs import choose
from profiling.population.keys import hash_keys
from profiling.population.store import BATCH, HouseholdStore, in_our_words
from profiling.schema import Column
from profiling.scoring.batch import SCHEMA as SCORED
from profiling.scoring.batch import score_batch
from profiling.scoring.score import Scores, save_scores
from profiling.training.model import Model

MASTERS = re.compile(r"local\[(\d+|\*)\]|spark://\S+|k8s://\S+|yarn")
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower(),
    "spark.log.level": "OFF",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",  # "buurt" is a column, as in DuckDB
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH),
    "spark.sql.parquet.compression.codec": "zstd",
}
SIGN = np.uint64(1 << 63)


@dataclass(frozen=True)
class SparkEngine:
    """A Spark session. Files must lie where every executor can read them; `local[n]` has everything here."""

    session: Any

    def score(
        self, model: Model, store: HouseholdStore, folder: Path, *, seed: int, inputs: Mapping[str, Any]
    ) -> Scores:
        """See `scoring.score.score`. The scores, before their ranks, outlive an interruption."""
        aside = folder.with_name(f"{folder.name}.spark")
        kept = aside / f"{fingerprint(inputs)[:16]}-scored"
        task = ScoringTask(model, store, seed)
        with _in_our_words():
            if not (kept / "_SUCCESS").is_file():
                rows = self._rows(store, list(task.columns.values()))
                _write(rows.mapInArrow(task, _spark_schema(task.schema)), kept)
            self._view("scored", kept)
            _write(self.session.sql(_text("place")), aside / "placed")
            self._view("placed", aside / "placed")
            words = ["household_id", "score", *store.descriptive]
            columns = ", ".join(f'scored."{word}"' for word in words)
            _write(self.session.sql(_text("rank").format(columns=columns)), aside / "ranked")
            unseen = {row.feature: int(row.n) for row in self.session.sql(_text("unseen")).collect()}
        saved = save_scores(
            folder,
            _ordered(aside / "ranked", task.schema, store.descriptive),
            inputs=inputs,
            unseen={model.encoder.names[feature]: n for feature, n in unseen.items()},
            n_households=store.n_households,
        )
        shutil.rmtree(aside, ignore_errors=True)
        return saved

    def query(self, sql: str, tables: Mapping[str, Path]) -> pd.DataFrame:
        """See `Engine.query`."""
        for name, path in tables.items():
            self._view(name, path)
        with _in_our_words():
            found: pd.DataFrame = self.session.sql(sql).toArrow().to_pandas()
            return found

    def _view(self, name: str, path: Path) -> None:
        self.session.read.parquet(str(path.absolute())).createOrReplaceTempView(name)

    def _rows(self, store: HouseholdStore, columns: list[Column]) -> Any:
        """All households as they are in the files, with their position."""
        from pyspark.sql import functions

        wanted = [functions.col(f"`{name}`") for name in dict.fromkeys(column.name for column in columns)]
        start, whole = 0, None
        for path in store.files:
            if path.suffix != ".parquet":
                raise SchemaError("Spark reads Parquet alone", where=path, hint="write it as Parquet, or score locally")
            place = (functions.col("_metadata.row_index") + start).alias("position")
            rows = self.session.read.parquet(str(path.absolute())).select(place, *wanted)
            start += pq.read_metadata(path).num_rows
            whole = rows if whole is None else whole.unionByName(rows)
        return whole


class ScoringTask:
    """What a worker does with its batches. It travels as text and comes to life once per worker."""

    def __init__(self, model: Model, store: HouseholdStore, seed: int) -> None:
        words = dict.fromkeys(["household_id", *store.descriptive, *model.encoder.names])
        self.columns: dict[str, Column] = {word: store.columns[word] for word in words}
        self.descriptive = store.descriptive
        self.seed = seed
        self.model = (model.spec.name, tuple(sorted(model.states.items())), tuple(model.encoder.features))
        empty = pq.read_schema(store.files[0]).empty_table()
        raw = pa.RecordBatch.from_pydict({name: empty.column(name).combine_chunks() for name in empty.schema.names})
        given = in_our_words(raw, self.columns).schema
        kept = [given.field(word) for word in ("household_id", *self.descriptive)]
        self.schema = pa.schema([pa.field("position", pa.int64()), pa.field("tie", pa.int64()), *kept, *SCORED])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Position, tie hash, key, what goes along, score and unseen features of every household."""
        model = _model(*self.model)
        for raw in batches:
            batch = in_our_words(raw, self.columns)
            scored = score_batch(model, batch)
            hashed = hash_keys(batch.column("household_id"), f"tie:{self.seed}")
            tie = pa.array((hashed ^ SIGN).view(np.int64))  # Spark has no unsigned numbers: the same order, signed
            kept = [batch.column(word) for word in ("household_id", *self.descriptive)]
            arrays = [raw.column("position"), tie, *kept, *scored.columns]
            yield pa.RecordBatch.from_arrays(arrays, names=self.schema.names).cast(self.schema)


@cache
def _model(name: str, states: tuple[tuple[str, str], ...], features: tuple[Any, ...]) -> Model:
    spec = choose(models, "ESTIMATOR", name)
    return Model(spec, spec.load(dict(states)), Encoder(features), {}, {})


def _ordered(folder: Path, schema: pa.Schema, descriptive: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """What Spark wrote, in the order of the population: its parts are numbered."""
    fields = [schema.field("household_id"), schema.field("score"), pa.field("rank", pa.int64())]
    target = pa.schema([*fields, *(schema.field(word) for word in descriptive)])
    for path in sorted(folder.glob("part-*.parquet")):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH, columns=target.names):
                yield batch.select(target.names).cast(target)


def _write(frame: Any, folder: Path) -> None:
    frame.write.mode("overwrite").parquet(str(folder.absolute()))


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def _text(name: str) -> str:
    return (files("profiling.engines") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def _in_our_words() -> Iterator[None]:
    """A fault that a worker found is told as it would be told here."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        found = re.search(r"profiling\.errors\.(\w+): (.+)", str(error))
        kind: Callable[[str], ProfilingError] = getattr(errors, found.group(1)) if found else ScoringError
        message = found.group(2) if found else f"Spark stopped: {str(error).strip().splitlines()[0]}"
        raise kind(message) from error


def _open(master: str) -> SparkEngine:
    if find_spec("pyspark") is None:
        raise ConfigError(
            "Apache Spark is not installed", where="--engine", hint="pip install 'lookalike-profiling[spark]'"
        )
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise ConfigError("Apache Spark needs Java 17 or newer", where="--engine", hint="install it, or set JAVA_HOME")
    from pyspark.sql import SparkSession

    if master.startswith("local"):
        os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master).appName("lookalike-profiling")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    return SparkEngine(builder.getOrCreate())


ENGINE = EngineSpec(
    name="spark",
    form="local[2], spark://host:7077, yarn or k8s://… (Apache Spark)",
    takes=lambda address: MASTERS.fullmatch(address) is not None,
    open=_open,
)
