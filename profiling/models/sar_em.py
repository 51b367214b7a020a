"""SAR-EM: learns how the group came to be labelled, from columns named for it, apart from who belongs to the group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm as lgb
import numpy as np
from scipy.special import expit, logit

from profiling.errors import ConfigError, TrainingError, did_you_mean
from profiling.models import boosting
from profiling.models.classifier import STATE
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.logistic import Logistic
from profiling.models.spec import EstimatorContext, EstimatorSpec, FloatRange, IntRange, SearchRange, checked_params
from profiling.models.true_group import TrueGroupClassifier, checked_prior, shift_to_prior

NAME = "sar-em"
DEFAULTS: dict[str, Any] = {"class_prior": 0.1, "propensity": [], "C": 1.0, "refresh": 10, **boosting.TREE_DEFAULTS}
SEARCH: dict[str, SearchRange] = {
    "C": FloatRange(0.01, 10.0, log=True),
    "refresh": IntRange(2, 50, log=True),
    **boosting.TREE_SEARCH,
}
BOOSTER, PROPENSITY = "booster.txt", "propensity.json"
PAPER = (
    "Bekker, Robberechts & Davis (2019), Beyond the selected completely at random assumption for learning from "
    f"positive and unlabeled data, ECML PKDD; {boosting.PAPER}"
)


class SarEM(TrueGroupClassifier):
    """Expectation-maximisation over who belongs to the group, u(x), and how readily its members were labelled, h(x).

    In a table of the group and a sample of the unlabelled, with u the chance that an unlabelled row belongs to the
    group and h the odds that a member of the group is a labelled one (both in this table; where few of the true group
    are labelled, u is the chance in the population and h the propensity up to a factor),

        P(label | x) / P(no label | x) = h(x) · u(x)

    - E-step: an unlabelled row counts as one of the group with u(x).
    - M-step of h: logistic regression (curved effects, `C` as in `logistic`) of the group against the unlabelled,
      weighted by u, on the columns named in `propensity`; every `refresh` trees.
    - M-step of u: one tree up the likelihood of the labels, on all *other* columns (a generalised EM: by Fisher's
      identity the gradient of the observed likelihood is that of the expected complete one).

    The paper lets class and propensity share columns. Then h · u is all that the labels tell, and any split of it
    fits as well; hence this estimator's assumption: given the other columns, the columns named in `propensity` say
    nothing of who belongs to the group. The size is not identified either, and is held at `class_prior`. Without
    `propensity` h is one number, which is SCAR. Where columns do both, use a list of members and a contrast instead.

    The score is the log-odds of u: of belonging to the true group, for an unlabelled row.
    """

    kind = NAME

    def __init__(
        self,
        categorical: tuple[int, ...] = (),
        feature_names: tuple[str, ...] | None = None,
        seed: int = 0,
        threads: int = 1,
        class_prior: float = DEFAULTS["class_prior"],
        propensity: tuple[str, ...] = (),
        C: float = DEFAULTS["C"],
        refresh: int = DEFAULTS["refresh"],
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
        self.propensity = propensity
        self.C = C
        self.refresh = refresh
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
        if self.refresh < 1 or not self.C > 0:
            raise TrainingError(
                f"'{NAME}': expected refresh >= 1 and C > 0, got refresh = {self.refresh}, C = {self.C}"
            )
        self.columns_ = self._columns(rows.X.shape[1])
        params = self._parameters()
        table = self._without_propensity(rows)
        data = boosting.dataset(table, params, self.categorical, self.feature_names)

        # One h for all until the first trees stand: else h takes what belongs to columns that resemble its own.
        self.start_ = float(logit(prior))
        self.selection_: Logistic | None = None
        self.level_ = _level(rows, np.full(len(rows.y), prior))
        selection, n_trees = self._log_selection(rows.X), 0

        def objective(grown: Floats, _data: Any) -> tuple[Floats, Floats]:
            nonlocal n_trees, selection
            if n_trees and n_trees % self.refresh == 0:
                self._expect(rows, grown)
                selection = self._log_selection(rows.X)
            n_trees += 1
            return _derivatives(rows, selection, expit(self.start_ + grown))

        self.booster_ = boosting.boost(data, {**params, "objective": objective}, self.n_estimators)
        self._expect(rows, boosting.raw_scores(self.booster_, table.X, self.threads))

    def _expect(self, rows: TrainingRows, grown: Floats) -> None:
        """Hold the size of the group at the prior, and learn h from the group as it is now expected."""
        unlabelled = rows.y == 0
        self.start_ = shift_to_prior(grown[unlabelled], rows.weight[unlabelled], self.class_prior)
        weight = _expected_group(rows, expit(self.start_ + grown))
        self.level_ = _level(rows, expit(self.start_ + grown))
        if self.columns_:
            codes = tuple(place for place, each in enumerate(self.columns_) if each in self.categorical)
            self.selection_ = Logistic(codes, C=self.C).fit(rows.X[:, self.columns_], rows.y, weight)

    def _log_selection(self, X: Floats) -> Floats:
        if self.selection_ is None:
            return np.full(len(X), self.level_)
        odds: Floats = logit(np.clip(self.selection_.score_samples(X[:, self.columns_]), 1e-12, 1.0 - 1e-12))
        return odds

    def selection_odds(self, X: Floats) -> Floats:
        """h: the odds that a member of the group like this row is a labelled one in the training table; shape (n,).

        Known up to a factor, which `class_prior` sets. 1 / h is a weight for reference households that undoes the
        selection (inverse propensity).
        """
        odds: Floats = np.exp(self._log_selection(self._rows(X)))
        return odds

    def _columns(self, width: int) -> list[int]:
        """Positions of the columns named in `propensity`; a table without names has "column 0", "column 1", …"""
        names = self.feature_names or [f"column {position}" for position in range(width)]
        unknown = [each for each in self.propensity if each not in names]
        if unknown or len(set(self.propensity)) == width:
            raise TrainingError(
                f"'{NAME}': the propensity cannot be learned from these columns",
                faults=[f"'{each}' is no feature{did_you_mean(each, names)}" for each in unknown]
                or [f"all {width} features are named: none is left for the group itself"],
                hint="name under 'propensity' the features that settle who is found, and not who belongs to the group",
            )
        return sorted({names.index(each) for each in self.propensity})

    def _without_propensity(self, rows: TrainingRows) -> TrainingRows:
        """The table with the columns of the propensity emptied: no tree can split on them, in training or after."""
        emptied = rows.X.copy()
        emptied[:, self.columns_] = np.nan
        return TrainingRows(emptied, rows.y, rows.weight)

    def _score(self, X: Floats) -> Floats:
        return self.start_ + boosting.raw_scores(self.booster_, X, self.threads)

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        files = {BOOSTER: boosting.as_text(self.booster_)}
        if self.selection_ is not None:
            files[PROPENSITY] = self.selection_.state()[STATE]
        learned = {"booster": BOOSTER, "start": self.start_, "level": self.level_, "columns": self.columns_}
        return learned, files

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self.booster_ = lgb.Booster(model_str=files[fitted["booster"]])
        self.start_, self.level_ = float(fitted["start"]), float(fitted["level"])
        self.columns_ = [int(each) for each in fitted["columns"]]
        self.selection_ = Logistic.from_state({STATE: files[PROPENSITY]}) if self.columns_ else None


def _expected_group(rows: TrainingRows, chance: Floats) -> Floats:
    """The weight with which each row counts as one of the group: whole where labelled, else by its chance."""
    weight: Floats = rows.weight * np.where(rows.y == 1, 1.0, np.maximum(chance, 1e-12))
    return weight


def _level(rows: TrainingRows, chance: Floats) -> float:
    """log h where it is the same for all: labelled against expected unlabelled members of the group."""
    weight = _expected_group(rows, chance)
    return float(np.log(weight[rows.y == 1].sum()) - np.log(weight[rows.y == 0].sum()))


def _derivatives(rows: TrainingRows, selection: Floats, chance: Floats) -> tuple[Floats, Floats]:
    """Of minus the log-likelihood of the labels, for the log-odds of u; the second by Gauss and Newton, never below 0.

    Parameters
    ----------
    selection : log h, shape (n,).
    chance : u, shape (n,).
    """
    label = expit(selection + np.log(np.maximum(chance, 1e-300)))
    slope = 1.0 - chance
    return rows.weight * (label - rows.y) * slope, rows.weight * label * (1.0 - label) * slope**2 + 1e-16


def _build(context: EstimatorContext, params: Mapping[str, Any]) -> SarEM:
    checked = checked_params(NAME, DEFAULTS, params)
    named = tuple(checked.pop("propensity"))
    if not all(isinstance(each, str) for each in named):
        raise ConfigError(f"'{NAME}': propensity is {list(named)!r}, expected a list of names of features")
    return SarEM(context.categorical, context.feature_names, context.seed, context.threads, propensity=named, **checked)


ESTIMATOR = EstimatorSpec(
    name=NAME,
    nl="SAR-EM: leert hoe de groep gevonden is, los van wie erbij hoort",
    en="SAR-EM: learns how the group was found, apart from who belongs to it",
    assumption="SAR",
    paper=PAPER,
    build=_build,
    load=SarEM.from_state,
    defaults=DEFAULTS,
    search_space=SEARCH,
)
