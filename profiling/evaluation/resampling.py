"""An estimate with its interval, and the bootstrap over whole areas that gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.errors import MeasureError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value with a percentile interval.

    Parameters
    ----------
    value : on the rows as they are.
    low, high : ends of the interval; nan where there is nothing to draw again.
    n : on how many rows of the reference group (or of the true group) it stands.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}, n = {self.n:,})"


def area_draws(n_areas: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """How often each area is drawn in each replicate: shape (replicates, n_areas), rows sum to n_areas.

    The cluster bootstrap: areas are drawn with replacement and bring all their households, because neighbours
    resemble each other (Davison & Hinkley 1997, Bootstrap methods and their application, section 3.8).
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_areas, np.full(n_areas, 1.0 / n_areas), size=replicates).astype(np.float64)


def area_numbers(areas: NDArray[Any]) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Codes of shape (n_areas,) in ascending order, and each row's position among them, shape (n,).

    Raises
    ------
    MeasureError
        When a row has no area.
    """
    column = np.asarray(areas, dtype=object)
    absent = sum(not isinstance(each, str) or not each for each in column.tolist())
    if absent:
        raise MeasureError(
            f"{absent:,} of {len(column):,} rows have no area",
            hint="give them an area of their own, such as 'onbekend', or leave them out",
        )
    codes, numbers = np.unique(column.astype(np.str_), return_inverse=True)
    return codes, numbers.astype(np.int64)


def interval(replicates: Floats, level: float = 0.95) -> tuple[float, float]:
    """Ends of the percentile interval; replicates that could not be computed (nan) are left out."""
    known = replicates[~np.isnan(replicates)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)
