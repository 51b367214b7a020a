"""Do the scores of an area's households add up to what is found there? Expected against observed, area by area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.resampling import Estimate, Floats, area_numbers

MOST_STEPS = 100


@dataclass(frozen=True)
class Calibration:
    """Expected against observed.

    Parameters
    ----------
    areas : table with area, rows, expected, observed, ratio (observed ÷ expected; nan where nothing is expected).
    ratio : observed ÷ expected of all areas together, before they were brought to the same total.
    slope : b of log(observed) = a + b·log(expected); below 1 the model exaggerates differences between areas, above
        1 it flattens them.
    """

    areas: pa.Table
    ratio: float
    slope: Estimate


def area_calibration(
    chance: Floats, positive: NDArray[Any], areas: NDArray[Any], weight: Floats | None = None
) -> Calibration:
    """Compare per area, on held-out areas.

    Expected is the sum of the scores of an area's rows, brought to the observed total: what part of the true group is
    known is not (Elkan & Noto 2008), so that only the *distribution* over areas can be judged. The slope is that of a
    Poisson regression of the counts on log expected (the calibration slope of Cox 1958, Two further applications of a
    model for binary regression, Biometrika 45, on the log scale), with quasi-Poisson intervals (value ± 1.96 standard
    errors, dispersion of at least 1).

    Parameters
    ----------
    chance : float array of shape (n,)
        Probability scores of held-out rows, reference and unlabelled alike; not negative.
    positive : bool array of shape (n,)
        Whether the row is of the reference group.
    areas : str array of shape (n,)
    weight : float array of shape (n,), optional

    Raises
    ------
    MeasureError
        When lengths differ, a score is negative or not a number, nothing is expected or observed, or the areas are
        fewer than three or all expect the same.
    """
    scores = np.asarray(chance, dtype=np.float64)
    weights = np.ones(len(scores)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(scores) == len(positive) == len(areas) == len(weights):
        raise MeasureError(f"lengths differ: {len(scores)} scores, {len(positive)} labels, {len(areas)} areas")
    if not (scores >= 0).all():
        raise MeasureError("a score is negative or not a number: calibration needs probabilities")
    codes, numbers = area_numbers(areas)
    rows = np.bincount(numbers, minlength=len(codes))
    expected: Floats = np.bincount(numbers, scores * weights, minlength=len(codes)).astype(np.float64)
    counted = weights * np.asarray(positive).astype(bool)
    observed: Floats = np.bincount(numbers, counted, minlength=len(codes)).astype(np.float64)
    if not (expected.sum() > 0 and observed.sum() > 0):
        raise MeasureError("nothing is expected or nothing observed: there is nothing to compare")
    ratio = float(observed.sum() / expected.sum())
    expected = expected * ratio
    ratios = np.divide(observed, expected, out=np.full(len(codes), np.nan), where=expected > 0)
    table = pa.table(
        {
            "area": pa.array(codes.tolist(), pa.string()),
            "rows": rows,
            "expected": expected,
            "observed": observed,
            "ratio": ratios,
        }
    )
    return Calibration(table, ratio, _slope(expected, observed))


def _slope(expected: Floats, observed: Floats) -> Estimate:
    kept = expected > 0
    x, counts = np.log(expected[kept]), observed[kept]
    if len(x) < 3 or np.ptp(x) < 1e-9:
        raise MeasureError(
            f"a slope over {len(x)} areas cannot be found", hint="hold out at least three areas that differ"
        )
    middle = float(np.average(x, weights=np.exp(x)))
    design = np.column_stack([np.ones(len(x)), x - middle])
    beta = np.array([np.log(counts.sum() / np.exp(x - middle).sum()), 1.0])
    for _ in range(MOST_STEPS):
        mean = np.exp(design @ beta)
        information = design.T @ (design * mean[:, None])
        step = np.linalg.solve(information, design.T @ (counts - mean))
        beta += np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-12:
            break
    mean = np.exp(design @ beta)
    dispersion = max(1.0, float(((counts - mean) ** 2 / mean).sum() / (len(x) - 2)))
    error = 1.96 * np.sqrt(dispersion * np.linalg.inv(design.T @ (design * mean[:, None]))[1, 1])
    return Estimate(float(beta[1]), float(beta[1] - error), float(beta[1] + error), n=round(float(counts.sum())))
