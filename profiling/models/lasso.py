"""The lasso on cells: every value of every feature has an effect of its own, and most effects are nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from profiling.errors import TrainingError
from profiling.models.classifier import LookalikeClassifier
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import EstimatorContext, EstimatorSpec, FloatRange, IntRange, SearchRange, checked_params

NAME = "lasso"
DEFAULTS: dict[str, Any] = {"penalty": 0.33, "bins": 20, "min_rows": 10, "max_iter": 1000}
SEARCH: dict[str, SearchRange] = {
    "penalty": FloatRange(0.1, 1.0, log=True),
    "bins": IntRange(5, 40),
    "min_rows": IntRange(5, 200, log=True),
}
PAPER = "Tibshirani (1996), Regression shrinkage and selection via the lasso, JRSS B 58"


@dataclass(frozen=True)
class Cells:
    """Effect of a column on the log-odds, per cell.

    A cell of a categorical column is one code; other codes have no effect. A cell of a numeric column goes from its
    place up to the next place, the first from below and the last without end.
    """

    places: Floats
    values: Floats
    missing: float
    ordered: bool

    def effect(self, column: Floats) -> Floats:
        """Effect of each value, shape (n,)."""
        absent = np.isnan(column)
        if not len(self.places):
            return np.where(absent, self.missing, 0.0)
        cell = _cell(self.places, column)
        hit = self.values[cell] if self.ordered else np.where(self.places[cell] == column, self.values[cell], 0.0)
        return np.where(absent, self.missing, hit)


class Lasso(LookalikeClassifier):
    """L1-penalised logistic regression on indicators of cells.

    - Categorical: a cell per code. Numeric and ordinal: a cell per value where there are at most `bins` of them, else
      cells between even quantiles. Missing: a cell of its own. Cells of fewer than `min_rows` rows have no effect.
    - Loss: weighted log-loss + λ (|b|₁ + |intercept|), scikit-learn's LogisticRegression with liblinear.
    - λ = `penalty` · sqrt(Σ wᵢ² (yᵢ - π)²), π the weighted rate of the group: the standard error of the gradient at
      zero of a cell that everybody is in. So one setting means the same for any number of rows, and a cell with a
      part f of the rows must stand out by more than `penalty` / sqrt(f) of its standard errors to get an effect.

    It reads survey-like codes well that jump from value to value, where trees ask for two splits per value and a
    spline smooths over; a smooth effect of an amount or an interaction it reads worse than trees.
    The model is kept and scored as a sum of one step function per column, so no score depends on other rows.
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        seed: int = 0,
        penalty: float = DEFAULTS["penalty"],
        bins: int = DEFAULTS["bins"],
        min_rows: int = DEFAULTS["min_rows"],
        max_iter: int = DEFAULTS["max_iter"],
    ) -> None:
        self.categorical = categorical
        self.feature_names = feature_names
        self.seed = seed
        self.penalty = penalty
        self.bins = bins
        self.min_rows = min_rows
        self.max_iter = max_iter

    def _fit(self, rows: TrainingRows) -> None:
        if not (self.penalty > 0 and self.bins >= 1 and self.min_rows >= 1):
            raise TrainingError(
                f"'{NAME}': expected penalty > 0, bins >= 1 and min_rows >= 1, got penalty = {self.penalty}, "
                f"bins = {self.bins}, min_rows = {self.min_rows}"
            )
        coders = [
            _Coder(column, position not in self.categorical, self.bins, self.min_rows)
            for position, column in enumerate(rows.X.T)
        ]
        design = sparse.hstack([each.design for each in coders], format="csr")
        rate = float(np.average(rows.y, weights=rows.weight))
        coefficients, self.intercept_ = np.empty(0), float(np.log(rate / (1.0 - rate)))
        if design.shape[1]:
            noise = float(np.sqrt(np.sum(rows.weight**2 * (rows.y - rate) ** 2)))
            inner = LogisticRegression(
                C=1.0 / (self.penalty * noise),
                l1_ratio=1.0,
                solver="liblinear",
                max_iter=self.max_iter,
                random_state=self.seed % 2**31,
            )
            inner.fit(design, rows.y, sample_weight=rows.weight)
            coefficients, self.intercept_ = inner.coef_[0], float(inner.intercept_[0])
        ends = np.cumsum([0, *(each.design.shape[1] for each in coders)])
        self.effects_ = [
            coder.cells(coefficients[start:end]) for coder, start, end in zip(coders, ends[:-1], ends[1:], strict=True)
        ]

    def _score(self, X: Floats) -> Floats:
        odds = np.full(len(X), self.intercept_)
        for cells, column in zip(self.effects_, X.T, strict=True):
            odds += cells.effect(column)
        chance: Floats = expit(odds)
        return chance

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        effects = [
            {"places": each.places.tolist(), "values": each.values.tolist(), "missing": each.missing}
            | {"ordered": each.ordered}
            for each in self.effects_
        ]
        return {"intercept": self.intercept_, "effects": effects}, {}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.intercept_ = float(fitted["intercept"])
        self.effects_ = [
            Cells(
                np.array(each["places"], dtype=np.float64),
                np.array(each["values"], dtype=np.float64),
                float(each["missing"]),
                bool(each["ordered"]),
            )
            for each in fitted["effects"]
        ]


class _Coder:
    """The cells of a column, and the indicators of those with enough rows (the last one is of missing values)."""

    def __init__(self, column: Floats, ordered: bool, bins: int, min_rows: int) -> None:
        absent = np.isnan(column)
        known = np.unique(column[~absent])
        if ordered and len(known) > bins:
            known = np.unique(np.quantile(column[~absent], np.arange(bins) / bins, method="lower"))
        self.places, self.ordered = known, ordered
        cell = np.where(absent, len(known), _cell(known, column) if len(known) else 0)
        size = np.bincount(cell, minlength=len(known) + 1)
        self.kept = np.flatnonzero((size >= min_rows) & (size < len(column)))
        column_of = np.full(len(known) + 1, -1)
        column_of[self.kept] = np.arange(len(self.kept))
        rows = np.flatnonzero(column_of[cell] >= 0)
        entries = (np.ones(len(rows)), (rows, column_of[cell[rows]]))
        self.design = sparse.csr_matrix(entries, shape=(len(column), len(self.kept)))

    def cells(self, coefficients: Floats) -> Cells:
        values = np.zeros(len(self.places) + 1)
        values[self.kept] = coefficients
        return Cells(self.places, values[:-1], float(values[-1]), self.ordered)


def _cell(places: Floats, column: Floats) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The last place that is not above the value; the first where all are. Anything for missing values."""
    return np.clip(np.searchsorted(places, column, side="right") - 1, 0, len(places) - 1).astype(np.int64)


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> Lasso:
    return Lasso(context.categorical, context.feature_names, context.seed, **checked_params(NAME, DEFAULTS, params))


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="Lasso: een effect per waarde van elk kenmerk, de meeste nul",
    en="Lasso: an effect per value of every feature, most of them zero",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=Lasso.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
