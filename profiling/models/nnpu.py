"""LightGBM with the non-negative PU risk: everybody stands for the others, less the part that is the group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm as lgb
import numpy as np
from scipy.special import expit, logit

from profiling.errors import TrainingError
from profiling.models import boosting
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import EstimatorContext, EstimatorSpec, FloatRange, SearchRange, checked_params
from profiling.models.true_group import TrueGroupClassifier, checked_prior

NAME = "nnpu"
DEFAULTS: dict[str, Any] = {"class_prior": 0.1, "tolerance": 0.0, "step_back": 0.0, **boosting.TREE_DEFAULTS}
SEARCH: dict[str, SearchRange] = {"step_back": FloatRange(0.0, 1.0), **boosting.TREE_SEARCH}
BOOSTER = "booster.txt"
PAPER = (
    "Kiryo, Niu, du Plessis & Sugiyama (2017), Positive-unlabeled learning with non-negative risk estimator, NeurIPS; "
    f"{boosting.PAPER}"
)


class NonNegativeRisk:
    """The risk of Kiryo et al. (2017), equation 6, with its gradient for boosting.

    With log-odds z, logistic losses l+(z) = log(1 + exp(-z)) and l-(z) = log(1 + exp(z)), class prior π, and E_P, E_U
    the weighted means over the reference group and the unlabelled rows:

        risk = π E_P l+  +  max(0, E_U l- - π E_P l-)

    The term in the maximum estimates the loss on the others and cannot truly be negative. Where it falls below
    -`tolerance`, the step goes up that term, times `step_back` (algorithm 1 of the paper, on all rows at a time); at
    0 growth stops there. The paper steps back on small batches; a whole tree back costs more order than it saves.

    Everything is multiplied by the weight of the unlabelled rows, so that `lambda_l2` means what it means to the
    other estimators. The second derivative of a reference row is exactly 0 (l+ - l- is a straight line), and a leaf of
    such rows would get an endless value; in its place stands p · max(p, 1 - p), with p the chance, for all rows: that
    of the logistic loss up to a half, and above it as large as to keep every step below 2.
    """

    def __init__(self, y: Floats, weight: Floats, prior: float, tolerance: float, step_back: float) -> None:
        group = y == 1
        self.prior, self.tolerance, self.step_back = prior, tolerance, step_back
        self.scale = float(weight[~group].sum())
        self.in_group = np.where(group, weight, 0.0) / weight[group].sum()
        self.in_base = np.where(group, 0.0, weight) / self.scale

    def others(self, odds: Floats) -> float:
        """The loss on the others as it is estimated, before the maximum is taken."""
        # Summed by numpy alone: a product of BLAS may round differently on another number of cores.
        return float(np.sum((self.in_base - self.prior * self.in_group) * np.logaddexp(0.0, odds)))

    def value(self, odds: Floats) -> float:
        """The risk of log-odds of shape (n,)."""
        return self.prior * float(np.sum(self.in_group * np.logaddexp(0.0, -odds))) + max(0.0, self.others(odds))

    def derivatives(self, odds: Floats) -> tuple[Floats, Floats]:
        """First and (bounded) second derivative for each row's log-odds, both of shape (n,)."""
        chance = expit(odds)
        if self.others(odds) >= -self.tolerance:
            first = self.in_base * chance - self.prior * self.in_group
            times = self.scale
        else:
            first = (self.prior * self.in_group - self.in_base) * chance
            times = self.scale * self.step_back
        second = (self.in_base + self.prior * self.in_group) * chance * np.maximum(1.0 - chance, chance)
        return times * first, self.scale * np.maximum(second, 1e-16)


class NonNegativePU(TrueGroupClassifier):
    """Gradient boosting on the non-negative PU risk with the logistic loss.

    `class_prior` is the part of the *unlabelled* rows that truly belongs to the group. Under SCAR, and with the right
    prior, the score estimates the log-odds of belonging to the true group (not of the label), and `predict_proba` the
    chance of it; a wrong prior spoils these chances more than the ranking.

    For ranking alone it aims at the same order as `lightgbm`: under SCAR both rise with the density ratio of group and
    base. What differs is how errors are weighed, and the guard against learning the reference group by heart, which
    serves the chances more than the order. The paper's sigmoid loss is left out: it only learns who is above one half,
    and in a group of a tenth hardly anybody is.
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        seed: int = 0,
        threads: int = 1,
        class_prior: float = DEFAULTS["class_prior"],
        tolerance: float = DEFAULTS["tolerance"],
        step_back: float = DEFAULTS["step_back"],
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
        self.tolerance = tolerance
        self.step_back = step_back
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
        prior = checked_prior(NAME, self.class_prior)
        if not (self.tolerance >= 0 and 0 <= self.step_back <= 1):
            raise TrainingError(
                f"'{NAME}': expected tolerance >= 0 and 0 <= step_back <= 1, got tolerance = {self.tolerance}, "
                f"step_back = {self.step_back}"
            )
        risk = NonNegativeRisk(rows.y, rows.weight, prior, self.tolerance, self.step_back)
        params = self._parameters()
        data = boosting.dataset(rows, params, self.categorical, self.feature_names)
        self.start_ = float(logit(prior))

        def objective(grown: Floats, _data: Any) -> tuple[Floats, Floats]:
            return risk.derivatives(self.start_ + grown)

        self.booster_ = boosting.boost(data, {**params, "objective": objective}, self.n_estimators)

    def _score(self, X: Floats) -> Floats:
        return self.start_ + boosting.raw_scores(self.booster_, X, self.threads)

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {"booster": BOOSTER, "start": self.start_}, {BOOSTER: boosting.as_text(self.booster_)}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.booster_ = lgb.Booster(model_str=files[fitted["booster"]])
        self.start_ = float(fitted["start"])


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> NonNegativePU:
    return NonNegativePU(
        context.categorical,
        context.feature_names,
        context.seed,
        context.threads,
        **checked_params(NAME, DEFAULTS, params),
    )


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="nnPU: kleine bomen op het niet-negatieve PU-risico",
    en="nnPU: small trees on the non-negative PU risk",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=NonNegativePU.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
