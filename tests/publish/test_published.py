"""A published profile, opened: the version that is meant, and counts equal to those of its households."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from profiling.errors import ProfileError
from profiling.profiles import library as profile_library
from profiling.publish.published import open_published


@pytest.fixture(scope="module")
def library(published_country: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of our own, with two versions of one profile: 20 % and 10 % deep."""
    return Path(shutil.copytree(published_country / "library", tmp_path_factory.mktemp("own") / "library"))


def test_cells_are_the_counts_of_the_households(library: Path) -> None:
    published = open_published(library, "tiny-profile")
    by = ", ".join((*published.levels, "segment"))
    counted = duckdb.sql(
        f"SELECT {by}, count(*) AS n, count_if(in_profile) AS n_in FROM read_parquet('{published.households}') "
        f"GROUP BY ALL ORDER BY ALL"
    ).df()
    cells = published.cells.sort_values([*published.levels, "segment"])
    assert cells["n_base"].tolist() == counted["n"].tolist()
    assert cells["n_profile"].tolist() == counted["n_in"].tolist()
    assert cells["n_profile"].sum() == published.n_profile == round(0.1 * published.n_base)
    assert published.scheme is not None
    assert published.scheme.title("A01") == "A01 · Naam A01"


def test_the_published_version_comes_before_a_newer_one(library: Path) -> None:
    first, second = profile_library.versions(library, "tiny-profile")
    assert open_published(library, "tiny-profile").version == second.version
    profile_library.set_status(library, first, "published")
    assert open_published(library, "tiny-profile").version == first.version
    assert open_published(library, "tiny-profile", "2").version == second.version


def test_a_withdrawn_version_is_refused(library: Path) -> None:
    _first, second = profile_library.versions(library, "tiny-profile")
    profile_library.set_status(library, second, "withdrawn", "de uitleningen waren dubbel")
    with pytest.raises(ProfileError, match="dubbel"):
        open_published(library, "tiny-profile", "2")
    with pytest.raises(ProfileError, match="no profile 'tiny-profil'"):
        open_published(library, "tiny-profil")
