"""External validation: does a profile say the same of areas as figures that were made without it?

A good profile of, say, low literacy follows an outside figure of low literacy from area to area: high rank
correlation, slope near 1. A correlation above 0.95 is no triumph: figures per area are mostly estimated from the same
registers that describe the households, and then they agree because they are the same thing (circular). What is
counted here are definitions (penetration, index, their difference); the estimates are those of `correlation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling import measures
from profiling.errors import MeasureError
from profiling.evaluation.correlation import pearson_estimate, slope_estimate, spearman_estimate
from profiling.evaluation.figures import Figures
from profiling.evaluation.resampling import Estimate, Floats

CIRCULAR = 0.95
FEWEST_AREAS = 10
FEWEST_GEMEENTEN = 20


@dataclass(frozen=True)
class ExternalValidity:
    """A profile against outside figures.

    Parameters
    ----------
    spearman, pearson : correlation of penetration and figure over the matched areas.
    slope : b of figure = a + b·penetration, weighted by the figure's n (by households where it has none).
    relative_slope : the same with both as an index (100 = the mean of the matched areas): 1 = areas differ as much in
        the figure as in the profile, below 1 the profile differs more; nan where the mean figure is not above 0.
    table : per matched area, ordered by area: area, value, n, households, penetration (%), index_figure,
        index_profile, difference (index_profile - index_figure; above 0 the profile finds more there), residual
        (value minus the line of `slope`).
    matched : areas in both.
    only_figures, only_profile : codes that stand on one side only.
    covered : part of our households that live in matched areas, 0..1.
    drawn : what was drawn again for the intervals: "gemeente", or the level of the figures.
    circular : |r| or |rank correlation| above 0.95.
    notes : what a reader must know, each in Dutch ("nl") and English ("en").
    """

    spearman: Estimate
    pearson: Estimate
    slope: Estimate
    relative_slope: Estimate
    table: pa.Table
    matched: int
    only_figures: tuple[str, ...]
    only_profile: tuple[str, ...]
    covered: float
    drawn: str
    circular: bool
    notes: tuple[dict[str, str], ...]


def compare_external(
    figures: Figures, areas: pa.Table, year: int | None = None, *, replicates: int = 1000, seed: int = 0
) -> ExternalValidity:
    """Hold a profile against outside figures, area by area.

    Parameters
    ----------
    figures : `read_figures`.
    areas : one row per area of the same level: area (CBS code), households (counted or weighted) and profile
        (households of the profile, or expected ones: the sum of chances).
    year : the CBS year of our area codes.

    Raises
    ------
    MeasureError
        When fewer than 10 areas match (the message shows codes of both sides), or an area stands twice.
    """
    ours = areas.column("area").to_pylist()
    if len(set(ours)) < len(ours):
        raise MeasureError(f"{len(ours) - len(set(ours)):,} areas of the profile stand more than once")
    place = {code: row for row, code in enumerate(ours)}
    outside = figures.table.column("area").to_pylist()
    pairs = [(row, place[code]) for row, code in enumerate(outside) if code in place]
    only_figures = tuple(code for code in outside if code not in place)
    only_profile = tuple(sorted(set(ours) - set(outside)))
    if len(pairs) < FEWEST_AREAS:
        raise MeasureError(
            f"{len(pairs)} areas of {figures.where.name} ({', '.join(outside[:3])}, …) are among ours "
            f"({', '.join(sorted(ours)[:3])}, …): {FEWEST_AREAS} at least are needed",
            hint="check the level, and whether both sides have the codes of the same CBS year",
        )
    left, right = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    value, n = (_floats(figures.table, name)[left] for name in ("value", "n"))
    households, profile = (_floats(areas, name)[right] for name in ("households", "profile"))
    all_households = _floats(areas, "households").sum()
    full = households > 0
    left, value, n, households, profile = left[full], value[full], n[full], households[full], profile[full]
    penetration = measures.penetration(profile, households)
    weight = n if np.isfinite(n).all() and n.sum() > 0 else households
    codes = np.array([outside[row] for row in left.tolist()], dtype=np.str_)
    drawn, blocks = _blocks(codes, figures.level)
    shared: dict[str, Any] = {"replicates": replicates, "seed": seed}
    spearman = spearman_estimate(penetration, value, blocks, **shared)
    pearson = pearson_estimate(penetration, value, blocks, **shared)
    slope = slope_estimate(penetration, value, blocks, weight=weight, **shared)
    centre, mean = float(np.average(penetration, weights=weight)), float(np.average(value, weights=weight))
    ratio = centre / mean if mean > 0 else float("nan")
    relative = Estimate(slope.value * ratio, slope.low * ratio, slope.high * ratio, slope.n)
    index_figure = 100.0 * value / mean if mean > 0 else np.full(len(value), np.nan)
    index_profile = measures.index(profile, households)
    table = pa.table(
        {
            "area": pa.array(codes.tolist(), pa.string()),
            "value": value,
            "n": n,
            "households": households,
            "penetration": penetration,
            "index_figure": index_figure,
            "index_profile": index_profile,
            "difference": index_profile - index_figure,
            "residual": value - (mean + slope.value * (penetration - centre)),
        }
    ).sort_by("area")
    circular = max(abs(pearson.value), abs(spearman.value)) > CIRCULAR
    notes = [
        *([_circular(pearson.value)] if circular else []),
        *_about_years(figures, year),
        *([_unmatched(len(only_figures), len(outside), figures.level)] if only_figures else []),
    ]
    return ExternalValidity(
        spearman,
        pearson,
        slope,
        relative,
        table,
        len(codes),
        only_figures,
        only_profile,
        float(households.sum() / all_households),
        drawn,
        circular,
        tuple(notes),
    )


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)


def _blocks(codes: NDArray[np.str_], level: str) -> tuple[str, NDArray[np.str_]]:
    """Gemeenten, which their wijken's codes name, where there are enough of them to draw; else the areas."""
    gemeenten = np.array([code[2:6] for code in codes.tolist()], dtype=np.str_)
    if level != "gemeente" and len(set(gemeenten.tolist())) >= FEWEST_GEMEENTEN:
        return "gemeente", gemeenten
    return level, codes


def _circular(r: float) -> dict[str, str]:
    return {
        "nl": f"Let op: de correlatie is {r:.2f}. Zo hoog wordt zij alleen als de cijfers uit dezelfde bronnen zijn "
        "gemaakt als het profiel. Dit is dan geen bewijs: zoek uit hoe de cijfers zijn gemaakt.",
        "en": f"Beware: the correlation is {r:.2f}. It only gets this high when the figures were made from the same "
        "sources as the profile. Then this proves nothing: find out how the figures were made.",
    }


def _about_years(figures: Figures, year: int | None) -> list[dict[str, str]]:
    if figures.year is None or year is None:
        return [
            {
                "nl": "Van welk jaar de gebiedscodes zijn, is niet van beide kanten bekend.",
                "en": "The year of the area codes is not known on both sides.",
            }
        ]
    if figures.year == year:
        return []
    return [
        {
            "nl": f"De cijfers hebben gebiedscodes van {figures.year}, het profiel van {year}: heringedeelde gebieden "
            "vallen weg, of zijn onder dezelfde code een ander gebied.",
            "en": f"The figures have area codes of {figures.year}, the profile of {year}: redrawn areas drop out, or "
            "are another area under the same code.",
        }
    ]


def _unmatched(left: int, total: int, level: str) -> dict[str, str]:
    return {
        "nl": f"{left} van de {total} gebieden ({level}) in de cijfers komen bij ons niet voor.",
        "en": f"{left} of the {total} areas ({level}) in the figures do not occur with us.",
    }
