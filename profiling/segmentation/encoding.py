"""From a household's features to variables that can be averaged: numbers as they are, classes as yes or no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.errors import SegmentationError, did_you_mean
from profiling.population.config import HardFeature, SoftFeature
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.segmentation.config import HouseholdSource
from profiling.segmentation.units import Variable

RARE = 0.002
MOST_LEVELS = 60
SAMPLE = 200_000
FACET_OF = {
    "economic": ("inkomen", "werk", "opleiding", "money", "work", "education", "people"),
    "demography": ("leeftijd", "gezin", "age", "family"),
    "leisure": ("hobby", "hobbies", "buying", "interests", "lifestyle", "mentality"),
    "media": ("media",),
}


@dataclass(frozen=True)
class FeatureCode:
    """How one feature becomes variables: a number as it is or in bands, classes one by one, an interest as yes or no.

    Parameters
    ----------
    levels : classes in order; empty for a number.
    bands : inner limits of the bands of a number; empty for none.
    above : of an interest, from where on a household has it; None for hard features.
    """

    feature: str
    variables: tuple[Variable, ...]
    levels: tuple[str, ...] = ()
    bands: tuple[float, ...] = ()
    above: float | None = None

    def encode(self, column: pa.Array) -> NDArray[np.float32]:
        """Values of shape (n, len(variables)); a whole row is nan where the feature is missing."""
        if self.levels:
            code = pc.index_in(column.cast(pa.string()), value_set=pa.array(self.levels)).fill_null(-1).to_numpy()
            known = ~column.is_null().to_numpy(zero_copy_only=False)
            out: NDArray[np.float32] = (code[:, None] == np.arange(len(self.levels))).astype(np.float32)
            out[~known] = np.nan
            return out
        value = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        if self.above is not None:
            has = np.where(np.isnan(value), np.nan, value > self.above)
            return np.asarray(has, dtype=np.float32)[:, None]
        if not self.bands:
            return np.asarray(value, dtype=np.float32)[:, None]
        band = np.searchsorted(np.array(self.bands), value, side="right")
        shares: NDArray[np.float32] = (band[:, None] == np.arange(len(self.bands) + 1)).astype(np.float32)
        shares[np.isnan(value)] = np.nan
        return np.column_stack([value.astype(np.float32), shares])


def learn_codes(
    store: HouseholdStore, source: HouseholdSource, facets: Mapping[str, Sequence[str]]
) -> tuple[FeatureCode, ...]:
    """Which variables the features of a population give; levels and bands are read from its households.

    A class that fewer than 1 in 500 households have gives no variable of its own.

    Raises
    ------
    SegmentationError
        When an asked feature does not exist, or a class has too many levels to be one.
    """
    config = store.population.config
    soft = {name: (channel, each) for channel, features in config.soft.items() for name, each in features.items()}
    known = [*config.hard, *soft]
    faults = [
        f"'{name}' under {key} is not a feature of the population{did_you_mean(name, known)}"
        for key, names in (("variables", source.variables), ("leave_out", source.leave_out))
        for name in names
        if name not in known
    ]
    chosen = [name for name in (source.variables or known) if name not in source.leave_out and name in known]
    classes = [name for name in chosen if name in config.hard and config.hard[name].kind != "numeric"]
    levels, limits = _look(store, classes, [name for name in chosen if name in config.hard], source.bands)
    faults += [f"'{name}' has {len(levels[name])} classes" for name in classes if len(levels[name]) > MOST_LEVELS]
    if not faults and len(chosen) < 2:
        faults = [f"{len(chosen)} features are left"]
    if faults:
        hint = "correct 'variables' and 'leave_out'"
        raise SegmentationError("features cannot be used", where=store.population.path, faults=faults, hint=hint)
    found = []
    for name in chosen:
        if name in soft:
            channel, interest = soft[name]
            found.append(_interest(name, interest, facet_of(channel, facets)))
        else:
            feature = config.hard[name]
            facet = facet_of(feature.group, facets)
            found.append(_hard(name, feature, facet, levels.get(name, []), limits.get(name, ())))
    return tuple(each for each in found if each.variables)


def codes_to_data(codes: Sequence[FeatureCode]) -> list[dict[str, Any]]:
    """Feature codes as plain data."""
    return [asdict(code) for code in codes]


def codes_from_data(said: Sequence[Mapping[str, Any]]) -> tuple[FeatureCode, ...]:
    """Feature codes from what `codes_to_data` gave."""
    return tuple(
        FeatureCode(
            feature=each["feature"],
            variables=tuple(Variable(**variable) for variable in each["variables"]),
            levels=tuple(each["levels"]),
            bands=tuple(each["bands"]),
            above=each["above"],
        )
        for each in said
    )


def facet_of(group: str, facets: Mapping[str, Sequence[str]]) -> str:
    """The facet of the fact sheet that a group of features or a channel belongs to; environment when nothing says."""
    for facet, groups in (*facets.items(), *FACET_OF.items()):
        if group in groups:
            return facet
    return "environment"


def _interest(name: str, interest: SoftFeature, facet: str) -> FeatureCode:
    nl = interest.nl or name
    return FeatureCode(name, (Variable(name, name, "share", facet, nl, interest.en or nl),), above=interest.above)


def _hard(name: str, feature: HardFeature, facet: str, levels: Sequence[str], bands: tuple[float, ...]) -> FeatureCode:
    nl, en = feature.nl or name, feature.en or feature.nl or name
    if feature.kind != "numeric":
        variables = []
        for level in levels:
            label = feature.labels.get(level)
            says = (label.nl, label.en) if label else (level, level)
            kind = "class" if feature.kind == "categorical" else "step"
            title = (f"{nl}: {says[0]}", f"{en}: {says[1]}")
            variables.append(Variable(f"{name}={level}", name, kind, facet, *title, 1.0 - 1.0 / max(len(levels), 2)))
        return FeatureCode(name, tuple(variables), levels=tuple(levels))
    edges = (*bands, np.inf)
    part = 1.0 / (1 + len(edges)) if bands else 1.0
    mean = Variable(name, name, "mean", facet, nl, en, part)
    shares = [
        Variable(f"{name}<{edge:g}", name, "band", facet, f"{nl} (band {at + 1})", f"{en} (band {at + 1})", part)
        for at, edge in enumerate(edges if bands else ())
    ]
    return FeatureCode(name, (mean, *shares), bands=bands)


def _look(
    store: HouseholdStore, classes: list[str], hard: list[str], bands: int
) -> tuple[dict[str, list[str]], dict[str, tuple[float, ...]]]:
    """Levels of the classes, and limits of the bands of the numbers, from a sample of the households."""
    config = store.population.config
    numbers = [name for name in hard if config.hard[name].kind == "numeric"] if bands else []
    seen: dict[str, Counter[str]] = {name: Counter() for name in classes}
    sample: dict[str, list[NDArray[np.float64]]] = {name: [] for name in numbers}
    limit = np.uint64(min(1.0, SAMPLE / store.n_households) * (2**64 - 2**11))
    for batch in store.batches(["household_id", *classes, *numbers], text="reading classes"):
        for name in classes:
            for each in pc.value_counts(batch.column(name).cast(pa.string()).drop_null()).to_pylist():
                seen[name][each["values"]] += each["counts"]
        if numbers:
            keep = pa.array(hash_keys(batch.column("household_id"), "bands") <= limit)
            for name in numbers:
                kept = batch.column(name).filter(keep).drop_null().cast(pa.float64())
                sample[name].append(kept.to_numpy(zero_copy_only=False))
    levels = {}
    for name, counts in seen.items():
        common = {level for level, n in counts.items() if n >= RARE * counts.total()}
        order = config.hard[name].levels or tuple(sorted(common))
        levels[name] = [level for level in order if level in common]
    steps = np.arange(1, bands) / bands if bands else np.array([])
    limits = {}
    for name, parts in sample.items():
        values = np.concatenate(parts) if parts else np.array([])
        inner = np.unique(np.quantile(values, steps)) if len(values) else np.array([])
        limits[name] = tuple(inner.tolist()) if len(inner) > 1 else ()
    return levels, limits
