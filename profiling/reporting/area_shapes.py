"""The polygons of a level, from whatever file there is: our own, CBS or PDOK (GPKG, GeoJSON, TopoJSON, GeoParquet)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyogrio.errors
import pyogrio.raw
import shapely
from numpy.typing import NDArray

from profiling.errors import SchemaError
from profiling.population.shapes import joined
from profiling.reporting.polygons import Polygons, in_rd, read_polygons

_NAMES = {"naam", "name", "statnaam"}


def area_shapes(where: Path, level: str) -> Polygons:
    """The areas of a level, read once and kept while the file stays the same.

    Parameters
    ----------
    where : a folder with a GeoParquet file per level, or one file. A file of smaller areas that also names the larger
        ones (buurten with their gemeentecode) is joined into them.

    Raises
    ------
    SchemaError
        When there is no such file, or no column with codes of this level in it.
    """
    path = where / f"{level}.parquet" if where.is_dir() else where
    if not path.is_file():
        raise SchemaError("there is no such file with polygons", where=path)
    return _read(path, level, path.stat().st_mtime_ns)


def drawn_shapes(path: Path) -> NDArray[Any]:
    """Polygons that somebody drew, whatever their columns, in RD metres.

    Raises
    ------
    SchemaError
        When the file is absent, or is not one that holds shapes.
    """
    if not path.is_file():
        raise SchemaError("there is no such file with a polygon", where=path)
    try:
        meta, _, wkb, _ = pyogrio.raw.read(path, columns=[])
    except pyogrio.errors.DataSourceError as error:
        raise SchemaError("is not a file with polygons", where=path, hint="give GeoJSON or GPKG") from error
    return in_rd(shapely.from_wkb(wkb), str(meta["crs"] or ""))


def drawn_text(text: str) -> NDArray[Any]:
    """Polygons in GeoJSON as a web page sends it: degrees, or RD metres.

    Raises
    ------
    SchemaError
        When it is not GeoJSON.
    """
    try:
        whole = shapely.from_geojson(text)
    except shapely.errors.GEOSException as error:
        raise SchemaError("that is not GeoJSON", where="polygon") from error
    return in_rd(shapely.get_parts(whole), "")


@lru_cache(maxsize=16)
def _read(path: Path, level: str, _changed: int) -> Polygons:
    known = pq.read_schema(path).names if path.suffix == ".parquet" else list(pyogrio.read_info(path)["fields"])
    lower = {each.lower(): each for each in known}
    own = f"{level}code"
    smaller = next((f"{each}code" for each in ("buurt", "wijk", "gemeente") if f"{each}code" in lower), None)
    code = lower.get("code") or lower.get("statcode") or lower.get(own)
    if code is None:
        raise SchemaError(
            f"there is no column with codes of a {level}",
            where=path,
            faults=[f"there is {', '.join(known[:12])}"],
            hint=f"call it code, statcode or {own}",
        )
    name = next((lower[each] for each in (f"{level}naam", *sorted(_NAMES)) if each in lower), None)
    if code == lower.get(own) and smaller not in (None, own) and smaller in lower:
        return _joined(read_polygons(path, code=lower[smaller], name=code), path, code, name)
    return read_polygons(path, code=code, name=name)


def _joined(small: Polygons, path: Path, code: str, name: str | None) -> Polygons:
    """Areas of a level from the smaller ones in them: `small` has the large area's code where its name would be."""
    large = np.array(small.names)
    titles = dict(zip(large, large, strict=True))
    if name is not None:
        _, _, _, values = pyogrio.raw.read(path, columns=[code, name], read_geometry=False)
        titles = {str(key): str(title) for key, title in zip(*values, strict=True)}
    codes = sorted(set(large.tolist()))
    shapes = [joined(list(small.geometries[large == each])) for each in codes]
    return Polygons(tuple(codes), tuple(titles[each] for each in codes), np.array(shapes, dtype=object))
