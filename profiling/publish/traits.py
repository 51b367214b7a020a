"""Household traits of a profile: where its hard features differ from the base, as figures with a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.population.config import HardFeature
from profiling.profiles.disclosure import MINIMUM
from profiling.publish.figures import FIGURES_AMONG_KNOWN, LIMITS, as_rows, figures_among_known, hidden_cells
from profiling.publish.sketch_text import SENTENCES, index_sentence, median_sentence, titles
from profiling.vocabulary import LANGUAGES

SMALLEST_TRAIT_SHARE = 5.0
LEVELS_PER_TRAIT = 2
MEDIANS = ("median_profile", "median_base", "percentile")
TRAITS = (
    *("kind", "column", "nl", "en", "group", "level", "level_nl", "level_en", *MEDIANS),
    *("n", *FIGURES_AMONG_KNOWN, *SENTENCES),
)


@dataclass(frozen=True, eq=False)
class Traits:
    """Household traits from a random sample of the base: rows as in the sketch, and the sizes of the sample."""

    table: pd.DataFrame
    n_profile: int
    n_base: int


def summarise_traits(
    table: pd.DataFrame,
    member: NDArray[np.bool_],
    hard: Mapping[str, HardFeature],
    limits: tuple[float, float] = LIMITS,
) -> Traits:
    """Where the profile differs from the base in its hard features, the largest difference first.

    A number gets its median in both, and the percentile of the base at which the profile's median lies (50 = equal).
    Of classes, and of numbers with two values, up to two levels are given that are above average and that at least
    `SMALLEST_TRAIT_SHARE` % of the profile have. All differences are ordered by percentage points of households.

    Parameters
    ----------
    table : one row per household of a simple random sample of the base (or of all of it), the profile included.
    member : bool array of shape (n,), true for households of the profile.
    """
    rows: list[dict[str, Any]] = []
    for column, feature in hard.items():
        values = table[column]
        about = {"column": column, **titles(column, feature), "group": feature.group}
        if feature.kind == "numeric" and values.nunique() > 2:
            rows += _median(values.to_numpy(dtype=np.float64, na_value=np.nan), member, about)
        else:
            rows += _levels(values, member, about, feature, limits)
    rows.sort(key=lambda row: (-row.pop("distance"), row["column"], str(row["level"])))
    return Traits(pd.DataFrame(rows, columns=list(TRAITS)), int(np.count_nonzero(member)), len(member))


def _median(values: NDArray[np.float64], member: NDArray[np.bool_], about: dict[str, Any]) -> list[dict[str, Any]]:
    base, profile = values[~np.isnan(values)], values[member & ~np.isnan(values)]
    if len(profile) < MINIMUM:
        return []
    middle = float(np.median(profile))
    percentile = float(100.0 * ((base < middle).mean() + (base == middle).mean() / 2.0))
    row = {**about, "kind": "numeric", **dict.fromkeys(("level", "level_nl", "level_en", "n", *FIGURES_AMONG_KNOWN))}
    row |= dict(zip(MEDIANS, (middle, float(np.median(base)), percentile), strict=True))
    row |= {f"sentence_{each}": median_sentence(row, each) for each in LANGUAGES}
    return [{**row, "distance": abs(percentile - 50.0)}]


def _levels(
    values: pd.Series,
    member: NDArray[np.bool_],
    about: dict[str, Any],
    feature: HardFeature,
    limits: tuple[float, float],
) -> list[dict[str, Any]]:
    text = values.map(lambda each: f"{each:g}" if isinstance(each, float) else str(each), na_action="ignore")
    base = text.value_counts().sort_index()
    n = text[member].value_counts().reindex(base.index, fill_value=0)
    levels, whole = [str(each) for each in base.index], (int(n.sum()), int(base.sum()))
    cells = {("", level): (int(n[level]), int(base[level])) for level in levels}
    hidden = [level for _, level in hidden_cells({"": whole}, cells)]
    found = figures_among_known(n.to_numpy(), base.to_numpy(), *whole, limits).assign(level=levels, n=n.to_numpy())
    shown = found[(found["direction"] == "above") & (found["share_profile"] >= SMALLEST_TRAIT_SHARE)]
    shown = shown[~shown["level"].isin(hidden)]
    shown = shown.assign(distance=shown["share_profile"] - shown["share_base"]).nlargest(LEVELS_PER_TRAIT, "distance")
    rows = []
    for figures in as_rows(shown):
        row = {**about, "kind": "level", **dict.fromkeys(MEDIANS), **figures}
        label = feature.labels.get(row["level"])
        for each in LANGUAGES:
            row[f"level_{each}"] = getattr(label, each) if label else row["level"]
            row[f"sentence_{each}"] = index_sentence(row, f"{row[each]}: {row[f'level_{each}']}", limits, each)
        rows.append(row)
    return rows
