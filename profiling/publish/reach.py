"""Reached and not reached: of the profile's households in a work area, how many are customers; per area and segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling import measures
from profiling.profiles.shown import nested
from profiling.publish.customer_counts import count, hide, with_totals
from profiling.publish.published import Published
from profiling.publish.selection import Selection, count_each
from profiling.publish.selection import count as count_shown


@dataclass(frozen=True)
class Reach:
    """Who of a work area is reached.

    Both tables have a first row for the work area as a whole, then one per area or segment: level, code, name,
    households, members (customers' households), member_share (members per 100 households), member_index (that share
    against the work area's) with its interval and map_class, profile (its households), reached, not_reached, reach
    (reached per 100 of the profile) with its interval, suppressed. Members are missing where they are too few.
    """

    areas: pd.DataFrame
    segments: pd.DataFrame


@dataclass(frozen=True)
class Within:
    """Customers' households that count within a work area: their areas, weights, and whether in the profile."""

    frame: pd.DataFrame
    weight: NDArray[np.float64]
    inside: NDArray[np.bool_]


def reach_tables(
    published: Published,
    customers: Within,
    work_area: Selection,
    level: str,
    segments: tuple[pd.DataFrame, NDArray[np.bool_]],
    members_hidden: NDArray[np.bool_],
    minimum: int,
) -> Reach:
    """Both tables of `Reach`.

    Parameters
    ----------
    segments : customers within the work area per segment, from `with_totals`, and the rows whose profile is hidden.
    members_hidden : the rows of `segments` whose number of customers is hidden.
    """
    everyone = _everyone(published, work_area)
    by_segment, hidden = segments
    levels = [each for each in ("main", "sub") if each in everyone]
    there = with_totals(_sums(everyone, levels[::-1]), levels)
    known = _shown_segments(published, work_area)
    segment_table = reached_rows(by_segment, there, known, (hidden, members_hidden), published, minimum)
    counted = with_totals(count(customers.frame, [level], customers.inside, customers.weight), [level])
    area_known = _shown_areas(published, work_area, level)
    # Areas without a customer belong in the table too: nobody is reached there.
    absent = [key for key in area_known if key not in set(counted["key"])]
    empty = pd.DataFrame(
        {"level": level, "code": [key.partition("/")[2] for key in absent], "key": absent, "parent": "*"}
    )
    counted = pd.concat([counted, empty], ignore_index=True)
    counted = counted.fillna(dict.fromkeys(counted.columns[4:], 0.0))
    there = with_totals(_sums(everyone, [level]), [level])
    first = np.arange(len(counted)) == 0
    closed = first & bool(segment_table["suppressed"].iloc[0]), first & bool(segment_table["members"].isna().iloc[0])
    area_table = reached_rows(counted, there, area_known, closed, published, minimum, spare_parts=False)
    if area_table["suppressed"].iloc[0] and not segment_table["suppressed"].iloc[0]:
        # The total had to go with its parts, and stands in the other table: then the parts are not shown at all.
        area_table = _closed(area_table)
    order = area_table.index if area_table.empty else area_table.sort_values(["level", "code"], key=_total_first).index
    return Reach(areas=area_table.loc[order].reset_index(drop=True), segments=segment_table)


def _total_first(column: pd.Series) -> pd.Series:
    return column.map(lambda value: "" if value in ("total", "*") else str(value))


def _everyone(published: Published, work_area: Selection) -> pd.DataFrame:
    """All households of the work area in cells: areas, segments, n_profile; small cells included, never shown."""
    cells = nested(published.cells, published.levels)
    at = cells[published.levels[-1]].map(published.shown.areas.places[-1])
    weights = work_area.weights[at.to_numpy(dtype=np.int64)]
    cells = cells.assign(n_profile=cells["n_profile"] * weights, n_base=cells["n_base"] * weights)[weights > 0]
    if published.scheme is not None:
        main_of = published.scheme.main_of()
        cells = cells.assign(sub=cells["segment"], main=[main_of.get(code, "?") for code in cells["segment"]])
    return cells


def _sums(cells: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    summed = cells.groupby(by, as_index=False)[["n_base", "n_profile"]].sum() if by else cells[["n_base", "n_profile"]]
    return summed.astype({"n_base": float, "n_profile": float})


Known = dict[str, tuple[float, float]]
"""Key of a row → households and profile households as they are shown; nan where they are not."""


def _shown_segments(published: Published, work_area: Selection) -> Known:
    shown, found = published.shown, {}
    for place, level in enumerate(("total", "main", "sub")[: shown.segments.depth + 1]):
        base, profile = (
            count_shown(shown, counts, work_area.weights, place).value() for counts in (shown.base, shown.profile)
        )
        for code, households, members in zip(shown.segments.codes[place], base, profile, strict=True):
            found["*" if level == "total" else f"{level}/{code}"] = (float(households), float(members))
    return found


def _shown_areas(published: Published, work_area: Selection, level: str) -> Known:
    shown = published.shown
    place = shown.areas.levels.index(level)
    nodes, base = count_each(shown, shown.base, work_area.weights, place)
    profile = count_each(shown, shown.profile, work_area.weights, place)[1]
    whole = [float(count_shown(shown, each, work_area.weights, 0).value()[0]) for each in (shown.base, shown.profile)]
    found = {"*": (whole[0], whole[1])}
    for node, households, members in zip(nodes, base.value(), profile.value(), strict=True):
        found[f"{level}/{shown.areas.codes[place][node]}"] = (float(households), float(members))
    return found


def reached_rows(
    counted: pd.DataFrame,
    there: pd.DataFrame,
    known: Known,
    hidden: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    published: Published,
    minimum: int,
    *,
    spare_parts: bool = True,
) -> pd.DataFrame:
    """Reached and not reached of each row; a row is hidden when either is small, or the profile is not shown there."""
    truly = there.set_index("key")["n_profile"].reindex(counted["key"]).fillna(0.0).to_numpy()
    shown = np.array([known.get(key, (np.nan, np.nan)) for key in counted["key"]])
    households, profile = shown[:, 0], shown[:, 1]
    reached = counted["n_profile"].to_numpy()
    safe = counted.assign(
        reached=counted["safe_profile"], left=np.maximum(truly - reached, 0.0), members=counted["safe"]
    )
    closed = hide(safe, ["reached", "left"], minimum, hidden=hidden[0] | ~np.isfinite(profile), spare_parts=spare_parts)
    no_members = hide(safe, ["members"], minimum, hidden=hidden[1] | ~np.isfinite(households), spare_parts=spare_parts)
    made = counted[["level", "code"]].assign(name=published.named(counted), households=households)
    made["members"] = np.where(no_members, np.nan, counted["n"])
    made["member_share"] = 100.0 * made["members"] / households
    made = _member_index(made, published.settings.limits)
    part = np.where(closed, np.nan, np.minimum(reached, profile))
    made["profile"], made["reached"], made["not_reached"] = profile, part, profile - part
    kept = ~closed
    for name in ("reach", "reach_low", "reach_high"):
        made[name] = np.nan
    made.loc[kept, "reach"] = measures.penetration(part[kept], profile[kept])
    made.loc[kept, "reach_low"], made.loc[kept, "reach_high"] = measures.penetration_interval(part[kept], profile[kept])
    return made.assign(suppressed=closed)


def _member_index(made: pd.DataFrame, limits: tuple[float, float]) -> pd.DataFrame:
    """How often households of each row are members, against the work area as a whole (the first row)."""
    columns = ("member_index", "member_index_low", "member_index_high")
    made = made.assign(**dict.fromkeys(columns, np.nan), map_class=None)
    members, households = made["members"].to_numpy(), made["households"].to_numpy()
    usable = np.isfinite(members) & np.isfinite(households) & (households > 0)
    if len(made) and usable[0]:
        n, part = households[usable], np.minimum(members[usable], households[usable])
        index = measures.index(part, n, all_profile=members[0], all_base=households[0])
        low, high = measures.index_interval(part, n, all_profile=members[0], all_n=households[0])
        for name, values in zip(columns, (index, low, high), strict=True):
            made.loc[usable, name] = values
        made.loc[usable, "map_class"] = measures.map_class(index, low, high, limits)
    return made


def _closed(table: pd.DataFrame) -> pd.DataFrame:
    blank = ["reached", "not_reached", "reach", "reach_low", "reach_high"]
    return table.assign(suppressed=True, **dict.fromkeys(blank, np.nan))
