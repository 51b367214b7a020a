"""The truth, where a simulation or a test bed knows it: the only reader of the truth columns of a population.

Recall and index against the truth are definitions (those of `capture` and `measures`, with truth as the group); no
paper stands behind them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling import delimited, measures
from profiling.errors import ConfigError, MeasureError, SchemaError, did_you_mean
from profiling.evaluation.capture import capture_at, capture_estimate
from profiling.evaluation.resampling import Estimate, Floats
from profiling.population.config import Population
from profiling.schema import Column, check_columns, find_files, reading, table_schema

YES, NO = ("1", "1.0", "true"), ("0", "0.0", "false")


def read_truth(population: Population, column: str) -> pa.Table:
    """Who truly belongs to a group.

    Parameters
    ----------
    population : its `truth` names the files (the household files when it names none) and the columns.
    column : one of those columns; holds true/false or 1/0.

    Returns
    -------
    pyarrow.Table
        household_id (string) and truth (bool), ordered by household_id; households of unknown truth are left out.

    Raises
    ------
    ConfigError
        When the population has no truth, or not this column (the message lists those it has).
    SchemaError
        When a file or column is absent, a household stands twice, or a value is neither yes nor no.
    """
    config = population.config
    known = () if config.truth is None else config.truth.columns
    if config.truth is None or column not in known:
        raise ConfigError(
            f"there is no truth column '{column}'{did_you_mean(column, known)}",
            where=population.path,
            hint=f"choose from {', '.join(known)}" if known else "the population has no [truth]: nothing is known",
        )
    key = config.truth.household or config.household
    patterns = [population.file(each) for each in config.truth.files or config.files]
    files = find_files(patterns, where=population.path)
    tables = [_read(path, key, column, population.path) for path in files]
    return _checked(pa.concat_tables(tables), column, population.path)


def recall_at_depth(scores: Floats, truth: NDArray[Any], depth: float, weight: Floats | None = None) -> float:
    """Part of the true group within the top `depth` of the base: `capture_at` of everybody it holds for.

    With a perfect ranking of a group of prevalence π it is min(1, depth ÷ π).
    """
    return capture_at(scores, truth, depth, weight)


def recall_estimate(scores: Floats, truth: NDArray[Any], depth: float, areas: NDArray[Any], **more: Any) -> Estimate:
    """`recall_at_depth` with an interval over areas; further arguments as in `capture_estimate`."""
    return capture_estimate(scores, truth, depth, areas, **more)


def truth_index_by_segment(segment: NDArray[Any], truth: NDArray[Any], weight: Floats | None = None) -> pa.Table:
    """The index that a profile's segments ought to have: that of the true group.

    `measures.index`, with the true group in the place of the profile.

    Parameters
    ----------
    segment : str array of shape (n,)
    truth : bool array of shape (n,)
    weight : float array of shape (n,), optional

    Returns
    -------
    pyarrow.Table
        segment, households (weight), with_truth (weight), penetration (%), index; ordered by segment.

    Raises
    ------
    MeasureError
        When lengths differ or nobody is in the true group.
    """
    weights = np.ones(len(segment)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(segment) == len(truth) == len(weights):
        raise MeasureError(f"lengths differ: {len(segment)} segments, {len(truth)} truths, {len(weights)} weights")
    codes, place = np.unique(np.asarray(segment, dtype=np.str_), return_inverse=True)
    total = np.bincount(place, weights, minlength=len(codes))
    found = np.bincount(place, weights * np.asarray(truth).astype(bool), minlength=len(codes))
    if not found.sum() > 0:
        raise MeasureError("nobody is in the true group: there is no index")
    return pa.table(
        {
            "segment": pa.array(codes.tolist(), pa.string()),
            "households": total,
            "with_truth": found,
            "penetration": measures.penetration(found, total),
            "index": measures.index(found, total),
        }
    )


def _read(path: Path, key: str, column: str, where: Path) -> pa.Table:
    wanted = [Column(key, "text", "household key of the truth"), Column(column, "any", "truth")]
    check_columns(table_schema(path), wanted, where=path, mapped_in=where)
    with reading(path):
        if path.suffix == ".parquet":
            raw = pq.read_table(path, columns=[key, column])
        else:
            raw = delimited.read_texts(path, [key, column]).read_all()
    household, said = (pc.cast(raw.column(each), pa.string()) for each in (key, column))
    return pa.table({"household_id": household, "said": said})


def _checked(said: pa.Table, column: str, where: Path) -> pa.Table:
    faults = []
    counts = said.group_by("household_id").aggregate([([], "count_all")])
    double = counts.filter(pc.greater(counts["count_all"], 1)).sort_by("household_id").to_pylist()
    if double:
        first = f"'{double[0]['household_id']}', {double[0]['count_all']} times"
        faults.append(f"{len(double):,} households stand more than once (first: {first})")
    if said["household_id"].null_count:
        faults.append(f"{said['household_id'].null_count:,} rows have no household")
    words = pc.utf8_lower(said["said"])
    yes = pc.is_in(words, value_set=pa.array(YES))
    known = pc.or_(yes, pc.is_in(words, value_set=pa.array(NO)))
    empty = pc.or_kleene(pc.is_null(words), pc.equal(words, ""))
    strange = said.filter(pc.invert(pc.or_(known, pc.fill_null(empty, True))))
    if len(strange):
        faults.append(f"'{column}': {len(strange):,} values are neither true nor false (first: '{strange['said'][0]}')")
    if faults:
        raise SchemaError(f"{len(faults)} faults in the truth '{column}'", where=where, faults=faults)
    table = pa.table({"household_id": said["household_id"], "truth": yes}).filter(known)
    return table.sort_by("household_id").combine_chunks()
