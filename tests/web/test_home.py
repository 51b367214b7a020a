"""The first page: which profiles there are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from fastapi.testclient import TestClient

from profiling.vocabulary import LANGUAGES
from profiling.web.app import create_app
from profiling.web.settings import WebSettings
from tests.web.conftest import ADDRESS


def test_profiles_of_one_title_are_told_apart_and_days_are_written_out(settings: WebSettings, tmp_path: Path) -> None:
    library = tmp_path / "two"
    shutil.copytree(settings.library, library)
    (first,) = [each.name for each in library.iterdir() if each.is_dir()]
    shutil.copytree(library / first, library / "second")
    status = library / "second" / "status.json"
    status.write_text(status.read_text().replace(f'"{first}"', '"second"'))
    app = create_app(settings.model_copy(update={"library": library}))
    page = TestClient(app, base_url=ADDRESS).get("/").text
    said = json.loads(next((library / "second").rglob("manifest.json")).read_text())
    assert f"{said['nl']} ({first})" in page
    assert f"{said['nl']} (second)" in page
    assert said["snapshot"] not in page
    for language in LANGUAGES:
        titles = [title for _value, title, _chosen in app.state.shelf.options((), language)]
        assert titles == [f"{said[language]} (second)", f"{said[language]} ({first})"]
    assert said["nl"] != said["en"]
