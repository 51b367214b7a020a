"""The model: a fitted estimator with the encoder that feeds it, saved as text and never as a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling import models
from profiling.artefacts import fingerprint, read_manifest, write_text, writing_folder
from profiling.errors import ArtefactError
from profiling.features.encoder import Encoder
from profiling.models.spec import Estimator, EstimatorSpec
from profiling.plugs import choose

HELD_OUT = "held_out.parquet"
LAYOUT = 2  # of what is saved; 2 keeps the places by rivals. A model of an earlier layout is made again.


def rival_column(name: str) -> str:
    """Column of `Model.held_out` with the percentiles by a rival."""
    return f"percentile:{name}"


@dataclass(frozen=True)
class Model:
    """A fitted profile model.

    `measures` holds what cross-validation said of it and its rivals; `inputs` what it was made from. `held_out` has a
    row per row of the training frame, in its order: percentile (0..1, among the base of its own fold) and score, both
    by a model that saw nothing of the row's area, and the percentile by each rival (`rival_column`). It never leaves
    the work folder.
    """

    spec: EstimatorSpec
    estimator: Estimator
    encoder: Encoder
    measures: Mapping[str, Any]
    inputs: Mapping[str, Any]
    held_out: pa.Table | None = None

    def __repr__(self) -> str:
        return f"Model({self.spec.name}, {len(self.encoder.features)} features) · next: score(model, store, folder)"

    @property
    def states(self) -> dict[str, str]:
        """The fitted estimator as text, by file name."""
        return self.estimator.state()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the fitted estimator and its encoder: what scores depend on."""
        return fingerprint({"name": self.spec.name, "states": self.states, "encoder": self.encoder.to_dict()})

    def score(self, batch: pa.RecordBatch | pa.Table) -> NDArray[np.float64]:
        """Likeness to the reference group, shape (n_households,); higher is more alike, not a probability."""
        matrix = self.encoder.matrix(batch, order=getattr(self.estimator, "order", "C"))
        return np.asarray(self.estimator.score_samples(matrix), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write the model as a folder artefact."""
        manifest = {
            "kind": "model",
            "estimator": self.spec.name,
            "encoder": self.encoder.to_dict(),
            "measures": self.measures,
            "inputs": self.inputs,
            "fingerprint": self.fingerprint,
            "states": sorted(self.states),
        }
        with writing_folder(folder, manifest) as aside:
            for name, text in self.states.items():
                write_text(aside / name, text)
            if self.held_out is not None:
                pq.write_table(self.held_out, aside / HELD_OUT)


def load_model(folder: Path) -> Model:
    """Read a saved model; what it says must be what was saved.

    Raises
    ------
    ArtefactError
        When the folder is incomplete, or its text gives another model than its manifest says.
    """
    manifest = read_manifest(folder, verify=True)
    spec: EstimatorSpec = choose(models, "ESTIMATOR", manifest["estimator"])
    states = {name: (folder / name).read_bytes().decode() for name in manifest["states"]}
    model = Model(
        spec=spec,
        estimator=spec.load(states),
        encoder=Encoder.from_dict(manifest["encoder"]),
        measures=manifest["measures"],
        inputs=manifest["inputs"],
        held_out=pq.read_table(folder / HELD_OUT) if (folder / HELD_OUT).is_file() else None,
    )
    if model.fingerprint != manifest["fingerprint"]:
        raise ArtefactError("gives another model than was saved", where=folder, hint="train it again")
    return model
