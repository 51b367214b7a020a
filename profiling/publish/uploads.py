"""Files of users, treated as hostile: whatever comes in becomes a table of texts, or one clear message.

Contents decide what a file is, not its name. Nothing is written: a file is read in memory and forgotten with its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from profiling.errors import Text, UploadError
from profiling.publish.csv_files import open_csv
from profiling.publish.sheets import LIMITS, Limits, Notice, Sheet
from profiling.publish.upload_columns import Columns, Role, find_columns, letter
from profiling.publish.workbooks import open_workbook

READABLE = (".csv", ".txt", ".xlsx", ".xls")
"""How the names of files end that are taken; what is inside decides."""

_OLD_OFFICE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_OTHERS = {
    b"%PDF": Text("een PDF", "a PDF"),
    b"\x89PNG": Text("een afbeelding", "a picture"),
    b"\xff\xd8\xff": Text("een afbeelding", "a picture"),
    b"PAR1": Text("een Parquet-bestand", "a Parquet file"),
}


def open_sheet(
    file: bytes | BinaryIO | Path, *, name: str | None = None, sheet: str | None = None, limits: Limits = LIMITS
) -> Sheet:
    """Read a CSV or Excel file.

    Parameters
    ----------
    file : its path, its bytes, or an open binary file.
    name : what messages call it.
    sheet : sheet of a workbook; the first that holds something when left out.

    Raises
    ------
    UploadError
        When it is damaged, encrypted, empty, too large or no table.
    """
    data, called = _bytes(file, limits, name)
    if data.startswith((_ZIP, _OLD_OFFICE)):
        return open_workbook(data, called, sheet, limits)
    return open_csv(data, called, limits)


def _bytes(file: bytes | BinaryIO | Path, limits: Limits, name: str | None) -> tuple[bytes, str]:
    if isinstance(file, Path):
        called = name or file.name
        try:
            with file.open("rb") as handle:
                data = handle.read(limits.bytes + 1)
        except OSError as error:
            raise UploadError(
                Text("Het bestand kan niet open", f"cannot be opened: {error.strerror}"),
                where=file,
                hint=Text("Kijk na of het bestand er staat", "check the path"),
            ) from error
    elif isinstance(file, bytes):
        data, called = file, name or "the file"
    else:
        data, called = file.read(limits.bytes + 1), name or "the file"
    if len(data) > limits.bytes:
        raise UploadError(
            Text(
                f"Het bestand is groter dan {limits.bytes // 1_000_000} MB",
                f"is larger than {limits.bytes // 1_000_000:,} MB",
            ),
            where=called,
            hint=Text(
                "Bewaar alleen de kolommen met ID, postcode en huisnummer, of splits het bestand",
                "keep the columns with ID, postcode and house number only, or split the file",
            ),
        )
    if not data.strip(b"\x00\r\n\t ;,\xef\xbb\xbf\xff\xfe"):
        raise UploadError(
            Text("Het bestand is leeg", "is empty"),
            where=called,
            hint=Text(
                "Maak het bestand opnieuw. Wij hebben een ID, postcode en huisnummer nodig",
                "export it again; ID, postcode and house number are needed",
            ),
        )
    kind = next((said for start, said in _OTHERS.items() if data.startswith(start)), None)
    if kind or data[:300].lstrip().lower().startswith((b"<!doctype", b"<html")):
        kind = kind or Text("een webpagina", "a web page")
        raise UploadError(
            Text(f"Het bestand is {kind.nl}, geen tabel", f"is {kind}, not a table"),
            where=called,
            hint=Text("Kies een Excel-bestand of een CSV-bestand", "give an Excel file or a CSV"),
        )
    return data, called


@dataclass(frozen=True)
class Upload:
    """A file of customers, understood: which columns hold what. It is never stored.

    `roles` maps id, postcode, number, addition, address and country to places of columns, from 0.
    """

    sheet: Sheet
    header: bool
    roles: Mapping[Role, tuple[int, ...]]
    notices: tuple[Notice, ...]

    def __repr__(self) -> str:
        return f"Upload({self.sheet.name}, {self.n_rows:,} rows) · next: analyse_customers(…), enrich(…)"

    @property
    def n_rows(self) -> int:
        """Rows without the heading."""
        return int(self.sheet.texts.num_rows) - int(self.header)

    @property
    def rows(self) -> pa.Table:
        """All cells without the heading, as text."""
        return self.sheet.texts.slice(int(self.header))

    @property
    def headings(self) -> tuple[str, ...]:
        """The heading of each column; its letter as in Excel where the file has none."""
        texts = self.sheet.texts
        if self.header:
            return tuple(str(column[0].as_py() or "") for column in texts.columns)
        return tuple(letter(place) for place in range(texts.num_columns))

    @property
    def only_postcodes(self) -> bool:
        """Whether there are postcodes and no house numbers at all."""
        return "number" not in self.roles and "address" not in self.roles

    def addresses(self) -> pa.Table:
        """What `read_addresses` asks for; shape (n_rows, …)."""
        columns = {str(role): self._joined(role) for role in self.roles if role != "id"}
        if "address" in columns and "postcode" in columns:
            # Beside a postcode an address is street and number: it stands where a number would.
            columns["number"] = columns.pop("address")
        return pa.table(columns)

    def _joined(self, role: Role) -> pa.Array:
        parts = [self.rows.column(place).combine_chunks() for place in self.roles[role]]
        return pc.utf8_trim_whitespace(parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, " "))


def read_upload(
    file: bytes | BinaryIO | Path,
    columns: Columns | None = None,
    *,
    name: str | None = None,
    sheet: str | None = None,
    limits: Limits = LIMITS,
) -> Upload:
    """Read a file of customers and find its columns.

    Parameters
    ----------
    file, name, sheet : as `open_sheet`.
    columns : what the user says of columns; the rest is guessed and said in a notice.

    Raises
    ------
    UploadError
        As `open_sheet`; and when columns are missing or no postcode can be found.
    """
    opened = open_sheet(file, name=name, sheet=sheet, limits=limits)
    header, roles = find_columns(opened.texts, columns or Columns(), opened.name)
    if opened.texts.num_rows <= int(header):
        raise UploadError(
            Text("In het bestand staan alleen kopjes en geen regels", "holds a heading and no rows"),
            where=opened.name,
            hint=Text("Maak het bestand opnieuw", "export it again"),
        )
    named = {str(role): ", ".join(letter(place) for place in places) for role, places in roles.items()}
    notices = [*opened.notices, Notice("columns", named)]
    upload = Upload(opened, header, roles, ())
    if upload.only_postcodes:
        notices.append(Notice("only_postcodes"))
    return Upload(opened, header, roles, tuple(notices))
