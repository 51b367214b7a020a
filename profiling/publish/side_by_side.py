"""Two profiles side by side: how many households they share, and how each stands in every segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.errors import ProfileError, Text
from profiling.profiles.disclosure import SUPPRESSED, suppress
from profiling.publish.published import Published
from profiling.sql import open_database


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
               count_if(b.in_profile AND NOT a.in_profile), count_if(NOT a.in_profile AND NOT b.in_profile)
        FROM (SELECT household_id, in_profile FROM read_parquet($first)) AS a
        JOIN (SELECT household_id, in_profile FROM read_parquet($second)) AS b USING (household_id)
    """
    with open_database() as database:
        files = {"first": str(first.households), "second": str(second.households)}
        counted = database.execute(query, files).fetchone()
    both, one, other, neither = counted or (0, 0, 0, 0)
    minimum = max(first.settings.minimum_cell, second.settings.minimum_cell)
    hidden = _hidden(np.array([[both, one], [other, neither]]), minimum)
    parts = pd.DataFrame({"part": ["both", "first", "second"], "n": [both, one, other]}).assign(suppressed=hidden)
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


def _hidden(inner: NDArray[np.int64], minimum: int) -> bool:
    """Whether the four ways of belonging may not be shown: in or not in the first (rows), and the second (columns).

    The sizes of both profiles and of the base are published, so they are the totals of this table. The one exit then
    hides all four where one is small, for any one of them gives the three others away.
    """
    sides = ("in", "out")
    rows = [(a, b, int(inner[i, j])) for i, a in enumerate(sides) for j, b in enumerate(sides)]
    rows += [(a, "*", int(inner[i].sum())) for i, a in enumerate(sides)]
    rows += [("*", b, int(inner[:, j].sum())) for j, b in enumerate(sides)]
    cells = pd.DataFrame([*rows, ("*", "*", int(inner.sum()))], columns=["first", "second", "n"])
    above = dict.fromkeys(sides, "*")
    table = suppress(cells, count="n", derived=[], parents={"first": above, "second": above}, minimum=minimum)
    return bool(table[SUPPRESSED].iloc[:4].any())


def fingerprinted(published: Published) -> dict[str, str]:
    """What identifies the household file that a version was scored on."""
    inputs = published.manifest["inputs"]
    return {"population": str(inputs["population"]), "snapshot": published.snapshot}
