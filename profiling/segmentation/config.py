"""A segmentation's configuration: of what, how many segments, how they are found, and what a person calls them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from profiling.config import Config, load_config, resolve
from profiling.population.config import Title

MINIMUM = 10
FACETS = ("economic", "demography", "environment", "leisure", "media")


class HouseholdSource(Config):
    """Street sections of a population's households."""

    population: str
    unit: Literal["postcode", "street"] = Field("postcode", description="what sections are put together from")
    minimum: int = Field(MINIMUM, ge=MINIMUM, description="households a section holds at least")
    variables: tuple[str, ...] = Field((), description="hard and soft features to use; all where empty")
    leave_out: tuple[str, ...] = ()
    bands: int = Field(0, ge=0, le=20, description="a number also counts as its share in so many bands; 0 for none")
    block: int = Field(250, ge=1, description="variables that are added up in one pass: what memory allows")


class AreaLevel(Config):
    """A table of areas; the first level is what is segmented, the others fill in what is missing there."""

    file: str
    key: str
    parents: dict[str, str] = Field({}, description="level → column that holds the code of the larger area")


class AreaVariable(Config):
    """A column of the area tables, divided by another one or not."""

    column: str
    per: str | None = Field(None, description="column to divide by: a count becomes a share")
    facet: Literal["economic", "demography", "environment", "leisure", "media"] = "environment"
    nl: str
    en: str


class AreaSource(Config):
    """Areas of which figures are published: buurten or wijken instead of street sections."""

    levels: dict[str, AreaLevel] = Field(min_length=1)
    households: str = Field(description="column with the number of households")
    minimum: int = Field(MINIMUM, ge=MINIMUM)
    missing: tuple[float, ...] = Field((), description="numbers that stand for a missing value, such as -99997")
    variables: dict[str, AreaVariable] = Field(min_length=2)


class Axes(Config):
    """What the two axes of a segmentation are made of; a minus in front turns a variable around."""

    age: tuple[str, ...] = Field(min_length=1)
    wealth: tuple[str, ...] = Field(min_length=1)


class Model(Config):
    """How segments are found."""

    main: int = Field(10, ge=2, le=26)
    sub: int = Field(37, ge=2, le=99)
    many: int = Field(300, ge=2, le=2_000, description="clusters of k-means that the tree is grown on")
    starts: int = Field(5, ge=1, le=100, description="beginnings that segments are looked for from; the best counts")
    scaling: Literal["auto", "robust", "rank"] = "auto"
    variance: float = Field(0.9, gt=0.0, le=1.0, description="part of the variance that the components keep")
    components: int = Field(60, ge=1, le=500, description="at most so many components")
    smallest: float = Field(0.004, ge=0.0, lt=1.0, description="a sub segment holds at least this part of households")
    largest: float = Field(0.12, gt=0.0, le=1.0, description="and at most this part")
    smallest_main: float = Field(0.02, ge=0.0, lt=1.0)
    largest_main: float = Field(0.35, gt=0.0, le=1.0)
    refine: int = Field(100, ge=0, description="rounds of k-means on the sub segments after the tree is cut")

    @model_validator(mode="after")
    def _possible(self) -> Model:
        if not self.main <= self.sub <= self.many:
            raise ValueError(f"main ({self.main}) ≤ sub ({self.sub}) ≤ many ({self.many}) does not hold")
        for what, n, low, high in (
            ("sub", self.sub, self.smallest, self.largest),
            ("main", self.main, self.smallest_main, self.largest_main),
        ):
            if n * low > 1.0 or n * high < 1.0:
                raise ValueError(f"{n} {what} segments of {low:g} to {high:g} of the households do not make 1")
        return self


class Stability(Config):
    """How often segments are found again on other draws."""

    bootstraps: int = Field(10, ge=0, le=200)
    folds: int = Field(5, ge=0, le=50, description="held-out regions: 0 for none")
    level: str = Field("gemeente", description="areas that are drawn and held out as a whole")
    sample: int = Field(40_000, ge=1_000, description="at most so many sections in each")


class SegmentationConfig(Config):
    """One segmentation: exactly one of `households` and `areas` says of what."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    nl: str
    en: str
    seed: int = Field(1, ge=0)
    households: HouseholdSource | None = None
    areas: AreaSource | None = None
    axes: Axes
    model: Model = Model()
    stability: Stability = Stability()
    facets: dict[str, tuple[str, ...]] = Field(
        {}, description="facet of the fact sheet → groups of hard features and channels of soft features"
    )
    previous: str | None = Field(None, description="an earlier segmentation, whose codes are kept where they fit")
    names: dict[str, Title] = Field({}, description="what a person calls a segment, by code; goes before a proposal")

    @model_validator(mode="after")
    def _one_source(self) -> SegmentationConfig:
        if (self.households is None) == (self.areas is None):
            raise ValueError("give either [households] or [areas]: what the segments are made of")
        unknown = sorted(set(self.facets) - set(FACETS))
        if unknown:
            raise ValueError(f"unknown facets {', '.join(unknown)}; choose from {', '.join(FACETS)}")
        return self


class SegmentationPlan(Config):
    """A segmentation's configuration together with where it came from and where its data are."""

    config: SegmentationConfig
    path: Path
    data: Path | None = None

    def file(self, written: str) -> Path:
        """Where a path in the configuration points."""
        return resolve(written, beside=self.path, data=self.data)


def load_segmentation_config(path: Path, *, data: Path | None = None) -> SegmentationPlan:
    """Read a segmentation's configuration.

    Raises
    ------
    ConfigError
        With every fault in the file.
    """
    return SegmentationPlan(config=load_config(path, SegmentationConfig), path=path.resolve(), data=data)
