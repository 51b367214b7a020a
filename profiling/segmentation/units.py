"""Units: what is segmented. Street sections or areas, with their households, regions and a matrix of variables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import read_manifest, write_json, writing_folder
from profiling.schema import reading

ROWS = 8_192


@dataclass(frozen=True)
class Variable:
    """One column of the matrix.

    Parameters
    ----------
    name : "income", "tenure=owner" (share with this class) or "income<0.2" (share in this band).
    feature : the feature it comes from.
    kind : "mean" of a number; or a share of households, from 0 to 1: "share" that has something, "class" with one of
        several classes, "step" on a scale, "band" of a number.
    weight : how much it counts: a class with L levels as L - 1 variables, a number with its bands as one, each times
        its reliability (`Sums.reliability`).
    """

    name: str
    feature: str
    kind: str
    facet: str
    nl: str
    en: str
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Units:
    """n street sections or areas.

    Parameters
    ----------
    ids : str array of shape (n,), in ascending order of where they stand; all different.
    households : float array of shape (n,), weighted households; how much a unit counts.
    regions : area level → str array of shape (n,).
    variables : of length v.
    matrix : float32 array of shape (n, v), nan where nothing is known. It may stand on disk.
    """

    ids: NDArray[np.str_]
    households: NDArray[np.float64]
    regions: dict[str, NDArray[np.str_]]
    variables: tuple[Variable, ...]
    matrix: NDArray[np.float32]

    def __repr__(self) -> str:
        n, v = self.matrix.shape
        return f"Units({n:,} with {self.households.sum():,.0f} households, {v:,} variables) · next: fit(units, config)"

    def __len__(self) -> int:
        return len(self.ids)

    def chunks(self, rows: int = ROWS) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """The matrix, some rows at a time."""
        for start in range(0, len(self), rows):
            part = slice(start, min(start + rows, len(self)))
            yield part, np.asarray(self.matrix[part])

    def column(self, name: str) -> NDArray[np.float32]:
        """One variable, shape (n,)."""
        return np.asarray(self.matrix[:, [each.name for each in self.variables].index(name)])


def save_units(folder: Path, units: Units, manifest: Mapping[str, Any], coverage: Mapping[str, Any]) -> Path:
    """Write units.parquet, variables.json, matrix.npy and coverage.json, whole or not at all."""
    with writing_folder(folder, manifest) as aside:
        write_json(aside / "coverage.json", coverage)
        write_matrix(aside / "matrix.npy", units)
        write_table(aside, units)
    return folder


def write_table(folder: Path, units: Units) -> None:
    """Everything of the units but the matrix."""
    columns = {"id": pa.array(units.ids.tolist(), pa.string()), "households": units.households}
    columns |= {f"region_{level}": pa.array(codes.tolist(), pa.string()) for level, codes in units.regions.items()}
    pq.write_table(pa.table(columns), folder / "units.parquet", compression="zstd")
    write_json(folder / "variables.json", [asdict(each) for each in units.variables])


def write_matrix(path: Path, units: Units) -> None:
    """The matrix as a .npy file, row by row."""
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=units.matrix.shape)
    for part, rows in units.chunks():
        out[part] = rows
    out.flush()


def load_units(folder: Path) -> Units:
    """Read what `save_units` wrote; the matrix stays on disk.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    read_manifest(folder)
    with reading(folder / "units.parquet"):
        table = pq.read_table(folder / "units.parquet")
    regions = {
        name.removeprefix("region_"): np.asarray(table[name].to_pylist(), dtype=np.str_)
        for name in table.column_names
        if name.startswith("region_")
    }
    said = json.loads((folder / "variables.json").read_text(encoding="utf-8"))
    return Units(
        ids=np.asarray(table["id"].to_pylist(), dtype=np.str_),
        households=table["households"].to_numpy().astype(np.float64),
        regions=regions,
        variables=tuple(Variable(**each) for each in said),
        matrix=np.load(folder / "matrix.npy", mmap_mode="r", allow_pickle=False),
    )
