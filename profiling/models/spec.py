"""What an estimator promises: its spec, the context that it is built in, and the protocol that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from profiling.errors import ConfigError, TrainingError, did_you_mean


@dataclass(frozen=True)
class IntRange:
    """Whole numbers from `low` to `high`, both included; `log` searches on the logarithmic scale."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class FloatRange:
    """Numbers from `low` to `high`; `log` searches on the logarithmic scale."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    options: tuple[Any, ...]


SearchRange = IntRange | FloatRange | Choice


@dataclass(frozen=True)
class EstimatorContext:
    """The table that an estimator is built for.

    Parameters
    ----------
    n_features : columns of X.
    feature_names : their names, in the order of X.
    categorical : positions of the columns that hold integer codes >= 0 (as float64; NaN = missing or unseen).
    segment : position of the segment column (one of `categorical`), None where the table has none.
    seed : seed of everything that is drawn.
    threads : how many threads fit and score may use; the result does not depend on it.
    """

    n_features: int
    feature_names: tuple[str, ...]
    categorical: tuple[int, ...] = ()
    segment: int | None = None
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        faults = []
        if len(self.feature_names) != self.n_features:
            faults.append(f"{len(self.feature_names)} feature names for {self.n_features} features")
        if len(set(self.feature_names)) != len(self.feature_names):
            faults.append("a feature name stands twice")
        positions = self.categorical if self.segment is None else (*self.categorical, self.segment)
        outside = [each for each in positions if not 0 <= each < self.n_features]
        if outside:
            faults.append(f"positions outside the table: {outside}")
        if self.segment is not None and self.segment not in self.categorical:
            faults.append(f"the segment column ({self.segment}) is not among the categorical ones")
        if faults:
            raise TrainingError("the table that the model is built for does not fit together", faults=faults)


@runtime_checkable
class Estimator(Protocol):
    """A scikit-learn classifier of 0/1 labels that ranks, and whose state is text."""

    def fit(self, X: NDArray[np.float64], y: NDArray[Any], sample_weight: NDArray[np.float64] | None = None) -> Self:
        """Learn from X of shape (n, p) and y of shape (n,), 1 = reference group, 0 = unlabelled."""
        ...

    def score_samples(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores of shape (n,), higher = more like the group; each row's score depends on that row alone."""
        ...

    def state(self) -> dict[str, str]:
        """File name → text: all that is needed to score, without pickles."""
        ...

    @classmethod
    def from_state(cls, files: Mapping[str, str]) -> Self:
        """The estimator that `state` wrote; its scores are equal to the bit."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Constructor parameters, as in scikit-learn."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Change constructor parameters, as in scikit-learn."""
        ...


@dataclass(frozen=True)
class EstimatorSpec:
    """An estimator as a plug.

    Parameters
    ----------
    name : how configuration calls it.
    nl, en : what it is, in a line.
    assumption : what it assumes about how the group was selected: "SCAR" (at random from the true group), "SAR"
        (depending on features, through weights) or "none".
    paper : where it was described.
    build : makes an unfitted estimator from a context and parameters that go over `defaults`; ConfigError for a
        parameter that it does not know.
    load : makes the fitted estimator from the files that `state` gave.
    defaults : every parameter that configuration may set, with its value.
    search_space : parameter → range, for those that tuning may try.
    """

    name: str
    nl: str
    en: str
    assumption: Literal["SCAR", "SAR", "none"]
    paper: str
    build: Callable[[EstimatorContext, Mapping[str, Any]], Estimator]
    load: Callable[[Mapping[str, str]], Estimator]
    defaults: Mapping[str, Any]
    search_space: Mapping[str, SearchRange]


def checked_params(name: str, defaults: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """`defaults` with `params` over them.

    Raises
    ------
    ConfigError
        With every parameter that is unknown, or not of the kind that its default has.
    """
    faults, merged = [], dict(defaults)
    for key, value in params.items():
        if key not in defaults:
            faults.append(f"'{key}' is not a parameter{did_you_mean(key, defaults)}")
            continue
        default = defaults[key]
        whole = isinstance(value, int) and not isinstance(value, bool)
        if isinstance(default, float) and (whole or isinstance(value, float)):
            merged[key] = float(value)
        elif type(default) is type(value):
            merged[key] = value
        else:
            faults.append(f"'{key}' is {value!r}, expected a value like {default!r}")
    if faults:
        known = ", ".join(defaults) or "none"
        raise ConfigError(
            f"{len(faults)} faults in the parameters of '{name}'", faults=faults, hint=f"parameters: {known}"
        )
    return merged
