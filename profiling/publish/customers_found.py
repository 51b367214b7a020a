"""A file of customers held against an address book and profiles: which row is which household, and how that went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from profiling.artefacts import MANIFEST
from profiling.errors import ProfileError, Text
from profiling.population.address_book import (
    FOUND,
    KINDS,
    AddressBook,
    Matches,
    build_address_book,
    match,
    open_address_book,
)
from profiling.population.address_columns import read_addresses
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.publish.published import Published
from profiling.publish.sheets import Notice
from profiling.publish.uploads import Upload
from profiling.sql import open_database


@dataclass(frozen=True)
class MatchReport:
    """How the rows of a file were found: `kinds` is kind → rows (of `KINDS`), `doubts` flag of the parser → rows.

    `told` is false where these numbers, beside those of a part of the customers, would tell of a few others; then
    `kinds` is empty and `n_households` 0, and pages give the number of rows alone.
    """

    file: str
    n_rows: int
    n_households: int
    kinds: Mapping[str, int]
    doubts: Mapping[str, int]
    notices: tuple[Notice, ...]
    told: bool = True

    def __repr__(self) -> str:
        found = f"{self.n_found:,} of {self.n_rows:,} rows found" if self.told else f"{self.n_rows:,} rows"
        return f"MatchReport({self.file}, {found}) · next: analyse_customers(…)"

    @property
    def n_found(self) -> int:
        """Rows whose household is known, those that share one included."""
        return sum(self.kinds.get(kind, 0) for kind in FOUND)

    def beside_part(self, n_left: float, minimum: int) -> MatchReport:
        """The report as it may stand beside figures of a part of the customers: untold where few are left out.

        Whoever knows how many households were found, and how many of them live in a work area, knows how many do not.

        Parameters
        ----------
        n_left : households (or expected ones) that the figures leave out.
        minimum : fewest of those that may be known of; none looks the same as few.
        """
        if n_left >= minimum:
            return self
        return replace(self, n_households=0, kinds={}, told=False)

    def table(self) -> pd.DataFrame:
        """A row per kind: kind, n, share (in % of the rows); no rows where it may not be told."""
        if not self.told:
            return pd.DataFrame({"kind": [], "n": [], "share": []})
        counts = [self.kinds[kind] for kind in KINDS]
        shares = [100.0 * each / self.n_rows if self.n_rows else float("nan") for each in counts]
        return pd.DataFrame({"kind": KINDS, "n": counts, "share": shares})


@dataclass(frozen=True)
class Customers:
    """The rows of a file with the household of each. It is never stored."""

    report: MatchReport
    matches: Matches = field(repr=False)
    postcodes: pa.Array = field(repr=False)


def book_for(
    published: Sequence[Published], work: Path, population: Path | None = None, *, data: Path | None = None
) -> AddressBook:
    """The address book that profiles belong to: as it stands in the work folder, else made of the population.

    Parameters
    ----------
    work : folder of address books; never a bundle's.
    population : configuration of the household file; needed only where there is no book yet.
    data : folder that `{data}` stands for in it.

    Raises
    ------
    ProfileError
        When there is no book and no population, or profiles are of another household file.
    """
    if not published:
        raise _no_profile()
    folder = work / "address-books" / str(published[0].manifest["inputs"]["population"])[:12]
    if (folder / MANIFEST).is_file():
        book = open_address_book(folder)
    elif population is not None:
        book = build_address_book(open_population(load_population(population, data=data)), work)
    else:
        raise ProfileError(
            Text(
                "Bij dit profiel zijn geen adressen om uw bestand mee te vergelijken",
                "there is no address book of the household file that this profile was made of",
            ),
            where=work,
            hint=Text(
                "Vraag de beheerder om de tool te starten met --population en --data",
                "name the household file once with --population configs/populations/… (and --data); it is kept then",
            ),
        )
    check_belonging(book, published)
    return book


def find_customers(upload: Upload, book: AddressBook) -> Customers:
    """The household of each row of a file.

    Raises
    ------
    ArtefactError
        When the address book is damaged.
    """
    read = read_addresses(upload.addresses())
    matches = match(book, read)
    flags: Counter[str] = Counter()
    for each in pc.value_counts(read.column("flags")).to_pylist():
        flags.update(dict.fromkeys(each["values"].split(), each["counts"]))
    notices = list(upload.notices)
    if "id" not in upload.roles:
        notices.append(Notice("no_id"))
    report = MatchReport(
        file=upload.sheet.name,
        n_rows=upload.n_rows,
        n_households=len(matches.households),
        kinds=matches.counts,
        doubts=dict(sorted(flags.items())),
        notices=tuple(notices),
    )
    return Customers(report, matches, read.column("postcode").combine_chunks())


def check_belonging(book: AddressBook, published: Sequence[Published]) -> None:
    """Book and profiles are of one household file, and profiles differ.

    Raises
    ------
    ProfileError
        With everything that does not belong together.
    """
    if not published:
        raise _no_profile()
    faults = [
        Text(
            f"'{each.listed.profile}' {each.version} is gemaakt van een ander bestand met huishoudens "
            f"(peildatum {each.snapshot})",
            f"'{each.listed.profile}' {each.version} was made of another household file (of {each.snapshot})",
        )
        for each in published
        if each.manifest["inputs"]["population"] != book.population
    ]
    names = Counter(each.listed.profile for each in published)
    faults += [
        Text(f"'{name}' is {n} keer gekozen", f"'{name}' was chosen {n} times") for name, n in names.items() if n > 1
    ]
    if faults:
        raise ProfileError(
            Text("De profielen en de adressen horen niet bij elkaar", "profiles and addresses do not belong together"),
            where=book.folder,
            faults=faults,
            hint=Text(
                "Kies profielen die van hetzelfde bestand zijn gemaakt, elk één keer",
                "give the population that the profile was made of with --population and --data",
            ),
        )


def _no_profile() -> ProfileError:
    return ProfileError(
        Text("Er is geen profiel gekozen", "no profile was chosen"),
        hint=Text("Kies minstens één profiel", "name at least one with --profile"),
    )


def households_of(published: Published, wanted: pa.Array, columns: Sequence[str]) -> pd.DataFrame:
    """What a bundle knows of households: place (of `wanted`), household_id and the columns asked for.

    Parameters
    ----------
    wanted : text array of shape (n,), each household once.
    columns : of `Published.households`, such as segment, in_profile, buurt.
    """
    text = (files("profiling.publish") / "sql" / "customer_households.sql").read_text(encoding="utf-8")
    asked = pa.table({"place": pa.array(range(len(wanted)), pa.int64()), "household_id": wanted.cast(pa.string())})
    path = str(published.households).replace("'", "''")
    with open_database("2GB") as database:
        database.register("wanted", asked)
        database.execute(f"CREATE VIEW households AS SELECT * FROM read_parquet('{path}')")
        return database.execute(text.format(columns=", ".join(f'households."{each}"' for each in columns))).df()
