"""What tuning may try: its settings, and the search space of an estimator, narrowed where asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from profiling.config import Config
from profiling.errors import ConfigError, did_you_mean
from profiling.models.spec import Choice, EstimatorSpec, FloatRange, IntRange, SearchRange

DIGITS = 4


class TuningSettings(Config):
    """How long to search, in which space, and what a trial must keep."""

    trials: int = Field(40, ge=1, le=10_000, description="sets of parameters to try, the current ones among them")
    parameters: tuple[str, ...] = Field(
        (), description="parameters to vary; all that the estimator declares when empty"
    )
    ranges: dict[str, tuple[bool | int | float | str, ...]] = Field(
        {}, description="other bounds than the estimator declares: [lowest, highest], or the options of a choice"
    )
    pruner: Literal["median", "wilcoxon", "none"] = Field(
        "median", description="when a trial is given up before its last fold; 'wilcoxon' needs five folds or more"
    )
    stability: float | None = Field(
        None, ge=0, le=1, description="least overlap (Jaccard) of the tops; near that of the current ones when left out"
    )
    member_lift: float | None = Field(
        None, gt=0, description="highest lift of members at large, where the members are known"
    )
    checks: int = Field(3, ge=1, le=50, description="other divisions into folds on which the best is checked")


def search_space(spec: EstimatorSpec, tuning: TuningSettings) -> dict[str, SearchRange]:
    """Parameter → range, in alphabetical order.

    Raises
    ------
    ConfigError
        When there is nothing to tune, or with every name and range that does not fit.
    """
    declared = spec.search_space
    if not declared:
        raise ConfigError(
            f"'{spec.name}' has no parameters to tune",
            where="[training] estimator",
            hint="choose another estimator, or leave tuning out",
        )
    chosen = tuning.parameters or tuple(declared)
    faults = [f"'{name}' cannot be tuned{did_you_mean(name, declared)}" for name in chosen if name not in declared]
    space: dict[str, SearchRange] = {name: declared[name] for name in sorted(set(chosen)) if name in declared}
    for name, bounds in tuning.ranges.items():
        if name not in declared:
            faults.append(f"ranges.{name}: '{name}' cannot be tuned{did_you_mean(name, declared)}")
        elif name not in chosen:
            faults.append(f"ranges.{name}: '{name}' is not among the parameters to vary")
        else:
            narrowed = _narrowed(declared[name], bounds)
            if isinstance(narrowed, str):
                faults.append(f"ranges.{name}: {narrowed}, got {list(bounds)}")
            else:
                space[name] = narrowed
    if faults:
        raise ConfigError(
            f"{len(faults)} faults in what to tune of '{spec.name}'",
            where="[tuning]",
            faults=faults,
            hint=f"it can be tuned on: {', '.join(declared)}",
        )
    return space


def within(space: Mapping[str, SearchRange], params: Mapping[str, Any]) -> bool:
    """Whether every parameter of the space has a value inside its range."""
    return all(
        params[name] in each.options if isinstance(each, Choice) else each.low <= params[name] <= each.high
        for name, each in space.items()
    )


def short(value: float, bounds: FloatRange) -> float:
    """The value in four significant digits, inside its range: what is tried is what can be pasted."""
    return min(max(float(f"{value:.{DIGITS}g}"), bounds.low), bounds.high)


def _narrowed(declared: SearchRange, bounds: tuple[Any, ...]) -> SearchRange | str:
    """The range with other bounds, or what was expected of them."""
    if isinstance(declared, Choice):
        known = all(each in declared.options for each in bounds)
        return Choice(bounds) if bounds and known else f"expected some of {list(declared.options)}"
    numbers = [each for each in bounds if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) != len(bounds) or len(bounds) != 2 or not numbers[0] < numbers[1]:
        return "expected [lowest, highest]"
    if declared.log and numbers[0] <= 0:
        return "expected a lowest above 0: it is searched on the logarithmic scale"
    if isinstance(declared, FloatRange):
        return FloatRange(float(numbers[0]), float(numbers[1]), declared.log)
    if any(isinstance(each, float) for each in numbers):
        return "expected whole numbers"
    return IntRange(int(numbers[0]), int(numbers[1]), declared.log)
