"""A library with one profile of the tiny country, and clients that ask as somebody."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w
from fastapi.testclient import TestClient

from profiling.web.app import create_app
from profiling.web.settings import WebSettings
from profiling.web.users import add_user

PASSWORD = "een lang wachtwoord"
ADDRESS = "http://127.0.0.1"


@pytest.fixture(scope="session")
def country(published_country: Path) -> Path:
    """Folder with the tiny country, and its library in `library`."""
    return published_country


@pytest.fixture
def settings(country: Path, tmp_path: Path) -> WebSettings:
    """One person at their own machine."""
    return WebSettings(
        library=country / "library",
        work=tmp_path / "app",
        population=country / "population.toml",
        work_areas=tmp_path / "work-areas",
        policy=policy(tmp_path),
        selections=tmp_path / "register",
        requests=100_000,
    )


@pytest.fixture
def client(settings: WebSettings) -> TestClient:
    """That person's browser."""
    return TestClient(create_app(settings), base_url=ADDRESS)


@pytest.fixture
def signed_in(settings: WebSettings, tmp_path: Path) -> Callable[..., TestClient]:
    """A browser in which somebody with these roles has signed in; nobody when no role is given."""

    def make(*roles: str) -> TestClient:
        users = tmp_path / "users.toml"
        add_user(users, "anna", PASSWORD, roles)  # type: ignore[arg-type]
        client = TestClient(create_app(settings.model_copy(update={"users": users})), base_url=ADDRESS)
        if roles:
            answer = client.post(
                "/aanmelden", data={"csrf": token(client, "/aanmelden"), "name": "anna", "password": PASSWORD}
            )
            assert answer.status_code == 200
        return client

    return make


def policy(folder: Path) -> Path:
    """A policy with one opt-out list of today, on which somebody stands who is in no household."""
    path = folder / "selections.toml"
    source = {"name": "postfilter", "nl": "Postfilter", "en": "Postfilter", "files": "postfilter-*.csv"}
    columns = {"postcode": "pc", "number": "nr", "addition": "ext"}
    path.write_text(tomli_w.dumps({"opt_outs": [source | {"columns": columns}]}), encoding="utf-8")
    listed = folder / f"postfilter-{datetime.date.today()}.csv"
    listed.write_text("pc;nr;ext\n9999ZZ;1;\n", encoding="utf-8")
    return path


def token(client: TestClient, path: str) -> str:
    """The token of a form on a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
    assert found, path
    return found.group(1)
