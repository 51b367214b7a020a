"""Counts along two hierarchies at once: areas × segments, every total and sub total of both.

Level 0 of a tree is the whole. The parts of one total stand next to each other, so that sums are one `reduceat`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.errors import MeasureError

WHOLE = "*"

Floats = NDArray[np.float64]
Grid = tuple[tuple[Floats, ...], ...]
"""values[i][j] has shape (areas of level i, segments of level j)."""


@dataclass(frozen=True)
class Tree:
    """One hierarchy: the codes of every level in order, and for each code the position of its parent one level up."""

    levels: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    parents: tuple[NDArray[np.int64], ...]

    @property
    def depth(self) -> int:
        """Levels below the whole."""
        return len(self.levels) - 1

    @cached_property
    def starts(self) -> tuple[NDArray[np.int64], ...]:
        """For each level but the last: where the parts of each total begin on the level below."""
        pairs = zip(self.codes, self.parents[1:], strict=False)
        return tuple(np.searchsorted(below, np.arange(len(codes))) for codes, below in pairs)

    @cached_property
    def places(self) -> tuple[dict[str, int], ...]:
        """Code → position, per level."""
        return tuple({code: place for place, code in enumerate(codes)} for codes in self.codes)

    @cached_property
    def smallest(self) -> tuple[NDArray[np.int64], ...]:
        """Per level: the position of the total of that level above each smallest part."""
        above = [np.arange(len(self.codes[-1]))]
        for parents in reversed(self.parents[1:]):
            above.append(parents[above[-1]])
        return tuple(reversed(above))

    def up(self, level: int, values: Floats) -> Floats:
        """Sums per total of `level`, from values of the level below along axis 0."""
        summed: Floats = np.add.reduceat(values, self.starts[level], axis=0)
        return summed


def tree_of(table: pd.DataFrame, columns: Sequence[str], *, names: Sequence[str] | None = None) -> Tree:
    """The hierarchy in columns that hold the codes of each level, from large to small.

    Parameters
    ----------
    columns : none gives the whole alone.
    names : what the levels are called; as the columns when left out.

    Raises
    ------
    MeasureError
        When a code lies under two parents.
    """
    codes: list[tuple[str, ...]] = [(WHOLE,)]
    parents: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    paths = table[list(columns)].astype(str).drop_duplicates().sort_values(list(columns)) if columns else None
    for depth, column in enumerate(columns, start=1):
        assert paths is not None
        rows = paths.drop_duplicates(list(columns[:depth]))
        double = sorted(rows.loc[rows[column].duplicated(), column])
        if double:
            raise MeasureError(f"{len(double)} codes lie under two totals: {', '.join(double[:3])}", where=column)
        places = {code: place for place, code in enumerate(codes[-1])}
        above = rows[columns[depth - 2]].map(places) if depth > 1 else np.zeros(len(rows))
        codes.append(tuple(rows[column]))
        parents.append(np.asarray(above, dtype=np.int64))
    return Tree(
        ("land" if names is None else names[0], *(columns if names is None else names[1:])),
        tuple(codes),
        tuple(parents),
    )


def totals(areas: Tree, segments: Tree, leaves: Floats) -> Grid:
    """Every total of both hierarchies, from the smallest cells: shape (smallest areas, smallest segments)."""
    rows = [leaves]
    for level in reversed(range(areas.depth)):
        rows.append(areas.up(level, rows[-1]))
    grid = []
    for row in reversed(rows):
        across = [row]
        for level in reversed(range(segments.depth)):
            across.append(segments.up(level, across[-1].T).T)
        grid.append(tuple(reversed(across)))
    return tuple(grid)


def levels_of(areas: Tree, segments: Tree) -> Iterator[tuple[int, int]]:
    """All pairs of levels, from the whole to the smallest cells."""
    for i in range(areas.depth + 1):
        for j in range(segments.depth + 1):
            yield i, j
