"""Merge small neighbouring units until every section holds enough households."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from profiling.errors import SegmentationError

Path = tuple[str, ...]


def merge_units(paths: Sequence[Path], households: NDArray[np.int64], minimum: int) -> NDArray[np.int64]:
    """The section of every unit, such that no section holds fewer than `minimum` households.

    Units stand in the order of their paths, in which neighbours are next to each other (postcodes of one street,
    streets of one buurt). From the longest common path to the shortest, a section that is too small is joined with
    what follows it under the same path, and the last one with what goes before it. A section so stays within its
    postcode area, buurt, wijk and gemeente wherever these hold enough households. In which order the units are given
    changes nothing.

    Parameters
    ----------
    paths : for each of n units the codes from large to small (gemeente, wijk, buurt, postcode), all different and all
        of one length.
    households : int array of shape (n,), 1 or more.

    Returns
    -------
    int array of shape (n,)
        Sections count from 0 in the order of the paths.

    Raises
    ------
    SegmentationError
        When all units together hold fewer than `minimum` households.
    """
    if not len(paths) or int(households.sum()) < minimum:
        raise SegmentationError(
            f"{int(households.sum()):,} households with an address cannot make a section of {minimum}",
            hint="check the address columns of the population",
        )
    order = sorted(range(len(paths)), key=lambda unit: paths[unit])
    ordered = [paths[unit] for unit in order]
    blocks = [(at, int(households[unit])) for at, unit in enumerate(order)]  # first unit, households
    for depth in range(len(ordered[0]) - 1, -1, -1):
        blocks = _joined(blocks, ordered, depth, minimum)
    starts = np.zeros(len(order), dtype=np.int64)
    starts[[first for first, _ in blocks[1:]]] = 1
    sections = np.empty(len(order), dtype=np.int64)
    sections[order] = np.cumsum(starts)
    return sections


def _joined(blocks: list[tuple[int, int]], paths: list[Path], depth: int, minimum: int) -> list[tuple[int, int]]:
    """Join small blocks with their neighbours under the same first `depth` codes."""
    done: list[tuple[int, int]] = []
    opening = 0  # place in `done` where the present path begins
    for first, n in blocks:
        under = paths[first][:depth]
        if len(done) > opening and paths[done[-1][0]][:depth] != under:
            _close(done, opening, minimum)
            opening = len(done)
        if len(done) > opening and done[-1][1] < minimum:
            done[-1] = (done[-1][0], done[-1][1] + n)
        else:
            done.append((first, n))
    _close(done, opening, minimum)
    return done


def _close(done: list[tuple[int, int]], opening: int, minimum: int) -> None:
    """Join a last block that stayed too small with the one before it, where there is one under the path."""
    if len(done) - opening > 1 and done[-1][1] < minimum:
        first, n = done[-2]
        done[-2:] = [(first, n + done[-1][1])]
