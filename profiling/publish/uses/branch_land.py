"""The land of each branch: a circle, whatever is nearest, or an isochrone; parts of areas, that never overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from profiling.errors import ProfileError, Text
from profiling.publish.published import Published
from profiling.publish.uses.ground import BorderError, Ground, circles, error_of, exclusive, nearest, parts_of
from profiling.publish.uses.sites import Site

Method = Literal["radius", "nearest", "isochrones"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Catchments:
    """The land of each branch, and which part of every area that is: `parts` has shape (branches, areas).

    `radius` is in metres, None for other methods; `error` says what rests on households without coordinates.
    """

    method: Method
    radius: float | None
    sites: tuple[Site, ...]
    parts: Floats = field(repr=False)
    error: BorderError

    def __repr__(self) -> str:
        return f"Catchments({len(self.sites)} branches by {self.method}) · next: analyse_catchments(…)"

    @property
    def around(self) -> Floats:
        """Which part of each area lies around any branch."""
        return np.asarray(np.minimum(self.parts.sum(axis=0), 1.0), dtype=np.float64)


def draw_catchments(
    published: Published,
    sites: Sequence[Site],
    ground: Ground,
    method: Method,
    *,
    radius: float | None = None,
    isochrones: Mapping[str, Any] | None = None,
) -> Catchments:
    """Give every branch the land around it.

    Parameters
    ----------
    radius : metres, for the method "radius".
    isochrones : code of the branch → polygon in RD metres, for the method "isochrones".

    Raises
    ------
    ProfileError
        When the radius is absent or not above 0, a branch has no isochrone, or an isochrone no branch.
    """
    if method == "nearest":
        zones = nearest(sites, ground)
    elif method == "radius":
        if radius is None or not radius > 0:
            raise ProfileError(
                Text(
                    f"Met een straal van {radius} meter is er geen gebied",
                    f"a radius of {radius} metres makes no catchment",
                ),
                hint=Text("Geef --radius 3000, voor 3 km", "give --radius 3000, for 3 km"),
            )
        zones = circles(sites, radius)
    else:
        zones = _isochrones(sites, isochrones or {})
    parts = parts_of(ground, zones)
    households = published.shown.base.fitted.sum(axis=1)
    error = error_of(ground, zones, parts, households)
    return Catchments(method, radius if method == "radius" else None, tuple(sites), parts, error)


def _isochrones(sites: Sequence[Site], given: Mapping[str, Any]) -> NDArray[Any]:
    codes = [each.code for each in sites]
    faults = [
        Text(f"vestiging '{code}' heeft geen reistijdgebied", f"branch '{code}' has no isochrone")
        for code in codes
        if code not in given
    ]
    faults += [
        Text(f"reistijdgebied '{code}' heeft geen vestiging", f"isochrone '{code}' has no branch")
        for code in given
        if code not in codes
    ]
    if faults:
        what = Text(
            "Reistijdgebieden en vestigingen horen niet bij elkaar", "isochrones and branches do not belong together"
        )
        raise ProfileError(what, faults=faults[:10])
    return exclusive(np.array([given[code] for code in codes], dtype=object), sites)
