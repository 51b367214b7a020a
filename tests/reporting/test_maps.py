"""Maps: geometry against shapely, classes, hover text, and the real CBS polygons."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from profiling.errors import SchemaError
from profiling.reporting.maps import Area, MapFacts, choropleth, read_polygons
from profiling.reporting.polygons import Polygons, simplified

SVG = "{http://www.w3.org/2000/svg}"
CBS = Path(__file__).parents[3] / "shared/data/cbs/buurten_2024_approx_rd.gpkg"
FACTS = MapFacts((80.0, 120.0), "heel Nederland", 902_331, "2026-09-30")


def squares() -> Polygons:
    shapes = [shapely.box(1000 * x, 0, 1000 * x + 1000, 1000) for x in range(4)]
    shapes[3] = shapely.difference(shapes[3], shapely.box(3400, 400, 3600, 600))
    return Polygons(("BU1", "BU2", "BU3", "BU4"), ("Een", "Twee", "<b>Drie</b>", ""), np.array(shapes, dtype=object))


def areas() -> list[Area]:
    return [
        Area("BU1", "Een", "above", 120, 15.1, 137.0, (121.0, 154.0)),
        Area("BU2", "Twee", "below", 40, 5.0, 45.5, (30.0, 60.0)),
        Area("BU3", "<b>Drie</b>", "suppressed", 7, 1.0, 9.0),
        Area("BU9", "Nergens", "average", 10, 11.0, 100.0),
    ]


def draw(**changes: object) -> ElementTree.Element:
    svg = choropleth(areas(), squares(), FACTS, title="Kaart", language="nl", **changes)  # type: ignore[arg-type]
    return ElementTree.fromstring(svg.markup)


def group(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return next(each for each in root.iter(f"{SVG}g") if each.get("class") == name).findall(f"{SVG}path")


def rings(path: str) -> list[list[tuple[int, int]]]:
    """Read our own relative paths back with another parser: a plain walk over the numbers."""
    done = []
    for ring in re.findall(r"M(.*?)z", path):
        start, moves = ring.split("l")
        x, y = map(int, start.split())
        points = [(x, y)]
        numbers = [int(each) for each in re.findall(r"-?\d+", moves)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            points.append((x, y))
        done.append(points)
    return done


def evenodd(path: str) -> float:
    """Area that a path covers under the even-odd rule: rings inside others take away."""
    shapes = [shapely.make_valid(shapely.Polygon(ring)) for ring in rings(path) if len(ring) > 2]
    return float(shapely.area(functools.reduce(shapely.symmetric_difference, shapes))) if shapes else 0.0


def test_each_area_lies_in_the_group_of_its_class() -> None:
    root = draw()
    for name in ("above", "below", "suppressed", "no_data"):
        assert len(group(root, name)) == 1
    assert group(root, "average") == []


def test_hover_names_the_figures_and_hides_the_suppressed_ones() -> None:
    root = draw()
    above, hidden, none = (group(root, name)[0].findtext(f"{SVG}title") for name in ("above", "suppressed", "no_data"))
    assert above == "Een (BU1): n 120, penetratie 15,1%, index 137 (121–154)"
    assert hidden == "<b>Drie</b> (BU3): te weinig huishoudens om te tonen"
    assert none == "BU4: geen gegevens"


def test_one_area_is_no_plural() -> None:
    written = [each.text or "" for each in draw().iter(f"{SVG}text")]
    assert "1 gebied" in written
    assert "1 gebieden" not in written


def test_suppressed_areas_are_hatched() -> None:
    root = draw()
    hatching = next(each for each in root.iter(f"{SVG}path") if each.get("class") == "hatching")
    assert hatching.attrib["d"] == group(root, "suppressed")[0].attrib["d"]
    name = hatching.attrib["fill"].removeprefix("url(#").removesuffix(")")
    assert any(each.attrib["id"] == name for each in root.iter(f"{SVG}pattern"))


def test_the_legend_says_limits_base_n_and_snapshot() -> None:
    text = " ".join(each.text or "" for each in draw().iter(f"{SVG}text"))
    for said in (
        "index boven 120",
        "index 80 tot en met 120",
        "index onder 80",
        "heel Nederland",
        "902.331",
        "30 september 2026",
    ):
        assert said in text


def test_quantised_areas_agree_with_shapely_and_share_their_borders() -> None:
    paths, grid = simplified(squares(), cells=400)
    for path, shape in zip(paths, squares().geometries, strict=True):
        shell, *holes = rings(path)
        drawn = shapely.Polygon(shell, holes).area * grid.cell**2
        assert drawn == pytest.approx(shape.area, rel=0.01)
    first, second = (set(rings(path)[0]) for path in paths[:2])
    assert len(first & second) == 2


def test_paths_are_the_corners_on_the_grid_one_by_one() -> None:
    rng = np.random.default_rng(0)
    parts = [
        shapely.Point(*at).buffer(size, 4)
        for at, size in zip(rng.uniform(0, 9e3, (30, 2)), [900.0, 20.0] * 15, strict=True)
    ]
    shapes = np.array([shapely.union_all(parts[i : i + 3]) for i in range(0, 30, 3)], dtype=object)
    polygons = Polygons(tuple(map(str, range(10))), ("",) * 10, shapes)
    paths, grid = simplified(polygons, cells=120)
    kept = shapely.coverage_simplify(shapes, grid.cell)
    for path, shape in zip(paths, kept, strict=True):
        expected = []
        for part in shapely.get_parts(shape):
            for ring in shapely.get_rings(part):
                corners = [
                    (round((x - grid.left) / grid.cell), round((grid.top - y) / grid.cell)) for x, y in ring.coords[:-1]
                ]
                walk = [corner for place, corner in enumerate(corners) if corner != corners[place - 1]]
                expected += [walk] if len(walk) > 2 else []
        assert rings(path) == expected
    assert sum(map(len, map(rings, paths))) > 10


def test_an_empty_or_missing_geometry_is_left_out() -> None:
    shapes = np.array([shapely.box(0, 0, 10, 10), None, shapely.Polygon()], dtype=object)
    paths, _ = simplified(Polygons(("a", "b", "c"), ("", "", ""), shapes))
    assert [bool(each) for each in paths] == [True, False, False]
    assert simplified(Polygons(("b",), ("",), np.array([None], dtype=object)))[0] == [""]


def geoparquet(path: Path, codes: list[str], crs: int) -> None:
    geo = {
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "crs": {"id": {"authority": "EPSG", "code": crs}}}},
    }
    wkb = [shapely.to_wkb(shapely.box(n, 0, n + 1, 1)) for n in range(len(codes))]
    table = pa.table({"code": codes, "name": [f"naam {each}" for each in codes], "geometry": wkb})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)


def test_geoparquet_is_read(tmp_path: Path) -> None:
    geoparquet(tmp_path / "a.parquet", ["BU2", "BU1"], 28992)
    found = read_polygons(tmp_path / "a.parquet")
    assert (found.codes, found.names) == (("BU2", "BU1"), ("naam BU2", "naam BU1"))
    assert shapely.bounds(found.geometries[1]).tolist() == [1, 0, 2, 1]


def test_other_coordinates_and_double_codes_are_faults_in_one_message(tmp_path: Path) -> None:
    geoparquet(tmp_path / "a.parquet", ["BU1", "BU1"], 3857)
    with pytest.raises(SchemaError, match="cannot be drawn") as caught:
        read_polygons(tmp_path / "a.parquet")
    assert "EPSG:3857" in str(caught.value)
    assert "BU1" in str(caught.value)


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    geoparquet(tmp_path / "a.parquet", ["BU1"], 28992)
    with pytest.raises(SchemaError, match=r"'codes' is missing \(did you mean 'code'\?\)"):
        read_polygons(tmp_path / "a.parquet", code="codes")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no such file"):
        read_polygons(tmp_path / "a.gpkg")


@pytest.mark.shared
@pytest.mark.skipif(not CBS.is_file(), reason="skipped: no shared data")
def test_the_real_buurten_are_drawn_in_about_three_megabytes() -> None:
    polygons = read_polygons(CBS, code="buurtcode", name="buurtnaam")
    classes = ("above", "average", "below", "suppressed")
    found = [
        Area(code, name, classes[n % 4], n, 11.0, 100.0, (90.0, 110.0))
        for n, (code, name) in enumerate(zip(polygons.codes, polygons.names, strict=True))
    ]
    svg = choropleth(found, polygons, FACTS, title="Buurten", language="nl")
    root = ElementTree.fromstring(svg.markup)
    drawn = sum(len(group(root, name)) for name in classes)
    assert len(polygons) == 14_566
    assert drawn > 14_500
    assert len(svg.markup.encode()) < 3_500_000
    assert svg.markup == choropleth(found, polygons, FACTS, title="Buurten", language="nl").markup
    # The drawn country has the size of the country: our own paths against shapely on the untouched polygons.
    paths, grid = simplified(polygons)
    size = sum(evenodd(path) for path in paths)
    assert size * grid.cell**2 == pytest.approx(shapely.area(polygons.geometries).sum(), rel=0.03)
