"""LightGBM, asked for the same way by every estimator that uses it: deterministic, and its model as text."""

from __future__ import annotations

import hashlib
import re
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from profiling.errors import TrainingError
from profiling.models.forest.forest import Forest, grow
from profiling.models.forest.trees import NotWalkableError
from profiling.models.inputs import Floats, TrainingRows
from profiling.models.spec import FloatRange, IntRange, SearchRange

PAPER = "Ke et al. (2017), LightGBM: A highly efficient gradient boosting decision tree, NeurIPS"

TREE_DEFAULTS: dict[str, Any] = {
    "n_estimators": 200,
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.5,
    "lambda_l2": 10.0,
    "max_bin": 255,
    "cat_smooth": 10.0,
    "cat_l2": 10.0,
}
TREE_SEARCH: dict[str, SearchRange] = {
    "n_estimators": IntRange(50, 600, log=True),
    "num_leaves": IntRange(4, 63, log=True),
    "learning_rate": FloatRange(0.01, 0.2, log=True),
    "min_data_in_leaf": IntRange(10, 500, log=True),
    "feature_fraction": FloatRange(0.2, 1.0),
    "lambda_l2": FloatRange(0.1, 100.0, log=True),
    "cat_smooth": FloatRange(1.0, 100.0, log=True),
}

WORTH_A_FOREST = 20_000  # rows; under that, LightGBM is done before a forest has been checked


@dataclass
class _Kept:
    """What is known of some boosters, as long as they live."""

    boosters: list[weakref.ref[lgb.Booster]]
    n_rows: int = 0
    forest: Forest | str | None = None


_forests: weakref.WeakKeyDictionary[lgb.Booster, _Kept] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def parameters(trees: Mapping[str, Any], seed: int, threads: int) -> dict[str, Any]:
    """LightGBM's parameters. The categorical columns are never among them: a saved model would not load."""
    return {
        **{key: value for key, value in trees.items() if key != "n_estimators"},
        "objective": "binary",
        "seed": seed % 2**31,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "verbosity": -1,
    }


# What changes trees and not bins. `min_data_in_leaf` is among them because features are not filtered beforehand.
_TREES_ALONE = {
    "num_leaves",
    "learning_rate",
    "min_data_in_leaf",
    "feature_fraction",
    "lambda_l2",
    "cat_smooth",
    "cat_l2",
    "num_threads",
}
_SHARED: ContextVar[tuple[int, dict[str, lgb.Dataset]] | None] = ContextVar("binned tables", default=None)


@contextmanager
def sharing_bins(most: int) -> Iterator[None]:
    """Within this block the same rows are binned once: fits that differ in their trees alone share the table.

    Trials of a search are such fits. The models are the same to the bit.

    Parameters
    ----------
    most : tables to keep, about one byte per value; the one that was used longest ago goes first.
    """
    token = _SHARED.set((most, {}))
    try:
        yield
    finally:
        _SHARED.reset(token)


def dataset(
    rows: TrainingRows, params: Mapping[str, Any], categorical: Sequence[int], names: Sequence[str] | None
) -> lgb.Dataset:
    """The rows, binned once (see `sharing_bins`). Weights are above zero: `inputs.training_rows` saw to it."""
    shared = _SHARED.get()
    if shared is None:
        return _binned(rows, params, categorical, names)
    most, tables = shared
    key = _identity(rows, {name: each for name, each in params.items() if name not in _TREES_ALONE}, categorical, names)
    table = tables.pop(key, None) or _binned(rows, params, categorical, names)
    tables[key] = table
    while len(tables) > most:
        del tables[next(iter(tables))]
    return table


def _identity(
    rows: TrainingRows, params: Mapping[str, Any], categorical: Sequence[int], names: Sequence[str] | None
) -> str:
    digest = hashlib.sha256(repr((rows.X.shape, sorted(params.items()), list(categorical), names)).encode())
    for part in rows:
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def _binned(
    rows: TrainingRows, params: Mapping[str, Any], categorical: Sequence[int], names: Sequence[str] | None
) -> lgb.Dataset:
    weight = None if (rows.weight == 1.0).all() else rows.weight
    try:
        return lgb.Dataset(
            rows.X,
            rows.y,
            weight=weight,
            feature_name=safe_names(names, rows.X.shape[1]),
            categorical_feature=list(categorical),
            params=dict(params),
        ).construct()
    except lgb.basic.LightGBMError as error:
        raise TrainingError(f"LightGBM refuses the table or its parameters: {error}") from error


def boost(data: lgb.Dataset, params: Mapping[str, Any], n_estimators: int) -> lgb.Booster:
    """Grow the trees.

    Raises
    ------
    TrainingError
        When LightGBM refuses a parameter's value.
    """
    try:
        return reloaded(lgb.train(dict(params), data, num_boost_round=n_estimators))
    except (lgb.basic.LightGBMError, ValueError) as error:
        raise TrainingError(f"LightGBM refuses its parameters: {error}") from error


def reloaded(booster: lgb.Booster) -> lgb.Booster:
    """The booster from its own text: it lets go of the training data, and is what a later run will load."""
    return lgb.Booster(model_str=as_text(booster))


def as_text(booster: lgb.Booster) -> str:
    """The model as LightGBM's text, without the number of threads: that changes nothing in the trees."""
    return re.sub(r"^\[num_threads: -?\d+\]$", "[num_threads: 0]", booster.model_to_string(), flags=re.MULTILINE)


def raw_scores(booster: lgb.Booster, X: Floats, threads: int) -> Floats:
    """Log-odds of shape (n,); X has the training table's columns in the training table's order."""
    scores: Floats = raw_scores_of_bags([booster], X, threads)[0]
    return scores


def raw_scores_of_bags(boosters: Sequence[lgb.Booster], X: Floats, threads: int) -> Floats:
    """Log-odds of shape (n_boosters, n), of boosters that read the same columns.

    Once there have been many rows they go through the forest, which gives the same bits in a fraction of the time;
    `forest_of` says why not, where it cannot be.
    """
    forest = forest_of(boosters, len(X))
    if isinstance(forest, Forest):
        return forest.raw_scores(X)
    scores = np.empty((len(boosters), len(X)))
    if len(X):
        for row, booster in zip(scores, boosters, strict=True):
            row[:] = np.asarray(booster.predict(X, raw_score=True, num_threads=threads, validate_features=True))
    return scores


def forest_of(boosters: Sequence[lgb.Booster], n_rows: int = 0) -> Forest | str | None:
    """The forest of these boosters, or why there is none, in a sentence; None before `WORTH_A_FOREST` rows.

    It is made, and held against LightGBM's own predict, when the rows asked for so far and the `n_rows` asked for
    now are worth it.
    """
    with _making:
        kept = _forests.get(boosters[0])
        if kept is None or [one() for one in kept.boosters] != list(boosters):
            kept = _forests[boosters[0]] = _Kept([weakref.ref(each) for each in boosters])
        kept.n_rows += n_rows
        if kept.forest is None and kept.n_rows >= WORTH_A_FOREST:
            try:
                kept.forest = grow(boosters)
            except NotWalkableError as error:
                kept.forest = f"scored by LightGBM's own predict, which takes longer: {error}"
        return kept.forest


def safe_names(names: Sequence[str] | None, width: int) -> list[str]:
    """Names that LightGBM takes: letters, digits, `_`, `-` and `.`; made different where that makes them equal."""
    if names is None:
        return [f"feature_{position}" for position in range(width)]
    plain = [re.sub(r"[^A-Za-z0-9_.-]", "_", name) for name in names]
    return [name if plain.count(name) == 1 and name else f"{name}__{position}" for position, name in enumerate(plain)]
