"""The two loops that all time goes into, compiled by numba: values to codes, and rows down the trees.

They hold no lock of Python, so that two threads score side by side. What was compiled is kept on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from profiling.models.forest.codes import APART, GRID, LOOKUP, MISSING, SHORT, ZERO_WIDTH
from profiling.models.forest.lanes import first_leaf, mark_equal, no_rows, put_leaves, put_rows, split_rows, turn_rows
from profiling.models.forest.program import ROWS, VECTORS

U = np.uint64
BLOCKS = 16  # blocks of 256 rows that are coded before they are walked: their codes stay near the processor
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
TOGETHER = 4  # trees whose leaves are added up in one go
LOW_HALF = np.uint32(0xFFFF)
HALF = np.uint32(16)


@njit(nogil=True, cache=True, error_model="numpy")
def _search(values: Any, thresholds: Any, codes: Any, column: int, width: int) -> None:
    """How many of 255 thresholds lie below each value: eight comparisons, without a branch."""
    t1, t2, t4, t8 = thresholds, thresholds[1:], thresholds[3:], thresholds[7:]
    t16, t32, t64, t128 = thresholds[15:], thresholds[31:], thresholds[63:], thresholds[127:]
    n, start, to = U(len(values)), U(0), U(column)
    while start < n:
        for i in range(min(n - start, U(ROWS))):
            value = values[start + i]
            k = U(t128[0] < value) << U(7)
            k |= U(t64[k] < value) << U(6)
            k |= U(t32[k] < value) << U(5)
            k |= U(t16[k] < value) << U(4)
            k |= U(t8[k] < value) << U(3)
            k |= U(t4[k] < value) << U(2)
            k |= U(t2[k] < value) << U(1)
            k |= U(t1[k] < value)
            codes[to + i] = np.uint8(k) if value == value else np.uint8(MISSING)  # noqa: PLR0124
        start, to = start + U(ROWS), to + U(width)


@njit(nogil=True, cache=True, error_model="numpy")
def _search_near(
    values: Any, thresholds: Any, first: Any, low: float, scale: float, codes: Any, column: int, width: int
) -> None:
    """The same where a grid leaves three thresholds to compare with."""
    t1, t2, top = thresholds, thresholds[1:], np.float64(GRID)
    n, start, to = U(len(values)), U(0), U(column)
    while start < n:
        for i in range(min(n - start, U(ROWS))):
            value = values[start + i]
            cell = (value - low) * scale
            cell = cell if cell > 0.0 else 0.0
            cell = cell if cell < top else top
            k = U(first[U(np.int64(cell))])
            k += U(t2[k] < value) << U(1)
            k += U(t1[k] < value)
            codes[to + i] = np.uint8(k) if value == value else np.uint8(MISSING)  # noqa: PLR0124
        start, to = start + U(ROWS), to + U(width)


@njit(nogil=True, cache=True, error_model="numpy")
def _look_up(values: Any, lookup: Any, codes: Any, column: int, width: int) -> None:
    """The code of each category; LightGBM cuts off what stands behind the point."""
    size = np.float64(len(lookup) - 1)  # the last one is for those outside
    n, start, to = U(len(values)), U(0), U(column)
    while start < n:
        for i in range(min(n - start, U(ROWS))):
            value = values[start + i]
            place = value if (value > -1.0) & (value < size) else size
            codes[to + i] = lookup[U(np.int64(place))]
        start, to = start + U(ROWS), to + U(width)


@njit(nogil=True, cache=True, error_model="numpy")
def encode(X: Any, start: int, stop: int, table: Any, codes: Any) -> None:
    """Codes of rows start … stop of X, shape (n_features, n_rows); written to codes, shape (blocks, columns * 256)."""
    flat, width = codes.reshape(-1), codes.shape[1]
    for c in range(len(table.feature)):
        values, at = X[table.feature[c], start:stop], c * ROWS
        if table.how[c] == SHORT:
            low, scale = table.low[c], table.scale[c]
            _search_near(values, table.thresholds[c], table.first[c], low, scale, flat, at, width)
        elif table.how[c] == LOOKUP:
            _look_up(values, table.lookup[table.lookup_start[c] : table.lookup_start[c + 1]], flat, at, width)
        else:
            _search(values, table.thresholds[c], flat, at, width)
        if table.zero_apart[c]:
            for i in range(len(values)):
                if abs(values[i]) <= ZERO_WIDTH:
                    flat[i // ROWS * width + at + i % ROWS] = np.uint8(APART)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_four(total: Any, leaf_value: Any, values: Any, leaf: Any) -> None:
    """Add the leaves of four trees to each row's total, one after the other."""
    first, second, third, fourth = U(values[0]), U(values[1]), U(values[2]), U(values[3])
    for i in range(U(ROWS)):
        so_far = total[i] + leaf_value[first + U(leaf[i])]
        so_far += leaf_value[second + U(leaf[i + U(ROWS)])]
        so_far += leaf_value[third + U(leaf[i + U(2 * ROWS)])]
        total[i] = so_far + leaf_value[fourth + U(leaf[i + U(3 * ROWS)])]


@njit(nogil=True, cache=True, error_model="numpy")
def walk(codes: Any, n_blocks: int, program: Any, out: Any, row: int) -> None:
    """Raw scores of coded rows, written from `row` on in `out`, shape (n_bags, n_rows).

    A bag's trees are added up one by one in their order, as LightGBM does: sums of floats depend on it.
    """
    splits, tree_start, bag_start = program.splits, program.tree_start, program.bag_start
    leaf_start, leaf_value = program.leaf_start, program.leaf_value
    mark_code, flip_start, flip_parts = program.mark_code, program.flip_start, program.flip_parts
    width, flat = U(codes.shape[1]), codes.reshape(-1)
    n_marks, n_flips = U(len(mark_code)), U(len(flip_start) - 1)
    flips = np.empty((n_marks + n_flips) * U(VECTORS), dtype=np.uint64)
    masks = np.empty(256 * VECTORS, dtype=np.uint64)
    leaf, total = np.empty(TOGETHER * ROWS, dtype=np.uint8), np.empty(ROWS)
    values = np.empty(TOGETHER, dtype=np.int64)
    for block in range(n_blocks):
        codes_here = U(block) * width
        for m in range(n_marks):
            mark_equal(flat, codes_here + U(program.mark_column[m]) * U(ROWS), mark_code[m], flips, m * U(VECTORS))
        for f in range(n_flips):
            rows = no_rows()
            for p in range(U(flip_start[f]), U(flip_start[f + U(1)])):
                rows = turn_rows(rows, flips, U(flip_parts[p]))
            put_rows(rows, flips, (n_marks + f) * U(VECTORS))
        for bag in range(len(bag_start) - 1):
            total[:], arrived = 0.0, 0
            for tree in range(bag_start[bag], bag_start[bag + 1]):
                for i in range(VECTORS):
                    masks[i] = ALL
                leaves, word = first_leaf(), U(tree_start[tree] * 4)
                for here in range(U(tree_start[tree + 1] - tree_start[tree])):
                    what, where = splits[word], splits[word + U(3)]
                    leaves = split_rows(
                        leaves,
                        flat,
                        codes_here + U(what & LOW_HALF) * U(ROWS),
                        splits[word + U(1)],
                        flips,
                        U(what >> HALF) * U(VECTORS),
                        masks,
                        U(here) * U(VECTORS),
                        U(where & LOW_HALF) * U(VECTORS),
                        U(where >> HALF) * U(VECTORS),
                        splits[word + U(2)],
                    )
                    word += U(4)
                values[U(arrived)] = leaf_start[tree]
                put_leaves(leaves, leaf, U(arrived * ROWS))
                arrived += 1
                if arrived == TOGETHER:
                    _add_four(total, leaf_value, values, leaf)
                    arrived = 0
            for a in range(arrived):
                for i in range(ROWS):
                    total[U(i)] += leaf_value[U(values[U(a)]) + U(leaf[U(a * ROWS + i)])]
            to = row + block * ROWS
            n = min(ROWS, out.shape[1] - to)
            out[bag, to : to + n] = total[:n]
