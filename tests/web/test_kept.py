"""What is kept is made once, stays within its room, and is the same page; pictures are drawn elsewhere."""

from __future__ import annotations

import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from profiling.reporting import area_page, pictures
from profiling.reporting.document import Svg
from profiling.web import aside
from profiling.web.app import create_app
from profiling.web.kept import Kept
from profiling.web.routes import area as routes
from profiling.web.settings import WebSettings
from profiling.web.shelf import Shelf
from tests.web.conftest import ADDRESS

SQUARE = Svg('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="4" height="8"/></svg>', 8, 8)


@given(st.lists(st.integers(1, 4), min_size=20, max_size=60), st.integers(3, 8))
def test_what_was_used_last_is_kept_as_far_as_there_is_room(asked: list[int], room: int) -> None:
    kept, made = Kept(room, weigh=lambda each: each), 0
    last: list[int] = []

    def make(each: int) -> int:
        nonlocal made
        made += 1
        return each

    for each in asked:
        before = made
        assert kept(each, lambda each=each: make(each)) == each  # type: ignore[misc]
        assert (made == before) == (each in last)
        if each <= room:
            last = [*(other for other in last if other != each), each]
            while sum(last) > room:
                last.pop(0)


def test_of_many_who_ask_at_once_one_makes_it() -> None:
    kept, made = Kept(10), []

    def make() -> str:
        made.append(1)
        time.sleep(0.05)
        return "answer"

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: kept("key", make), range(8))) == {"answer"}
    assert len(made) == 1


def test_what_fails_is_tried_again() -> None:
    kept = Kept(10)
    with pytest.raises(ZeroDivisionError):
        kept("key", lambda: 1 / 0)
    assert kept("key", lambda: "answer") == "answer"


@pytest.fixture
def client(settings: WebSettings, tmp_path: Path) -> TestClient:
    """A browser at a tool that has a map of the gemeenten: squares in a row."""
    (profile,) = Shelf(settings.library).chosen(())
    areas = profile.shown.areas
    codes = areas.codes[areas.levels.index("gemeente")]
    shapes = [shapely.to_wkb(shapely.box(1e5 + each, 4e5, 1e5 + each + 1, 4e5 + 9)) for each in range(len(codes))]
    path = tmp_path / "squares.parquet"
    pq.write_table(pa.table({"code": codes, "name": codes, "geometry": shapes}), path)
    app = create_app(settings.model_copy(update={"polygons": path}))
    return TestClient(app, base_url=ADDRESS, raise_server_exceptions=False)


def test_a_page_is_drawn_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/gebied")
    assert first.text.count("data-area=") > 1
    monkeypatch.delattr(area_page, "choropleth")
    assert client.get("/gebied").text == first.text
    # Another page has to be drawn, and cannot be.
    assert client.get("/gebied?maat=count").status_code == 500


def test_a_table_too_long_to_read_shows_its_top_and_leads_to_all(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "LONGEST", 3)
    monkeypatch.setattr(routes, "TOP", 2)
    areas = client.get("/gebied").text.count("data-area=")
    page = client.get("/gebied").text
    assert page.count("data-code=") == 2
    assert "Zet alle gebieden in de tabel" in page
    whole = client.get("/gebied?rijen=alle").text
    assert whole.count("data-code=") == areas > 3
    assert "Zet alle gebieden in de tabel" not in whole
    sheet = ZipFile(BytesIO(client.get("/gebied/excel").content)).read("xl/sharedStrings.xml").decode()
    assert all(code in sheet for code in re.findall(r'data-code="([^"]+)"', whole))


def test_a_version_is_opened_once_and_its_status_read_each_time(settings: WebSettings) -> None:
    shelf = Shelf(settings.library)
    (first,) = shelf.chosen(())
    (first.folder / "manifest.json").rename(first.folder / "away")
    try:
        assert shelf.chosen(()) == (first,)
        assert shelf.chosen(())[0] is first
    finally:
        (first.folder / "away").rename(first.folder / "manifest.json")


def test_a_picture_is_the_same_wherever_it_is_drawn() -> None:
    assert aside.png(SQUARE) == pictures.png(SQUARE)


def test_a_picture_that_cannot_be_drawn_is_not_an_empty_one() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        aside.png(Svg("<svg", 8, 8))


def test_nobody_waits_for_the_pictures_of_a_workbook(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pictures.resvg_py, "svg_to_bytes")
    names = ZipFile(BytesIO(client.get("/gebied/excel").content)).namelist()
    assert sum(name.startswith("xl/media/") for name in names) == 2
    assert client.get("/gebied/kaart.png").content.startswith(b"\x89PNG")
