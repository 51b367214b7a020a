"""Document → workbook: the words in front, a sheet per table with its picture, and an explanation at the end.

Figures stay numbers, so that a reader can sort, filter and calculate; the reader's Excel writes the decimal comma.
Text never becomes a formula, a link or a number. The same document gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from profiling.artefacts import writing
from profiling.errors import ArtefactError
from profiling.reporting.document import Chart, Column, Document, Kind, Map, Svg
from profiling.reporting.excel_front import flat, table_of, write_explanation, write_overview
from profiling.reporting.excel_sheets import HEAD, Field, fields, write_header, write_table
from profiling.reporting.excel_styles import LONGEST, Styles, like_formula, new_workbook, sheet_title, writable
from profiling.reporting.pictures import png
from profiling.reporting.text import phrase

MOST_ROWS = 1_048_576
_BATCH = 20_000


def render(document: Document, *, draw: Callable[[Svg], bytes] = png) -> bytes:
    """A document as an .xlsx file.

    Parameters
    ----------
    draw : makes a PNG of a picture.

    Returns
    -------
    bytes of a workbook with the sheets overview, one per table, explanation.
    """
    target = BytesIO()
    with new_workbook(target) as book:
        _sheets(book, document, draw=draw)
    return target.getvalue()


def render_rows(
    rows: pa.Table, columns: Sequence[Column], about: Document, *, sheet: str = "", widths: Sequence[float] = ()
) -> bytes:
    """A long list as an .xlsx file: the list in front, and what `about` says behind it.

    Parameters
    ----------
    rows : table of shape (n, len(columns)); text columns as text, all others as numbers. A missing value stays empty.
    columns : label and kind of each column; percentages from 0 to 100.
    about : what it is, with its accountability; may hold tables of its own.
    sheet : name of the sheet with the list; the title of `about` when left out.
    widths : of the columns in characters; from the first rows when left out.

    Raises
    ------
    ArtefactError
        When there are more rows than Excel can hold.
    """
    if rows.num_rows > MOST_ROWS - HEAD - 1:
        raise ArtefactError(
            f"{rows.num_rows:,} rows do not fit in a workbook (at most {MOST_ROWS - HEAD - 1:,})",
            hint="choose fewer, or ask for CSV",
        )
    target = BytesIO()
    with new_workbook(target, rows=True) as book:
        styles = Styles(book)
        name = sheet_title(sheet or about.title, (phrase("excel.overview", about.language),))
        _list(book.add_worksheet(name), rows, columns, about, styles, widths)
        _sheets(book, about, styles)
    return target.getvalue()


def write(document: Document, path: Path) -> None:
    """Render to a file, whole or not at all.

    Raises
    ------
    ArtefactError
        When the place cannot be written.
    """
    save(render(document), path)


def save(content: bytes, path: Path) -> None:
    """Write a rendered workbook to a file, whole or not at all.

    Raises
    ------
    ArtefactError
        When the place cannot be written.
    """
    with writing(path) as aside:
        aside.write_bytes(content)


def _sheets(book: Any, document: Document, styles: Styles | None = None, draw: Callable[[Svg], bytes] = png) -> None:
    styles = styles or Styles(book)
    overview, explanation = (phrase(f"excel.{each}", document.language) for each in ("overview", "explanation"))
    taken = [each.name for each in book.worksheets()] + [overview, explanation]
    names: dict[int, str] = {}
    tables = [(place, block, table_of(block)) for place, block in enumerate(flat(document.blocks))]
    for place, _block, table in tables:
        if table is not None:
            names[place] = sheet_title(table.caption, taken)
            taken.append(names[place])
    write_overview(book.add_worksheet(overview), document, styles, names)
    for place, block, table in tables:
        if table is not None:
            picture = draw(block.svg) if isinstance(block, Chart | Map) else None
            sheet = book.add_worksheet(names[place])
            write_table(sheet, table, styles, document.language, overview=overview, picture=picture)
    write_explanation(book.add_worksheet(explanation), document, styles)


def _list(
    sheet: Any, rows: pa.Table, columns: Sequence[Column], about: Document, styles: Styles, widths: Sequence[float]
) -> None:
    """Row by row: what is written is out of memory, so that 100,000 rows cost no more than one."""
    plain = [each for each in fields(columns, about.language) if each.part is None]
    sheet.hide_gridlines(2)
    for place, each in enumerate(plain):
        sample = rows.column(each.source).slice(0, 500).to_pylist()
        longest = max((len(str(value)) for value in sample if value is not None), default=0)
        width = widths[place] if widths else min(max(longest + 2, len(each.label) + 4, 9), 50)
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, writable(about.title), styles.text(about.title, bold=True, font_size=15))
    sheet.write_string(1, 0, writable(about.subtitle), styles.text(about.subtitle))
    write_header(sheet, plain, styles, HEAD)
    formats = [styles.style() if each.kind == "text" else styles.figure(each.kind, each.decimals) for each in plain]
    marked = styles.style(quote_prefix=True)
    # A column at a time would be nicer to read, but what is written must come row by row.
    writes = [sheet.write_string if each.kind == "text" else sheet.write_number for each in plain]
    shape = list(zip(range(len(plain)), writes, formats, strict=True))
    row = HEAD
    for values in _rows(rows, plain):
        row += 1
        for value, (place, write_cell, style) in zip(values, shape, strict=True):
            if value is None or value == "":
                continue
            risky = value.__class__ is str and like_formula(value)
            write_cell(row, place, value, marked if risky else style)
    sheet.autofilter(HEAD, 0, max(row, HEAD + 1), len(plain) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)


def _rows(rows: pa.Table, plain: Sequence[Field]) -> Iterator[tuple[Any, ...]]:
    """The values of every row as the sheet holds them, made ready a column at a time."""
    for batch in rows.to_batches(_BATCH):
        yield from zip(*(_ready(batch.column(each.source), each.kind) for each in plain), strict=True)


def _ready(column: pa.Array, kind: Kind) -> list[Any]:
    if kind == "percent":
        return [None if each is None else round(each / 100, 12) for each in column.to_pylist()]
    if kind != "text":
        return list(pc.if_else(pc.is_finite(column), column, None).to_pylist())
    text = column.cast(pa.string())
    odd = pc.any(pc.match_substring_regex(text, r"[^\x20-\x{d7ff}]")).as_py()
    long = (pc.max(pc.utf8_length(text)).as_py() or 0) > LONGEST
    values = text.to_pylist()
    return [None if each is None else writable(each) for each in values] if odd or long else list(values)
