"""What a simulated Netherlands is asked for, and what identifies the result."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from profiling import __version__
from profiling.artefacts import file_sha256
from profiling.config import Config

CBS_FILES = (
    "buurten_2024.csv",
    "wijken_2024.csv",
    "gemeenten_2024.csv",
    "buurten_2024_approx_rd.gpkg",
    "pc4_gemeente_2023.csv",
)


class SimulationSettings(Config):
    """Size, seed and sources of a simulated country."""

    households: int = Field(100_000, ge=10_000, le=9_000_000)
    seed: int = Field(1, ge=0)
    cbs: Path | None = Field(None, description="folder with CBS files; a fictional country where absent")
    libraries: int | None = Field(
        None, ge=1, description="libraries that deliver a lending export; by default enough for a group of 3,500"
    )
    dirt: float = Field(0.12, ge=0.0, le=0.6, description="share of the reference group that borrows for others")
    snapshot: datetime.date = datetime.date(2026, 10, 1)

    def __repr__(self) -> str:
        where = "CBS areas" if self.cbs else "a fictional country"
        said = f"{self.households:,} households, {where}, seed {self.seed}"
        return f"SimulationSettings({said}) · next: simulate(settings, out)"


def identity(settings: SimulationSettings) -> dict[str, Any]:
    """What the bytes of a simulation depend on: settings, package version and the CBS files' own hashes.

    The folder of the CBS files is left out, so that moving them changes nothing.
    """
    said = settings.model_dump(mode="json", exclude={"cbs"})
    sources = {}
    if settings.cbs is not None:
        sources = {name: file_sha256(settings.cbs / name) for name in CBS_FILES if (settings.cbs / name).is_file()}
    return {
        "kind": "simulation",
        "settings": said,
        "cbs": sources or None,
        "version": __version__,
    }
