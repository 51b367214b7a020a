"""Spatial folds: whole areas are held out, because neighbours resemble each other."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.resampling import area_numbers

Rows = NDArray[np.int64]


def area_folds(blocks: NDArray[Any], n_folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Rows to train on and rows held out, for each fold; no area stands on both sides.

    Areas are ordered by size and, where sizes are equal, by a hash of their code and the seed. Each run of `n_folds`
    areas is dealt out one to a fold, in an order that the hash gives. Fold sizes then differ by at most the size of
    the largest area. Which rows come first changes nothing. Spatial blocking: Roberts et al. (2017), Cross-validation
    strategies for data with temporal, spatial, hierarchical, or phylogenetic structure, Ecography 40.

    Parameters
    ----------
    blocks : str array of shape (n,)
        Area of each row; every row has one.
    n_folds : at least 2 and at most the number of areas.

    Returns
    -------
    list of (train, test)
        Row numbers in ascending order; the tests are disjoint and together hold every row.

    Raises
    ------
    MeasureError
        When a row has no area or there are fewer areas than folds.
    """
    codes, numbers = area_numbers(blocks)
    if not 2 <= n_folds <= len(codes):
        raise MeasureError(
            f"{n_folds} folds of {len(codes)} areas", hint="ask for at least 2 folds and at most one per area"
        )
    fold = _dealt(codes, np.bincount(numbers), n_folds, seed)[numbers]
    return [(np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(n_folds)]


def _dealt(codes: NDArray[np.str_], sizes: NDArray[Any], n_folds: int, seed: int) -> Rows:
    """Fold of each area."""
    keys = [_key(seed, "area", code) for code in codes.tolist()]
    order = sorted(range(len(codes)), key=lambda area: (-sizes[area], keys[area]))
    fold = np.empty(len(codes), dtype=np.int64)
    for start in range(0, len(order), n_folds):
        run = order[start : start + n_folds]
        places = sorted(range(n_folds), key=lambda place: _key(seed, "fold", f"{keys[run[0]]}:{place}"))
        fold[run] = places[: len(run)]
    return fold


def _key(seed: int, what: str, text: str) -> str:
    return hashlib.blake2b(f"{seed}:{what}:{text}".encode(), digest_size=16).hexdigest()
