"""Rates from counts of bags: how many of each household are expected, when only sums over postcodes are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from profiling.errors import TrainingError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TENTHS = 10


@dataclass(frozen=True)
class Bags:
    """Households in bags, and how many of each bag were counted.

    Attributes
    ----------
    bag : int array of shape (n,), 0 … n_bags - 1.
    counts : float array of shape (n_bags,), above 0 and at most the size of the bag.
    """

    bag: Ints
    counts: Floats

    def __post_init__(self) -> None:
        faults = []
        size = np.bincount(self.bag, minlength=len(self.counts))
        if len(size) != len(self.counts):
            faults.append(f"{len(size)} bags for {len(self.counts)} counts")
        elif (size == 0).any():
            faults.append(f"{int((size == 0).sum()):,} bags have no households")
        elif not ((self.counts > 0) & (self.counts <= size + 1e-9)).all():
            faults.append("counts must lie above 0 and at most at the size of their bag")
        if faults:
            raise TrainingError("bags and counts do not fit together", faults=faults)

    @property
    def everybody(self) -> Floats:
        """Weights that mark everybody: count ÷ households of the bag, shape (n,)."""
        share: Floats = self.counts / np.bincount(self.bag, minlength=len(self.counts))
        return share[self.bag]


class Cells:
    """Features as cells: a column of 0 and 1 per category or tenth, and one for missing."""

    def __init__(self, X: Floats, categorical: tuple[int, ...]) -> None:
        self.edges: list[Floats] = []
        for position, column in enumerate(X.T):
            values = np.unique(column[~np.isnan(column)])
            few = position in categorical or len(values) <= TENTHS
            edges = values[1:] if few else np.unique(np.quantile(column[~np.isnan(column)], np.arange(1, 10) / 10))
            self.edges.append(edges)
        self.width = np.array([len(edges) + 2 for edges in self.edges])

    def __call__(self, X: Floats) -> csr_matrix:
        """The cells of some rows, shape (n, n_cells)."""
        start = np.cumsum(self.width) - self.width
        place = np.empty(X.shape, dtype=np.int64)
        for position, edges in enumerate(self.edges):
            column = X[:, position]
            place[:, position] = np.where(
                np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="right")
            )
        place += start
        pointer = np.arange(0, place.size + 1, X.shape[1])
        return csr_matrix((np.ones(place.size), place.ravel(), pointer), shape=(len(X), int(self.width.sum())))


def part_of(bags: Bags, rows: NDArray[np.bool_]) -> Bags:
    """Some whole bags."""
    left, bag = np.unique(bags.bag[rows], return_inverse=True)
    return Bags(bag.astype(np.int64), bags.counts[left])


def fit_rates(cells: csr_matrix, bags: Bags, sample: csr_matrix, exposure: Floats, ridge: float) -> Floats:
    """Log rates per cell, shape (n_cells,): the Poisson loss over bags with a ridge, by L-BFGS.

    Expected in a bag is the sum of exp(start + cells @ rates) over its households. Where nobody was counted only the
    expected number is in the loss, so that a sample can stand for all those households.
    """
    use = exposure > 0
    others, stands = sample[use], exposure[use]
    start = np.log(bags.counts.sum() / (cells.shape[0] + stands.sum()))
    turned, others_turned = cells.T.tocsr(), others.T.tocsr()

    def loss(rates: Floats) -> tuple[float, Floats]:
        rate = np.exp(np.clip(start + cells @ rates, -40, 5))
        away = stands * np.exp(np.clip(start + others @ rates, -40, 5))
        expected = np.bincount(bags.bag, rate)
        value = expected.sum() + away.sum() - bags.counts @ np.log(expected) + ridge * (rates @ rates) / 2
        excess = rate * (1.0 - (bags.counts / expected)[bags.bag])
        return float(value), turned @ excess + others_turned @ away + ridge * rates

    found: Floats = minimize(loss, np.zeros(cells.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 100}).x
    return found
