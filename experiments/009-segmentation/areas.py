"""Real areas: three methods on the same data, by measures that belong to none of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from methods import METHODS, Division, Method
from numpy.typing import NDArray
from settings import HERE, Cbs, Experiment

from profiling.evaluation.resampling import area_draws, area_numbers
from profiling.evaluation.splits import area_folds
from profiling.segmentation.agreement import adjusted_rand, crossed, weight_of
from profiling.segmentation.areas import AreaUnits, read_areas
from profiling.segmentation.config import Model, load_segmentation_config
from profiling.segmentation.standards import fit_standards
from profiling.segmentation.units import Units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def compare(experiment: Experiment, segmentation: str) -> dict[str, Any]:
    """One segmentation of config.toml by every method."""
    asked = experiment.cbs
    plan = load_segmentation_config(HERE / segmentation, data=(HERE / asked.data).resolve())
    assert plan.config.areas is not None
    made = read_areas(plan, plan.config.areas)
    outside = _outside(made, asked)
    methods = {
        name: _measured(method, made.units, plan.config.model, outside, asked) for name, method in METHODS.items()
    }
    return {"coverage": made.coverage(), "methods": methods}


def _measured(method: Method, units: Units, model: Model, outside: dict[str, Floats], asked: Cbs) -> dict[str, Any]:
    found = method(units, model, asked.seed)
    sub = found.sub(units)
    share = weight_of(sub, units.households, model.sub) / units.households.sum()
    ranks = _ranks(units)
    inside = {level: np.nanmean(list(_explained(ranks, label, units.households))) for level, label in _both(found, sub)}
    away = {
        name: [_eta(values, label, units.households) for _, label in _both(found, sub)]
        for name, values in outside.items()
    }
    said: dict[str, Any] = {
        "explained_sub": inside["sub"],
        "explained_main": inside["main"],
        "left_out_sub": _left_out(method, units, model, ranks, asked),
        "outside_sub": float(np.mean([both[0] for both in away.values()])),
        "outside_main": float(np.mean([both[1] for both in away.values()])),
        "smallest": float(share.min()),
        "largest": float(share.max()),
        "effective": float(np.exp(-np.sum(share[share > 0] * np.log(share[share > 0])))),
        **_stability(method, units, model, found, asked),
    }
    return {name: round(float(value), 4) for name, value in said.items()}


def _both(found: Division, sub: Ints) -> tuple[tuple[str, Ints], tuple[str, Ints]]:
    return ("sub", sub), ("main", found.main[sub])


def _ranks(units: Units) -> Floats:
    """Rank of every value among the households, 0 to 1: a scale that no method was fitted on."""
    return np.column_stack(
        [each.rank(np.asarray(units.matrix[:, at])) for at, each in enumerate(fit_standards(units, "rank"))]
    )


def _eta(values: Floats, label: Ints, weights: Floats) -> float:
    """Part of the weighted variance that lies between segments, of units where the value is known."""
    known = ~np.isnan(values)
    values, label, weights = values[known], label[known], weights[known]
    n = int(label.max()) + 1
    size = weight_of(label, weights, n)
    middle = weight_of(label, weights * values, n) / np.where(size > 0, size, 1.0)
    overall = float(weights @ values / weights.sum())
    return float(size @ (middle - overall) ** 2 / (weights @ (values - overall) ** 2))


def _explained(ranks: Floats, label: Ints, weights: Floats) -> list[float]:
    return [_eta(column, label, weights) for column in ranks.T]


def _left_out(method: Method, units: Units, model: Model, ranks: Floats, asked: Cbs) -> float:
    """Leave one variable out, make the segments of the others, and see how much of it they explain; the mean."""
    found, names = [], [variable.name for variable in units.variables]
    for name in asked.left_out:
        at = names.index(name)
        keep = [other for other in range(len(names)) if other != at]
        fewer = replace(units, variables=tuple(units.variables[k] for k in keep), matrix=units.matrix[:, keep])
        found.append(_eta(ranks[:, at], method(fewer, model, asked.seed).sub(fewer), units.households))
    return float(np.mean(found))


def _stability(method: Method, units: Units, model: Model, found: Division, asked: Cbs) -> dict[str, float]:
    """Adjusted Rand with segments made of other draws of gemeenten, as in `profiling.segmentation.stability`."""
    regions = units.regions["gemeente"]
    codes, area = area_numbers(regions)
    everybody = np.arange(len(units))
    draws = [("bootstrap", drawn[area], everybody) for drawn in area_draws(len(codes), asked.bootstraps, asked.seed)]
    for train, test in area_folds(regions, asked.folds, asked.seed):
        draws.append(("held_out", np.isin(everybody, train).astype(np.float64), test))
    loose = model.model_copy(
        update={
            "smallest": model.smallest / 2,
            "smallest_main": model.smallest_main / 2,
            "largest": 0.3,
            "largest_main": 0.6,
        }
    )
    agreements: dict[str, list[float]] = {}
    for number, (kind, times, rows) in enumerate(draws):
        # A unit that is drawn twice stands there twice, so that unweighted methods are drawn again too.
        again = method(_take(units, np.repeat(everybody, times.astype(int))), loose, asked.seed + 1 + number)
        part = _take(units, rows)
        for level in ("sub", "main"):
            one, two = (each.sub(part) for each in (found, again))
            if level == "main":
                one, two = found.main[one], again.main[two]
            agreements.setdefault(f"{kind}_{level}", []).append(adjusted_rand(crossed(one, two, part.households)))
    return {name: float(np.mean(values)) for name, values in agreements.items()}


def _take(units: Units, rows: Ints) -> Units:
    regions = {level: codes[rows] for level, codes in units.regions.items()}
    return Units(units.ids[rows], units.households[rows], regions, units.variables, np.asarray(units.matrix[rows]))


def _outside(made: AreaUnits, asked: Cbs) -> dict[str, Floats]:
    """Figures of wijken of 2022 that no method sees, as ranks; nan where a wijk has another code or no figure."""
    path = (HERE / asked.data / asked.outside).resolve()
    wanted = ["code", *asked.outside_columns]
    meta, _, _, fields = pyogrio.raw.read(path, columns=wanted, read_geometry=False)
    table = pd.DataFrame(dict(zip(meta["fields"], fields, strict=True))).set_index("code")
    wijk = made.units.regions.get("wijk", made.units.ids)
    found = {}
    for column in asked.outside_columns:
        known = table[column].astype(float)
        value = known.where(known > -99990).reindex(wijk).to_numpy(np.float64)
        alone = Units(
            made.units.ids, made.units.households, {}, (made.units.variables[0],), value[:, None].astype(np.float32)
        )
        found[column] = _ranks(alone)[:, 0]
    return found
