"""File enrichment (bestandsverrijking): a customer file with segment and profiles added to each row.

Nothing about a row is guessed: where the household is not certain, the cells stay empty and the kind of match says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from profiling.population.address_book import AddressBook
from profiling.population.scheme import SegmentScheme
from profiling.publish.customers_found import MatchReport, check_belonging, find_customers, households_of
from profiling.publish.published import Published
from profiling.publish.uploads import Upload


@dataclass(frozen=True)
class Enrichment:
    """What is added to a file, row by row in its order.

    `added` has the columns kind (of `address_book.KINDS`), segment and main (codes, where the population has segments)
    and per profile, by its name, whether the household belongs; missing where no household was found.
    """

    upload: Upload = field(repr=False)
    added: pa.Table = field(repr=False)
    profiles: tuple[Published, ...]
    scheme: SegmentScheme | None = field(repr=False)
    report: MatchReport

    def __repr__(self) -> str:
        found, rows = self.report.n_found, self.report.n_rows
        return f"Enrichment({self.report.file}, {found:,} of {rows:,} rows) · next: reporting.enriched_file.to_bytes(…)"


def enrich(upload: Upload, book: AddressBook, published: Sequence[Published]) -> Enrichment:
    """Segment and profiles of each row of a customer file.

    Parameters
    ----------
    published : the profiles to add, all made of the household file that the book is of.

    Raises
    ------
    ProfileError
        When book and profiles do not belong together.
    """
    check_belonging(book, published)
    customers = find_customers(upload, book)
    found = customers.matches.table.column("household_id").combine_chunks()
    households = customers.matches.households
    at = pc.index_in(found, value_set=households)
    added = {"kind": customers.matches.table.column("kind").combine_chunks()}
    scheme = published[0].scheme
    for number, each in enumerate(published):
        segment = ["segment"] if scheme is not None and number == 0 else []
        known = households_of(each, households, [*segment, "in_profile"])
        if segment:
            codes = pa.array(known["segment"], pa.string())
            main = scheme.main_of() if scheme else {}
            added["segment"] = codes.take(at)
            added["main"] = pa.array([main.get(code) for code in codes.to_pylist()], pa.string()).take(at)
        added[each.listed.profile] = pa.array(known["in_profile"], pa.bool_()).take(at)
    return Enrichment(upload, pa.table(added), tuple(published), scheme, customers.report)
