"""The area analysis (gebiedsanalyse): how many households of a profile live in a selection of areas, and who they are.

Everything is computed from the shown table of a version (`profiles.shown`): what a selection tells, however it is
combined with other selections, is in that table already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling import measures
from profiling.errors import ProfileError, Text
from profiling.population.scheme import SegmentScheme
from profiling.profiles.cube import Floats
from profiling.profiles.shown import Shown
from profiling.publish.figures import COLUMNS
from profiling.publish.published import Published
from profiling.publish.selection import Found, Selection, count, count_each

_POPULATION = Text("het bestand met huishoudens", "population")
_SNAPSHOT, _YEAR = Text("de peildatum", "snapshot"), Text("het jaar van de gebieden", "area codes")
SHAPE = ("level", "code", "name", "n_base", "n_profile", *COLUMNS, "suppressed", "estimated")


@dataclass(frozen=True)
class ProfileInArea:
    """One profile in a selection. All tables have the columns of `SHAPE`.

    `total` has one row: the selection as a whole. `areas` has a row per area of the level, `main` and `sub` one per
    segment within the selection, in the order of the scheme. n_profile and what follows from it is missing where
    suppressed; `estimated` is the part of n_profile, in %, that rests on inferred values instead of shown counts.
    """

    name: str
    version: str
    title: Mapping[str, str]
    limits: tuple[float, float]
    minimum: int
    base_households: float
    base_penetration: float
    total: pd.DataFrame
    areas: pd.DataFrame
    main: pd.DataFrame
    sub: pd.DataFrame


@dataclass(frozen=True)
class AreaAnalysis:
    """What `analyse_areas` found, for one profile or several side by side.

    `year` is the year of the area codes, `snapshot` the date of the household file, `notes` what a reader has to know
    (codes mended or not found, areas cut by a polygon), in both languages.
    """

    level: str
    selection: Selection
    base: Selection
    snapshot: str
    year: int | None
    profiles: tuple[ProfileInArea, ...]
    notes: tuple[Mapping[str, str], ...]

    def __repr__(self) -> str:
        names = ", ".join(each.name for each in self.profiles)
        where = self.selection.title["nl"]
        return f"AreaAnalysis({names}: {where}, per {self.level}) · next: reporting.area_page.area_page(analysis)"


def analyse_areas(
    published: Published | Sequence[Published], selection: Selection, *, level: str, base: Selection | None = None
) -> AreaAnalysis:
    """Where the households of a profile live within a selection, and to which segments they belong.

    Parameters
    ----------
    published : one opened profile, or several of the same population side by side.
    selection : the areas, from `select_areas`, a work area or a polygon.
    level : provincie, gemeente, wijk or buurt: one row for each such area that the selection touches.
    base : what is compared with; the whole country when left out.

    Raises
    ------
    ProfileError
        When profiles do not belong together, the level is not there, the selection is empty, or the base is too small.
    """
    opened = [published] if isinstance(published, Published) else list(published)
    _check(opened, level, selection)
    everything = Selection(
        {"nl": opened[0].base_title("nl"), "en": opened[0].base_title("en")}, np.ones_like(selection.weights)
    )
    against = base or everything
    return AreaAnalysis(
        level=level,
        selection=selection,
        base=against,
        snapshot=opened[0].snapshot,
        year=opened[0].year,
        profiles=tuple(_of_profile(each, selection, against, level) for each in opened),
        notes=(*selection.notes, *(base.notes if base else ()), *_with_itself(selection, base)),
    )


def _check(opened: Sequence[Published], level: str, selection: Selection) -> None:
    if not opened:
        raise ProfileError(
            Text("Er is geen profiel gekozen", "no profile was chosen"),
            hint=Text("Kies minstens één profiel", "name at least one"),
        )
    first = opened[0]
    faults = [
        Text(
            f"bij '{each.listed.profile}' is {what.nl} {got}, bij '{first.listed.profile}' {expected}",
            f"'{each.listed.profile}' is of {what} {got}, '{first.listed.profile}' of {expected}",
        )
        for each in opened[1:]
        for what, got, expected in (
            (_POPULATION, each.manifest["population"]["name"], first.manifest["population"]["name"]),
            (_SNAPSHOT, each.snapshot, first.snapshot),
            (_YEAR, each.year, first.year),
        )
        if got != expected
    ]
    if len({each.listed.profile for each in opened}) < len(opened):
        faults.append(
            Text(
                "twee versies van één profiel kunnen niet naast elkaar: het verschil kan over enkele huishoudens gaan",
                "two versions of one profile cannot stand side by side: their difference could be a few households",
            )
        )
    if level not in first.levels:
        known = ", ".join(first.levels)
        faults.append(
            Text(
                f"er is geen niveau '{level}'; kies uit {known or 'niets: dit profiel heeft geen gebieden'}",
                f"there is no level '{level}' in this population; it has {known or 'none at all'}",
            )
        )
    if not selection.n_areas:
        faults.append(Text("de selectie heeft geen gebied", "the selection holds no area"))
    if faults:
        what = Text("De gebiedsanalyse kan zo niet", "the areas cannot be analysed")
        raise ProfileError(what, where=first.listed.profile, faults=faults)


def _with_itself(selection: Selection, base: Selection | None) -> tuple[Mapping[str, str], ...]:
    """That a selection stands beside itself, where it does: an index of 100 says nothing then."""
    if base is None or not np.array_equal(base.weights, selection.weights):
        return ()
    nl, en = base.title["nl"], base.title["en"]
    return (
        {
            "nl": f"{nl} is hetzelfde gebied als de selectie. De index van het geheel is dan altijd 100; "
            "vergelijk ook met een groter gebied.",
            "en": f"{en} is the same area as the selection. The index of the whole is always 100 then; "
            "compare with a larger area too.",
        },
    )


def _of_profile(published: Published, selection: Selection, base: Selection, level: str) -> ProfileInArea:
    shown = published.shown
    overall = [count(shown, counts, base.weights, 0) for counts in (shown.base, shown.profile)]
    all_base, all_profile = (float(each.value()[0]) for each in overall)
    if not (all_base >= shown.minimum and all_profile >= shown.minimum):
        raise ProfileError(
            Text(
                f"In '{base.title['nl']}' zijn te weinig huishoudens om mee te vergelijken",
                f"the base '{base.title['en']}' has too few households to compare with",
            ),
            where=published.listed.profile,
            hint=Text("Kies een groter gebied om mee te vergelijken", "choose a larger base"),
        )
    limits = published.settings.limits

    def table(kind: str, codes: Sequence[str], names: Sequence[str], found: tuple[Found, Found]) -> pd.DataFrame:
        rows = {"level": [kind] * len(codes), "code": list(codes), "name": list(names)}
        return _with_figures(rows, found, shown, (all_base, all_profile), inside, limits)

    def within(segment_level: int) -> tuple[Found, Found]:
        return (
            count(shown, shown.base, selection.weights, segment_level),
            count(shown, shown.profile, selection.weights, segment_level),
        )

    whole = within(0)
    inside = (float(whole[0].value()[0]), float(whole[1].value()[0]))
    number = shown.areas.levels.index(level)
    nodes, households = count_each(shown, shown.base, selection.weights, number)
    members = count_each(shown, shown.profile, selection.weights, number)[1]
    codes = [shown.areas.codes[number][each] for each in nodes]
    names = [published.names.get((level, code), "") for code in codes]
    nothing = pd.DataFrame(columns=list(SHAPE))
    segments = {}
    for place, kind in enumerate(shown.segments.levels):
        if place and published.scheme is not None:
            found = table(kind, *_listed(published, place), within(place))
            segments[kind] = in_order(found, published.scheme, kind)
    return ProfileInArea(
        name=published.listed.profile,
        version=published.version,
        title={"nl": published.title("nl"), "en": published.title("en")},
        limits=limits,
        minimum=shown.minimum,
        base_households=all_base,
        base_penetration=100.0 * all_profile / all_base,
        total=table("selection", ["*"], [selection.title["nl"]], whole),
        areas=table(level, codes, names, (households, members)),
        main=segments.get("main", nothing),
        sub=segments.get("sub", nothing),
    )


def _listed(published: Published, level: int) -> tuple[Sequence[str], Sequence[str]]:
    codes = published.shown.segments.codes[level]
    scheme = published.scheme
    given = {} if scheme is None else {each.code: each.nl or each.en for each in (scheme.main, scheme.sub)[level - 1]}
    return codes, [given.get(code, "") for code in codes]


def in_order(table: pd.DataFrame, scheme: SegmentScheme, kind: str) -> pd.DataFrame:
    """Rows of main or sub segments as the scheme has them; unknown codes last."""
    listed = [each.code for each in scheme.main] if kind == "main" else [each.code for each in scheme.sub]
    places = {code: place for place, code in enumerate(listed)}
    place = [places.get(code, len(listed)) for code in table["code"]]
    return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _with_figures(
    rows: Mapping[str, Sequence[str]],
    found: tuple[Found, Found],
    shown: Shown,
    overall: tuple[float, float],
    inside: tuple[float, float],
    limits: tuple[float, float],
) -> pd.DataFrame:
    """Figures of cells against a base that they are not the whole of; missing where too little is known."""
    base, profile = found[0].value(), found[1].value()
    base = np.where(base >= shown.minimum, base, np.nan)
    kept = (profile >= shown.minimum) & np.isfinite(base)
    n, part = base[kept], np.minimum(profile[kept], base[kept])
    index = measures.index(part, n, all_profile=overall[1], all_base=overall[0])
    low, high = measures.index_interval(part, n, all_profile=overall[1], all_n=overall[0])
    lowest, highest = measures.penetration_interval(part, n)
    figures = {
        "penetration": measures.penetration(part, n),
        "penetration_low": lowest,
        "penetration_high": highest,
        "share": 100.0 * part / inside[1],
        "index": index,
        "index_low": low,
        "index_high": high,
    }
    map_class = np.full(len(kept), "suppressed", dtype=object)
    map_class[kept] = measures.map_class(index, low, high, limits=limits)
    columns = {
        **rows,
        "n_base": _whole(base),
        "n_profile": _whole(np.where(kept, profile, np.nan)),
        **{name: _spread(values, kept) for name, values in figures.items()},
        "base_share": 100.0 * base / inside[0],
        "map_class": map_class,
        "suppressed": ~kept,
        "estimated": np.where(kept, 100.0 * found[1].estimated(), np.nan),
    }
    # All at once: adding a column at a time costs more than the figures do.
    return pd.DataFrame({name: columns[name] for name in SHAPE})


def _spread(values: Floats, kept: NDArray[np.bool_]) -> Floats:
    whole = np.full(len(kept), np.nan)
    whole[kept] = values
    return whole


def _whole(values: Floats) -> pd.Series[int]:
    missing = np.isnan(values)
    counts = np.rint(np.where(missing, 0.0, values)).astype(np.int64)
    return pd.Series(pd.arrays.IntegerArray(counts, missing))
