"""Count households and profile households per cell, over all scores in one pass of SQL, on any engine."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from profiling.engines.engine import Engine
from profiling.engines.local import LOCAL
from profiling.errors import SchemaError, did_you_mean

UNKNOWN = "?"


def count_cells(scores: Path, last_rank: int, by: Sequence[str], *, engine: Engine = LOCAL) -> pd.DataFrame:
    """Counts per combination of the columns `by`; a household without a code is counted under "?".

    Parameters
    ----------
    scores : Parquet file with household_id, rank, and the columns of `by`; weight where the population has one.
    last_rank : lowest rank in the profile.

    Returns
    -------
    Frame with the columns of `by`, then n_base and n_profile (households, int64), base and profile (weighted
    households, float64; equal to the counts where there are no weights), sorted by `by`.

    Raises
    ------
    SchemaError
        When a column is not among the scores.
    """
    known = pq.read_schema(scores).names
    faults = [f"there is no '{each}'{did_you_mean(each, known)}" for each in by if each not in known]
    if faults:
        raise SchemaError("cannot count by that", where=scores, faults=faults)
    text = (files("profiling.publish") / "sql" / "count_cells.sql").read_text(encoding="utf-8")
    query = text.format(
        cells=", ".join(f'"{each}"' for each in by),
        known=", ".join(f'COALESCE("{each}", \'{UNKNOWN}\') AS "{each}"' for each in by),
        weight="weight" if "weight" in known else "1",
        last_rank=int(last_rank),
    )
    counted = engine.query(query, {"scores": scores})
    counts = {name: counted[name].astype("int64") for name in ("n_base", "n_profile")}
    return counted.assign(**counts)
