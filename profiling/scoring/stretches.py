"""All households scored in stretches, two at a time; every stretch is kept on disk as soon as it is there.

An interrupted run goes on where it was: what an earlier one left is not scored again, and not even read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.artefacts import writing
from profiling.population.store import BATCH, HouseholdStore, Piece
from profiling.progress import track
from profiling.scoring.batch import count_unseen, score_batch
from profiling.training.model import Model

STRETCH = 4 * BATCH
AT_ONCE = BATCH // 2  # rows per matrix: 120 features of them take 31 MB
WORKERS = 2
WAITING = 2 * WORKERS  # pieces under way or waiting to be taken: what bounds the memory


@dataclass(frozen=True)
class Stretch:
    """Scores of successive households from `start` on, and how many of them have an unseen value, per feature."""

    start: int
    values: NDArray[np.float64]
    unseen: NDArray[np.int64]

    @property
    def num_rows(self) -> int:
        """Households in it."""
        return len(self.values)


def score_stretches(model: Model, store: HouseholdStore, parts: Path | None, key: str) -> Iterator[Stretch]:
    """Stretches in the order of the population, behind a bar.

    Parameters
    ----------
    parts : folder to keep stretches in; None to keep none.
    key : what the scores depend on: only stretches that were kept under the same key count.

    Raises
    ------
    SchemaError, ScoringError, ArtefactError
        The first fault met. Stretches that were finished by then are kept.
    """
    if prepare := getattr(model.estimator, "prepare", None):
        prepare(store.n_households)
    stretches = _in_two_threads(model, store, parts, key)
    yield from track(stretches, "scoring households", total=store.n_households, step="num_rows")


def _in_two_threads(model: Model, store: HouseholdStore, parts: Path | None, key: str) -> Iterator[Stretch]:
    waiting: deque[Future[list[Stretch]]] = deque()
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for piece in store.pieces(STRETCH):
            waiting.append(pool.submit(_score_piece, model, store, piece, parts, key))
            if len(waiting) >= WAITING:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _score_piece(model: Model, store: HouseholdStore, piece: Piece, parts: Path | None, key: str) -> list[Stretch]:
    found: list[Stretch] = []
    start, end = piece.start, piece.start + piece.n_rows
    while parts and start < end and (kept := next(parts.glob(f"{key}-{start:012d}-*.npz"), None)):
        with np.load(kept, allow_pickle=False) as arrays:
            found.append(Stretch(start, arrays["values"], arrays["unseen"]))
        start += found[-1].num_rows
    known, held, n = start - piece.start, list[pa.RecordBatch](), 0
    if start == end:
        return found
    for batch in store.read(piece, model.encoder.names):
        first = min(known, batch.num_rows)
        known -= first
        for at in range(first, batch.num_rows, AT_ONCE):
            held.append(score_batch(model, batch.slice(at, AT_ONCE)))
        n += batch.num_rows - first
        if held and (n >= STRETCH or start + n == end):
            found.append(_finished(model, held, start, parts, key))
            start, held, n = start + n, [], 0
    return found


def _finished(model: Model, scored: list[pa.RecordBatch], start: int, parts: Path | None, key: str) -> Stretch:
    values = np.concatenate([np.asarray(each.column("score")) for each in scored])
    stretch = Stretch(start, values, count_unseen(model.encoder, scored))
    if parts:
        with writing(parts / f"{key}-{start:012d}-{start + len(values):012d}.npz") as aside, aside.open("wb") as handle:
            np.savez(handle, values=values, unseen=stretch.unseen)
    return stretch
