"""Pages as a reader and a screen reader meet them: both languages, hostile text, missing parts."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from profiling.errors import ArtefactError
from profiling.reporting import html, markdown
from profiling.reporting.document import (
    SUPPRESSED,
    Block,
    Chart,
    Column,
    Columns,
    Document,
    KeyFigure,
    KeyFigures,
    Map,
    Panel,
    Table,
)
from profiling.reporting.driver_blocks import driver_rows
from profiling.reporting.model_card import model_card
from profiling.reporting.polygons import Polygons
from profiling.reporting.profile_page import profile_page
from profiling.reporting.sketch_page import sketch_page
from profiling.reporting.svg import ABOVE, AVERAGE, BELOW, INK, MUTED
from profiling.vocabulary import LANGUAGES, Language
from tests.reporting.card_example import card
from tests.reporting.examples import sketch

HOSTILE = "<img src=x onerror=alert(1)>\"'</style></title><script>alert(2)</script>\x00"
VOID = frozenset({"meta", "link", "img", "br", "input"})


class Reader(HTMLParser):
    """Walks a page the way a browser does: open elements, attributes, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def blocks_of(blocks: tuple[Block, ...]) -> list[Block]:
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        if isinstance(block, Panel):
            found += blocks_of(block.blocks)
        if isinstance(block, Columns):
            found += [each for column in block.columns for each in blocks_of(column)]
    return found


def with_areas() -> tuple[dict[str, Any], Polygons]:
    given = card()
    given["areas"] = {
        "level": "gemeente",
        "year": 2024,
        "limits": [80.0, 120.0],
        "rows": [
            {
                "code": "GM1",
                "name": "Een",
                "n": 120,
                "base_n": 800,
                "penetration": 15.0,
                "index": 136.4,
                "interval": [121, 154],
                "class": "above",
            },
            {"code": "GM2", "name": "", "class": "suppressed", "n": 4},
            {
                "code": "GM3",
                "name": "Drie",
                "n": 90,
                "base_n": 800,
                "penetration": 11.2,
                "index": 101.8,
                "interval": [84, 120],
                "class": "average",
            },
        ],
    }
    shapes = np.array([shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)], dtype=object)
    return given, Polygons(("GM1", "GM2"), ("Een", "Twee"), shapes)


def pages(language: Language) -> list[Document]:
    given, polygons = with_areas()
    return [sketch_page(sketch(), language=language), profile_page(given, language=language, polygons=polygons)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_whole_named_and_in_their_language(language: Language) -> None:
    for document in pages(language):
        reader = Reader(html.render(document))
        assert reader.open == []
        assert reader.all("html")[0]["lang"] == language
        assert len(reader.all("h1")) == 1
        ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        links = [str(each["href"]).removeprefix("#") for each in reader.all("a")]
        assert set(links) <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_need_nothing_from_outside(language: Language) -> None:
    for document in pages(language):
        page = html.render(document)
        reader = Reader(page)
        assert not [tag for tag, _ in reader.elements if tag in {"script", "link", "img", "iframe", "object"}]
        outside = re.findall(r"(?:https?:)?//[\w.]+", page.replace("http://www.w3.org/2000/svg", ""))
        assert outside == []
        assert "@import" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_its_table_and_every_table_its_caption_and_scope(language: Language) -> None:
    for document in pages(language):
        pictures = [each for each in blocks_of(document.blocks) if isinstance(each, Chart | Map)]
        assert pictures
        assert all(each.table.rows for each in pictures)
        reader = Reader(html.render(document))
        assert len(reader.all("svg")) == len(reader.all("details")) == len(pictures)
        assert len(reader.all("caption")) == len(reader.all("table"))
        assert all(each.get("scope") in {"row", "col"} for each in reader.all("th"))


def test_the_figures_of_a_chart_are_those_of_its_table() -> None:
    document = profile_page(card(), language="nl")
    chart = next(each for each in blocks_of(document.blocks) if isinstance(each, Chart) and "A01" in each.svg.markup)
    drawn = re.findall(r"A\d\d · [^<:]*: index (\d+), ", chart.svg.markup)
    assert [int(each) for each in drawn] == [
        int(float(row[5]) + 0.5)
        for row in chart.table.rows
        if str(row[0]).startswith("A")  # type: ignore[arg-type]
    ]


def poisoned(value: Any) -> Any:
    """Every text that a reader meets, replaced by something hostile; keys and words of the structure are left alone."""
    words = {
        "direction",
        "class",
        "kind",
        "role",
        "measure",
        "level",
        "step",
        "alias",
        "unit",
        "split",
        "snapshot",
        "window",
        "channel",
    }
    if isinstance(value, dict):
        return {key: each if key in words else poisoned(each) for key, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    return f"{HOSTILE} {value}" if isinstance(value, str) else value


def test_hostile_text_stays_text() -> None:
    given, polygons = with_areas()
    hostile = Polygons(polygons.codes, (HOSTILE, HOSTILE), polygons.geometries)
    bad_sketch, bad_card = poisoned(sketch()), poisoned(given)
    bad_card["areas"]["level"] = "gemeente"
    for row in bad_card["areas"]["rows"]:
        row["code"] = row["code"].split()[-1]
    for document in (sketch_page(bad_sketch), profile_page(bad_card, polygons=hostile)):
        page = html.render(document)
        reader = Reader(page)
        assert not [tag for tag, _ in reader.elements if tag in {"script", "img"}]
        assert not [name for _, attributes in reader.elements for name in attributes if name.startswith("on")]
        assert len(reader.all("style")) == 1
        assert "\x00" not in page
        assert "<script>alert(2)</script>" in "".join(reader.texts)
    text = model_card(bad_card)
    assert "<img" not in text
    assert "<script" not in text


def test_the_same_input_gives_the_same_bytes() -> None:
    for language in LANGUAGES:
        assert [html.render(each) for each in pages(language)] == [html.render(each) for each in pages(language)]


def test_numbers_follow_the_language() -> None:
    dutch, english = (html.render(sketch_page(sketch(), language=language)) for language in LANGUAGES)
    assert "902.331" in dutch
    assert "11,0%" in dutch
    assert "902,331" in english
    assert "11.0%" in english
    assert "30 september 2026" in dutch


def test_the_sketch_says_that_it_is_a_chance_and_that_drivers_explain_the_model() -> None:
    dutch, english = (html.render(sketch_page(sketch(), language=language)) for language in LANGUAGES)
    assert "Een kans, geen feit." in dutch
    assert "Verklaart het model, niet de mensen." in dutch
    assert "A chance, not a fact." in english
    assert "Explains the model, not the people." in english


def test_groups_of_features_have_the_title_of_the_language_and_else_their_key() -> None:
    drivers = sketch()["drivers"]
    assert [row.label for row in driver_rows(drivers, "nl")][:2] == ["Opleiding", "Inkomen"]
    assert [row.label for row in driver_rows(drivers, "en")][:2] == ["Education", "Income"]
    bare = {"groups": [{"group": "wonen", "contribution": 0.1, "low": None, "high": None}]}
    assert [row.label for row in driver_rows(bare, "en")] == ["Wonen"]


def test_the_sketch_shows_both_ends_of_a_channel_says_conflicts_and_hides_small_cells() -> None:
    page = html.render(sketch_page(sketch()))
    assert "Let op: het model en de index spreken elkaar tegen bij Tuinieren." in page
    picture = page[page.index("Hobby") : page.index("De cijfers bij deze figuur", page.index("Hobby"))]
    assert "Puzzelen en spelletjes" in picture
    assert "Reizen buiten Europa" in picture
    assert "Valkerij" not in picture
    row = re.search(r"Valkerij</th>\s*(<td.*?)</tr>", page, re.S)
    assert row
    assert "niet getoond" in row[1]


def test_a_sketch_without_segments_traits_interests_or_drivers_still_makes_a_page() -> None:
    bare = sketch() | {
        "segments": [],
        "traits": [],
        "interests": [],
        "drivers": {"groups": [], "features": []},
        "headlines": {"nl": [], "en": []},
    }
    page = html.render(sketch_page(bare))
    assert "Geen enkel segment komt duidelijk vaker voor." in page
    assert "Er zijn geen interesses bekend." in page


def test_a_name_that_is_missing_gives_way_to_its_code() -> None:
    given = sketch()
    given["segments"][0] |= {"nl": "", "en": ""}
    given["interests"][0] |= {"nl": "", "en": ""}
    given["profile"] |= {"nl": "", "en": ""}
    page = html.render(sketch_page(given))
    assert "<h1>nt1-taalgroeiers</h1>" in page
    assert "hobby_1" in page


def test_all_missing_keys_come_in_one_message() -> None:
    given = card()
    del given["snapshot"], given["base"]["households"]
    given["models"][1].pop("role")
    with pytest.raises(ArtefactError) as caught:
        profile_page(given)
    assert caught.value.faults == (
        "'snapshot' is missing",
        "'base.households' is missing",
        "'models[].role' is missing",
    )
    with pytest.raises(ArtefactError, match=r"'features.excluded' is missing"):
        model_card({key: value for key, value in card().items() if key != "features"})


def test_the_card_does_not_flatter_by_silence() -> None:
    given = {key: value for key, value in card().items() if key not in {"stability", "calibration", "models", "proxy"}}
    page = html.render(profile_page(given))
    assert page.count("Niet gemeten voor deze versie.") == 2
    text = model_card({key: value for key, value in card().items() if key not in {"stability", "calibration", "proxy"}})
    assert text.count("Niet gemeten voor deze versie.") == 2
    assert "niet gemeten" in text[text.index("Welke kenmerken") :]


def test_a_suppressed_area_gives_nothing_away() -> None:
    given, polygons = with_areas()
    given["areas"]["rows"][1] |= {"n": 4, "penetration": 3.21, "index": 29.17, "interval": [7.77, 93.33]}
    page = html.render(profile_page(given, polygons=polygons))
    row = re.search(r"GM2</th>(.*?)</tr>", page, re.S)
    assert row
    assert re.sub(r"<[^>]*>|\s", "", row[1]) == "niet" + "getoond" + "–––" + "niet" + "getoond"
    assert not re.search(r"3,21|29,17|7,77|93,33|\b29,2|\(8–93\)", page)
    assert "1 gebieden hebben geen vorm" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ("handhaving", "uitkering", "kans, geen feit", "Uitgesloten")),
        ("en", ("enforcement", "entitled", "chance, not a fact", "Excluded")),
    ],
)
def test_the_model_card_says_what_the_model_is_not_for(language: Language, words: tuple[str, ...]) -> None:
    text = model_card(card(), language=language)
    assert all(word in text for word in words)
    lines = text.splitlines()
    tables = [each for each in lines if each.startswith("|")]
    assert {each.count(" | ") for each in tables if "LightGBM" in each} == {7}
    assert ("38,4%" if language == "nl" else "38.4%") in text


def test_own_texts_are_added_to_the_built_in_ones() -> None:
    text = model_card(card() | {"limits": [{"nl": "Alleen voor deze proef."}], "out_of_scope": ["Niet voor reclame."]})
    assert "- Alleen voor deze proef." in text
    assert "- Niet voor reclame." in text
    assert "handhaving" in text


def test_markdown_shows_the_same_figures_as_html() -> None:
    table = Table(
        "Cijfers",
        (Column("Naam"), Column("n", "count"), Column("Marge", "interval")),
        (("a|b*c", 1234, (90.4, 110.6)), ("x", SUPPRESSED, None)),
    )
    document = Document("T", "", "nl", (table, KeyFigures((KeyFigure("deel", 11.0, "percent"),))))
    text, page = markdown.render(document), html.render(document)
    assert r"| a\|b\*c | 1.234 | 90–111 |" in text
    assert "| x | niet getoond | – |" in text
    assert "- **11,0%** deel" in text
    assert re.findall(r"1\.234|90–111|niet getoond|11,0%", text) == re.findall(
        r"1\.234|90–111|(?<=>)niet getoond|11,0%", page
    )


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Table("t", (Column("a"), Column("b")), (("x",),))


def test_a_page_is_written_whole(tmp_path: Path) -> None:
    document = sketch_page(sketch())
    html.write(document, tmp_path / "folder" / "sketch.html")
    assert (tmp_path / "folder" / "sketch.html").read_text(encoding="utf-8") == html.render(document)
    assert len(list((tmp_path / "folder").iterdir())) == 1


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_and_marks_have_enough_contrast() -> None:
    style = Path(html.__file__).with_name("templates").joinpath("style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", style))
    for paper in ("#ffffff", colours["tint"], colours["warm"], "#e6ebec"):
        assert contrast(colours["ink"], paper) >= 4.5
        assert contrast(colours["muted"], paper) >= 4.5
        assert contrast(colours["accent"], paper) >= 4.5
    for mark in (ABOVE, AVERAGE, BELOW, INK, MUTED):
        assert contrast(mark, "#ffffff") >= 3


def test_pages_do_not_change_their_input() -> None:
    given, polygons = with_areas()
    kept, kept_sketch = copy.deepcopy(given), sketch()
    profile_page(given, polygons=polygons)
    sketch_page(kept_sketch)
    assert given == kept
    assert kept_sketch == sketch()
