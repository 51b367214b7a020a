"""What every use says at its foot: which profile and base the figures rest on, of which day, and what is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from profiling.publish.published import Published


@dataclass(frozen=True)
class About:
    """A profile version in plain words: `limits` are those of the index classes, `minimum` the smallest shown cell."""

    profile: str
    version: str
    title: Mapping[str, str]
    base_title: Mapping[str, str]
    n_base: int
    snapshot: str
    year: int | None
    limits: tuple[float, float]
    minimum: int


def about(published: Published) -> About:
    """What a page says of an opened profile."""
    return About(
        profile=published.listed.profile,
        version=published.version,
        title={"nl": published.title("nl"), "en": published.title("en")},
        base_title={"nl": published.base_title("nl"), "en": published.base_title("en")},
        n_base=published.n_base,
        snapshot=published.snapshot,
        year=published.year,
        limits=published.settings.limits,
        minimum=published.settings.minimum_cell,
    )


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Figures with four decimals, as they are written to files."""
    return table.round(4).reset_index(drop=True)
