"""CSV files of users: whatever encoding, separator and line ends they have."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from profiling.errors import Text, UploadError
from profiling.publish.sheets import Limits, Notice, Sheet, check_size, too_many_rows

DELIMITERS = ";\t,|"
_SAMPLE = 100
# As people and spreadsheets call them.
_CALLED = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}


def open_csv(data: bytes, name: str, limits: Limits) -> Sheet:
    """Read text with separators.

    Raises
    ------
    UploadError
        When it is not text, rows have too many cells, or it is larger than we take.
    """
    text, encoding = _decode(data, name)
    called = {"encoding": _CALLED.get(encoding, encoding.upper())}
    notices = () if encoding in ("utf-8", "utf-8-sig") else (Notice("encoding", called),)
    if text.count("\n") > limits.rows * 2 or len(text.splitlines()[: limits.rows + 2]) > limits.rows + 1:
        raise too_many_rows(name, limits)
    separator = _delimiter(text)
    sample = list(_rows(text[:200_000], separator, _SAMPLE))
    width = max((len(row) for row in sample), default=0)
    check_size(name, width, 0, limits)
    try:
        texts = _fast(text, separator, width)
    except pa.ArrowInvalid as error:
        raise UploadError(
            Text("Dit CSV-bestand is niet te lezen", "is not a CSV that can be read"),
            where=name,
            faults=[Text("de scheidingstekens of aanhalingstekens kloppen niet", str(error).splitlines()[0])],
        ) from error
    if texts is None:
        texts = _patient(text, separator, width, name)
    texts = _without_empty_rows(texts)
    check_size(name, width, texts.num_rows, limits)
    return Sheet(name, "csv", texts, None, encoding, separator, notices)


def _decode(data: bytes, name: str) -> tuple[str, str]:
    """Text and the encoding it was in: what the first bytes say, else UTF-8, else Windows-1252 (of which Latin-1 …)."""
    if data.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\x00" in data[:2_000]:
        # Latin text in UTF-16 without a mark: every other byte is zero.
        zeros = data[0:2_000:2].count(0), data[1:2_000:2].count(0)
        clear = max(zeros) > 10 * min(zeros) and max(zeros) > len(data[:2_000]) // 4
        encodings = ["utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"] if clear else []
    else:
        encodings = ["utf-8", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
    raise UploadError(
        Text("Het bestand is geen tekst en geen Excel", "is not text and not Excel"),
        where=name,
        hint=Text(
            "Bewaar het als .xlsx of als CSV (UTF-8) en probeer het opnieuw",
            "save it as .xlsx or as CSV (UTF-8) and try again",
        ),
    )


def _delimiter(text: str) -> str:
    """The separator that gives most lines the same number of cells, and more than one."""

    def fit(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in _rows(text[:200_000], separator, _SAMPLE)]
        usual = max(set(widths), key=lambda each: (widths.count(each), each)) if widths else 1
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual

    best = max(DELIMITERS, key=fit)
    return best if fit(best)[1] > 1 else ";"


def _rows(text: str, separator: str, most: int | None = None) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    for number, row in enumerate(row for row in reader if row):
        if number == most:
            return
        yield row


def _fast(text: str, separator: str, width: int) -> pa.Table | None:
    """All rows by Arrow; None where a row has another number of cells."""
    odd = []

    def refuse(row: Any) -> str:
        odd.append(row.number)
        return "skip"

    names = [f"c{number}" for number in range(width)]
    table = pa.csv.read_csv(
        pa.BufferReader(text.encode()),
        read_options=pa.csv.ReadOptions(column_names=names),
        parse_options=pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=refuse),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, quoted_strings_can_be_null=False
        ),
    )
    return None if odd else table


def _patient(text: str, separator: str, width: int, name: str) -> pa.Table:
    """Row by row: short rows are filled up, and rows with more cells than there are columns are faults."""
    columns: list[list[str]] = [[] for _ in range(width)]
    faults = []
    for number, row in enumerate(_rows(text, separator), start=1):
        if any(row[width:]):
            faults.append(
                Text(
                    f"regel {number} heeft {len(row)} cellen, de andere hebben er {width}",
                    f"row {number:,} has {len(row)} cells, the others have {width}",
                )
            )
        for place, column in enumerate(columns):
            column.append(row[place] if place < len(row) else "")
    if faults:
        rest = len(faults) - 5
        there = "staat 1 regel" if len(faults) == 1 else f"staan {len(faults)} regels"
        more = [Text(f"en nog {rest} regels", f"and {rest:,} more rows")] if rest > 0 else []
        raise UploadError(
            Text(
                f"In het bestand {there} met te veel cellen",
                f"has {len(faults):,} rows with too many cells",
            ),
            where=name,
            faults=[*faults[:5], *more],
            hint=Text(
                f"Zet een waarde met '{separator}' erin tussen aanhalingstekens, of maak het bestand opnieuw",
                f"put a value that holds '{separator}' between quotes, or export the file again",
            ),
        )
    return pa.table({f"c{place}": pa.array(column, pa.string()) for place, column in enumerate(columns)})


def _without_empty_rows(texts: pa.Table) -> pa.Table:
    filled = None
    for column in texts.columns:
        some = pc.not_equal(pc.utf8_trim_whitespace(column), "")
        filled = some if filled is None else pc.or_(filled, some)
    return texts if filled is None else texts.filter(filled)
