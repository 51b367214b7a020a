"""Two profiles side by side: how many households they share, and how each stands in every segment."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

from profiling.errors import ProfileError, Text
from profiling.profiles.disclosure import suppress
from profiling.publish.published import Published


@dataclass(frozen=True)
class SideBySide:
    """What two profiles have in common.

    `parts` has the rows both, first, second (households, `suppressed` where too few to show); `jaccard` is both ÷ all
    of either, missing where a part is suppressed. `expected` is the number of shared households if the two had nothing
    to do with each other.
    """

    first: Published
    second: Published
    parts: pd.DataFrame
    jaccard: float | None
    expected: float

    def __repr__(self) -> str:
        names = f"{self.first.listed.profile}, {self.second.listed.profile}"
        return f"SideBySide({names}) · next: reporting.side_page.side_page(found)"


def compare_published(first: Published, second: Published) -> SideBySide:
    """Count the households that belong to both, to one, and to the other.

    Raises
    ------
    ProfileError
        When the two are of different household files, or are the same version.
    """
    if first.version == second.version:
        raise ProfileError(
            Text("Dat is twee keer dezelfde versie", "that is the same version twice"),
            where=first.listed.profile,
            hint=Text("Kies twee verschillende versies of profielen", "choose two versions"),
        )
    same = ("population", "snapshot")
    if any(fingerprinted(first)[each] != fingerprinted(second)[each] for each in same):
        raise ProfileError(
            Text(
                "Deze profielen komen uit verschillende bestanden met huishoudens",
                "these profiles are of different household files",
            ),
            where=f"{first.listed.profile} and {second.listed.profile}",
            hint=Text("Vergelijk versies met dezelfde peildatum", "compare versions of one snapshot"),
        )
    query = """
        SELECT count_if(a.in_profile AND b.in_profile), count_if(a.in_profile AND NOT b.in_profile),
               count_if(b.in_profile AND NOT a.in_profile)
        FROM (SELECT household_id, in_profile FROM read_parquet($first)) AS a
        JOIN (SELECT household_id, in_profile FROM read_parquet($second)) AS b USING (household_id)
    """
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as database:
        files = {"first": str(first.households), "second": str(second.households)}
        counted = database.execute(query, files).fetchone()
    both, one, other = counted or (0, 0, 0)
    cells = pd.DataFrame({"part": ["*", "both", "first", "second"], "n": [both + one + other, both, one, other]})
    # The sizes of both profiles are published, so one part gives away the two others: all or none.
    table = suppress(cells, count="n", derived=[], parents={"part": dict.fromkeys(("both", "first", "second"), "*")})
    hidden = bool(table["suppressed"].any())
    parts = table[table["part"] != "*"].reset_index(drop=True).assign(suppressed=hidden)
    if hidden:
        parts["n"] = pd.NA
    either = both + one + other
    return SideBySide(
        first,
        second,
        parts,
        None if hidden or not either else both / either,
        first.n_profile * second.n_profile / first.n_base,
    )


def fingerprinted(published: Published) -> dict[str, str]:
    """What identifies the household file that a version was scored on."""
    inputs = published.manifest["inputs"]
    return {"population": str(inputs["population"]), "snapshot": published.snapshot}
