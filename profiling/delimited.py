"""CSV files as they come: encoding and separator are seen in the file itself, and numbers may have a decimal comma."""

from __future__ import annotations

import codecs
import csv
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

CSV_ENDINGS = (".csv", ".txt", ".tsv")
_BLOCK = 1 << 24
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_SPECIAL = r"^(?i:[+-]?inf(inity)?|nan)$"


@dataclass(frozen=True)
class Layout:
    """How a CSV is written: its encoding, its separator and the names in its header."""

    encoding: str
    separator: str
    names: tuple[str, ...]


def layout(path: Path) -> Layout:
    """See how a CSV is written. The encoding is what its first bytes say, else UTF-8, else Windows-1252.

    The separator is the one of `;`, tab and `,` that the header holds most often. A file is looked through once.
    """
    stat = path.stat()
    return _layout(path, stat.st_size, stat.st_mtime_ns)


def read_texts(path: Path, names: Sequence[str] | None = None, *, block: int = _BLOCK) -> pa.RecordBatchReader:
    """The columns of a CSV as text, in streams; an empty cell is missing, and nothing else is.

    Raises
    ------
    pyarrow.ArrowInvalid, UnicodeDecodeError
        When the file is damaged: read it within `schema.reading`.
    """
    return _open(path, list(names) if names is not None else list(layout(path).names), [""], block)


def read_values(path: Path, names: Sequence[str], *, block: int) -> pa.RecordBatchReader:
    """As `read_texts`, where the usual words for nothing, such as NA and NULL, are missing values too."""
    return _open(path, list(names), None, block)


@dataclass
class Numbers:
    """One column of numbers, read from text a batch at a time; remembers what could not be read.

    A comma is a decimal comma where it does not separate the columns. One column with points and commas is a fault:
    1.234 beside 19,2 may be a thousand or a little over one.
    """

    separator: str
    bad: int = 0
    first: str = ""
    signs: dict[str, str] = field(default_factory=dict)

    def read(self, texts: pa.Array) -> pa.Array:
        """Float array of shape (n,); what is no number is null, counted in `bad`, and the first is kept."""
        trimmed = pc.utf8_trim_whitespace(texts)
        for sign in ".,":
            if sign not in self.signs and len(found := trimmed.filter(pc.match_substring(trimmed, sign))):
                self.signs[sign] = found[0].as_py()
        if "," in self.signs and self.separator != ",":
            trimmed = pc.replace_substring(trimmed, ",", ".")
        try:
            read = pc.cast(trimmed, pa.float64())
        except pa.ArrowInvalid:
            fits = pc.or_(pc.match_substring_regex(trimmed, _NUMBER), pc.match_substring_regex(trimmed, _SPECIAL))
            strange = texts.filter(pc.invert(fits))
            self.first = self.first or str(strange[0].as_py())
            self.bad += len(strange)
            read = pc.cast(pc.if_else(fits, trimmed, pa.scalar(None, pa.string())), pa.float64())
        return read

    @property
    def fault(self) -> str:
        """What is wrong with the column so far, to stand behind its name; empty when nothing is."""
        if self.bad:
            return f"{self.bad:,} values are no numbers (first: '{self.first}')"
        if len(self.signs) == 2 and self.separator != ",":
            return f"numbers with a point ('{self.signs['.']}') and with a comma ('{self.signs[',']}'): which is which?"
        return ""


@functools.lru_cache(maxsize=256)
def _layout(path: Path, _size: int, _changed: int) -> Layout:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as handle:
        header = handle.readline()
        separator = max(";\t,", key=header.count)
        handle.seek(0)
        names = next(csv.reader(handle, delimiter=separator), [])
    return Layout(encoding, separator, tuple(names))


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as handle:
        start = handle.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        marked = start.startswith(codecs.BOM_UTF8)
        try:
            decoder.decode(start)
            while block := handle.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "utf-8-sig" if marked else "cp1252"
    return "utf-8-sig" if marked else "utf-8"


def _open(path: Path, names: list[str], missing: list[str] | None, block: int) -> pa.RecordBatchReader:
    seen = layout(path)
    encoding = "utf8" if seen.encoding.startswith("utf-8") else seen.encoding  # Arrow takes the mark off by itself
    return pa.csv.open_csv(
        path,
        read_options=pa.csv.ReadOptions(block_size=block, encoding=encoding),
        parse_options=pa.csv.ParseOptions(delimiter=seen.separator, newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            include_columns=names,
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=missing,
        ),
    )
