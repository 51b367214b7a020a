"""What a file of a user becomes: a table of texts, within limits, with notices for who gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from profiling.errors import Text, UploadError


@dataclass(frozen=True)
class Limits:
    """How much of a file is taken in. `seconds` and `memory` (bytes) bound the reading of a workbook."""

    bytes: int = 250_000_000
    unpacked: int = 1_000_000_000
    rows: int = 2_000_000
    columns: int = 256
    cells: int = 30_000_000
    seconds: int = 120
    memory: int = 4_000_000_000


LIMITS = Limits()


@dataclass(frozen=True)
class Notice:
    """Something that the user should know; the surfaces have a phrase for each key."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """All cells of a file as text, shape (rows, columns), and how the file was written.

    `kinds` says of a workbook's cells whether they were text (0), numbers (1), dates (2), times (3) or true/false (4).
    """

    name: str
    format: Literal["csv", "xlsx"]
    texts: pa.Table
    kinds: pa.Table | None = None
    encoding: str = "utf-8"
    delimiter: str = ";"
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return f"Sheet({self.name}, {self.texts.num_rows:,} rows) · next: read_upload(sheet, choice)"


def check_size(name: str, columns: int, rows: int, limits: Limits) -> None:
    """Refuse a table that is larger than we take.

    Raises
    ------
    UploadError
        With what there is and what is taken.
    """
    hint = Text(
        "Bewaar alleen de kolommen met ID, postcode en huisnummer",
        "keep the columns with ID, postcode and house number only",
    )
    if columns > limits.columns:
        nl = f"Het bestand heeft {columns} kolommen. Wij nemen er hoogstens {limits.columns}"
        raise UploadError(Text(nl, f"has {columns:,} columns; {limits.columns} are taken"), where=name, hint=hint)
    if rows > limits.rows + 1:
        raise too_many_rows(name, limits)
    if rows * columns > limits.cells:
        nl = f"Het bestand heeft {rows} × {columns} cellen. Wij nemen er hoogstens {limits.cells}"
        raise UploadError(
            Text(nl, f"has {rows:,} × {columns} cells; {limits.cells:,} are taken"), where=name, hint=hint
        )


def too_many_rows(name: str, limits: Limits) -> UploadError:
    """The message for a file with too many rows."""
    return UploadError(
        Text(f"Het bestand heeft meer dan {limits.rows} regels", f"has more than {limits.rows:,} rows"),
        where=name,
        hint=Text("Splits het bestand en doe het in delen", "split the file and run it in parts"),
    )
