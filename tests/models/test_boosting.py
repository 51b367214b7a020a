"""A binned table shared by fits: the same models to the bit, from fewer tables."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray

from profiling.models import boosting, lightgbm_bagged, lightgbm_single
from profiling.models.spec import EstimatorContext, EstimatorSpec

CONTEXT = EstimatorContext(3, ("code", "a", "b"), (0,), seed=3)
TRIALS = (
    {},
    {"num_leaves": 4, "min_data_in_leaf": 5, "cat_smooth": 1.0, "cat_l2": 1.0},
    {"learning_rate": 0.3, "feature_fraction": 1.0, "lambda_l2": 0.1, "min_data_in_leaf": 200},
)


def table(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 9, 1_500), rng.normal(size=(1_500, 2))]).astype(float)
    X[rng.random(X.shape) < 0.05] = np.nan
    odds = 1.5 * np.isin(X[:, 0], [2, 5]) - np.abs(np.nan_to_num(X[:, 1])) - 1
    return X, (rng.random(1_500) < 1 / (1 + np.exp(-odds))).astype(float)


@pytest.mark.parametrize("spec", [lightgbm_single.ESTIMATOR, lightgbm_bagged.ESTIMATOR], ids=lambda spec: spec.name)
def test_trials_share_a_table_and_give_the_same_models(spec: EstimatorSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    binned = boosting._binned
    monkeypatch.setattr(boosting, "_binned", lambda rows, *rest: (made.append(len(rows.y)), binned(rows, *rest))[1])
    X, y = table()
    small = {"n_estimators": 12} | ({"n_bags": 2} if spec is lightgbm_bagged.ESTIMATOR else {})
    alone = [spec.build(CONTEXT, {**small, **trial}).fit(X, y).state() for trial in TRIALS]
    assert len(made) == 3
    assert len({str(state) for state in alone}) == 3
    with boosting.sharing_bins(2):
        shared = [spec.build(CONTEXT, {**small, **trial}).fit(X, y).state() for trial in TRIALS]
        assert len(made) == 4
        again = spec.build(CONTEXT, small).fit(X, y).state()
    assert shared == alone
    assert again == alone[0]
    assert len(made) == 4


def test_other_rows_weights_bins_or_columns_get_a_table_of_their_own() -> None:
    X, y = table()
    weight = np.linspace(1, 2, len(y))
    changed = X.copy()
    changed[7, 1] += 1e-9

    def tables(*fits: tuple[NDArray[np.float64], NDArray[np.float64] | None, dict[str, int], tuple[int, ...]]) -> int:
        seen: list[lgb.Dataset] = []
        with boosting.sharing_bins(9):
            for rows, weights, params, categorical in fits:
                checked = boosting.TrainingRows(rows, y, np.ones(len(y)) if weights is None else weights)
                trees = boosting.parameters({**boosting.TREE_DEFAULTS, **params}, seed=1, threads=1)
                seen.append(boosting.dataset(checked, trees, categorical, None))
        return len({id(each) for each in seen})

    plain = (X, None, {}, (0,))
    assert tables(plain, plain, (X, None, {"num_leaves": 4}, (0,))) == 1
    others = [(changed, None, {}, (0,)), (X, weight, {}, (0,)), (X, None, {"max_bin": 31}, (0,)), (X, None, {}, ())]
    assert tables(plain, *others) == 5


def test_the_table_used_longest_ago_goes_first() -> None:
    trees = boosting.parameters(boosting.TREE_DEFAULTS, seed=1, threads=1)
    rows = [boosting.TrainingRows(*table(seed), np.ones(1_500)) for seed in range(3)]
    with boosting.sharing_bins(2):
        first, second = (boosting.dataset(each, trees, (0,), None) for each in rows[:2])
        assert boosting.dataset(rows[0], trees, (0,), None) is first
        boosting.dataset(rows[2], trees, (0,), None)
        assert boosting.dataset(rows[0], trees, (0,), None) is first
        assert boosting.dataset(rows[1], trees, (0,), None) is not second
