"""Which part of every area lies around which site: circles, the nearest site, or polygons that somebody supplies.

Households have no coordinates, only an area. An area that the border of a catchment cuts counts for the part of its
surface that lies inside, as if its households were spread evenly; `error_of` says how much rests on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from profiling.errors import SchemaError, Text, did_you_mean
from profiling.publish.published import Published
from profiling.publish.uses.sites import Site

Floats = NDArray[np.float64]
_FAR = 1_000_000.0
_WHOLE = 1e-3


@dataclass(frozen=True)
class Ground:
    """The smallest areas of a population in the order of its shown table: codes, and shapes in RD metres or None."""

    codes: tuple[str, ...]
    shapes: NDArray[Any]

    @property
    def n_without(self) -> int:
        """Areas without a shape: their households belong to no catchment."""
        return int(shapely.is_missing(self.shapes).sum())


@dataclass(frozen=True)
class BorderError:
    """What is unknown because households have an area and no coordinates.

    Parameters
    ----------
    cut : part of the households, in %, in an area that a border cuts: only these can be counted in the wrong place.
    moved : part of them, in %, that would stand elsewhere had every area been counted as a whole at its centroid.
    metres : how far a household lives from the centroid of its area, on average: 2/3 of the radius of a circle of the
        area's size.
    """

    cut: float
    moved: float
    metres: float


def ground_of(published: Published, codes: Sequence[str], shapes: NDArray[Any]) -> Ground:
    """Shapes in the order of a profile's smallest areas.

    Raises
    ------
    SchemaError
        When no area has a shape.
    """
    known = published.shown.areas.codes[-1]
    given = dict(zip(codes, shapes, strict=True))
    found = np.array([given.get(code) for code in known], dtype=object)
    found = np.where(shapely.is_valid(found), found, shapely.make_valid(found))
    if shapely.is_missing(found).all():
        first = next(iter(codes), "")
        raise SchemaError(
            Text(
                f"Geen van de {len(given)} vlakken is een van de {len(known)} gebieden van dit profiel",
                f"none of the {len(given):,} polygons is one of the {len(known):,} areas of this profile",
            ),
            where=published.levels[-1],
            faults=[
                Text(f"het eerste vlak is '{first}'", f"the first polygon is '{first}'") + did_you_mean(first, known)
            ],
            hint=Text(
                f"Geef vlakken per {published.levels[-1]}, van {published.year}",
                f"give polygons per {published.levels[-1]}, of {published.year}",
            ),
        )
    return Ground(tuple(known), found)


def circles(sites: Sequence[Site], radius: float) -> NDArray[Any]:
    """A circle around each site; where circles meet, the land belongs to the nearest site."""
    return exclusive(np.asarray(shapely.buffer(_points(sites), radius, quad_segs=64)), sites)


def nearest(sites: Sequence[Site], ground: Ground) -> NDArray[Any]:
    """For each site the land that has no other site nearer (Voronoi cells), as far as the ground reaches."""
    left, bottom, right, top = shapely.total_bounds(ground.shapes)
    frame = shapely.box(left, bottom, right, top).buffer(1.0)
    if len(sites) == 1:
        return np.array([frame], dtype=object)
    points = shapely.MultiPoint([(each.x, each.y) for each in sites])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame, ordered=True))
    return np.asarray(shapely.intersection(cells, frame))


def exclusive(zones: NDArray[Any], sites: Sequence[Site]) -> NDArray[Any]:
    """Zones that do not overlap: what lies in several belongs to the nearest of their sites.

    No household counts twice, so that figures add up and no overlap can be worked out from totals.
    """
    tree = shapely.STRtree(zones)
    mine = zones.copy()
    for here, there in zip(*tree.query(zones, predicate="intersects"), strict=True):
        if here != there:
            taken = shapely.intersection(zones[there], _nearer(sites[there], sites[here]))
            mine[here] = shapely.difference(mine[here], taken)
    return mine


def parts_of(ground: Ground, zones: NDArray[Any]) -> Floats:
    """Which part of each area's surface lies in each zone; shape (zones, areas), from 0 to 1."""
    parts = np.zeros((len(zones), len(ground.codes)))
    tree = shapely.STRtree(ground.shapes)
    zone, area = tree.query(zones, predicate="intersects")
    surface = shapely.area(shapely.intersection(zones[zone], ground.shapes[area]))
    parts[zone, area] = np.clip(surface / shapely.area(ground.shapes[area]), 0.0, 1.0)
    parts[parts < _WHOLE] = 0.0
    parts[parts > 1.0 - _WHOLE] = 1.0
    together = parts.sum(axis=0)
    # Zones that share all of an area leave nothing of it: what is missing then is rounding.
    return np.asarray(parts / np.where(together > 1.0 - _WHOLE, np.maximum(together, _WHOLE), 1.0), dtype=np.float64)


def error_of(ground: Ground, zones: NDArray[Any], parts: Floats, households: Floats) -> BorderError:
    """How much of the households in catchments rests on where in their area they live.

    Parameters
    ----------
    parts : from `parts_of`.
    households : of each area; shape (areas,).
    """
    seen = ~shapely.is_missing(ground.shapes)
    centre = shapely.centroid(ground.shapes)
    at = np.array([shapely.contains(zone, centre) for zone in zones], dtype=np.float64)
    outside, outside_at = 1.0 - parts.sum(axis=0), 1.0 - at.sum(axis=0)
    moved = (np.abs(parts - at).sum(axis=0) + np.abs(outside - outside_at)) / 2.0
    cut = ((parts > 0.0) & (parts < 1.0)).any(axis=0)
    n = np.where(seen, households, 0.0)
    total = float(n.sum())
    radius = np.sqrt(np.where(seen, shapely.area(ground.shapes), 0.0) / np.pi)
    return BorderError(
        cut=float(100.0 * n[cut].sum() / total),
        moved=float(100.0 * (n * np.where(seen, moved, 0.0)).sum() / total),
        metres=float((n * radius).sum() / total * 2.0 / 3.0),
    )


def _points(sites: Sequence[Site]) -> NDArray[Any]:
    return np.asarray(shapely.points([(each.x, each.y) for each in sites]))


def _nearer(site: Site, other: Site) -> Any:
    """The half of the plane that is nearer to a site than to the other."""
    middle = np.array([(site.x + other.x) / 2, (site.y + other.y) / 2])
    ahead = np.array([site.x - other.x, site.y - other.y])
    ahead = ahead / np.hypot(*ahead) * _FAR
    side = np.array([-ahead[1], ahead[0]])
    return shapely.Polygon([middle + side, middle - side, middle - side + ahead, middle + side + ahead])
