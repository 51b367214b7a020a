"""Adresselectie in the browser: counted, registered, handed out with a line in the log, and destroyed."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
from fastapi.testclient import TestClient

from profiling.web.settings import WebSettings
from tests.web.conftest import token

TOWN = "GM0103"
PAGE = f"/adressen?profiel=tiny-profile@1&gebied={TOWN}"


def ask(client: TestClient, **changes: str) -> object:
    given = {"doel": "taalcursus", "aanvrager": "Bibliotheek X", "aantal": "20", "controle": "0"} | changes
    address = PAGE.replace("/adressen", "/adressen/selectie")
    return client.post(address, data={"csrf": token(client, PAGE)} | given)


def test_available_is_what_sql_counts(signed_in: Callable[..., TestClient], country: Path) -> None:
    client = signed_in("viewer", "address")
    text = client.get(PAGE).text
    (folder,) = [each for each in (country / "library" / "tiny-profile").glob("*/") if _members(each) == 800]
    counted = duckdb.sql(
        f"SELECT count(*) FROM '{folder}/households.parquet' WHERE in_profile AND gemeente = '{TOWN}'"
    ).fetchall()
    assert f'<dd class="value">{counted[0][0]}</dd>' in text


def test_a_selection_is_registered_logged_and_destroyed(
    signed_in: Callable[..., TestClient], settings: WebSettings, tmp_path: Path
) -> None:
    client = signed_in("viewer", "address")
    answer = ask(client)
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert sum(sheet.max_row for sheet in book) > 20
    logged = [json.loads(line) for line in (tmp_path / "app" / "audit.jsonl").read_text().splitlines()]
    assert logged[-1] | {"at": ""} == {
        "at": "",
        "who": "anna",
        "did": "download",
        "file": f"adressen-{logged[-1]['selection']}.xlsx",
        "bytes": len(answer.content),
        "selection": logged[-1]["selection"],
        "profile": "tiny-profile",
        "version": logged[-1]["version"],
        "areas": [TOWN],
        "n": 20,
    }
    page = client.get(PAGE).text
    assert "Bibliotheek X" in page
    assert "loopt" in page
    gone = {"csrf": token(client, PAGE), "selectie": logged[-1]["selection"]}
    after = client.post("/adressen/vernietigd", data=gone)
    assert re.search(r"<td>vernietigd</td>", after.text)
    assert ", anna</td>" in after.text


def test_without_purpose_nothing_leaves(signed_in: Callable[..., TestClient], settings: WebSettings) -> None:
    client = signed_in("viewer", "address")
    answer = ask(client, doel="", aanvrager=" ")
    assert answer.status_code == 400
    assert "het doel ontbreekt" in answer.text
    assert not list(settings.selections.glob("*.json"))


def test_what_cannot_be_logged_does_not_leave(signed_in: Callable[..., TestClient], settings: WebSettings) -> None:
    client = signed_in("viewer", "address")
    csrf = token(client, PAGE)
    log = settings.work / "audit.jsonl"
    log.unlink()
    log.mkdir()
    address = PAGE.replace("/adressen", "/adressen/selectie")
    answer = client.post(address, data={"csrf": csrf, "doel": "x", "aanvrager": "y", "aantal": "20"})
    assert answer.status_code == 400
    assert "content-disposition" not in answer.headers
    assert str(settings.work) not in answer.text


def test_an_unknown_area_is_said(signed_in: Callable[..., TestClient]) -> None:
    answer = signed_in("viewer", "address").get("/adressen?gebied=GM9999")
    assert answer.status_code == 400
    assert "GM9999" in answer.text


def test_a_tool_without_households_says_so(client: TestClient, settings: WebSettings) -> None:
    from profiling.web.app import create_app

    bare = settings.model_copy(update={"population": None, "addresses": True})
    answer = TestClient(create_app(bare), base_url="http://127.0.0.1").get(PAGE)
    assert answer.status_code == 400
    assert "gestart zonder adressen" in answer.text


def _members(folder: Path) -> int:
    return int(json.loads((folder / "manifest.json").read_text())["last_rank"])
