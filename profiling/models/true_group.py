"""What estimators share that score the true group and not the label: its size, soft labels, and shifted log-odds."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from profiling.errors import TrainingError
from profiling.models import boosting
from profiling.models.classifier import LookalikeClassifier
from profiling.models.inputs import Floats, TrainingRows

FAR = 700.0  # log-odds beyond which a float64 probability is 0 or 1


class TrueGroupClassifier(LookalikeClassifier):
    """A LightGBM model whose score is the log-odds of belonging to the *true* group, for an unlabelled row.

    `predict_proba` gives that chance, where the other estimators give the chance of the label. It is as good as the
    class prior that it stands on.
    """

    seed: int
    threads: int
    n_estimators: int

    def _parameters(self) -> dict[str, Any]:
        trees = {key: getattr(self, key) for key in boosting.TREE_DEFAULTS}
        return boosting.parameters(trees, self.seed, self.threads)

    def _boost(self, rows: TrainingRows) -> lgb.Booster:
        """Label against no label, as `lightgbm` learns it."""
        params = self._parameters()
        data = boosting.dataset(rows, params, self.categorical, self.feature_names)
        return boosting.boost(data, params, self.n_estimators)

    def _probability(self, scores: Floats) -> Floats:
        chance: Floats = expit(scores)
        return chance


def checked_prior(name: str, prior: float) -> float:
    """The part of the unlabelled rows that truly belongs to the group.

    Raises
    ------
    TrainingError
        When it is not between 0 and 1.
    """
    if not 0.0 < prior < 1.0:
        raise TrainingError(
            f"'{name}': class_prior is {prior}, expected between 0 and 1",
            hint="it is the part of all households that truly belongs to the group; see evaluation/class_prior.py",
        )
    return prior


def soft_rows(rows: TrainingRows, chance: Floats) -> TrainingRows:
    """Every row twice: as one of the group with weight · chance, and as one of the others with weight · (1 - chance).

    Parameters
    ----------
    rows : the table; its labels are not looked at.
    chance : float64 array of shape (n,), 0..1. Sides without weight are left out.
    """
    sides = ((1.0, rows.weight * chance), (0.0, rows.weight * (1.0 - chance)))
    kept = [np.flatnonzero(weight > 0) for _label, weight in sides]
    return TrainingRows(
        np.concatenate([rows.X[each] for each in kept]),
        np.concatenate([np.full(len(each), label) for each, (label, _weight) in zip(kept, sides, strict=True)]),
        np.concatenate([weight[each] for each, (_label, weight) in zip(kept, sides, strict=True)]),
    )


def shift_to_prior(odds: Floats, weight: Floats, prior: float) -> float:
    """What to add to log-odds so that the weighted mean of the probabilities is the class prior.

    The correction for another class size than that of the training table (Saerens, Latinne & Decaestecker 2002,
    Adjusting the outputs of a classifier to new a priori probabilities, Neural Computation 14), with the size known.

    Parameters
    ----------
    odds, weight : float64 arrays of shape (n,), of the unlabelled rows.
    prior : between 0 and 1.
    """
    share = weight / weight.sum()

    def gap(shift: float) -> float:
        return float(np.sum(share * expit(odds + shift))) - prior

    return float(brentq(gap, -FAR - odds.max(), FAR - odds.min(), xtol=1e-12))
