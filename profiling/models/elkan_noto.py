"""Elkan and Noto's weighted variant: an unlabelled household counts as one of the group as far as it looks like one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from profiling.errors import TrainingError
from profiling.models import boosting
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import EstimatorContext, EstimatorSpec, IntRange, SearchRange, checked_params
from profiling.models.true_group import TrueGroupClassifier, checked_prior, soft_rows

NAME = "elkan-noto"
DEFAULTS: dict[str, Any] = {"class_prior": 0.0, "folds": 3, **boosting.TREE_DEFAULTS}
SEARCH: dict[str, SearchRange] = {"folds": IntRange(2, 10), **boosting.TREE_SEARCH}
BOOSTER = "booster.txt"
PAPER = f"Elkan & Noto (2008), Learning classifiers from only positive and unlabeled data, KDD; {boosting.PAPER}"


class ElkanNoto(TrueGroupClassifier):
    """Two rounds of gradient boosting; in the second every unlabelled row stands on both sides.

    Round one learns the label: g(x), the chance that a row like x is one of the reference group in this table, for
    every row by a model that has not seen it (`folds`). Under SCAR g(x) = c · P(group | x), with c the labelled part
    of the group (lemma 1). In round two an unlabelled row counts as one of the group with weight

        w(x) = (1 - c)/c · g(x) / (1 - g(x))     (cut off at 1)

    and as one of the others with 1 - w(x) (section 3). c is the mean of g over the reference group (estimator e1), or
    follows from `class_prior`, the part of the unlabelled rows that belongs to the group, where that is above 0.

    For *ranking* this changes little, and nothing in the limit: w rises with g, so what round two learns has the order
    of round one (that of `lightgbm`) wherever w is not cut off. It adds a second smoothing and loses the order above
    the cut-off. What it gives is a *scale*: the score is the log-odds, and `predict_proba` the chance, of belonging
    to the true group for an unlabelled row. That scale is as good as c. Estimator e1 presumes that the features settle
    who belongs to the group. Where they do not, it takes c too low by a factor (the mean chance, in this table, of
    the group's own members) and the group too large: give `class_prior` where anything is known of it.
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        seed: int = 0,
        threads: int = 1,
        class_prior: float = DEFAULTS["class_prior"],
        folds: int = DEFAULTS["folds"],
        n_estimators: int = DEFAULTS["n_estimators"],
        num_leaves: int = DEFAULTS["num_leaves"],
        learning_rate: float = DEFAULTS["learning_rate"],
        min_data_in_leaf: int = DEFAULTS["min_data_in_leaf"],
        feature_fraction: float = DEFAULTS["feature_fraction"],
        lambda_l2: float = DEFAULTS["lambda_l2"],
        max_bin: int = DEFAULTS["max_bin"],
        cat_smooth: float = DEFAULTS["cat_smooth"],
        cat_l2: float = DEFAULTS["cat_l2"],
    ) -> None:
        self.categorical = categorical
        self.feature_names = feature_names
        self.seed = seed
        self.threads = threads
        self.class_prior = class_prior
        self.folds = folds
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.learning_rate = learning_rate
        self.min_data_in_leaf = min_data_in_leaf
        self.feature_fraction = feature_fraction
        self.lambda_l2 = lambda_l2
        self.max_bin = max_bin
        self.cat_smooth = cat_smooth
        self.cat_l2 = cat_l2

    def _fit(self, rows: TrainingRows) -> None:
        if self.class_prior != 0.0:
            checked_prior(NAME, self.class_prior)
        if self.folds < 2:
            raise TrainingError(f"'{NAME}': folds is {self.folds}, expected at least 2")
        odds = self._label_odds(rows)
        group = rows.y == 1
        self.labelled_ = self._labelled_part(odds, group, rows.weight)
        chance = np.exp(np.minimum(odds + self._shift(), 0.0))
        self.booster_ = self._boost(soft_rows(rows, np.where(group, 1.0, chance)))

    def _label_odds(self, rows: TrainingRows) -> Floats:
        """Log-odds of the label for every row, by a model that has not seen the row; shape (n,)."""
        fold = _folds(rows.y, self.folds, self.seed)
        odds = np.empty(len(rows.y))
        for each in range(self.folds):
            out = fold == each
            seen = TrainingRows(*(column[~out] for column in rows))
            if out.any():
                odds[out] = boosting.raw_scores(self._boost(seen), rows.X[out], self.threads)
        return odds

    def _labelled_part(self, odds: Floats, group: NDArray[np.bool_], weight: Floats) -> float:
        """c: the labelled part of the group in this table, above 0 and below 1."""
        if self.class_prior:
            labelled = float(weight[group].sum())
            return labelled / (labelled + self.class_prior * float(weight[~group].sum()))
        c = float(np.average(expit(odds[group]), weights=weight[group]))
        return min(max(c, 1e-9), 1.0 - 1e-9)

    def _shift(self) -> float:
        """log((1 - c) / c): from the log-odds of the label to the log of w."""
        return float(np.log1p(-self.labelled_) - np.log(self.labelled_))

    def _score(self, X: Floats) -> Floats:
        """Round two counts the labelled too; without them the odds of the group are 1 - c of what it says."""
        return boosting.raw_scores(self.booster_, X, self.threads) + float(np.log1p(-self.labelled_))

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {"booster": BOOSTER, "labelled": self.labelled_}, {BOOSTER: boosting.as_text(self.booster_)}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.booster_ = lgb.Booster(model_str=files[fitted["booster"]])
        self.labelled_ = float(fitted["labelled"])


def _folds(y: Floats, folds: int, seed: int) -> NDArray[np.int64]:
    """A fold for every row, as many rows of both labels in each as can be; shape (n,)."""
    rng = np.random.default_rng(seed % 2**63)
    fold = np.empty(len(y), dtype=np.int64)
    for label in (0.0, 1.0):
        rows = np.flatnonzero(y == label)
        fold[rng.permutation(rows)] = np.arange(len(rows)) % folds
    return fold


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> ElkanNoto:
    return ElkanNoto(
        context.categorical,
        context.feature_names,
        context.seed,
        context.threads,
        **checked_params(NAME, DEFAULTS, params),
    )


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="Elkan en Noto: ongelabelde huishoudens tellen naar gelijkenis mee",
    en="Elkan and Noto: unlabelled households count in part as the group",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=ElkanNoto.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
