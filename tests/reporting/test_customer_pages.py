"""The pages of customer files: every figure from the tables, in both languages, hidden where it must be."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from shapely import box

from profiling.errors import ProfileError
from profiling.publish.choose import select_areas, whole_country
from profiling.publish.customers import CustomerAnalysis, analyse_customers
from profiling.publish.uploads import read_upload
from profiling.reporting import excel
from profiling.reporting.customers_page import customers_page
from profiling.reporting.html import render
from profiling.reporting.polygons import Polygons
from profiling.reporting.report_two import report_two
from profiling.vocabulary import LANGUAGES, Language, number
from tests.publish.customers import Country, make_country


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def analysis(country: Country) -> CustomerAnalysis:
    return analysed(country, country.csv())


def analysed(country: Country, data: bytes, *, reach: bool = True) -> CustomerAnalysis:
    chosen = select_areas(country.deep, [f"GM010{place}" for place in range(6)], title={"nl": "De Test", "en": "Test"})
    return analyse_customers(
        read_upload(data, name="leden.csv"),
        country.book,
        [country.deep, country.small],
        base=whole_country(country.deep),
        work_area=chosen if reach else None,
        level="gemeente",
    )


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return " ".join(" ".join(reader.parts).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_say_what_the_tables_hold(analysis: CustomerAnalysis, language: Language) -> None:
    customers = text_of(render(customers_page(analysis, language=language)))
    report = text_of(render(report_two(analysis, language=language, library="Bibliotheek De Test")))
    for each in analysis.profiles:
        total = each.table.iloc[0]
        assert number(total["n_profile"], language) in customers
        assert f"{number(total['index'], language, 1)}" in customers
        assert each.reach is not None
        reached = each.reach.segments.iloc[0]
        for page in (customers, report):
            assert number(reached["not_reached"], language) in page
            assert f"{number(reached['reach'], language, 1)}%" in page
    assert "Bibliotheek De Test" in report
    assert "None" not in customers + report
    assert "nan" not in (customers + report).lower().split()


def test_report_two_is_a_workbook_with_the_same_figures(analysis: CustomerAnalysis) -> None:
    book = openpyxl.load_workbook(io.BytesIO(excel.render(report_two(analysis))))
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    reach = analysis.profiles[0].reach
    assert reach is not None
    for column in ("households", "members", "profile"):
        assert set(reach.areas[column].dropna().astype(int)) <= cells


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_a_few_rows_gives_pages_without_figures(country: Country, language: Language) -> None:
    few = analysed(country, country.csv(country.rows.head(3)))
    page = text_of(render(customers_page(few, language=language)))
    assert ("te weinig huishoudens" if language == "nl" else "too few households") in page
    report = text_of(render(report_two(few, language=language)))
    assert ("te klein om te tonen" if language == "nl" else "too small to show") in report


def test_a_table_with_some_cells_hidden_shows_the_others(country: Country) -> None:
    some = analysed(country, country.csv(country.rows.head(120)))
    hidden = [each.table["suppressed"] for each in some.profiles]
    assert any(each.any() and not each.all() for each in hidden)
    assert "niet getoond" in text_of(render(customers_page(some)))
    assert "niet getoond" in text_of(render(report_two(some)))


def test_postcodes_alone_are_said_to_be_expectations(country: Country) -> None:
    postcodes = ("postcode\n" + "\n".join(country.rows["postcode"])).encode()
    assert "dit zijn verwachtingen" in text_of(render(customers_page(analysed(country, postcodes, reach=False))))


def test_the_map_of_report_two_counts_members(analysis: CustomerAnalysis) -> None:
    codes = tuple(analysis.profiles[0].reach.areas["code"][1:])  # type: ignore[union-attr]
    squares = [box(place * 1000, 0, (place + 1) * 1000, 1000) for place in range(len(codes))]
    shapes = Polygons(codes, codes, np.array(squares, dtype=object))
    page = text_of(render(report_two(analysis, polygons=shapes)))
    members = analysis.profiles[0].reach.areas["members"].iloc[0]  # type: ignore[union-attr]
    assert f"Huishoudens met een lid {number(members)}" in page
    assert "Huishoudens in het profiel" not in page


def test_report_two_without_a_work_area_is_refused(country: Country) -> None:
    with pytest.raises(ProfileError, match="needs a work area"):
        report_two(analysed(country, country.csv(), reach=False))


def test_the_same_file_gives_the_same_bytes(country: Country, analysis: CustomerAnalysis, tmp_path: Path) -> None:
    again = analysed(country, country.csv())
    assert render(customers_page(again)) == render(customers_page(analysis))
    assert excel.render(report_two(again)) == excel.render(report_two(analysis))
