"""Exact SHAP values, a tree at a time: rows that answer all splits of a tree alike are explained once.

A household's contributions to one tree depend on its answers to that tree's splits and on nothing else (Lundberg et al.
2020, Nature Machine Intelligence 2, 56-67, algorithm 2). Thousands of households give some hundreds of sets of answers,
and LightGBM explains one household of each.
"""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.models.forest.codes import ZERO_WIDTH
from profiling.models.forest.trees import NAN, ZERO, NotWalkableError, Tree, read_trees

ANSWERS_PER_WORD = 32


def contributions(booster: lgb.Booster, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """SHAP values, path dependent, that add up to the raw score.

    Parameters
    ----------
    X : array of shape (n, n_features), as the booster reads it; native categoricals included.

    Returns
    -------
    Array of shape (n, n_features + 1) in log-odds; the last column is the expected value. Equal to
    `Booster.predict(X, pred_contrib=True)` but for the order in which trees are added up.

    Raises
    ------
    lightgbm.basic.LightGBMError
        For models that LightGBM does not explain, such as those with linear trees.
    """
    try:
        trees = read_trees(booster.model_to_string(num_iteration=-1))
    except NotWalkableError:
        return np.asarray(booster.predict(X, pred_contrib=True, num_threads=1), dtype=np.float64)
    columns, out = np.ascontiguousarray(X.T), np.zeros((len(X), X.shape[1] + 1))
    for number, tree in enumerate(trees if len(X) else ()):
        kind, first = _alike(tree, columns)
        explained = np.asarray(
            booster.predict(X[first], pred_contrib=True, start_iteration=number, num_iteration=1, num_threads=1)
        )
        used = np.append(np.unique(tree.feature), X.shape[1])
        out[:, used] += explained[:, used][kind]
    return out


def _alike(tree: Tree, columns: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per row the number of its set of answers, and per set a row that gives it."""
    kind = np.zeros(columns.shape[1], dtype=np.int64)
    for start in range(0, len(tree.feature), ANSWERS_PER_WORD):
        word = kind
        for split in range(start, min(start + ANSWERS_PER_WORD, len(tree.feature))):
            word = (word << 1) | goes_left(tree, split, columns[tree.feature[split]])
        kind = pd.factorize(word)[0]
    first = np.zeros(int(kind.max(initial=-1)) + 1, dtype=np.int64)
    first[kind[::-1]] = np.arange(len(kind) - 1, -1, -1)
    return kind, first


def goes_left(tree: Tree, split: int, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """LightGBM's answer to one split, for values of shape (n,)."""
    if tree.categorical[split]:
        # Categories are whole numbers from zero; a fraction is cut off, missing and negative ones are in no set.
        known = (values > -1.0) & (values < 2.0**31)
        return np.isin(np.where(known, values, -1.0).astype(np.int64), tree.categories[split])
    unknown = np.isnan(values)
    zero = np.abs(values) <= ZERO_WIDTH
    if tree.missing[split] != NAN:
        zero |= unknown
    values = np.where(zero, 0.0, values)
    missing = {NAN: unknown, ZERO: zero}.get(int(tree.missing[split]), np.False_)
    left: NDArray[np.bool_] = np.where(missing, tree.default_left[split], values <= tree.threshold[split])
    return left
