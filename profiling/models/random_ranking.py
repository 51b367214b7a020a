"""The rival that knows nothing: a score drawn from the row itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.models.classifier import LookalikeClassifier
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import EstimatorContext, EstimatorSpec, checked_params

NAME = "random"
DEFAULTS: dict[str, Any] = {}
PAPER = "Hash: splitmix64 of Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA"


class RandomRanking(LookalikeClassifier):
    """A hash of the row's values and a seed, even on [0, 1).

    No random stream is used: a stream would tie the score to the order of the rows. Rows that are equal in every
    feature therefore share a score, as they do with every other estimator.
    """

    kind = NAME

    def __init__(
        self, categorical: tuple[int, ...] = (), feature_names: tuple[str, ...] | None = None, seed: int = 0
    ) -> None:
        self.categorical = categorical
        self.feature_names = feature_names
        self.seed = seed

    def _fit(self, rows: TrainingRows) -> None:
        """Nothing to learn."""

    def _score(self, X: Floats) -> Floats:
        mixed = np.full(len(X), np.uint64(self.seed % 2**64))
        for column in X.T:
            # One spelling of nought and of missing: -0.0 and the many NaNs differ in their bits alone.
            plain = np.where(np.isnan(column), np.nan, column + 0.0)
            mixed = _splitmix64(mixed ^ np.ascontiguousarray(plain).view(np.uint64))
        scores: Floats = (_splitmix64(mixed) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return scores

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {}, {}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        """Nothing was learned."""


def _splitmix64(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> RandomRanking:
    checked_params(NAME, DEFAULTS, params)
    return RandomRanking(context.categorical, context.feature_names, context.seed)


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="Willekeurige volgorde: wat niets weten oplevert",
    en="Random order: what knowing nothing yields",
    assumption="none",
    paper=PAPER,
    build=_build,
    load=RandomRanking.from_state,
    defaults=DEFAULTS,
    search_space={},
)
