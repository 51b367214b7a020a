"""The segmentation: segments as places among the components, their codes and names, and how good they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import read_manifest, write_json, write_text, writing_folder
from profiling.population.config import Title
from profiling.population.scheme import MainSegment, Segment, SegmentScheme
from profiling.schema import reading
from profiling.segmentation.clustering import nearest
from profiling.segmentation.components import Components
from profiling.segmentation.scheme_file import names_toml, scheme_toml
from profiling.segmentation.standards import Standard
from profiling.segmentation.units import Units, Variable

Floats = NDArray[np.float64]
ARRAYS = ("knots", "middle", "axes", "explained", "centres", "mean", "overall", "difference")


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Sub and main segments, found on units.

    Parameters
    ----------
    codes : code of each sub segment, in the order of `centres`.
    scheme : all segments in the order of their codes, with decided or proposed names.
    proposals : code → proposed name, of main and sub segments.
    components : from the variables of a unit to its place.
    centres : float array of shape (n_sub, k).
    variables : of length v, those that the components read.
    mean, difference : float arrays of shape (n_sub, v): what each segment is like (`separation.Differences`).
    overall : float array of shape (v,), the mean over all units.
    unit_ids, unit_codes, households, age, wealth : of the n units that it was found on.
    report : everything that was measured, as plain data.
    """

    codes: tuple[str, ...]
    scheme: SegmentScheme
    proposals: dict[str, Title]
    components: Components
    centres: Floats
    variables: tuple[Variable, ...]
    mean: Floats
    overall: Floats
    difference: Floats
    unit_ids: NDArray[np.str_]
    unit_codes: NDArray[np.str_]
    households: Floats
    age: Floats
    wealth: Floats
    report: dict[str, Any]

    def __repr__(self) -> str:
        n_main, n_sub = len(self.scheme.main), len(self.scheme.sub)
        return f"Segmentation({self.scheme.name}, {n_main}/{n_sub}) · next: profiling segment assign CONFIG"

    def code(self, units: Units) -> NDArray[np.str_]:
        """The code of each unit, shape (n,), whether or not it was there when the segments were found."""
        return np.asarray(self.codes)[nearest(self.components.places(units), self.centres)]


def make_scheme(
    name: str, titles: Title, source: str, codes: tuple[str, ...], main: list[str], named: dict[str, Title]
) -> SegmentScheme:
    """The scheme in the order of its codes.

    Parameters
    ----------
    main : main code of each sub segment, in the order of `codes`.
    named : code → name of main and sub segments.
    """
    none = Title(nl="", en="")
    mains = [MainSegment(code=code, **dict(named.get(code, none))) for code in sorted(set(main))]
    subs = [
        Segment(code=code, main=of, **dict(named.get(code, none))) for code, of in sorted(zip(codes, main, strict=True))
    ]
    return SegmentScheme(name=name, nl=titles.nl, en=titles.en, source=source, main=tuple(mains), sub=tuple(subs))


def save_segmentation(folder: Path, found: Segmentation, manifest: dict[str, Any]) -> Path:
    """Write a segmentation: scheme.toml, names.toml, report.json, units.parquet and the arrays; whole or not at all."""
    components = found.components
    arrays = {
        "knots": np.stack([each.knots for each in components.standards]),
        "middle": components.mean,
        "axes": components.axes,
        "explained": components.explained,
        "centres": found.centres,
        "mean": found.mean,
        "overall": found.overall,
        "difference": found.difference,
    }
    with writing_folder(folder, manifest) as aside:
        for name, values in arrays.items():
            np.save(aside / f"{name}.npy", values, allow_pickle=False)
        said = {
            "codes": found.codes,
            "variables": [vars(each) for each in found.variables],
            "standards": [{"how": each.how, "importance": each.importance} for each in components.standards],
            "proposals": {code: dict(title) for code, title in found.proposals.items()},
            "scheme": found.scheme.model_dump(mode="json"),
        }
        write_json(aside / "segmentation.json", said)
        write_json(aside / "report.json", found.report)
        write_text(aside / "scheme.toml", scheme_toml(found.scheme))
        write_text(aside / "names.toml", names_toml(found.proposals))
        table = {
            "id": pa.array(found.unit_ids.tolist(), pa.string()),
            "code": pa.array(found.unit_codes.tolist(), pa.string()),
            "households": found.households,
            "age": found.age,
            "wealth": found.wealth,
        }
        pq.write_table(pa.table(table), aside / "units.parquet", compression="zstd")
    return folder


def load_segmentation(folder: Path) -> Segmentation:
    """Read what `save_segmentation` wrote.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    read_manifest(folder)
    said = json.loads((folder / "segmentation.json").read_text(encoding="utf-8"))
    arrays = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in ARRAYS}
    with reading(folder / "units.parquet"):
        units = pq.read_table(folder / "units.parquet")
    standards = tuple(
        Standard(each["how"], knots, each["importance"])
        for each, knots in zip(said["standards"], arrays["knots"], strict=True)
    )
    return Segmentation(
        codes=tuple(said["codes"]),
        scheme=SegmentScheme.model_validate(said["scheme"]),
        proposals={code: Title(**each) for code, each in said["proposals"].items()},
        components=Components(standards, arrays["middle"], arrays["axes"], arrays["explained"]),
        centres=arrays["centres"],
        variables=tuple(Variable(**each) for each in said["variables"]),
        mean=arrays["mean"],
        overall=arrays["overall"],
        difference=arrays["difference"],
        unit_ids=np.asarray(units["id"].to_pylist(), dtype=np.str_),
        unit_codes=np.asarray(units["code"].to_pylist(), dtype=np.str_),
        households=units["households"].to_numpy(),
        age=units["age"].to_numpy(),
        wealth=units["wealth"].to_numpy(),
        report=json.loads((folder / "report.json").read_text(encoding="utf-8")),
    )
