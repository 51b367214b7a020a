"""Excel workbooks of users, read in a process of their own that may use so much memory and time and no more.

What a workbook unpacks to, and how far its cells reach, is looked at first: a small file can hold a sheet of a billion
cells. The process then reads its input and writes Arrow to its output; it touches no disk.
"""

from __future__ import annotations

import datetime
import io
import re
import resource
import subprocess
import sys
import zipfile
from typing import Any

import pyarrow as pa

from profiling.errors import Text, UploadError
from profiling.publish.sheets import Limits, Notice, Sheet, check_size

TEXT, NUMBER, DATE, TIME, BOOLEAN = range(5)
_CHUNK = 1 << 20
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_NO_SHEET, _LOCKED, _BROKEN = 3, 4, 5


def open_workbook(data: bytes, name: str, sheet: str | None, limits: Limits) -> Sheet:
    """Read one sheet of an .xlsx or .xls file.

    Raises
    ------
    UploadError
        When it is damaged, has a password, or is larger than we take.
    """
    formulas = False
    if data.startswith(b"PK"):
        formulas = _look_inside(data, name, limits)
    elif _ENCRYPTED in data:
        raise _locked(name)
    table, notices = _read(data, name, sheet, limits)
    if formulas:
        notices = (*notices, Notice("formulas"))
    texts = table.select([each for each in table.column_names if each.startswith("c")])
    kinds = table.select([each for each in table.column_names if each.startswith("k")])
    check_size(name, texts.num_columns, texts.num_rows, limits)
    if texts.num_rows == 0:
        raise UploadError(
            Text("Het Excel-bestand is leeg", "is empty"),
            where=name,
            hint=Text(
                "Zet het blad met de adressen vooraan en probeer het opnieuw",
                "choose the sheet with the addresses with --sheet",
            ),
        )
    return Sheet(name, "xlsx", texts, kinds, notices=notices)


def _look_inside(data: bytes, name: str, limits: Limits) -> bool:
    """Unpack piece by piece without keeping anything: size, reach of the cells, and whether there are formulas."""
    formulas, unpacked = False, 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" not in names:
                raise UploadError(
                    Text("Het bestand is geen Excel-bestand (.xlsx)", "is not an Excel workbook (.xlsx)"),
                    where=name,
                    hint=Text("Bewaar het als .xlsx of als CSV", "save it as .xlsx or as CSV"),
                )
            if len(names) > 2_000:
                raise UploadError(
                    Text(f"Het Excel-bestand heeft te veel delen ({len(names)})", f"holds {len(names):,} parts"),
                    where=name,
                    hint=Text("Bewaar het als een nieuw .xlsx-bestand", "save it as a new .xlsx"),
                )
            for member in archive.infolist():
                rows = columns = 0
                tail = b""
                with archive.open(member) as part:
                    while chunk := part.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > limits.unpacked:
                            raise UploadError(
                                Text(
                                    f"Uitgepakt is het bestand groter dan {limits.unpacked // 1_000_000} MB",
                                    f"unpacks to more than {limits.unpacked // 1_000_000:,} MB",
                                ),
                                where=name,
                                hint=Text(
                                    "Bewaar alleen het blad met de adressen, of bewaar het als CSV",
                                    "keep the sheet with the addresses only, or save it as CSV",
                                ),
                            )
                        if member.filename.startswith("xl/worksheets/"):
                            piece = tail + chunk
                            formulas = formulas or bool(_FORMULA.search(piece))
                            rows, columns = _reach(piece, rows, columns)
                            tail = chunk[-64:]
                check_size(name, columns, rows, limits)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise _damaged(name) from error
    except RuntimeError as error:
        raise _locked(name) from error
    return formulas


def _reach(piece: bytes, rows: int, columns: int) -> tuple[int, int]:
    """The last row and column that any cell names."""
    for letters, digits in set(_CELL.findall(piece)):
        column = 0
        for letter in letters.upper():
            column = 26 * column + letter - 64
        rows, columns = max(rows, int(digits)), max(columns, column)
    return rows, columns


def _read(data: bytes, name: str, sheet: str | None, limits: Limits) -> tuple[pa.Table, tuple[Notice, ...]]:
    order = [sys.executable, "-m", "profiling.publish.workbooks", str(limits.memory), str(limits.seconds)]
    try:
        done = subprocess.run(
            [*order, *([sheet] if sheet else [])], input=data, capture_output=True, timeout=limits.seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UploadError(
            Text(
                f"Het lezen duurt langer dan {limits.seconds} seconden",
                f"takes more than {limits.seconds} seconds to read",
            ),
            where=name,
            hint=Text("Bewaar het als CSV", "save it as CSV"),
        ) from error
    if done.returncode == _LOCKED:
        raise _locked(name)
    if done.returncode == _NO_SHEET:
        known = done.stderr.decode(errors="replace").strip().splitlines()[-1]
        raise UploadError(
            Text(f"Het bestand heeft geen blad '{sheet}'", f"has no sheet '{sheet}'"),
            where=name,
            hint=Text(f"Kies uit: {known}", f"there is: {known}"),
        )
    if done.returncode == _BROKEN:
        raise _damaged(name)
    if done.returncode:
        raise UploadError(
            Text("Het bestand is te groot om te lezen", "needs more memory to read than we allow"),
            where=name,
            hint=Text("Bewaar het als CSV en probeer het opnieuw", "save it as CSV and try again"),
        )
    with pa.ipc.open_stream(done.stdout) as stream:
        table = stream.read_all()
    others = (table.schema.metadata or {}).get(b"others", b"").decode()
    return table.replace_schema_metadata(None), (Notice("sheets", {"sheets": others}),) if others else ()


def _locked(name: str) -> UploadError:
    return UploadError(
        Text("Op het bestand zit een wachtwoord", "has a password"),
        where=name,
        hint=Text("Bewaar het zonder wachtwoord en probeer het opnieuw", "save it without a password and try again"),
    )


def _damaged(name: str) -> UploadError:
    return UploadError(
        Text("Het bestand is beschadigd", "is damaged"),
        where=name,
        hint=Text(
            "Open het in Excel, bewaar het opnieuw en probeer het nog eens",
            "open it in Excel, save it again and try once more",
        ),
    )


def _main(arguments: list[str]) -> int:
    """The other process: a workbook in, Arrow out."""
    import python_calamine

    memory, seconds = int(arguments[0]), int(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        wanted = arguments[2] if len(arguments) > 2 else None
        if wanted is not None and wanted not in book.sheet_names:
            sys.stderr.write(", ".join(book.sheet_names) + "\n")
            return _NO_SHEET
        sheets = [each.name for each in book.sheets_metadata if each.typ == python_calamine.SheetTypeEnum.WorkSheet]
        filled = [each for each in ([wanted] if wanted else sheets) if book.get_sheet_by_name(each).height]
        table = _table(book.get_sheet_by_name((filled or sheets)[0]))
    except python_calamine.PasswordError:
        return _LOCKED
    except (python_calamine.CalamineError, python_calamine.ZipError, python_calamine.XmlError, IndexError, OSError):
        return _BROKEN
    others = ", ".join(f"'{each}'" for each in filled[1:])
    table = table.replace_schema_metadata({"others": others})
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as writer:
        writer.write_table(table)
    return 0


def _table(sheet: Any) -> pa.Table:
    columns: list[list[str]] = []
    kinds: list[bytearray] = []
    rows = 0
    for row in sheet.iter_rows():
        cells = [_cell(value) for value in row]
        if not any(text for text, _kind in cells):
            continue
        while len(columns) < len(cells):
            columns.append([""] * rows)
            kinds.append(bytearray(rows))
        for place, column in enumerate(columns):
            text, kind = cells[place] if place < len(cells) else ("", TEXT)
            column.append(text)
            kinds[place].append(kind)
        rows += 1
    texts = {f"c{place}": pa.array(column, pa.string()) for place, column in enumerate(columns)}
    codes = {f"k{place}": pa.array(memoryview(kind), pa.uint8()) for place, kind in enumerate(kinds)}
    return pa.table({**texts, **codes})


def _cell(value: Any) -> tuple[str, int]:
    if isinstance(value, str):
        return value, TEXT
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), BOOLEAN
    if isinstance(value, int | float):
        whole = float(value).is_integer() and abs(value) < 1e15
        return (str(int(value)) if whole else repr(value)), NUMBER
    if isinstance(value, datetime.date):
        return value.isoformat(), TIME if isinstance(value, datetime.datetime) else DATE
    return ("" if value is None else str(value)), TEXT


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
