"""What a file of routes offers: a name and a router."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter


@dataclass(frozen=True)
class Routes:
    """The routes of one module."""

    name: str
    router: APIRouter
