"""Random numbers by name and chunk: the same seed gives the same bytes, whatever else is drawn."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

CHUNK = 65_536
PART = 1_048_576


def stream(seed: int, name: str, chunk: int = 0) -> np.random.Generator:
    """A generator of its own for one step and one chunk of rows."""
    sequence = np.random.SeedSequence([seed, zlib.crc32(name.encode()), chunk])
    return np.random.Generator(np.random.SFC64(sequence))


def mix(seed: int, name: str, values: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Hash whole numbers to 64 random-looking bits (splitmix64): the same value always gives the same bits.

    For what must not depend on the chunk a row falls in, such as a street's first house number.
    """
    salt = np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1, np.uint64)[0]
    with np.errstate(over="ignore"):
        z = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed


def uniform(seed: int, name: str, values: NDArray[np.integer]) -> NDArray[np.float64]:
    """`mix` as numbers in [0, 1)."""
    return (mix(seed, name, values) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def logistic(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x))."""
    probability: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.asarray(x, dtype=np.float64)))
    return probability


def intercept(x: NDArray[np.floating], share: float) -> float:
    """The constant c for which mean(logistic(c + x)) is `share`, by bisection."""
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.mean(logistic(x + middle))) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def pick(rng: np.random.Generator, shares: NDArray[np.float64], n: int) -> NDArray[np.int8]:
    """Draw n codes 0..k-1 with fixed shares."""
    return np.searchsorted(np.cumsum(shares)[:-1] / np.sum(shares), rng.random(n), side="right").astype(np.int8)
