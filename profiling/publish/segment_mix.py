"""The segments of a work area against those of its province or municipality: all households, whatever the profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from profiling import measures
from profiling.errors import ProfileError, Text
from profiling.profiles.cube import Floats
from profiling.publish.area import in_order
from profiling.publish.published import Published
from profiling.publish.selection import Selection, count

COLUMNS = (
    "level",
    "code",
    "nl",
    "en",
    "n",
    "share",
    "n_base",
    "base_share",
    "index",
    "index_low",
    "index_high",
    "map_class",
    "suppressed",
    "estimated",
)


@dataclass(frozen=True)
class SegmentMix:
    """How the households of a selection are spread over the segments, and those of the base.

    `main` and `sub` have the columns of `COLUMNS`, in the order of the scheme: n households in the selection, share of
    its households in %, the same for the base, and the index: 100 × share ÷ base share. What is hidden is missing.
    """

    selection: Selection
    base: Selection
    households: int
    base_households: int
    main: pd.DataFrame
    sub: pd.DataFrame

    def __repr__(self) -> str:
        where, base = self.selection.title["nl"], self.base.title["nl"]
        return f"SegmentMix({where} against {base}) · next: reporting.work_area_page.work_area_page(…)"


def segment_mix(published: Published, selection: Selection, base: Selection) -> SegmentMix:
    """Compare the segments of a selection with those of a base, from what any profile of the population shows.

    Raises
    ------
    ProfileError
        When the population has no segments, or the selection or base is too small to show.
    """
    shown, scheme = published.shown, published.scheme
    if scheme is None:
        what = Text("Dit profiel heeft geen segmenten", "this population has no segments")
        raise ProfileError(what, where=published.listed.profile)
    all_here, all_base = (float(count(shown, shown.base, each.weights, 0).value()[0]) for each in (selection, base))
    if not (all_here >= shown.minimum and all_base >= shown.minimum):
        what = Text(
            "Er zijn te weinig huishoudens om segmenten te vergelijken", "too few households to compare segments"
        )
        raise ProfileError(what, where=selection.title["en"])
    tables = []
    for place, kind in ((1, "main"), (2, "sub")):
        codes = list(shown.segments.codes[place])
        here, there = (count(shown, shown.base, each.weights, place) for each in (selection, base))
        limits = published.settings.limits
        table = _figures(codes, here.value(), there.value(), all_here, all_base, shown.minimum, limits)
        titles = {each.code: (each.nl or each.en, each.en or each.nl) for each in scheme.main}
        if kind == "sub":
            titles = {each.code: (each.nl or each.en, each.en or each.nl) for each in scheme.sub}
        table = table.assign(level=kind, estimated=100.0 * here.estimated())
        for position, language in enumerate(("nl", "en")):
            table[language] = [titles.get(code, ("", ""))[position] for code in codes]
        tables.append(in_order(table[list(COLUMNS)], scheme, kind))
    return SegmentMix(selection, base, round(all_here), round(all_base), *tables)


def _figures(
    codes: list[str],
    here: Floats,
    there: Floats,
    all_here: float,
    all_base: float,
    minimum: int,
    limits: tuple[float, float],
) -> pd.DataFrame:
    kept = (here >= minimum) & (there >= minimum)
    table = pd.DataFrame({"code": codes, "suppressed": ~kept})
    n, base_n = np.rint(here[kept]), there[kept]
    share, base_share = 100.0 * n / all_here, 100.0 * base_n / all_base
    low, high = measures.penetration_interval(n, np.full(len(n), all_here))
    index, index_low, index_high = (100.0 * each / base_share for each in (share, low, high))
    values = {
        "n": n,
        "share": share,
        "n_base": np.rint(base_n),
        "base_share": base_share,
        "index": index,
        "index_low": index_low,
        "index_high": index_high,
    }
    for name, each in values.items():
        column = np.full(len(codes), np.nan)
        column[kept] = each
        table[name] = column
    table["n"], table["n_base"] = table["n"].astype("Int64"), table["n_base"].astype("Int64")
    table["map_class"] = np.array(["suppressed"] * len(codes), dtype=object)
    table.loc[kept, "map_class"] = measures.map_class(index, index_low, index_high, limits=limits)
    return table
