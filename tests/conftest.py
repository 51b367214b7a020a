"""What all tests share: the tiny country, and where the shared real data are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from profiling import pipeline
from profiling.pipeline import Places
from tests.tiny import Tiny, tiny_country

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A busy machine is no fault of the code: properties are judged by their examples and never by the clock.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
SHARED = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture
def tiny() -> Tiny:
    """A tiny country to break."""
    return tiny_country()


@pytest.fixture(scope="session")
def published_country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny country, and in `library` two versions of its profile: 20 % and 10 % deep. Not to be changed."""
    folder = tmp_path_factory.mktemp("published")
    run = pipeline.prepare(tiny_country().write(folder), places=Places(folder / "work", folder / "library", folder))
    pipeline.publish(run)
    pipeline.publish(pipeline.at_depth(run, 0.1))
    return folder


@pytest.fixture
def shared() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no shared data")
    return SHARED
