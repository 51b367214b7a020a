"""Area polygons: read from GeoParquet, GPKG, GeoJSON or TopoJSON, and put on an integer grid so that a map stays small.

Coordinates are RD metres (EPSG:28992) throughout: a flat grid of the Netherlands. Degrees are turned into them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyogrio.raw
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from profiling.errors import SchemaError, Text, did_you_mean

RD = 28992
DEGREES = (4326, 4258, 4979)
GRID_CELLS = 2400


@dataclass(frozen=True)
class Polygons:
    """Areas in RD metres: codes, names (empty where unknown) and shapely geometries, all in the same order."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    geometries: NDArray[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return f"Polygons({len(self):,} areas) · next: maps.choropleth(areas, polygons, …)"

    @cached_property
    def _places(self) -> dict[str, int]:
        return {code: place for place, code in enumerate(self.codes)}

    def only(self, codes: set[str]) -> Polygons:
        """The areas among `codes`."""
        keep = sorted(self._places[code] for code in codes if code in self._places)
        return Polygons(
            tuple(self.codes[each] for each in keep), tuple(self.names[each] for each in keep), self.geometries[keep]
        )


@dataclass(frozen=True)
class Grid:
    """Where metres land on the picture: x to the right, y down, whole numbers.

    `left`, `top` in metres; `cell` is the number of metres per step; `width`, `height` in steps.
    """

    left: float
    top: float
    cell: float
    width: int
    height: int


def read_polygons(path: Path, *, code: str = "code", name: str | None = "name") -> Polygons:
    """Areas of a GeoParquet file (columns code, name, geometry as WKB) or of anything pyogrio reads (GPKG).

    Parameters
    ----------
    code, name : the columns, such as "buurtcode" and "buurtnaam" in the CBS file; `name` None where there is none.

    Raises
    ------
    SchemaError
        When the file or a column is absent, a code stands twice, or the coordinates are not RD metres.
    """
    if not path.is_file():
        raise SchemaError(
            Text("Dit bestand met gebieden is er niet", "there is no such file with polygons"), where=path
        )
    wanted = [code] if name is None else [code, name]
    geometries, columns, crs = _parquet(path, wanted) if path.suffix == ".parquet" else _vector(path, wanted)
    codes = tuple(str(each) for each in columns[code])
    names = ("",) * len(codes) if name is None else tuple("" if each is None else str(each) for each in columns[name])
    faults = []
    crs = _seen(geometries, crs)
    if crs in DEGREES:
        geometries, crs = to_rd(geometries), RD
    if crs is not None and crs != RD:
        faults.append(_other_coordinates(f"EPSG:{crs}"))
    double = sorted({each for each in codes if codes.count(each) > 1}) if len(set(codes)) < len(codes) else []
    if double:
        first = ", ".join(double[:3])
        faults.append(
            Text(
                f"{len(double)} codes in '{code}' staan er twee keer in: {first}",
                f"{len(double)} codes in '{code}' stand twice: {first}",
            )
        )
    if faults:
        what = Text("Met deze gebieden kan geen kaart", "these areas cannot be drawn")
        raise SchemaError(what, where=path, faults=faults)
    return Polygons(codes, names, geometries)


def to_rd(geometries: NDArray[Any]) -> NDArray[Any]:
    """Geometries in degrees (WGS 84) as RD metres."""
    project = Transformer.from_crs(4326, RD, always_xy=True)
    turned: NDArray[Any] = shapely.transform(
        geometries, lambda xy: np.column_stack(project.transform(xy[:, 0], xy[:, 1]))
    )
    return turned


def in_rd(geometries: NDArray[Any], crs: str) -> NDArray[Any]:
    """Geometries as RD metres, by what their file says of the coordinates, or by their size where it says nothing.

    Raises
    ------
    SchemaError
        When they are neither degrees nor RD metres.
    """
    code = _seen(geometries, int(crs.removeprefix("EPSG:")) if crs.startswith("EPSG:") else None)
    if code in DEGREES:
        return to_rd(geometries)
    if code not in (None, RD):
        raise SchemaError(_other_coordinates(crs), where="polygon")
    return geometries


def _other_coordinates(crs: str) -> Text:
    return Text(
        f"de coördinaten zijn {crs}, verwacht graden of EPSG:{RD} (RD in meters)",
        f"coordinates are {crs}, expected degrees or EPSG:{RD} (RD metres)",
    )


def _seen(geometries: NDArray[Any], code: int | None) -> int | None:
    """The code of the coordinates, by their size where a file says nothing, or says degrees that cannot be degrees.

    A GeoJSON that says nothing is read as degrees, whatever is in it; RD metres of the Netherlands are all far larger.
    """
    bounds = shapely.total_bounds(geometries)
    if not np.isfinite(bounds).all():
        return code
    if np.abs(bounds).max() <= 180.0:
        return DEGREES[0] if code is None else code
    return RD if code in DEGREES else code


def _parquet(path: Path, wanted: list[str]) -> tuple[NDArray[Any], dict[str, list[Any]], int | None]:
    schema = pq.read_schema(path)
    geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    geometry = geo.get("primary_column", "geometry")
    _has(path, [*wanted, geometry], schema.names)
    table = pq.read_table(path, columns=[*wanted, geometry])
    crs = (geo.get("columns", {}).get(geometry, {}).get("crs") or {}).get("id", {}).get("code")
    shapes: NDArray[Any] = shapely.from_wkb(np.array(table[geometry].to_pylist(), dtype=object))
    return shapes, {each: table[each].to_pylist() for each in wanted}, crs


def _vector(path: Path, wanted: list[str]) -> tuple[NDArray[Any], dict[str, list[Any]], int | None]:
    _has(path, wanted, list(pyogrio.read_info(path)["fields"]))
    meta, _, wkb, values = pyogrio.raw.read(path, columns=wanted)
    columns = {field: list(column) for field, column in zip(meta["fields"], values, strict=True)}
    written = str(meta["crs"] or "")
    crs = int(written.removeprefix("EPSG:")) if written.startswith("EPSG:") else None
    shapes: NDArray[Any] = shapely.from_wkb(wkb)
    return shapes, columns, crs


def _has(path: Path, wanted: list[str], known: list[str]) -> None:
    faults = [
        Text(f"de kolom '{each}' ontbreekt", f"column '{each}' is missing") + did_you_mean(each, known)
        for each in wanted
        if each not in known
    ]
    if faults:
        what = Text("Dit is geen bestand met gebieden", "is not a file with polygons")
        raise SchemaError(what, where=path, faults=faults)


def simplified(polygons: Polygons, *, cells: int = GRID_CELLS) -> tuple[list[str], Grid]:
    """Each area as an SVG path of whole numbers on one shared grid.

    Shared borders stay shared: lines are simplified as a coverage and every corner moves to the same grid point
    for both neighbours. Holes are kept as rings of the same path (fill-rule evenodd).

    Parameters
    ----------
    cells : steps along the longest side of the picture.

    Returns
    -------
    One path per area, in order; empty where an area has no geometry or vanishes on the grid. And the grid.
    """
    present = np.array([not (each is None or each.is_empty) for each in polygons.geometries], dtype=bool)
    if not present.any():
        return [""] * len(polygons), Grid(0, 0, 1, 1, 1)
    left, bottom, right, top = (float(each) for each in shapely.total_bounds(polygons.geometries[present]))
    cell = max(right - left, top - bottom, 1.0) / cells
    grid = Grid(left, top, cell, int(np.ceil((right - left) / cell)), int(np.ceil((top - bottom) / cell)))
    shapes = shapely.coverage_simplify(polygons.geometries[present], cell)
    drawn = iter(_paths(shapes, grid))
    return [next(drawn) if each else "" for each in present], grid


def _paths(shapes: NDArray[Any], grid: Grid) -> list[str]:
    """Relative path commands, ring by ring."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, of_part = shapely.get_rings(parts[polygon], return_index=True)
    owners = owner[polygon][of_part]
    points, of_ring = shapely.get_coordinates(rings, return_index=True)
    steps = np.column_stack(
        [np.rint((points[:, 0] - grid.left) / grid.cell), np.rint((grid.top - points[:, 1]) / grid.cell)]
    ).astype(np.int64)
    steps, of_ring = _moves(steps, of_ring)
    bounds = np.flatnonzero(np.diff(of_ring, prepend=-1, append=-1)).tolist()
    words = _words(np.diff(steps, axis=0))
    begins, of_area = steps[bounds[:-1]].tolist(), owners[of_ring[bounds[:-1]]].tolist()
    paths = [""] * len(shapes)
    for (x, y), area, first, last in zip(begins, of_area, bounds, bounds[1:], strict=False):
        if last - first >= 3:
            paths[area] += f"M{x} {y}l{''.join(words[first : last - 1]).lstrip()}z"
    return paths


def _moves(steps: NDArray[np.int64], of_ring: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The corners of every ring without its last (which is its first again) and without those that stay in place."""
    keep = np.diff(of_ring, append=-1) == 0
    steps, of_ring = steps[keep], of_ring[keep]
    first = np.diff(of_ring, prepend=-1) != 0
    before = np.roll(steps, 1, axis=0)
    before[first] = steps[np.diff(of_ring, append=-1) != 0]
    moved = np.any(steps != before, axis=1)
    return steps[moved], of_ring[moved]


def _words(moves: NDArray[np.int64]) -> list[str]:
    """Every move as an SVG path says it; a minus sign separates as well as a space does."""
    width = 2 * int(np.abs(moves).max(initial=0)) + 1
    # Most moves are small and the same: each kind is written once.
    kinds, kind = np.unique(moves @ np.array([width, 1]), return_inverse=True)
    down = (kinds + width // 2) % width - width // 2
    pairs = zip(((kinds - down) // width).tolist(), down.tolist(), strict=True)
    written = [f"{'' if x < 0 else ' '}{x}{'' if y < 0 else ' '}{y}" for x, y in pairs]
    return [written[each] for each in kind.tolist()]
