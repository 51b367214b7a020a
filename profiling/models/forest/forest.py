"""A forest: the trees of one booster or of all its bags, scored by the walker, to the bit as `Booster.predict` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from profiling.models.forest.codes import CodeTable, build_codes
from profiling.models.forest.program import ROWS, Program, build_program
from profiling.models.forest.sample import verification_rows
from profiling.models.forest.trees import NotWalkableError, read_trees


@dataclass(frozen=True)
class Forest:
    """Coded and programmed trees; make one with `grow`, which holds it against `Booster.predict` first."""

    codes: CodeTable
    program: Program

    def raw_scores(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of shape (n_bags, n) for X of shape (n, n_features).

        Columns that lie together in memory (Fortran order) are read where they are; other tables are turned first.
        """
        from profiling.models.forest.kernels import BLOCKS, encode, walk

        columns = np.ascontiguousarray(X.T, dtype=np.float64)
        n = columns.shape[1]
        out = np.empty((len(self.program.bag_start) - 1, n))
        buffer = np.zeros((BLOCKS, max(len(self.codes.columns), 1) * ROWS), dtype=np.uint8)
        for start in range(0, n, BLOCKS * ROWS):
            stop = min(start + BLOCKS * ROWS, n)
            encode(columns, start, stop, self.codes.search, buffer)
            walk(buffer, -(-(stop - start) // ROWS), self.program, out, start)
        return out


def grow(boosters: Sequence[lgb.Booster]) -> Forest:
    """Read, compile, and compare with `Booster.predict` on rows that hold every odd value.

    Raises
    ------
    NotWalkableError
        When a model is of a kind that is not walked, when numba does not work here, or when any score differs.
    """
    bags = [read_trees(booster.model_to_string(num_iteration=-1)) for booster in boosters]
    codes = build_codes([tree for trees in bags for tree in trees])
    forest = Forest(codes, build_program(bags, codes))
    rows = verification_rows(codes.columns, boosters[0].num_feature())
    try:
        found = forest.raw_scores(rows)
    except (ImportError, RuntimeError) as error:  # not there, not for this Python, or no place to keep what it made
        raise NotWalkableError(f"numba cannot be used here ({error})") from error
    for booster, mine in zip(boosters, found, strict=True):
        expected = np.asarray(booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)
        differs = mine.view(np.int64) != expected.view(np.int64)
        if differs.any():
            raise NotWalkableError(f"{int(differs.sum()):,} of {len(rows):,} rows of the check scored differently")
    return forest
