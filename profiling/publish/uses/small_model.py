"""What is left of each variable when the others are taken into account: a small logistic model with its intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

Z = float(norm.ppf(0.975))
MODEL_VARIABLES = 6


def small_model(table: pd.DataFrame, top: NDArray[np.bool_], variables: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """A logistic model of the strongest variables, one level per class; Newton's method, Wald intervals."""
    shown = variables[~variables["suppressed"].astype(bool) & variables["effect"].notna()]
    chosen = shown.drop_duplicates("feature").head(MODEL_VARIABLES)
    columns = [_column(table[row.feature], str(row.level)) for row in chosen.itertuples()]
    matrix = np.column_stack([np.ones(len(table)), *columns])
    known = np.isfinite(matrix).all(axis=1)
    odds, low, high = logistic(matrix[known], top[known])
    made = chosen[["feature", "level", "nl", "en", "level_nl", "level_en"]].assign(
        odds=odds[1:], odds_low=low[1:], odds_high=high[1:]
    )
    return made.reset_index(drop=True), int(known.sum())


def _column(values: pd.Series[Any], level: str) -> NDArray[np.float64]:
    if level:
        return np.asarray(
            np.where(values.isna(), np.nan, (values.astype(str) == level).astype(float)), dtype=np.float64
        )
    number = values.to_numpy(dtype=np.float64, na_value=np.nan)
    spread = np.nanstd(number)
    return np.asarray((number - np.nanmean(number)) / (spread if spread else 1.0), dtype=np.float64)


def logistic(matrix: NDArray[np.float64], label: NDArray[np.bool_]) -> tuple[NDArray[np.float64], ...]:
    """Odds ratios of a logistic model with their 95 % Wald intervals.

    A ridge of half a row per coefficient keeps it finite where a variable separates the two sides altogether.

    Parameters
    ----------
    matrix : shape (n, k), the constant included.
    """
    beta = np.zeros(matrix.shape[1])
    ridge = np.full(len(beta), 0.5)
    ridge[0] = 0.0
    for _ in range(50):
        rate = 1.0 / (1.0 + np.exp(-matrix @ beta))
        hessian = (matrix * (rate * (1.0 - rate))[:, None]).T @ matrix + np.diag(ridge)
        step = np.linalg.solve(hessian, matrix.T @ (label - rate) - ridge * beta)
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    error = np.sqrt(np.diag(np.linalg.inv(hessian)))
    return tuple(np.exp(each) for each in (beta, beta - Z * error, beta + Z * error))
