"""A profile's configuration: which group, in which population, how trained, how deep, and for what purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from profiling.config import Config, load_config
from profiling.population.config import Level
from profiling.profiles.validation import ValidationSettings
from profiling.scoring.cutoff import Cutoff
from profiling.training.search import TuningSettings
from profiling.training.settings import TrainingSettings


class Bilingual(Config):
    """A text in Dutch and in English."""

    nl: str
    en: str


class PublishSettings(Config):
    """What is published and how it is read."""

    levels: tuple[Level, ...] = Field((), description="area levels to publish; all that the population has when empty")
    limits: tuple[float, float] = Field((80.0, 120.0), description="index below and above which an area stands out")
    over_represented: float = Field(120.0, gt=100, description="index from which a segment is called over-represented")
    minimum_cell: int = Field(10, ge=10, description="cells with fewer households are never shown")

    @field_validator("limits")
    @classmethod
    def _around_100(cls, limits: tuple[float, float]) -> tuple[float, float]:
        if not limits[0] <= 100 <= limits[1]:
            raise ValueError("the limits of 'average' lie around 100, such as [80, 120]")
        return limits


class ProfileConfig(Config):
    """One profile of `configs/profiles/`."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    nl: str
    en: str
    purpose: Bilingual
    contact: str
    population: str
    reference: str
    data: str | None = Field(None, description="folder that {data} stands for")
    seed: int = Field(1, ge=0, le=2**31 - 1)
    training: TrainingSettings = TrainingSettings()
    tuning: TuningSettings = TuningSettings()
    cutoff: Cutoff
    publish: PublishSettings = PublishSettings()
    validation: ValidationSettings = ValidationSettings()
    bias: Bilingual | None = Field(None, description="what is known to be biased in this group")

    def identity(self) -> dict[str, Any]:
        """What the configuration says, without where files stand."""
        return self.model_dump(mode="json", exclude={"population", "reference", "data", "tuning"})


def load_profile_config(path: Path) -> ProfileConfig:
    """Read a profile's configuration.

    Raises
    ------
    ConfigError
        With every fault in the file.
    """
    return load_config(path, ProfileConfig)
