"""Customers against the people around the branches: whom a branch has, of those who live in its catchment.

Catchments never overlap (`ground`), so that branches are a tree of totals; with the segments that is a table along two
hierarchies, and small cells go through the one exit as such. Customers who live around no branch are in no figure,
and where they are few, how many rows of the file were found is not told either: they would follow by subtraction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling import measures
from profiling.errors import ProfileError, Text
from profiling.population.address_book import AddressBook
from profiling.profiles.disclosure import SUPPRESSED, suppress
from profiling.publish.customer_counts import every_segment, expected_households, known_households, with_totals
from profiling.publish.customers import segments_against
from profiling.publish.customers_found import MatchReport, check_belonging, find_customers
from profiling.publish.published import Published
from profiling.publish.reach import reached_rows
from profiling.publish.segment_mix import segment_mix
from profiling.publish.selection import Selection, count
from profiling.publish.uploads import Upload
from profiling.publish.uses.about import About, about
from profiling.publish.uses.branch_land import Catchments

ALL, AROUND = "*", "around"
COUNTS = ("n", "n_profile", "safe", "safe_profile", "safe_rest")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CatchmentAnalysis:
    """What `analyse_catchments` found.

    `branches` has a row for all catchments together ("around") and for each branch: place, name, households, members
    (customers' households), member_share with its interval, member_index (against "around") with its interval and
    map_class, profile, profile_index (against the country) with its interval, reached, not_reached, reach with its
    interval, suppressed.

    `segments` says who the customers of each place are: place, level, code, name, n, share, base_share (of the people
    who live there), index with its interval, map_class, suppressed. `people` says who lives there against the country:
    place, level, code, nl, en, n, share, base_share, index with its interval, map_class.
    """

    about: About
    catchments: Catchments
    report: MatchReport
    by_postcode: bool
    branches: pd.DataFrame
    segments: pd.DataFrame
    people: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"CatchmentAnalysis({self.report.file}, {len(self.catchments.sites)} branches) · next: review_branches(…)"
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {"branches": self.branches, "segments": self.segments, "people": self.people}


def analyse_catchments(
    upload: Upload, book: AddressBook, published: Published, catchments: Catchments
) -> CatchmentAnalysis:
    """Who the customers around each branch are, against all who live there.

    Raises
    ------
    ProfileError
        When book and profile do not belong together, or too few households live around the branches.
    """
    check_belonging(book, [published])
    customers = find_customers(upload, book)
    one = [published]
    frame = expected_households(customers, book, one) if upload.only_postcodes else known_households(customers, one)
    places = _places(catchments)
    counted = _counted(frame, published, places)
    minimum = published.settings.minimum_cell
    around = float(counted.loc[(counted["place"] == AROUND) & (counted["key"] == ALL), "n"].iloc[0])
    hidden = _hide(counted, ["safe"], minimum, catchments)
    return CatchmentAnalysis(
        about=about(published),
        catchments=catchments,
        report=customers.report.beside_part(float(frame["weight"].sum()) - around, minimum),
        by_postcode=upload.only_postcodes,
        branches=_branches(counted, hidden, published, catchments, places),
        segments=_segments(counted, hidden, published, places),
        people=_people(published, places),
    )


def _places(catchments: Catchments) -> dict[str, Floats]:
    """Place → the part of every smallest area that belongs to it."""
    return {AROUND: catchments.around} | {site.code: catchments.parts[i] for i, site in enumerate(catchments.sites)}


def _counted(frame: pd.DataFrame, published: Published, places: Mapping[str, Floats]) -> pd.DataFrame:
    """Customers per place and segment, every total included; a cell that nobody is in has zeros."""
    weight = frame["weight"].to_numpy(dtype=np.float64)
    at = frame[published.levels[-1]].map(published.shown.areas.places[-1]).to_numpy(dtype=np.float64)
    known, area = np.isfinite(at), np.nan_to_num(at).astype(np.int64)
    inside = frame[f"in_{published.listed.profile}"].to_numpy(dtype=bool)
    levels = ["main", "sub"] if published.scheme is not None else []
    tables = []
    for place, part in places.items():
        here = np.where(known, part[area], 0.0)
        # Of customers of whom only the postcode is known several may weigh on one household: it still is one.
        one = np.minimum(weight, 1.0) * here
        values = (weight * here, weight * here * inside, one, one * inside, one * ~inside)
        cells = frame[levels].assign(**dict(zip(COUNTS, values, strict=True)))
        summed = cells.groupby(levels, as_index=False)[list(COUNTS)].sum() if levels else cells.sum().to_frame().T
        tables.append(every_segment(with_totals(summed, levels), published).assign(place=place))
    return pd.concat(tables, ignore_index=True)


def _tree(catchments: Catchments) -> dict[str, str]:
    return {each.code: AROUND for each in catchments.sites}


def _hide(
    table: pd.DataFrame,
    counts: Sequence[str],
    minimum: int,
    catchments: Catchments,
) -> NDArray[np.bool_]:
    parents = {"place": _tree(catchments)}
    if table["key"].nunique() > 1:
        parents["key"] = {key: up for key, up in zip(table["key"], table["parent"], strict=True) if up}
    marked = suppress(
        table,
        count=counts[0],
        base=counts[1] if len(counts) > 1 else None,
        derived=[],
        parents=parents,
        minimum=minimum,
        spare_parts=True,
    )
    return marked[SUPPRESSED].to_numpy(dtype=bool)


def _branches(
    counted: pd.DataFrame,
    hidden: NDArray[np.bool_],
    published: Published,
    catchments: Catchments,
    places: Mapping[str, Floats],
) -> pd.DataFrame:
    """Customers and reached profile households of each place."""
    shown = published.shown
    whole = (counted["key"] == ALL).to_numpy()
    rows = counted[whole].reset_index(drop=True)
    above = _tree(catchments)
    # `reached_rows` knows one hierarchy, by key: here that is the one of the places.
    closed = _hide(rows, ["safe_profile", "safe_rest"], published.settings.minimum_cell, catchments)
    rows = rows.assign(level="place", code=rows["place"], key=rows["place"], parent=rows["place"].map(above).fillna(""))
    cells = published.cells
    at = cells[published.levels[-1]].map(shown.areas.places[-1]).to_numpy(dtype=np.int64)
    truly = {place: float((cells["n_profile"].to_numpy() * part[at]).sum()) for place, part in places.items()}
    there = pd.DataFrame({"key": list(truly), "n_profile": list(truly.values())})
    known = {place: _known(published, part) for place, part in places.items()}
    if not known[AROUND][0] >= shown.minimum:
        raise ProfileError(
            Text("Rond deze vestigingen wonen te weinig huishoudens", "too few households live around these branches"),
            hint=Text("Zijn de coördinaten RD-meters?", "are the coordinates RD metres?"),
        )
    made = reached_rows(
        rows, there, known, (closed, hidden[whole]), published, published.settings.minimum_cell, spare_parts=False
    )
    usable = np.isfinite(made["members"].to_numpy()) & np.isfinite(made["households"].to_numpy())
    n = made.loc[usable, "households"]
    low, high = measures.penetration_interval(np.minimum(made.loc[usable, "members"], n), n)
    made = made.assign(member_share_low=np.nan, member_share_high=np.nan)
    made.loc[usable, "member_share_low"], made.loc[usable, "member_share_high"] = low, high
    names = {each.code: each.title for each in catchments.sites}
    made["name"] = made["code"].map(names).fillna("")
    made = _density(made, _known(published, np.ones_like(catchments.around)))
    return made.rename(columns={"code": "place"}).drop(columns="level")


def _density(made: pd.DataFrame, everybody: tuple[float, float]) -> pd.DataFrame:
    """Profile households per household of each place, as an index against the country."""
    made = made.assign(profile_index=np.nan, profile_index_low=np.nan, profile_index_high=np.nan)
    usable = np.isfinite(made["profile"].to_numpy()) & np.isfinite(made["households"].to_numpy())
    n = made.loc[usable, "households"]
    part = np.minimum(made.loc[usable, "profile"], n)
    made.loc[usable, "profile_index"] = measures.index(part, n, all_profile=everybody[1], all_base=everybody[0])
    low, high = measures.index_interval(part, n, all_profile=everybody[1], all_n=everybody[0])
    made.loc[usable, "profile_index_low"], made.loc[usable, "profile_index_high"] = low, high
    return made


def _known(published: Published, part: Floats) -> tuple[float, float]:
    """Households and profile households of a place, as they are shown."""
    shown = published.shown
    base, profile = (count(shown, each, part, 0).value() for each in (shown.base, shown.profile))
    return float(base[0]), float(profile[0])


def _segments(
    counted: pd.DataFrame, hidden: NDArray[np.bool_], published: Published, places: Mapping[str, Floats]
) -> pd.DataFrame:
    tables = []
    for place, part in places.items():
        rows = (counted["place"] == place).to_numpy()
        here = Selection({"nl": place, "en": place}, part)
        table = segments_against(counted[rows].reset_index(drop=True), hidden[rows], published, here)
        tables.append(table.assign(place=place))
    made = pd.concat(tables, ignore_index=True)
    return made[["place", *[each for each in made.columns if each != "place"]]]


def _people(published: Published, places: Mapping[str, Floats]) -> pd.DataFrame:
    """Who lives in each place against the country; nothing where a place is too small to say."""
    everybody = Selection({"nl": "", "en": ""}, np.ones_like(places[AROUND]))
    tables = []
    for place, part in places.items():
        here = Selection({"nl": place, "en": place}, part)
        if published.scheme is None or not _large(published, part):
            continue
        mix = segment_mix(published, here, everybody)
        tables.append(pd.concat([mix.main, mix.sub], ignore_index=True).assign(place=place))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["place"])


def _large(published: Published, part: Floats) -> bool:
    shown = published.shown
    return bool(count(shown, shown.base, part, 0).value()[0] >= shown.minimum)
