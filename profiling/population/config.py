"""A population is configuration: how any vendor's household file maps to our words."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from profiling.config import Config, load_config, resolve

LEVELS = ("provincie", "gemeente", "wijk", "buurt")
Level = Literal["provincie", "gemeente", "wijk", "buurt"]


class AddressColumns(Config):
    """Which columns hold the address."""

    postcode: str
    number: str
    addition: str | None = None
    street: str | None = Field(None, description="street name or code; unique within a buurt")


class AreaColumns(Config):
    """Which columns hold the area codes, and the CBS year of those codes."""

    year: int = Field(ge=1990, le=2100)
    codes: Literal["cbs", "free"] = Field("cbs", description="whether codes look like BU0363AF01, or are free")
    provincie: str | None = None
    gemeente: str | None = None
    wijk: str | None = None
    buurt: str | None = None
    names: str | None = Field(None, description="CSV with the columns level, code, name")
    polygons: str | None = Field(None, description="folder with one GeoParquet file per level")

    @property
    def levels(self) -> dict[str, str]:
        """Level → column, from large to small, as far as the file has them."""
        return {level: column for level in LEVELS if (column := getattr(self, level))}


class SegmentColumn(Config):
    """The segment column (sub segment codes) and the scheme that its codes belong to."""

    column: str
    scheme: str


class Title(Config):
    """What something is called on a page, in both languages."""

    nl: str
    en: str


class HardFeature(Config):
    """A feature that may enter the profile model."""

    kind: Literal["numeric", "ordinal", "categorical"]
    levels: tuple[str, ...] = Field((), description="ordinal text values from low to high; empty for numbers")
    labels: dict[str, Title] = Field({}, description="what values are called on a page; the value itself when absent")
    group: str = "overig"
    nl: str = ""
    en: str = ""


class SoftFeature(Config):
    """An interest or habit: it only describes. Someone has it when the value is above `above`."""

    above: float = 0.5
    nl: str = ""
    en: str = ""


class TruthColumns(Config):
    """Columns that hold the truth. Only `evaluation` may read them."""

    files: tuple[str, ...] = Field((), description="files of their own; the household files when empty")
    household: str | None = None
    columns: tuple[str, ...]


class PopulationConfig(Config):
    """One household file, or many with the same columns, described in our words."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    nl: str = ""
    en: str = ""
    snapshot: datetime.date
    files: tuple[str, ...] = Field(min_length=1, description="Parquet or CSV; * and ? are allowed")
    household: str
    weight: str | None = None
    address: AddressColumns | None = None
    areas: AreaColumns | None = None
    segments: SegmentColumn | None = None
    hard: dict[str, HardFeature] = {}
    groups: dict[str, Title] = Field({}, description="titles of the groups of hard features; the group's key if absent")
    soft: dict[str, dict[str, SoftFeature]] = {}
    excluded: tuple[str, ...] = ()
    truth: TruthColumns | None = None

    @model_validator(mode="after")
    def _one_role_per_column(self) -> PopulationConfig:
        roles: dict[str, str] = {}
        for column, role in self._roles():
            if column in roles and not {roles[column], role} <= {"area", "segment", "hard"}:
                raise ValueError(f"column '{column}' is both {roles[column]} and {role}; a column has one role")
            roles[column] = role
        return self

    def _roles(self) -> list[tuple[str, str]]:
        soft = [(column, "soft") for channel in self.soft.values() for column in channel]
        truth = [] if self.truth is None or self.truth.files else [(each, "truth") for each in self.truth.columns]
        return [
            (self.household, "household key"),
            *((column, "hard") for column in self.hard),
            *soft,
            *((column, "excluded") for column in self.excluded),
            *truth,
        ]


class Population(Config):
    """A population's configuration together with where it came from and where its data are."""

    config: PopulationConfig
    path: Path
    data: Path | None = None

    def file(self, written: str) -> Path:
        """Where a path in the configuration points."""
        return resolve(written, beside=self.path, data=self.data)

    def identity(self) -> dict[str, Any]:
        """What the configuration says, without where it stands: part of every fingerprint.

        What is as usual is left out, so that a later version of ours with more settings knows the population again.
        """
        return self.config.model_dump(mode="json", exclude_defaults=True)

    def in_our_words(self, name: str, files: tuple[str, ...], scheme: str) -> dict[str, Any]:
        """The configuration of the same households, written again with our words as columns and with new segments.

        What policy excludes is not there any more; names and polygons of areas, and truths, stay where they are.
        """
        config = self.config
        said = config.model_dump(exclude_defaults=True, exclude={"excluded", "address", "areas"})
        said |= {"name": name, "files": files, "household": "household_id"}
        said |= {"segments": {"column": "segment", "scheme": scheme}}
        said |= {"weight": "weight"} if config.weight else {}
        if config.address:
            words = {"postcode": "postcode", "number": "house_number", "addition": "addition", "street": "street"}
            said["address"] = {key: word for key, word in words.items() if getattr(config.address, key)}
        if config.areas:
            said["areas"] = {"year": config.areas.year, "codes": config.areas.codes}
            said["areas"] |= {level: level for level in config.areas.levels}
            for key in ("names", "polygons"):
                written = getattr(config.areas, key)
                said["areas"] |= {key: str(self.file(written))} if written else {}
        if config.truth:
            truths = [str(self.file(each)) for each in config.truth.files or config.files]
            key = config.truth.household or config.household
            said["truth"] = {"files": truths, "household": key, "columns": config.truth.columns}
        return said


def load_population(path: Path, *, data: Path | None = None) -> Population:
    """Read a population's configuration.

    Raises
    ------
    ConfigError
        With every fault in the file.
    """
    return Population(config=load_config(path, PopulationConfig), path=path.resolve(), data=data)
