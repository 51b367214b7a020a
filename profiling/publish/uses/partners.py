"""Partners: files side by side by segment and profile, for a talk about working together.

Every file is counted by itself as in the customer analysis, and forgotten. What is compared are shares and indices, not
people; how many households two files share is the one figure about both, and goes through the one exit too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from profiling import measures
from profiling.errors import ProfileError, Text
from profiling.population.address_book import AddressBook
from profiling.profiles.disclosure import SUPPRESSED, suppress
from profiling.publish.choose import whole_country
from profiling.publish.customers import CustomerAnalysis, analyse_customers
from profiling.publish.customers_found import MatchReport, find_customers
from profiling.publish.published import Published
from profiling.publish.selection import Selection
from profiling.publish.uploads import Upload
from profiling.publish.uses.about import About, about

FIGURES = ("n", "share", "base_share", "index", "index_low", "index_high", "map_class", "suppressed")


@dataclass(frozen=True)
class PartnerComparison:
    """What `compare_partners` found.

    `segments` has a row per file and segment: partner, level, code, name, n, share, base_share, index with its
    interval, map_class, suppressed. `profiles` has a row per file: partner, n (its households), n_profile, penetration
    with its interval, index with its interval, map_class, suppressed. `pairs` has a row per two files: partner, other,
    alike (part of the households that would have to change segment to make the mixes equal, taken from 100; of segments
    that both show), shared (households in both), share_of_first and share_of_other (in %), suppressed.
    """

    about: About
    base: Selection
    reports: Mapping[str, MatchReport]
    by_postcode: Mapping[str, bool]
    segments: pd.DataFrame
    profiles: pd.DataFrame
    pairs: pd.DataFrame

    def __repr__(self) -> str:
        return f"PartnerComparison({', '.join(self.reports)}) · next: uses.write_use(comparison, folder)"

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {"segments": self.segments, "profiles": self.profiles, "pairs": self.pairs}


def compare_partners(
    uploads: Mapping[str, Upload], book: AddressBook, published: Published, *, base: Selection | None = None
) -> PartnerComparison:
    """Hold the files of partners side by side.

    Parameters
    ----------
    uploads : name of the partner → file; two or more.
    base : what shares are compared with; the whole country when left out.

    Raises
    ------
    ProfileError
        When there are fewer than two files, the population has no segments, or book and profile do not belong together.
    """
    if len(uploads) < 2:
        raise ProfileError(
            Text(f"Met {len(uploads)} bestand is er niets te vergelijken", f"{len(uploads)} files cannot be compared"),
            hint=Text("Geef er twee of meer, als naam=bestand.csv", "give two or more, as name=file.csv"),
        )
    if published.scheme is None:
        what = Text("Deze huishoudens hebben geen segmenten", "this population has no segments to compare")
        raise ProfileError(what, where=published.listed.profile)
    against = base or whole_country(published)
    found = {name: analyse_customers(each, book, published, base=against) for name, each in uploads.items()}
    households = {name: find_customers(each, book).matches.households for name, each in uploads.items()}
    segments = [each.segments.assign(partner=name) for name, each in found.items()]
    table = pd.concat(segments, ignore_index=True)[["partner", "level", "code", "name", *FIGURES]]
    return PartnerComparison(
        about=about(published),
        base=against,
        reports={name: each.report for name, each in found.items()},
        by_postcode={name: each.by_postcode for name, each in found.items()},
        segments=table,
        profiles=_profiles(found),
        pairs=_pairs(table, households, found, published.settings.minimum_cell),
    )


def _profiles(found: Mapping[str, CustomerAnalysis]) -> pd.DataFrame:
    rows = [each.profiles[0].table.iloc[[0]].assign(partner=name) for name, each in found.items()]
    table = pd.concat(rows, ignore_index=True).drop(columns=["level", "code", "name", "share"])
    return table[["partner", *[each for each in table.columns if each != "partner"]]]


def _pairs(
    segments: pd.DataFrame,
    households: Mapping[str, pa.Array],
    found: Mapping[str, CustomerAnalysis],
    minimum: int,
) -> pd.DataFrame:
    main = segments[segments["level"] == "main"].pivot(index="code", columns="partner", values="share")
    rows = []
    for one, other in combinations(households, 2):
        both = main[[one, other]].dropna()
        alike = np.nan
        if len(both) == len(main) and len(both):
            alike = 100.0 - float((both[one] - both[other]).abs().sum()) / 2.0
        rows.append({"partner": one, "other": other, "alike": alike} | _shared(one, other, households, found, minimum))
    return pd.DataFrame(rows)


def _shared(
    one: str,
    other: str,
    households: Mapping[str, pa.Array],
    found: Mapping[str, CustomerAnalysis],
    minimum: int,
) -> dict[str, float | bool]:
    """Households in both files; hidden where they, or those in one of the two alone, are few."""
    first, second = len(households[one]), len(households[other])
    both = int(pc.sum(pc.is_in(households[one], value_set=households[other])).as_py() or 0)
    cells = pd.DataFrame(
        {
            "cell": ["first", "second", "both of first", "first alone", "both of second", "second alone"],
            "n": [first, second, both, first - both, both, second - both],
        }
    )
    parents = {"both of first": "first", "first alone": "first", "both of second": "second", "second alone": "second"}
    marked = suppress(cells, count="n", derived=[], parents={"cell": parents}, minimum=minimum)
    exact = not (found[one].by_postcode or found[other].by_postcode)
    hidden = not exact or bool(marked[SUPPRESSED].to_numpy()[2:].any())
    names = (
        "shared",
        *(f"{each}{end}" for each in ("share_of_first", "share_of_other") for end in ("", "_low", "_high")),
    )
    if hidden:
        return dict.fromkeys(names, np.nan) | {"suppressed": True}
    figures = [float(both)]
    for n in (first, second):
        low, high = measures.penetration_interval([both], [n])
        figures += [float(100.0 * both / n), float(low[0]), float(high[0])]
    return dict(zip(names, figures, strict=True)) | {"suppressed": False}


def strongest(comparison: PartnerComparison, partner: str, n: int = 3) -> Sequence[str]:
    """Codes of the main segments that stand out most in a file: above the base with their whole interval."""
    rows = comparison.segments
    mine = rows[(rows["partner"] == partner) & (rows["level"] == "main") & (rows["index_low"] > 100.0)]
    return list(mine.sort_values("index", ascending=False, kind="stable")["code"].iloc[:n])
