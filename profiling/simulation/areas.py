"""The areas of a simulated country: one row per buurt, with the margins that its households must follow."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from profiling.artefacts import canonical_json
from profiling.population.config import LEVELS
from profiling.population.shapes import joined

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]


@dataclass(frozen=True)
class Areas:
    """All buurten in the order in which their households are written.

    Every array has shape (n_buurten,). Shares are fractions of households (owner, single_family) or of
    inhabitants (old, young); distances in km; woz and income in thousands of euros; x and y in metres (RD).
    """

    code: dict[str, Texts]
    name: dict[str, dict[str, str]]
    polygons: dict[str, dict[str, Any]]
    pc4: NDArray[np.int64]
    x: Floats
    y: Floats
    radius: Floats
    households: Floats
    size: Floats
    old: Floats
    young: Floats
    owner: Floats
    single_family: Floats
    woz: Floats
    income: Floats
    urbanity: NDArray[np.int8]
    density: Floats
    school: Floats
    supermarket: Floats
    doctor: Floats

    def __len__(self) -> int:
        return len(self.pc4)

    def counts(self, households: int) -> NDArray[np.int64]:
        """Households per buurt, in proportion, adding up to `households` (largest remainders)."""
        exact = self.households * (households / self.households.sum())
        counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
        rest = households - int(counts.sum())
        order = np.lexsort((np.arange(len(counts)), -(exact - counts)))
        counts[order[:rest]] += 1
        return counts

    def number(self, level: str) -> tuple[Texts, NDArray[np.int64]]:
        """The codes of a level in order, and for every buurt the position of its own."""
        codes, inverse = np.unique(self.code[level], return_inverse=True)
        return codes, inverse.astype(np.int64)


def write_names(areas: Areas, path: Path) -> None:
    """`areas.csv`: level, code, name."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle, lineterminator="\n")
        rows.writerow(("level", "code", "name"))
        for level in LEVELS:
            rows.writerows((level, code, name) for code, name in sorted(areas.name[level].items()))


def write_polygons(areas: Areas, folder: Path) -> None:
    """One GeoParquet file per level (EPSG:28992): code, name, geometry."""
    folder.mkdir()
    for level in LEVELS:
        shapes = areas.polygons[level]
        codes = sorted(shapes)
        wkb = shapely.to_wkb(np.array([shapes[code] for code in codes], dtype=object))
        column = {
            "encoding": "WKB",
            "geometry_types": sorted({shapes[code].geom_type for code in codes}),
            "crs": RD_NEW,
            "bbox": [float(edge) for edge in shapely.total_bounds(list(shapes.values()))],
        }
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        table = pa.table(
            {
                "code": pa.array(codes, pa.string()),
                "name": pa.array([areas.name[level][code] for code in codes], pa.string()),
                "geometry": pa.array(list(wkb), pa.binary()),
            }
        ).replace_schema_metadata({"geo": canonical_json(geo)})
        pq.write_table(table, folder / f"{level}.parquet", compression="zstd")


def dissolve(shapes: dict[str, Any], parent: dict[str, str]) -> dict[str, Any]:
    """Join polygons into those of the level above."""
    members: dict[str, list[Any]] = {}
    for code, shape in shapes.items():
        members.setdefault(parent[code], []).append(shape)
    return {code: joined(group) for code, group in sorted(members.items())}


def _angle(name: str, value: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "degree"}


# PROJJSON of EPSG:28992 (GeoParquet 1.1 wants the definition itself).
RD_NEW: dict[str, Any] = {
    "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
    "type": "ProjectedCRS",
    "name": "Amersfoort / RD New",
    "base_crs": {
        "name": "Amersfoort",
        "datum": {
            "type": "GeodeticReferenceFrame",
            "name": "Amersfoort",
            "ellipsoid": {
                "name": "Bessel 1841",
                "semi_major_axis": 6377397.155,
                "inverse_flattening": 299.1528128,
            },
        },
        "coordinate_system": {
            "subtype": "ellipsoidal",
            "axis": [
                {"name": "Geodetic latitude", "abbreviation": "Lat", "direction": "north", "unit": "degree"},
                {"name": "Geodetic longitude", "abbreviation": "Lon", "direction": "east", "unit": "degree"},
            ],
        },
        "id": {"authority": "EPSG", "code": 4289},
    },
    "conversion": {
        "name": "RD New",
        "method": {"name": "Oblique Stereographic", "id": {"authority": "EPSG", "code": 9809}},
        "parameters": [
            _angle("Latitude of natural origin", 52.1561605555556),
            _angle("Longitude of natural origin", 5.38763888888889),
            {"name": "Scale factor at natural origin", "value": 0.9999079, "unit": "unity"},
            {"name": "False easting", "value": 155000, "unit": "metre"},
            {"name": "False northing", "value": 463000, "unit": "metre"},
        ],
    },
    "coordinate_system": {
        "subtype": "Cartesian",
        "axis": [
            {"name": "Easting", "abbreviation": "X", "direction": "east", "unit": "metre"},
            {"name": "Northing", "abbreviation": "Y", "direction": "north", "unit": "metre"},
        ],
    },
    "id": {"authority": "EPSG", "code": 28992},
}
