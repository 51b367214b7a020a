"""Serve the tool with uvicorn, on one port, until it is stopped."""

from __future__ import annotations

import logging
import socket
from threading import Thread

import uvicorn
from fastapi import FastAPI

from profiling.errors import ProfilingError, Text, WebError
from profiling.web.app import create_app
from profiling.web.settings import WebSettings


def serve(settings: WebSettings) -> None:
    """Listen and answer.

    Raises
    ------
    WebError
        When the port is taken, or these settings would leave the tool open.
    """
    app = create_app(settings)
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((settings.host, settings.port))
        except OSError as error:
            place_name = f"{settings.host}:{settings.port}"
            raise WebError(
                Text(f"De tool kan niet starten op {place_name}", f"cannot listen on {place_name}"),
                hint=Text("Kies een andere poort met --port", "choose another --port"),
            ) from error
        # A proxy's word on who the client is counts only where a proxy was asked for.
        trusted = "127.0.0.1" if settings.proxy_header else None
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=trusted is not None,
            forwarded_allow_ips=trusted,
            limit_concurrency=200,
            timeout_keep_alive=15,
        )
        Thread(target=warm, args=(app,), daemon=True).start()
        uvicorn.Server(config).run(sockets=[place])


def warm(app: FastAPI) -> None:
    """Open what the first page asks for before anybody asks; what cannot be opened is said on the page itself."""
    try:
        for published in app.state.shelf.chosen(app.state.shelf.names()):
            _ = published.shown
            for level in published.levels:
                app.state.sources.polygons(level)
    except ProfilingError as error:
        logging.getLogger("profiling.web").warning("%s", error)
