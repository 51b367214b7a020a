"""What all tests share: the tiny country, and where the shared real data are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tiny import Tiny, tiny_country

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
SHARED = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture
def tiny() -> Tiny:
    """A tiny country to break."""
    return tiny_country()


@pytest.fixture
def shared() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no shared data")
    return SHARED
