"""The training frame: the reference group and a sample of unlabelled households, with their features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import read_manifest, writing_folder
from profiling.errors import ArtefactError
from profiling.features.encoder import Encoder
from profiling.training.catchment import UNKNOWN, Catchment
from profiling.training.membership import Membership, load_membership

__all__ = ["UNKNOWN", "TrainingFrame", "load_training_frame"]


@dataclass(frozen=True)
class TrainingFrame:
    """Reference households (positive) and unlabelled households, in the order of their keys.

    `table` has the columns household_id, positive, base (bool), member, drawn (bool; null where the contrast uses no
    member list), weight, measure_weight (float64), block (text), and the features as they are stored. The unlabelled
    are not negatives: a simple random sample of all other households (the base), and other members (drawn) where the
    contrast is with them. `contrast` says which was made and why, `dirt` what part
    of the group seems to borrow for others.
    """

    table: pa.Table
    encoder: Encoder
    catchment: Catchment
    inputs: Mapping[str, Any]
    contrast: Mapping[str, Any] = field(default_factory=dict)
    dirt: Mapping[str, Any] | None = None
    membership: Membership | None = None

    def __repr__(self) -> str:
        return f"TrainingFrame({self.n_positive:,} + {self.n_unlabelled:,} households) · next: train(frame, settings)"

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which rows are reference households, shape (n,)."""
        return np.asarray(self.table.column("positive"), dtype=bool)

    @property
    def weight(self) -> NDArray[np.float64]:
        """Weight of each row in the fit, shape (n,); 0 for rows of the base that the contrast leaves out."""
        return np.asarray(self.table.column("weight"), dtype=np.float64)

    @property
    def measure_weight(self) -> NDArray[np.float64]:
        """Weight of each row in capture and lift, shape (n,); 1 for the base."""
        return np.asarray(self.table.column("measure_weight"), dtype=np.float64)

    @property
    def base(self) -> NDArray[np.bool_]:
        """Which rows are the random sample of other households that rankings are measured against, shape (n,)."""
        return np.asarray(self.table.column("base"), dtype=bool)

    @property
    def member(self) -> NDArray[np.bool_] | None:
        """Which rows have a borrower, shape (n,); None where the contrast uses no member list."""
        return self._flag("member")

    @property
    def drawn(self) -> NDArray[np.bool_] | None:
        """Which rows are the random sample of other members, shape (n,); they may stand in the base as well."""
        return self._flag("drawn")

    def _flag(self, name: str) -> NDArray[np.bool_] | None:
        column = self.table.column(name)
        return None if column.null_count else np.asarray(column, dtype=bool)

    @property
    def fitted_on(self) -> NDArray[np.bool_]:
        """Rows that count in the fit, shape (n,)."""
        return self.weight > 0

    @property
    def contrasted(self) -> NDArray[np.bool_]:
        """The unlabelled rows that the group is contrasted with, shape (n,)."""
        return ~self.positive & self.fitted_on

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
        """The households that the group is contrasted with."""
        return int(self.contrasted.sum())

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
            "contrast": self.contrast,
            "dirt": self.dirt,
        }
        with writing_folder(folder, manifest) as aside:
            pq.write_table(self.table, aside / "frame.parquet")
            if self.membership is not None:
                self.membership.save(aside / "membership", self.encoder)


def load_training_frame(folder: Path) -> TrainingFrame:
    """Read a saved frame.

    Raises
    ------
    ArtefactError
        When the folder is incomplete, damaged, or of an earlier version.
    """
    manifest = read_manifest(folder)
    table = pq.read_table(folder / "frame.parquet")
    if "contrast" not in manifest or not {"base", "member"} <= set(table.column_names):
        raise ArtefactError(
            "was made by an earlier version: it does not say which households are the base, and which are members",
            where=folder,
            hint="delete the folder and run the step again",
        )
    said = manifest["catchment"]
    catchment = Catchment(tuple(said["areas"]), said["n_households"], said["n_outside"])
    saved = folder / "membership"
    return TrainingFrame(
        table,
        Encoder.from_dict(manifest["encoder"]),
        catchment,
        manifest["inputs"],
        manifest["contrast"],
        manifest["dirt"],
        load_membership(saved)[0] if saved.is_dir() else None,
    )
