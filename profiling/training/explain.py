"""What interests these households: the signed effect of each interest in a second, descriptive model.

It goes from soft features to membership of the profile. Its SHAP values, signed by the effect of having the interest,
rank the interests. What the profile model itself looks at is another question (`drivers`); the two are never mixed,
and both explain a model, not the people.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.errors import TrainingError
from profiling.models.forest import contributions as by_answers
from profiling.progress import track
from profiling.training.settings import THREADS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROWS, EXPLAINED, RESAMPLES, TREES, LEAVES = 40_000, 10_000, 10, 100, 15
FEWEST, SHAP_ROWS = 50, 200
# Every split chooses between two interests drawn by chance, and every tree moves little: so an interest is not
# explained away by its near-duplicates, and signs agree with the index (tests/recovery/test_interests.py).
CANDIDATES_PER_SPLIT = 2
DESCRIPTIVE = {
    "objective": "binary",
    "num_leaves": LEAVES,
    "learning_rate": 0.02,
    "min_data_in_leaf": 50,
    "lambda_l2": 10.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,  # resamples go side by side
    "verbosity": -1,
}
TOLERANCE = 1e-6
REPORT = "report this with the versions of shap and lightgbm; publish nothing from it"


@dataclass(frozen=True, eq=False)
class Effects:
    """Signed SHAP effect of having each soft feature, per resample.

    `resamples` has shape (n_resamples, n_features), in log-odds: positive where having the interest counts towards
    the profile; nan where a resample held nobody with, or nobody without it. The other numbers are sample sizes
    per resample.
    """

    columns: tuple[str, ...]
    resamples: Floats
    n_members: int
    n_others: int
    n_explained: int
    trees: int
    leaves: int

    def __repr__(self) -> str:
        return f"Effects({len(self.columns)} soft features, {len(self.resamples)} resamples) · next: make_sketch(…)"

    @property
    def effect(self) -> Floats:
        """Mean over the resamples, shape (n_features,)."""
        return _over_rows(np.nanmean, self.resamples)

    @property
    def extremes(self) -> tuple[Floats, Floats]:
        """Lowest and highest resample, each of shape (n_features,)."""
        return _over_rows(np.nanmin, self.resamples), _over_rows(np.nanmax, self.resamples)

    @property
    def stability(self) -> Floats:
        """Part (0–1) of the resamples with the sign of their mean, shape (n_features,); nan where nothing is known."""
        same = (np.sign(self.resamples) == np.sign(self.effect)).sum(axis=0)
        known = np.isfinite(self.resamples).sum(axis=0)
        return np.where(known > 0, same / np.maximum(known, 1), np.nan)

    def ranks(self, columns: Sequence[str]) -> pd.DataFrame:
        """Place of each of `columns` among them, 1 = most typical of the profile.

        Returns
        -------
        DataFrame with the columns column, rank (by the mean effect), rank_low and rank_high (over the resamples).
        """
        places = [self.columns.index(each) for each in columns]
        each_time = np.array([_ranks(row) for row in self.resamples[:, places]]).reshape(-1, len(places))
        return pd.DataFrame(
            {
                "column": list(columns),
                "rank": _ranks(self.effect[places]),
                "rank_low": each_time.min(axis=0),
                "rank_high": each_time.max(axis=0),
            }
        )


def signed_effects(
    soft: Floats,
    member: Bools,
    *,
    columns: Sequence[str],
    seed: int,
    n_resamples: int = RESAMPLES,
    rows: int = ROWS,
    explained: int = EXPLAINED,
    trees: int = TREES,
) -> Effects:
    """Fit the descriptive model on resamples and read the effect of having each interest.

    effect = mean SHAP value of those who have the interest − mean SHAP value of those who have not. The mean SHAP
    gap between profile and base is no such measure: not having what the profile lacks also counts towards the
    profile, so that gap is positive for over- and under-represented interests alike (design.md).

    Each resample draws, with replacement, `rows` / 2 members and `rows` / 2 other households (or as many as there
    are), weighs both halves equally, fits LightGBM, and explains `explained` of its rows, half of them members.
    SHAP is path dependent (Lundberg et al. 2020, Nature Machine Intelligence 2, 56–67).

    Parameters
    ----------
    soft : array of shape (n, n_features) with 1 (has it), 0 (has it not) or nan (unknown).
    member : bool array of shape (n,), true for households of the profile. A random sample of both kinds will do;
        their ratio plays no part.

    Raises
    ------
    TrainingError
        When the shapes or values do not fit, there are too few households of a kind, or SHAP does not add up.
    """
    soft, member = _checked(soft, member, columns, n_resamples)
    kinds = (np.flatnonzero(member), np.flatnonzero(~member))
    sizes = [min(rows // 2, len(kind)) for kind in kinds]
    parts = [min(explained // 2, size) for size in sizes]

    def one(number: int) -> Floats:
        rng = np.random.default_rng([seed % 2**63, number])
        drawn = [np.sort(rng.choice(kind, size)) for kind, size in zip(kinds, sizes, strict=True)]
        chosen = np.concatenate(drawn)
        booster = fit_descriptive(soft[chosen], member[chosen], seed=seed + number, trees=trees)
        looked = np.concatenate(
            [rng.choice(each, part, replace=False) for each, part in zip(drawn, parts, strict=True)]
        )
        values = contributions(booster, soft[looked])
        if number == 0:
            check_with_shap(booster, soft[looked], values)
        return effect_of_having(soft[looked], values)

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(track(pool.map(one, range(n_resamples)), "describing the profile", total=n_resamples))
    return Effects(tuple(columns), np.array(results), sizes[0], sizes[1], sum(parts), trees, LEAVES)


def fit_descriptive(soft: Floats, member: Bools, *, seed: int, trees: int = TREES) -> lgb.Booster:
    """The descriptive model: small regularised trees, members and others weighing the same in total."""
    inside = member.mean()
    weight = np.where(member, 0.5 / inside, 0.5 / (1.0 - inside))
    candidates = min(1.0, (CANDIDATES_PER_SPLIT + 0.001) / soft.shape[1])
    params = {**DESCRIPTIVE, "feature_fraction_bynode": candidates, "seed": seed % 2**31}
    data = lgb.Dataset(soft, member.astype(np.float64), weight=weight, params={"verbosity": -1})
    return lgb.train(params, data, num_boost_round=trees)


def contributions(booster: lgb.Booster, X: Floats) -> Floats:
    """Exact SHAP values of shape (n, n_features), path dependent, in log-odds.

    Raises
    ------
    TrainingError
        When values and expected value do not add up to the model's raw score.
    """
    values = by_answers.contributions(booster, X)
    check_additive(booster, X, values.sum(axis=1))
    return values[:, :-1]


def check_with_shap(booster: lgb.Booster, X: Floats, values: Floats) -> None:
    """SHAP's own explainer gives the same values, on the first `SHAP_ROWS` rows and as many of the last.

    Only for a model *without* native categoricals: with these, `shap` is silently wrong in its other modes (shap
    issues 1644, 5132).

    Raises
    ------
    TrainingError
        When they differ.
    """
    import shap  # takes seconds to import

    looked = np.concatenate([np.arange(len(X))[:SHAP_ROWS], np.arange(len(X))[-SHAP_ROWS:]])
    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="LightGBM binary classifier")
        found = np.asarray(explainer.shap_values(X[looked], check_additivity=False), dtype=np.float64)
    worst = float(np.abs(found - values[looked]).max(initial=0.0))
    if not worst <= TOLERANCE:
        raise TrainingError(
            f"SHAP values differ from those of the shap package: by {worst:.3g} log-odds (allowed: {TOLERANCE:g})",
            hint=REPORT,
        )


def effect_of_having(soft: Floats, values: Floats) -> Floats:
    """Mean SHAP value of those who have a feature minus that of those who have not, shape (n_features,)."""
    has, has_not = soft == 1.0, soft == 0.0
    with np.errstate(invalid="ignore"):
        of_those_with = (values * has).sum(axis=0) / has.sum(axis=0)
        of_those_without = (values * has_not).sum(axis=0) / has_not.sum(axis=0)
    effect: Floats = of_those_with - of_those_without
    return effect


def _ranks(values: Floats) -> NDArray[np.int64]:
    order = np.argsort(-np.nan_to_num(values, nan=0.0), kind="stable")
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks


def _over_rows(reduce: Callable[..., Any], values: Floats) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column that is nan throughout stays nan
        return np.asarray(reduce(values, axis=0), dtype=np.float64)


def check_additive(booster: lgb.Booster, X: Floats, sums: Floats) -> None:
    """Contributions and expected value add up to the raw score; TrainingError where they do not."""
    raw = np.asarray(booster.predict(X, raw_score=True, num_threads=1), dtype=np.float64)
    worst = float(np.abs(sums - raw).max(initial=0.0))
    if not worst <= TOLERANCE:
        raise TrainingError(
            f"SHAP values do not add up to the model's score: off by {worst:.3g} log-odds (allowed: {TOLERANCE:g})",
            hint=REPORT,
        )


def check_kinds(kinds: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
    """There are enough households of the profile and of the others; TrainingError where there are not."""
    inside, outside = (len(kind) for kind in kinds)
    if min(inside, outside) < FEWEST:
        raise TrainingError(
            f"{inside:,} households in the profile and {outside:,} outside it; at least {FEWEST} of each are needed",
            where="sketch",
            hint="choose another cut-off, or take a larger sample",
        )


def _checked(soft: Floats, member: Bools, columns: Sequence[str], n_resamples: int) -> tuple[Floats, Bools]:
    soft, member = np.asarray(soft, dtype=np.float64), np.asarray(member, dtype=bool)
    faults = []
    if soft.ndim != 2 or soft.shape != (len(member), len(columns)) or not columns:
        faults.append(f"soft features of shape {soft.shape} for {len(member):,} households and {len(columns)} columns")
    elif (wrong := ~((soft == 0.0) | (soft == 1.0) | np.isnan(soft)).all(axis=0)).any():
        named = ", ".join(f"'{columns[place]}'" for place in np.flatnonzero(wrong).tolist())
        faults.append(f"values other than 0, 1 and missing in {named}")
    if n_resamples < 2:
        faults.append(f"{n_resamples} resamples; stability needs at least 2")
    if faults:
        raise TrainingError("interests cannot be described", where="sketch", faults=faults)
    check_kinds((np.flatnonzero(member), np.flatnonzero(~member)))
    return soft, member
