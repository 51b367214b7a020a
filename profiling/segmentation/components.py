"""Principal components of a matrix that never stands in memory as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from profiling.progress import track
from profiling.segmentation.standards import Standard, standardised
from profiling.segmentation.units import Units


@dataclass(frozen=True, eq=False)
class Components:
    """Standards and axes together: from the variables of a unit to its place.

    Parameters
    ----------
    standards : one per variable.
    mean : float array of shape (v,), of the standardised variables.
    axes : float array of shape (v, k), orthonormal.
    explained : float array of shape (k,), part of the variance that each component keeps.
    """

    standards: tuple[Standard, ...]
    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    explained: NDArray[np.float64]

    def place(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of units, shape (n, k)."""
        moved = standardised(rows, self.standards) - self.mean.astype(np.float32)
        return np.asarray(moved @ self.axes.astype(np.float32), dtype=np.float32)

    def places(self, units: Units) -> NDArray[np.float32]:
        """Scores of all units, some rows at a time."""
        out = np.empty((len(units), self.axes.shape[1]), dtype=np.float32)
        parts = -(-len(units) // 8192)
        for part, rows in track(units.chunks(), "placing units", total=parts):
            out[part] = self.place(rows)
        return out


def fit_components(units: Units, standards: Sequence[Standard], *, variance: float = 0.9, most: int = 60) -> Components:
    """Weighted principal components, exact and streamed.

    The covariance of v variables is summed over chunks of rows, so memory holds v × v numbers and one chunk, and its
    leading eigenvectors are taken (for 2,000 variables this is as fast as a randomised method, and has no error). The
    sign of an axis is such that its largest loading is positive.

    Parameters
    ----------
    variance : components are kept until together they explain this part of the variance,
    most : and no more than this many.
    """
    v = len(standards)
    total = units.households.sum()
    mean, moment = np.zeros(v), np.zeros((v, v))
    for part, rows in track(units.chunks(), "principal components", total=-(-len(units) // 8192)):
        z = standardised(rows, standards)
        w = (units.households[part] / total).astype(np.float32)
        mean += (w @ z).astype(np.float64)
        root = np.sqrt(w)[:, None] * z
        moment += root.T @ root
    covariance = moment - np.outer(mean, mean)
    whole = float(np.trace(covariance))
    k = min(most, v)
    values, vectors = eigh(covariance, subset_by_index=(v - k, v - 1))
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    enough = int(np.searchsorted(np.cumsum(values), variance * whole * (1 - 1e-9))) + 1
    axes = vectors[:, : min(enough, k)]
    largest = np.argmax(np.abs(axes), axis=0)
    axes = axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    return Components(tuple(standards), mean, np.ascontiguousarray(axes), values[: axes.shape[1]] / max(whole, 1e-12))
