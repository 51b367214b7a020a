"""How large should a profile be? Depth against how alike the households are, and how many are expected to be found.

Look-alike tools give a slider between similarity and reach. Here both ends are measured: capture on held-out areas,
with its interval, and lift as the similarity. Nothing is changed: another depth is another version, made by
`profiling run CONFIG --depth`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from profiling.errors import ProfileError, Text
from profiling.publish.published import Published

DEPTHS = (1.0, 2.0, 5.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0)


@dataclass(frozen=True)
class Gain:
    """One measured point: the top `depth` % of the ranking holds `capture` % of the held-out reference households."""

    depth: float
    capture: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Size:
    """What one depth brings. Depth, capture and its interval are in %; lift is capture ÷ depth.

    `similarity` is the lift of the last households that come in, `n` the held-out households behind the capture.
    """

    depth: float
    households: int
    capture: float
    interval: tuple[float, float] | None
    lift: float
    similarity: float
    n: int


def gains(published: Published) -> tuple[Gain, ...]:
    """The measured gains of a version, from small to large depth.

    Raises
    ------
    ProfileError
        When they were not measured.
    """
    points = _own(published)["gains"]
    return tuple(Gain(each["depth"], each["capture"], _pair(each["interval"])) for each in points)


def sizes(published: Published, depths: Sequence[float] = DEPTHS) -> tuple[Size, ...]:
    """What each depth would bring, between the points at which capture was measured on a straight line.

    Parameters
    ----------
    depths : in %, above 0 and at most 100.

    Raises
    ------
    ProfileError
        When a depth is not a part of the base, or the profile's gains were not measured.
    """
    wrong = [
        Text(f"{depth:g} % is geen omvang", f"{depth:g} % is not a depth") for depth in depths if not 0 < depth <= 100
    ]
    if wrong:
        raise ProfileError(
            Text("Deze omvang kan niet", "cannot show these sizes"),
            faults=wrong,
            hint=Text("Kies een omvang boven 0 en tot en met 100 %", "choose depths above 0 and up to 100 %"),
        )
    points = gains(published)
    at = np.array([0.0, *(each.depth for each in points)])
    captured = np.array([0.0, *(each.capture for each in points)])
    known = all(each.interval for each in points)
    ends = np.array([(0.0, 0.0), *(each.interval or (np.nan, np.nan) for each in points)])
    n = next(int(each["n"]) for each in _own(published)["measures"] if each["measure"] == "capture")
    found = []
    for depth in depths:
        # How alike are the last households that come in: the steepness of the gains curve at its edge.
        place = int(np.clip(np.searchsorted(at, depth), 1, len(at) - 1))
        steep = (captured[place] - captured[place - 1]) / (at[place] - at[place - 1])
        capture = float(np.interp(depth, at, captured))
        low, high = (float(np.interp(depth, at, ends[:, side])) for side in (0, 1))
        households = round(published.n_base * depth / 100.0)
        interval = (low, high) if known else None
        found.append(Size(depth, households, capture, interval, capture / depth, float(steep), n))
    return tuple(found)


def depth_of(published: Published) -> float:
    """How deep the version goes, in % of the base."""
    return 100.0 * published.n_profile / published.n_base


def _own(published: Published) -> dict[str, Any]:
    card = json.loads((published.folder / "card.json").read_text(encoding="utf-8"))
    own = next((each for each in card["models"] if each["role"] == "model" and each.get("gains")), None)
    if own is None:
        raise ProfileError(
            Text(
                "Van dit profiel is niet gemeten wat een andere omvang oplevert",
                "the gains of this profile were not measured",
            ),
            where=published.listed.profile,
        )
    return dict(own)


def _pair(interval: Sequence[float] | None) -> tuple[float, float] | None:
    return (interval[0], interval[1]) if interval else None
