"""The measures, each defined once. Counts of households in, plain floats out; they work cell by cell.

Counts may be weighted (float) except where `n` is asked for: an interval is about households that were counted,
never about weights.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from profiling.errors import MeasureError

Floats = NDArray[np.float64]
CLASSES = ("below", "average", "above")


def penetration(profile: ArrayLike, base: ArrayLike) -> Floats:
    """Profile households per hundred households of the cell.

    Parameters
    ----------
    profile, base : array of shape (n_cells,)
        Households of the profile and of the base in each cell, counted or weighted; the profile is part of the base.

    Returns
    -------
    float array of shape (n_cells,)
        Per cent, from 0 to 100; nan where the cell is empty.

    Raises
    ------
    MeasureError
        Where a count is negative or not a number, or a cell holds more profile than base households.
    """
    part, whole = _parts(profile, base)
    return 100.0 * _ratio(part, whole)


def share(cell: ArrayLike) -> Floats:
    """What part of the profile (or of the base) lives in each cell.

    Parameters
    ----------
    cell : array of shape (n_cells,)
        Households in each cell; the cells together are the whole.

    Returns
    -------
    float array of shape (n_cells,)
        Per cent, together 100; nan when the whole is empty.

    Raises
    ------
    MeasureError
        Where a count is negative or not a number.
    """
    counts = _counts(cell, "cell")
    return 100.0 * _ratio(counts, counts.sum())


def index(
    profile: ArrayLike, base: ArrayLike, *, all_profile: float | None = None, all_base: float | None = None
) -> Floats:
    """Over- or under-representation of the profile per cell, 100 = as in the base.

    100 × penetration of the cell ÷ penetration of the base, which is 100 × share of the profile ÷ share of the base.

    Parameters
    ----------
    profile, base : array of shape (n_cells,)
        Households of the profile and of the base in each cell, counted or weighted; the profile is part of the base.
    all_profile, all_base : float
        The same for the base as a whole. The sums over the cells when left out; give them where the cells are not
        the whole base (one gemeente compared with the country).

    Returns
    -------
    float array of shape (n_cells,)
        Index points, 0 or more; nan where the cell is empty or the base holds no profile household.

    Raises
    ------
    MeasureError
        Where a cell, or the whole, holds more profile than base households.
    """
    part, whole = _parts(profile, base)
    overall = _ratio(*_totals(part, whole, all_profile, all_base))
    return 100.0 * _ratio(_ratio(part, whole), overall)


def penetration_interval(profile: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval of the penetration.

    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, 209–212.

    Parameters
    ----------
    profile, n : array of shape (n_cells,)
        Counted (unweighted) households: of the profile, and all of the cell.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : float arrays of shape (n_cells,)
        Per cent, within 0 to 100; nan where the cell is empty.

    Raises
    ------
    MeasureError
        Where a cell holds more profile than base households, or `confidence` lies outside (0, 1).
    """
    _check_confidence(confidence)
    found, total = _parts(profile, n)
    z = _z(confidence)
    rate = _ratio(found, total)
    spread = _ratio(z * z, total)
    middle = (rate + spread / 2.0) / (1.0 + spread)
    half = np.sqrt(spread * rate * (1.0 - rate) + spread * spread / 4.0) / (1.0 + spread)
    # At 0 and n the bound is 0 and 100 exactly; the formula leaves a rounding error there.
    low = np.where(found == 0, np.where(total == 0, np.nan, 0.0), np.maximum(middle - half, 0.0))
    high = np.where(found == total, np.where(total == 0, np.nan, 1.0), np.minimum(middle + half, 1.0))
    return 100.0 * low, 100.0 * high


def index_interval(
    profile: ArrayLike,
    n: ArrayLike,
    *,
    all_profile: float | None = None,
    all_n: float | None = None,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Wilson's interval of the penetration, expressed in index points.

    What it says: were this cell's households a draw from a larger group of their kind, then the index of that group
    would lie in here (95 of 100 times). The penetration of the base is taken as fixed, which is right for a base far
    larger than the cell, and makes the interval a little too wide for a cell that is most of the base. It does *not*
    hold the doubt about the model or the reference group.

    Parameters
    ----------
    profile, n : array of shape (n_cells,)
        Counted (unweighted) households: of the profile, and all of the cell.
    all_profile, all_n : float
        The same for the base as a whole; the sums over the cells when left out.

    Returns
    -------
    low, high : float arrays of shape (n_cells,)
        Index points; nan where the cell is empty or the base holds no profile household.

    Raises
    ------
    MeasureError
        As `index` and `penetration_interval`.
    """
    found, total = _parts(profile, n)
    overall = 100.0 * _ratio(*_totals(found, total, all_profile, all_n))
    low, high = penetration_interval(found, total, confidence=confidence)
    return 100.0 * _ratio(low, overall), 100.0 * _ratio(high, overall)


def capture(found: ArrayLike, total: ArrayLike) -> Floats:
    """Part of a group that lies within the depth (also called gains or recall).

    Parameters
    ----------
    found, total : array of any one shape
        Households of the group within the depth, and all of them; counted or weighted.

    Returns
    -------
    float array of the same shape
        From 0 to 1; nan where the group is empty.

    Raises
    ------
    MeasureError
        Where more are found than there are.
    """
    return _ratio(*_parts(found, total))


def lift(found: ArrayLike, selected: ArrayLike, total: ArrayLike, everyone: ArrayLike) -> Floats:
    """How many times more often a group occurs within the depth than overall.

    Parameters
    ----------
    found, selected : array of any one shape
        Households of the group, and all households, within the depth.
    total, everyone : array of the same shape, or a number
        Households of the group, and all households, overall.

    Returns
    -------
    float array of the same shape
        0 or more, 1 = no better than chance; nan where the depth or the group is empty.

    Raises
    ------
    MeasureError
        Where a part is larger than its whole.
    """
    _parts(found, total)
    _parts(selected, everyone)
    return _ratio(_ratio(*_parts(found, selected)), _ratio(*_parts(total, everyone)))


def map_class(
    value: ArrayLike, low: ArrayLike, high: ArrayLike, limits: tuple[float, float] = (80.0, 120.0)
) -> NDArray[np.object_]:
    """Below, average or above: the class in which a cell is drawn.

    Average where the interval holds 100, or where the index lies within the limits, the limits themselves included.

    Parameters
    ----------
    value, low, high : float array of shape (n_cells,)
        Index and its interval.
    limits : (float, float)
        Lowest and highest index that is still average; around 100.

    Returns
    -------
    array of str or None, shape (n_cells,)
        "below", "average", "above"; None where the index or its interval is nan.

    Raises
    ------
    MeasureError
        When the limits do not lie around 100, or an interval stands upside down.
    """
    if not limits[0] <= 100.0 <= limits[1]:
        raise MeasureError(f"map limits {limits[0]:g} and {limits[1]:g} do not lie around 100")
    at, bottom, top = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (value, low, high)))
    if np.any(bottom > top):
        raise MeasureError(f"{int(np.sum(bottom > top))} intervals have a low above their high")
    classes = np.full(at.shape, "average", dtype=object)
    classes[(at < limits[0]) & (top < 100.0)] = "below"
    classes[(at > limits[1]) & (bottom > 100.0)] = "above"
    classes[np.isnan(at) | np.isnan(bottom) | np.isnan(top)] = None
    return classes


def psi(expected: ArrayLike, actual: ArrayLike) -> float:
    """Population stability index: how far a distribution has moved; the sum of (a − e) · ln(a / e) over shares.

    Siddiqi, N. (2006), "Credit Risk Scorecards", Wiley. His rule of thumb: below 0.1 hardly, above 0.25 a lot.
    A cell that is empty on one side counts as half a household there, so that the result stays finite.

    Parameters
    ----------
    expected, actual : array of shape (n_cells,)
        Households per cell before and after; the totals may differ.

    Returns
    -------
    float
        0 or more; 0 when the shares are the same.

    Raises
    ------
    MeasureError
        When the cells differ in number, or one side is empty.
    """
    before, after = _counts(expected, "expected"), _counts(actual, "actual")
    if before.shape != after.shape:
        raise MeasureError(f"expected has {before.size} cells and actual has {after.size}")
    if not before.sum() or not after.sum():
        raise MeasureError("a distribution without households cannot be compared")
    used = (before > 0) | (after > 0)
    e, a = (np.where(side[used] == 0, 0.5, side[used]) for side in (before, after))
    e, a = e / e.sum(), a / a.sum()
    return float(np.sum((a - e) * np.log(a / e)))


def two_shares_power(
    share: ArrayLike, other: ArrayLike, n: ArrayLike, n_other: ArrayLike, *, confidence: float = 0.95
) -> Floats:
    """Chance that a two-sided test finds the difference between two shares, such as a mailing and its control group.

    Normal approximation without continuity correction: Fleiss, J. L., Levin, B. and Paik, M. C. (2003), "Statistical
    Methods for Rates and Proportions", 3rd ed., Wiley, section 4.3 and exercise 4.3 for unequal groups.

    Parameters
    ----------
    share, other : true shares, from 0 to 1; arrays of one shape or numbers.
    n, n_other : households in the two groups.

    Returns
    -------
    float array of the same shape
        From 0 to 1; nan where a group is empty. Both tails count: for equal shares it is 1 − confidence.

    Raises
    ------
    MeasureError
        Where a share lies outside [0, 1], a count is negative, or `confidence` outside (0, 1).
    """
    _check_confidence(confidence)
    p, q, a, b = (np.asarray(each, dtype=np.float64) for each in (share, other, n, n_other))
    if np.any((p < 0) | (p > 1) | (q < 0) | (q > 1)):
        raise MeasureError("a share lies outside 0 and 1")
    _counts(a, "n"), _counts(b, "n_other")
    z = _z(confidence)
    together = _ratio(p * a + q * b, a + b)
    same = z * np.sqrt(together * (1 - together) * (_ratio(1, a) + _ratio(1, b)))
    spread = np.sqrt(p * (1 - p) * _ratio(1, a) + q * (1 - q) * _ratio(1, b))
    gap = np.abs(p - q)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = norm.cdf((gap - same) / spread) + norm.cdf((-gap - same) / spread)
    certain = np.where(gap > same, 1.0, 0.0)
    return np.asarray(np.where(spread == 0, certain, power), dtype=np.float64)


def detectable_share(base: float, n: int, n_control: int, *, power: float = 0.8, confidence: float = 0.95) -> float:
    """The smallest share above `base` that would be found with this power: what a test-and-learn can tell at all.

    Parameters
    ----------
    base : share in the control group, from 0 to 1.
    n, n_control : households that get something, and that do not.

    Returns
    -------
    float
        Share between `base` and 1; nan when no share can be found, or a group is empty.

    Raises
    ------
    MeasureError
        As `two_shares_power`.
    """
    if not n or not n_control or not two_shares_power(1.0, base, n, n_control, confidence=confidence) >= power:
        return float("nan")
    low, high = base, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        if two_shares_power(middle, base, n, n_control, confidence=confidence) >= power:
            high = middle
        else:
            low = middle
    return high


@cache
def _z(confidence: float) -> float:
    """How many standard deviations hold so much of a normal distribution."""
    return float(norm.ppf(0.5 + confidence / 2.0))


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise MeasureError(f"confidence {confidence} is not between 0 and 1")


def _ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    top, bottom = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    ratio: Floats = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=ratio, where=bottom != 0)
    return ratio


def _counts(values: ArrayLike, name: str) -> Floats:
    counts = np.asarray(values, dtype=np.float64)
    wrong = ~(np.isfinite(counts) & (counts >= 0))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise MeasureError(
            f"'{name}' holds {int(wrong.sum())} counts that are negative or not a number "
            f"(first: cell {place}, {counts.flat[place]:g})"
        )
    return counts


def _parts(profile: ArrayLike, base: ArrayLike) -> tuple[Floats, Floats]:
    part, whole = np.broadcast_arrays(_counts(profile, "profile"), _counts(base, "base"))
    # Weighted sums over the same households may differ in their last digits by the order of adding.
    wrong = part > whole * (1.0 + 1e-9)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise MeasureError(
            f"{int(wrong.sum())} cells hold more profile than base households "
            f"(first: cell {place}, {part.flat[place]:g} of {whole.flat[place]:g})"
        )
    return np.minimum(part, whole), whole


def _totals(part: Floats, whole: Floats, all_part: float | None, all_whole: float | None) -> tuple[Floats, Floats]:
    return _parts(part.sum() if all_part is None else all_part, whole.sum() if all_whole is None else all_whole)
