"""The tables of a publication: areas on every level and segments main and sub, small cells hidden at the one exit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from profiling.population.scheme import SegmentScheme
from profiling.profiles.config import PublishSettings
from profiling.profiles.disclosure import parents_of, suppress
from profiling.profiles.shown import Shown
from profiling.publish.cells import UNKNOWN
from profiling.publish.figures import COLUMNS, with_figures

TOTAL = "*"
NOT_OBSERVABLE = "not_observable"
COUNTS = ("n_base", "n_profile", "base", "profile")


def area_tables(
    counted: pd.DataFrame,
    levels: Sequence[str],
    names: Mapping[tuple[str, str], str],
    settings: PublishSettings,
) -> dict[str, pd.DataFrame]:
    """One table per level against all households, by name "areas_<level>".

    Parameters
    ----------
    counted : from `count_cells`, by at least `levels`; finer cells are added up.
    levels : area levels from large to small.
    names : (level, code) → name.

    Returns
    -------
    Frames with code, parent (code of the level above), name, the counts, the figures of `with_figures` and suppressed.
    """
    cells = _added_up(counted, levels)
    above = None
    for level in levels:
        # A household without a code keeps its place in the level above, so that levels nest.
        place = cells[above] + "/" + UNKNOWN if above else UNKNOWN
        cells[level] = cells[level].where(cells[level] != UNKNOWN, place)
        above = level
    tables_of = []
    for level in levels:
        table = cells.groupby(level, as_index=False, sort=True)[list(COUNTS)].sum().rename(columns={level: "code"})
        table = with_figures(table, settings.limits)
        table.insert(0, "level", level)
        table.insert(2, "name", [names.get((level, code), "") for code in table["code"]])
        tables_of.append(table)
    parents = parents_of(cells, *levels, top=TOTAL)
    hidden = _hide(tables_of, cells, parents, settings.minimum_cell)
    tables = {}
    for level in levels:
        table = hidden[hidden["level"] == level].drop(columns="level").reset_index(drop=True)
        table.insert(1, "parent", [parents[code] for code in table["code"]])
        tables[f"areas_{level}"] = table
    return tables


def segment_tables(counted: pd.DataFrame, scheme: SegmentScheme, settings: PublishSettings) -> dict[str, pd.DataFrame]:
    """Tables "segments_main" and "segments_sub" in the order of the scheme; a segment without households is left out.

    Parameters
    ----------
    counted : from `count_cells`, by at least segment; finer cells are added up.

    Returns
    -------
    Frames with code, parent, name, the counts, the figures of `with_figures` and suppressed.
    """
    cells = _added_up(counted, ["segment"]).rename(columns={"segment": "sub"})
    main_of = scheme.main_of()
    # Main and sub codes may be the same text, as in a scheme where main "1" has sub "1".
    cells["main"] = [f"main/{main_of.get(code, UNKNOWN)}" for code in cells["sub"]]
    order = {code: i for i, code in enumerate([each.code for each in scheme.sub])}
    order |= {f"main/{each.code}": i for i, each in enumerate(scheme.main)}
    named = {each.code: each.nl or each.en for each in scheme.sub}
    named |= {f"main/{each.code}": each.nl or each.en for each in scheme.main}
    tables_of = []
    for level in ("main", "sub"):
        table = cells.groupby(level, as_index=False)[list(COUNTS)].sum().rename(columns={level: "code"})
        table = table.sort_values("code", key=lambda codes: codes.map(lambda code: order.get(code, len(order))))
        table = with_figures(table.reset_index(drop=True), settings.limits)
        table.insert(0, "level", level)
        table.insert(2, "name", [named.get(code, "") for code in table["code"]])
        tables_of.append(table)
    parents = parents_of(cells, "main", "sub", top=TOTAL)
    hidden = _hide(tables_of, cells, parents, settings.minimum_cell, spare_parts=True)
    tables = {}
    for level in ("main", "sub"):
        table = hidden[hidden["level"] == level].drop(columns="level").reset_index(drop=True)
        table.insert(1, "parent", [parents[code].removeprefix("main/") for code in table["code"]])
        table["code"] = table["code"].str.removeprefix("main/")
        tables[f"segments_{level}"] = table
    return tables


def mark_unseen(table: pd.DataFrame, codes: Collection[str]) -> pd.DataFrame:
    """Class "not_observable" for the cells of a table that nothing was seen of; figures stay, small cells stay hidden.

    Parameters
    ----------
    table : of `area_tables` or `segment_tables`.
    codes : cells where households hardly ever are members (`scoring.observable`).
    """
    unseen = table["code"].isin(codes) & ~table["suppressed"]
    return table.assign(map_class=table["map_class"].where(~unseen, NOT_OBSERVABLE))


def _added_up(counted: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    added: pd.DataFrame = counted.groupby(list(by), as_index=False, sort=True)[list(COUNTS)].sum()
    return added


def only_shown(tables: Mapping[str, pd.DataFrame], shown: Shown) -> dict[str, pd.DataFrame]:
    """The tables without what the shown table of the version hides: no two publications may differ in that."""
    kept = dict(tables)
    for prefix, tree, values in (
        ("areas", shown.areas, [row[0][:, 0] for row in shown.profile.shown]),
        ("segments", shown.segments, [each[0] for each in shown.profile.shown[0]]),
    ):
        for place, level in enumerate(tree.levels):
            name = f"{prefix}_{level}"
            if place and name in kept:
                table = kept[name]
                known = dict(zip(tree.codes[place], values[place], strict=True))
                hidden = table["suppressed"] | table["code"].map(known).isna()
                masked = {each: table[each].mask(hidden) for each in (*COUNTS, *COLUMNS)}
                kept[name] = table.assign(**masked, suppressed=hidden)
    return kept


def _hide(
    counted: list[pd.DataFrame],
    cells: pd.DataFrame,
    parents: Mapping[str, str],
    minimum: int,
    *,
    spare_parts: bool = False,
) -> pd.DataFrame:
    """All levels and the total through disclosure control together, as they are published together."""
    total = pd.DataFrame({"level": ["total"], "code": [TOTAL], **{each: [cells[each].sum()] for each in COUNTS}})
    together = pd.concat([total, *counted], ignore_index=True)
    return suppress(
        together,
        count="n_profile",
        base="n_base",
        derived=["base", "profile", *COLUMNS],
        parents={"code": parents},
        minimum=minimum,
        spare_parts=spare_parts,
    )
