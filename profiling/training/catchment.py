"""Where a reference group can come from: the areas that its source covers.

A lending export of seven libraries holds no households from elsewhere. Contrasted with the whole country a model
learns where those seven libraries are: on a simulated 8.2 million households it then found fewer held-out reference
households than the segment index does. So the unlabelled are drawn from the areas that the source covers, and the
few reference households outside them (movers, borrowers from afar) are left out of the contrast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

LOWEST_RATE = 0.1


@dataclass(frozen=True)
class Catchment:
    """The areas that a source covers, the households in them, and the reference households outside them."""

    areas: tuple[str, ...]
    n_households: int
    n_outside: int


def find_catchment(households: Mapping[str, int], found: Mapping[str, int]) -> Catchment:
    """Areas whose rate of reference households is at least a tenth of the usual rate.

    The usual rate is that of the area in which the median reference household lives, areas ordered by their rate; a
    stray household in a large area stays far below it, and a small area of a library that takes part does not.

    Parameters
    ----------
    households : area → all its households.
    found : area → its reference households.
    """
    codes = sorted(code for code, n in found.items() if n > 0)
    counts = np.array([found[code] for code in codes], dtype=np.float64)
    rates = counts / np.array([households[code] for code in codes])
    order = np.argsort(-rates, kind="stable")
    middle = int(np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2.0))
    usual = float(rates[order][middle])
    inside = [code for code, rate in zip(codes, rates.tolist(), strict=True) if rate >= LOWEST_RATE * usual]
    return Catchment(
        areas=tuple(inside),
        n_households=sum(households[code] for code in inside),
        n_outside=sum(found.values()) - sum(found[code] for code in inside),
    )
