"""Segment sheets and the page of a segmentation: what they say is in the facts, and what is hidden stays hidden."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from profiling.errors import ArtefactError
from profiling.population.scheme import MainSegment, Segment, SegmentScheme
from profiling.reporting.axes_chart import Place, axes_chart
from profiling.reporting.html import render
from profiling.reporting.segment_page import segment_page
from profiling.reporting.segmentation_page import segmentation_page

BASE = {"nl": "Straten", "en": "Streets"}


def row(
    name: str,
    kind: str,
    segment: float | None,
    country: float | None,
    index: float | None,
    n: int | None,
    direction: str,
    strength: float,
) -> dict:
    low, high = (None, None) if n is None or index is None else (index - 9, index + 9)
    return {"name": name, "feature": name, "kind": kind, "nl": f"{name} <nl>", "en": f"{name} <en>", "segment": segment,
            "country": country, "index": index, "low": low, "high": high, "n": n, "direction": direction, "strength": strength}  # fmt: skip


def fact(code: str = "A01", **changes: object) -> dict:
    facets = {
        "economic": [row("income", "mean", 41.2, 35.0, 118.0, 400, "above", 1.1), row("rich", "class", None, None, None, None, "average", 0.4)],
        "demography": [row("single", "class", 20.0, 40.0, 50.0, 80, "below", -0.9)],
        "environment": [],
        "leisure": [row("fishing", "share", 36.0, 20.0, 180.0, 144, "above", 0.8), row("tv", "share", 50.4, 50.0, 100.8, 201, "average", 0.1)],
        "media": [row("radio", "share", 18.0, 20.0, 90.0, 72, "below", -0.5)],
    }  # fmt: skip
    return {"code": code, "main": code[0], "nl": f"Naam {code} (voorstel)", "en": f"Name {code} (proposal)", "main_nl": "Hoofd", "main_en": "Main",
            "proposal": True, "age": 34.0, "wealth": 71.0, "households": 400.0, "share": 4.0, "facets": facets, **changes}  # fmt: skip


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_sheet_says_what_stands_out_and_hides_what_is_small(language: str) -> None:
    facts = [fact(), fact("B02", age=80.0, wealth=20.0, share=9.0)]
    html = render(segment_page(facts[0], facts, BASE, language=language))  # type: ignore[arg-type]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.replace("&lt;", "‹").replace("&gt;", "›")))
    more, less = (
        ("meer dan gemiddeld", "Minder dan gemiddeld")
        if language == "nl"
        else ("more than average", "Less than average")
    )
    assert f"{more}: fishing ‹{language}› (index 180)." in text
    assert f"{less}: single ‹{language}› (index 50), radio ‹{language}› (index 90)." in text
    assert "tv ‹" in text  # in the table, not among what stands out
    assert f"tv ‹{language}› (index" not in text
    assert f"rich ‹{language}›" not in text
    assert ("minder dan 10" if language == "nl" else "fewer than 10") in text
    assert ("voorstel van de computer" if language == "nl" else "proposed by the computer") in text
    assert "<nl>" not in html


def test_a_sheet_without_facts_is_refused() -> None:
    lacking = fact()
    del lacking["facets"], lacking["share"]
    with pytest.raises(ArtefactError) as fault:
        segment_page(lacking, [], BASE)
    assert "'facets' is missing" in str(fault.value)
    assert "'share' is missing" in str(fault.value)


def test_circles_stand_where_they_belong_and_do_not_cover_each_other() -> None:
    places = [Place("A01", "A01", 10, 10, 1.0), Place("A02", "A02", 90, 10, 4.0), Place("B03", "B03", 50, 90, 2.0)]
    twins = [Place("C04", "C04", 50, 40, 3.0), Place("C05", "C05", 50.2, 40, 3.0)]
    root = ElementTree.fromstring(axes_chart([*places, *twins], title="t", language="nl").markup)
    found = {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        title = group.find("{http://www.w3.org/2000/svg}title")
        circle = group.find("{http://www.w3.org/2000/svg}circle")
        if title is not None and circle is not None:
            found[str(title.text)[:3]] = tuple(float(circle.get(key, "nan")) for key in ("cx", "cy", "r"))
    assert found["A01"][0] < found["B03"][0] < found["A02"][0]
    assert found["A01"][1] == found["A02"][1] > found["B03"][1]
    assert found["A02"][2] > found["B03"][2] > found["A01"][2]
    names = sorted(found)
    for at, one in enumerate(names):
        for two in names[:at]:
            (x1, y1, r1), (x2, y2, r2) = found[one], found[two]
            assert ((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5 >= (r1 + r2) * 0.97


def test_the_page_of_a_segmentation_names_every_segment_with_its_part() -> None:
    scheme = SegmentScheme(
        name="x-1-2",
        nl="Proef",
        en="Trial",
        main=(MainSegment(code="A", nl="Hoofd"),),
        sub=(Segment(code="A01", main="A", nl="Een (voorstel)"), Segment(code="A02", main="A", nl="Twee")),
    )
    measures = {"explained": 0.61, "silhouette": 0.2, "smallest_share": 0.25, "largest_share": 0.75}
    rand = {level: {"mean": 0.5, "lowest": 0.4, "values": [0.4, 0.6]} for level in ("sub", "main")}
    report = {
        "units": 40,
        "households": 400.0,
        "segments": [
            {"code": "A01", "main": "A", "households": 100.0, "age": 20.0, "wealth": 10.0},
            {"code": "A02", "main": "A", "households": 300.0, "age": 60.0, "wealth": 50.0},
        ],
        "sub": measures,
        "main": measures,
        "stability": {"bootstrap": rand, "held_out": None},
        "variables": {
            "n": 3,
            "explained": {"v": 0.7, "w": None},
            "titles": {"v": {"nl": "inkomen", "en": "income"}},
            "explained_mean": 0.7,
        },
        "axes": {"age": ["v"], "wealth": ["w"]},
        "refresh": {"compared": 0.98, "moved": 0.123, "moved_main": 0.05, "agreement": 0.8, "new": ["A03"], "gone": []},
    }
    coverage = {
        "households": 400,
        "in_a_section": 390,
        "without_address": 10,
        "units": 50,
        "sections": 40,
        "size": {"smallest": 10.0},
    }
    html = render(segmentation_page(report, scheme, coverage, language="nl"))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "A · Hoofd 400 100,0% 50 40" in text
    assert "— A02 · Twee 300 75,0% 60 50" in text
    assert "1 namen zijn een voorstel" in text
    assert "0,50 (laagste 0,40)" in text
    assert "98,0% van de huishoudens kon worden vergeleken. Daarvan heeft 12,3% nu een ander subsegment" in text
    assert "Nieuwe codes: A03." in text
    assert "Inkomen 70%" in text
    with pytest.raises(ArtefactError, match="the report of the segmentation"):
        segmentation_page({}, scheme, coverage)
