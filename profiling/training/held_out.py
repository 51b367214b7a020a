"""Score households by models that saw nothing of their area: several candidates, judged on the same households."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.errors import TrainingError
from profiling.evaluation.splits import area_folds
from profiling.models.spec import EstimatorSpec
from profiling.population.config import Level
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.progress import track
from profiling.reference.group import ReferenceGroup
from profiling.training.frame import UNKNOWN, TrainingFrame
from profiling.training.train import fit_rows

SAMPLE = 40_000


@dataclass(frozen=True)
class Judged:
    """The households that candidates are judged on: the base at random by hash, and all reference households.

    `table` has household_id, the area, the segment and every feature; the arrays have shape (n,): area of each
    household, whether it was drawn as base, and per group the weight in capture (1 for others) and who belongs.
    """

    table: pa.Table
    block: NDArray[Any]
    in_base: NDArray[np.bool_]
    weight: Mapping[str, NDArray[np.float64]]
    member: Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Candidate:
    """What a candidate is trained on, and how."""

    frame: TrainingFrame
    spec: EstimatorSpec
    params: Mapping[str, Any]
    seed: int


@dataclass(frozen=True)
class HeldOut:
    """Scores of the same households by every candidate, and the fold in which each was held out.

    Scores of different folds come from different models and cannot be compared as they are: see `percentiles`.
    """

    scores: Mapping[str, NDArray[np.float64]]
    fold: NDArray[np.int64]

    def percentiles(self, name: str, base: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Each household's place among the base of its own fold, 0 … 1; 1 = above all of it, ties in the middle.

        Parameters
        ----------
        base : bool array of shape (n,); what a place is counted in.

        Returns
        -------
        float array of shape (n,); nan in a fold without base.
        """
        scores = self.scores[name]
        found = np.full(len(scores), np.nan)
        for number in np.unique(self.fold):
            here = self.fold == number
            others = np.sort(scores[here & base])
            if len(others):
                below, not_above = (np.searchsorted(others, scores[here], side=side) for side in ("left", "right"))
                found[here] = (below + not_above) / (2.0 * len(others))
        return found


def draw_judged(
    store: HouseholdStore,
    groups: Mapping[str, ReferenceGroup],
    frames: Mapping[str, TrainingFrame],
    block: Level,
    *,
    seed: int,
    n: int = SAMPLE,
) -> Judged:
    """About `n` households of the base and all reference households, in one pass, in the order of their keys.

    Which are drawn goes by a hash of the key, so it does not depend on the order of rows.
    """
    wanted = pa.concat_arrays([each.households.column("household_id").combine_chunks() for each in groups.values()])
    limit = float(np.iinfo(np.uint64).max) * min(1.0, n / store.n_households)
    features = [name for frame in frames.values() for name in frame.encoder.names]
    segment = ["segment"] if "segment" in store.columns else []
    words = list(dict.fromkeys(["household_id", block, *segment, *features]))
    kept, bases = [], []
    for batch in store.batches(words, text="drawing households to judge on"):
        keys = batch.column("household_id")
        in_base = hash_keys(keys, f"compare:{seed}").astype(np.float64) <= limit
        keep = in_base | np.asarray(pc.is_in(keys, value_set=wanted), dtype=bool)
        kept.append(batch.filter(pa.array(keep)))
        bases.append(in_base[keep])
    table = pa.Table.from_batches(kept)
    order = np.asarray(pc.sort_indices(table, sort_keys=[("household_id", "ascending")]))
    table = table.take(order)
    place = {key: row for row, key in enumerate(table.column("household_id").to_pylist())}
    weight = {name: np.ones(len(place)) for name in groups}
    member = {name: np.zeros(len(place), dtype=bool) for name in groups}
    for name, group in groups.items():
        member[name][[place[key] for key in group.households.column("household_id").to_pylist()]] = True
        learned = frames[name].table.filter(pa.array(frames[name].positive))
        rows = [place[key] for key in learned.column("household_id").to_pylist()]
        weight[name][rows] = frames[name].measure_weight[frames[name].positive]
    areas = np.array(pc.fill_null(table.column(block), UNKNOWN).to_pylist(), dtype=object)
    return Judged(table, areas, np.concatenate(bases)[order], weight, member)


def score_held_out(
    candidates: Mapping[str, Candidate], table: pa.Table, blocks: NDArray[Any], folds: int, seed: int
) -> HeldOut:
    """Train every candidate without an area, and score the households of that area; in turn for all areas.

    The same areas are held out for all candidates. A household that belongs to two groups is therefore never judged
    by a model that learned from it, nor from its neighbours.

    Parameters
    ----------
    table : households with every feature of every candidate; shape (n, …).
    blocks : str array of shape (n,)
        Area of each household, of the level that the frames have.

    Raises
    ------
    TrainingError
        When without an area no reference household of a candidate is left.
    """
    parts = [np.asarray(blocks, dtype=object), *(each.frame.blocks for each in candidates.values())]
    together = np.concatenate(parts)
    fold = np.empty(len(together), dtype=np.int64)
    for number, (_, outside) in enumerate(area_folds(together, folds, seed)):
        fold[outside] = number
    fold_here, *others = np.split(fold, np.cumsum([len(each) for each in parts])[:-1])
    fold_of = dict(zip(candidates, others, strict=True))
    scores = {name: np.full(table.num_rows, np.nan) for name in candidates}
    for name, candidate in candidates.items():
        X, mine = candidate.frame.encoder.matrix(table), candidate.frame.matrix()
        for number in track(range(folds), f"holding out areas: {name}"):
            there = fold_here == number
            if there.any():
                rows = np.flatnonzero(fold_of[name] != number)
                scores[name][there] = _fit_and_score(name, candidate, mine, rows, X[there])
    return HeldOut(scores, fold_here)


def _fit_and_score(
    name: str, candidate: Candidate, mine: NDArray[np.float64], rows: NDArray[np.int64], X: NDArray[np.float64]
) -> NDArray[np.float64]:
    frame = candidate.frame
    rows = rows[frame.weight[rows] > 0]
    positive = frame.positive[rows]
    if not positive.any() or positive.all():
        raise TrainingError(
            "outside the areas held out no reference household is left, or nothing else",
            where=name,
            hint="use more folds, or a smaller area level as [training] block",
        )
    estimator = fit_rows(candidate.spec, candidate.params, frame, rows, candidate.seed, X=mine)
    return np.asarray(estimator.score_samples(X), dtype=np.float64)
