"""How a profile model is trained: part of a profile's configuration."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from profiling.config import Config
from profiling.population.config import Level

THREADS = 2  # that training uses; what it gives does not depend on how many cores there are


class TrainingSettings(Config):
    """The contrast, the estimator, its rivals, and how they are measured."""

    contrast: str = Field("auto", description="with whom the group is compared: a file of training/contrasts, or auto")
    catchment: Literal["source", "everywhere"] = Field(
        "source", description="areas that the unlabelled come from: those that the group's source covers, or all"
    )
    background: int = Field(35_000, ge=100, description="unlabelled households to contrast the group with")
    features: tuple[str, ...] = Field((), description="hard features to use; all of them when empty")
    estimator: str = "lightgbm-bagged"
    params: dict[str, Any] = {}
    rivals: tuple[str, ...] = ("segment-index", "logistic", "random")
    folds: int = Field(5, ge=2, le=50)
    block: Level = Field("gemeente", description="areas that stay whole in cross-validation")
    depth: float = Field(0.10, gt=0, lt=1, description="depth at which capture and lift are measured")
    replicates: int = Field(500, ge=50, description="bootstrap samples behind every interval")
    redraws: int = Field(5, ge=2, le=100, description="times the reference group is drawn again, to see who stays")
