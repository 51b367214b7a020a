"""Logistic regression, properly encoded: the rival that shows what trees and interactions add."""

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

NAME = "logistic"
DEFAULTS: dict[str, Any] = {"C": 0.1, "segments": 8, "tail": 0.01, "min_rows": 20, "max_iter": 500}
SEARCH: dict[str, SearchRange] = {
    "C": FloatRange(0.001, 10.0, log=True),
    "segments": IntRange(1, 16),
    "min_rows": IntRange(5, 200, log=True),
}
PAPER = "Elkan & Noto (2008), Learning classifiers from only positive and unlabeled data, KDD"


@dataclass(frozen=True)
class Curve:
    """Effect of a numeric column on the log-odds: straight lines between knots, flat outside, one value if missing."""

    knots: Floats
    values: Floats
    missing: float

    def effect(self, column: Floats) -> Floats:
        absent = np.isnan(column)
        if not len(self.knots):
            return np.where(absent, self.missing, 0.0)
        return np.where(absent, self.missing, np.interp(np.where(absent, 0.0, column), self.knots, self.values))


@dataclass(frozen=True)
class Steps:
    """Effect of a categorical column on the log-odds: one value per code; 0 for rare and unseen codes."""

    codes: Floats
    values: Floats
    missing: float

    def effect(self, column: Floats) -> Floats:
        absent = np.isnan(column)
        if not len(self.codes):
            return np.where(absent, self.missing, 0.0)
        place = np.minimum(np.searchsorted(self.codes, column), len(self.codes) - 1)
        return np.where(absent, self.missing, np.where(self.codes[place] == column, self.values[place], 0.0))


class Logistic(LookalikeClassifier):
    """Ridge-penalised logistic regression on linear splines and one-hot codes.

    - Numeric: cut off at the quantiles `tail` and 1 - `tail` (winsorised), then a linear spline with knots at even
      quantiles (`segments` pieces, fewer where values repeat). On tents (B-splines of degree 1) every column has the
      same scale whatever the feature's unit, and its coefficient is the effect at the knot. Missing values have a
      column of their own; where training had none they get the effect of the median.
    - Categorical: one column per code seen at least `min_rows` times, one for missing; other codes have no effect.
    - Loss: weighted log-loss + |b|² / 2C, intercept free (scikit-learn's LogisticRegression, lbfgs).

    The fitted model is a sum of one curve per column, and is kept and scored as such: column after column, so that
    no score depends on which rows stand beside it (a matrix product may round differently per batch size).
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        C: float = 0.1,
        segments: int = 8,
        tail: float = 0.01,
        min_rows: int = 20,
        max_iter: int = 500,
    ) -> None:
        self.categorical = categorical
        self.feature_names = feature_names
        self.C = C
        self.segments = segments
        self.tail = tail
        self.min_rows = min_rows
        self.max_iter = max_iter

    def _fit(self, rows: TrainingRows) -> None:
        if not (self.C > 0 and self.segments >= 1 and 0 <= self.tail < 0.5):
            raise TrainingError(
                f"'{NAME}': expected C > 0, segments >= 1 and 0 <= tail < 0.5, got C = {self.C}, "
                f"segments = {self.segments}, tail = {self.tail}"
            )
        encoders = [
            _Codes(column, self.min_rows) if position in self.categorical else _Spline(column, self.segments, self.tail)
            for position, column in enumerate(rows.X.T)
        ]
        design = sparse.hstack([each.design for each in encoders], format="csr")
        inner = LogisticRegression(C=self.C, max_iter=self.max_iter, tol=1e-5)
        if design.shape[1]:
            # Sparse products run on one thread in a fixed order: same bytes on any number of cores.
            inner.fit(design, rows.y, sample_weight=rows.weight)
            coefficients, self.intercept_ = inner.coef_[0], float(inner.intercept_[0])
        else:
            rate = float(np.average(rows.y, weights=rows.weight))
            coefficients, self.intercept_ = np.empty(0), float(np.log(rate / (1.0 - rate)))
        ends = np.cumsum([0, *(each.design.shape[1] for each in encoders)])
        self.effects_: list[Curve | Steps] = [
            encoder.effect(coefficients[start:end])
            for encoder, start, end in zip(encoders, ends[:-1], ends[1:], strict=True)
        ]

    def _score(self, X: Floats) -> Floats:
        odds = np.full(len(X), self.intercept_)
        for effect, column in zip(self.effects_, X.T, strict=True):
            odds += effect.effect(column)
        chance: Floats = expit(odds)
        return chance

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        effects = []
        for each in self.effects_:
            places = {"knots": each.knots} if isinstance(each, Curve) else {"codes": each.codes}
            lists = {key: value.tolist() for key, value in {**places, "values": each.values}.items()}
            effects.append({**lists, "missing": each.missing})
        return {"intercept": self.intercept_, "effects": effects}, {}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.intercept_ = float(fitted["intercept"])
        self.effects_ = []
        for each in fitted["effects"]:
            shape = Curve if "knots" in each else Steps
            places = np.array(each["knots"] if "knots" in each else each["codes"], dtype=np.float64)
            self.effects_.append(shape(places, np.array(each["values"], dtype=np.float64), float(each["missing"])))


class _Spline:
    """Design columns of a numeric column: one tent per knot (1 there, 0 at its neighbours), and one for missing."""

    def __init__(self, column: Floats, segments: int, tail: float) -> None:
        absent = np.isnan(column)
        known = column[~absent]
        self.knots = np.unique(np.quantile(known, np.linspace(tail, 1.0 - tail, segments + 1))) if len(known) else known
        self.median = float(np.median(known)) if len(known) else 0.0
        if len(self.knots) < 2:
            self.knots = np.empty(0)
        self.has_missing = bool(0 < absent.sum() < len(column))
        rows, places, parts = (
            [np.flatnonzero(absent)],
            [np.full(absent.sum(), len(self.knots))],
            [np.ones(absent.sum())],
        )
        if len(self.knots):
            left = np.clip(np.searchsorted(self.knots, known, side="right") - 1, 0, len(self.knots) - 2)
            part = np.clip((known - self.knots[left]) / np.diff(self.knots)[left], 0.0, 1.0)
            rows += [np.flatnonzero(~absent)] * 2
            places += [left, left + 1]
            parts += [1.0 - part, part]
        entries = (np.concatenate(parts), (np.concatenate(rows), np.concatenate(places)))
        whole = sparse.csr_matrix(entries, shape=(len(column), len(self.knots) + 1))
        self.design = whole if self.has_missing else whole[:, : len(self.knots)]

    def effect(self, coefficients: Floats) -> Curve:
        values = coefficients[: len(self.knots)].copy()
        if self.has_missing:
            return Curve(self.knots, values, float(coefficients[-1]))
        return Curve(self.knots, values, float(np.interp(self.median, self.knots, values)) if len(values) else 0.0)


class _Codes:
    """Design columns of a categorical column: one per frequent code, and one for missing."""

    def __init__(self, column: Floats, min_rows: int) -> None:
        absent = np.isnan(column)
        codes, counts = np.unique(column[~absent], return_counts=True)
        self.codes = codes[counts >= min_rows]
        self.has_missing = bool(absent.sum() >= min_rows)
        wanted = np.append(self.codes, np.nan) if self.has_missing else self.codes
        place = np.searchsorted(self.codes, column)  # NaN sorts last, behind every code
        inside = np.minimum(place, max(len(wanted) - 1, 0))
        hit = (wanted[inside] == column) | (absent & self.has_missing) if len(wanted) else np.zeros(len(column), bool)
        rows = np.flatnonzero(hit)
        shape = (len(column), len(wanted))
        self.design = sparse.csr_matrix((np.ones(len(rows)), (rows, inside[rows])), shape=shape)

    def effect(self, coefficients: Floats) -> Steps:
        missing = float(coefficients[-1]) if self.has_missing else 0.0
        return Steps(self.codes, coefficients[: len(self.codes)].copy(), missing)


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> Logistic:
    return Logistic(context.categorical, context.feature_names, **checked_params(NAME, DEFAULTS, params))


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="Logistische regressie op gebogen effecten, zonder interacties",
    en="Logistic regression on curved effects, without interactions",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=Logistic.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
