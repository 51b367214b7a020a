"""Each module walked through as a new user would, in a real Chromium, with axe on every page."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from profiling.web.app import create_app
from profiling.web.settings import WebSettings
from tests.web.conftest import policy

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
COMPARED = "/vergelijken?profiel=tiny-profile@1&profiel=tiny-profile@2"
TOWN = "/gebied?profiel=tiny-profile@1&gebied=GM0103"
ADDRESSES = "/adressen?profiel=tiny-profile@1&gebied=GM0103"
PAGES = (
    "/",
    "/gebied",
    TOWN,
    ADDRESSES,
    "/verrijken",
    "/schets",
    "/verantwoording",
    "/omvang?diepte=7",
    "/vergelijken",
    COMPARED,
    "/nergens",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium (apt-get install chromium)")


@pytest.fixture(scope="module")
def tool(country: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tool on a port of its own, over the tiny country."""
    settings = WebSettings(
        library=country / "library",
        work=tmp_path_factory.mktemp("app"),
        population=country / "population.toml",
        policy=policy(country),
        selections=country / "register",
        addresses=True,
        requests=100_000,
    )
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that may ask for nothing but the tool itself, and on which no script may fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert not [each for each in faults if "status of 4" not in each], faults
    assert not [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))], asked


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look (PROFILING_PICTURES=folder)."""
    folder = os.environ.get("PROFILING_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_axe_finds_nothing(tool: str, page: Page, path: str, language: str) -> None:
    page.goto(f"{tool}{path}{'&' if '?' in path else '?'}taal={language}")
    look(page, f"{path.strip('/').replace('/', '-').replace('?', '-') or 'home'}-{language}")
    assert not violations(page)


def test_by_keyboard_alone(tool: str, page: Page) -> None:
    page.goto(tool)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_role("navigation").get_by_role("link", name="Profielschets").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/schets*")
    assert "Klein profiel" in page.inner_text("h1")


def test_pages_can_be_read_without_scripts(tool: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    for path in PAGES[:-1]:
        opened.goto(tool + path)
        assert opened.locator("h1").count() >= 1
        assert opened.locator("table, .card, form.choice button").count() >= 1, path
    context.close()


def test_twice_as_large_nothing_is_cut_off(tool: str, page: Page) -> None:
    # 200 % zoom of a window of 1280 pixels leaves 640 of them.
    page.set_viewport_size({"width": 640, "height": 900})
    for path in PAGES:
        page.goto(tool + path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{path} is {wide} pixels too wide"


def test_the_sketch_is_printed_on_one_page(tool: str, page: Page) -> None:
    page.goto(f"{tool}/schets")
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1


def test_an_area_is_searched_chosen_and_sorted(tool: str, page: Page) -> None:
    page.goto(f"{tool}/gebied?profiel=tiny-profile@1")
    page.get_by_label("zoek een gebied").fill("GM0103")
    page.get_by_role("link", name="GM0103").click()
    page.wait_for_url("**gebied=GM0103*")
    table = page.locator("table").first
    heading = table.locator("thead th", has_text="Huishoudens").first
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    cells = table.locator("tbody tr td:nth-child(2)").all_inner_texts()
    shown = [int(each.replace(".", "")) for each in cells if each.replace(".", "").isdigit()]
    assert shown == sorted(shown, reverse=True)
    assert len(shown) > 2
    with page.expect_download() as got:
        page.get_by_role("link", name="Haal op als Excel").click()
    assert got.value.suggested_filename.endswith(".xlsx")


def test_a_file_is_enriched(tool: str, page: Page, country: Path, tmp_path: Path) -> None:
    households = pd.read_parquet(country / "households.parquet").head(50)
    households["huisnr"] = households["nr"] + households["ext"].fillna("")
    path = tmp_path / "leden.csv"
    households[["key", "pc", "huisnr"]].to_csv(path, index=False, sep=";")
    page.goto(f"{tool}/verrijken?profiel=tiny-profile@1")
    page.locator("#file").set_input_files(path)
    page.get_by_role("button", name="Bekijk dit bestand").click()
    page.wait_for_url("**bestand=*")
    look(page, "verrijken-bestand")
    assert not violations(page)
    with page.expect_download() as got:
        page.get_by_role("link", name="Haal het verrijkte bestand op").click()
    assert len(pd.read_csv(got.value.path(), sep=";")) == 50


def test_addresses_are_selected_and_destroyed(tool: str, page: Page) -> None:
    page.goto(tool + ADDRESSES)
    page.get_by_label("waarvoor").fill("taalcursus")
    page.get_by_label("wie vraagt dit aan").fill("Bibliotheek X")
    page.get_by_label("hoeveel adressen wilt u?").fill("20")
    with page.expect_download() as got:
        page.get_by_role("button", name="Selecteer en haal de lijst op").click()
    assert got.value.suggested_filename.startswith("adressen-")
    page.reload()
    look(page, "adressen-register")
    assert not violations(page)
    page.get_by_role("button", name="Ik heb alles vernietigd").first.click()
    page.wait_for_selector("td:has-text('local')")


def test_the_slider_changes_the_figures_and_the_address(tool: str, page: Page) -> None:
    page.goto(f"{tool}/omvang?diepte=10")
    before = page.inner_text(".figures")
    page.locator("#depth").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**diepte=15*")
    page.wait_for_function("before => document.querySelector('.figures').innerText !== before", arg=before)
    assert "600" in page.inner_text(".figures")
    assert "--depth 0.15" in page.inner_text("#content")
