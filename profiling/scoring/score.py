"""Score every household in batches, rank them all, and write them in the order of the population.

The scores of a stretch of rows are kept on disk as soon as they are there, so that an interrupted run goes on
where it was. In memory there are a few numbers per household (about 50 bytes), never the table.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import fingerprint, read_manifest, writing_folder
from profiling.population.keys import hash_keys
from profiling.population.store import BATCH, HouseholdStore
from profiling.scoring.cutoff import rank
from profiling.scoring.stretches import score_stretches
from profiling.training.model import Model

FILE = "households.parquet"


@dataclass(frozen=True)
class Scores:
    """Scores of all households of one population by one model.

    The file holds household_id, score (float64), rank (1 = most alike), percentile (100 = most alike) and, as far as
    the population has them, weight, area codes and segment.
    """

    folder: Path
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Scores({self.n_households:,} households) · next: make_profile(scores, …)"

    @property
    def file(self) -> Path:
        """The Parquet file."""
        return self.folder / FILE

    @property
    def n_households(self) -> int:
        """Households scored: all of the population."""
        return int(self.manifest["n_households"])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file of scores."""
        return str(self.manifest["files"][FILE]["sha256"])

    @property
    def notices(self) -> tuple[str, ...]:
        """What the model met and had never seen, and how it scored where that was not as usual; a sentence each."""
        unseen: Mapping[str, int] = self.manifest["unseen"]
        return *self.manifest.get("notices", ()), *(
            f"'{name}': {n:,} households have a value that training never saw; it counts as missing"
            for name, n in unseen.items()
        )

    def column(self, name: str) -> NDArray[Any]:
        """One numeric column of all households, in population order, shape (n_households,)."""
        return np.asarray(pq.read_table(self.file, columns=[name]).column(0))


def load_scores(folder: Path) -> Scores:
    """Open saved scores.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    return Scores(folder, read_manifest(folder))


def score(model: Model, store: HouseholdStore, folder: Path, *, seed: int, inputs: Mapping[str, Any]) -> Scores:
    """Score, rank and write all households.

    Raises
    ------
    SchemaError
        When the population lacks a column of the model, or a value cannot be read.
    ScoringError
        When the model gives something that is not a number.
    """
    parts = folder.with_name(folder.name + ".parts")
    key = fingerprint(inputs)[:16]
    values = np.empty(store.n_households)
    counts = np.zeros(len(model.encoder.names), dtype=np.int64)
    for stretch in score_stretches(model, store, parts, key):
        values[stretch.start : stretch.start + stretch.num_rows] = stretch.values
        counts += stretch.unseen
    unseen = {name: n for name, n in zip(model.encoder.names, counts.tolist(), strict=True) if n}
    tie = np.concatenate([hash_keys(each.column(0), f"tie:{seed}") for each in store.batches(["household_id"])])
    ranks = rank(values, tie)
    del tie
    saved = save_scores(
        folder,
        _ranked(store, values, ranks),
        inputs=inputs,
        unseen=unseen,
        n_households=len(values),
        notices=getattr(model.estimator, "notices", ()),
    )
    shutil.rmtree(parts, ignore_errors=True)
    return saved


def save_scores(
    folder: Path,
    ranked: Iterable[pa.RecordBatch],
    *,
    inputs: Mapping[str, Any],
    unseen: Mapping[str, int],
    n_households: int,
    notices: Sequence[str] = (),
) -> Scores:
    """Write scores as every engine does: the same scores give the same bytes, in whatever batches they come.

    Parameters
    ----------
    ranked : batches in the order of the population with household_id, score, rank and what goes along.
    unseen : feature → households with a value that training never saw.
    notices : further sentences for who reads the scores.
    """
    manifest: dict[str, Any] = {
        "kind": "scores",
        "inputs": inputs,
        "n_households": n_households,
        "unseen": dict(sorted(unseen.items())),
        **({"notices": list(notices)} if notices else {}),
    }
    with writing_folder(folder, manifest) as aside:
        manifest |= _write(aside / FILE, ranked, n_households)
    return load_scores(folder)


def _ranked(store: HouseholdStore, values: NDArray[np.float64], ranks: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in store.batches(["household_id", *store.descriptive], text="writing scores"):
        here = slice(start, start + batch.num_rows)
        start += batch.num_rows
        columns = {"score": pa.array(values[here]), "rank": pa.array(ranks[here])}
        key, rest = batch.columns[0], dict(zip(batch.schema.names[1:], batch.columns[1:], strict=True))
        yield pa.RecordBatch.from_pydict({"household_id": key, **columns, **rest})


def _write(path: Path, ranked: Iterable[pa.RecordBatch], n: int) -> dict[str, float]:
    """Write row groups of `BATCH` households; returns the lowest and the highest score."""
    lowest, highest = np.inf, -np.inf
    writer: pq.ParquetWriter | None = None
    for table in _regrouped(ranked, BATCH):
        score, rank = (np.asarray(table.column(name)) for name in ("score", "rank"))
        lowest, highest = min(lowest, float(score.min())), max(highest, float(score.max()))
        percentile = pa.array((100.0 * (n - rank + 1) / n).astype(np.float32))
        out = table.add_column(3, "percentile", percentile)
        writer = writer or pq.ParquetWriter(path, out.schema, compression="zstd")
        writer.write_table(out, row_group_size=BATCH)
    if writer is not None:
        writer.close()
    return {"lowest": lowest, "highest": highest}


def _regrouped(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    n = 0
    for batch in batches:
        held.append(batch)
        n += batch.num_rows
        while n >= size:
            whole = pa.Table.from_batches(held)
            yield whole.slice(0, size).combine_chunks()
            held, n = whole.slice(size).to_batches(), n - size
    if n:
        yield pa.Table.from_batches(held).combine_chunks()
