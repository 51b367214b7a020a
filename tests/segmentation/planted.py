"""Units with planted segments, for what must be found again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from profiling.segmentation.units import Units, Variable


def planted(n: int, kinds: int, *, v: int = 12, noise: float = 0.4, seed: int = 0) -> tuple[Units, NDArray[np.int64]]:
    """Units of `kinds` kinds around middles of their own; two variables are called v_age and v_wealth."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(kinds, v))
    kind = rng.integers(0, kinds, n)
    names = ("v_age", "v_wealth", *(f"v{at}" for at in range(2, v)))
    matrix = (middle[kind] + noise * rng.normal(size=(n, v))).astype(np.float32)
    units = Units(
        ids=np.array([f"U{at:06d}" for at in range(n)]),
        households=rng.integers(10, 60, n).astype(np.float64),
        regions={"gemeente": np.array([f"GM{at:04d}" for at in rng.integers(0, 25, n)])},
        variables=tuple(Variable(name, name, "mean", "environment", name, name) for name in names),
        matrix=matrix,
    )
    return units, kind
