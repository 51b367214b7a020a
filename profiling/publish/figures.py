"""From counts to figures: penetration, shares, index, interval and map class of every cell against the base."""

from __future__ import annotations

import pandas as pd

from profiling import measures

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
