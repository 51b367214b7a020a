"""Score one batch of households: the one function that the local loop and Spark's `mapInArrow` both call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.errors import ScoringError
from profiling.features.encoder import Encoder
from profiling.training.model import Model

SCHEMA = pa.schema([pa.field("score", pa.float64()), pa.field("unseen", pa.list_(pa.int32()))])


def score_batch(model: Model, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Score the rows of a batch, each on its own: no row's score depends on the rows beside it.

    Parameters
    ----------
    batch : shape (n, …), with at least the columns `model.encoder.names`.

    Returns
    -------
    Batch of shape (n, 2) with `SCHEMA`, in the same order: the score, and the positions (in `encoder.names`) of the
    features whose value is given but was never seen in training. Most lists are empty.

    Raises
    ------
    SchemaError
        When a value is infinite.
    ScoringError
        When the model gives something that is not a number.
    """
    matrix = model.encoder.matrix(batch, order=getattr(model.estimator, "order", "C"))
    values = np.asarray(model.estimator.score_samples(matrix), dtype=np.float64)
    if not np.isfinite(values).all():
        raise ScoringError(f"{int((~np.isfinite(values)).sum()):,} households have no finite score")
    return pa.RecordBatch.from_arrays([pa.array(values), _unseen(model.encoder, batch, matrix)], schema=SCHEMA)


def count_unseen(encoder: Encoder, scored: Sequence[pa.RecordBatch]) -> NDArray[np.int64]:
    """Households with an unseen value, per feature of the model; shape (n_features,)."""
    positions = [np.asarray(batch.column("unseen").flatten()) for batch in scored]
    return np.bincount(np.concatenate(positions).astype(np.int64), minlength=len(encoder.features))


def _unseen(encoder: Encoder, batch: pa.RecordBatch, matrix: NDArray[np.float64]) -> pa.ListArray:
    """A code book turns what it does not hold into nan: nan where something was given is unseen."""
    coded = [i for i, each in enumerate(encoder.features) if each.levels]
    lost = np.zeros((len(coded), batch.num_rows), dtype=np.bool_)
    for row, i in enumerate(coded):
        gone = np.isnan(matrix[:, i])
        if gone.any():
            lost[row] = gone & np.asarray(batch.column(encoder.features[i].name).is_valid())
    if not lost.any():
        return pa.ListArray.from_arrays(np.zeros(batch.num_rows + 1, dtype=np.int32), pa.array([], pa.int32()))
    offsets = np.concatenate([[0], np.cumsum(lost.sum(axis=0))]).astype(np.int32)
    positions = np.array(coded, dtype=np.int32)[np.nonzero(lost.T)[1]]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(positions))
