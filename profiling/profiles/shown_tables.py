"""The shown table of a version as two plain tables, so that a bundle carries it and opening it takes no time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.profiles.cube import Floats, Grid, Tree, levels_of, tree_of
from profiling.profiles.shown import SEGMENT_LEVELS, UNKNOWN, Counts, Shown

_PREFIX = ("base_", "profile_")


def to_tables(shown: Shown) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is shown, and what is fitted.

    Returns
    -------
    shown : a row per shown cell: area_level, area, segment_level, segment, n_base, n_profile (missing where hidden).
    fitted : a row per smallest area: its levels, and the columns base_<segment> and profile_<segment>.
    """
    parts = []
    for i, j in levels_of(shown.areas, shown.segments):
        rows, columns = np.nonzero(np.isfinite(shown.base.shown[i][j]))
        parts.append(
            pd.DataFrame(
                {
                    "area_level": shown.areas.levels[i],
                    "area": np.array(shown.areas.codes[i], dtype=object)[rows],
                    "segment_level": shown.segments.levels[j],
                    "segment": np.array(shown.segments.codes[j], dtype=object)[columns],
                    "n_base": shown.base.shown[i][j][rows, columns].astype("int64"),
                    "n_profile": pd.array(shown.profile.shown[i][j][rows, columns], dtype="Float64").astype("Int64"),
                }
            )
        )
    levels = {
        level: np.array(shown.areas.codes[i], dtype=object)[shown.areas.smallest[i]]
        for i, level in enumerate(shown.areas.levels)
        if i
    }
    values = {
        f"{prefix}{code}": counts.fitted[:, place].astype(np.float32)
        for prefix, counts in zip(_PREFIX, (shown.base, shown.profile), strict=True)
        for place, code in enumerate(shown.segments.codes[-1])
    }
    return pd.concat(parts, ignore_index=True), pd.DataFrame({**levels, **values})


def from_tables(
    table: pd.DataFrame,
    fitted: pd.DataFrame,
    levels: Sequence[str],
    main_of: Mapping[str, str] | None,
    minimum: int,
) -> Shown:
    """The shown table again, from what `to_tables` made of it."""
    areas = tree_of(fitted, levels)
    subs = [name.removeprefix(_PREFIX[0]) for name in fitted.columns if name.startswith(_PREFIX[0])]
    if main_of is None:
        segments = tree_of(pd.DataFrame(), [], names=SEGMENT_LEVELS[:1])
    else:
        paths = pd.DataFrame({"main": [main_of.get(code, UNKNOWN) for code in subs], "sub": subs})
        segments = tree_of(paths, ["main", "sub"], names=SEGMENT_LEVELS)
    rows = fitted[levels[-1]].map(areas.places[-1]).to_numpy() if levels else np.zeros(1, dtype=np.int64)
    counts = []
    for prefix, grid in zip(_PREFIX, _grids(areas, segments, table, ("n_base", "n_profile")), strict=True):
        values = np.empty((len(areas.codes[-1]), len(segments.codes[-1])))
        for place, code in enumerate(segments.codes[-1]):
            values[rows, place] = fitted[f"{prefix}{code}"].to_numpy()
        counts.append(Counts(grid, values))
    return Shown(areas, segments, counts[0], counts[1], minimum)


def _grids(areas: Tree, segments: Tree, table: pd.DataFrame, columns: Sequence[str]) -> list[Grid]:
    """The shown counts of each column, by level."""
    grouped = dict(tuple(table.groupby(["area_level", "segment_level"], sort=False)))
    found: list[list[tuple[Floats, ...]]] = [[] for _ in columns]
    for i, area_level in enumerate(areas.levels):
        rows: list[list[Floats]] = [[] for _ in columns]
        for j, segment_level in enumerate(segments.levels):
            part = grouped.get((area_level, segment_level))
            trees = (("area", areas.places[i]), ("segment", segments.places[j]))
            at = None if part is None else tuple(_at(part[name], places) for name, places in trees)
            for row, column in zip(rows, columns, strict=True):
                values = np.full((len(areas.codes[i]), len(segments.codes[j])), np.nan)
                if part is not None:
                    values[at] = part[column].to_numpy(dtype=np.float64, na_value=np.nan)
                row.append(values)
        for grid, row in zip(found, rows, strict=True):
            grid.append(tuple(row))
    return [tuple(grid) for grid in found]


def _at(codes: pd.Series, places: Mapping[str, int]) -> NDArray[np.int64]:
    """Where each code stands; every code is looked up once, however often it comes."""
    which, known = pd.factorize(codes)
    return np.array([places[code] for code in known], dtype=np.int64)[which]
