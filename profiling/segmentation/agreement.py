"""How far two divisions of the same households agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def weight_of(label: Ints, weights: Floats, n: int) -> Floats:
    """Summed weight of each of n segments, shape (n,)."""
    return np.bincount(label, weights, minlength=n).astype(np.float64)


def crossed(one: Ints, two: Ints, weights: Floats, shape: tuple[int, int] | None = None) -> Floats:
    """Households by both divisions, each numbered from 0; `shape` where the last numbers may be absent."""
    shape = shape or (int(one.max()) + 1, int(two.max()) + 1)
    return weight_of(one * shape[1] + two, weights, shape[0] * shape[1]).reshape(shape)


def adjusted_rand(table: Floats) -> float:
    """The adjusted Rand index of a crossed table of households.

    Hubert and Arabie (1985), "Comparing partitions", Journal of Classification 2: 1 when both are the same, 0 as far
    as chance goes. With whole numbers it is `sklearn.metrics.adjusted_rand_score` of the households one by one.
    """

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1.0)).sum() / 2.0)

    both, one, two = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    whole = pairs(np.array([table.sum()]))
    chance, most = one * two / whole, (one + two) / 2.0
    return 1.0 if most == chance else (both - chance) / (most - chance)


def matched(table: Floats) -> list[tuple[int, int]]:
    """Pairs of old and new segments that share most households in all: the Hungarian method.

    Parameters
    ----------
    table : households by old (rows) and new (columns) segment. Pairs that share nobody are left out.
    """
    rows, columns = linear_sum_assignment(table, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if table[row, column] > 0]
