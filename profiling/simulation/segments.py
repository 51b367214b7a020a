"""The vendor's 59 sub segments, derived from latent traits as the vendor sees them (with some error).

Nine of them hold the households that are tight on money and schooling, split by life phase: the nine that the
seeds name. The other 50 are the nearest of 50 prototypes in trait space. What the prototypes are like is
assumed; nothing is known of the vendor's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from profiling.simulation.traits import Traits

Floats = NDArray[np.float64]
PLANTED = ("A01", "A02", "A03", "A04", "C09", "D16", "D17", "D18", "D19")
A01, A02, A03, A04, C09, D16, D17, D18, D19 = range(9)
# Share of each group's households beyond its own cut-off, around 19 % of all (assumed).
TIGHT = {
    "family_rent": 0.60,
    "family_own": 0.04,
    "senior_rent_flat": 0.52,
    "senior_rent_house": 0.42,
    "senior_own": 0.03,
    "young_flat": 0.25,
    "older_rent": 0.40,
    "older_own": 0.03,
    "single_rent": 0.36,
    "single_own": 0.03,
}
VENDOR_ERROR = 0.10
# wealth, age, children (0 none, 1 youngest under 12, 2 older), urbanity, owner, schooling, house
PROTOTYPES: dict[str, tuple[float, ...]] = {
    "B05": (-1.3, 21, 0, 1, 0, 0.7, 0),
    "B06": (-0.5, 26, 0, 1, 0, 1.1, 0),
    "B07": (-0.5, 28, 0, 3, 0.3, 0.3, 1),
    "B08": (-0.9, 22, 0, 3, 0, 0.4, 0),
    "C10": (0.1, 31, 0, 1, 0, 1.2, 0),
    "C11": (0.5, 33, 0, 1, 1, 1.4, 0),
    "C12": (-0.3, 38, 0, 1, 0, 0.6, 0),
    "C13": (0.0, 45, 0, 2, 0, 0.4, 0),
    "C14": (-0.3, 51, 0, 2, 0, 0.2, 0),
    "C15": (0.3, 33, 0, 3, 1, 0.6, 1),
    "E20": (0.0, 58, 0, 4, 1, 0.0, 1),
    "E21": (-0.1, 60, 0, 2, 0, 0.2, 0),
    "E22": (0.2, 51, 0, 3, 1, 0.1, 1),
    "E23": (0.2, 62, 0, 5, 1, -0.1, 1),
    "E24": (0.0, 49, 0, 3, 0, 0.2, 1),
    "F25": (0.4, 37, 1, 1.5, 0.7, 0.5, 0.6),
    "F26": (0.2, 37, 1, 3, 1, 0.3, 1),
    "F27": (0.3, 48, 2, 3, 0.7, 0.3, 1),
    "F28": (0.3, 49, 2, 4, 1, 0.1, 1),
    "F29": (0.2, 40, 1, 2, 0.6, 0.3, 1),
    "F30": (0.3, 38, 1, 5, 1, 0.1, 1),
    "G31": (0.8, 38, 1, 1, 1, 1.4, 0),
    "G32": (0.8, 37, 1, 3, 1, 1.0, 1),
    "G33": (0.8, 49, 2, 3, 1, 0.8, 1),
    "G34": (0.7, 50, 2, 5, 1, 0.3, 1),
    "G35": (1.1, 43, 1, 2, 1, 1.3, 1),
    "G36": (1.1, 52, 2, 4, 1, 0.8, 1),
    "H37": (0.1, 68, 0, 3, 1, 0.0, 1),
    "H38": (0.4, 70, 0, 4, 1, 0.1, 1),
    "H39": (0.1, 79, 0, 4, 1, -0.2, 1),
    "H40": (0.2, 79, 0, 2, 1, 0.2, 0),
    "H41": (0.2, 70, 0, 2, 0.5, 0.3, 0.5),
    "H42": (-0.1, 82, 0, 2, 0, 0.1, 0),
    "I43": (0.8, 60, 0, 2, 1, 0.7, 1),
    "I44": (0.7, 60, 0, 4, 1, 0.3, 1),
    "I45": (0.9, 68, 0, 3, 1, 0.6, 1),
    "I46": (0.6, 77, 0, 4, 1, 0.2, 1),
    "I47": (0.9, 57, 0, 5, 1, 0.3, 1),
    "I48": (0.7, 71, 0, 1, 1, 0.8, 0),
    "J49": (1.2, 34, 0, 1, 1, 1.6, 0),
    "J50": (1.2, 46, 0, 1, 1, 1.4, 0),
    "J51": (1.0, 43, 0, 3, 1, 0.9, 1),
    "J52": (1.4, 55, 0, 2, 1, 1.1, 1),
    "J53": (1.0, 31, 0, 2, 1, 1.2, 1),
    "J54": (1.4, 63, 0, 3, 1, 0.8, 1),
    "K55": (1.8, 44, 1, 2, 1, 1.5, 1),
    "K56": (1.9, 52, 2, 3, 1, 1.3, 1),
    "K57": (1.9, 59, 0, 3, 1, 1.2, 1),
    "K58": (1.7, 73, 0, 3, 1, 0.9, 1),
    "K59": (1.9, 51, 2, 5, 1, 0.9, 1),
}
WIDTH = np.array([1.1, 9.0, 0.4, 1.5, 1.6, 1.5, 1.6])
CODES = (*PLANTED, *PROTOTYPES)


@dataclass(frozen=True)
class SegmentModel:
    """Cut-offs of the vulnerability per life phase group, and the wealth that parts two senior segments."""

    cuts: dict[str, float]
    content: float


def fit_segments(pilot: Traits, seen: Floats) -> SegmentModel:
    """Take the cut-offs from a sample of the country."""
    group = _group(pilot)
    cuts = {name: float(np.quantile(seen[group == at], 1 - share)) for at, (name, share) in enumerate(TIGHT.items())}
    senior = (pilot.age >= 65) & (pilot.children == 0) & ~pilot.house & (seen > np.array(list(cuts.values()))[group])
    return SegmentModel(cuts, float(np.median(pilot.wealth[senior])))


def look(traits: Traits, rng: np.random.Generator) -> Floats:
    """The vulnerability as the vendor estimates it."""
    return traits.vulnerability + VENDOR_ERROR * rng.standard_normal(len(traits))


def assign(model: SegmentModel, traits: Traits, seen: Floats) -> NDArray[np.int8]:
    """The position in `CODES` of every household's sub segment."""
    cut = np.array([model.cuts[name] for name in TIGHT])[_group(traits)]
    segment = _tight(model, traits)
    rest = np.flatnonzero(seen <= cut)
    segment[rest] = len(PLANTED) + _nearest(traits.take(rest))
    return segment


def tightness(model: SegmentModel, traits: Traits) -> Floats:
    """How far the household itself, without the vendor's error, lies beyond its group's cut-off."""
    beyond: Floats = traits.vulnerability - np.array([model.cuts[name] for name in TIGHT])[_group(traits)]
    return beyond


def _group(traits: Traits) -> NDArray[np.int64]:
    """Position in `TIGHT`."""
    senior, some, rents = traits.age >= 65, traits.children > 0, ~traits.owner
    conditions = [
        some & rents,
        some,
        senior & rents & ~traits.house,
        senior & rents,
        senior,
        (traits.age < 35) & rents & ~traits.house,
        (traits.age >= 55) & rents,
        traits.age >= 55,
        rents,
    ]
    # In the order of TIGHT.
    group: NDArray[np.int64] = np.select(conditions, list(range(len(conditions))), len(conditions))
    return group


def _tight(model: SegmentModel, traits: Traits) -> NDArray[np.int8]:
    young, old = traits.age < 35, traits.age >= 65
    some = traits.children > 0
    conditions = [
        some & (traits.youngest < 12),
        some,
        old & traits.house & (traits.age < 75),
        old & traits.house,
        old & (traits.wealth > model.content),
        old,
        traits.age >= 55,
        young & ~traits.house & ~traits.owner,
    ]
    return np.select(conditions, [A01, A03, D16, D18, D17, D19, A04, C09], A02).astype(np.int8)


def _nearest(traits: Traits) -> NDArray[np.int8]:
    kids = np.where(traits.children == 0, 0, np.where(traits.youngest < 12, 1, 2))
    columns = (traits.wealth, traits.age, kids, traits.urbanity, traits.owner, traits.schooling, traits.house)
    points = np.column_stack([np.asarray(each, dtype=np.float32) for each in columns]) / WIDTH.astype(np.float32)
    heads = (np.array(list(PROTOTYPES.values())) / WIDTH).astype(np.float32)
    # |p - h|² without |p|², which is the same for every prototype.
    nearest: NDArray[np.int64] = np.argmin(np.sum(heads**2, axis=1)[None, :] - 2 * points @ heads.T, axis=1)
    return nearest.astype(np.int8)
