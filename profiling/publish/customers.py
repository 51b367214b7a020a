"""The customer analysis (klantanalyse): which part of a file of customers belongs to a profile, and who is reached.

Every figure is about households, not persons. The file is held against the base that was chosen; nothing of it is kept.
Within one answer small cells cannot be worked out; between answers they can, by who may change the file: whoever may
analyse a file row by row may also enrich it, and that is a matter of rights and of a processing agreement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling import measures
from profiling.errors import ProfileError, Text
from profiling.population.address_book import AddressBook
from profiling.publish.customer_counts import (
    TOTAL,
    count,
    every_segment,
    expected_households,
    hide,
    known_households,
    place_weights,
    with_totals,
)
from profiling.publish.customers_found import MatchReport, check_belonging, find_customers
from profiling.publish.published import Published
from profiling.publish.reach import Reach, Within, reach_tables
from profiling.publish.selection import Selection
from profiling.publish.selection import count as count_shown
from profiling.publish.uploads import Upload

SEGMENTS = ("main", "sub")
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CustomersInProfile:
    """One profile among the customers.

    `table` has a row for the whole file, per main and per sub segment: level, code, name, n (customers' households),
    n_profile, penetration with its interval, share (of the customers in the profile), index against the base with its
    interval, map_class, suppressed. `reach` is there where a work area was given.
    """

    name: str
    version: str
    title: Mapping[str, str]
    limits: tuple[float, float]
    base_households: float
    base_penetration: float
    table: pd.DataFrame
    reach: Reach | None


@dataclass(frozen=True)
class CustomerAnalysis:
    """What `analyse_customers` found.

    `segments` has a row for the whole, per main and per sub segment: level, code, name, n, share, base_share, index
    (share of the customers against share of the base) with its interval, map_class, suppressed. `n_rows_used` counts
    the rows whose household (or postcode) is known, `n_households` the households that the figures rest on: with a work
    area those who live in it, and `n_outside` the others. Where those others are few, or none, the report is not told,
    `n_rows_used` is None and `n_outside` nan: they would follow by subtraction. `level` is that of reached and not
    reached. With `by_postcode` all figures are expectations, from postcodes as a whole.
    """

    report: MatchReport
    by_postcode: bool
    n_rows_used: int | None
    n_households: float
    n_outside: float
    snapshot: str
    year: int | None
    minimum: int
    level: str
    base: Selection
    work_area: Selection | None
    segments: pd.DataFrame
    profiles: tuple[CustomersInProfile, ...]
    notes: tuple[Mapping[str, str], ...] = field(default=())

    def __repr__(self) -> str:
        names = ", ".join(each.name for each in self.profiles)
        return f"CustomerAnalysis({self.report.file}: {names}) · next: customers_page(analysis)"


def analyse_customers(
    upload: Upload,
    book: AddressBook,
    published: Published | Sequence[Published],
    *,
    base: Selection,
    work_area: Selection | None = None,
    level: str | None = None,
) -> CustomerAnalysis:
    """Which customers belong to a profile, per segment, against a base; and whom of a work area they are.

    Parameters
    ----------
    published : one profile, or several of one household file side by side.
    base : the households compared with, from `choose.select_base` or `choose.whole_country`.
    work_area : where a library works; gives reached and not reached.
    level : area level of reached and not reached; the second smallest when left out.

    Raises
    ------
    ProfileError
        When book and profiles do not belong together, the level is not there, or the base is too small.
    """
    opened = [published] if isinstance(published, Published) else list(published)
    check_belonging(book, opened)
    first = opened[0]
    level = _level(first, level)
    customers = find_customers(upload, book)
    by_postcode = upload.only_postcodes
    frame = expected_households(customers, book, opened) if by_postcode else known_households(customers, opened)
    minimum = max(each.settings.minimum_cell for each in opened)
    everyone = float(frame["weight"].sum())
    if work_area is not None:
        # One set of customers in one answer: with and without the others it would tell of those others by subtraction.
        frame = frame.assign(weight=frame["weight"] * place_weights(frame, first, work_area.weights))
        frame = frame[frame["weight"] > 0].reset_index(drop=True)
    members = _Members(frame, work_area, level, minimum)
    segments, hidden = _counted(first, members, np.zeros(len(frame), dtype=bool), ["safe"])
    outside = everyone - float(frame["weight"].sum())
    report = customers.report if work_area is None else customers.report.beside_part(outside, minimum)
    return CustomerAnalysis(
        report=report,
        by_postcode=by_postcode,
        n_rows_used=None if not report.told else round(everyone) if by_postcode else report.n_found,
        n_households=float(frame["weight"].sum()),
        n_outside=outside if report.told else np.nan,
        snapshot=first.snapshot,
        year=first.year,
        minimum=minimum,
        level=level,
        base=base,
        work_area=work_area,
        segments=segments_against(segments, hidden, first, base),
        profiles=tuple(_of_profile(each, members, base, (segments, hidden)) for each in opened),
        notes=(*base.notes, *(work_area.notes if work_area is not None else ())),
    )


@dataclass(frozen=True)
class _Members:
    """Households of the customers that count, and where the library works."""

    frame: pd.DataFrame
    work_area: Selection | None
    level: str
    minimum: int


def _counted(published: Published, members: _Members, inside: Mask, counts: Sequence[str]) -> tuple[pd.DataFrame, Mask]:
    """Customers per segment, and which rows may not be shown."""
    levels = _levels(published)
    weight = members.frame["weight"].to_numpy(dtype=np.float64)
    counted = with_totals(count(members.frame, levels[::-1], inside, weight), levels)
    table = every_segment(counted, published)
    return table, hide(table, counts, members.minimum)


def _level(published: Published, level: str | None) -> str:
    if level is None:
        return published.levels[-2:][0] if published.levels else ""
    if level not in published.levels:
        known = ", ".join(published.levels)
        raise ProfileError(
            Text(f"Er is geen niveau '{level}'", f"there is no level '{level}'"),
            where=published.listed.profile,
            hint=Text(
                f"Kies uit: {known}" if known else "Kies een ander profiel: dit heeft geen gebieden",
                f"there is: {known or 'none'}",
            ),
        )
    return level


def _levels(published: Published) -> list[str]:
    return list(SEGMENTS) if published.scheme is not None else []


def segments_against(table: pd.DataFrame, hidden: Mask, published: Published, base: Selection) -> pd.DataFrame:
    """Whom the customers are by segment, against the base; no profile is in it."""
    levels = _levels(published)
    shown = published.shown
    behind = np.full(len(table), np.nan)
    for place, level in enumerate(("total", *levels)):
        found = count_shown(shown, shown.base, base.weights, place).value()
        codes = dict(zip(shown.segments.codes[place], found, strict=True))
        rows = (table["level"] == level).to_numpy()
        behind[rows] = table.loc[rows, "code"].map(codes)
    everybody = behind[0]
    n = np.where(hidden, np.nan, table["n"])
    whole = np.full(len(table), table["n"].iloc[0] if not hidden[0] else np.nan)
    known = np.isfinite(n) & np.isfinite(whole)
    usable = known & (behind > 0)
    figures = {name: np.full(len(table), np.nan) for name in ("share", "index", "index_low", "index_high")}
    n_used, whole_used = np.minimum(n[usable], whole[usable]), whole[usable]
    against = {"all_profile": behind[usable], "all_base": everybody}
    # A share needs no base: it is there where too little is known of the people around to make an index of it.
    figures["share"][known] = 100.0 * np.minimum(n[known], whole[known]) / whole[known]
    figures["index"][usable] = measures.index(n_used, whole_used, **against)
    low, high = measures.index_interval(n_used, whole_used, all_profile=behind[usable], all_n=everybody)
    figures["index_low"][usable], figures["index_high"][usable] = low, high
    index, index_low, index_high = (figures[each] for each in ("index", "index_low", "index_high"))
    classes = measures.map_class(index, index_low, index_high, published.settings.limits)
    table = table[["level", "code"]].assign(
        name=published.named(table), n=n, base_share=100.0 * behind / everybody, **figures, map_class=classes
    )
    return in_order(table.assign(suppressed=hidden), published)


def _of_profile(
    published: Published, members: _Members, base: Selection, segments: tuple[pd.DataFrame, Mask]
) -> CustomersInProfile:
    shown, minimum, work_area = published.shown, members.minimum, members.work_area
    n_base, n_profile = (
        float(count_shown(shown, counts, base.weights, 0).value()[0]) for counts in (shown.base, shown.profile)
    )
    if not (n_base >= minimum and n_profile >= minimum):
        raise ProfileError(
            Text(
                f"In '{base.title['nl']}' zijn te weinig huishoudens om mee te vergelijken",
                f"the base '{base.title['en']}' has too few households to compare with",
            ),
            where=published.listed.profile,
            hint=Text("Kies een groter gebied om mee te vergelijken", "choose a larger base"),
        )
    inside = members.frame[f"in_{published.listed.profile}"].to_numpy(dtype=bool)
    table, hidden = _counted(published, members, inside, ["safe_profile", "safe_rest"])
    reach = None
    if work_area is not None:
        customers = Within(members.frame, members.frame["weight"].to_numpy(dtype=np.float64), inside)
        reach = reach_tables(published, customers, work_area, members.level, (table, hidden), segments[1], minimum)
    return CustomersInProfile(
        name=published.listed.profile,
        version=published.version,
        title={"nl": published.title("nl"), "en": published.title("en")},
        limits=published.settings.limits,
        base_households=n_base,
        base_penetration=100.0 * n_profile / n_base,
        table=_figures(table, hidden, published, (n_profile, n_base)),
        reach=reach,
    )


def _figures(table: pd.DataFrame, hidden: Mask, published: Published, overall: tuple[float, float]) -> pd.DataFrame:
    """Penetration among the customers of each segment, and its index against the base."""
    kept = ~hidden
    n, part = table["n"].to_numpy()[kept], table["n_profile"].to_numpy()[kept]
    part = np.minimum(part, n)
    low, high = measures.penetration_interval(part, n)
    index = measures.index(part, n, all_profile=overall[0], all_base=overall[1])
    index_low, index_high = measures.index_interval(part, n, all_profile=overall[0], all_n=overall[1])
    whole = table["n_profile"].iloc[0] if kept[0] else np.nan
    figures = {
        "n": n,
        "n_profile": part,
        "penetration": measures.penetration(part, n),
        "penetration_low": low,
        "penetration_high": high,
        "share": 100.0 * part / whole,
        "index": index,
        "index_low": index_low,
        "index_high": index_high,
    }
    made = table[["level", "code"]].assign(name=published.named(table))
    for name, values in figures.items():
        made[name] = np.nan
        made.loc[kept, name] = values
    classes = np.full(len(made), None, dtype=object)
    classes[kept] = measures.map_class(index, index_low, index_high, published.settings.limits)
    return in_order(made.assign(map_class=classes, suppressed=hidden), published)


def in_order(table: pd.DataFrame, published: Published) -> pd.DataFrame:
    """The whole first, then main and sub segments in the order of their scheme."""
    scheme = published.scheme
    listed = [("total", TOTAL)]
    if scheme is not None:
        listed += [("main", each.code) for each in scheme.main] + [("sub", each.code) for each in scheme.sub]
    order = {key: place for place, key in enumerate(listed)}
    places = [order.get(key, len(order)) for key in zip(table["level"], table["code"], strict=True)]
    return table.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)
