"""A library with one profile of the tiny country, and clients that ask as somebody."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from profiling import pipeline
from profiling.pipeline import Places
from profiling.web.app import create_app
from profiling.web.settings import WebSettings
from profiling.web.users import add_user
from tests.tiny import tiny_country

PASSWORD = "een lang wachtwoord"
ADDRESS = "http://127.0.0.1"


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the tiny country, and its library in `library`."""
    folder = tmp_path_factory.mktemp("web")
    path = tiny_country().write(folder)
    run = pipeline.prepare(path, places=Places(folder / "work", folder / "library", folder))
    pipeline.publish(run)
    pipeline.publish(pipeline.at_depth(run, 0.1))
    return folder


@pytest.fixture
def settings(country: Path, tmp_path: Path) -> WebSettings:
    """One person at their own machine."""
    return WebSettings(
        library=country / "library",
        work=tmp_path / "app",
        population=country / "population.toml",
        work_areas=tmp_path / "work-areas",
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


def token(client: TestClient, path: str) -> str:
    """The token of a form on a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
    assert found, path
    return found.group(1)
