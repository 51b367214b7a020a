"""Find a segmentation: standardise, reduce, cluster on two levels, give codes and names, and measure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.errors import SegmentationError
from profiling.population.config import Title
from profiling.segmentation.agreement import weight_of
from profiling.segmentation.clustering import Clusters, find_clusters
from profiling.segmentation.codes import Positions, code_names, keep_codes, positions, refreshed
from profiling.segmentation.components import fit_components
from profiling.segmentation.config import SegmentationConfig
from profiling.segmentation.naming import as_proposal, propose_names
from profiling.segmentation.segmentation import Segmentation, make_scheme
from profiling.segmentation.separation import differences, separation
from profiling.segmentation.stability import measure_stability
from profiling.segmentation.standards import fit_standards
from profiling.segmentation.units import Units

Floats = NDArray[np.float64]


def fit(units: Units, config: SegmentationConfig, *, previous: Segmentation | None = None) -> Segmentation:
    """Find main and sub segments of units, weighted by their households.

    Letters stand for wealth (A the least), numbers within a letter for life phase (the youngest first). With a
    previous segmentation, codes are those of the old segments that the new ones share most households with.

    Raises
    ------
    SegmentationError
        When there are too few units, an axis names no variable, or limits of size cannot be held.
    """
    standards = fit_standards(units, config.model.scaling)
    axes = positions(units, standards, config.axes)
    components = fit_components(units, standards, variance=config.model.variance, most=config.model.components)
    places = components.places(units)
    found = find_clusters(places, units.households, config.model, config.seed)
    n_main, n_sub = config.model.main, config.model.sub
    sub_age, sub_wealth = axes.means(found.label, units.households, n_sub)
    main_age, main_wealth = axes.means(found.main[found.label], units.households, n_main)
    codes = code_names(found.main, main_wealth, sub_age)
    if previous is not None:
        codes = _kept(units, found, previous)
    letters = [code[:1] for code in codes]
    told = differences(units, standards, found.label, n_sub)
    main_told = differences(units, standards, found.main[found.label], n_main).difference
    named = propose_names(told.difference, units.variables, sub_age, sub_wealth)
    among = (sub_age, sub_wealth)
    main_named = propose_names(main_told, units.variables, main_age, main_wealth, traits=1, among=among)
    proposals = dict(zip(codes, named, strict=True))
    proposals |= {letters[int(np.argmax(found.main == each))]: main_named[each] for each in range(n_main)}
    unknown = sorted(set(config.names) - set(proposals))
    if unknown:
        raise SegmentationError(
            f"[names] holds codes that do not exist: {', '.join(unknown)}",
            hint="names belong to one run of segments: look at names.toml of the result, or keep codes with 'previous'",
        )
    titles = {code: config.names.get(code) or as_proposal(title) for code, title in proposals.items()}
    whole = Title(nl=config.nl, en=config.en)
    scheme = make_scheme(config.name, whole, "profiling segment fit", codes, letters, titles)
    unit_codes = np.asarray(codes)[found.label]
    report = _report(units, config, places, found, axes)
    report["variables"] = {
        "n": len(units.variables),
        "scaled": {how: sum(each.how == how for each in standards) for how in ("robust", "rank", "constant")},
        "components": len(components.explained),
        "variance_kept": float(components.explained.sum()),
        "explained_mean": float(np.nanmean(told.explained)),
        "explained": _named(units, told.explained),
        "titles": {each.name: {"nl": each.nl, "en": each.en} for each in units.variables},
    }
    sizes = weight_of(found.label, units.households, n_sub)
    report["segments"] = sorted(
        (
            {"code": code, "main": letter, "households": float(n), "units": int(count), "age": a, "wealth": w}
            for code, letter, n, count, a, w in zip(
                codes,
                letters,
                sizes.tolist(),
                np.bincount(found.label, minlength=n_sub).tolist(),
                sub_age.tolist(),
                sub_wealth.tolist(),
                strict=True,
            )
        ),
        key=lambda row: str(row["code"]),
    )
    if previous is not None:
        report["refresh"] = _refresh(units, unit_codes, previous)
    size = sizes / sizes.sum()
    return Segmentation(
        codes=codes,
        scheme=scheme,
        proposals=proposals,
        components=components,
        centres=found.centres,
        variables=units.variables,
        mean=told.mean,
        overall=_overall(told.mean, size),
        difference=told.difference,
        unit_ids=units.ids,
        unit_codes=unit_codes,
        households=units.households,
        age=axes.age,
        wealth=axes.wealth,
        report=report,
    )


def _report(
    units: Units, config: SegmentationConfig, places: NDArray[np.float32], found: Clusters, axes: Positions
) -> dict[str, Any]:
    households = units.households
    report: dict[str, Any] = {
        "units": len(units),
        "households": float(households.sum()),
        "smallest_unit": float(households.min()),
        "rounds": found.rounds,
        "sub": separation(places, households, found.label, found.centres),
    }
    n_main = config.model.main
    sizes = weight_of(found.label, households, len(found.centres))
    middle = np.stack([sizes * (found.main == each) @ found.centres for each in range(n_main)])
    middle /= np.array([sizes[found.main == each].sum() for each in range(n_main)])[:, None]
    report["main"] = separation(places, households, found.main[found.label], middle)
    level = config.stability.level
    if level not in units.regions and (config.stability.bootstraps or config.stability.folds):
        there = ", ".join(units.regions) or "none"
        raise SegmentationError(
            f"there is no area level '{level}' to draw and hold out",
            hint=f"set 'level' of [stability]; there is {there}",
        )
    if config.stability.bootstraps or config.stability.folds:
        report["stability"] = measure_stability(
            places, households, units.regions[level], found, config.model, config.stability, config.seed
        )
    report["axes"] = {"age": list(config.axes.age), "wealth": list(config.axes.wealth)}
    return report


def _both(units: Units, previous: Segmentation) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Rows of units that stood in the previous segmentation, and their codes then."""
    old = dict(zip(previous.unit_ids.tolist(), previous.unit_codes.tolist(), strict=True))
    rows = np.array([at for at, name in enumerate(units.ids.tolist()) if name in old], dtype=np.int64)
    if not len(rows):
        raise SegmentationError(
            "no unit of the previous segmentation is there any more",
            hint="'previous' must be of the same kind of units (sections with sections, buurten with buurten)",
        )
    return rows, np.array([old[name] for name in units.ids[rows].tolist()])


def _kept(units: Units, found: Clusters, previous: Segmentation) -> tuple[str, ...]:
    rows, old = _both(units, previous)
    return keep_codes(found.main, old, found.label[rows], units.households[rows])


def _refresh(units: Units, codes: NDArray[np.str_], previous: Segmentation) -> dict[str, Any]:
    rows, old = _both(units, previous)
    return asdict(refreshed(old, codes[rows], units.households[rows], float(units.households.sum())))


def _overall(mean: Floats, size: Floats) -> Floats:
    known = ~np.isnan(mean)
    weight = (known * size[:, None]).sum(axis=0)
    out = np.full(mean.shape[1], np.nan)
    np.divide((np.nan_to_num(mean) * size[:, None]).sum(axis=0), weight, out=out, where=weight > 0)
    return out


def _named(units: Units, explained: Floats) -> dict[str, float | None]:
    return {
        variable.name: None if np.isnan(value) else round(float(value), 4)
        for variable, value in zip(units.variables, explained, strict=True)
    }
