"""Has a feature, or the score, another distribution than when the model was made?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling import measures
from profiling.errors import MeasureError
from profiling.evaluation.resampling import Floats


@dataclass(frozen=True)
class Drift:
    """Population stability index.

    Parameters
    ----------
    psi : `measures.psi`; 0 = the same shares, below 0.1 hardly moved, above 0.25 a lot (Siddiqi 2006).
    bins : table with bin (text), before and now (rows), before_share and now_share (%).
    """

    psi: float
    bins: pa.Table


def numeric_drift(before: Floats, now: Floats, bins: int = 10) -> Drift:
    """PSI of a numeric feature or of scores.

    The edges are the quantiles of `before` at i / `bins`; edges that coincide are one, a value that is an edge belongs
    to the bin above it, the first bin begins at minus infinity and the last ends at infinity. Missing is a bin of its
    own. Formula and treatment of empty bins: `measures.psi`.

    Parameters
    ----------
    before, now : float arrays of shape (n,) and (m,); NaN = missing.

    Raises
    ------
    MeasureError
        When a sample is empty or fewer than two bins are asked for.
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(now, dtype=np.float64)
    known = old[~np.isnan(old)]
    if bins < 2 or not len(old) or not len(new):
        raise MeasureError(f"cannot compare {len(old):,} rows before with {len(new):,} now in {bins} bins")
    edges = np.unique(np.quantile(known, np.arange(1, bins) / bins)) if len(known) else np.empty(0)
    ends = [-np.inf, *edges.tolist(), np.inf]
    labels = [f"[{low:.6g}, {high:.6g})" for low, high in pairwise(ends)]

    def counted(sample: Floats) -> NDArray[np.int64]:
        absent = np.isnan(sample)
        places = np.where(absent, len(labels), np.searchsorted(edges, sample, side="right"))
        return np.bincount(places, minlength=len(labels) + 1)

    return _drift([*labels, "missing"], counted(old), counted(new))


def categorical_drift(before: NDArray[Any], now: NDArray[Any]) -> Drift:
    """PSI of a categorical feature: every code that either sample has is a bin; None and NaN are "missing".

    Formula and treatment of empty bins: `measures.psi`.
    """
    if not len(before) or not len(now):
        raise MeasureError(f"cannot compare {len(before):,} rows before with {len(now):,} now")
    old, new = _words(before), _words(now)
    codes, places = np.unique(np.concatenate([old, new]), return_inverse=True)
    counts = [np.bincount(part, minlength=len(codes)) for part in (places[: len(old)], places[len(old) :])]
    return _drift(codes.tolist(), counts[0], counts[1])


def _words(codes: NDArray[Any]) -> NDArray[np.str_]:
    return np.array(
        ["missing" if each is None or (isinstance(each, float) and np.isnan(each)) else str(each) for each in codes]
    )


def _drift(labels: list[str], before: NDArray[np.int64], now: NDArray[np.int64]) -> Drift:
    filled = (before > 0) | (now > 0)
    table = pa.table(
        {
            "bin": [label for label, kept in zip(labels, filled.tolist(), strict=True) if kept],
            "before": before[filled],
            "now": now[filled],
            "before_share": measures.share(before[filled]),
            "now_share": measures.share(now[filled]),
        }
    )
    return Drift(measures.psi(before, now), table)
