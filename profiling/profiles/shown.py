"""The one table of a profile version that is shown: areas × segments, and what can be inferred from it.

Whatever is asked of a profile (any list of areas, any base, again and again) is answered from this table alone. An
answer can therefore give away no more than the table itself does, however the questions are combined; and the table is
made once per version, with `pattern.hide`.

A cell that is not shown gets a *fitted* value: spread over the hidden cells so that everything that is shown still adds
up (iterative proportional fitting; Deming and Stephan 1940). It is made of shown figures only, so it tells nothing new,
and it lets a selection have a total where a part of it is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.profiles.cube import Floats, Grid, Tree, levels_of, totals, tree_of
from profiling.profiles.disclosure import MINIMUM
from profiling.profiles.pattern import Hidden, hide

UNKNOWN = "?"
SEGMENT_LEVELS = ("total", "main", "sub")
SWEEPS = 60


@dataclass(frozen=True)
class Counts:
    """One kind of household over all cells: shown counts (nan where hidden), and fitted counts of the smallest cells.

    `fitted` has the shape (smallest areas, smallest segments) and needs no hiding: it follows from `shown`.
    """

    shown: Grid
    fitted: Floats


@dataclass(frozen=True)
class Shown:
    """All that may be known of a profile version: households and profile households per area and segment."""

    areas: Tree
    segments: Tree
    base: Counts
    profile: Counts
    minimum: int

    def __repr__(self) -> str:
        cells = sum(int(np.isfinite(each).sum()) for row in self.profile.shown for each in row)
        return f"Shown({len(self.areas.codes[-1]):,} areas, {cells:,} cells shown) · next: analyse_areas(…)"


def protect(
    cells: pd.DataFrame, levels: Sequence[str], main_of: Mapping[str, str] | None, *, minimum: int = MINIMUM
) -> Shown:
    """Decide once what is shown of a version, and fit the rest.

    Parameters
    ----------
    cells : households per smallest area and segment, from `count_cells`: the levels, segment, n_base and n_profile.
    levels : area levels from large to small.
    main_of : sub segment → main segment; None where there are no segments.
    minimum : fewest profile households in a shown cell. For the households themselves it is always `MINIMUM`, so that
        all profiles of a population show the same.

    Raises
    ------
    MeasureError
        When a cell has more profile than base households.
    """
    if (cells["n_profile"] > cells["n_base"]).any():
        raise MeasureError("there are cells with more profile than base households")
    table = nested(cells, levels)
    columns: list[str] = []
    if main_of is not None:
        columns = ["main", "sub"]
        table["sub"] = table["segment"]
        table["main"] = [main_of.get(code, UNKNOWN) for code in table["segment"]]
    areas = tree_of(table, levels)
    segments = tree_of(table, columns, names=SEGMENT_LEVELS[: len(columns) + 1])
    rows = _places(table, levels[-1] if levels else None, areas)
    parts = _places(table, "sub" if columns else None, segments)
    base, profile, others = (
        _grid(areas, segments, rows, parts, table[column] if column else None, table)
        for column in ("n_base", "n_profile", "")
    )
    closed = hide(areas, segments, [base], MINIMUM)
    hidden = hide(areas, segments, [profile, others], minimum, hidden=closed)
    households = _masked(base, closed)
    start = np.ones((len(areas.codes[-1]), len(segments.codes[-1])))
    fitted = fit(areas, segments, households, start)
    members = _masked(profile, hidden)
    return Shown(
        areas, segments, Counts(households, fitted), Counts(members, fit(areas, segments, members, fitted)), minimum
    )


def nested(cells: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    """The cells with a place of its own in the level above for households without a code, so that levels nest."""
    table, above = cells.copy(), None
    for level in levels:
        place = table[above] + "/" + UNKNOWN if above else UNKNOWN
        table[level] = table[level].where(table[level] != UNKNOWN, place)
        above = level
    return table


def fit(areas: Tree, segments: Tree, shown: Grid, start: Floats) -> Floats:
    """Values of the smallest cells that add up to everything that is shown, as near to `start` as that allows.

    Parameters
    ----------
    shown : counts, nan where hidden.
    start : shape (smallest areas, smallest segments), above zero where a household may be.

    Returns
    -------
    The same shape. Sums come near to what is shown, not exactly: `selection.count` takes shown totals as they are.
    """
    values = start.astype(np.float64)
    known = [(i, j) for i, j in levels_of(areas, segments) if np.isfinite(shown[i][j]).any()]
    bounds = [[_bounds(each) for each in tree.smallest] for tree in (areas, segments)]
    for _ in range(SWEEPS):
        for i, j in known:
            sums = np.add.reduceat(np.add.reduceat(values, bounds[0][i], axis=0), bounds[1][j], axis=1)
            ratio = np.divide(shown[i][j], sums, out=np.ones_like(sums), where=np.isfinite(shown[i][j]) & (sums > 0))
            values *= ratio[areas.smallest[i]][:, segments.smallest[j]]
    return values


def _places(table: pd.DataFrame, column: str | None, tree: Tree) -> NDArray[np.int64]:
    """Where each row belongs among the smallest parts."""
    if column is None:
        return np.zeros(len(table), dtype=np.int64)
    return np.asarray(table[column].map(tree.places[-1]), dtype=np.int64)


def _bounds(above: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each total begins among the smallest parts."""
    return np.flatnonzero(np.diff(above, prepend=-1)).astype(np.int64)


def _grid(
    areas: Tree,
    segments: Tree,
    rows: NDArray[np.int64],
    parts: NDArray[np.int64],
    counts: pd.Series | None,
    table: pd.DataFrame,
) -> Grid:
    values = table["n_base"] - table["n_profile"] if counts is None else counts
    leaves = np.zeros((len(areas.codes[-1]), len(segments.codes[-1])))
    np.add.at(leaves, (rows, parts), values.to_numpy(dtype=np.float64))
    return totals(areas, segments, leaves)


def _masked(values: Grid, hidden: Hidden) -> Grid:
    pairs = zip(values, hidden, strict=True)
    return tuple(
        tuple(np.where(mask, np.nan, each) for each, mask in zip(row, masks, strict=True)) for row, masks in pairs
    )
