"""Two steps: spies find households that are surely not of the group; then everybody else is learned at a known size."""

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
from profiling.models.spec import EstimatorContext, EstimatorSpec, FloatRange, SearchRange, checked_params
from profiling.models.true_group import TrueGroupClassifier, checked_prior, shift_to_prior, soft_rows

NAME = "two-step"
DEFAULTS: dict[str, Any] = {"class_prior": 0.1, "spies": 0.15, "noise": 0.15, **boosting.TREE_DEFAULTS}
SEARCH: dict[str, SearchRange] = {
    "spies": FloatRange(0.05, 0.5),
    "noise": FloatRange(0.01, 0.3),
    **boosting.TREE_SEARCH,
}
BOOSTER = "booster.txt"
PAPER = (
    "Liu, Lee, Yu & Li (2002), Partially supervised classification of text documents, ICML (S-EM); "
    f"Saerens, Latinne & Decaestecker (2002), Neural Computation 14; {boosting.PAPER}"
)


class TwoStep(TrueGroupClassifier):
    """Spies and reliable others, then a classifier at the prior.

    1. A part `spies` of the reference group goes under cover among the unlabelled. A first model learns the rest of
       the group against all of these. Unlabelled rows at or below the score under which a part `noise` of the spies
       lies are *reliable others*: about 1 - `noise` of the group stands above it (S-EM, step 1).
    2. The log-odds of the first model are shifted until the unlabelled that remain hold the whole group, a part
       `class_prior` of all unlabelled. Each then counts as one of the group with that chance and as one of the others
       with the remainder; the reliable others count as others. The final model learns this (one round of the EM of
       S-EM, with the size held instead of learned), and its log-odds are shifted to the same size.

    The usual second step, the group against the reliable others alone, is not used: with nothing unlabelled above
    the threshold it cannot order the rows there, which are the ones that a profile is made of.

    The score is the log-odds of belonging to the true group, for an unlabelled row.
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        seed: int = 0,
        threads: int = 1,
        class_prior: float = DEFAULTS["class_prior"],
        spies: float = DEFAULTS["spies"],
        noise: float = DEFAULTS["noise"],
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
        self.spies = spies
        self.noise = noise
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
        if not (0 < self.spies < 1 and 0 <= self.noise < 1):
            raise TrainingError(
                f"'{NAME}': expected 0 < spies < 1 and 0 <= noise < 1, got spies = {self.spies}, noise = {self.noise}"
            )
        unlabelled = rows.y == 0
        spy = self._spies(rows.y)
        first = self._boost(TrainingRows(rows.X, np.where(spy, 0.0, rows.y), rows.weight))
        odds = boosting.raw_scores(first, rows.X, self.threads)
        sure = unlabelled & (odds <= max(_quantile(odds[spy], rows.weight[spy], self.noise), odds[unlabelled].min()))
        self.reliable_ = float(rows.weight[sure].sum() / rows.weight[unlabelled].sum())
        self.booster_ = self._boost(soft_rows(rows, self._chance(rows, odds, sure)))
        final = boosting.raw_scores(self.booster_, rows.X[unlabelled], self.threads)
        self.shift_ = shift_to_prior(final, rows.weight[unlabelled], prior)

    def _spies(self, y: Floats) -> NDArray[np.bool_]:
        """Which rows of the group are spies, shape (n,): at least one, and not all."""
        group = np.flatnonzero(y == 1)
        n = min(max(round(self.spies * len(group)), 1), len(group) - 1)
        if n < 1:
            raise TrainingError(f"'{NAME}': one row of the reference group cannot be a spy and an example at once")
        spy = np.zeros(len(y), dtype=np.bool_)
        spy[np.random.default_rng(self.seed % 2**63).choice(group, n, replace=False)] = True
        return spy

    def _chance(self, rows: TrainingRows, odds: Floats, sure: NDArray[np.bool_]) -> Floats:
        """What part of each row counts as one of the group, shape (n,)."""
        chance = rows.y.copy()
        rest = (rows.y == 0) & ~sure
        if rest.any():
            among_rest = min(self.class_prior / (1.0 - self.reliable_), 0.99)
            chance[rest] = expit(odds[rest] + shift_to_prior(odds[rest], rows.weight[rest], among_rest))
        return chance

    def _score(self, X: Floats) -> Floats:
        return boosting.raw_scores(self.booster_, X, self.threads) + self.shift_

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        learned = {"booster": BOOSTER, "shift": self.shift_, "reliable": self.reliable_}
        return learned, {BOOSTER: boosting.as_text(self.booster_)}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.booster_ = lgb.Booster(model_str=files[fitted["booster"]])
        self.shift_, self.reliable_ = float(fitted["shift"]), float(fitted["reliable"])


def _quantile(values: Floats, weight: Floats, part: float) -> float:
    """The smallest value at or below which at least `part` of the weight lies."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(below, part * below[-1])])


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> TwoStep:
    return TwoStep(
        context.categorical,
        context.feature_names,
        context.seed,
        context.threads,
        **checked_params(NAME, DEFAULTS, params),
    )


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="Twee stappen: eerst zekere anderen door verspieders, dan op maat van de groep",
    en="Two steps: reliable others by spies, then a model at the size of the group",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=TwoStep.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
