"""Which cells of areas × segments are shown: one pattern per profile version, fixed for every question asked of it.

Four steps; a cell once hidden stays hidden.

1. *Small*: fewer than `minimum` households.
2. *Totals first*: the areas alone, and the segments of the whole alone, by `disclosure.suppress`; what it shows is
   what all other publications show.
3. *Lines*: under every shown total, along both hierarchies, what is left after taking off the shown parts is nothing,
   or at least two cells with `minimum` households together; otherwise the next smallest cell goes too.
4. *Together*: a random vector is projected on the null space of all totals. A small cell that cannot vary can be
   worked out from several totals at once: it gets a rectangle of hidden cells, and step 3 is done again.

The households are done first, on their own: that pattern is the same for all profiles of a population, so profiles
laid side by side tell no more of small places than one of them. Then the profile, starting from what is hidden already.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

from profiling.profiles.cube import Floats, Grid, Tree, levels_of
from profiling.profiles.disclosure import SUPPRESSED, suppress

Mask = NDArray[np.bool_]
Hidden = list[list[Mask]]
ROUNDS = 20
_FREE = 1e-5


def hide(
    areas: Tree,
    segments: Tree,
    counts: Sequence[Grid],
    minimum: int,
    *,
    hidden: Hidden | None = None,
    spare_segments: bool = True,
) -> Hidden:
    """The cells that may not be shown, from level 0 (the whole) to the smallest of both hierarchies.

    Parameters
    ----------
    counts : what must not become known where it is small; the first is what is published, and sets which cell goes
        next. A second may follow from it, such as the households that do not belong to the profile.
    hidden : cells that are hidden for another reason.

    Returns
    -------
    Masks by level of areas and of segments; true = hidden.
    """
    small = [
        [np.logical_or.reduce([each[i][j] < minimum for each in counts]) for j in range(segments.depth + 1)]
        for i in range(areas.depth + 1)
    ]
    found = [[mask.copy() for mask in row] for row in small]
    if hidden is not None:
        for i, j in levels_of(areas, segments):
            found[i][j] |= hidden[i][j]
    _margin(
        areas,
        [[each[i][0] for i in range(areas.depth + 1)] for each in counts],
        [row[0] for row in found],
        minimum,
        spare_parts=False,
    )
    _margin(
        segments,
        [[each[0][j].T for j in range(segments.depth + 1)] for each in counts],
        [mask.T for mask in found[0]],
        minimum,
        spare_parts=spare_segments,
    )
    _lines(areas, segments, counts, found, minimum)
    if areas.depth and segments.depth:
        for _ in range(ROUNDS):
            if not _open_up(areas, segments, counts[0], small, found):
                break
            _lines(areas, segments, counts, found, minimum)
    return found


def _margin(tree: Tree, counts: list[list[Floats]], hidden: list[Mask], minimum: int, *, spare_parts: bool) -> None:
    """Steps 1 to 3 along one hierarchy on its own; arrays of shape (cells, 1)."""
    if not tree.depth:
        return
    keys = [f"{level}/{code}" for level, codes in enumerate(tree.codes) for code in codes]
    parents = {
        f"{level}/{code}": f"{level - 1}/{tree.codes[level - 1][above]}"
        for level in range(1, tree.depth + 1)
        for code, above in zip(tree.codes[level], tree.parents[level], strict=True)
    }
    table = pd.DataFrame({"key": keys, "n": np.concatenate([each.ravel() for each in counts[0]])})
    before = np.concatenate([mask.ravel() for mask in hidden])
    marked = suppress(
        table, count="n", derived=[], parents={"key": parents}, minimum=minimum, spare_parts=spare_parts, hidden=before
    )
    start = 0
    for level, mask in enumerate(hidden):
        hidden[level] |= marked[SUPPRESSED].to_numpy()[start : start + mask.size].reshape(mask.shape)
        start += mask.size
    _settle(tree, counts, hidden, minimum, free=[True] * (tree.depth + 1))


def _lines(areas: Tree, segments: Tree, counts: Sequence[Grid], hidden: Hidden, minimum: int) -> None:
    """Step 3 along both hierarchies until nothing changes. The totals of step 2 stay as they are."""
    changed = bool(areas.depth and segments.depth)
    while changed:
        changed = False
        for j in range(1, segments.depth + 1):
            column = [[each[i][j] for i in range(areas.depth + 1)] for each in counts]
            masks = [row[j] for row in hidden]
            changed |= _settle(areas, column, masks, minimum, free=[False] + [True] * areas.depth)
        for i in range(1, areas.depth + 1):
            row = [[each[i][j].T for j in range(segments.depth + 1)] for each in counts]
            masks = [mask.T for mask in hidden[i]]
            changed |= _settle(segments, row, masks, minimum, free=[False] + [True] * segments.depth)


def _settle(tree: Tree, counts: list[list[Floats]], hidden: list[Mask], minimum: int, *, free: list[bool]) -> bool:
    """Step 3 along one hierarchy, for all columns at once; changes `hidden`, and tells whether it did.

    Parameters
    ----------
    counts, hidden : per level, shape (cells, columns).
    free : per level, whether its cells may be hidden.
    """
    ever = False
    # A tiny push by position breaks ties, always the same way.
    order = [each + np.arange(len(each))[:, None] * 1e-7 for each in counts[0]]
    while True:
        left = [np.where(hidden[-1], each[-1], 0.0) for each in counts]
        number = hidden[-1].astype(np.int64)
        best = np.where(~hidden[-1] & free[-1], order[-1], np.inf)
        bests, bad = [best], []
        for level in reversed(range(tree.depth)):
            left = [tree.up(level, each) for each in left]
            number = np.add.reduceat(number, tree.starts[level], axis=0)
            best = np.minimum.reduceat(best, tree.starts[level], axis=0)
            closed = hidden[level]
            little = np.logical_or.reduce([each < minimum for each in left])
            bad.append(np.where(closed, number == 0, (number > 0) & ((number < 2) | little)))
            bests.append(best)
            left = [np.where(closed, each, 0.0) for each in left]
            number = np.where(closed, number, 0)
            best = np.where(closed, best, order[level] if free[level] else np.inf)
        bests.reverse()
        bad.reverse()
        changed = _take(tree, order, hidden, bests, bad, free)
        ever |= changed
        if not changed:
            return ever


def _take(
    tree: Tree, order: list[Floats], hidden: list[Mask], bests: list[Floats], bad: list[Mask], free: list[bool]
) -> bool:
    """Hide the smallest shown cell under every total that gives too much away, or that total where there is none."""
    changed = False
    passed = np.zeros_like(bad[0])
    for level in range(tree.depth):
        asked = bad[level] | passed
        found = np.isfinite(bests[level])
        itself = bad[level] & ~found & ~hidden[level] & free[level]
        changed |= bool(itself.any())
        below = tree.parents[level + 1]
        reach = np.where(hidden[level + 1], bests[level + 1] if level + 1 < tree.depth else np.inf, order[level + 1])
        chosen = (asked & found)[below] & (reach == bests[level][below])
        if not free[level + 1]:
            chosen &= hidden[level + 1]
        passed = chosen & hidden[level + 1]
        taken = chosen & ~hidden[level + 1]
        changed |= bool(taken.any())
        hidden[level] |= itself
        hidden[level + 1] |= taken
    return changed


def _open_up(areas: Tree, segments: Tree, order: Grid, small: Hidden, hidden: Hidden) -> bool:
    """Step 4: give every small cell that all totals together determine a rectangle of hidden cells to vary in."""
    changed = False
    found = derivable(areas, segments, hidden)
    for i in range(1, areas.depth + 1):
        for j in range(1, segments.depth + 1):
            for row, column in np.argwhere(found[i][j] & small[i][j]).tolist():
                changed |= _rectangle(areas, segments, order, hidden, (i, row), (j, column))
    return changed


def _rectangle(
    areas: Tree, segments: Tree, order: Grid, hidden: Hidden, area: tuple[int, int], segment: tuple[int, int]
) -> bool:
    """Hide the cheapest rectangle around a cell: two areas × two segments, down to the smallest cells of each.

    One household more in two opposite corners and one less in the others changes nothing that is shown, so no corner
    can be worked out, whatever else is hidden or shown (the hypercube method; Giessing and Repsilber 2002).
    """
    (i, row), (j, column) = _with_siblings(areas, *area), _with_siblings(segments, *segment)
    if not (i and j):
        return False
    beside = _siblings(areas, i, row), _siblings(segments, j, column)
    # Rows and columns whose cells are hidden already cost nothing; after that the smallest go first.
    cost = np.where(hidden[i][j], 0.0, order[i][j] + 1.0)
    total = cost[np.ix_(*beside)] + cost[beside[0], column][:, None] + cost[row, beside[1]][None, :]
    at = np.unravel_index(int(np.argmin(total)), total.shape)
    other_row, other_column = int(beside[0][at[0]]), int(beside[1][at[1]])
    rows = [_down(areas, i, each, [level[j][:, column] for level in order]) for each in (row, other_row)]
    columns = [_down(segments, j, each, [values[row] for values in order[i]]) for each in (column, other_column)]
    changed = False
    for a in range(i, areas.depth + 1):
        for b in range(j, segments.depth + 1):
            corner = np.ix_([each[a - i] for each in rows], [each[b - j] for each in columns])
            changed |= not hidden[a][b][corner].all()
            hidden[a][b][corner] = True
    return changed


def _with_siblings(tree: Tree, level: int, node: int) -> tuple[int, int]:
    """The node, or the nearest total above it that has siblings; level 0 when there is none."""
    while level and len(_siblings(tree, level, node)) == 0:
        level, node = level - 1, int(tree.parents[level][node])
    return level, node


def _siblings(tree: Tree, level: int, node: int) -> NDArray[np.int64]:
    parts = np.flatnonzero(tree.parents[level] == tree.parents[level][node])
    beside: NDArray[np.int64] = parts[parts != node]
    return beside


def _down(tree: Tree, level: int, node: int, order: list[Floats]) -> list[int]:
    """A chain from a total to a smallest part, by way of the part with fewest households."""
    chain = [node]
    for below in range(level + 1, tree.depth + 1):
        parts = np.flatnonzero(tree.parents[below] == chain[-1])
        chain.append(int(parts[np.argmin(order[below][parts])]))
    return chain


def derivable(areas: Tree, segments: Tree, hidden: Hidden, *, seed: int = 0) -> Hidden:
    """Hidden cells that have one value only, given all that is shown and that parts add up to their totals.

    A random vector is projected on the null space of these equations (LSMR; Fong and Saunders 2011): what cannot vary
    comes out as zero.
    """
    numbers, size = _numbered(areas, segments, hidden)
    rows, columns, signs, equations = _equations(areas, segments, hidden, numbers)
    vector = np.random.default_rng(seed).normal(size=max(size, 1))
    if size and equations:
        system = csr_array((signs, (rows, columns)), shape=(equations, size))
        found = lsmr(system, np.asarray(system @ vector), atol=1e-10, btol=1e-10, conlim=0, maxiter=2000)
        vector = vector - found[0]
    return [
        [
            hidden[i][j] & (np.abs(np.where(numbers[i][j] < 0, 1.0, vector[numbers[i][j]])) < _FREE)
            for j in range(segments.depth + 1)
        ]
        for i in range(areas.depth + 1)
    ]


def _numbered(areas: Tree, segments: Tree, hidden: Hidden) -> tuple[list[list[NDArray[np.int64]]], int]:
    """A number for every hidden cell; -1 for the others."""
    numbers: list[list[NDArray[np.int64]]] = [[] for _ in hidden]
    size = 0
    for i, j in levels_of(areas, segments):
        mask = hidden[i][j]
        count = int(mask.sum())
        place = np.full(mask.shape, -1, dtype=np.int64)
        place[mask] = np.arange(size, size + count)
        numbers[i].append(place)
        size += count
    return numbers, size


def _equations(
    areas: Tree, segments: Tree, hidden: Hidden, numbers: list[list[NDArray[np.int64]]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, int]:
    """Every line as an equation in its hidden cells: the parts, minus the total where that is hidden too."""
    rows, columns, signs = [], [], []
    start = 0
    for i, j in levels_of(areas, segments):
        for tree, level, low, flip in (
            (areas, i, numbers[i + 1][j] if i < areas.depth else None, False),
            (segments, j, numbers[i][j + 1] if j < segments.depth else None, True),
        ):
            if low is None:
                continue
            parts, top = (low.T, numbers[i][j].T) if flip else (low, numbers[i][j])
            line = np.arange(start, start + top.size).reshape(top.shape)
            start += top.size
            lines = line[tree.parents[level + 1]]
            rows += [lines[parts >= 0], line[top >= 0]]
            columns += [parts[parts >= 0], top[top >= 0]]
            signs += [np.ones(int((parts >= 0).sum())), -np.ones(int((top >= 0).sum()))]
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(signs), start
