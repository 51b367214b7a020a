"""Libraries: work areas of neighbouring gemeenten, branches where people live, and who takes part."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from profiling.errors import ConfigError
from profiling.simulation.addresses import Addresses, AddressPlan
from profiling.simulation.areas import Areas
from profiling.simulation.settings import SimulationSettings
from profiling.simulation.streams import stream, uniform

Floats = NDArray[np.float64]
PER_LIBRARY = 60_000
PER_BRANCH = 9_000
MOST_GEMEENTEN = 5
# Households among which a group of about 3,500 forms, at the rates of members.py and lending.py (measured).
ENOUGH = 450_000


@dataclass(frozen=True)
class Libraries:
    """Work areas and branches.

    Attributes
    ----------
    of_gemeente : library of each gemeente, in the order of `Areas.number("gemeente")`.
    branch_xy, branch_library, branch_gemeente : arrays over the branches.
    takes_part : bool array over the libraries.
    """

    gemeenten: NDArray[np.str_]
    of_gemeente: NDArray[np.int64]
    branch_xy: Floats
    branch_library: NDArray[np.int64]
    branch_gemeente: NDArray[np.int64]
    takes_part: NDArray[np.bool_]
    branch_pc4: NDArray[np.int64]

    def branch_code(self, branch: NDArray[np.int64]) -> list[str]:
        """ "V0001" for the first branch."""
        return [f"V{each + 1:04d}" for each in branch]

    @property
    def trees(self) -> cKDTree:
        """The branches as a search tree."""
        return cKDTree(self.branch_xy)


def found_libraries(areas: Areas, settings: SimulationSettings) -> Libraries:
    """Group gemeenten into work areas, put branches in them, and draw the libraries that take part.

    Raises
    ------
    ConfigError
        When more libraries are asked for than there are.
    """
    rng = stream(settings.seed, "libraries")
    gemeenten, of = areas.number("gemeente")
    size = np.asarray(np.bincount(of, areas.households), dtype=np.float64)
    library = _work_areas(areas, of, size)
    branches = np.array(
        [(branch, gemeente) for gemeente in range(len(gemeenten)) for branch in _branches(areas, of == gemeente)]
    )
    served = np.bincount(library, size * settings.households / areas.households.sum())
    order = rng.permutation(len(served))
    if settings.libraries is None:
        wanted = 1 + int(np.searchsorted(np.cumsum(served[order]), ENOUGH))
    elif settings.libraries > len(served):
        raise ConfigError(
            f"'libraries' is {settings.libraries}, but this country has {len(served)}",
            hint="ask for fewer, or leave it out for as many as give a group of about 3,500",
        )
    else:
        wanted = settings.libraries
    takes_part = np.zeros(len(served), dtype=bool)
    takes_part[order[:wanted]] = True
    return Libraries(
        gemeenten=gemeenten,
        of_gemeente=library,
        branch_xy=np.column_stack([areas.x, areas.y])[branches[:, 0]],
        branch_library=library[branches[:, 1]],
        branch_gemeente=branches[:, 1],
        takes_part=takes_part,
        branch_pc4=areas.pc4[branches[:, 0]],
    )


def _work_areas(areas: Areas, of: NDArray[np.int64], size: Floats) -> NDArray[np.int64]:
    """A library per large gemeente; smaller ones join the nearest of their provincie until they are enough."""
    weight = np.maximum(areas.households, 1e-6)
    total = np.bincount(of, weight)
    middle = np.column_stack([np.bincount(of, weight * each) / total for each in (areas.x, areas.y)])
    _, provincie = areas.number("provincie")
    land = np.zeros(len(size), dtype=np.int64)
    land[of] = provincie
    library = np.full(len(size), -1)
    count = 0
    for first in np.lexsort((np.arange(len(size)), -size)):
        if library[first] >= 0:
            continue
        library[first] = count
        served, members = size[first], 1
        away = np.hypot(*(middle - middle[first]).T)
        for other in np.argsort(away, kind="stable"):
            if served >= PER_LIBRARY or members == MOST_GEMEENTEN:
                break
            if library[other] < 0 and land[other] == land[first]:
                library[other] = count
                served, members = served + size[other], members + 1
        count += 1
    return library


def _branches(areas: Areas, here: NDArray[np.bool_]) -> list[int]:
    """Buurten with a branch: each next one where most households are far from those there are."""
    at = np.flatnonzero(here)
    weight = areas.households[at]
    number = min(len(at), max(1, round(weight.sum() / PER_BRANCH)))
    xy = np.column_stack([areas.x[at], areas.y[at]])
    density = np.log(np.maximum(areas.density[at], 10.0))
    chosen = [int(np.argmax(density * (weight > 0) + 1e-9 * weight))]
    away = np.hypot(*(xy - xy[chosen[0]]).T)
    while len(chosen) < number:
        chosen.append(int(np.argmax(away * (weight + 1e-9))))
        away = np.minimum(away, np.hypot(*(xy - xy[chosen[-1]]).T))
    return [int(at[each]) for each in chosen]


def nearest_branch(
    libraries: Libraries, tree: cKDTree, areas: Areas, plan: AddressPlan, addresses: Addresses, seed: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Kilometres to the nearest branch and which it is; the households of one postcode live in one place."""
    streets, inverse = np.unique(addresses.street, return_inverse=True)
    # Buurten without postcodes share an offset with the next; the last of them is the one with postcodes.
    buurt = np.searchsorted(plan.offset, streets, side="right") - 1
    radius = areas.radius[buurt] * np.sqrt(uniform(seed, "away", streets)) * 0.9
    angle = 2 * np.pi * uniform(seed, "angle", streets)
    xy = np.column_stack([areas.x[buurt] + radius * np.cos(angle), areas.y[buurt] + radius * np.sin(angle)])
    metres, branch = map(np.asarray, tree.query(xy))
    # The way is longer than the crow flies (assumed 1.25).
    return (0.05 + 1.25e-3 * metres)[inverse], branch.astype(np.int64)[inverse]


def write_libraries(areas: Areas, libraries: Libraries, folder: Path) -> None:
    """`branches.csv` and `work_areas.csv`."""
    names = areas.name["gemeente"]
    head = {}
    for gemeente, library in reversed(list(enumerate(libraries.of_gemeente))):
        head[int(library)] = names[str(libraries.gemeenten[gemeente])]
    with (folder / "work_areas.csv").open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle, lineterminator="\n")
        rows.writerow(("library", "name", "gemeente", "takes_part"))
        for gemeente, library in enumerate(libraries.of_gemeente):
            part = int(libraries.takes_part[library])
            rows.writerow(
                (f"L{library + 1:03d}", f"Bibliotheek {head[int(library)]}", libraries.gemeenten[gemeente], part)
            )
    with (folder / "branches.csv").open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle, lineterminator="\n")
        rows.writerow(("branch", "name", "library", "gemeente", "x", "y"))
        codes = libraries.branch_code(np.arange(len(libraries.branch_library)))
        seen: dict[int, int] = {}
        for at, code in enumerate(codes):
            gemeente = int(libraries.branch_gemeente[at])
            seen[gemeente] = seen.get(gemeente, 0) + 1
            place = names[str(libraries.gemeenten[gemeente])]
            x, y = libraries.branch_xy[at]
            library = f"L{libraries.branch_library[at] + 1:03d}"
            rows.writerow(
                (code, f"{place} {seen[gemeente]}", library, libraries.gemeenten[gemeente], round(x), round(y))
            )
