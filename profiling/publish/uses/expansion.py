"""Expansion: candidate sites by the profile households that they would reach beyond the branches that there are.

Sites are chosen one after the other, each the one that adds most (greedy; for coverage never below 63 % of the best
choice of as many sites: Nemhauser, Wolsey and Fisher 1978, "An analysis of approximations for maximizing submodular set
functions", Mathematical Programming 14). What a branch or an earlier site reaches does not count again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from profiling.errors import ProfileError, Text
from profiling.publish.published import Published
from profiling.publish.selection import count
from profiling.publish.uses.about import About, about
from profiling.publish.uses.ground import BorderError, Ground, error_of, parts_of
from profiling.publish.uses.sites import Site

Floats = NDArray[np.float64]
DRAWS = 1_000
CLUSTERS = 4.0
SITES = (
    *("step", "site", "name", "households", "adds", "adds_low", "adds_high", "first", "together", "together_share"),
    *("alone", "alone_low", "alone_high", "metres", "suppressed"),
)


@dataclass(frozen=True)
class Expansion:
    """What `plan_expansion` found.

    `sites` has a row per candidate in the order of choosing: step, site, name, households (all that it adds), adds
    (profile households beyond branches and earlier sites) with its interval, first (in which part of the draws it adds
    most at its step, 0 to 1), together (profile households of branches and sites so far), together_share (of the whole
    profile, in %), alone (profile households within the radius, whatever else is there) with its interval, metres (to
    the nearest branch), suppressed. `reached` is what the branches reach, of `n_profile`.
    """

    about: About
    radius: float
    branches: tuple[Site, ...]
    n_profile: float
    reached: float
    error: BorderError
    sites: pd.DataFrame
    seed: int

    def __repr__(self) -> str:
        return f"Expansion({self.about.profile}, {len(self.sites)} candidates) · next: uses.write_use(plan, folder)"

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {"sites": self.sites}


def plan_expansion(
    published: Published,
    branches: Sequence[Site],
    candidates: Sequence[Site],
    ground: Ground,
    *,
    radius: float,
    seed: int = 1,
) -> Expansion:
    """Order candidate sites by what they add.

    The intervals come from draws: the profile households of every area as a Poisson count, and of an area that a border
    cuts the part inside from a Beta distribution, as if its households lived in about five equal clusters. They hold no
    doubt about the model, nor about who would come.

    Parameters
    ----------
    radius : how far people come, in metres, as the crow flies.
    seed : of the draws.

    Raises
    ------
    ProfileError
        When the radius is not above 0, or there is no candidate.
    """
    if not radius > 0 or not candidates:
        raise ProfileError(
            Text("Er valt niets te kiezen", "nothing to choose from"),
            hint=Text(
                "Geef plekken, en een straal in meters zoals 3000",
                "give candidates, and a radius in metres such as 3000",
            ),
        )
    old = shapely.union_all(_circles(branches, radius)) if branches else shapely.Point()
    rings = _circles(candidates, radius)
    alone = parts_of_each(ground, rings)
    rng = np.random.default_rng(seed)
    profile, households = (_per_area(published, each) for each in ("profile", "base"))
    drawn = rng.poisson(profile, (DRAWS, len(profile))).astype(np.float64)
    covered, left = old, list(range(len(candidates)))
    rows: list[dict[str, Any]] = []
    reached = _count(published, "profile", parts_of_each(ground, np.array([old]))[0])
    together = 0.0 if np.isnan(reached) else reached
    while left:
        new = parts_of_each(ground, np.array([shapely.difference(rings[each], covered) for each in left]))
        adds = new @ profile
        draws = np.stack([_sums(drawn, part, rng) for part in new])
        best = int(np.argmax(adds))
        chosen, part = left.pop(best), new[best]
        said = _count(published, "profile", part)
        hidden = not said >= published.settings.minimum_cell
        low, high = np.quantile(draws[best], [0.025, 0.975])
        itself = _sums(drawn, alone[chosen], rng)
        own = _count(published, "profile", alone[chosen])
        together += 0.0 if hidden else said
        site = candidates[chosen]
        figures = {
            "households": float((part * households).sum()),
            "adds": said,
            "adds_low": float(low),
            "adds_high": float(high),
            "first": float((draws.argmax(axis=0) == best).mean()),
            "together": together,
        }
        rows.append(
            {"step": len(rows) + 1, "site": site.code, "name": site.title}
            | {name: np.nan if hidden else value for name, value in figures.items()}
            | _alone(own, itself, published.settings.minimum_cell)
            | {"metres": _to_nearest(site, branches), "suppressed": hidden}
        )
        covered = shapely.union(covered, rings[chosen])
    whole = _count(published, "profile", np.ones(len(profile)))
    table = pd.DataFrame(rows).assign(together_share=lambda each: 100.0 * each["together"] / whole)
    near = parts_of(ground, np.array([shapely.union_all([old, *rings])]))
    error = error_of(ground, np.array([shapely.union_all([old, *rings])]), near, households)
    return Expansion(about(published), radius, tuple(branches), whole, reached, error, table[list(SITES)], seed)


def parts_of_each(ground: Ground, zones: NDArray[Any]) -> Floats:
    """As `parts_of`, for zones that may overlap: each by itself."""
    return np.concatenate([parts_of(ground, zones[i : i + 1]) for i in range(len(zones))])


def _circles(sites: Sequence[Site], radius: float) -> NDArray[Any]:
    points = shapely.points([(each.x, each.y) for each in sites])
    return np.asarray(shapely.buffer(points, radius, quad_segs=64))


def _per_area(published: Published, kind: str) -> Floats:
    """Households (or those of the profile) per smallest area: as shown, and inferred where hidden."""
    counts = getattr(published.shown, kind)
    leaf = counts.shown[-1][0][:, 0]
    return np.asarray(np.where(np.isfinite(leaf), leaf, counts.fitted.sum(axis=1)), dtype=np.float64)


def _count(published: Published, kind: str, part: Floats) -> float:
    return float(count(published.shown, getattr(published.shown, kind), part, 0).value()[0])


def _sums(drawn: Floats, part: Floats, rng: np.random.Generator) -> Floats:
    """Profile households inside in every draw; where an area is cut the part inside is drawn too."""
    whole, cut = part == 1.0, (part > 0.0) & (part < 1.0)
    total = drawn[:, whole].sum(axis=1)
    inside = rng.beta(CLUSTERS * part[cut], CLUSTERS * (1.0 - part[cut]), (len(drawn), int(cut.sum())))
    return np.asarray(total + (drawn[:, cut] * inside).sum(axis=1), dtype=np.float64)


def _alone(own: float, draws: Floats, minimum: int) -> dict[str, Any]:
    if not own >= minimum:
        return dict.fromkeys(("alone", "alone_low", "alone_high"), np.nan)
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"alone": own, "alone_low": float(low), "alone_high": float(high)}


def _to_nearest(site: Site, branches: Sequence[Site]) -> float:
    if not branches:
        return np.nan
    return float(min(np.hypot(site.x - each.x, site.y - each.y) for each in branches))
