"""The page of a comparison as a reader and a screen reader meet it: both languages, hidden cells, hostile text."""

from __future__ import annotations

import copy
import itertools
import re
from typing import Any

import pytest

from profiling.errors import ArtefactError
from profiling.reporting import html, markdown
from profiling.reporting.compare_charts import CaptureRow, DotRow, MatrixCell, capture_dots, index_dots, matrix
from profiling.reporting.compare_page import KEYS, compare_page
from profiling.reporting.document import SUPPRESSED, Chart, Document, Table
from profiling.vocabulary import LANGUAGES, Language
from tests.reporting.test_pages import HOSTILE, Reader

NAMES = ("alpha", "beta", "gamma", "delta")
CAPTURES = {"alpha": 31.4, "beta": 27.2, "gamma": 44.0, "delta": 12.5}


def comparison(names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """compare.json of some candidates, with everything that a page may have to show."""
    rules = ("size", "finds", "own")
    pairs = list(itertools.combinations(names, 2))
    overlap = [
        {"left": left, "right": right, "n_left": 900, "n_right": 800, "shared": 45, "jaccard": 45 / 1655,
         "of_left": 0.05, "of_right": 0.05625, "suppressed": False, "distance": 0.31, "by_chance": 0.05}
        for left, right in pairs
    ]  # fmt: skip
    hidden = dict.fromkeys(("shared", "jaccard", "of_left", "of_right"))
    overlap[0] |= {**hidden, "suppressed": True}
    return {
        "base": {"name": {"nl": "heel Nederland", "en": "the whole country"}, "households": 8_200_000},
        "snapshot": "2026-09-30",
        "method": {"depth": 10.0, "folds": 5, "block": "gemeente", "replicates": 500},
        "candidates": [
            {
                "name": name,
                "title": {"nl": f"Groep {name}", "en": f"Group {name}"},
                "version": "abc123",
                "reference": {"title": {"nl": "Wie", "en": "Who"}, "as_of": "2026-09-30", "minimum": 500},
                "households": 900,
                "expected": 880.0,
                "outside": 3,
                "contrast": "members",
                "profile": {"households": 820_000, "penetration": 10.0},
                "capture": {"value": CAPTURES[name], "interval": [CAPTURES[name] - 3, CAPTURES[name] + 3], "n": 880},
                "lift": {"value": CAPTURES[name] / 10, "interval": [2.0, 4.0]},
                "stability": {"value": 0.66, "interval": None, "lowest": 0.61},
                "member_effect": None,
                "sar": None,
                "dirt": {"value": 28.5, "interval": [22.0, 36.0]} if name == "alpha" else None,
                "class_size": {"value": None, "interval": [5.0, 12.5]} if name == "alpha" else None,
            }
            for name in names
        ],
        "tables": {
            "funnel": [
                {"candidate": name, "step": "rows", "nl": "regels", "en": "rows", "unit": "loans", "n": 4_120,
                 "dropped_nl": "dubbel (12)", "dropped_en": "double (12)"}
                for name in names
            ],
            "overlap_groups": overlap,
            "overlap_profiles": copy.deepcopy(overlap),
            "cross_capture": [
                {"model": model, "group": group, "n": 880, "capture": CAPTURES[group] if model == group else 11.7,
                 "low": 9.0, "high": 13.0, "lift": 1.2, "lift_low": 0.9, "lift_high": 1.3, "suppressed": False}
                for model in names for group in names
            ],
            "gains": [
                {"candidate": name, "depth": depth, "capture": min(100.0, 2.0 * depth), "low": depth, "high": 100.0}
                for name in names for depth in (10.0, 50.0, 100.0)
            ],
            "segments": [
                {"candidate": name, "of": of, "code": code, "name": "", "index": None if gone else 123.0 + place,
                 "suppressed": gone}
                for name in names for of in ("group", "profile")
                for place, (code, gone) in enumerate((("A01", False), ("A02", True), ("A03", False)))
            ],
            "areas": [
                {"rank": 1, "code": "GM0363", "name": "Amsterdam", "difference": 88.0, "candidate": name,
                 "index": None if name == names[-1] else 150.0, "suppressed": name == names[-1]}
                for name in names
            ],
            "external": [
                {"candidate": name, "matched": 340, "spearman": 0.61, "low": 0.5, "high": 0.7, "slope": 0.9,
                 "slope_low": 0.7, "slope_high": 1.1, "notes_nl": "Let op: rond.", "notes_en": "Beware: circular."}
                for name in names
            ],
        },
        "advice": {
            "sentence": {"nl": "Ga verder met Groep gamma.", "en": "Go on with Group gamma."},
            "reasons": {"nl": ["Omdat het zo is."], "en": ["Because it is."]},
            "rules": [
                {"rule": rule, "title": {"nl": rule, "en": rule}, "limit": {"nl": "grens", "en": "limit"}}
                for rule in rules
            ],
            "checks": {
                name: dict(zip(rules, ("pass", "fail", "unmeasured"), strict=True)) for name in names
            },
        },
        "area_level": "gemeente",
        "external": "taal.csv",
        "disclosure": {"minimum": 10},
        "made_by": "lookalike-profiling 0.1.0",
    }  # fmt: skip


def table(document: Document, caption: str) -> Table:
    tables = [each.table if isinstance(each, Chart) else each for each in document.blocks]
    return next(each for each in tables if isinstance(each, Table) and each.caption.startswith(caption))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [2, 4])
def test_the_page_is_whole_and_needs_nothing_from_outside(language: Language, count: int) -> None:
    page = html.render(compare_page(comparison(NAMES[:count]), language=language))
    reader = Reader(page)
    assert reader.open == []
    assert reader.all("html")[0]["lang"] == language
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not [tag for tag, _ in reader.elements if tag in {"script", "link", "img", "iframe", "object"}]
    assert re.findall(r"(?:https?:)?//[\w.]+", page.replace("http://www.w3.org/2000/svg", "")) == []
    assert page == html.render(compare_page(comparison(NAMES[:count]), language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_its_figures_in_a_table_and_in_words(language: Language) -> None:
    document = compare_page(comparison(), language=language)
    charts = [each for each in document.blocks if isinstance(each, Chart)]
    assert len(charts) == 4
    for chart in charts:
        assert chart.caption
        assert chart.table.rows
        assert re.search(r"<title[^>]*>\S", chart.svg.markup)
        assert re.search(r"<desc[^>]*>\S", chart.svg.markup)
    assert document.sections()[0] == {"nl": "Advies", "en": "Advice"}[language]
    assert markdown.render(document).count("\n## ") == len(document.sections()) + 1


def test_what_is_hidden_says_so_and_shows_no_number() -> None:
    document = compare_page(comparison(), language="nl")
    groups = table(document, "Overlap van de groepen")
    assert groups.rows[0][2:6] == (SUPPRESSED,) * 4
    assert SUPPRESSED not in groups.rows[1]
    segments = table(document, "Index per subsegment")
    assert segments.rows[1] == ("A02", *[SUPPRESSED] * 8)
    areas = table(document, "De 1 gebieden")
    assert areas.rows == (("Amsterdam (GM0363)", 88.0, 150.0, 150.0, 150.0, SUPPRESSED),)


def test_what_was_not_measured_says_so() -> None:
    trust = table(compare_page(comparison(), language="nl"), "Stabiliteit")
    assert trust.rows[0][3:] == ("niet gemeten", "niet gemeten", "28,5% (22,0–36,0%)", "5,0–12,5%")
    assert trust.rows[1][5:] == ("niet gemeten", "niet gemeten")
    assert trust.rows[0][2] == "0,66 (laagste 0,61)"
    given = comparison()
    del given["tables"]["external"]
    assert "geen cijfers van buiten" in html.render(compare_page(given, language="nl"))
    checks = table(compare_page(comparison(), language="nl"), "Elke kandidaat")
    assert [row[2] for row in checks.rows] == ["ja", "nee", "niet gemeten"]


def test_figures_stand_where_they_belong() -> None:
    document = compare_page(comparison(), language="en")
    cross = table(document, "Learned from the one")
    found = {(row[0], row[1]): row[2] for row in cross.rows}
    assert found["Group gamma", "Group gamma"] == 44.0
    assert found["Group alpha", "Group gamma"] == 11.7
    gains = table(document, "Capture of the own group by depth")
    assert gains.rows[0][:3] == (10.0, 20.0, (10.0, 100.0))
    assert len(gains.columns) == 1 + 2 * len(NAMES)


def test_hostile_names_stay_text() -> None:
    given = comparison()
    for each in given["candidates"]:
        each["title"] = {"nl": HOSTILE, "en": HOSTILE}
    for row in given["tables"]["segments"]:
        row["name"] = HOSTILE
    given["advice"]["sentence"] = {"nl": HOSTILE, "en": HOSTILE}
    reader = Reader(html.render(compare_page(given, language="nl")))
    assert reader.open == []
    assert not [tag for tag, _ in reader.elements if tag in {"script", "img"}]


def test_everything_missing_is_said_at_once() -> None:
    with pytest.raises(ArtefactError) as caught:
        compare_page({})
    assert all(f"'{key}'" in str(caught.value) for key in KEYS)


def numbers(markup: str, tag: str, name: str) -> list[float]:
    return [float(each) for each in re.findall(rf'<{tag}[^>]* {name}="([\d.]+)"', markup)]


def test_dots_stand_in_proportion() -> None:
    rows = [CaptureRow(str(value), value, None) for value in (0.0, 30.0, 60.0)]
    svg = capture_dots([rows[0], rows[0], rows[0]], depth=60.0, title="t", language="nl").markup
    full = capture_dots([rows[2]], depth=60.0, title="t", language="nl").markup
    half = capture_dots([rows[1]], depth=60.0, title="t", language="nl").markup
    zero, middle, end = (numbers(each, "circle", "cx")[0] for each in (svg, half, full))
    assert middle - zero == pytest.approx(end - middle, abs=0.02)


def test_a_hidden_value_has_no_mark_and_every_candidate_its_own_shape() -> None:
    svg = index_dots([DotRow("A01", (100.0, None, 200.0))], ["a", "b", "c"], title="t", language="nl").markup
    # Two marks of the first shape (legend and row), one of the second (legend only).
    assert len(re.findall("<circle", svg)) == 2
    assert len(re.findall("<rect", svg)) == 1
    assert "niet getoond" in svg


def test_the_darker_the_more_is_found() -> None:
    cells = [[MatrixCell(40.0, (35.0, 45.0)), MatrixCell(10.0, None)], [MatrixCell(None, None), MatrixCell(20.0, None)]]
    svg = matrix(["a", "b"], ["a", "b"], cells, title="t", language="nl").markup
    shades = numbers(svg, "rect", "fill-opacity")
    assert sorted(shades, reverse=True) == [shades[0], shades[3], shades[1], shades[2]]
    assert "niet getoond" in svg
