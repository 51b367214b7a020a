"""A selection of areas: which smallest areas it holds and for which part, from codes of any level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from profiling.profiles.cube import Floats, Tree
from profiling.profiles.shown import Counts, Shown

HALF = 0.5


@dataclass(frozen=True)
class Selection:
    """Smallest areas with the part of each that counts: 1 for whole areas, less along the edge of a polygon.

    `title` names it on pages; `notes` say what was mended, missing or estimated on the way, in both languages.
    """

    title: Mapping[str, str]
    weights: NDArray[np.float64] = field(repr=False)
    notes: tuple[Mapping[str, str], ...] = ()

    @property
    def n_areas(self) -> int:
        """Smallest areas that take part."""
        return int((self.weights > 0).sum())


@dataclass(frozen=True)
class Found:
    """Counts of a selection, one value per segment of a level (or per area).

    `known` is the sum of shown cells, `cut` that of the parts of shown areas along a polygon's edge, `inferred` that of
    fitted values.
    """

    known: Floats
    inferred: Floats
    cut: Floats

    def value(self) -> Floats:
        """The count, where at least half of it rests on shown cells; nan elsewhere."""
        whole = self.known + self.cut + self.inferred
        return np.where((self.inferred <= HALF * whole) & (whole > 0), whole, np.nan)

    def estimated(self) -> Floats:
        """Which part of the count is inferred or cut, 0 to 1."""
        whole = self.known + self.cut + self.inferred
        return np.divide(self.cut + self.inferred, whole, out=np.zeros_like(whole), where=whole > 0)


def count(shown: Shown, counts: Counts, weights: NDArray[np.float64], level: int) -> Found:
    """Households of a selection per segment of a level.

    Every total of the areas that lies wholly inside is taken as it is shown, the largest first; where nothing is
    shown the fitted value of the smallest area stands in.

    Parameters
    ----------
    weights : shape (smallest areas,), from 0 to 1.
    level : of the segments.
    """
    areas, segments = shown.areas, shown.segments
    rows = np.flatnonzero(weights > 0)
    whole = weights == 1.0
    size = len(segments.codes[level])
    known = np.zeros(size)
    taken = np.zeros((1, size), dtype=bool)
    here = np.zeros(1, dtype=np.int64)
    for i in range(areas.depth + 1):
        # Only the totals above the selection are looked at, which keeps one gemeente as quick as it is small.
        nodes = _each(areas.smallest[i][rows])
        if i:
            taken = taken[np.searchsorted(here, areas.parents[i][nodes])]
        here = nodes
        values = counts.shown[i][level][nodes]
        inside = _inside(areas, i, nodes, whole)
        use = inside[:, None] & np.isfinite(values) & ~taken
        known += np.where(use, values, 0.0).sum(axis=0)
        taken = taken | use
        if taken.all():
            # All is shown higher up, as it is for a whole country: nothing is left to add.
            return Found(known, np.zeros(size), np.zeros(size))
    left = np.add.reduceat(counts.fitted[here], _bounds(segments, level), axis=1)
    shown_leaf = counts.shown[-1][level][here]
    part = np.where(taken, 0.0, 1.0) * weights[here][:, None]
    cut = np.where(np.isfinite(shown_leaf), shown_leaf * part, 0.0).sum(axis=0)
    inferred = np.where(np.isfinite(shown_leaf), 0.0, left * part).sum(axis=0)
    return Found(known, inferred, cut)


def count_each(
    shown: Shown, counts: Counts, selection: NDArray[np.float64], level: int
) -> tuple[NDArray[np.int64], Found]:
    """Households of every area of a level that the selection touches, all segments together.

    Returns
    -------
    Positions of those areas in the level, and their counts in that order.
    """
    areas = shown.areas
    rows = np.flatnonzero(selection > 0)
    nodes, which = np.unique(areas.smallest[level][rows], return_inverse=True)
    values = counts.shown[level][0][nodes, 0]
    inside = _inside(areas, level, nodes, selection == 1.0)
    known = np.where(inside & np.isfinite(values), values, 0.0)
    # What is hidden of a whole area stays hidden: its value would be inferred altogether.
    summed = np.bincount(which, counts.fitted[rows].sum(axis=1), minlength=len(nodes)).astype(np.float64)
    inferred = np.where(inside & np.isfinite(values), 0.0, summed)
    cut = np.zeros(len(nodes))
    for place in np.flatnonzero(~inside).tolist():
        weights = np.zeros_like(selection)
        members = rows[which == place]
        weights[members] = selection[members]
        found = count(shown, counts, weights, 0)
        known[place], inferred[place], cut[place] = found.known[0], found.inferred[0], found.cut[0]
    return nodes, Found(known, inferred, cut)


def weights_of(areas: Tree, places: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """The smallest areas under given areas (level, position), each for the whole."""
    weights = np.zeros(len(areas.codes[-1]))
    for level, position in places:
        weights[areas.smallest[level] == position] = 1.0
    return weights


def _inside(areas: Tree, level: int, nodes: NDArray[np.int64], whole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which totals of a level have all their smallest areas in the selection."""
    above = areas.smallest[level]
    first = np.searchsorted(above, nodes)
    last = np.searchsorted(above, nodes, side="right")
    running = np.concatenate([[0], np.cumsum(whole)])
    inside: NDArray[np.bool_] = running[last] - running[first] == last - first
    return inside


def _each(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every value once, of values that stand in order."""
    each: NDArray[np.int64] = ordered[np.diff(ordered, prepend=-1) != 0]
    return each


def _bounds(segments: Tree, level: int) -> NDArray[np.int64]:
    return np.flatnonzero(np.diff(segments.smallest[level], prepend=-1))
