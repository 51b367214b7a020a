"""The propensity of membership from counts of members per place: who joins is worked out from where members live.

Expected in a place is the sum over its households of exp(start + effects of their features); that is held against the
count, or against the interval that a hidden count is known to lie in (`bag_rates.fit_interval_rates`). It is ecological
inference (King 1997, A solution to the ecological inference problem; with a likelihood over sums, Musicant,
Christensen & Olson 2007, ICDM): what sets members apart within every place alike, and not between places, cannot be
seen. Of places with many households some stand for all, which draws the rates a little towards the mean; the ranking
holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from profiling import models
from profiling.errors import TrainingError
from profiling.evaluation.resampling import area_draws, area_numbers, interval
from profiling.evaluation.splits import area_folds
from profiling.features.encoder import Encoder
from profiling.models.spec import EstimatorContext
from profiling.plugs import choose
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.progress import track
from profiling.reference.group import MemberCounts
from profiling.reference.member_counts import place_column, places_of
from profiling.training.bag_rates import Cells, Floats, Intervals, fit_interval_rates, interval_loss
from profiling.training.catchment import UNKNOWN
from profiling.training.contrast import Draft
from profiling.training.membership import ESTIMATOR, FLOOR, FOLDS, LOWEST, Membership
from profiling.training.settings import TrainingSettings

RIDGES = (3.0, 30.0, 300.0)
MOST_OF_A_PLACE = 50
PER_BACKGROUND = 2
REPLICATES = 200
FULL = np.iinfo(np.uint64).max


@dataclass(frozen=True)
class CountedPlaces:
    """Households of places with their counts: features X (n, p), and the area of each place, shape (n_bags,)."""

    X: Floats
    bags: Intervals
    blocks: NDArray[np.object_]


def membership_from_counts(
    counts: MemberCounts, store: HouseholdStore, encoder: Encoder, draft: Draft, settings: TrainingSettings
) -> Membership:
    """Read households of the places where members were counted, and learn the propensity of the draft's rows.

    Raises
    ------
    TrainingError
        When the counts are of other places than the population's, or of too few areas.
    """
    places = read_places(counts, store, encoder, settings, seed=draft.context.seed)
    return learn_membership(places, draft, people=counts.counted == "people")


def read_places(
    counts: MemberCounts, store: HouseholdStore, encoder: Encoder, settings: TrainingSettings, *, seed: int
) -> CountedPlaces:
    """Places with members, and places without any in the same areas (`settings.block`), each with households.

    A place that the counts do not name has no members if its area has them elsewhere; areas without any count are
    taken for unknown. Which places and households are read goes by hashes, at most `PER_BACKGROUND` × the background.
    """
    word, block = place_column(counts.level), settings.block
    known = _sizes(store, word, block, counts.level)
    known = known.join(counts.table.to_pandas().set_index("code"), how="left")
    told = known["low"].notna()
    if not told.any():
        raise TrainingError(
            f"none of the {counts.table.num_rows:,} places with members is in this population",
            where=f"[members] level = '{counts.level}'",
            hint="see whether the level is right, and whether codes are of the same year",
        )
    known = known[known["block"].isin(known.loc[told, "block"].unique())].fillna({"low": 0.0, "high": 0.0})
    hashed = hash_keys(pa.array(known.index.to_numpy(dtype=object), pa.string()), f"places:{seed}")
    known = known.iloc[np.argsort(hashed, kind="stable")]
    read = known["n"].clip(upper=MOST_OF_A_PLACE).cumsum()
    known = known[(read <= PER_BACKGROUND * settings.background).to_numpy() | (np.arange(len(known)) == 0)].sort_index()
    codes = pa.array(known.index.to_numpy(dtype=object), pa.string())
    share = np.minimum(MOST_OF_A_PLACE / known["n"].to_numpy(dtype=np.float64), 1.0)
    words = list(dict.fromkeys(["household_id", word, *(each.name for each in encoder.features)]))
    parts, places = [], []
    for batch in store.batches(words, text="reading where members live"):
        at = pc.index_in(places_of(batch.column(word), counts.level), value_set=codes)
        inside = np.asarray(pc.fill_null(at, -1), dtype=np.int64)
        near = np.flatnonzero(inside >= 0)
        drawn = hash_keys(batch.column("household_id").take(pa.array(near)), f"counts:{seed}") / FULL
        near = near[drawn <= share[inside[near]]]
        parts.append(batch.take(pa.array(near)))
        places.append(inside[near])
    rows = pa.Table.from_batches(parts).append_column("place", pa.array(np.concatenate(places)))
    rows = rows.sort_by("household_id").combine_chunks()
    # A place of which chance drew nobody leaves.
    present, bag = np.unique(np.asarray(rows.column("place")), return_inverse=True)
    here = known.iloc[present]
    times = here["n"].to_numpy(dtype=np.float64)[bag] / np.bincount(bag)[bag]
    ends = [here[name].to_numpy(dtype=np.float64) for name in ("low", "high")]
    return CountedPlaces(
        encoder.matrix(rows), Intervals(bag.astype(np.int64), times, *ends), here["block"].to_numpy(object)
    )


def learn_membership(places: CountedPlaces, draft: Draft, *, people: bool) -> Membership:
    """Rates by models that saw nothing of the row's area, as chances, clipped from below as `fit_membership` does.

    Parameters
    ----------
    people : members were counted, of whom a household may have several: rate → 1 - exp(-rate), the chance of at
        least one. Else households with a member were counted, and the rate is the chance.

    Raises
    ------
    TrainingError
        When fewer than two areas have counts.
    """
    bags, blocks, seed = places.bags, places.blocks, draft.context.seed
    if len(np.unique(blocks)) < 2:
        raise TrainingError(
            "members were counted in one area only: nothing is left to check the propensity on",
            where="[members]",
            hint="choose a smaller [training] block, or contrast = 'population'",
        )
    cells_of = Cells(places.X, draft.context.categorical)
    cells, rows = cells_of(places.X), cells_of(draft.X)
    folds = area_folds(blocks, min(FOLDS, len(np.unique(blocks))), seed)
    ridge = _ridge(cells, bags, folds[0])
    start, effects = fit_interval_rates(cells, bags, ridge)
    chance = _chance(start + rows @ effects, people)
    rate, n_bags = np.zeros(len(blocks)), len(blocks)
    for inside, outside in track(folds, "learning membership from counts"):
        seen = np.isin(np.arange(n_bags), inside)
        mine, bags_seen = bags.some(seen)
        begin, found = fit_interval_rates(cells[mine], bags_seen, ridge)
        here = np.isin(draft.blocks, np.unique(blocks[outside]))
        chance[here] = _chance(begin + rows[here] @ found, people)
        each = bags.times * np.exp(np.clip(begin + cells @ found, -40, 5))
        rate[outside] = bags.sums(each)[outside]
    size = bags.sums(bags.times)
    auc, ends = _auc_over_places(rate / size, bags, size, blocks, seed)
    weight = draft.base + draft.base_rate * draft.positive
    share = float(np.average(chance, weights=weight))
    bound = max(FLOOR, LOWEST * share)
    everywhere = _chance(start + cells @ effects, people)
    estimator, knots, chances = _kept(draft.context, places.X, everywhere, bags.times)
    return Membership(
        estimator=estimator,
        knots=knots,
        chances=chances,
        bound=bound,
        share=share,
        auc=auc,
        auc_interval=ends,
        not_observable=float(np.average(chance < bound, weights=weight)),
        propensity=np.maximum(chance, bound),
        by_counts=True,
    )


def _sizes(store: HouseholdStore, word: str, block: str, level: str) -> pd.DataFrame:
    """Per place: its number of households n, and the area in which most of them live."""
    parts = []
    for batch in store.batches(list(dict.fromkeys([word, block])), text="counting the places of members"):
        table = pa.table(
            {"code": places_of(batch.column(word), level), "block": pc.fill_null(batch.column(block), UNKNOWN)}
        )
        parts.append(table.group_by(["code", "block"]).aggregate([([], "count_all")]))
    found = pa.concat_tables(parts).group_by(["code", "block"]).aggregate([("count_all", "sum")]).to_pandas()
    found = found.dropna(subset=["code"]).rename(columns={"count_all_sum": "n"})
    found = found.sort_values(["code", "n", "block"], ascending=[True, False, True])
    grouped = found.groupby("code")
    return pd.DataFrame({"n": grouped["n"].sum(), "block": grouped["block"].first()})


def _ridge(cells: Any, bags: Intervals, fold: tuple[NDArray[np.int64], NDArray[np.int64]]) -> float:
    """The ridge that tells the counts of unseen areas best."""
    seen = np.isin(np.arange(len(bags.low)), fold[0])
    (mine, known), (others, unseen) = bags.some(seen), bags.some(~seen)
    loss = {}
    for ridge in RIDGES:
        start, effects = fit_interval_rates(cells[mine], known, ridge)
        rate = unseen.times * np.exp(np.clip(start + cells[others] @ effects, -40, 5))
        loss[ridge] = float(interval_loss(unseen.sums(rate), unseen.low, unseen.high)[0].sum())
    return min(loss, key=lambda each: loss[each])


def _chance(logs: Floats, people: bool) -> Floats:
    rate = np.exp(np.clip(logs, -40, 5))
    return np.asarray(-np.expm1(-rate) if people else np.minimum(rate, 1.0), dtype=np.float64)


def _auc_over_places(
    density: Floats, bags: Intervals, size: Floats, blocks: NDArray[np.object_], seed: int
) -> tuple[float, tuple[float, float]]:
    """Chance that a member's place has a higher predicted density than a household's, with whole areas drawn again."""
    members = (bags.low + bags.high) / 2
    codes, number = area_numbers(blocks)
    both, scores = np.repeat([1, 0], len(density)), np.tile(density, 2)

    def auc(times: Floats) -> float:
        weights = np.concatenate([members * times, size * times])
        return float(roc_auc_score(both, scores, sample_weight=weights)) if (members @ times) > 0 else float("nan")

    again = np.array([auc(draw[number]) for draw in area_draws(len(codes), REPLICATES, seed)])
    return auc(np.ones(len(density))), interval(again, n_areas=len(codes))


def _kept(context: EstimatorContext, X: Floats, chance: Floats, times: Floats) -> tuple[Any, Floats, Floats]:
    """The rates as an estimator that can be saved, fitted to both outcomes of each row; and the curve to chances."""
    labels, weights = np.repeat([1, 0], len(X)), np.concatenate([times * chance, times * (1.0 - chance)])
    use = weights > 0
    estimator = choose(models, "ESTIMATOR", ESTIMATOR).build(context, {})
    estimator.fit(np.vstack([X, X])[use], labels[use], weights[use])
    curve = IsotonicRegression(out_of_bounds="clip").fit(estimator.score_samples(X), chance, sample_weight=times)
    return estimator, np.asarray(curve.X_thresholds_, np.float64), np.asarray(curve.y_thresholds_, np.float64)
