"""Chart geometry against the numbers, well-formedness, and hostile text."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling.reporting.charts import DriverRow, IndexRow, ShareRow, driver_bars, index_bars, index_class, share_dots
from profiling.reporting.curves import CalibrationRow, GainsCurve, GainsPoint, calibration_dots, gains_curves
from profiling.reporting.document import Svg
from profiling.reporting.svg import text_width

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script> & \"'\x00\x0b\ufffe"


def parse(svg: Svg) -> ElementTree.Element:
    return ElementTree.fromstring(svg.markup)


def bars(svg: Svg) -> list[dict[str, float]]:
    found = [each for each in parse(svg).iter(f"{SVG}rect") if each.get("class") == "bar"]
    return [{key: float(each.attrib[key]) for key in ("x", "width")} for each in found]


def index_chart(*values: float) -> Svg:
    rows = [IndexRow(f"row {each}", each) for each in values]
    return index_bars(rows, title="t", language="nl", base="alle huishoudens")


def test_a_bar_of_150_is_twice_as_long_as_a_bar_of_125() -> None:
    longer, shorter = bars(index_chart(150, 125))
    assert longer["width"] == pytest.approx(2 * shorter["width"], abs=0.02)


def test_bars_leave_100_to_the_right_above_it_and_to_the_left_below_it() -> None:
    over, under = bars(index_chart(160, 40))
    assert over["width"] == pytest.approx(under["width"], abs=0.02)
    assert over["x"] == pytest.approx(under["x"] + under["width"], abs=0.02)


@given(st.lists(st.floats(0, 900), min_size=1, max_size=12))
def test_every_bar_is_proportional_to_its_distance_from_100(values: list[float]) -> None:
    svg = index_chart(*values, 200)
    *drawn, measure = bars(svg)
    for value, bar in zip(values, drawn, strict=True):
        assert bar["width"] == pytest.approx(abs(value - 100) * measure["width"] / 100, abs=0.05)
        assert bar["x"] >= 0
        assert bar["x"] + bar["width"] <= svg.width


@pytest.mark.parametrize(
    ("index", "interval", "expected"),
    [
        (150, (120, 180), "above"),
        (150, (90, 210), "average"),
        (60, (40, 80), "below"),
        (60, None, "below"),
        (100, None, "average"),
    ],
)
def test_colour_follows_the_interval_not_the_index(
    index: float, interval: tuple[float, float] | None, expected: str
) -> None:
    assert index_class(index, interval) == expected


@pytest.mark.parametrize("values", [(1200.0, None), (60.0, None)])
def test_the_axis_begins_behind_the_longest_label_and_no_text_stands_on_its_line(values: tuple[float, None]) -> None:
    def drawn(label: str) -> ElementTree.Element:
        rows = [IndexRow(label, each) for each in values]
        return parse(index_bars(rows, title="t", language="nl", base="alle huishoudens"))

    def line(root: ElementTree.Element) -> float:
        return next(float(each.attrib["x1"]) for each in root.iter(f"{SVG}line") if each.get("stroke-width") == "1.4")

    assert line(drawn("A")) < line(drawn("A01 · Krap met kids"))
    for root in (drawn("A"), drawn("A01 · Krap met kids")):
        (said,) = [each for each in root.iter(f"{SVG}text") if each.text == "niet getoond"]
        start = float(said.attrib["x"])
        assert start > line(root) or start + text_width("niet getoond", 11.5) < line(root)


def test_suppressed_rows_have_no_bar_and_say_so() -> None:
    svg = index_bars([IndexRow("K59", None), IndexRow("A01", 150.0, n=20)], title="t", language="nl", base="b")
    assert len(bars(svg)) == 1
    assert "niet getoond" in svg.markup


def all_charts(name: str) -> list[Svg]:
    points = (GainsPoint(10.0, 40.0, (38.0, 42.0)), GainsPoint(100.0, 100.0, (100.0, 100.0)))
    return [
        index_bars([IndexRow(name, 150.0, (140.0, 160.0), 1200, "98%")], title=name, language="nl", base=name),
        share_dots([ShareRow(name, 6.2, 2.2), ShareRow("x", None, 1.0)], title=name, language="en"),
        driver_bars([DriverRow(name, 0.9, (0.8, 1.0)), DriverRow("y", -0.2)], title=name, language="nl"),
        gains_curves([GainsCurve(name, points)], title=name, language="en", cutoff=11.0),
        calibration_dots([CalibrationRow(2.0, 2.4, 300, (1.9, 2.9))], title=name, language="nl"),
        index_bars([], title=name, language="nl", base=name),
        share_dots([], title=name, language="nl"),
        driver_bars([], title=name, language="nl"),
        gains_curves([], title=name, language="nl"),
        calibration_dots([], title=name, language="nl"),
    ]


@pytest.mark.parametrize("name", ["Krap met kids", HOSTILE, "", "een heel lange naam " * 12])
def test_charts_are_well_formed_accessible_and_free_of_what_data_bring(name: str) -> None:
    for svg in all_charts(name):
        root = parse(svg)
        title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None
        assert description is not None
        assert root.get("role") == "img"
        assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
        assert root.find(f".//{SVG}script") is None


def test_the_same_rows_give_the_same_bytes() -> None:
    assert [each.markup for each in all_charts("x")] == [each.markup for each in all_charts("x")]


def test_shares_lie_on_one_scale_from_zero() -> None:
    root = parse(share_dots([ShareRow("a", 6.0, 2.0), ShareRow("b", 4.0, 0.0)], title="t", language="nl"))
    circles = [(float(each.attrib["cx"]), float(each.attrib["cy"])) for each in root.iter(f"{SVG}circle")][2:]
    base_a, share_a, base_b, share_b = (x for x, _ in circles)
    assert share_a - base_b == pytest.approx(1.5 * (share_b - base_b), abs=0.05)
    assert base_a - base_b == pytest.approx(0.5 * (share_b - base_b), abs=0.05)


def test_the_gains_curve_passes_through_its_points_and_the_band_holds_it() -> None:
    points = (
        GainsPoint(25.0, 60.0, (50.0, 70.0)),
        GainsPoint(50.0, 80.0, (75.0, 85.0)),
        GainsPoint(100.0, 100.0, (100.0, 100.0)),
    )
    root = parse(gains_curves([GainsCurve("m", points)], title="t", language="nl"))
    curve = next(each for each in root.iter(f"{SVG}path") if each.get("class") == "curve").attrib["d"]
    xy = [tuple(map(float, each.split())) for each in curve.removeprefix("M").split("L")]
    (x0, y0), (x25, y25), (x50, _), (x100, y100) = xy
    assert x25 - x0 == pytest.approx((x100 - x0) / 4, abs=0.02)
    assert x50 - x0 == pytest.approx((x100 - x0) / 2, abs=0.02)
    assert y0 - y25 == pytest.approx(0.6 * (y0 - y100), abs=0.02)
    band = next(each for each in root.iter(f"{SVG}path") if each.get("class") == "band").attrib["d"]
    first, last = band.removeprefix("M").removesuffix("Z").split("L")[0], band.removesuffix("Z").split("L")[-1]
    assert float(first.split()[1]) < y25 < float(last.split()[1])
