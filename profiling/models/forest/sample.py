"""Rows that bring out any difference between two ways of scoring the same trees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from profiling.models.forest.codes import ZERO_WIDTH, CodeColumn

N_ROWS = 4096
NOTHING = [np.nan, 0.0, -0.0, 1e-36, -1e-36, ZERO_WIDTH, -ZERO_WIDTH, 1e-35, 2e-35, -2e-35, 5e-324]
HUGE = [np.inf, -np.inf, 1e300, -1e300, 1.7e308, -1.7e308, 2.0**53, 2.0**63, 2.0**64]
CODES = [-1.0, -0.5, -2.0, 0.5, 254.0, 255.0, 256.0, 65_535.0, 2.0**31 - 1, 2.0**31, -(2.0**31) - 1, 2.0**32 + 1]
ODD = np.array([*NOTHING, *HUGE, *CODES])


def verification_rows(columns: Sequence[CodeColumn], n_features: int) -> NDArray[np.float64]:
    """Rows of shape (4096, n_features), the same every time for the same trees.

    Every feature takes each of its thresholds and the numbers just beside it; categories that splits name, with a
    fraction behind the point, unseen ones and negative ones; missing, infinite, huge, and everything near zero. A
    quarter of the rows holds odd values alone, half holds one here and there, a quarter none.
    """
    rng = np.random.default_rng(5)
    rows = np.empty((N_ROWS, n_features))
    share = np.repeat([1.0, 0.1, 0.0], [N_ROWS // 4, N_ROWS // 2, N_ROWS - N_ROWS // 4 - N_ROWS // 2])
    for feature in range(n_features):
        values = [column.values for column in columns if column.feature == feature]
        named = np.concatenate(values) if values else np.arange(-2.0, 3.0)
        beside = [np.nextafter(named, -np.inf), np.nextafter(named, np.inf), named + 0.5, (named[1:] + named[:-1]) / 2]
        plain = np.concatenate([named, *beside])
        rows[:, feature] = rng.permutation(np.resize(rng.permutation(plain), N_ROWS))
        odd = rng.random(N_ROWS) < share
        rows[odd, feature] = rng.permutation(np.resize(ODD, int(odd.sum())))
    return rng.permutation(rows)
