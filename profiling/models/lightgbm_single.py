"""One regularised gradient-boosting model of small trees: reference group against unlabelled rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm as lgb
from scipy.special import expit

from profiling.models import boosting
from profiling.models.classifier import LookalikeClassifier
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import EstimatorContext, EstimatorSpec, checked_params

NAME = "lightgbm"
DEFAULTS: dict[str, Any] = {**boosting.TREE_DEFAULTS}
BOOSTER = "booster.txt"
PAPER = f"Elkan & Noto (2008), Learning classifiers from only positive and unlabeled data, KDD; {boosting.PAPER}"


class LightgbmSingle(LookalikeClassifier):
    """Gradient boosting on small trees, trained to tell labelled from unlabelled.

    Under SCAR this ranks as the classifier of the true group would (Elkan & Noto 2008, lemma 1). The score is the
    probability of the label, 1 / (1 + exp(-raw)).
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        seed: int = 0,
        threads: int = 1,
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
        trees = {key: getattr(self, key) for key in boosting.TREE_DEFAULTS}
        params = boosting.parameters(trees, self.seed, self.threads)
        data = boosting.dataset(rows, params, self.categorical, self.feature_names)
        self.booster_ = boosting.boost(data, params, self.n_estimators)

    def _score(self, X: Floats) -> Floats:
        chance: Floats = expit(boosting.raw_scores(self.booster_, X, self.threads))
        return chance

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {"booster": BOOSTER}, {BOOSTER: boosting.as_text(self.booster_)}

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.booster_ = lgb.Booster(model_str=files[fitted["booster"]])


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> LightgbmSingle:
    return LightgbmSingle(
        context.categorical,
        context.feature_names,
        context.seed,
        context.threads,
        **checked_params(NAME, DEFAULTS, params),
    )


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="LightGBM: één model van kleine, getemde bomen",
    en="LightGBM: one model of small, regularised trees",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=LightgbmSingle.from_state,
    defaults=DEFAULTS,
    search_space=boosting.TREE_SEARCH,
)
