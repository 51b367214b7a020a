"""Workbooks as another program reads them: typed cells, hostile text, suppressed cells, pictures, the same bytes."""

from __future__ import annotations

import re
import time
import zipfile
from io import BytesIO
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiling.errors import ArtefactError
from profiling.reporting import excel
from profiling.reporting.document import (
    SUPPRESSED,
    Cell,
    Chart,
    Column,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Panel,
    Paragraph,
    Svg,
    Table,
)
from profiling.reporting.excel_styles import sheet_title
from profiling.reporting.pictures import png
from profiling.reporting.profile_page import profile_page
from profiling.vocabulary import LANGUAGES, TERMS, Language
from tests.reporting.card_example import card

HOSTILE = ("=1+1", "+31 6", "-1", "@SUM(A1)", "\t=cmd", '=HYPERLINK("http://x")', "http://x.nl", "12", "{=1}")
COLUMNS = (
    Column("segment"),
    Column("n", "count"),
    Column("penetratie", "percent"),
    Column("index", "index"),
    Column("marge", "interval"),
)
ROWS: tuple[tuple[Cell, ...], ...] = (
    ("A01", 1834, 13.0, 154.9, (150.2, 159.6)),
    ("A02", SUPPRESSED, SUPPRESSED, SUPPRESSED, SUPPRESSED),
    ("A03", 0, None, 40.0, None),
)


def document(rows: tuple[tuple[Cell, ...], ...] = ROWS, language: Language = "nl", caption: str = "Tabel") -> Document:
    return Document(
        "Titel",
        "ondertitel",
        language,
        (
            Heading("Deel"),
            KeyFigures((KeyFigure("aandeel", 11.2, "percent"),)),
            Table(caption, COLUMNS, rows, note="let op"),
            Note("Zo leest u dit", ("Een zin.",)),
        ),
        accountability=(("basis", "alle huishoudens"), ("versie", "3")),
        notice="Een kans, geen feit.",
    )


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content))


def test_cells_are_typed_and_formatted() -> None:
    sheet = opened(excel.render(document()))["Tabel"]
    head = [cell.value for cell in sheet[4]]
    assert head == [
        "Segment",
        "n",
        "Penetratie",
        "Index",
        "Verschil met gemiddeld (100)",
        "Marge: van",
        "Marge: tot",
    ]
    first, formats = [cell.value for cell in sheet[5]], [cell.number_format for cell in sheet[5]]
    assert first == ["A01", 1834, 0.13, 154.9, 54.9, 150.2, 159.6]
    assert formats[1:4] == ["#,##0", "#,##0.0%", "#,##0.0"]
    assert [cell.value for cell in sheet[6]][1:4] == ["niet getoond"] * 3
    assert [cell.value for cell in sheet[7]][:4] == ["A03", 0, "–", 40]
    assert (sheet["A2"].value, sheet["B2"].value, sheet["A3"].value) == ("← naar het overzicht", None, "let op")
    assert sheet.freeze_panes == "B5"
    assert sheet.auto_filter.ref == "A4:G7"
    assert opened(excel.render(document(language="en")))["Tabel"]["B6"].value == "not shown"


def test_the_interval_of_a_part_has_the_scale_of_the_part() -> None:
    columns = (Column("plaats"), Column("bereik", "percent"), Column("marge", "interval"), Column("verschil", "decimal"),
               Column("marge", "interval"))  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = (("A", 16.3, (14.4, 17.3), 2.7, (1.2, 4.2)),)
    sheet = opened(excel.render(Document("T", "", "nl", (Table("Tabel", columns, rows),))))["Tabel"]
    assert [cell.value for cell in sheet[5]] == ["A", 0.163, 0.144, 0.173, 2.7, 1.2, 4.2]
    assert [cell.number_format for cell in sheet[5]][1:4] == ["#,##0.0%"] * 3


def test_bars_cross_at_100() -> None:
    content = excel.render(document())
    with zipfile.ZipFile(BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
    ends = [float(each) for each in re.findall(r'<cfvo type="num" val="([-0-9.]+)"', sheet)]
    assert ends == [-60.0, 60.0]  # 40 is the farthest from 100: as long to either side, so 100 stands in the middle
    assert 'axisPosition="middle"' in sheet
    assert 'sqref="E5:E7"' in sheet


@pytest.mark.parametrize("text", HOSTILE)
def test_text_never_becomes_a_formula_a_link_or_a_number(text: str) -> None:
    said = document(((text, 1, 1.0, 1.0, None),), caption=text)
    sheet_of_rows = excel.render_rows(pa.table({"a": [text]}), (Column(text),), said, sheet="Rijen")
    for content in (excel.render(said), sheet_of_rows):
        for sheet in opened(content):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f"
                    if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@", "\t")):
                        assert cell.quotePrefix, f"{sheet.title} {cell.coordinate}"
        with zipfile.ZipFile(BytesIO(content)) as parts:
            assert not [name for name in parts.namelist() if "externalLink" in name]
            xml = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels")))
        assert "<f>" not in xml
        assert 'TargetMode="External"' not in xml
    assert opened(sheet_of_rows)["Rijen"]["A5"].value == text


@settings(max_examples=5, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=20, max_size=60))
def test_any_text_comes_back(texts: list[str]) -> None:
    rows = pa.table({"a": pa.array([each.encode("utf-8", "replace").decode() for each in texts])})
    sheet = opened(excel.render_rows(rows, (Column("tekst"),), document(), sheet="Rijen"))["Rijen"]
    for number, text in enumerate(rows.column("a").to_pylist(), 5):
        value = sheet.cell(number, 1).value
        kept = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "�", text).replace("\r\n", "\n").replace("\r", "\n")
        assert (value or "").replace("_x000D_", "\n").replace("\r", "\n") == kept


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_sheet_titles_are_accepted_and_differ(wanted: list[str]) -> None:
    taken: list[str] = []
    for each in wanted:
        taken.append(sheet_title(each, taken))
    assert len({each.casefold() for each in taken}) == len(wanted)
    for name in taken:
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert name.casefold() != "history"


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_pages_become_workbooks_with_pictures_and_words(language: Language) -> None:
    book = opened(excel.render(profile_page(card(), language=language)))
    front, last = book.sheetnames[0], book.sheetnames[-1]
    assert (front, last) == (("Overzicht", "Toelichting") if language == "nl" else ("Overview", "Explanation"))
    assert sum(len(sheet._images) for sheet in book) >= 4
    explained = {str(cell.value).casefold(): str(cell.offset(0, 1).value) for cell in book[last]["A"] if cell.value}
    for key in ("index", "penetration", "base", "suppressed", "interval"):
        assert explained[TERMS[key].name(language).casefold()] == TERMS[key].text(language)
    assert "8.203.012" in " ".join(explained.values()) or language == "en"


def test_the_same_document_gives_the_same_bytes() -> None:
    svg = Svg('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="5" height="5"/></svg>', 9, 9)
    said = Document("T", "s", "nl", (Chart(svg, "Een figuur", Table("Tabel", COLUMNS, ROWS)),))
    rows = pa.table({"a": ["x"]})
    first = excel.render(said), excel.render_rows(rows, (Column("a"),), said)
    time.sleep(1.1)  # a clock in the file would show
    assert (excel.render(said), excel.render_rows(rows, (Column("a"),), said)) == first


def test_key_figures_of_every_kind() -> None:
    figures = (
        KeyFigure("verborgen", SUPPRESSED),
        KeyFigure("onbekend", None, "percent"),
        KeyFigure("marge", (90.0, 110.5), "interval", 1),
        KeyFigure("index", 154.9, "index", 1, note="=let op"),
    )
    sheet = opened(excel.render(Document("T", "s", "nl", (KeyFigures(figures),))))["Overzicht"]
    shown = {row[0].value: row[1].value for row in sheet.iter_rows() if row[0].value}
    assert shown["Verborgen"] == "niet getoond"
    assert shown["Onbekend"] == "–"
    assert shown["Marge"] == "90,0–110,5"
    assert shown["Index"] == 154.9


def test_nothing_that_a_document_says_is_lost() -> None:
    said = Document(
        "T",
        "s",
        "nl",
        (
            Panel(
                "Paneel",
                (Paragraph("Een alinea."), Table("Zelfde", (Column("a"),), (("x",),))),
                note="kleine letters",
            ),
            Table("Zelfde", (Column("a"),), (("y",),)),
        ),
    )
    book = opened(excel.render(said))
    assert book.sheetnames == ["Overzicht", "Zelfde", "Zelfde (2)", "Toelichting"]
    front = " ".join(str(cell.value) for row in book["Overzicht"].iter_rows() for cell in row if cell.value)
    for text in ("Paneel", "Een alinea.", "kleine letters", "Zelfde (2)"):
        assert text in front
    assert book["Zelfde (2)"]["A5"].value == "y"


def test_a_long_list_keeps_its_values() -> None:
    n = 3_000
    rows = pa.table(
        {
            "a": [f"K{i}" if i % 5 else None for i in range(n)],
            "p": pa.array([i / 30 for i in range(n)]),
            "x": pa.array([float("nan") if i % 7 == 0 else i * 1.5 for i in range(n)]),
        }
    )
    columns = (Column("sleutel"), Column("deel", "percent"), Column("getal", "decimal"))
    sheet = opened(excel.render_rows(rows, columns, document(), sheet="Lijst"))["Lijst"]
    read = list(sheet.iter_rows(min_row=5, values_only=True))
    assert [row[0] for row in read] == rows.column("a").to_pylist()
    assert [row[1] for row in read] == pytest.approx([i / 3000 for i in range(n)])
    assert [row[2] for row in read] == [None if i % 7 == 0 else i * 1.5 for i in range(n)]


def test_more_rows_than_excel_holds_is_said() -> None:
    rows = pa.table({"a": pa.nulls(1_048_576, pa.string())})
    with pytest.raises(ArtefactError, match="do not fit"):
        excel.render_rows(rows, (Column("a"),), document())


def test_a_picture_is_a_png_of_the_asked_size() -> None:
    svg = Svg(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><text y="15" font-size="12">a</text></svg>', 40, 20
    )
    content = png(svg, scale=3)
    assert content.startswith(b"\x89PNG")
    assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == (120, 60)
    plain = Svg(svg.markup.replace(">a<", "><"), 40, 20)
    assert content != png(plain, scale=3)  # the letter was drawn: fonts were found
