"""Score any table that has a model's columns: a new snapshot, a test file, a partner's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from profiling.artefacts import writing
from profiling.errors import ScoringError
from profiling.population.config import Population
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.schema import check_columns, find_files, table_schema
from profiling.scoring.batch import score_batch
from profiling.scoring.cutoff import rank
from profiling.training.model import Model

ENDINGS = (".parquet", ".csv")


def score_table(model: Model, population: Population, file: Path, out: Path, *, seed: int) -> int:
    """Score and rank the rows of `file` and write household_id, score and rank to `out`, in the order of the file.

    A table without the household key gets row numbers from 1 in its place.

    Parameters
    ----------
    population : says which columns of the file stand for which words; its own files are not read.
    out : Parquet or CSV, by its ending.

    Returns
    -------
    How many rows were scored.

    Raises
    ------
    SchemaError
        When a column of the model is missing or of another type.
    ScoringError
        When `out` is neither Parquet nor CSV, or the table is empty.
    """
    if out.suffix not in ENDINGS:
        raise ScoringError(
            f"'{out.suffix}' is not a kind of file that we write", where=out, hint="end it in .csv or .parquet"
        )
    files = find_files([file], where="score")
    store = HouseholdStore(population=population, files=files)
    wanted = [store.columns[name] for name in model.encoder.names]
    for path in files:
        check_columns(table_schema(path), wanted, where=path, mapped_in=population.path)
    keyed = all(store.columns["household_id"].name in table_schema(path).names for path in files)
    words = [*(["household_id"] if keyed else []), *model.encoder.names]
    scores, keys = [], []
    for batch in store.batches(words):
        scores.append(np.asarray(score_batch(model, batch).column("score")))
        keys.append(batch.column("household_id") if keyed else None)
    if not scores:
        raise ScoringError("there are no rows in it", where=file)
    values = np.concatenate(scores)
    numbers = pa.array([str(i) for i in range(1, len(values) + 1)], pa.string())
    ids = pa.concat_arrays([key for key in keys if key is not None]) if keyed else numbers
    ranks = rank(values, hash_keys(ids, f"tie:{seed}"))
    table = pa.table({"household_id": ids, "score": pa.array(values), "rank": pa.array(ranks)})
    with writing(out) as aside:
        (pq.write_table if out.suffix == ".parquet" else pa.csv.write_csv)(table, aside)
    return len(values)
