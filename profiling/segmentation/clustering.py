"""Two levels of segments: k-means on many, Ward for the tree, k-means within limits of size; the best of starts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin
from threadpoolctl import threadpool_limits

from profiling.errors import SegmentationError
from profiling.segmentation.agreement import crossed, weight_of
from profiling.segmentation.config import Model
from profiling.segmentation.tree import cut, ward_tree

# Starts are tried on at most so many units; the best goes on with all.
SAMPLE = 10_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Segments as places.

    Parameters
    ----------
    centres : float array of shape (n_sub, k), the middle of each sub segment.
    main : int array of shape (n_sub,), its main segment.
    label : int array of shape (n,), the sub segment of each unit that they were found on.
    rounds : rounds of k-means that were gone through after the tree was cut.
    """

    centres: Floats
    main: Ints
    label: Ints
    rounds: int

    def nearest(self, places: NDArray[np.floating]) -> Ints:
        """The nearest sub segment of each place."""
        return nearest(places, self.centres)


def nearest(places: NDArray[np.floating], centres: Floats) -> Ints:
    """The nearest centre of each place, shape (n,)."""
    return np.asarray(pairwise_distances_argmin(places, centres.astype(places.dtype)), dtype=np.int64)


def find_clusters(places: NDArray[np.float32], households: Floats, model: Model, seed: int) -> Clusters:
    """Find sub and main segments.

    Weighted k-means finds `many` clusters; a weighted Ward tree on their centres is cut into sub segments within the
    limits of size; rounds of k-means (Lloyd) let every unit move to the nearest middle, as long as the limits hold.
    This is the two-step way of geodemographics (Harris, Sleight & Webber 2005, "Geodemographics, GIS and neighbourhood
    targeting", chapter 6). It is gone from several starts, and the one with the least sum of squares within is kept.

    Main segments are found among the units as well: of several starts of k-means the best that keeps to the limits,
    where a sub segment belongs to the main segment that most of its households are in. A tree on the middles of the
    sub segments, which is what is left when no start keeps to the limits, is less often found again (experiment 009).

    Raises
    ------
    SegmentationError
        When there are too few units, or the limits of size cannot be held.
    """
    n = len(places)
    if n < model.sub:
        raise SegmentationError(f"{n:,} units cannot make {model.sub} sub segments", hint="ask for fewer segments")
    # One thread: the sums of several threads differ in their last digits from run to run.
    with threadpool_limits(limits=1, user_api="openmp"):
        first, before = _first_division(places, households, model, seed)
        label, after = _refined(places, households, first, model)
        centres = middles(places, households, label, model.sub)
        return Clusters(centres, _main(places, households, label, centres, model, seed), label, before + after)


def _first_division(places: NDArray[np.float32], households: Floats, model: Model, seed: int) -> tuple[Ints, int]:
    """The best start whose sub segments keep to the limits on all units; without any, one more on all of them."""
    n = len(places)
    rows = np.arange(n) if n <= SAMPLE else np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
    tried: list[tuple[float, Ints, int]] = []
    for start in range(model.starts):
        with suppress(SegmentationError):
            tried.append(_start(places[rows], households[rows], model, seed + start))
    for _, found, rounds in sorted(tried, key=lambda each: each[0]):
        middle = middles(places[rows], households[rows], found, model.sub)
        label = found if len(rows) == n else nearest(places, middle)
        if _within(label, households, model.sub, model.smallest, model.largest):
            return label, rounds
    return _start(places, households, model, seed)[1:]


def _start(places: NDArray[np.float32], households: Floats, model: Model, seed: int) -> tuple[float, Ints, int]:
    """One way from k-means on many to sub segments: sum of squares within, label of each unit, rounds of k-means."""
    many = min(model.many, len(places))
    means = KMeans(many, n_init=1, max_iter=60, random_state=seed).fit(places, sample_weight=households)
    few = means.labels_.astype(np.int64)
    size = weight_of(few, households, many)
    used = size > 0
    part = np.zeros(many, dtype=np.int64)
    part[used] = cut(
        ward_tree(means.cluster_centers_[used], size[used]), model.sub, smallest=model.smallest, largest=model.largest
    )
    label, rounds = _refined(places, households, part[few], model)
    away = places - middles(places, households, label, model.sub)[label]
    return float(households @ (away**2).sum(axis=1)), label, rounds


def _main(
    places: NDArray[np.float32], households: Floats, label: Ints, centres: Floats, model: Model, seed: int
) -> Ints:
    """The main segment of each sub segment, shape (n_sub,)."""
    starts = [
        KMeans(model.main, n_init=1, random_state=seed + start).fit(places, sample_weight=households)
        for start in range(model.starts)
    ]
    sizes = weight_of(label, households, model.sub)
    for found in sorted(starts, key=lambda each: float(each.inertia_)):
        shared = crossed(label, found.labels_.astype(np.int64), households, (model.sub, model.main))
        main = shared.argmax(axis=1)
        if _within(main, sizes, model.main, max(model.smallest_main, 1e-12), model.largest_main):
            return np.asarray(main, dtype=np.int64)
    return cut(ward_tree(centres, sizes), model.main, smallest=model.smallest_main, largest=model.largest_main)


def _within(label: Ints, weights: Floats, n: int, smallest: float, largest: float) -> bool:
    share = weight_of(label, weights, n) / weights.sum()
    return bool(share.min() >= smallest and share.max() <= largest)


def middles(places: NDArray[np.floating], households: Floats, label: Ints, n: int) -> Floats:
    """Weighted mean place of each segment, shape (n, k)."""
    total = weight_of(label, households, n)
    sums = [weight_of(label, households * places[:, at], n) for at in range(places.shape[1])]
    return np.asarray(np.column_stack(sums) / total[:, None])


def _refined(places: NDArray[np.float32], households: Floats, label: Ints, model: Model) -> tuple[Ints, int]:
    """Rounds of k-means from a first division; the last one that keeps to the limits."""
    for done in range(model.refine):
        moved = nearest(places, middles(places, households, label, model.sub))
        if not _within(moved, households, model.sub, model.smallest, model.largest) or (moved == label).all():
            return label, done
        label = moved
    return label, model.refine
