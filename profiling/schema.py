"""Tables as they come in: opened, and held against what the configuration says of them, all faults at once."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from profiling.delimited import CSV_ENDINGS, layout
from profiling.errors import SchemaError, did_you_mean

Kind = Literal["text", "number", "date", "any"]

_RAGGED = re.compile(r"Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True)
class Column:
    """What we expect of one column. `role` says in the user's words what it is for."""

    name: str
    kind: Kind
    role: str


def find_files(patterns: Sequence[Path], *, where: Path | str) -> tuple[Path, ...]:
    """All files that the patterns stand for, in name order.

    Raises
    ------
    SchemaError
        When a pattern finds nothing.
    """
    found: list[Path] = []
    faults = []
    for pattern in patterns:
        matches = sorted(Path(each) for each in glob.glob(str(pattern), recursive=True))  # noqa: PTH207
        if not matches:
            faults.append(f"no file at {pattern}")
        found.extend(matches)
    if faults:
        raise SchemaError("files are missing", where=where, faults=faults, hint="correct the path under 'files'")
    return tuple(dict.fromkeys(found))


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn what Arrow says of a damaged file into the user's words."""
    try:
        yield
    except (
        pa.ArrowInvalid,
        pa.ArrowTypeError,
        pa.ArrowNotImplementedError,
        OSError,
        UnicodeDecodeError,
    ) as error:
        wrong = _RAGGED.search(str(error))
        if wrong:
            # Arrow shows the row itself, and a row may hold an address.
            raise SchemaError(
                f"cannot be read: a row has {wrong[2]} columns where the header has {wrong[1]}",
                where=path,
                hint="put values that hold the separator between quotes, or export with another separator",
            ) from error
        raise SchemaError(
            f"cannot be read: {str(error).splitlines()[0]}",
            where=path,
            hint="the file is damaged or not what its name says; export it again",
        ) from error


def table_schema(path: Path) -> pa.Schema:
    """The columns of a Parquet or CSV file (of a CSV the names only, all as text).

    Raises
    ------
    SchemaError
        When the file is damaged, empty, or of another kind.
    """
    with reading(path):
        if path.suffix == ".parquet":
            return pq.read_schema(path)
        if path.suffix.lower() in CSV_ENDINGS:
            names = layout(path).names
            if not names:
                raise SchemaError("the file is empty", where=path)
            return pa.schema([(name, pa.string()) for name in names])
    raise SchemaError(
        f"'{path.suffix or path.name}' is not a kind of file that we read",
        where=path,
        hint="give Parquet or CSV",
    )


def check_columns(schema: pa.Schema, columns: Sequence[Column], *, where: Path, mapped_in: Path | str) -> None:
    """Hold a table's columns against what is expected of them.

    Raises
    ------
    SchemaError
        With every missing column (and the nearest name there is) and every wrong type.
    """
    faults = []
    for column in columns:
        if column.name not in schema.names:
            tail = did_you_mean(column.name, schema.names)
            faults.append(f"column '{column.name}' ({column.role}) is missing{tail}")
        elif (got := _unexpected(schema.field(column.name).type, column.kind)) and where.suffix == ".parquet":
            faults.append(f"column '{column.name}' ({column.role}) holds {got}, expected {_EXPECTED[column.kind]}")
    if faults:
        plural = "fault" if len(faults) == 1 else "faults"
        raise SchemaError(f"{len(faults)} {plural}", where=where, faults=faults, hint=f"map the columns in {mapped_in}")


_EXPECTED = {"text": "text", "number": "numbers", "date": "dates", "any": "anything"}


def _unexpected(kind: pa.DataType, expected: Kind) -> str | None:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    number = number or pa.types.is_decimal(kind) or pa.types.is_null(kind)
    date = pa.types.is_temporal(kind) or text
    fits = {
        "text": text or pa.types.is_integer(kind) or pa.types.is_null(kind),
        "number": number,
        "date": date,
    }
    return None if fits.get(expected, True) else str(kind)
