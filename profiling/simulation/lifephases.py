"""Life phases: kinds of households by composition and age, and how many of each live in every buurt.

The national mix is bent per buurt until the expected household size, the number of people of 65 and over and
the number of children under 15 are those of the buurt (maximum entropy: the smallest change that does it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
SINGLE, COUPLE, FAMILY, ONE_PARENT = range(4)
# kind, youngest and oldest age of the oldest adult, % of households (CBS StatLine 2024, rounded; split assumed)
PHASES = (
    (SINGLE, 18, 24, 4.5),
    (SINGLE, 25, 34, 7.0),
    (SINGLE, 35, 44, 4.3),
    (SINGLE, 45, 54, 4.5),
    (SINGLE, 55, 64, 6.0),
    (SINGLE, 65, 74, 6.0),
    (SINGLE, 75, 84, 5.0),
    (SINGLE, 85, 97, 2.5),
    (COUPLE, 19, 24, 0.6),
    (COUPLE, 25, 34, 4.2),
    (COUPLE, 35, 44, 1.9),
    (COUPLE, 45, 54, 3.0),
    (COUPLE, 55, 64, 7.0),
    (COUPLE, 65, 74, 7.3),
    (COUPLE, 75, 84, 4.0),
    (COUPLE, 85, 95, 0.7),
    (FAMILY, 25, 34, 3.8),
    (FAMILY, 35, 44, 8.6),
    (FAMILY, 45, 54, 8.2),
    (FAMILY, 55, 64, 3.1),
    (ONE_PARENT, 22, 34, 1.1),
    (ONE_PARENT, 35, 44, 2.1),
    (ONE_PARENT, 45, 54, 2.7),
    (ONE_PARENT, 55, 64, 1.4),
)
KIND = np.array([phase[0] for phase in PHASES], dtype=np.int8)
AGE_LOW = np.array([phase[1] for phase in PHASES])
AGE_HIGH = np.array([phase[2] for phase in PHASES])
SHARE = np.array([phase[3] for phase in PHASES]) / sum(phase[3] for phase in PHASES)
# Children at home: 1, 2, 3, 4 (assumed, near CBS) for two parents and for one.
CHILDREN = {FAMILY: np.array([0.40, 0.42, 0.14, 0.04]), ONE_PARENT: np.array([0.55, 0.34, 0.09, 0.02])}
SPACING = 2.6
OLD_PARTNER = {65: 1.75, 75: 1.95, 85: 1.97}


def youngest_range(age_low: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Youngest and oldest age of the youngest child by the parents' age band (assumed)."""
    low = np.select([age_low >= 55, age_low >= 45], [11, 4], 0)
    high = np.select([age_low >= 55, age_low >= 45, age_low >= 35], [25, 20, 13], 7)
    return low, high


def _features() -> Floats:
    """Expected persons, people of 65+ and children under 15 per household of each phase: shape (phases, 3)."""
    adults = np.where((KIND == COUPLE) | (KIND == FAMILY), 2.0, 1.0)
    persons, old, young = adults.copy(), np.zeros(len(KIND)), np.zeros(len(KIND))
    low, high = youngest_range(AGE_LOW)
    for at, kind in enumerate(KIND):
        if AGE_LOW[at] >= 65:
            old[at] = 1.0 if kind == SINGLE else OLD_PARTNER[int(AGE_LOW[at])]
        if kind in CHILDREN:
            ages = np.arange(low[at], high[at] + 1)
            for extra, share in enumerate(CHILDREN[int(kind)]):
                persons[at] += share * (extra + 1)
                for child in range(extra + 1):
                    young[at] += share * np.mean(ages + np.round(SPACING * child) < 15)
    return np.column_stack([persons, old, young])


FEATURES = _features()


@dataclass(frozen=True)
class Mix:
    """Shares of the life phases in every buurt, shape (n_buurten, phases); rows add up to 1."""

    shares: Floats

    def mean(self, effect: Floats) -> Floats:
        """Expected effect of the life phase in every buurt."""
        result: Floats = self.shares @ effect
        return result

    def draw(self, buurt: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int8]:
        """One life phase per household."""
        cumulative = np.cumsum(self.shares, axis=1)[:, :-1]
        u = rng.random(len(buurt))
        phase = np.zeros(len(buurt), dtype=np.int8)
        for column in cumulative.T:
            phase += u >= column[buurt]
        return phase


def fit_mix(size: Floats, old: Floats, young: Floats, urbanity: NDArray[np.int8]) -> Mix:
    """The mix of every buurt with the household size, 65+ and children that it should have.

    Parameters
    ----------
    size : persons per household; old, young : shares of the inhabitants; urbanity : 1 (very urban) to 5.
    """
    # Young singles live in cities; couples and families outside (assumed; the margins then correct it).
    student = (AGE_HIGH <= 24).astype(float)
    log_prior = np.log(SHARE)[None, :] + student[None, :] * (1.1 - 0.55 * (urbanity[:, None] - 1.0))
    scale = np.sqrt(SHARE @ (FEATURES - SHARE @ FEATURES) ** 2)
    features = FEATURES / scale
    target = np.column_stack([size, old * size, young * size]) / scale
    theta = np.zeros((len(size), 3))
    ridge = 0.003
    for _ in range(40):
        logits = log_prior + theta @ features.T
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        mean = shares @ features
        second = np.einsum("nk,ki,kj->nij", shares, features, features)
        covariance = second - mean[:, :, None] * mean[:, None, :] + ridge * np.eye(3)
        step = np.linalg.solve(covariance, (target - mean - ridge * theta)[:, :, None])[:, :, 0]
        theta += np.clip(step, -0.7, 0.7)
    return Mix(shares)


def fit_threshold(mix: Mix, effect: Floats, share: Floats) -> Floats:
    """The t per buurt for which P(normal < t + effect of the phase) is `share` (bisection)."""
    low, high = np.full(len(share), -9.0), np.full(len(share), 9.0)
    for _ in range(45):
        middle = (low + high) / 2
        reached = np.sum(mix.shares * ndtr(middle[:, None] + effect[None, :]), axis=1)
        low, high = np.where(reached < share, middle, low), np.where(reached < share, high, middle)
    threshold: Floats = (low + high) / 2
    return threshold
