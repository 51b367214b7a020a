"""Files of users: understood, enriched, given back and forgotten; hostile ones do no harm."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from profiling.errors import WebError
from profiling.web.desk import MINUTES, Desk
from profiling.web.settings import WebSettings
from tests.web.conftest import token


def bring(client: TestClient, name: str, data: bytes, module: str = "verrijken") -> object:
    fields = {"csrf": token(client, f"/{module}"), "onderdeel": module}
    return client.post("/bestand?profiel=tiny-profile@1", data=fields, files={"bestand": (name, data)})


def customers(country: Path, n: int = 40) -> pd.DataFrame:
    frame = pd.read_parquet(country / "households.parquet").head(n)
    numbers = frame["nr"] + frame["ext"].fillna("")
    return pd.DataFrame({"lidnr": range(n), "pc": frame["pc"], "huisnr": numbers, "key": frame["key"]})


def test_a_file_comes_back_enriched(client: TestClient, country: Path) -> None:
    frame = customers(country)
    answer = bring(client, "leden.csv", frame.drop(columns="key").to_csv(index=False, sep=";").encode())
    assert answer.status_code == 200
    address = re.search(r'href="(/verrijken/bestand[^"]+)"', answer.text)
    assert address
    got = client.get(address.group(1).replace("&amp;", "&"))
    assert got.headers["content-disposition"].endswith('.csv"')
    made = pd.read_csv(io.BytesIO(got.content), sep=";")
    truth = pd.read_parquet(country / "households.parquet").set_index("key")["segment"]
    assert made["lidnr"].tolist() == frame["lidnr"].tolist()
    assert made["Segment"].tolist() == truth[frame["key"]].tolist()


def test_columns_can_be_corrected(client: TestClient, country: Path) -> None:
    frame = customers(country).rename(columns={"pc": "veld1", "huisnr": "veld2"}).drop(columns="key")
    answer = bring(client, "leden.csv", frame.to_csv(index=False, sep=";").encode())
    address = str(answer.url)
    wrong = client.get(f"{address}&postcode=C")
    right = client.get(f"{address}&postcode=B&number=C")
    assert 'value="B" selected' in right.text
    assert wrong.text != right.text


def test_a_file_is_forgotten_at_once_and_is_nobody_elses(client: TestClient, country: Path) -> None:
    data = customers(country).to_csv(index=False).encode()
    address = str(bring(client, "leden.csv", data).url)
    stranger = TestClient(client.app, base_url="http://127.0.0.1")
    assert stranger.get(address).status_code == 400
    assert client.get(address).status_code == 200
    client.post("/bestand/weg", data={"csrf": token(client, "/verrijken"), "onderdeel": "verrijken"})
    gone = client.get(address)
    assert gone.status_code == 400
    assert "dit bestand is er niet meer" in gone.text.lower()


def test_nothing_is_written(client: TestClient, country: Path, settings: WebSettings, tmp_path: Path) -> None:
    secret = "GEHEIMEKLANT"
    frame = customers(country).assign(naam=secret)
    bring(client, f"{secret}.csv", frame.to_csv(index=False).encode())
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_desk_forgets_after_minutes_and_is_not_endless() -> None:
    now = [0.0]
    desk = Desk(most=100, clock=lambda: now[0])
    key = desk.put("a", "x.csv", b"1" * 60)
    assert desk.get("a", key).data == b"1" * 60
    with pytest.raises(WebError, match="too many files"):
        desk.put("b", "y.csv", b"2" * 60)
    with pytest.raises(WebError, match="gone"):
        desk.get("b", key)
    now[0] = 60.0 * MINUTES
    with pytest.raises(WebError, match="gone"):
        desk.get("a", key)
    desk.put("b", "y.csv", b"2" * 60)


def bomb() -> bytes:
    """A workbook of a few kilobytes that would be gigabytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(300):
                sheet.write(b" " * 1_000_000)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bom.xlsx", bomb()),
        ("stuk.xlsx", b"PK\x03\x04 and then nothing"),
        ("leeg.csv", b""),
        ("plaatje.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100),
        ("pagina.csv", b"<!doctype html><script>alert(1)</script>"),
        ("geen-postcode.csv", b"naam;kleur\nx;rood\ny;blauw\n"),
    ],
)
def test_hostile_files_get_a_message(client: TestClient, name: str, data: bytes) -> None:
    answer = bring(client, name, data)
    assert answer.status_code == 400, answer.text[:500]
    assert "<script>alert" not in answer.text
    assert "Traceback" not in answer.text


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(settings: WebSettings, country: Path) -> None:
    from profiling.web.app import create_app

    client = TestClient(create_app(settings.model_copy(update={"upload": 10_000})), base_url="http://127.0.0.1")
    assert bring(client, "groot.csv", b"x" * 20_000).status_code == 413


def test_formulas_and_html_in_cells_stay_text(client: TestClient, country: Path) -> None:
    frame = customers(country, 12)
    frame["lidnr"] = ["=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "+1", "-1", "@SUM(A1)"] + ["x"] * 7
    book = io.BytesIO()
    frame.drop(columns="key").to_excel(book, index=False)
    answer = bring(client, "leden.xlsx", book.getvalue())
    assert "<img src=x" not in answer.text
    address = re.search(r'href="(/verrijken/bestand[^"]+)"', answer.text)
    assert address
    got = client.get(address.group(1).replace("&amp;", "&"))
    made = openpyxl.load_workbook(io.BytesIO(got.content))
    assert not [cell.value for sheet in made for row in sheet for cell in row if cell.data_type == "f"]


def test_customers_are_counted_as_sql_counts_them(client: TestClient, country: Path) -> None:
    frame = customers(country, 1_000)
    data = frame.drop(columns="key").to_csv(index=False, sep=";").encode()
    answer = bring(client, "leden.csv", data, "klanten")
    assert answer.status_code == 200
    (folder,) = (
        each.parent
        for each in (country / "library" / "tiny-profile").glob("*/manifest.json")
        if '"last_rank": 800' in each.read_text()
    )
    inside = set(pd.read_parquet(folder / "households.parquet").query("in_profile")["household_id"])
    expected = sum(key in inside for key in frame["key"])
    shown = re.search(r'<dd class="value">(\d+)</dd>', answer.text)
    assert shown
    assert int(shown.group(1)) == expected
    address = re.search(r'href="(/klanten/excel[^"]+)"', answer.text)
    assert address
    got = client.get(address.group(1).replace("&amp;", "&"))
    book = openpyxl.load_workbook(io.BytesIO(got.content))
    text = " ".join(str(cell.value) for sheet in book for row in sheet for cell in row)
    assert not [key for key in frame["key"] if key in text]
