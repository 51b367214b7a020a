"""Starting the tool: what the first page needs is there before anybody asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiling.errors import WebError
from profiling.web.app import create_app
from profiling.web.serve import serve, warm
from profiling.web.settings import WebSettings


def test_what_the_first_page_needs_is_opened(settings: WebSettings) -> None:
    app = create_app(settings)
    warm(app)
    (published,) = app.state.shelf.chosen(())
    assert "shown" in vars(published)


def test_an_empty_library_is_no_reason_not_to_start(settings: WebSettings, tmp_path: Path) -> None:
    warm(create_app(settings.model_copy(update={"library": tmp_path / "nothing"})))


def test_a_port_that_is_taken_is_said(settings: WebSettings) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(WebError, match="choose another --port"):
            serve(settings.model_copy(update={"port": port}))
