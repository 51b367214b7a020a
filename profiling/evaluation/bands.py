"""Precision and AUC, corrected for the true households among the unlabelled: a band over the class size, not a number.

What part π of the base truly belongs to the group is not known from reference households alone. With held-out
reference households that are a fair sample of the group, and a base that holds a part π of it,

    precision(d) = π · capture(d) / d                      AUC = (AUL - π/2) / (1 - π)

where AUL, the area under the lift chart, is the AUC of the reference households against the *base*. Where a part α
of the reference households is dirt (households of the others, drawn from them like any other),

    capture(d) = [(1 - π)·capture'(d) - α·d] / (1 - α - π)      AUC = (AUL' - (α + π)/2) / (1 - α - π)

of which the first line is the case α = 0. Menon, van Rooyen, Ong & Williamson (2015), Learning from corrupted binary
labels via class-probability estimation, ICML; Jain, White & Radivojac (2017), Recovering true classifier performance
in positive-unlabeled learning, AAAI (arXiv:1702.00518). Not corrected: reference households that are *not* a fair
sample (see `sensitivity.py`), and dirt that looks like the group more than the others do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from profiling.errors import MeasureError
from profiling.evaluation.resampling import Estimate


@dataclass(frozen=True)
class Band:
    """A measure over the interval of the class size, with the interval of sampling carried along.

    Parameters
    ----------
    measure : its name.
    class_size : lowest and highest part of the base that may belong to the group.
    at_low, at_high : the measure at these two, each with its interval; in between it rises from the one to the other
        (where capture is at least the depth).
    clipped : the highest class size makes the measure impossible (above 1), and it was cut off at 1: the class size
        must be smaller, or the reference households are no fair sample.
    """

    measure: str
    class_size: tuple[float, float]
    at_low: Estimate
    at_high: Estimate
    clipped: bool

    @property
    def low(self) -> float:
        """Lowest end of the two intervals."""
        return float(np.fmin(self.at_low.low, self.at_high.low))

    @property
    def high(self) -> float:
        """Highest end of the two intervals."""
        return float(np.fmax(self.at_low.high, self.at_high.high))

    def __str__(self) -> str:
        low, high = sorted((self.at_low.value, self.at_high.value))
        sizes = " to ".join(f"{100 * each:.3g} %" for each in self.class_size)
        return f"{self.measure} {low:.3f} to {high:.3f} for a class size of {sizes} ({self.low:.3f} to {self.high:.3f})"


def precision_band(capture: Estimate, depth: float, class_size: tuple[float, float], dirt: float = 0.0) -> Band:
    """Part of the profile's households that truly belong to the group.

    Parameters
    ----------
    capture : of held-out reference households at `depth`, with its interval (`capture_estimate`).
    depth : part of the base, 0 < depth <= 1.
    class_size : lowest and highest part of the base that may belong to the group, within 0..1; equal when it is known.
    dirt : part of the reference households that do not belong to the group, 0 <= dirt < 1 - class size.

    Raises
    ------
    MeasureError
        When depth, class size or dirt lie outside their range.
    """
    if not 0.0 < depth <= 1.0:
        raise MeasureError(f"depth {depth} is not a part of the base: expected above 0 and at most 1")

    def precision(seen: float, size: float) -> float:
        return size * ((1.0 - size) * seen - dirt * depth) / (1.0 - dirt - size) / depth

    return _band("precision", capture, precision, class_size, dirt)


def auc_band(area: Estimate, class_size: tuple[float, float], dirt: float = 0.0) -> Band:
    """AUC of the true group against the others.

    Parameters
    ----------
    area : area under the lift chart of held-out reference households (`area_under_lift_estimate`).
    class_size, dirt : as in `precision_band`.

    Raises
    ------
    MeasureError
        When class size or dirt lie outside their range.
    """

    def auc(seen: float, size: float) -> float:
        return (seen - (dirt + size) / 2.0) / (1.0 - dirt - size)

    return _band("AUC", area, auc, class_size, dirt)


def largest_class_size(capture: Estimate, depth: float) -> Estimate:
    """The largest class size that the capture at this depth allows: depth ÷ capture, where precision would be 1.

    A group of which a part G stands within depth d is at most a part d ÷ G of the base (the bound of mixture
    proportion estimation: Blanchard, Lee & Scott 2010, Semi-supervised novelty detection, JMLR 11), at most 1. Holds
    for reference households that are a fair sample of the group.
    """
    ends = (capture.value, capture.high, capture.low)
    value, low, high = (min(1.0, depth / each) if each > 0 else 1.0 for each in ends)
    return Estimate(value, low, high, capture.n)


def _band(
    name: str, seen: Estimate, corrected: Callable[[float, float], float], sizes: tuple[float, float], dirt: float
) -> Band:
    low, high = sizes
    if not 0.0 <= low <= high < 1.0:
        raise MeasureError(
            f"class size {low:g} to {high:g} is no interval of parts of the base",
            hint="give the lowest and the highest, both at least 0 and below 1",
        )
    if not 0.0 <= dirt < 1.0 - high:
        raise MeasureError(
            f"dirt of {dirt:g} with a class size of up to {high:g}: together they must stay below 1",
            hint="beyond that the reference households would look like the group less than the others do",
        )

    def at(size: float) -> Estimate:
        value, bottom, top = np.clip([corrected(each, size) for each in (seen.value, seen.low, seen.high)], 0.0, 1.0)
        return Estimate(float(value), float(bottom), float(top), seen.n)

    return Band(name, sizes, at(low), at(high), clipped=corrected(seen.value, high) > 1.0 + 1e-9)
