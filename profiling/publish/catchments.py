"""Catchments: a polygon that somebody drew, as parts of buurten.

A polygon never counts households itself: it would count a single house when drawn around one. It says for which part
each buurt takes part, and the households follow from the shown table. The part is that of the buurt's address points
where there are coordinates, and that of its surface where there are none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from profiling.errors import ProfileError, SchemaError, Text
from profiling.publish.published import Published
from profiling.publish.selection import Selection

# A sliver along the border of a buurt is the pen, not the wish.
WHOLE, NOTHING = 0.98, 0.02


@dataclass(frozen=True)
class Points:
    """Addresses with their place: RD metres, and the code of the smallest area that each belongs to."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    areas: NDArray[np.str_]


def read_points(path: Path) -> Points:
    """Address points from a CSV with the columns x, y (RD metres) and area (code of the smallest area).

    Raises
    ------
    SchemaError
        When the file or a column is absent, or a coordinate is not a number.
    """
    if not path.is_file():
        what = Text("Er is geen bestand met adrespunten", "there is no such file with address points")
        raise SchemaError(what, where=path)
    table = pd.read_csv(path, dtype={"area": str}, usecols=lambda name: name in ("x", "y", "area"))
    faults = [
        Text(f"de kolom '{each}' ontbreekt", f"column '{each}' is missing")
        for each in ("x", "y", "area")
        if each not in table.columns
    ]
    faults += [
        Text(
            f"in '{each}' staat tekst; er horen RD-meters te staan",
            f"'{each}' holds text where RD metres are expected",
        )
        for each in ("x", "y")
        if each in table.columns and not pd.api.types.is_numeric_dtype(table[each])
    ]
    if faults:
        what = Text("Dit is geen lijst met adrespunten", "is no list of address points")
        raise SchemaError(what, where=path, faults=faults)
    return Points(table["x"].to_numpy(), table["y"].to_numpy(), table["area"].to_numpy(dtype=str))


def select_polygon(
    published: Published,
    drawn: NDArray[Any],
    codes: Sequence[str],
    shapes: NDArray[Any],
    *,
    points: Points | None = None,
    title: Mapping[str, str] | None = None,
) -> Selection:
    """The areas under a polygon, each for the part that lies in it.

    Parameters
    ----------
    drawn : polygons in RD metres; together they are the catchment.
    codes, shapes : the smallest areas of the population, in RD metres.
    points : address points; a part of an area is a part of its addresses then.

    Raises
    ------
    ProfileError
        When the polygon is no polygon, or holds no area of the population.
    """
    catchment = _whole(drawn)
    parts = _by_points(catchment, points) if points is not None else _by_surface(catchment, codes, shapes)
    places = published.shown.areas.places[-1]
    weights = np.zeros(len(places))
    for code, part in parts.items():
        if code in places and part > NOTHING:
            weights[places[code]] = 1.0 if part >= WHOLE else part
    if not weights.any():
        raise ProfileError(
            Text("In het getekende gebied ligt geen enkel gebied", "the polygon holds no area of this population"),
            where=published.listed.profile,
            hint=Text(
                "Teken in Nederland, in graden (GeoJSON) of RD-meters, en neem een groter gebied",
                "draw in the Netherlands, in degrees (GeoJSON) or RD metres, and take a larger area",
            ),
        )
    name = title or {"nl": "het getekende gebied", "en": "the area drawn"}
    return Selection(name, weights, (_note(published, weights, by_points=points is not None),))


def _whole(drawn: NDArray[Any]) -> shapely.Geometry:
    surfaces = drawn[np.isin(shapely.get_type_id(drawn), (3, 6))]
    whole = shapely.make_valid(shapely.union_all(shapely.make_valid(surfaces)))
    if not len(surfaces) or whole.area == 0:
        raise ProfileError(
            Text("Dat is geen gebied", "that is no polygon"),
            hint=Text(
                "Teken een gesloten lijn, of geef een bestand met vlakken",
                "draw a closed line, or give a file with polygons",
            ),
        )
    return whole


def _by_surface(catchment: shapely.Geometry, codes: Sequence[str], shapes: NDArray[Any]) -> dict[str, float]:
    shapely.prepare(catchment)
    near = np.flatnonzero(shapely.intersects(catchment, shapes))
    valid = shapely.make_valid(shapes[near])
    inside = shapely.area(shapely.intersection(valid, catchment)) / np.maximum(shapely.area(valid), 1e-9)
    return {codes[place]: float(part) for place, part in zip(near.tolist(), inside, strict=True)}


def _by_points(catchment: shapely.Geometry, points: Points) -> dict[str, float]:
    shapely.prepare(catchment)
    inside = shapely.contains_xy(catchment, points.x, points.y)
    areas, which, total = np.unique(points.areas, return_inverse=True, return_counts=True)
    found = np.bincount(which, inside, minlength=len(areas))
    return {str(code): float(part) for code, part in zip(areas, found / total, strict=True) if part > 0}


def _note(published: Published, weights: NDArray[np.float64], *, by_points: bool) -> dict[str, str]:
    """How the edge was cut, and how wrong the households along it can be."""
    cut = (weights > 0) & (weights < 1)
    households = published.shown.base.fitted.sum(axis=1)
    inside = float((households * weights).sum())
    # The worst case: all households of an area that is cut live on one side of the line.
    least, most = float(households[weights == 1].sum()), float(households[weights > 0].sum())
    off = 100.0 * max(most - inside, inside - least) / max(inside, 1.0)
    number = int(cut.sum())
    nl, en = ("1 gebied", "1 area") if number == 1 else (f"{number} gebieden", f"{number} areas")
    of = "it" if number == 1 else "those"
    if by_points:
        return {
            "nl": f"De lijn snijdt {nl}. Daarvan telt het deel van de adressen dat erin ligt; profiel en "
            "segmenten zijn binnen zo'n gebied gelijk verdeeld.",
            "en": f"The line cuts {en}. Of {of} the part of the addresses inside counts; profile and "
            "segments are spread evenly within such an area.",
        }
    return {
        "nl": f"De lijn snijdt {nl}. Daarvan telt het deel van de oppervlakte dat erin ligt. In het "
        f"slechtste geval zit het aantal huishoudens er {off:.0f}% naast.",
        "en": f"The line cuts {en}. Of {of} the part of the surface inside counts. In the worst case the "
        f"number of households is {off:.0f}% off.",
    }
