"""The page of an area analysis says what its tables say; maps in three measures; polygons from any file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely

from profiling.errors import SchemaError
from profiling.population.shapes import joined
from profiling.publish.area import AreaAnalysis, analyse_areas
from profiling.publish.choose import select_areas, whole_country
from profiling.reporting import excel
from profiling.reporting.area_page import area_map, area_page, times
from profiling.reporting.area_shapes import area_shapes, drawn_shapes, drawn_text
from profiling.reporting.area_tables import area_table
from profiling.reporting.html import render
from profiling.reporting.pictures import png
from profiling.reporting.polygons import Polygons
from profiling.vocabulary import number
from tests.publish.shops import country

CBS = Path(__file__).parents[2] / ".." / "shared" / "data" / "cbs"


@pytest.fixture(scope="module")
def analysis() -> AreaAnalysis:
    opened = country(0, n=20_000).published
    return analyse_areas(opened, select_areas(opened, ["GM0100", "GM0101"]), level="buurt")


def squares(analysis: AreaAnalysis) -> Polygons:
    codes = tuple(analysis.profiles[0].areas["code"])
    shapes = [
        shapely.box(1e5 + 100 * (i % 6), 4e5 + 100 * (i // 6), 1e5 + 100 * (i % 6 + 1), 4e5 + 100 * (i // 6 + 1))
        for i in range(len(codes))
    ]
    return Polygons(codes, ("",) * len(codes), np.array(shapes, dtype=object))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_says_what_the_tables_say(analysis: AreaAnalysis, language: str) -> None:
    page = render(area_page(analysis, language=language, polygons=squares(analysis)))  # type: ignore[arg-type]
    (profile,) = analysis.profiles
    row = profile.total.iloc[0]
    assert number(row["n_profile"], language) in page  # type: ignore[arg-type]
    assert number(row["index"], language, 1) in page  # type: ignore[arg-type]
    for _, area in profile.areas[~profile.areas["suppressed"]].iterrows():
        assert f"{area['name']} ({area['code']})" in page
    assert page.count("<path") >= (~profile.areas["suppressed"]).sum()


def test_a_long_table_can_be_cut_to_the_highest_index(analysis: AreaAnalysis) -> None:
    (profile,) = analysis.profiles
    shown = profile.areas[~profile.areas["suppressed"]]
    highest = shown.sort_values("index", ascending=False)["code"].head(3).tolist()
    whole, cut = (area_table(analysis, profile, "nl", most) for most in (None, 3))
    assert [str(row[0]).partition("(")[2].rstrip(")") for row in cut.rows[:-1]] == highest
    assert cut.rows == (*whole.rows[:3], whole.rows[-1])
    assert len(whole.rows) == len(profile.areas) + 1
    assert f"de 3 met de hoogste index, van {len(profile.areas)}" in cut.caption
    assert area_table(analysis, profile, "nl", len(profile.areas)) == whole
    page = render(area_page(analysis, polygons=squares(analysis), most_rows=3))
    assert cut.caption in page
    assert whole.caption + "<" not in page


def test_a_workbook_does_not_ask_to_point_at_its_map(analysis: AreaAnalysis, tmp_path: Path) -> None:
    page = area_page(analysis, polygons=squares(analysis))
    asks = "Wijs een gebied aan"
    assert asks in render(page)
    excel.write(page, tmp_path / "area.xlsx")
    book = openpyxl.load_workbook(tmp_path / "area.xlsx")
    assert not any(asks in str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)


def test_an_index_in_words() -> None:
    assert times(154.9, "nl") == "1,5 keer zo vaak als"
    assert times(103, "nl") == "ongeveer even vaak als"
    assert times(50, "en") == "0.5 times as often as"


def test_limits_stand_in_the_unit_of_the_map(analysis: AreaAnalysis) -> None:
    (profile,) = analysis.profiles
    shapes = squares(analysis)
    markup = {
        measure: area_map(analysis, profile, shapes, "nl", measure=measure)[0].svg.markup  # type: ignore[arg-type]
        for measure in ("index", "penetration", "count")
    }
    assert "index boven 120" in markup["index"]
    assert f"penetratie boven {number(1.2 * profile.base_penetration, 'nl', 1)}%" in markup["penetration"]
    counts = profile.areas["n_profile"].dropna().astype(int).sort_values().tolist()
    high = counts[2 * len(counts) // 3]
    assert f"aantal boven {high}" in markup["count"]
    many = re.search(r'class="above".*?</g>', markup["count"], re.DOTALL)
    assert many is not None
    assert many[0].count("<title>") == sum(each > high for each in counts)
    assert png(area_map(analysis, profile, shapes, "nl")[0].svg)[:4] == b"\x89PNG"


def test_a_hidden_area_has_no_figures_on_the_map() -> None:
    opened = country(1, n=3_000).published
    analysis = analyse_areas(opened, whole_country(opened), level="buurt")
    (profile,) = analysis.profiles
    hidden = profile.areas[profile.areas["suppressed"]]
    assert len(hidden)
    markup = area_map(analysis, profile, squares(analysis), "nl")[0].svg.markup
    for code in hidden["code"]:
        assert f"({code}): te weinig huishoudens om te tonen" in markup


def test_degrees_become_metres(tmp_path: Path) -> None:
    """The RD origin (Onze Lieve Vrouwetoren, Amersfoort): 52.15517, 5.38721 is (155000, 463000)."""
    square = shapely.box(5.38721, 52.15517, 5.39721, 52.16517)
    feature = {
        "type": "Feature",
        "properties": {"statcode": "GM0307", "statnaam": "Amersfoort"},
        "geometry": json.loads(shapely.to_geojson(square)),
    }
    path = tmp_path / "gemeente.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    found = area_shapes(path, "gemeente")
    assert found.names == ("Amersfoort",)
    left, bottom, *_ = shapely.total_bounds(found.geometries)
    assert left == pytest.approx(155_000, abs=30)
    assert bottom == pytest.approx(463_000, abs=30)
    with pytest.raises(SchemaError, match="no column with codes of a buurt"):
        area_shapes(_other(tmp_path), "buurt")


def test_metres_in_a_file_that_says_nothing_are_metres(tmp_path: Path) -> None:
    """By its standard a GeoJSON holds degrees; people save RD metres in it all the same."""
    square = shapely.box(155_000, 463_000, 156_000, 464_000)
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(square))}
    path = tmp_path / "drawn.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    (drawn,) = drawn_shapes(path)
    assert drawn.equals(square)
    (drawn,) = drawn_text(path.read_text(encoding="utf-8"))
    assert drawn.equals(square)


def _other(folder: Path) -> Path:
    path = folder / "other.geojson"
    feature = {
        "type": "Feature",
        "properties": {"x": 1},
        "geometry": json.loads(shapely.to_geojson(shapely.box(5, 52, 6, 53))),
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return path


def test_slivers_between_neighbours_are_closed() -> None:
    parts = [
        shapely.box(0, 0, 1000, 1000),
        shapely.box(1020, 0, 2000, 1000),
        shapely.box(0, 990, 2000, 2000),
        shapely.box(0, -1000, 2000, 5),
    ]
    assert len(shapely.union_all(parts).interiors)
    whole = joined(parts)
    assert not len(whole.interiors)
    assert whole.area == pytest.approx(2000 * 3000, rel=1e-3)


@pytest.mark.skipif(not CBS.is_dir(), reason="no shared data")
def test_real_polygons_of_three_formats() -> None:
    buurten = area_shapes(CBS / "buurten_2024_approx_rd.gpkg", "buurt")
    assert len(buurten) == 14_566
    assert "BU0363AF01" in buurten.codes
    assert len(area_shapes(CBS / "wijken_2022.gpkg", "wijk")) == 3_340
    hengelo = area_shapes(CBS / "buurten_hengelo_pdok.topojson", "buurt")
    assert len(hengelo) == 62
    left, bottom, right, top = shapely.total_bounds(hengelo.geometries)
    assert 240_000 < left < right < 260_000
    assert 460_000 < bottom < top < 490_000
