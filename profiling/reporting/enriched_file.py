"""An enriched customer file, as it came: CSV or Excel, the same columns, rows and order, with the new columns behind.

Whoever asks for the other of the two gets that; the name of a file never says something else than what is in it.

It is made to be loaded into a customer system, so there is no title above it and no layout in it. Nothing in it can
act as a formula: in Excel text is stored as text; in a CSV, where that cannot be said, a text that would be a formula
gets an apostrophe in front. Numbers and telephone numbers ("-5", "+31 6 1234") are no formula and stay as they are.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from profiling.errors import Text, UploadError
from profiling.publish.enrich import Enrichment
from profiling.publish.sheets import Sheet
from profiling.publish.workbooks import NUMBER
from profiling.reporting.excel import MOST_ROWS
from profiling.reporting.excel_styles import Styles, like_formula, new_workbook, sheet_title, writable
from profiling.reporting.text import phrase
from profiling.vocabulary import Language

Form = Literal["csv", "xlsx"]

_FORMULA = r"^[=+\-@\t\r]"
_HARMLESS = r"^[+\-]?[0-9][0-9 .,()\-]*$"
_IN_MEMORY = 100_000


def to_bytes(enriched: Enrichment, language: Language = "nl", form: Form | None = None) -> bytes:
    """The file with its new columns, in the format, encoding and separator that it came in (.xls comes back as .xlsx).

    Parameters
    ----------
    form : "csv" or "xlsx"; as it came when left out.

    Raises
    ------
    UploadError
        When the rows do not fit in a workbook any more.
    """
    sheet = enriched.upload.sheet
    added = _added(enriched, language)
    made = form or sheet.format
    return _csv(enriched, added, sheet) if made == "csv" else _xlsx(enriched, added, sheet, language)


def form_of(path: Path) -> Form:
    """What a file of this name has to hold.

    Raises
    ------
    UploadError
        When it is neither CSV nor Excel.
    """
    ending = path.suffix.lower()
    if ending not in (".csv", ".xlsx"):
        raise UploadError(
            Text("Een verrijkt bestand is een .csv of een .xlsx", "an enriched file is a .csv or a .xlsx"),
            where=path,
            hint=Text("Geef een naam die zo eindigt", "give a name that ends so"),
        )
    return "csv" if ending == ".csv" else "xlsx"


def file_name(enriched: Enrichment) -> str:
    """What to call it: the name it came with, "-verrijkt", and the ending that it has now."""
    stem = enriched.upload.sheet.name.rpartition(".")[0] or enriched.upload.sheet.name
    return f"{stem}-verrijkt.{enriched.upload.sheet.format}"


def guarded(texts: pa.Array) -> tuple[pa.Array, int]:
    """Texts of a CSV that no program takes for a formula, and how many were changed; shape (n,)."""
    risky = pc.and_(pc.match_substring_regex(texts, _FORMULA), pc.invert(pc.match_substring_regex(texts, _HARMLESS)))
    risky = pc.fill_null(risky, False)
    changed = int(pc.sum(risky).as_py() or 0)
    return (pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts) if changed else texts), changed


def _added(enriched: Enrichment, language: Language) -> dict[str, pa.Array]:
    """The new columns in words, by their heading."""
    added, scheme = enriched.added, enriched.scheme
    columns: list[tuple[str, pa.Array]] = []
    if scheme is not None:
        subs, mains = added.column("segment").to_pylist(), added.column("main").to_pylist()
        names = {each.code: getattr(each, language) or each.nl for each in scheme.sub}
        main_names = {each.code: getattr(each, language) or each.nl for each in scheme.main}
        columns += [
            (phrase("enrich.segment", language), added.column("segment").combine_chunks()),
            (phrase("enrich.segment_name", language), pa.array([names.get(each) for each in subs], pa.string())),
            (phrase("enrich.main", language), added.column("main").combine_chunks()),
            (phrase("enrich.main_name", language), pa.array([main_names.get(each) for each in mains], pa.string())),
        ]
    yes, no = phrase("enrich.yes", language), phrase("enrich.no", language)
    for each in enriched.profiles:
        inside = added.column(each.listed.profile).combine_chunks()
        columns.append((phrase("enrich.profile", language, name=each.title(language)), pc.if_else(inside, yes, no)))
    words = pc.dictionary_encode(added.column("kind").combine_chunks())
    said = pa.array([phrase(f"enrich.{kind}", language) for kind in words.dictionary.to_pylist()], pa.string())
    columns.append((phrase("enrich.kind", language), said.take(words.indices)))
    taken = {each.casefold() for each in enriched.upload.headings}
    named: dict[str, pa.Array] = {}
    for heading, column in columns:
        number, free = 1, heading
        while free.casefold() in taken or free in named:
            number += 1
            free = f"{heading} ({number})"
        named[free] = column
    return named


def _csv(enriched: Enrichment, added: dict[str, pa.Array], sheet: Sheet) -> bytes:
    originals = [guarded(column.combine_chunks())[0] for column in sheet.texts.columns]
    extra = [pc.fill_null(column, "").to_pylist() for column in added.values()]
    start = int(enriched.upload.header)
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=sheet.delimiter, lineterminator="\r\n")
    if start:
        writer.writerow([*(column[0].as_py() for column in originals), *added])
    writer.writerows(zip(*(column.slice(start).to_pylist() for column in originals), *extra, strict=True))
    encoding = "utf-16" if sheet.encoding.startswith("utf-16") else sheet.encoding
    return target.getvalue().encode(encoding, errors="replace")


def _xlsx(enriched: Enrichment, added: dict[str, pa.Array], sheet: Sheet, language: Language) -> bytes:
    if sheet.texts.num_rows > MOST_ROWS:
        raise UploadError(
            Text(f"Het bestand heeft meer dan {MOST_ROWS} regels", f"has more than {MOST_ROWS:,} rows"),
            where=sheet.name,
            hint=Text("Geef het als CSV", "give it as CSV"),
        )
    start, target = int(enriched.upload.header), io.BytesIO()
    with new_workbook(target, rows=sheet.texts.num_rows > _IN_MEMORY) as book:
        styles = Styles(book)
        plain, marked, bold = styles.style(), styles.style(quote_prefix=True), styles.style(bold=True)
        page = book.add_worksheet(sheet_title(phrase("enrich.sheet", language), ()))
        page.freeze_panes(start, 0)
        width = sheet.texts.num_columns
        page.set_column(0, width + len(added) - 1, 16)
        if start:
            for place, heading in enumerate((*enriched.upload.headings, *added)):
                page.write_string(0, place, writable(heading), bold)
        texts = [column.slice(start).to_pylist() for column in sheet.texts.columns]
        kinds = [column.slice(start).to_pylist() for column in sheet.kinds.columns] if sheet.kinds else None
        if kinds is None:
            # A CSV has texts alone, and "0012" is a customer number: without this every such cell gets a warning.
            page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        extra = [column.to_pylist() for column in added.values()]
        for row in range(enriched.upload.n_rows):
            for place in range(width):
                kind = kinds[place][row] if kinds else 0
                _cell(page, row + start, place, texts[place][row], kind, (plain, marked))
            for place, values in enumerate(extra):
                if values[row]:
                    _cell(page, row + start, width + place, values[row], 0, (plain, marked))
        _explain(book, enriched, language, styles)
    return target.getvalue()


def _cell(page: Any, row: int, place: int, text: str, kind: int, looks: tuple[Any, Any]) -> None:
    if not text:
        return
    if kind == NUMBER:
        page.write_number(row, place, float(text), looks[0])
    else:
        page.write_string(row, place, writable(text), looks[like_formula(text)])


def _explain(book: Any, enriched: Enrichment, language: Language, styles: Styles) -> None:
    """A second sheet: how many rows were found, and how."""
    page = book.add_worksheet(sheet_title(phrase("excel.explanation", language), ()))
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 12)
    page.set_column(2, 2, 90)
    lines: list[tuple[str, Any, str]] = [(phrase("enrich.title", language), "", "")]
    for each in enriched.profiles:
        title = phrase("enrich.profile", language, name=each.title(language))
        lines.append((title, "", f"{each.version} · {each.snapshot}"))
    lines.append((phrase("enrich.kind", language), phrase("enrich.rows", language), ""))
    for kind, n in enriched.report.kinds.items():
        lines.append((phrase(f"enrich.{kind}", language), n, phrase(f"enrich.{kind}_text", language)))
    for row, (label, n, text) in enumerate(lines):
        page.write_string(row, 0, writable(label), styles.style(bold=row == 0))
        if isinstance(n, int):
            page.write_number(row, 1, n, styles.figure("count"))
        elif n:
            page.write_string(row, 1, n, styles.style(bold=True))
        page.write_string(row, 2, writable(text), styles.style(text_wrap=True))
