"""Contributions of distinct answers are those of LightGBM and of shap, for random models and for every odd value."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from profiling.models.forest import contributions as contributions_module
from profiling.models.forest.contributions import contributions
from profiling.models.forest.trees import read_trees
from tests.models.test_forest import RANDOM, table, train


def expected(booster: lgb.Booster, X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(booster.predict(X, pred_contrib=True, num_threads=1), dtype=np.float64)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@RANDOM
def test_random_models_on_random_rows(params: dict[str, Any], seed: int, rows: NDArray[np.float64]) -> None:
    booster = train(params, seed)
    seen = table(seed + 1, 300)[0]
    for X in (seen, rows):
        found = contributions(booster, X)
        assert found.shape == (len(X), 8)
        if len(X):
            np.testing.assert_allclose(found, expected(booster, X), rtol=1e-9, atol=1e-12)


def test_rows_that_answer_alike_are_explained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    booster, X = train({"num_leaves": 7}), table(8, 2_000)[0]
    explained: list[int] = []
    predict = lgb.Booster.predict

    def counted(self: lgb.Booster, data: Any, **said: Any) -> Any:
        explained.append(len(data))
        return predict(self, data, **said)

    monkeypatch.setattr(lgb.Booster, "predict", counted)
    found = contributions(booster, X)
    monkeypatch.undo()
    assert len(explained) == 12, "one call per tree"
    assert max(explained) <= 2**6, "six splits have no more sets of answers"
    np.testing.assert_allclose(found, expected(booster, X), rtol=1e-9, atol=1e-12)


def test_answers_of_more_than_one_word_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    booster, X = train({"num_leaves": 63}), table(8, 1_500)[0]
    tree = read_trees(booster.model_to_string())[0]
    columns = np.ascontiguousarray(X.T)
    whole = np.column_stack(
        [
            contributions_module.goes_left(tree, split, columns[tree.feature[split]])
            for split in range(len(tree.feature))
        ]
    )
    monkeypatch.setattr(contributions_module, "ANSWERS_PER_WORD", 5)
    kind, first = contributions_module._alike(tree, columns)
    assert len(first) == len(np.unique(whole, axis=0))
    assert (whole[first[kind]] == whole).all()


def test_what_cannot_be_read_is_left_to_lightgbm_and_linear_trees_are_refused() -> None:
    X = table(8, 50)[0]
    wide = train({"num_leaves": 400, "min_data_in_leaf": 1}, n=3_000)
    np.testing.assert_array_equal(contributions(wide, X), expected(wide, X))
    with pytest.raises(lgb.basic.LightGBMError, match="linear"):
        contributions(train({"linear_tree": True}), X)
