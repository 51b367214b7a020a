"""Rates from counts of bags: how many of each household are expected, when only sums over postcodes are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack
from scipy.special import gammaln

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


@dataclass(frozen=True)
class Intervals:
    """Households in bags of which the count lies in an interval; equal ends where it is known.

    Attributes
    ----------
    bag, times : of each row, shape (n,): its bag 0 … n_bags - 1, and how many households of it the row stands for.
    low, high : whole numbers, shape (n_bags,), 0 <= low <= high.
    """

    bag: Ints
    times: Floats
    low: Floats
    high: Floats

    def sums(self, values: Floats) -> Floats:
        """What the rows of each bag add up to, shape (n_bags,)."""
        return np.bincount(self.bag, values, minlength=len(self.low)).astype(np.float64)

    def some(self, bags: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Intervals]:
        """The rows of some whole bags, and those bags."""
        rows = bags[self.bag]
        number = np.cumsum(bags) - 1
        return rows, Intervals(number[self.bag[rows]], self.times[rows], self.low[bags], self.high[bags])


def interval_loss(expected: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Minus the log of P(low <= count <= high) for Poisson counts but for log(low!), and the count to expect.

    Both of shape (n_bags,). The second is E[count | low <= count <= high], with which the derivative of the first to
    `expected` is 1 - that ÷ expected: a censored count acts as the count that the model expects of it (Terza 1985, A
    Tobit-type estimator for the censored Poisson regression model, Economics Letters 18).
    """
    logs, value, count = np.log(expected), np.full(len(low), -np.inf), np.zeros(len(low))
    for step in range(int((high - low).max(initial=0)) + 1):
        inside = low + step <= high
        each = low[inside] + step
        term = each * logs[inside] - gammaln(each + 1.0) + gammaln(low[inside] + 1.0)
        total = np.logaddexp(value[inside], term)
        part = np.exp(term - total)
        count[inside] = count[inside] * (1.0 - part) + each * part
        value[inside] = total
    return expected - value, count


def fit_interval_rates(cells: csr_matrix, bags: Intervals, ridge: float) -> tuple[float, Floats]:
    """The start and the log rates per cell, shape (n_cells,): the Poisson loss over bags with a ridge, by L-BFGS.

    Expected in a bag is the sum of times · exp(start + cells @ rates) over its rows; without anybody counted its
    interval is 0 to 0.
    """
    start = float(np.log(((bags.low + bags.high) / 2).sum() / bags.times.sum()))
    turned = cells.T.tocsr()

    def loss(rates: Floats) -> tuple[float, Floats]:
        rate = bags.times * np.exp(np.clip(start + cells @ rates, -40, 5))
        expected = bags.sums(rate)
        value, count = interval_loss(expected, bags.low, bags.high)
        excess = rate * (1.0 - (count / expected)[bags.bag])
        return float(value.sum() + ridge * (rates @ rates) / 2), turned @ excess + ridge * rates

    found: Floats = minimize(loss, np.zeros(cells.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 100}).x
    return start, found


def fit_rates(cells: csr_matrix, bags: Bags, sample: csr_matrix, exposure: Floats, ridge: float) -> Floats:
    """Log rates per cell, shape (n_cells,), as `fit_interval_rates` has them, of counts that are all known.

    Where nobody was counted only the expected number is in the loss, so that a sample can stand for all those
    households: they are one bag with a count of 0.
    """
    use = exposure > 0
    away = np.full(int(use.sum()), len(bags.counts), dtype=np.int64)
    times = np.concatenate([np.ones(cells.shape[0]), exposure[use]])
    counts = np.append(bags.counts, 0.0)
    known = Intervals(np.concatenate([bags.bag, away]), times, counts, counts)
    return fit_interval_rates(vstack([cells, sample[use]], format="csr"), known, ridge)[1]
