"""The difference of two shares with its interval, and how many households it takes to find one."""

from __future__ import annotations

import math

from profiling.errors import MeasureError, Text
from profiling.measures import penetration_interval, two_shares_power

MOST = 10_000_000


def share_difference(
    k: int, n: int, k_other: int, n_other: int, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Difference of two independent shares with Newcombe's interval from the two Wilson intervals.

    Newcombe, R. G. (1998), "Interval estimation for the difference between independent proportions: comparison of
    eleven methods", Statistics in Medicine 17, 873–890; his method 10.

    Parameters
    ----------
    k, n, k_other, n_other : those of whom it is so, and all, in both groups.

    Returns
    -------
    difference, low, high : from -1 to 1.

    Raises
    ------
    MeasureError
        When a group is empty, or holds more of whom it is so than there are.
    """
    if n < 1 or n_other < 1:
        what = Text(
            "Een groep zonder huishoudens is niet te vergelijken", "a group without households cannot be compared"
        )
        raise MeasureError(what)
    low, high = (each / 100.0 for each in penetration_interval([k, k_other], [n, n_other], confidence=confidence))
    p, q = k / n, k_other / n_other
    under = math.sqrt((p - low[0]) ** 2 + (high[1] - q) ** 2)
    over = math.sqrt((high[0] - p) ** 2 + (q - low[1]) ** 2)
    return p - q, p - q - under, p - q + over


def households_needed(
    base: float, share: float, *, control: float = 0.5, power: float = 0.8, confidence: float = 0.95
) -> tuple[int, int] | None:
    """The smallest experiment that finds `share` against `base` with this power: households with, and control.

    Parameters
    ----------
    base, share : share in the control group, and with the action; 0 to 1.
    control : part of all households that is control group, between 0 and 1.

    Returns
    -------
    (n, n_control), or None where even ten million households are too few.

    Raises
    ------
    MeasureError
        When a share or part lies outside its range.
    """
    if not 0.0 < control < 1.0:
        raise MeasureError(
            Text(
                f"Een controlegroep van {control} is geen deel van de huishoudens: geef een getal tussen 0 en 1",
                f"a control group of {control} of the households is no part of them: give a number between 0 and 1",
            )
        )

    def groups(total: int) -> tuple[int, int]:
        without = max(round(total * control), 1)
        return max(total - without, 1), without

    def finds(total: int) -> bool:
        return bool(two_shares_power(share, base, *groups(total), confidence=confidence) >= power)

    low, high = 2, 4
    while not finds(high):
        low, high = high, high * 2
        if high > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if finds(middle) else (middle, high)
    return groups(high)
