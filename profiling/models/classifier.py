"""What all estimators share: checking, scikit-learn's manners, and a state of text files.

An estimator adds `_fit`, `_score`, `_fitted` and `_restore`, and nothing else.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from profiling.artefacts import canonical_json
from profiling.errors import ArtefactError
from profiling.models import boosting
from profiling.models.inputs import Floats, TrainingRows, scoring_rows, training_rows

STATE = "estimator.json"
# What changes the time that it takes and never the outcome stays out of the state.
NOT_IN_STATE = ("threads",)


class LookalikeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of reference group against unlabelled rows that ranks.

    `predict_proba` gives the probability of the label (being *in the reference group* of this training table), not
    of the trait: under SCAR the two differ by a constant factor (Elkan & Noto 2008), which changes no ranking.
    """

    kind: ClassVar[str]
    categorical: tuple[int, ...] = ()
    feature_names: tuple[str, ...] | None = None

    def fit(self, X: Floats, y: NDArray[Any], sample_weight: Floats | None = None) -> Self:
        """Learn what sets the reference group apart.

        Parameters
        ----------
        X : float64 array of shape (n, p)
            NaN = missing; categorical columns hold integer codes >= 0.
        y : array of shape (n,)
            1 = reference group, 0 = unlabelled.
        sample_weight : float64 array of shape (n,), optional
            Not negative; rows of weight zero are left out.

        Raises
        ------
        TrainingError
            With every fault of the table in one message.
        """
        rows = training_rows(X, y, sample_weight, categorical=self.categorical, feature_names=self.feature_names)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = rows.X.shape[1]
        self._fit(rows)
        return self

    def score_samples(self, X: Floats) -> Floats:
        """Scores of shape (n,), higher = more like the group; a row's score depends on that row alone."""
        return self._score(self._rows(X))

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should know of how the rows were scored so far, a sentence each."""
        forest = boosting.forest_of(self._boosters) if self._boosters else None
        return (forest,) if isinstance(forest, str) else ()

    def prepare(self, n_rows: int) -> None:
        """Make ready for so many rows to be scored; nothing but time depends on it."""
        if self._boosters:
            boosting.forest_of(self._boosters, n_rows)

    @property
    def order(self) -> Literal["C", "F"]:
        """How a large table to be scored had best lie in memory; the scores are the same."""
        return "F" if self._boosters else "C"

    @property
    def _boosters(self) -> list[Any]:
        single = getattr(self, "booster_", None)
        return [single] if single is not None else getattr(self, "boosters_", [])

    def predict_proba(self, X: Floats) -> Floats:
        """Probabilities of shape (n, 2): of being unlabelled, and of being in the reference group."""
        chance = self._probability(self.score_samples(X))
        return np.column_stack([1.0 - chance, chance])

    def predict(self, X: Floats) -> NDArray[np.int64]:
        """Labels of shape (n,): 1 where the probability is above a half. For scikit-learn's tools; we rank."""
        return (self.predict_proba(X)[:, 1] > 0.5).astype(np.int64)

    def state(self) -> dict[str, str]:
        """File name → text; floats are written so that they come back to the bit."""
        check_is_fitted(self, "n_features_in_")
        params = {key: value for key, value in self.get_params(deep=False).items() if key not in NOT_IN_STATE}
        fitted, files = self._fitted()
        content = {"kind": self.kind, "params": params, "n_features": self.n_features_in_, "fitted": fitted}
        return {STATE: canonical_json(content, indent=1) + "\n", **files}

    @classmethod
    def from_state(cls, files: Mapping[str, str]) -> Self:
        """The estimator that `state` wrote.

        Raises
        ------
        ArtefactError
            When the files are incomplete, damaged or of another estimator.
        """
        try:
            content = json.loads(files[STATE])
            if content["kind"] != cls.kind:
                raise ArtefactError(f"holds a '{content['kind']}', expected a '{cls.kind}'", where=STATE)
            known = set(inspect.signature(cls).parameters)
            params = {key: _tupled(value) for key, value in content["params"].items() if key in known}
            made = cls(**params)
            made.classes_ = np.array([0, 1])
            made.n_features_in_ = int(content["n_features"])
            made._restore(content["fitted"], files)
        except (KeyError, ValueError, TypeError) as error:
            raise ArtefactError(
                f"the model's files are damaged ({type(error).__name__}: {error})", hint="train the model again"
            ) from error
        return made

    def _rows(self, X: Any) -> Floats:
        check_is_fitted(self, "n_features_in_")
        return scoring_rows(X, self.n_features_in_, categorical=self.categorical, feature_names=self.feature_names)

    def _fit(self, rows: TrainingRows) -> None:
        raise NotImplementedError

    def _score(self, X: Floats) -> Floats:
        raise NotImplementedError

    def _probability(self, scores: Floats) -> Floats:
        return scores

    def _fitted(self) -> tuple[dict[str, Any], dict[str, str]]:
        """What was learned: values for the JSON file, and texts of further files."""
        raise NotImplementedError

    def _restore(self, fitted: Mapping[str, Any], files: Mapping[str, str]) -> None:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
