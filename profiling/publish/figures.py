"""From counts to figures: penetration, shares, index, interval and map class of every cell against the base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from profiling import measures
from profiling.profiles.disclosure import suppress

COLUMNS = (
    "penetration",
    "penetration_low",
    "penetration_high",
    "share",
    "base_share",
    "index",
    "index_low",
    "index_high",
    "map_class",
)
FIGURES_AMONG_KNOWN = ("share_profile", "share_base", "index", "index_low", "index_high")
CONFIDENCE = 0.95
# Narrower than for areas: an interest that 80 % of the base have cannot get beyond index 125.
LIMITS = (90.0, 110.0)


def with_figures(counts: pd.DataFrame, limits: tuple[float, float]) -> pd.DataFrame:
    """Add every figure to a table of counts whose cells together are the base.

    Parameters
    ----------
    counts : from `count_cells`; shape (n_cells, …).
    limits : index below and above which a cell stands out.

    Returns
    -------
    The same rows with `COLUMNS` added. Figures use weighted households, intervals the households counted.
    """
    low, high = measures.penetration_interval(counts["n_profile"], counts["n_base"])
    index = measures.index(counts["profile"], counts["base"])
    index_low, index_high = measures.index_interval(counts["n_profile"], counts["n_base"])
    return counts.assign(
        penetration=measures.penetration(counts["profile"], counts["base"]),
        penetration_low=low,
        penetration_high=high,
        share=measures.share(counts["profile"]),
        base_share=measures.share(counts["base"]),
        index=index,
        index_low=index_low,
        index_high=index_high,
        map_class=measures.map_class(index, index_low, index_high, limits=limits),
    )


def over_represented(table: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Cells whose index is at least `threshold` with an interval above 100, highest index first.

    A small cell with a high index and a wide interval is thereby left out: chance may have made it.
    """
    chosen = table[(table["index"] >= threshold) & (table["index_low"] > 100.0)]
    return chosen.sort_values("index", ascending=False, ignore_index=True)


def figures_among_known(
    n: ArrayLike, n_base: ArrayLike, known: int, known_base: int, limits: tuple[float, float]
) -> pd.DataFrame:
    """Figures of households with something, among those of whom it is known, such as interests and traits.

    Parameters
    ----------
    n, n_base : households that have it, in the profile and in the base; shape (n_rows,).
    known, known_base : households that are known to have it or not.
    limits : average from the first up to and including the second, and where the interval holds 100.

    Returns
    -------
    Frame of shape (n_rows, 6) with `FIGURES_AMONG_KNOWN` and direction.
    """
    part, whole = np.asarray(n, dtype=np.float64), np.asarray(n_base, dtype=np.float64)
    low, high = measures.index_interval(part, whole, all_profile=known, all_n=known_base, confidence=CONFIDENCE)
    index = measures.index(part, whole, all_profile=known, all_base=known_base)
    shares = (100.0 * part / max(known, 1), 100.0 * whole / max(known_base, 1))
    figures = pd.DataFrame(dict(zip(FIGURES_AMONG_KNOWN, (*shares, index, low, high), strict=True)))
    return figures.assign(direction=measures.map_class(index, low, high, limits))


def hidden_cells(
    totals: Mapping[str, tuple[int, int]], cells: Mapping[tuple[str, str], tuple[int, int]]
) -> set[tuple[str, str]]:
    """The cells (feature, level) that may not be shown, by the one rule for small cells.

    Parameters
    ----------
    totals : feature → households of the profile and of the base.
    cells : (feature, level) → the same, for the parts that make up each total.
    """
    rows = [(repr(total), *n) for total, n in totals.items()] + [(repr(cell), *n) for cell, n in cells.items()]
    table = pd.DataFrame(rows, columns=["cell", "n", "n_base"])
    parents = {repr(cell): repr(cell[0]) for cell in cells}
    marked = suppress(table, count="n", base="n_base", derived=[], parents={"cell": parents})
    hidden = set(marked.loc[marked["suppressed"], "cell"])
    return {cell for cell in cells if repr(cell) in hidden}


def as_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, each by column name."""
    names = [str(name) for name in table.columns]
    # A column at a time is ten times as quick as `to_dict`.
    columns = [column.tolist() for _, column in table.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
