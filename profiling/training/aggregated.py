"""Learning from counts per postcode: who in a postcode is meant is worked out, instead of marking everybody.

Only how many people of each postcode (bag) were counted is known. A log-linear rate per household, added up over the
bag, is held against the count (a Poisson loss over bags, postcodes without people included); that is where
expectation-maximisation ends as well, in far fewer steps. Given its bag's count each household then has a chance to be
one of those counted (the E-step), and the estimator of the profile is fitted with these chances as the weights of the
positives (the M-step). See Musicant, Christensen & Olson (2007), Supervised learning by training on aggregate outputs,
ICDM; Quadrianto, Smola, Caetano & Le (2009), Estimating labels from label proportions, JMLR 10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import expit

from profiling.errors import TrainingError
from profiling.features.encoder import choose_features, fit_encoder
from profiling.models.spec import Estimator
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.progress import track
from profiling.reference.group import ReferenceGroup
from profiling.reference.postcode_counts import Level, postcode_at
from profiling.training.bag_rates import Bags, Cells, Floats, Ints, fit_rates, part_of
from profiling.training.settings import TrainingSettings

LEARNED = "learned_from_counts"
SMALLEST = 1e-6
EQUAL = 1e-9
MOST = 30.5
TINY = 1e-300
RIDGES = (30.0, 100.0, 300.0, 1000.0)


@dataclass(frozen=True)
class Everywhere:
    """A random sample of all households where people were asked, those of the bags included.

    Attributes
    ----------
    X : features, shape (m, p).
    areas : where each of them lives, shape (m,).
    outside : bool array of shape (m,), lives in a postcode of which nobody was counted.
    n_households : how many households the sample stands for.
    """

    X: Floats
    areas: NDArray[Any]
    outside: NDArray[np.bool_]
    n_households: int


@dataclass(frozen=True)
class Chances:
    """Who is meant: `posterior` (n,), each household's chance to be one of those counted in its bag.

    `fit` holds per ridge the mean log of (predicted rate of a bag ÷ mean rate), weighted by the counts, in areas that
    the rates were not fitted to: 0 is chance, higher is better. `ridge` is the one that was kept, chosen by it.
    """

    posterior: Floats
    ridge: float
    fit: Mapping[float, float]


def bags_of(group: ReferenceGroup, store: HouseholdStore, level: Level | None = None) -> tuple[list[str], Bags]:
    """The bags of a group from source "postcodes": households by postcode, counts from its weights.

    Returns
    -------
    The keys of the households in the order of `bags.bag`, and the bags.

    Raises
    ------
    TrainingError
        When the group's source is another one and no level is given.
    """
    at = level or group.inputs.get("settings", {}).get("level")
    if at not in {"pc4", "pc6"}:
        raise TrainingError(
            "the group has no postcode counts", where=group.name, hint='use a group with source = "postcodes"'
        )
    wanted = group.households["household_id"].combine_chunks()
    parts = []
    for batch in store.batches(["household_id", "postcode"], text="finding postcodes"):
        keep = pc.is_in(batch.column(0), value_set=wanted)
        code = postcode_at(batch.column(1).filter(keep), at)
        parts.append(pa.table({"household_id": batch.column(0).filter(keep), "code": code}))
    known = pa.concat_tables(parts).to_pandas().set_index("household_id")["code"]
    keys = wanted.to_pylist()
    codes, bag = np.unique(known.loc[keys].to_numpy(dtype=str), return_inverse=True)
    counts = np.asarray(np.bincount(bag, np.asarray(group.households["weight"]), minlength=len(codes)), np.float64)
    return keys, Bags(bag.astype(np.int64), counts)


def only_counts(group: ReferenceGroup) -> bool:
    """Whether all that is known of the group is how many people were counted in each postcode."""
    return group.inputs.get("settings", {}).get("level") in {"pc4", "pc6"}


def posterior(odds: Floats, bags: Bags) -> Floats:
    """E-step: how likely each household is among those counted in its bag.

    The households of a bag are independent, with these odds up to one factor per bag, given that `count` of them are
    in. Exact for whole counts up to 30, by the recursion of Chen, Dempster & Liu (1994), Weighted finite population
    sampling to maximize entropy, Biometrika 81. For other counts the factor is chosen with which the chances add up
    to the count; in bags that large the two are close.

    Parameters
    ----------
    odds : float array of shape (n,), above 0.

    Returns
    -------
    Float array of shape (n,), between 0 and 1; its sum over a bag is the count.
    """
    n_bags, bag, counts = len(bags.counts), bags.bag, bags.counts
    size = np.bincount(bag, minlength=n_bags)
    odds = odds / (np.bincount(bag, odds, minlength=n_bags) / size)[bag]
    whole = (np.abs(counts - np.rint(counts)) < EQUAL) & (counts < MOST)
    found = np.zeros(len(bag))
    for number in range(1, int(np.rint(counts[whole]).max(initial=0)) + 1):
        free = odds * (1.0 - found)
        left = np.maximum(np.bincount(bag, free, minlength=n_bags), TINY)
        step = np.minimum(number * free / left[bag], 1.0)
        found = np.where((whole & (counts > number - 0.5))[bag], step, found)
    found = np.where(whole[bag], found, _scaled(odds, bags))
    return np.where((counts >= size - EQUAL)[bag], 1.0, found)


def _scaled(odds: Floats, bags: Bags) -> Floats:
    """Chances factor × odds ÷ (1 + factor × odds) that add up to the counts, by bisection on log(factor)."""
    n_bags, bag, logs = len(bags.counts), bags.bag, np.log(odds)
    low, high = np.full(n_bags, -60.0), np.full(n_bags, 60.0)
    for _ in range(60):
        middle = (low + high) / 2
        few = np.bincount(bag, expit(logs + middle[bag]), minlength=n_bags) < bags.counts
        low, high = np.where(few, middle, low), np.where(few, high, middle)
    chance: Floats = expit(logs + high[bag])
    return chance


def chances_from_counts(
    X: Floats,
    bags: Bags,
    areas: NDArray[Any],
    everywhere: Everywhere,
    *,
    categorical: tuple[int, ...] = (),
    ridges: Sequence[float] = RIDGES,
    folds: int = 3,
    seed: int = 0,
) -> Chances:
    """Rates from the counts, and from the rates the chances of the households in the bags.

    Parameters
    ----------
    X : features of the households in bags, shape (n, p); areas : where each of them lives, shape (n,).
    categorical : columns of X that hold codes; of the others each tenth has a rate of its own.
    ridges : penalties on the rates to choose from, by how well they fit the counts of unseen areas.
    folds : parts that the areas are divided into for that choice.

    Raises
    ------
    TrainingError
        When a fold has no areas with counts.
    """
    fold, fold_of_sample = _folds(bags, areas, everywhere.areas, folds, seed)
    cells = Cells(everywhere.X, categorical)
    inside, sample = cells(X), cells(everywhere.X)
    exposure = np.where(everywhere.outside, everywhere.n_households / len(everywhere.X), 0.0)
    fit: dict[float, float] = {}
    for ridge in track(ridges, "learning from counts"):
        gains = 0.0
        for each in range(folds):
            seen, unseen = fold != each, fold == each
            away = np.where(fold_of_sample != each, exposure, 0.0)
            rates = fit_rates(inside[seen], part_of(bags, seen), sample, away, ridge)
            mean = np.exp(sample[fold_of_sample == each] @ rates).mean()
            left = part_of(bags, unseen)
            rate = np.bincount(left.bag, np.exp(inside[unseen] @ rates)) / np.bincount(left.bag)
            gains += float(left.counts @ np.log(rate / mean))
        fit[ridge] = gains / float(bags.counts.sum())
    best = max(fit, key=lambda ridge: fit[ridge])
    rates = fit_rates(inside, bags, sample, exposure, best)
    return Chances(posterior(np.exp(inside @ rates), bags), best, fit)


def learn_from_counts(X: Floats, weight: Floats, everywhere: Everywhere, build: Callable[[], Estimator]) -> Estimator:
    """An estimator fitted to households with a chance of being meant, against households of everywhere.

    Parameters
    ----------
    X : features of the households in bags, shape (n, p).
    weight : their chances (`Chances.posterior`), or `Bags.everybody` to mark everybody, shape (n,).
    build : makes an unfitted estimator.
    """
    use = weight > SMALLEST
    rows = np.vstack([X[use], everywhere.X])
    labels = np.concatenate([np.ones(int(use.sum())), np.zeros(len(everywhere.X))])
    return build().fit(rows, labels, np.concatenate([weight[use], np.ones(len(everywhere.X))]))


def who_is_meant(
    group: ReferenceGroup, store: HouseholdStore, settings: TrainingSettings, *, seed: int
) -> ReferenceGroup:
    """The same group with each household's chance to be one of the counted as its weight, ready for a training frame.

    Raises
    ------
    TrainingError
        When the group holds no postcode counts, or too few areas.
    """
    keys, bags = bags_of(group, store)
    config, level = store.population.config, group.inputs["settings"]["level"]
    words = [name for name, _ in choose_features(config, settings.features)]
    place = {key: position for position, key in enumerate(keys)}
    wanted, rows, sampled = group.households["household_id"].combine_chunks(), [], []
    postcodes: set[str] = set()
    share = np.iinfo(np.uint64).max * min(1.0, 2.0 * settings.background / store.n_households)
    for batch in store.batches(["household_id", "postcode", settings.block, *words], text="reading the postcodes"):
        code = postcode_at(batch.column(1), level)
        table = pa.Table.from_batches([batch]).append_column("code", code)
        inside = pc.is_in(batch.column(0), value_set=wanted)
        postcodes.update(pc.unique(code.filter(inside)).to_pylist())
        rows.append(table.filter(inside))
        sampled.append(table.filter(pa.array(hash_keys(batch.column(0), f"counts:{seed}") <= share)))
    marked, sample = pa.concat_tables(rows), pa.concat_tables(sampled)
    turn = np.argsort([place[key] for key in marked["household_id"].to_pylist()], kind="stable")
    marked = marked.take(pa.array(turn))
    n_sample = sample.num_rows
    sample = sample.filter(pc.is_in(sample[settings.block], value_set=pc.unique(marked[settings.block])))
    sample = sample.sort_by("household_id").combine_chunks()
    encoder = fit_encoder(sample, config, settings.features)
    areas = [np.asarray(pc.fill_null(each[settings.block], "?").to_pylist(), dtype=str) for each in (marked, sample)]
    known = np.asarray(pc.is_in(sample["code"], value_set=pa.array(sorted(postcodes))), dtype=bool)
    stands_for = store.n_households * sample.num_rows / max(n_sample, 1)
    learned = chances_from_counts(
        encoder.matrix(marked),
        bags,
        areas[0],
        Everywhere(encoder.matrix(sample), areas[1], ~known, round(stands_for)),
        categorical=encoder.categorical,
        seed=seed,
    )
    said = {"ridge": learned.ridge, "fit": learned.fit[learned.ridge], "seed": seed}
    return with_weights(group, keys, learned.posterior, {LEARNED: said})


def with_weights(group: ReferenceGroup, keys: list[str], weights: Floats, inputs: Mapping[str, Any]) -> ReferenceGroup:
    """The group with other weights (such as a posterior), to train and describe it as any other group."""
    order = np.argsort(np.asarray(keys), kind="stable")
    table = pa.table(
        {
            "household_id": pa.array([keys[each] for each in order], pa.string()),
            "weight": pa.array(np.clip(weights[order], SMALLEST, 1.0), pa.float64()),
        }
    )
    return replace(group, households=table, inputs={**group.inputs, **inputs})


def _folds(bags: Bags, areas: NDArray[Any], unlabelled_areas: NDArray[Any], folds: int, seed: int) -> tuple[Ints, Ints]:
    """Fold of each household in bags and of each unlabelled one; whole areas, and whole bags.

    The unlabelled of a fold's areas leave with it: a model that has seen them as "not counted" knows those areas.
    """
    # A bag that lies in two areas goes with the area of its first household.
    _, first = np.unique(bags.bag, return_index=True)
    here = np.asarray(areas, dtype=str)[first][bags.bag]
    names, of = np.unique(np.concatenate([here, np.asarray(unlabelled_areas, dtype=str)]), return_inverse=True)
    hashed = hash_keys(pa.array(names.tolist(), pa.string()), f"bags:{seed}")
    place = np.empty(len(names), dtype=np.int64)
    place[np.argsort(hashed, kind="stable")] = np.arange(len(names)) % folds
    found = place[of]
    each = range(folds)
    if not all((found[: len(here)] == fold).any() and (found[len(here) :] == fold).any() for fold in each):
        raise TrainingError(
            f"{len(np.unique(here))} areas with counts for {folds} folds", hint="use fewer folds, or smaller areas"
        )
    return found[: len(here)], found[len(here) :]
