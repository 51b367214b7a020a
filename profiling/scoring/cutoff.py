"""How deep a profile goes: a share of the base, a count, or a score; ties by a written rule.

The tie rule: of two households with the same score, the one with the smaller hash of its key comes first (the
hash is keyed with the seed), so that no area, name or file order is favoured. A cut by score keeps ties together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from profiling.config import Config
from profiling.errors import ScoringError


class Cutoff(Config):
    """Exactly one of depth, count and score."""

    depth: float | None = Field(None, gt=0, lt=1, description="share of the base, such as 0.10")
    count: int | None = Field(None, ge=1, description="number of households")
    score: float | None = Field(None, description="lowest score that belongs to the profile")

    @model_validator(mode="after")
    def _exactly_one(self) -> Cutoff:
        given = [name for name in ("depth", "count", "score") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of depth, count and score (got {', '.join(given) or 'none'})")
        return self


def rank(score: NDArray[np.float64], tie: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rank 1 for the highest score; equal scores in the order of their tie hash.

    Parameters
    ----------
    score : shape (n,); may not hold nan.
    tie : shape (n,), from `hash_keys`.

    Returns
    -------
    int64 array of shape (n,), a permutation of 1 … n.
    """
    order = np.lexsort((tie, -score))
    ranks = np.empty(len(score), dtype=np.int64)
    ranks[order] = np.arange(1, len(score) + 1)
    return ranks


def last_rank(cutoff: Cutoff, score: NDArray[np.float64]) -> int:
    """The lowest rank that still belongs to the profile.

    Raises
    ------
    ScoringError
        When the cut-off leaves no household, or asks for more than there are.
    """
    n = len(score)
    if cutoff.depth is not None:
        last = int(np.ceil(cutoff.depth * n - 1e-9))
    elif cutoff.count is not None:
        last = cutoff.count
    else:
        last = int((score >= float(cutoff.score or 0.0)).sum())
    if not 1 <= last <= n:
        raise ScoringError(
            f"the cut-off keeps {last:,} of {n:,} households",
            where=str(cutoff.model_dump(exclude_none=True)),
            hint=f"the scores go from {score.min():.6g} to {score.max():.6g}; choose a cut-off inside",
        )
    return last
