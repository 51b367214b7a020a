"""Enrichment: the same file back, segment and profiles as SQL finds them, nothing guessed and nothing that can act."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from profiling.errors import ProfileError, UploadError
from profiling.population.address_book import AddressBook
from profiling.publish.enrich import enrich
from profiling.publish.uploads import read_upload
from profiling.reporting.enriched_file import file_name, form_of, to_bytes
from profiling.reporting.html import render
from profiling.reporting.match_blocks import match_page
from tests.publish.customers import Country, make_country


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("enrich"))


def test_segment_and_profiles_are_those_of_the_household(country: Country) -> None:
    made = enrich(read_upload(country.csv()), country.book, [country.deep, country.small])
    expected = duckdb.connect()
    expected.register("asked", country.rows)
    found = expected.sql(
        f"""SELECT asked.id, d.segment, left(d.segment, 1) AS main, d.in_profile AS deep, s.in_profile AS small
            FROM asked LEFT JOIN '{country.deep.households}' AS d ON d.household_id = asked.key
            LEFT JOIN '{country.small.households}' AS s ON s.household_id = asked.key ORDER BY asked.id"""
    ).df()
    for column in ("segment", "main", "deep", "small"):
        assert made.added.column(column).to_pylist() == found[column].tolist()
    assert made.report.n_found == made.report.n_households == 900
    assert made.report.table()["n"].sum() == 900


def test_csv_comes_back_as_it_was_with_columns_behind(country: Country) -> None:
    data = country.csv(country.rows.head(3))
    odd = data.decode() + "Zoë;9999 ZZ;1;\nX;;;\n"
    upload = read_upload(odd.encode("cp1252"), name="Leden 2026.csv")
    assert {"encoding": "Windows-1252"} in [each.values for each in upload.notices]
    made = enrich(upload, country.book, [country.small])
    back = list(csv.reader(io.StringIO(to_bytes(made).decode("cp1252")), delimiter=";"))
    given = list(csv.reader(io.StringIO(odd), delimiter=";"))
    assert [row[:4] for row in back] == given
    assert back[0][4:] == ["Segment", "Segmentnaam", "Hoofdsegment", "Hoofdsegmentnaam", "Profiel Profiel small", "Koppeling"]  # fmt: skip
    assert back[4][4:] == ["", "", "", "", "", "niet gevonden"]
    assert back[5][4:] == ["", "", "", "", "", "postcode onjuist"]
    assert {row[8] for row in back[1:4]} <= {"ja", "nee"}
    assert file_name(made) == "Leden 2026-verrijkt.csv"
    assert to_bytes(made, "en").decode("cp1252").splitlines()[0].endswith("Match")


def test_excel_comes_back_as_excel_with_its_numbers(country: Country) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["ID", "postcode", "huisnummer", "toevoeging", "bedrag"])
        for number, row in enumerate(country.rows.head(5).itertuples(), start=1):
            sheet.write_row(number, 0, ["007", row.postcode, int(row.number), row.addition, 12.5])
    made = enrich(read_upload(file.getvalue(), name="leden.xlsx"), country.book, [country.deep])
    page = openpyxl.load_workbook(io.BytesIO(to_bytes(made))).worksheets[0]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0][:5] == ["ID", "postcode", "huisnummer", "toevoeging", "bedrag"]
    assert rows[1][:3] == ["007", country.rows["postcode"][0], int(country.rows["number"][0])]
    assert rows[1][4] == 12.5
    assert [row[-1] for row in rows[1:]] == ["precies gevonden"] * 5
    assert [row[-2] for row in rows[1:]] == ["ja" if each else "nee" for each in made.added.column("deep").to_pylist()]


def test_a_csv_can_come_back_as_a_workbook_and_never_under_a_false_name(country: Country) -> None:
    made = enrich(read_upload(country.csv(country.rows.head(5)), name="leden.csv"), country.book, [country.deep])
    page = openpyxl.load_workbook(io.BytesIO(to_bytes(made, form="xlsx"))).worksheets[0]
    rows = [[cell.value or "" for cell in row] for row in page.iter_rows()]
    assert rows == list(csv.reader(io.StringIO(to_bytes(made).decode()), delimiter=";"))
    assert (form_of(Path("a/Leden.XLSX")), form_of(Path("leden.csv"))) == ("xlsx", "csv")
    with pytest.raises(UploadError, match=r"a \.csv or a \.xlsx"):
        form_of(Path("leden.xls"))
    text = render(match_page(made.report, "nl", [country.deep]))
    assert f"Profiel deep (deep {country.deep.version})" in text


EVIL = ["=1+1", '=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1+1"]
GOOD = ["-5", "+31 6 12345678", "12", "A-1", "a=b"]


def test_no_cell_can_act_as_a_formula(country: Country) -> None:
    rows = pd.concat([country.rows.head(1)] * len(EVIL + GOOD)).assign(id=EVIL + GOOD)
    data = rows[["id", "postcode", "number", "addition"]].to_csv(index=False, sep=";", quoting=csv.QUOTE_ALL).encode()
    made = enrich(read_upload(data), country.book, [country.deep])
    back = [row[0] for row in csv.reader(io.StringIO(to_bytes(made).decode()), delimiter=";")][1:]
    assert back == [f"'{each}" for each in EVIL] + GOOD
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "postcode", "huisnummer"])
        for number, each in enumerate(EVIL + GOOD, start=1):
            sheet.write_string(number, 0, each)
            sheet.write_row(number, 1, ["1234AB", "1"])
    made = enrich(read_upload(file.getvalue()), country.book, [country.deep])
    page = openpyxl.load_workbook(io.BytesIO(to_bytes(made))).worksheets[0]
    cells = [page.cell(row, 1) for row in range(2, len(EVIL + GOOD) + 2)]
    assert [cell.value for cell in cells] == EVIL + GOOD
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells[: len(EVIL)])


def test_an_enriched_file_can_be_enriched_again(country: Country) -> None:
    once = to_bytes(enrich(read_upload(country.csv(country.rows.head(2))), country.book, [country.deep]))
    twice = to_bytes(enrich(read_upload(once), country.book, [country.deep])).decode().splitlines()[0].split(";")
    assert len(set(twice)) == len(twice)
    assert "Koppeling (2)" in twice


def test_profiles_of_another_household_file_are_refused(country: Country) -> None:
    other = AddressBook(country.book.folder, "f" * 64, country.book.n_households)
    upload = read_upload(country.csv())
    with pytest.raises(ProfileError, match="another household file"):
        enrich(upload, other, [country.deep])
    with pytest.raises(ProfileError, match="chosen 2 times"):
        enrich(upload, country.book, [country.deep, country.deep])
    with pytest.raises(ProfileError, match="no profile"):
        enrich(upload, country.book, [])


def test_loose_postcodes_find_nobody_and_say_so(country: Country, tmp_path: Path) -> None:
    made = enrich(read_upload(b"postcode\n" + b"1000AA\n" * 3), country.book, [country.deep])
    assert made.report.n_found == 0
    assert {"only_postcodes", "no_id"} <= {each.key for each in made.report.notices}
    page = render(match_page(made.report))
    assert "alleen postcodes" in page
    assert "klantnummer" in page
