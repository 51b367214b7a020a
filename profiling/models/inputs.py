"""The tables that estimators take, checked once for all of them; every fault found comes in one message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from profiling.errors import TrainingError

Floats = NDArray[np.float64]


class TrainingDataError(TrainingError, ValueError):
    """A table that no estimator can take; a ValueError too, because scikit-learn's tools expect one."""


class TrainingRows(NamedTuple):
    """What passed: X float64 (n, p), y float64 of 0 and 1 (n,), weights float64 > 0 (n,)."""

    X: Floats
    y: Floats
    weight: Floats


def training_rows(
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    categorical: Sequence[int] = (),
    feature_names: Sequence[str] | None = None,
) -> TrainingRows:
    """Check a training table, and leave out rows of weight zero.

    A row of weight zero says nothing, and LightGBM is 23 times slower with them than without.

    Raises
    ------
    TrainingDataError
        When X is not (n, p) or not as wide as expected, holds infinite values or bad codes; when y is not 0/1 or
        one of the two is absent; when weights are negative or not finite.
    """
    table = _as_table(X)
    labels = _as_floats(y, "y")
    weight = np.ones(labels.shape) if sample_weight is None else _as_floats(sample_weight, "sample_weight")
    faults = _table_faults(table, categorical, feature_names)
    for what, column in (("y", labels), ("sample_weight", weight)):
        if column.shape != (len(table),):
            faults.append(f"{what} has shape {column.shape}, expected ({len(table)},) as X has {len(table):,} rows")
    if not faults:
        faults = _label_faults(labels, weight)
    if faults:
        raise TrainingDataError(f"{len(faults)} faults in the training table", faults=faults)
    kept = weight > 0
    return TrainingRows(table, labels, weight) if kept.all() else TrainingRows(table[kept], labels[kept], weight[kept])


def scoring_rows(
    X: Any, n_features: int, *, categorical: Sequence[int] = (), feature_names: Sequence[str] | None = None
) -> Floats:
    """Check a table to be scored.

    Raises
    ------
    TrainingDataError
        When X is not (n, n_features), or holds infinite values or bad codes.
    """
    table = _as_table(X)
    faults = _table_faults(table, categorical, feature_names, n_features)
    if faults:
        raise TrainingDataError(f"{len(faults)} faults in the table to score", faults=faults)
    return table


def _as_table(X: Any) -> Floats:
    table = _as_floats(X, "X")
    if table.ndim != 2:
        raise TrainingDataError(
            f"X has shape {table.shape}, expected (rows, features)",
            hint="Reshape your data: X[:, None] makes a table of one column, X[None, :] of one row",
        )
    return table


def _as_floats(values: Any, what: str) -> Floats:
    try:
        array = np.asarray(values)
        if array.dtype.kind == "c":
            raise TypeError("Complex data not supported")
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TrainingDataError(f"{what} does not hold numbers: {error}") from None


def _table_faults(
    table: Floats, categorical: Sequence[int], names: Sequence[str] | None, n_features: int | None = None
) -> list[str]:
    width = n_features if n_features is not None else len(names) if names is not None else table.shape[1]
    if table.shape[1] != width:
        return [f"X has {table.shape[1]} columns, expected {width}"]
    if table.shape[1] == 0:
        return ["X has 0 columns, expected at least one feature"]
    label = list(names) if names is not None else [f"column {position}" for position in range(width)]
    faults = []
    for position in np.flatnonzero(np.isinf(table).any(axis=0)).tolist():
        rows = np.flatnonzero(np.isinf(table[:, position]))
        faults.append(f"'{label[position]}': {len(rows):,} infinite values (first: row {rows[0]:,})")
    for position in categorical:
        if position >= width:
            faults.append(f"categorical position {position} lies outside the table of {width} columns")
            continue
        codes = table[:, position]
        rows = np.flatnonzero((codes < 0) | (np.isfinite(codes) & (codes != np.floor(codes))) | (codes > MAX_CODE))
        if len(rows):
            got = f"first: {codes[rows[0]]!r} in row {rows[0]:,}"
            faults.append(f"'{label[position]}': {len(rows):,} codes that are not whole numbers >= 0 ({got})")
    return faults


MAX_CODE = 2**31 - 2  # LightGBM keeps codes as 32-bit integers


def _label_faults(labels: Floats, weight: Floats) -> list[str]:
    if not len(labels):
        return ["X has 0 rows"]
    faults = []
    other = np.unique(labels[(labels != 0) & (labels != 1)])
    if len(other):
        faults.append(f"y holds {', '.join(str(each) for each in other[:3])}, expected 0 and 1 alone")
    bad = int(np.count_nonzero(~np.isfinite(weight) | (weight < 0)))
    if bad:
        faults.append(f"sample_weight: {bad:,} values that are negative or not finite")
    if not faults:
        counted = labels[weight > 0]
        if not (counted == 1).any():
            faults.append("y has one class: no rows of the reference group (y = 1) with a weight above zero")
        if not (counted == 0).any():
            faults.append("y has one class: no unlabelled rows (y = 0) with a weight above zero")
    return faults
