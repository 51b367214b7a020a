"""Bagging of small-tree models, for scores that hold still when the reference group is drawn again."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lightgbm as lgb
import numpy as np
from scipy.special import expit

from profiling.errors import TrainingError
from profiling.models import boosting
from profiling.models.classifier import LookalikeClassifier
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import EstimatorContext, EstimatorSpec, FloatRange, IntRange, SearchRange, checked_params
from profiling.progress import track

NAME = "lightgbm-bagged"
# Half the trees at twice the pace of the single model: as good in cross-validated capture, and cheaper to score.
DEFAULTS: dict[str, Any] = {
    "n_bags": 10,
    "unlabelled_fraction": 0.5,
    **boosting.TREE_DEFAULTS,
    "n_estimators": 100,
    "learning_rate": 0.1,
}
SEARCH: dict[str, SearchRange] = {
    "n_bags": IntRange(5, 30),
    "unlabelled_fraction": FloatRange(0.1, 1.0),
    **boosting.TREE_SEARCH,
}
PAPER = (
    "Mordelet & Vert (2014), A bagging SVM to learn from positive and unlabeled examples, Pattern Recognition "
    f"Letters 37; {boosting.PAPER}"
)


class LightgbmBagged(LookalikeClassifier):
    """The mean of `n_bags` boosters, each on other positives and other unlabelled rows.

    A bag holds a bootstrap of the positives (as many, drawn with replacement) and a part `unlabelled_fraction` of the
    unlabelled rows (without replacement). All bags share one binned table.

    The score is 1 / (1 + exp(-mean raw score)): averaging on the log-odds scale keeps the whole one sum of trees, so
    that exact SHAP values and fast tree walkers take it as a single model; a mean of probabilities would not be. A
    bag sees a part f of the unlabelled rows, which multiplies the odds by 1/f; log f is added to undo it.

    No gain in accuracy over one regularised model is claimed: the bags are there for stability, and to measure it.
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        seed: int = 0,
        threads: int = 1,
        n_bags: int = DEFAULTS["n_bags"],
        unlabelled_fraction: float = DEFAULTS["unlabelled_fraction"],
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
        self.n_bags = n_bags
        self.unlabelled_fraction = unlabelled_fraction
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
        if self.n_bags < 1 or not 0.0 < self.unlabelled_fraction <= 1.0:
            raise TrainingError(
                f"'{NAME}': expected n_bags >= 1 and 0 < unlabelled_fraction <= 1, got n_bags = {self.n_bags}, "
                f"unlabelled_fraction = {self.unlabelled_fraction}"
            )
        trees = {key: getattr(self, key) for key in boosting.TREE_DEFAULTS}
        params = boosting.parameters(trees, self.seed, self.threads)
        data = boosting.dataset(rows, params, self.categorical, self.feature_names)
        drawn = [self._draw(rows.y, bag) for bag in range(self.n_bags)]
        self.shift_ = float(np.log(drawn[-1][1]))

        def grow(bag: int) -> lgb.Booster:
            # One thread per bag, and bags side by side: half the CPU of two threads per bag, and trees that do not
            # depend on the number of threads (sums of floats in another order choose other splits now and then).
            seeded = boosting.parameters(trees, self.seed + 1 + bag, threads=1)
            return boosting.boost(data.subset(drawn[bag][0].tolist()), seeded, self.n_estimators)

        with ThreadPoolExecutor(max(self.threads, 1)) as pool:
            grown = pool.map(grow, range(self.n_bags))
            self.boosters_ = list(track(grown, "training bags", total=self.n_bags))

    def _draw(self, y: Floats, bag: int) -> tuple[np.ndarray[Any, np.dtype[np.int64]], float]:
        """Row numbers of a bag in ascending order (LightGBM asks for it), and the part of the unlabelled in it."""
        positive, unlabelled = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
        rng = np.random.default_rng([self.seed % 2**63, bag])
        n_unlabelled = max(1, round(self.unlabelled_fraction * len(unlabelled)))
        drawn = (
            rng.choice(positive, len(positive), replace=True),
            rng.choice(unlabelled, n_unlabelled, replace=False),
        )
        return np.sort(np.concatenate(drawn)), n_unlabelled / len(unlabelled)

    def score_bags(self, X: Floats) -> Floats:
        """What each bag says, on the scale of the score: shape (n, n_bags). For `evaluation.stability`."""
        chance: Floats = expit(self._raw(self._rows(X)))
        return chance

    def _raw(self, X: Floats) -> Floats:
        return boosting.raw_scores_of_bags(self.boosters_, X, self.threads).T + self.shift_

    def _score(self, X: Floats) -> Floats:
        total = np.zeros(len(X))
        for each in boosting.raw_scores_of_bags(self.boosters_, X, self.threads):
            total += each
        chance: Floats = expit(total / len(self.boosters_) + self.shift_)
        return chance

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        files = {f"bag-{bag:03d}.txt": boosting.as_text(each) for bag, each in enumerate(self.boosters_)}
        return {"boosters": list(files), "shift": self.shift_}, files

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.boosters_ = [lgb.Booster(model_str=files[name]) for name in fitted["boosters"]]
        self.shift_ = float(fitted["shift"])


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> LightgbmBagged:
    return LightgbmBagged(
        context.categorical,
        context.feature_names,
        context.seed,
        context.threads,
        **checked_params(NAME, DEFAULTS, params),
    )


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="LightGBM in zakjes: het gemiddelde van modellen op steeds andere trekkingen",
    en="Bagged LightGBM: the mean of models on repeated draws",
    assumption="SCAR",
    paper=PAPER,
    build=_build,
    load=LightgbmBagged.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
