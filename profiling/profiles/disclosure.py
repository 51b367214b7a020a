"""The one exit for small cells: what is below the minimum is not shown, and cannot be worked out from totals.

The rule, for a table that holds every published total as a row of its own:

1. a cell with fewer than `minimum` households is hidden (0 included), with every figure derived from it;
2. within each shown total, what remains after taking off its shown parts must be at least two cells that together
   have at least `minimum` households; otherwise the next smallest part is hidden too, and the total itself when
   no part is left;
3. with two hierarchies (area × segment) a small cell must not follow from several totals together either.

Rules 1 and 2 are complete for one hierarchy: nested totals tell no more than these remainders. Counts are not
rounded and no bounds are guarded: a reader may still conclude that a hidden cell is not larger than a remainder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

from profiling.errors import MeasureError, did_you_mean

MINIMUM = 10
SUPPRESSED = "suppressed"
_FREE = 1e-6


@dataclass(frozen=True)
class _Tree:
    """The totals along one hierarchy: row of a total → rows of its parts, the deepest totals first."""

    parts: Mapping[int, Sequence[int]]

    def remainder(self, total: int, hidden: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
        """Hidden cells that remain under a total after taking off what is shown, and the shown cells taken off."""
        remaining: list[int] = []
        shown: list[int] = []
        waiting = list(self.parts.get(total, ()))
        while waiting:
            cell = waiting.pop()
            if not hidden[cell]:
                shown.append(cell)
            elif cell in self.parts:
                waiting.extend(self.parts[cell])
            else:
                remaining.append(cell)
        return remaining, shown


def suppress(
    table: pd.DataFrame,
    *,
    count: str,
    derived: Sequence[str],
    parents: Mapping[str, Mapping[str, str]],
    base: str | None = None,
    minimum: int = MINIMUM,
    spare_parts: bool = False,
    hidden: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Hide small cells, and as many others as are needed to keep them hidden.

    Parameters
    ----------
    table : one row per cell, and one per published total, keyed by the columns of `parents`.
    count : column with profile households, counted and not weighted.
    derived : columns from which the count could be worked out (penetration, share, index, interval, …).
    parents : key column → (code → code of its parent); one or two hierarchies. `parents_of` makes them.
    base : column with all households of the cell; where given, a cell with a small base is hidden too, and a
        hidden cell shows neither.
    minimum : fewest households that may be shown.
    spare_parts : where the next cell to hide is a part that makes up most of its total, hide that total instead (and
        what must be hidden with it). For segments, where the large sub segment is what a reader looks for; in areas
        the total is.
    hidden : rows that are hidden for another reason already; shape (n_rows,).

    Returns
    -------
    pandas.DataFrame
        The same rows in the same order; in hidden cells `count`, `base` and `derived` are missing, and a column
        `suppressed` is true. It does not tell which cells are small and which were hidden with them.

    Raises
    ------
    MeasureError
        When a column is absent, a count is missing or negative, a cell stands twice, a hierarchy goes round in a
        circle, or parts add up to more than their total.
    """
    counted = [count] if base is None else [count, base]
    _check(table, [*counted, *derived, *parents], counted, list(parents))
    counts = [table[column].to_numpy(dtype=np.float64) for column in counted]
    trees = [_tree(table, key, [other for other in parents if other != key], parents[key]) for key in parents]
    for tree in trees:
        for column, values in zip(counted, counts, strict=True):
            _check_sums(table, list(parents), tree, column, values)
    small: NDArray[np.bool_] = np.logical_or.reduce([values < minimum for values in counts])
    closed = small.copy() if hidden is None else small | hidden
    changed = True
    while changed:
        before = int(closed.sum())
        for tree in trees:
            _settle(tree, counts, closed, minimum, spare_parts=spare_parts)
        changed = int(closed.sum()) > before
        if not changed and len(trees) > 1:
            changed = _hide_beside_derivable(trees, counts[0], small, closed)
    return _masked(table, closed, [*counted, *derived])


def parents_of(table: pd.DataFrame, *columns: str, top: str = "") -> dict[str, str]:
    """Code → code of its parent, from columns that hold the codes of each level, from large to small.

    Parameters
    ----------
    top : code of the total above the first column; no such total when empty.

    Raises
    ------
    MeasureError
        When a code lies under two parents.
    """
    found: dict[str, str] = {}
    for parent, child in zip(("", *columns), columns, strict=False):
        pairs = table[[child]].assign(above=table[parent] if parent else top).drop_duplicates().dropna()
        for code, above in pairs.itertuples(index=False):
            if found.setdefault(str(code), str(above)) != str(above):
                raise MeasureError(f"'{code}' lies under '{found[str(code)]}' and under '{above}'", where=child)
    return {code: above for code, above in found.items() if above and above != code}


def _settle(
    tree: _Tree, counts: Sequence[NDArray[np.float64]], hidden: NDArray[np.bool_], minimum: int, *, spare_parts: bool
) -> None:
    """Apply rule 2 along one hierarchy."""
    order = counts[0]
    below = {part for parts in tree.parts.values() for part in parts}
    for total, parts in tree.parts.items():
        if hidden[total]:
            _hide(tree, total, order, hidden)
            continue
        if not any(hidden[part] for part in parts):
            continue
        while True:
            remaining, shown = tree.remainder(total, hidden)
            enough = len(remaining) > 1 and all(values[remaining].sum() >= minimum for values in counts)
            if enough or not remaining:
                break
            if not shown:
                _hide(tree, total, order, hidden)
                break
            smallest = _smallest(shown, order)
            if spare_parts and total in below and 2 * order[smallest] > order[total]:
                _hide(tree, total, order, hidden)
                break
            _hide(tree, smallest, order, hidden)


def _hide(tree: _Tree, cell: int, order: NDArray[np.float64], hidden: NDArray[np.bool_]) -> None:
    """Hide a cell, and below it as much as is needed that it is not the sum of what is shown."""
    hidden[cell] = True
    remaining, shown = tree.remainder(cell, hidden)
    while shown and not remaining:
        hidden[_smallest(shown, order)] = True
        remaining, shown = tree.remainder(cell, hidden)


def _smallest(cells: Iterable[int], order: NDArray[np.float64]) -> int:
    return min(cells, key=lambda cell: (order[cell], cell))


def _hide_beside_derivable(
    trees: Sequence[_Tree], order: NDArray[np.float64], small: NDArray[np.bool_], hidden: NDArray[np.bool_]
) -> bool:
    """Apply rule 3: find small cells that all totals together determine, and hide a neighbour of each."""
    found = [cell for cell in _derivable(trees, hidden) if small[cell]]
    changed = False
    for cell in found:
        beside = [
            each
            for tree in trees
            for total, parts in tree.parts.items()
            if cell in parts
            for each in (*parts, total)
            if not hidden[each]
        ]
        if beside:
            hidden[_smallest(beside, order)] = True
            changed = True
    return changed


def _derivable(trees: Sequence[_Tree], hidden: NDArray[np.bool_]) -> list[int]:
    """Hidden cells that have one value only in all solutions of "every total is the sum of its parts".

    A random vector is projected on the null space of these equations: what cannot vary comes out as zero.
    """
    unknown = np.flatnonzero(hidden)
    place = {int(cell): position for position, cell in enumerate(unknown)}
    rows, columns, signs = [], [], []
    equations = 0
    for tree in trees:
        for total, parts in tree.parts.items():
            involved = [(place[cell], 1.0) for cell in parts if hidden[cell]]
            involved += [(place[total], -1.0)] if hidden[total] else []
            rows += [equations] * len(involved)
            columns += [column for column, _ in involved]
            signs += [sign for _, sign in involved]
            equations += bool(involved)
    if not equations:
        return []
    system = csr_array((signs, (rows, columns)), shape=(equations, len(unknown)))
    vector = np.random.default_rng(0).normal(size=len(unknown))
    seen = np.asarray(system @ vector, dtype=np.float64)
    shadow = lsmr(system, seen, atol=1e-12, btol=1e-12, conlim=0, maxiter=20 * len(unknown) + 100)[0]
    return [int(cell) for cell in unknown[np.abs(vector - shadow) < _FREE]]


def _tree(table: pd.DataFrame, key: str, others: Sequence[str], parent: Mapping[str, str]) -> _Tree:
    codes = table[key].astype(str).tolist()
    known = set(codes)
    above, depth = {}, {}
    for code in known:
        line = _ancestors(code, parent)
        above[code] = next((each for each in line if each in known), None)
        depth[code] = len(line)
    slices = list(zip(*(table[other].astype(str).tolist() for other in others), strict=True)) or [()] * len(codes)
    place = {(*rest, code): row for row, (rest, code) in enumerate(zip(slices, codes, strict=True))}
    parts: dict[int, list[int]] = {}
    for row, (rest, code) in enumerate(zip(slices, codes, strict=True)):
        up: str | None = above[code]
        while up is not None and (*rest, up) not in place:
            up = above[up]
        if up is not None:
            parts.setdefault(place[(*rest, up)], []).append(row)
    return _Tree({row: parts[row] for row in sorted(parts, key=lambda row: -depth[codes[row]])})


def _ancestors(code: str, parent: Mapping[str, str]) -> list[str]:
    line: list[str] = []
    while (code := parent.get(code, "")) != "":
        if code in line:
            raise MeasureError(f"the hierarchy goes round in a circle at '{code}'")
        line.append(code)
    return line


def _check(table: pd.DataFrame, wanted: Sequence[str], counted: Sequence[str], keys: Sequence[str]) -> None:
    columns = [str(column) for column in table.columns]
    faults = [f"column '{each}' is missing{did_you_mean(each, columns)}" for each in wanted if each not in columns]
    if not faults:
        wrong = {each: int((table[each].isna() | (table[each] < 0)).sum()) for each in counted}
        faults += [f"'{each}': {number} counts are missing or negative" for each, number in wrong.items() if number]
        double = int(table.duplicated(list(keys)).sum()) if keys else 0
        faults += [f"{double} cells stand twice under {', '.join(keys)}"] if double else []
    if faults:
        raise MeasureError("small cells cannot be hidden in this table", faults=faults)


def _check_sums(
    table: pd.DataFrame, keys: Sequence[str], tree: _Tree, column: str, values: NDArray[np.float64]
) -> None:
    for total, parts in tree.parts.items():
        together = values[list(parts)].sum()
        if together > values[total] * (1 + 1e-9):
            name = " × ".join(str(each) for each in table[list(keys)].iloc[total])
            raise MeasureError(f"the parts of '{name}' have {together:,.0f} {column}, the total {values[total]:,.0f}")


def _masked(table: pd.DataFrame, hidden: NDArray[np.bool_], columns: Sequence[str]) -> pd.DataFrame:
    shown = table.copy()
    for column in columns:
        values = shown[column]
        whole = pd.api.types.is_integer_dtype(values) and not pd.api.types.is_extension_array_dtype(values.dtype)
        shown[column] = (values.astype("Int64") if whole else values).mask(hidden)
    return shown.assign(**{SUPPRESSED: hidden})
