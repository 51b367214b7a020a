"""The shown table of a version as two plain tables, so that a bundle carries it and opening it takes no time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from profiling.profiles.cube import Floats, Tree, levels_of, tree_of
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
    for prefix, column in zip(_PREFIX, ("n_base", "n_profile"), strict=True):
        values = np.empty((len(areas.codes[-1]), len(segments.codes[-1])))
        for place, code in enumerate(segments.codes[-1]):
            values[rows, place] = fitted[f"{prefix}{code}"].to_numpy()
        counts.append(Counts(_grid(areas, segments, table, column), values))
    return Shown(areas, segments, counts[0], counts[1], minimum)


def _grid(areas: Tree, segments: Tree, table: pd.DataFrame, column: str) -> tuple[tuple[Floats, ...], ...]:
    grouped = dict(tuple(table.groupby(["area_level", "segment_level"], sort=False)))
    grid = []
    for i, area_level in enumerate(areas.levels):
        row = []
        for j, segment_level in enumerate(segments.levels):
            values = np.full((len(areas.codes[i]), len(segments.codes[j])), np.nan)
            part = grouped.get((area_level, segment_level))
            if part is not None:
                at = part["area"].map(areas.places[i]).to_numpy(), part["segment"].map(segments.places[j]).to_numpy()
                values[at] = part[column].to_numpy(dtype=np.float64, na_value=np.nan)
            row.append(values)
        grid.append(tuple(row))
    return tuple(grid)
