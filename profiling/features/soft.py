"""Soft features: who has which interest, and how many households have it. They only describe; no family models them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from profiling.errors import SchemaError
from profiling.population.config import SoftFeature

Soft = Mapping[str, Mapping[str, SoftFeature]]

COUNTS = ("n_profile_have", "n_profile_known", "n_base_have", "n_base_known")


def soft_columns(soft: Soft) -> tuple[str, ...]:
    """All soft features of a population, channel by channel, in the order of its configuration."""
    return tuple(column for channel in soft.values() for column in channel)


def soft_matrix(batch: pa.RecordBatch | pa.Table, soft: Soft) -> NDArray[np.float64]:
    """Who has which interest: 1, 0, or nan where unknown; shape (n_households, n_features)."""
    above = {column: feature.above for channel in soft.values() for column, feature in channel.items()}
    out = np.empty((batch.num_rows, len(above)))
    for place, (column, limit) in enumerate(above.items()):
        values = pd.to_numeric(batch.column(column).to_pandas()).to_numpy(dtype=np.float64, na_value=np.nan)
        out[:, place] = np.where(np.isnan(values), np.nan, values > limit)
    return out


@dataclass(frozen=True, eq=False)
class InterestCounts:
    """Households that have, and that are known to have or not, each soft feature; adds up over batches.

    `counts` has shape (4, n_features), in the order of `COUNTS`. Memory does not grow with the households.
    """

    columns: tuple[str, ...]
    counts: NDArray[np.int64]
    n_profile: int = 0
    n_base: int = 0

    @classmethod
    def empty(cls, columns: Sequence[str]) -> InterestCounts:
        """Nothing counted yet."""
        return cls(tuple(columns), np.zeros((len(COUNTS), len(columns)), dtype=np.int64))

    def add(self, soft: NDArray[np.float64], member: NDArray[np.bool_]) -> InterestCounts:
        """The counts with a batch added: `soft` as from `soft_matrix`, `member` true for households of the profile.

        Raises
        ------
        SchemaError
            When the shapes do not fit or a value is not 0, 1 or nan.
        """
        has, known = soft == 1.0, ~np.isnan(soft)
        if soft.shape != (len(member), len(self.columns)) or not ((soft == 0.0) | has | ~known).all():
            expected = f"expected 0, 1 or nan in {len(member):,} rows of {len(self.columns)} features"
            raise SchemaError(f"{expected}, got shape {soft.shape}", where="soft features")
        new = np.array([has[member].sum(0), known[member].sum(0), has.sum(0), known.sum(0)], dtype=np.int64)
        inside = int(np.count_nonzero(member))
        return InterestCounts(self.columns, self.counts + new, self.n_profile + inside, self.n_base + len(member))

    def table(self) -> pd.DataFrame:
        """One row per soft feature: column and the four counts."""
        return pd.DataFrame({"column": self.columns, **dict(zip(COUNTS, self.counts, strict=True))})
