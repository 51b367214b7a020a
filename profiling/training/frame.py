"""The training frame: the reference group and a sample of unlabelled households, with their features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import read_manifest, writing_folder
from profiling.errors import TrainingError
from profiling.features.encoder import Encoder, choose_features, fit_encoder
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.reference.group import ReferenceGroup
from profiling.training.catchment import Catchment, find_catchment
from profiling.training.settings import TrainingSettings

UNKNOWN = "?"


@dataclass(frozen=True)
class TrainingFrame:
    """Reference households (positive) and unlabelled households, in the order of their keys.

    `table` has the columns household_id, positive (bool), weight (float64), block (text), and the features as they
    are stored. The unlabelled are a simple random sample of all other households: they are not negatives.
    """

    table: pa.Table
    encoder: Encoder
    catchment: Catchment
    inputs: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"TrainingFrame({self.n_positive:,} + {self.n_unlabelled:,} households) · next: train(frame, settings)"

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which rows are reference households, shape (n,)."""
        return np.asarray(self.table.column("positive"), dtype=bool)

    @property
    def weight(self) -> NDArray[np.float64]:
        """Evidence weight of each row, shape (n,); 1 for the unlabelled."""
        return np.asarray(self.table.column("weight"), dtype=np.float64)

    @property
    def blocks(self) -> NDArray[np.object_]:
        """Area of each row, which cross-validation keeps whole, shape (n,)."""
        return np.asarray(self.table.column("block").to_pylist(), dtype=object)

    @property
    def n_positive(self) -> int:
        """Reference households."""
        return int(self.positive.sum())

    @property
    def n_unlabelled(self) -> int:
        """The other households."""
        return int(self.table.num_rows - self.n_positive)

    def matrix(self) -> NDArray[np.float64]:
        """Model inputs of shape (n, n_features)."""
        return self.encoder.matrix(self.table)

    def save(self, folder: Path) -> None:
        """Write the frame as a folder artefact."""
        manifest = {
            "kind": "training-frame",
            "inputs": self.inputs,
            "encoder": self.encoder.to_dict(),
            "catchment": asdict(self.catchment),
        }
        with writing_folder(folder, manifest) as aside:
            pq.write_table(self.table, aside / "frame.parquet")


def load_training_frame(folder: Path) -> TrainingFrame:
    """Read a saved frame.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    manifest = read_manifest(folder)
    table = pq.read_table(folder / "frame.parquet")
    said = manifest["catchment"]
    catchment = Catchment(tuple(said["areas"]), said["n_households"], said["n_outside"])
    return TrainingFrame(table, Encoder.from_dict(manifest["encoder"]), catchment, manifest["inputs"])


def build_training_frame(
    group: ReferenceGroup, store: HouseholdStore, settings: TrainingSettings, *, seed: int, inputs: Mapping[str, Any]
) -> TrainingFrame:
    """Sample the unlabelled and look up the features of both.

    The unlabelled come from the areas that the group's source covers (see `catchment`). The sample goes by a hash of
    the household key, so it does not depend on the order of rows.

    Raises
    ------
    TrainingError
        When households of the group are not in this population, or nothing is left to contrast with.
    """
    chosen = choose_features(store.population.config, settings.features)
    words = [name for name, _family in chosen]
    block = settings.block if settings.block in store.columns else None
    if block is None:
        raise TrainingError(
            f"the population has no {settings.block}",
            where=store.population.path,
            hint=f"set [training] block to one of: {', '.join(store.levels) or 'none: add [areas] to the population'}",
        )
    catchment = _catchment(group, store, block, settings)
    positions, positive = _select(group, store, block, catchment, settings.background, seed)
    rows = _rows_at(store, ["household_id", block, *words], positions)
    weights = dict(
        zip(
            group.households.column("household_id").to_pylist(),
            group.households.column("weight").to_pylist(),
            strict=True,
        )
    )
    keys = rows.column("household_id").to_pylist()
    table = pa.table(
        {
            "household_id": rows.column("household_id"),
            "positive": pa.array(positive),
            "weight": pa.array([weights.get(key, 1.0) for key in keys], pa.float64()),
            "block": pc.fill_null(rows.column(block), UNKNOWN),
            **{word: rows.column(word) for word in words},
        }
    )
    # In the order of keys: what a model draws and learns then does not depend on the order of the household file.
    table = table.sort_by("household_id").combine_chunks()
    encoder = fit_encoder(table, store.population.config, settings.features)
    return TrainingFrame(table, encoder, catchment, dict(inputs))


def _catchment(group: ReferenceGroup, store: HouseholdStore, block: str, settings: TrainingSettings) -> Catchment:
    """Count both kinds per area, and find the areas that the source covers."""
    wanted = group.households.column("household_id").combine_chunks()
    households: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for batch in store.batches(["household_id", block], text="finding where the group comes from"):
        areas = pc.fill_null(batch.column(block), UNKNOWN)
        inside = pc.is_in(batch.column("household_id"), value_set=wanted)
        for counter, column in ((households, areas), (found, areas.filter(inside))):
            for each in pc.value_counts(column).to_pylist():
                counter[each["values"]] += each["counts"]
    missing = len(group) - sum(found.values())
    if missing:
        raise TrainingError(
            f"{missing:,} of {len(group):,} reference households are not in this population",
            where=group.name,
            hint="build the reference group again on this population",
        )
    if settings.catchment == "everywhere":
        return Catchment(tuple(sorted(households)), sum(households.values()), 0)
    return find_catchment(households, found)


def _select(
    group: ReferenceGroup, store: HouseholdStore, block: str, catchment: Catchment, n: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Positions of the group and of the n other households with the smallest hash, in the catchment, ascending."""
    wanted = group.households.column("household_id").combine_chunks()
    covered = pa.array(catchment.areas, pa.string())
    members: list[NDArray[np.int64]] = []
    places, hashes = np.empty(0, np.int64), np.empty(0, np.uint64)
    start = 0
    for batch in store.batches(["household_id", block], text="sampling households"):
        keys = batch.column(0)
        here = np.arange(start, start + batch.num_rows)
        start += batch.num_rows
        near = np.asarray(pc.is_in(pc.fill_null(batch.column(1), UNKNOWN), value_set=covered), dtype=bool)
        inside = np.asarray(pc.is_in(keys, value_set=wanted), dtype=bool)
        members.append(here[inside & near])
        hashed = hash_keys(keys, f"sample:{seed}")
        chosen = ~inside & near & (hashed < (hashes.max() if len(hashes) >= n else np.iinfo(np.uint64).max))
        places, hashes = np.concatenate([places, here[chosen]]), np.concatenate([hashes, hashed[chosen]])
        if len(hashes) > n:
            keep = np.argpartition(hashes, n - 1)[:n]
            places, hashes = places[keep], hashes[keep]
    if len(places) == 0:
        raise TrainingError("every household is in the reference group: there is nothing to contrast it with")
    found = np.concatenate(members)
    positions = np.concatenate([found, places])
    order = np.argsort(positions, kind="stable")
    return positions[order], (np.arange(len(positions)) < len(found))[order]


def _rows_at(store: HouseholdStore, words: list[str], positions: NDArray[np.int64]) -> pa.Table:
    parts, start = [], 0
    for batch in store.batches(words, text="looking up features"):
        low, high = np.searchsorted(positions, [start, start + batch.num_rows])
        if high > low:
            parts.append(batch.take(pa.array(positions[low:high] - start)))
        start += batch.num_rows
    return pa.Table.from_batches(parts)
