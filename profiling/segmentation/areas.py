"""Areas with published figures as units: what is missing in a buurt comes from its wijk, else its gemeente."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.delimited import layout
from profiling.errors import SchemaError, SegmentationError, did_you_mean
from profiling.segmentation.agreement import weight_of
from profiling.segmentation.config import AreaLevel, AreaSource, AreaVariable, SegmentationPlan
from profiling.segmentation.merging import merge_units
from profiling.segmentation.units import Units, Variable

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AreaUnits:
    """Units made of areas.

    Parameters
    ----------
    members : str array of shape (n_areas,), the areas with households.
    unit : int array of shape (n_areas,), the unit of each; areas under the minimum share one.
    filled : variable → part of the households whose value came from a larger area.
    left_out : areas without households.
    """

    units: Units
    members: NDArray[np.str_]
    unit: NDArray[np.int64]
    filled: dict[str, float]
    left_out: int

    def coverage(self) -> dict[str, Any]:
        """How the areas became units."""
        return {
            "areas": len(self.members) + self.left_out,
            "without_households": self.left_out,
            "units": len(self.units),
            "joined": int(len(self.members) - len(self.units)),
            "households": float(self.units.households.sum()),
            "smallest": float(self.units.households.min()),
            "filled_from_larger_areas": {name: round(part, 4) for name, part in self.filled.items() if part > 0},
        }


def read_areas(plan: SegmentationPlan, source: AreaSource) -> AreaUnits:
    """Read the tables, fill what is missing from larger areas, and join areas with too few households.

    Raises
    ------
    SchemaError
        With every file and column that is missing, and every value that is not a number.
    """
    tables = {name: _read(plan, name, level, source) for name, level in source.levels.items()}
    smallest = next(iter(source.levels.values()))
    table = next(iter(tables.values()))
    table = table.sort_values(smallest.key, kind="stable", ignore_index=True)
    households = table[source.households].fillna(0.0).to_numpy(np.float64)
    inside = households > 0
    if not inside.any():
        raise SegmentationError("no area has households", where=plan.path, hint="correct 'households' under [areas]")
    table, households = table[inside].reset_index(drop=True), households[inside]
    columns, filled = [], {}
    for name, variable in source.variables.items():
        value, missing = _filled(variable, table, tables, source)
        columns.append(value)
        filled[name] = float(households[missing].sum() / households.sum())
    codes = {level: table[column].to_numpy(str) for level, column in smallest.parents.items()}
    keys = table[smallest.key].to_numpy(str)
    paths = list(zip(*list(codes.values())[::-1], keys, strict=True))
    unit = merge_units([tuple(map(str, path)) for path in paths], np.rint(households).astype(np.int64), source.minimum)
    order = np.argsort(unit, kind="stable")
    first = order[np.unique(unit[order], return_index=True)[1]]
    n = int(unit.max()) + 1
    size = weight_of(unit, households, n)
    matrix = np.column_stack([weight_of(unit, households * column, n) / size for column in columns])
    variables = tuple(
        Variable(name, name, "share" if each.per else "mean", each.facet, each.nl, each.en)
        for name, each in source.variables.items()
    )
    regions = {level: np.asarray(code[first], dtype=np.str_) for level, code in codes.items()}
    units = Units(np.asarray(keys[first], dtype=np.str_), size, regions, variables, matrix.astype(np.float32))
    return AreaUnits(units, np.asarray(keys, dtype=np.str_), unit, filled, int((~inside).sum()))


def _read(plan: SegmentationPlan, name: str, level: AreaLevel, source: AreaSource) -> pd.DataFrame:
    path = plan.file(level.file)
    if not path.is_file():
        raise SchemaError("there is no such file", where=path, hint=f"correct 'file' of [areas.levels.{name}]")
    try:
        table = pd.read_csv(path, dtype=str, sep=layout(path).separator, encoding=layout(path).encoding)
    except (ValueError, UnicodeDecodeError) as error:
        raise SchemaError(f"cannot be read: {error}", where=path, hint="give a CSV in UTF-8") from None
    numbers = [source.households]
    for each in source.variables.values():
        numbers += [each.column, *([each.per] if each.per else [])]
    wanted = [level.key, *level.parents.values(), *dict.fromkeys(numbers)]
    faults = [
        f"column '{column}' is missing{did_you_mean(column, table.columns)}"
        for column in wanted
        if column not in table.columns
    ]
    if not faults:
        double = table[level.key].duplicated()
        faults += [f"{int(double.sum())} codes in '{level.key}' stand twice"] if double.any() else []
        for column in dict.fromkeys(numbers):
            value = pd.to_numeric(table[column], errors="coerce")
            odd = table[column].notna() & value.isna()
            if odd.any():
                faults.append(f"'{column}': {int(odd.sum())} values are no number: '{table[column][odd].iloc[0]}'")
            table[column] = value.mask(value.isin(source.missing))
    if faults:
        raise SchemaError(f"{len(faults)} faults", where=path, faults=faults, hint=f"map the columns in {plan.path}")
    return table


def _filled(
    variable: AreaVariable, table: pd.DataFrame, tables: dict[str, pd.DataFrame], source: AreaSource
) -> tuple[Floats, NDArray[np.bool_]]:
    """Values per area, and which of them came from a larger area (or, as a last resort, from the whole)."""
    value = _ratio(variable, table)
    missing = value.isna()
    parents = next(iter(source.levels.values())).parents
    for name, column in parents.items():
        if name not in tables:
            continue
        above = pd.Series(_ratio(variable, tables[name]).to_numpy(), index=tables[name][source.levels[name].key])
        value = value.fillna(table[column].map(above))
    weight = table[source.households].where(value.notna(), 0.0)
    mean = float((value.fillna(0.0) * weight).sum() / max(float(weight.sum()), 1.0))
    return value.fillna(mean).to_numpy(np.float64), missing.to_numpy(bool)


def _ratio(variable: AreaVariable, table: pd.DataFrame) -> pd.Series:
    if variable.per is None:
        return table[variable.column]
    below = table[variable.per]
    return (table[variable.column] / below.where(below > 0)).clip(upper=1.0)
