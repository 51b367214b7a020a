"""The code table: every value becomes one byte that answers all splits on its feature, in all trees of all bags.

A numeric value's code is the number of thresholds below it: `value <= threshold[t]` and `code < t + 1` are the same
question. Missing has a code of its own, and so has zero where a split takes zero as missing; a category has its
place among the categories that some split names, or the code of all others. A feature with more thresholds or
categories than a byte can hold gets more columns of codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from profiling.models.forest.trees import ZERO, NotWalkableError, Tree

MISSING = 255
APART = 254  # zero where it counts as missing; in categories: none that a split names
PER_COLUMN = 253
ZERO_WIDTH = float(np.float32(1e-35))  # LightGBM takes everything this near to zero as zero
MAX_CATEGORY = 1 << 20
GRID = 1024
PADDED = 272  # thresholds of a column, filled up with infinity: a search may look 15 places ahead
FULL, SHORT, LOOKUP = 0, 1, 2


@dataclass(frozen=True)
class CodeColumn:
    """One column of codes: `values` are the thresholds or categories that it tells apart, ascending."""

    feature: int
    categorical: bool
    zero_apart: bool
    values: NDArray[np.float64]


class Search(NamedTuple):
    """All c columns as arrays, which a kernel takes as they are.

    A search starts from a grid over the thresholds: `first` holds how many thresholds lie in cells before a value's,
    so that two comparisons are left where no cell holds over three (`how` is SHORT). Subtracting and multiplying
    keep the order of numbers, so that value and threshold in different cells compare as their cells do.

    Parameters
    ----------
    feature, how : int64 array of shape (c,); zero_apart : bool array of shape (c,)
    thresholds : float64 array of shape (c, 272), ascending, infinity where there are no more.
    low, scale : float64 array of shape (c,), the grid; first : uint8 array of shape (c, 1025).
    lookup, lookup_start : codes of categories 0, 1, …, and last of all others; column by column.
    """

    feature: NDArray[np.int64]
    how: NDArray[np.int64]
    zero_apart: NDArray[np.bool_]
    thresholds: NDArray[np.float64]
    low: NDArray[np.float64]
    scale: NDArray[np.float64]
    first: NDArray[np.uint8]
    lookup: NDArray[np.uint8]
    lookup_start: NDArray[np.int64]


@dataclass(frozen=True)
class CodeTable:
    """All columns, as they are read and as they are searched."""

    columns: tuple[CodeColumn, ...]
    search: Search

    def place(self, feature: int, value: float, *, categorical: bool) -> tuple[int, int]:
        """Column and place in it of a threshold or category that is in the table."""
        return self._places[feature, categorical, value]

    @cached_property
    def _places(self) -> dict[tuple[int, bool, float], tuple[int, int]]:
        return {
            (column.feature, column.categorical, value): (number, place)
            for number, column in enumerate(self.columns)
            for place, value in enumerate(column.values.tolist())
        }


def build_codes(trees: Sequence[Tree]) -> CodeTable:
    """The table of all thresholds and categories that these trees name.

    Raises
    ------
    NotWalkableError
        For categories too large to look up.
    """
    columns = tuple(_columns(trees))
    return CodeTable(columns, _search(columns))


def _columns(trees: Sequence[Tree]) -> list[CodeColumn]:
    numeric: dict[int, list[NDArray[np.float64]]] = {}
    named: dict[int, list[NDArray[np.int64]]] = {}
    zero_apart = set()
    for tree in trees:
        for feature in np.unique(tree.feature[~tree.categorical]).tolist():
            mine = (tree.feature == feature) & ~tree.categorical
            numeric.setdefault(feature, []).append(tree.threshold[mine])
            if (tree.missing[mine] == ZERO).any():
                zero_apart.add(feature)
        for split, categories in tree.categories.items():
            named.setdefault(int(tree.feature[split]), []).append(categories)
    columns = []
    for feature, thresholds in sorted(numeric.items()):
        values = np.unique(np.concatenate(thresholds))
        columns += [CodeColumn(feature, False, feature in zero_apart, part) for part in _parts(values)]
    for feature, lists in sorted(named.items()):
        values = np.unique(np.concatenate(lists)).astype(np.float64)
        if len(values) and values[-1] > MAX_CATEGORY:
            raise NotWalkableError(f"feature {feature} has category {values[-1]:.0f}, above {MAX_CATEGORY}")
        columns += [CodeColumn(feature, True, False, part) for part in _parts(values)]
    return columns


def _parts(values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    return [values[start : start + PER_COLUMN] for start in range(0, max(len(values), 1), PER_COLUMN)]


def _search(columns: Sequence[CodeColumn]) -> Search:
    n = len(columns)
    how, first = np.full(n, FULL, dtype=np.int64), np.zeros((n, GRID + 1), dtype=np.uint8)
    low, scale, thresholds = np.zeros(n), np.zeros(n), np.full((n, PADDED), np.inf)
    lookups, lookup_start = [], np.zeros(n + 1, dtype=np.int64)
    for number, column in enumerate(columns):
        lookup_start[number + 1] = lookup_start[number]
        if column.categorical:
            how[number] = LOOKUP
            lookup = np.full(int(column.values.max(initial=-1.0)) + 2, APART, dtype=np.uint8)
            lookup[column.values.astype(np.int64)] = np.arange(len(column.values))
            lookup_start[number + 1] += len(lookup)
            lookups.append(lookup)
            continue
        limits = _around_zero(column.values)
        thresholds[number, : len(limits)] = limits
        low[number], scale[number], cells = _grid(limits)
        counts = np.bincount(cells, minlength=GRID + 1)
        if counts.max() <= 3:
            how[number] = SHORT
            first[number, 1:] = np.cumsum(counts)[:-1]
    return Search(
        feature=np.array([column.feature for column in columns], dtype=np.int64),
        how=how,
        zero_apart=np.array([column.zero_apart for column in columns], dtype=np.bool_),
        thresholds=thresholds,
        low=low,
        scale=scale,
        first=first,
        lookup=np.concatenate([*lookups, np.zeros(1, dtype=np.uint8)]),
        lookup_start=lookup_start,
    )


def _around_zero(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The thresholds moved so that all that LightGBM takes as zero falls on the side of zero."""
    moved = np.where((values >= -ZERO_WIDTH) & (values < 0.0), np.nextafter(-ZERO_WIDTH, -1.0), values)
    return np.where((moved >= 0.0) & (moved < ZERO_WIDTH), ZERO_WIDTH, moved)


def _grid(values: NDArray[np.float64]) -> tuple[float, float, NDArray[np.int64]]:
    """Where the grid begins, cells per unit, and the cell of each threshold, computed as the kernel computes it."""
    # LightGBM writes the largest number there is as the threshold between missing and all the rest.
    usual = values[np.abs(values) < 1e300]
    width = float(usual[-1] - usual[0]) if len(usual) else 0.0
    if not 1e-280 < width < 1e280:
        return 0.0, 0.0, np.zeros(len(values), dtype=np.int64)
    low, scale = float(usual[0]), GRID / width
    with np.errstate(over="ignore"):
        return low, scale, np.clip((values - low) * scale, 0.0, float(GRID)).astype(np.int64)
