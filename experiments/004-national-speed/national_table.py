"""A synthetic national household table of any number of rows and features, and models learned from its first rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling import models
from profiling.features.encoder import EncodedFeature, Encoder
from profiling.models.spec import EstimatorContext, EstimatorSpec
from profiling.plugs import choose
from profiling.training.model import Model

GROUP = 65_536
PERIOD = 4 * GROUP
CLASSES = (3, 4, 5, 6, 8, 10, 12, 20, 40, 59)
POPULATION = """\
name = "national-speed"
nl = "Een verzonnen land"
en = "An invented country"
snapshot = 2026-10-01
files = ["{file}"]
household = "household_id"
[hard]
{features}
"""


def names(n_features: int) -> list[str]:
    """Ten classes; of the rest half whole numbers, half amounts."""
    return [f"{'class' if i < len(CLASSES) else 'count' if i % 2 else 'amount'}_{i:03d}" for i in range(n_features)]


def rows(start: int, n: int, n_features: int, seed: int) -> pd.DataFrame:
    """Rows start … start + n; 2 % of every feature but the classes is missing."""
    rng = np.random.default_rng([seed, start, n_features])
    columns: dict[str, Any] = {}
    latent = rng.normal(size=(n, 8))
    for i, name in enumerate(names(n_features)):
        if i < len(CLASSES):
            shifted = np.abs(rng.normal(size=n) + 0.5 * latent[:, i % 8]) / 3.5 * CLASSES[i]
            columns[name] = np.minimum(shifted, CLASSES[i] - 1).astype(np.int8)
            continue
        value = 0.6 * latent[:, i % 8] + 0.8 * rng.normal(size=n)
        whole, gone = i % 2 == 1, rng.random(n) < 0.02
        plain = np.round(np.exp(1.5 + 0.5 * value)) if whole else np.round(1000 * np.exp(0.5 * value), 1)
        columns[name] = pd.array(np.where(gone, 0, plain), "Int16") if whole else plain.astype(np.float32)
        columns[name][gone] = pd.NA if whole else np.nan
    return pd.DataFrame({"household_id": np.arange(start, start + n), **columns})


def write_table(path: Path, households: int, n_features: int, seed: int) -> None:
    """Write the table in row groups of 65,536, and the population's configuration beside it.

    Features repeat after `PERIOD` households, under other keys: they take as long to read and to score.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer: pq.ParquetWriter | None = None
    made: dict[int, pa.Table] = {}
    for start in range(0, households, GROUP):
        again, n = start % PERIOD, min(GROUP, households - start)
        if again not in made:
            frame = rows(again, GROUP, n_features, seed)
            made[again] = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        table = made[again].slice(0, n).set_column(0, "household_id", pa.array(np.arange(start, start + n)))
        writer = writer or pq.ParquetWriter(path.with_suffix(".part"), table.schema, compression="zstd")
        writer.write_table(table, row_group_size=GROUP)
    if writer is not None:
        writer.close()
    kinds = ["categorical" if name.startswith("class") else "numeric" for name in names(n_features)]
    features = "\n".join(
        f'{name} = {{nl = "{name}", en = "{name}", kind = "{kind}"}}'
        for name, kind in zip(names(n_features), kinds, strict=True)
    )
    path.with_suffix(".toml").write_text(POPULATION.format(file=path.name, features=features), encoding="utf-8")
    path.with_suffix(".part").rename(path)


def learn(table: Path, n_rows: int, n_features: int, estimator: str, params: dict[str, Any], seed: int) -> Model:
    """A model of the first rows; who is in the group depends on classes, counts and amounts alike."""
    first = next(pq.ParquetFile(table).iter_batches(n_rows, columns=names(n_features)))
    encoder = Encoder(
        tuple(
            EncodedFeature(name, "categorical", tuple(str(code) for code in range(CLASSES[i])))
            if i < len(CLASSES)
            else EncodedFeature(name, "numeric")
            for i, name in enumerate(names(n_features))
        )
    )
    X = encoder.matrix(first)
    spec: EstimatorSpec = choose(models, "ESTIMATOR", estimator)
    context = EstimatorContext(n_features, encoder.names, categorical=encoder.categorical, segment=None, seed=seed)
    fitted = spec.build(context, params).fit(X, _labels(X, seed))
    return Model(spec, fitted, encoder, {}, {})


def _labels(X: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng([seed, 1])
    filled = np.nan_to_num(X, nan=0.0)
    scaled = (filled - filled.mean(axis=0)) / (filled.std(axis=0) + 1e-9)
    weights = rng.normal(size=X.shape[1]) / np.sqrt(X.shape[1])
    odds = 2.0 * np.tanh(scaled) @ weights + (X[:, 9] % 7 == 3) + (X[:, 7] % 5 == 1) * (scaled[:, -1] > 0)
    return (odds + rng.logistic(size=len(X)) > 2.5).astype(np.float64)
