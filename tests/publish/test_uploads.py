"""Files of users: the shapes that people make, and files that are broken or meant to do harm."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
import xlsxwriter

from profiling.errors import UploadError
from profiling.population.address_columns import read_addresses
from profiling.publish.sheets import Limits
from profiling.publish.upload_columns import Columns
from profiling.publish.uploads import Upload, open_sheet, read_upload

ROWS = (
    ("ID", "Postcode", "Huisnummer", "Toevoeging"),
    ("L1", "1234 ab", "12", "A"),
    ("L2", "1234AB", "7", ""),
    ("L3", "9999ZZ", "3", "bis"),
)
HOUSES = ["1234AB 12 A", "1234AB 7 ", "9999ZZ 3 BIS"]


def as_csv(rows: tuple[tuple[str, ...], ...], separator: str = ";", encoding: str = "utf-8") -> bytes:
    return "\r\n".join(separator.join(row) for row in rows).encode(encoding)


def as_xlsx(rows: tuple[tuple[object, ...], ...]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def keys(upload: Upload) -> list[str]:
    read = read_addresses(upload.addresses())
    return [f"{house} {extra}" for house, extra in zip(*(read[each].to_pylist() for each in ("house", "addition")), strict=True)]  # fmt: skip


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_csv_of_any_kind(separator: str, encoding: str) -> None:
    rows = (*ROWS, ("Zoë", "1234AB", "1", ""))
    upload = read_upload(as_csv(rows, separator, encoding))
    assert keys(upload) == [*HOUSES, "1234AB 1 "]
    assert upload.header
    assert upload.rows.column(0).to_pylist()[-1] == "Zoë"
    assert upload.sheet.delimiter == separator


@pytest.mark.parametrize("header", [True, False])
def test_excel_with_numbers_as_numbers(header: bool) -> None:
    rows = [list(row) for row in ROWS[0 if header else 1 :]]
    for row in rows[int(header) :]:
        row[2] = int(row[2])
    upload = read_upload(as_xlsx(tuple(map(tuple, rows))))
    assert keys(upload) == HOUSES
    assert upload.header is header
    assert upload.roles == {"id": (0,), "postcode": (1,), "number": (2,), "addition": (3,)}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((("lidnummer", "PC", "huisnr"), ("1", "1234 AB", "12-a")), ["1234AB 12 A"]),
        ((("1", "1234 AB", "12a"), ("2", "1234AB", "3")), ["1234AB 12 A", "1234AB 3 "]),
        ((("naam", "adres", "postcode"), ("J", "Laan 1940-1945 37", "1234AB")), ["1234AB 37 "]),
        ((("id", "adres"), ("1", "Kerkstraat 12 b, 1234 ab Ede")), ["1234AB 12 B"]),
        ((("1", "Kerkstraat 12 b, 1234 ab Ede"), ("2", "Dam 1 1012JS")), ["1234AB 12 B", "1012JS 1 "]),
        ((("nr", "straat", "huisletter", "huisnummer", "toevoeging", "postcode"),
          ("9", "Dam", "A", "1", "2", "1012JS")), ["1012JS 1 A2"]),
        ((("1", "1234 AB", "12", "M"), ("2", "1234AB", "3", "V")), ["1234AB 12 ", "1234AB 3 "]),
    ],
)  # fmt: skip
def test_shapes_that_people_make(rows: tuple[tuple[str, ...], ...], expected: list[str]) -> None:
    # Commas stand in addresses, so they are not the separator here.
    assert keys(read_upload(as_csv(rows))) == expected


def test_columns_can_be_named() -> None:
    rows = (("a", "b", "c", "d"), ("1234AB", "12", "9999ZZ", "7"), ("1234AB", "13", "9999ZZ", "8"))
    upload = read_upload(as_csv(rows), Columns(postcode="C", number="d", id="2", header=True))
    assert keys(upload) == ["9999ZZ 7 ", "9999ZZ 8 "]
    assert upload.roles["id"] == (1,)
    with pytest.raises(UploadError, match=r"(?s)2.*'Z'|no column 'Z' for postcode.*no column 'nummr' for number"):
        read_upload(as_csv(rows), Columns(postcode="Z", number="nummr", header=True))


def test_postcodes_alone_are_said() -> None:
    upload = read_upload(as_csv((("postcode",), ("1234AB",), ("1234 AC",))))
    assert upload.only_postcodes
    assert "only_postcodes" in [each.key for each in upload.notices]


def test_a_file_without_postcodes_is_refused() -> None:
    with pytest.raises(UploadError, match=r"(?s)no column with postcodes.*'naam', 'stad'"):
        read_upload(as_csv((("naam", "stad"), ("Jan", "Ede"))))
    with pytest.raises(UploadError, match="no column with postcodes") as fault:
        read_upload(as_csv((("Jan 1", "Dam 12"), ("Piet 2", "Dam 13"))))
    assert "Dam" not in str(fault.value)


def test_a_date_made_of_a_house_number_is_not_believed() -> None:
    file = io.BytesIO()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    import datetime

    for row in (("ID", "postcode", "huisnummer"), ("1", "1234AB", 5), ("2", "1234AB", datetime.date(2026, 3, 12))):
        sheet.append(row)
    book.save(file)
    read = read_addresses(read_upload(file.getvalue()).addresses())
    assert read["house"].to_pylist() == ["1234AB 5", None]
    assert read["flags"].to_pylist() == ["", "date"]


def test_formulas_are_read_as_their_results_and_said() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "postcode", "huisnummer"])
        sheet.write_row(1, 0, ["1", "1234AB"])
        sheet.write_formula(1, 2, "=10+2", value=12)
    upload = read_upload(file.getvalue())
    assert keys(upload) == ["1234AB 12 "]
    assert "formulas" in [each.key for each in upload.notices]


def test_two_hundred_columns_are_read_and_three_hundred_refused() -> None:
    def wide(n: int) -> bytes:
        return as_xlsx((("id", "postcode", "huisnummer", *(f"x{i}" for i in range(n - 3))), ("1", "1234AB", "12", *"y" * (n - 3))))  # fmt: skip

    assert keys(read_upload(wide(200))) == ["1234AB 12 "]
    with pytest.raises(UploadError, match="300 columns; 256"):
        read_upload(wide(300))


def test_two_million_rows_of_csv() -> None:
    line = b"12345;1234AB;12;\n"
    upload = read_upload(b"id;postcode;huisnummer;toevoeging\n" + line * 2_000_000)
    assert upload.n_rows == 2_000_000
    with pytest.raises(UploadError, match="more than 1,000 rows"):
        open_sheet(line * 1_002, limits=Limits(rows=1_000))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n;;\r\n", "is empty"),
        (b"id;postcode;huisnummer\n", "no rows"),
        (as_xlsx(ROWS)[:2_000], "is damaged"),
        (as_xlsx(ROWS)[:-400] + bytes(400), "is damaged"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"<html><table></table></html>", "a web page"),
        (b"\x00\x01\x02\x03" * 100, "is not text"),
        (bytes(range(1, 256)) * 10 + b"\x00", "is not text|no column|cannot be read|too many cells"),
    ],
)
def test_broken_files_get_one_clear_message(data: bytes, message: str) -> None:
    with pytest.raises(UploadError, match=message) as fault:
        read_upload(data, name="leden")
    assert "leden" in str(fault.value)


def test_short_rows_are_filled_up_and_long_ones_listed() -> None:
    upload = read_upload(b"id;postcode;huisnummer;toevoeging\n1;1234AB;12\n2;1234AB;13;B\n")
    assert keys(upload) == ["1234AB 12 ", "1234AB 13 B"]
    good = b"1;1234AB;12\n" * 300
    with pytest.raises(UploadError, match=r"(?s)1 rows with too many cells.*row 302 has 5 cells"):
        read_upload(b"id;postcode;huisnummer\n" + good + b"2;1234AB;13;B;C\n")


def test_too_large_is_said_before_it_is_read() -> None:
    with pytest.raises(UploadError, match="larger than 1 MB"):
        open_sheet(b"x" * 1_000_001, limits=Limits(bytes=1_000_000))
    stream = io.BytesIO(b"x" * 5_000_000)
    with pytest.raises(UploadError, match="larger than 1 MB"):
        open_sheet(stream, limits=Limits(bytes=1_000_000))
    assert stream.tell() == 1_000_001


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(ROWS))) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for member in source.infolist():
            made.writestr(member, source.read(member))
        made.writestr("xl/worksheets/sheet2.xml", b"<worksheet>" + b" " * 30_000_000)
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(UploadError, match="unpacks to more than 20 MB"):
        open_sheet(bomb.getvalue(), limits=Limits(unpacked=20_000_000))


def test_one_cell_far_away_is_no_sheet_of_billions() -> None:
    far = as_xlsx((("id", "postcode", "huisnummer"), ("1", "1234AB", "2")))
    moved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(far)) as source, zipfile.ZipFile(moved, "w") as made:
        for member in source.infolist():
            made.writestr(member, source.read(member).replace(b'r="C2"', b'r="IV1048576"'))
    with pytest.raises(UploadError, match="cells"):
        open_sheet(moved.getvalue())


def test_a_text_that_is_used_a_million_times_does_not_fill_the_memory() -> None:
    """Each cell of the sheet points at one text of 30,000 characters."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row in range(10_000):
            sheet.write_row(row, 0, ["x" * 30_000] * 4)
    with pytest.raises(UploadError, match="more memory"):
        open_sheet(file.getvalue(), limits=Limits(memory=1_200_000_000))


def test_a_workbook_with_a_password_is_said(tmp_path: Path) -> None:
    # The container of an encrypted workbook: an OLE file whose stream is called EncryptedPackage.
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    with pytest.raises(UploadError, match="has a password"):
        open_sheet(header + "EncryptedPackage".encode("utf-16-le") + bytes(1_000))
    locked = tmp_path / "locked.zip"
    plain = tmp_path / "xl" / "workbook.xml"
    plain.parent.mkdir()
    plain.write_text("<workbook/>")
    if subprocess.run(["which", "zip"], capture_output=True, check=False).returncode == 0:
        subprocess.run(["zip", "-q", "-P", "x", "-r", str(locked), "xl"], cwd=tmp_path, check=True)
        with pytest.raises(UploadError, match="has a password"):
            open_sheet(locked)


def test_other_office_files_are_refused() -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as made:
        made.writestr("word/document.xml", "<w/>")
    with pytest.raises(UploadError, match="not an Excel workbook"):
        open_sheet(other.getvalue())


def test_sheets_are_chosen_and_the_others_said() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.add_worksheet("Leeg")
        for name, house in (("Leden", 1), ("Oud", 2)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["id", "postcode", "huisnummer"])
            sheet.write_row(1, 0, ["1", "1234AB", house])
    first = read_upload(file.getvalue())
    assert keys(first) == ["1234AB 1 "]
    assert {"sheets": "'Oud'"} in [each.values for each in first.notices]
    assert keys(read_upload(file.getvalue(), sheet="Oud")) == ["1234AB 2 "]
    with pytest.raises(UploadError, match="no sheet 'Nieuw'"):
        read_upload(file.getvalue(), sheet="Nieuw")


def test_reading_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    read_upload(as_xlsx(ROWS))
    read_upload(as_csv(ROWS))
    assert list(tmp_path.iterdir()) == []
    assert isinstance(read_upload(io.BytesIO(as_csv(ROWS))).rows, pa.Table)
