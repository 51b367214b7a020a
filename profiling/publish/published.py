"""A published profile, opened: what everything that libraries receive reads, and all that it reads.

The bundle says everything: counts per area and segment, names, the scheme, limits and the smallest cell. Nothing here
knows MLflow, a model or training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from profiling.artefacts import read_manifest
from profiling.errors import ArtefactError, ProfileError, Text
from profiling.population.config import LEVELS
from profiling.population.scheme import SegmentScheme
from profiling.profiles import library as profile_library
from profiling.profiles.config import PublishSettings
from profiling.profiles.library import Listed
from profiling.profiles.shown import Shown
from profiling.profiles.shown_tables import from_tables
from profiling.publish.bundle import CELLS, FITTED, HOUSEHOLDS, NAMES, SCHEME, SHOWN
from profiling.vocabulary import Language

_PREFERRED = ("published", "champion", "challenger")


@dataclass(frozen=True)
class Published:
    """One version of a profile in the library, as its bundle tells it."""

    listed: Listed
    folder: Path
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        name, version = self.listed.profile, self.listed.version
        return f"Published({name} {version}, {self.n_profile:,} households) · next: analyse_areas(published, …)"

    @property
    def version(self) -> str:
        """Twelve hex digits that stand for everything it was made from."""
        return self.listed.version

    @property
    def snapshot(self) -> str:
        """Date of the household file, as an ISO date."""
        return str(self.manifest["snapshot"])

    @property
    def n_base(self) -> int:
        """Households that were scored."""
        return int(self.manifest["n_base"])

    @property
    def n_profile(self) -> int:
        """Households that belong to the profile."""
        return int(self.manifest["last_rank"])

    @property
    def year(self) -> int | None:
        """Year of the area codes."""
        areas = self.manifest["population"]["areas"]
        return int(areas["year"]) if areas else None

    @property
    def levels(self) -> tuple[str, ...]:
        """Area levels from large to small."""
        areas = self.manifest["population"]["areas"] or {}
        return tuple(level for level in LEVELS if areas.get(level))

    @property
    def settings(self) -> PublishSettings:
        """Limits of the map classes, and the smallest cell that is shown."""
        return PublishSettings.model_validate(self.manifest["config"]["publish"])

    @property
    def households(self) -> Path:
        """File of all households: household_id, score, rank, areas, segment, in_profile. Never shown as it is."""
        return self.folder / HOUSEHOLDS

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Households per smallest area and segment: the levels, segment, n_base, n_profile, base, profile.

        Small cells are in it: whatever leaves goes through `profiles.disclosure` first.
        """
        return pd.read_parquet(self.folder / CELLS)

    @cached_property
    def shown(self) -> Shown:
        """The table that every answer is computed from: what may be known per area and segment, and the fitted rest.

        Raises
        ------
        ArtefactError
            When the bundle was made before there was such a table.
        """
        if not (self.folder / SHOWN).is_file():
            raise ArtefactError(
                Text("Van deze versie zijn geen cijfers te tonen", "this version has no table of what may be shown"),
                where=self.folder,
                hint=Text(
                    "Kies een andere versie, of vraag de makers om het profiel opnieuw te publiceren",
                    "publish the profile again",
                ),
            )
        shown, fitted = (pd.read_parquet(self.folder / name) for name in (SHOWN, FITTED))
        main_of = None if self.scheme is None else self.scheme.main_of()
        return from_tables(shown, fitted, self.levels, main_of, self.settings.minimum_cell)

    @cached_property
    def names(self) -> dict[tuple[str, str], str]:
        """(level, code) → name of the area."""
        table = pq.read_table(self.folder / NAMES).to_pydict()
        return dict(zip(zip(table["level"], table["code"], strict=True), table["name"], strict=True))

    @cached_property
    def scheme(self) -> SegmentScheme | None:
        """The segment scheme, where the population has segments."""
        path = self.folder / SCHEME
        return SegmentScheme.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None

    def named(self, table: pd.DataFrame) -> list[str]:
        """Names of a table's areas and segments (columns level and code); empty where nobody has given one."""
        known = dict(self.names)
        if self.scheme is not None:
            known |= {("main", each.code): each.nl or each.en for each in self.scheme.main}
            known |= {("sub", each.code): each.nl or each.en for each in self.scheme.sub}
        return [known.get(cell, "") for cell in zip(table["level"], table["code"], strict=True)]

    def title(self, language: Language = "nl") -> str:
        """Title of the profile."""
        return str(self.manifest[language] or self.manifest["nl"])

    def base_title(self, language: Language = "nl") -> str:
        """The households compared with, in words."""
        said = self.manifest["population"]
        return str(said[language] or said["nl"] or said["name"])


def open_published(library: Path, profile: str, version: str | None = None) -> Published:
    """Open the version that `find_published` finds.

    Raises
    ------
    ProfileError
        When there is no such profile or version, or it was withdrawn.
    ArtefactError
        When the bundle is incomplete or damaged.
    """
    return open_listed(library, find_published(library, profile, version))


def open_listed(library: Path, listed: Listed) -> Published:
    """Open a version that was found.

    Raises
    ------
    ArtefactError
        When the bundle is incomplete or damaged.
    """
    folder = profile_library.bundle_folder(library, listed)
    return Published(listed, folder, read_manifest(folder))


def find_published(library: Path, profile: str, version: str | None = None) -> Listed:
    """A version that may be used: the published one when none is named, else the champion, else the newest challenger.

    Parameters
    ----------
    version : its number or the start of its hash.

    Raises
    ------
    ProfileError
        When there is no such profile or version, or it was withdrawn.
    """
    known = profile_library.versions(library, profile)
    if version is not None:
        listed = profile_library.find(library, profile, version)
    else:
        allowed = [each for each in known if each.status != "withdrawn"] or list(known)
        listed = max(allowed, key=lambda each: (-_rank(each), each.number))
    if listed.status == "withdrawn":
        raise ProfileError(
            Text(
                f"Versie {listed.number} van {profile} is ingetrokken: {listed.reason}",
                f"version {listed.number} was withdrawn: {listed.reason}",
            ),
            where=profile,
            hint=Text(
                "Kies een andere versie, of vraag het de makers van het profiel",
                "choose another version, or ask the makers of the profile",
            ),
        )
    return listed


def _rank(listed: Listed) -> int:
    return _PREFERRED.index(listed.status) if listed.status in _PREFERRED else len(_PREFERRED)
