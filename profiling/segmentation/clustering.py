"""Two levels of segments: k-means on many, Ward for the tree, and rounds of k-means within the limits of size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin
from threadpoolctl import threadpool_limits

from profiling.errors import SegmentationError
from profiling.segmentation.agreement import weight_of
from profiling.segmentation.config import Model
from profiling.segmentation.tree import cut, ward_tree

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
    limits of size; rounds of k-means (Lloyd) let every unit move to the nearest middle, as long as the limits hold; a
    second Ward tree, on the sub segments, gives the main segments. This is the two-step way of geodemographics
    (Harris, Sleight & Webber 2005, "Geodemographics, GIS and neighbourhood targeting", chapter 6).

    Raises
    ------
    SegmentationError
        When there are too few units, or the limits of size cannot be held.
    """
    n, many = len(places), min(model.many, len(places))
    if n < model.sub:
        raise SegmentationError(f"{n:,} units cannot make {model.sub} sub segments", hint="ask for fewer segments")
    # One thread: the sums of several threads differ in their last digits from run to run.
    with threadpool_limits(limits=1, user_api="openmp"):
        return _found(places, households, model, many, seed)


def _found(places: NDArray[np.float32], households: Floats, model: Model, many: int, seed: int) -> Clusters:
    means = KMeans(many, n_init=1, max_iter=60, random_state=seed).fit(places, sample_weight=households)
    few = means.labels_.astype(np.int64)
    size = weight_of(few, households, many)
    used = size > 0
    tree = ward_tree(means.cluster_centers_[used], size[used])
    part = np.zeros(many, dtype=np.int64)
    part[used] = cut(tree, model.sub, smallest=model.smallest, largest=model.largest)
    label, rounds = _refined(places, households, part[few], model)
    centres = middles(places, households, label, model.sub)
    sizes = weight_of(label, households, model.sub)
    main = cut(ward_tree(centres, sizes), model.main, smallest=model.smallest_main, largest=model.largest_main)
    return Clusters(centres, main, label, rounds)


def middles(places: NDArray[np.floating], households: Floats, label: Ints, n: int) -> Floats:
    """Weighted mean place of each segment, shape (n, k)."""
    total = weight_of(label, households, n)
    sums = [weight_of(label, households * places[:, at], n) for at in range(places.shape[1])]
    return np.asarray(np.column_stack(sums) / total[:, None])


def _refined(places: NDArray[np.float32], households: Floats, label: Ints, model: Model) -> tuple[Ints, int]:
    """Rounds of k-means from a first division; the last one that keeps to the limits."""
    whole = households.sum()
    for done in range(model.refine):
        moved = nearest(places, middles(places, households, label, model.sub))
        shares = weight_of(moved, households, model.sub) / whole
        if shares.min() < model.smallest or shares.max() > model.largest or (moved == label).all():
            return label, done
        label = moved
    return label, model.refine
