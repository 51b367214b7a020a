"""The rival that a segmentation vendor offers: rank households by the index of their segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from profiling.errors import TrainingError
from profiling.models.classifier import LookalikeClassifier
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import EstimatorContext, EstimatorSpec, FloatRange, SearchRange, checked_params

NAME = "segment-index"
DEFAULTS: dict[str, Any] = {"strength": 5.0}
SEARCH: dict[str, SearchRange] = {"strength": FloatRange(0.5, 50.0, log=True)}
PAPER = (
    "Clayton & Kaldor (1987), Empirical Bayes estimates of age-standardized relative risks for use in disease "
    "mapping, Biometrics 43 (the shrinkage)"
)


class SegmentIndex(LookalikeClassifier):
    """The smoothed index of the row's segment, 100 = average.

    With k reference rows among the n rows of a segment, p the share of reference rows in the whole table and
    E = n·p the number expected:

        index = 100 · (k + a) / (E + a)

    `a` (`strength`) counts as that many expected and found reference rows: a segment with E = a is pulled half-way
    to 100. It is the posterior mean of a relative risk under a gamma prior with mean 1 and shape a (Clayton & Kaldor
    1987); `a` is a setting here, not estimated. All counts are sums of weights. A missing or unseen segment scores 100.
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        segment: int | None = None,
        strength: float = 5.0,
    ) -> None:
        self.categorical = categorical
        self.feature_names = feature_names
        self.segment = segment
        self.strength = strength

    def _fit(self, rows: TrainingRows) -> None:
        segment = self._position()
        if not self.strength > 0:
            raise TrainingError(f"'{NAME}': strength is {self.strength}, expected above 0")
        if segment >= rows.X.shape[1]:
            raise TrainingError(f"'{NAME}': the segment column {segment} lies outside X")
        codes = rows.X[:, segment]
        known = ~np.isnan(codes)
        self.codes_, place = np.unique(codes[known], return_inverse=True)
        found = np.bincount(place, (rows.weight * rows.y)[known], minlength=len(self.codes_))
        total = np.bincount(place, rows.weight[known], minlength=len(self.codes_))
        self.rate_ = float(np.average(rows.y, weights=rows.weight))
        self.index_ = 100.0 * (found + self.strength) / (total * self.rate_ + self.strength)

    def _score(self, X: Floats) -> Floats:
        scores = np.full(len(X), 100.0)
        if not len(self.codes_):
            return scores
        codes = X[:, self._position()]
        place = np.minimum(np.searchsorted(self.codes_, codes), len(self.codes_) - 1)
        seen = self.codes_[place] == codes
        scores[seen] = self.index_[place[seen]]
        return scores

    def _probability(self, scores: Floats) -> Floats:
        return scores * self.rate_ / 100.0

    def _position(self) -> int:
        if self.segment is None:
            raise TrainingError(
                f"'{NAME}' needs a segment column and there is none",
                hint="name it under [segments] in the population's configuration, or leave this rival out",
            )
        return self.segment

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {"codes": self.codes_.tolist(), "index": self.index_.tolist(), "rate": self.rate_}, {}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.codes_ = np.array(fitted["codes"], dtype=np.float64)
        self.index_ = np.array(fitted["index"], dtype=np.float64)
        self.rate_ = float(fitted["rate"])


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> SegmentIndex:
    made = SegmentIndex(
        context.categorical, context.feature_names, context.segment, **checked_params(NAME, DEFAULTS, params)
    )
    made._position()
    return made


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="Index van het segment: wat de leverancier van de segmentatie biedt",
    en="Index of the segment: what the vendor of the segmentation offers",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=SegmentIndex.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
