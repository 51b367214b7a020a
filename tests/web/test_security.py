"""Who may reach what, and what a browser or a stranger can make the tool do: nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from profiling.errors import ProfilingError, SchemaError, WebError
from profiling.plugs import discover
from profiling.profiles import library as profile_library
from profiling.web import routes as modules
from profiling.web.app import create_app
from profiling.web.settings import WebSettings
from profiling.web.users import add_user, read_users, signs_in
from tests.web.conftest import ADDRESS, PASSWORD, token

COMPARED = "/vergelijken?profiel=tiny-profile@1&profiel=tiny-profile@2"
OPEN = {"/aanmelden", "/stijl.css"}


def routes() -> list[tuple[str, str]]:
    """Every method and path of the tool but those that anybody may ask for."""
    routers = [group.router for group in discover(modules, "ROUTES").values()]
    found = [each for router in routers for each in router.routes if isinstance(each, APIRoute)]
    return sorted((method, each.path) for each in found for method in each.methods if each.path not in OPEN)


def asked(client: TestClient, method: str, path: str, **values: object) -> int:
    filled = path.replace("{", "").replace("}", "")
    return client.request(method, filled, follow_redirects=False, **values).status_code  # type: ignore[arg-type]


def test_no_route_answers_a_stranger(signed_in: Callable[..., TestClient]) -> None:
    client = signed_in()
    known = routes()
    assert len(known) > 3
    for method, path in known:
        status = asked(client, method, path)
        assert status in ((303,) if method == "GET" else (401, 403)), f"{method} {path} gives {status}"


def test_a_viewer_reaches_only_what_viewers_may(signed_in: Callable[..., TestClient]) -> None:
    client = signed_in("viewer")
    allowed = {"/", "/schets", "/verantwoording", "/gebied", "/vergelijken"}
    for method, path in routes():
        if path == "/afmelden" or any(path == each or path.startswith(f"{each}/") for each in allowed):
            continue
        own = {"csrf": token(client, "/")} if method == "POST" else {}
        status = asked(client, method, path, **({"data": own} if own else {}))
        assert status == 403, f"{method} {path} gives {status}"
    assert client.get("/").status_code == 200


def test_nothing_changes_without_the_token_of_the_session(signed_in: Callable[..., TestClient]) -> None:
    client = signed_in("viewer", "analyst", "address")
    for method, path in routes():
        if method == "POST":
            assert asked(client, method, path) == 403, path
            assert asked(client, method, path, data={"csrf": "guessed"}) == 403, path
    assert client.get("/", follow_redirects=False).status_code == 200


def test_signing_out_ends_the_session_on_our_side_too(signed_in: Callable[..., TestClient]) -> None:
    client = signed_in("viewer")
    kept = dict(client.cookies)
    client.post("/afmelden", data={"csrf": token(client, "/")})
    client.cookies.update(kept)
    assert client.get("/", follow_redirects=False).status_code == 303


def test_a_session_ends_when_the_user_is_removed(signed_in: Callable[..., TestClient], tmp_path: Path) -> None:
    client = signed_in("viewer")
    (tmp_path / "users.toml").write_text("[users]\n", encoding="utf-8")
    assert client.get("/", follow_redirects=False).status_code == 303


def test_cookies_are_for_the_server_alone(signed_in: Callable[..., TestClient], settings: WebSettings) -> None:
    answer = signed_in().get("/aanmelden")
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    https = TestClient(create_app(settings.model_copy(update={"https": True})), base_url="https://127.0.0.1")
    assert "secure" in https.get("/").headers["set-cookie"].lower()


@pytest.mark.parametrize("path", ["/", "/stijl.css", "/static/app.js", "/nergens", "/schets?profiel=x"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_pages_hold_nothing_that_the_policy_forbids(client: TestClient) -> None:
    for path in ("/", "/schets", "/verantwoording", "/omvang?diepte=7", "/vergelijken", COMPARED):
        text = client.get(path).text
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert "javascript:" not in text, path
        assert " onclick" not in text, path
        assert "http://" not in text.replace("http://www.w3.org", ""), path


def test_another_host_name_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_too_large_is_said_before_and_while_reading(client: TestClient) -> None:
    assert client.post("/aanmelden", content=b"x" * 1_000_001).status_code == 413

    def endless() -> object:
        for _ in range(200):
            yield b"x" * 10_000

    answer = client.post("/aanmelden", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413
    assert "te groot" in answer.text


def test_too_often_is_said(settings: WebSettings) -> None:
    client = TestClient(create_app(settings.model_copy(update={"requests": 5})), base_url=ADDRESS)
    assert [client.get("/stijl.css").status_code for _ in range(7)][-2:] == [429, 429]


def test_guessing_passwords_is_slowed(signed_in: Callable[..., TestClient], tmp_path: Path) -> None:
    client = signed_in()
    csrf = token(client, "/aanmelden")
    wrong = {"csrf": csrf, "name": "anna", "password": "geraden"}
    statuses = [client.post("/aanmelden", data=wrong).status_code for _ in range(12)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    lines = (tmp_path / "app" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["did"] for line in lines} == {"sign in failed"}


def test_faults_show_no_path_of_this_machine(client: TestClient, settings: WebSettings) -> None:
    answer = client.get("/schets", params={"profiel": "tiny-profil"})
    assert answer.status_code == 400
    assert "bedoelt u" in answer.text
    assert str(settings.library) not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("place", ["/srv/mijn geheim/map/leden.csv", "C:\\geheim\\map\\leden.csv"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_fault_in_the_settings_shows_no_path_either(
    settings: WebSettings, monkeypatch: pytest.MonkeyPatch, language: str, place: str
) -> None:
    def broken(*_: object) -> None:
        raise SchemaError(f"there is no '{place}'", where=place, faults=[f"{place}: 3 and/or 4"], hint=f"see {place}")

    monkeypatch.setattr("profiling.web.shelf.Shelf.listed", broken)
    answer = TestClient(create_app(settings), base_url=ADDRESS).get(f"/?taal={language}")
    assert answer.status_code == 400
    assert "geheim" not in answer.text
    assert "leden.csv: 3 and/or 4" in answer.text
    assert ("fault in the settings" if language == "en" else "fout in de instellingen") in answer.text


def test_a_fault_of_ours_says_no_more_than_that(settings: WebSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("geheim pad /srv/geheim")

    monkeypatch.setattr("profiling.web.shelf.Shelf.listed", broken)
    client = TestClient(create_app(settings), base_url=ADDRESS, raise_server_exceptions=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "geheim" not in answer.text
    assert "Er ging bij ons iets mis" in answer.text
    assert answer.headers["x-frame-options"] == "DENY"


def test_hostile_values_are_text(client: TestClient) -> None:
    answer = client.get("/schets", params={"profiel": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.text
    assert client.get("/", params={"gebied": "x" * 300}).status_code == 400
    assert client.get("/", params={"taal": "klingon"}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": "0.0.0.0"}, "there are no users"),
        ({"host": "192.168.1.5", "names": ("tool.example",)}, "HTTPS"),
        ({"proxy_header": "x-user"}, "no file says which roles"),
        ({"host": "overal"}, "not an address"),
    ],
)
def test_it_does_not_start_open(settings: WebSettings, changes: dict[str, object], said: str) -> None:
    with pytest.raises(WebError) as fault:
        create_app(settings.model_copy(update=changes))
    assert said in str(fault.value)


def test_a_proxy_names_the_user_only_where_that_is_asked_for(settings: WebSettings, tmp_path: Path) -> None:
    users = tmp_path / "users.toml"
    add_user(users, "anna", PASSWORD, ("viewer",))
    behind = settings.model_copy(update={"users": users, "proxy_header": "x-user"})
    client = TestClient(create_app(behind), base_url=ADDRESS)
    assert client.get("/", headers={"x-user": "anna"}).status_code == 200
    assert client.get("/", headers={"x-user": "eve"}, follow_redirects=False).status_code == 303
    direct = TestClient(create_app(settings.model_copy(update={"users": users})), base_url=ADDRESS)
    assert direct.get("/", headers={"x-user": "anna"}, follow_redirects=False).status_code == 303


def test_passwords_are_hashed_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    add_user(path, "anna", PASSWORD, ("viewer", "address"))
    assert PASSWORD not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    users = read_users(path)
    assert signs_in(users, "anna", PASSWORD)
    assert not signs_in(users, "anna", PASSWORD + "x")
    assert not signs_in(users, "eve", PASSWORD)
    for name, password in (("an na", PASSWORD), ("anna", "kort")):
        with pytest.raises(ProfilingError):
            add_user(path, name, password, ("viewer",))


def test_a_withdrawn_profile_is_shown_as_such_and_used_for_nothing(
    country: Path, settings: WebSettings, tmp_path: Path
) -> None:
    import shutil

    library = tmp_path / "library"
    shutil.copytree(country / "library", library)
    client = TestClient(create_app(settings.model_copy(update={"library": library})), base_url=ADDRESS)
    assert client.get("/schets").status_code == 200
    for listed in profile_library.versions(library):
        profile_library.set_status(library, listed, "withdrawn", "dubbele uitleningen")
    assert "dubbele uitleningen" in client.get("/").text
    assert client.get("/schets", params={"profiel": "tiny-profile"}).status_code == 400
