"""What a profile is checked against from outside: part of a profile's configuration, and the files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from profiling.artefacts import file_sha256
from profiling.config import Config, resolve
from profiling.errors import ConfigError
from profiling.evaluation.class_prior import Anchor
from profiling.evaluation.figures import Figures, read_figures
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.schema import find_files


class Titled(Config):
    """A name in both languages."""

    nl: str
    en: str


class ExternalSettings(Titled):
    """Outside figures per area: a CSV that was made without this profile."""

    file: str
    level: Literal["gemeente", "wijk", "buurt"]
    columns: dict[str, str] = {}
    year: int | None = None


class AttributeSettings(Titled):
    """An attribute that policy keeps out of the model, to see how far the profile stands in for it."""

    files: tuple[str, ...] = Field(description="Parquet or CSV with a row per household; may hold patterns")
    household: str = Field(description="column with the household's key")
    column: str = Field(description="column with the household's group; empty = not known")
    groups: dict[str, Titled] = Field({}, description="what the codes of the groups are called")


class ValidationSettings(Config):
    """How wrong the profile may be, and what from outside it is held against."""

    gamma: float = Field(2.0, ge=1, description="how unfair the choice of reference households may be, as odds ratio")
    worthwhile: float = Field(0.01, gt=0, lt=1, description="capture that doubling the group must bring to be worth it")
    anchor: Anchor | None = Field(None, description="an outside figure for the part of households that belongs")
    external: tuple[ExternalSettings, ...] = ()
    attributes: tuple[AttributeSettings, ...] = ()
    earlier: str | None = Field(None, description="folder that {data} stands for in an earlier snapshot")


@dataclass(frozen=True)
class Attribute:
    """An attribute's settings, and where its files stand."""

    settings: AttributeSettings
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Outside:
    """The files under [validation], found and as far as they are small read."""

    external: tuple[tuple[ExternalSettings, Figures], ...] = ()
    attributes: tuple[Attribute, ...] = ()
    earlier: HouseholdStore | None = None

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What the files say, wherever they stand."""
        return {
            "external": [figures.table.to_pylist() for _, figures in self.external],
            "attributes": [[file_sha256(file) for file in each.files] for each in self.attributes],
            "earlier": self.earlier.fingerprint if self.earlier else None,
        }


def open_outside(settings: ValidationSettings, *, beside: Path, data: Path | None, population: Path) -> Outside:
    """Find every file under [validation], before the first expensive step.

    Parameters
    ----------
    beside : the profile's configuration; population : that of the population.

    Raises
    ------
    ConfigError, SchemaError
        When a file is not there or cannot be understood.
    """
    external = tuple(
        (each, read_figures(_found((each.file,), beside, data)[0], each.level, each.columns or None, each.year))
        for each in settings.external
    )
    attributes = tuple(Attribute(each, _found(each.files, beside, data)) for each in settings.attributes)
    earlier = None
    if settings.earlier:
        folder = resolve(settings.earlier, beside=beside, data=data)
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder}", where=beside, hint="correct [validation] earlier")
        earlier = open_population(load_population(population, data=folder))
    return Outside(external, attributes, earlier)


def _found(patterns: tuple[str, ...], beside: Path, data: Path | None) -> tuple[Path, ...]:
    return find_files([resolve(each, beside=beside, data=data) for each in patterns], where=beside)


def named(groups: Mapping[str, Titled], code: str) -> dict[str, str]:
    """What a group is called in both languages; its code where it has no name."""
    title = groups.get(code)
    return {"nl": title.nl, "en": title.en} if title else {"nl": code, "en": code}
