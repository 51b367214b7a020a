"""What the profile model looks at: its own exact contributions, summed per group of hard features.

Exact contributions cost a tenth of a millisecond per household and bag, so a sample is explained. It grows until it is
large enough: both halves of it must put the features in nearly the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau

from profiling.errors import TrainingError
from profiling.models.boosting import safe_names
from profiling.progress import track
from profiling.training.explain import Bools, Floats, check_kinds, contributions
from profiling.training.settings import THREADS

FIRST, MOST = 2_000, 16_000
TOP, SETTLED = 20, 0.98


@dataclass(frozen=True, eq=False)
class Drivers:
    """What the profile model looks at: mean contribution in the profile minus outside it, in log-odds.

    `bags` has shape (n_bags, n_features); `groups` holds the group of each feature. `agreement` is Kendall's tau
    between the two halves of the sample, over the features with the largest contributions.
    """

    columns: tuple[str, ...]
    groups: tuple[str, ...]
    bags: Floats
    n_members: int
    n_others: int
    agreement: float

    def features(self) -> pd.DataFrame:
        """Per feature: column, group, contribution, low, high; largest first. Low and high: the extreme bags."""
        table = pd.DataFrame({"column": self.columns, "group": self.groups, **_spread(self.bags)})
        return _largest_first(table, "column")

    @property
    def settled(self) -> bool:
        """Whether both halves of the sample put the features in nearly the same order."""
        return self.agreement >= SETTLED

    def sample(self) -> pd.DataFrame:
        """One row on what was explained: households, agreement, settled."""
        row = {"households": self.n_members + self.n_others, "agreement": self.agreement, "settled": self.settled}
        return pd.DataFrame([row])

    def by_group(self) -> pd.DataFrame:
        """Per group: group, contribution, low, high, n_features; largest first."""
        names = sorted(set(self.groups))
        places = [[place for place, group in enumerate(self.groups) if group == name] for name in names]
        sums = np.column_stack([self.bags[:, place].sum(axis=1) for place in places])
        sizes = [len(place) for place in places]
        return _largest_first(pd.DataFrame({"group": names, **_spread(sums), "n_features": sizes}), "group")


def drivers(
    booster_texts: Sequence[str],
    X: Floats,
    member: Bools,
    feature_names: Sequence[str],
    groups: Mapping[str, str],
    *,
    first: int = FIRST,
    most: int = MOST,
    seed: int = 0,
) -> Drivers:
    """Exact contributions of the profile model's boosters, right for native categoricals too.

    The sample starts with `first` households, half of them members, and doubles until Kendall's tau between its two
    halves, over the `TOP` features with the largest contributions, is at least `SETTLED`; or until `most`, or all.
    What was explained is not explained again.

    Parameters
    ----------
    booster_texts : one LightGBM model text per bag.
    X : array of shape (n, n_features) as the model reads it, with the columns of `feature_names`.
    member : bool array of shape (n,), true for households of the profile.
    groups : feature → group, such as "income"; a feature without one stands under "overig".

    Raises
    ------
    TrainingError
        When a booster reads other features, there are too few households of a kind, or contributions do not add up.
    """
    kinds = (np.flatnonzero(member), np.flatnonzero(~member))
    check_kinds(kinds)
    boosters = [lgb.Booster(model_str=text) for text in booster_texts]
    if not boosters:
        raise TrainingError("there is no booster to explain", where="drivers", hint="only LightGBM models have drivers")
    for booster in boosters:
        _check_names(booster, feature_names, X.shape[1])
    rng = np.random.default_rng([seed % 2**63, 1])
    kinds = (rng.permutation(kinds[0]), rng.permutation(kinds[1]))
    # Sums of contributions per bag, kind (member or not) and half of the sample; and how many households they hold.
    sums, counts = np.zeros((len(boosters), 2, 2, X.shape[1])), np.zeros((2, 2), dtype=np.int64)
    done, size, agreement = 0, first // 2, 0.0
    while True:
        parts = _parts(kinds, done, size)
        rows = X[np.concatenate(parts)]
        ends = np.cumsum([len(part) for part in parts])[:-1]
        with ThreadPoolExecutor(THREADS) as pool:
            explained = pool.map(partial(_contributions, X=rows), boosters)
            text = f"explaining the model with {2 * size:,} households"
            for bag, values in enumerate(track(explained, text, total=len(boosters))):
                sums[bag] += np.array([each.sum(axis=0) for each in np.split(values, ends)]).reshape(sums[bag].shape)
        counts += np.array([len(part) for part in parts]).reshape(counts.shape)
        agreement = _agreement(sums.mean(axis=0), counts)
        done, size = size, min(2 * size, most // 2)
        if agreement >= SETTLED or done >= max(len(kind) for kind in kinds) or done >= most // 2:
            break
    means = sums.sum(axis=2) / counts.sum(axis=1)[:, None]
    named = tuple(groups.get(name, "overig") for name in feature_names)
    inside, outside = counts.sum(axis=1).tolist()
    return Drivers(tuple(feature_names), named, means[:, 0] - means[:, 1], inside, outside, agreement)


def _parts(kinds: tuple[NDArray[np.int64], NDArray[np.int64]], done: int, size: int) -> list[NDArray[np.int64]]:
    """The next households of each kind, in two halves: even places and odd ones."""
    return [drawn[done:size][half::2] for drawn in kinds for half in (0, 1)]


def _contributions(booster: lgb.Booster, X: Floats) -> Floats:
    try:
        return contributions(booster, X)
    except lgb.basic.LightGBMError as error:
        raise TrainingError(f"LightGBM cannot explain this model: {error}", where="drivers") from error


def _agreement(sums: Floats, counts: NDArray[np.int64]) -> float:
    """Kendall's tau between the sizes of the contributions in both halves, over the largest that are not nothing.

    Parameters
    ----------
    sums : shape (2 kinds, 2 halves, n_features); counts : shape (2 kinds, 2 halves).
    """
    means = sums / counts[:, :, None]
    halves = np.abs(means[0] - means[1])
    whole = np.abs(sums[0].sum(axis=0) / counts[0].sum() - sums[1].sum(axis=0) / counts[1].sum())
    top = [place for place in np.argsort(-whole, kind="stable")[:TOP] if whole[place] > 0]
    if len(top) < 2:
        return 1.0
    tau = float(kendalltau(halves[0, top], halves[1, top]).statistic)
    return 0.0 if np.isnan(tau) else tau


def _spread(values: Floats) -> dict[str, Floats]:
    low, high = values.min(axis=0), values.max(axis=0)
    if len(values) == 1:
        low = high = np.full(values.shape[1], np.nan)
    return {"contribution": values.mean(axis=0), "low": low, "high": high}


def _largest_first(table: pd.DataFrame, name: str) -> pd.DataFrame:
    # Rounded, so that features that say nothing stand in the order of their names and not of the last digit.
    order = table.assign(size=table["contribution"].abs().round(9)).sort_values(["size", name], ascending=[False, True])
    return order.drop(columns="size").reset_index(drop=True)


def _check_names(booster: lgb.Booster, names: Sequence[str], width: int) -> None:
    reads = booster.feature_name()
    if len(names) != width or reads not in (list(names), safe_names(names, width), safe_names(None, width)):
        raise TrainingError(
            f"the booster reads {len(reads)} features ({', '.join(reads[:5])}, …), the table has {width} "
            f"({', '.join(list(names)[:5])}, …)",
            where="drivers",
            hint="give the table that the model's own encoder makes",
        )
