"""The weighted tree against scipy's, and cuts that keep to their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score

from profiling.errors import SegmentationError
from profiling.segmentation.clustering import find_clusters
from profiling.segmentation.config import Model
from profiling.segmentation.tree import cut, ward_tree


def test_with_equal_masses_the_tree_is_that_of_scipy() -> None:
    points = np.random.default_rng(1).normal(size=(60, 4))
    tree = ward_tree(points, np.ones(60))
    theirs = linkage(points, "ward")
    # scipy writes the distance; its square is twice the rise of the sum of squares.
    assert np.allclose(np.sqrt(2.0 * tree.cost), theirs[:, 2])
    for n in (2, 5, 11, 30):
        assert adjusted_rand_score(cut(tree, n), fcluster(theirs, n, "maxclust")) == 1.0


def test_a_mass_is_as_many_points_in_one_place() -> None:
    rng = np.random.default_rng(2)
    points, times = rng.normal(size=(20, 3)), rng.integers(1, 6, 20)
    theirs = fcluster(linkage(np.repeat(points, times, axis=0), "ward"), 6, "maxclust")
    first = np.cumsum(times) - times
    assert adjusted_rand_score(cut(ward_tree(points, times.astype(float)), 6), theirs[first]) == 1.0


@given(st.integers(0, 10_000), st.integers(2, 8), st.floats(0.0, 0.12))
@settings(max_examples=60, deadline=None)
def test_no_part_is_below_the_smallest(seed: int, n: int, smallest: float) -> None:
    rng = np.random.default_rng(seed)
    mass = rng.gamma(1.0, size=40)
    tree = ward_tree(rng.normal(size=(40, 2)) + 9 * (rng.random((40, 1)) < 0.05), mass)
    try:
        label = cut(tree, n, smallest=smallest)
    except SegmentationError:
        assert smallest > 0.02
        return
    assert sorted(set(label.tolist())) == list(range(n))
    assert np.bincount(label, mass).min() >= smallest * mass.sum() * (1 - 1e-6)


def test_limits_that_cannot_be_held_are_said() -> None:
    tree = ward_tree(np.array([[0.0], [1.0], [5.0]]), np.array([1.0, 1.0, 98.0]))
    with pytest.raises(SegmentationError, match="2 segments of at least 5"):
        cut(tree, 2, smallest=0.05)
    with pytest.raises(SegmentationError, match=r"98.0% of the households cannot be split"):
        cut(tree, 3, largest=0.5)


def test_weighted_clusters_are_those_of_households_one_by_one() -> None:
    """Units with a weight, against the same units repeated: the same middles and the same division."""
    rng = np.random.default_rng(5)
    middle = rng.normal(0.0, 6.0, (6, 3))
    kind = np.repeat(np.arange(6), 50)
    places = (middle[kind] + rng.normal(0.0, 0.5, (300, 3))).astype(np.float32)
    times = rng.integers(1, 5, 300)
    model = Model(main=2, sub=6, many=30, smallest=0.01, largest=0.6, smallest_main=0.05, largest_main=0.95)
    found = find_clusters(places, times.astype(float), model, 1)
    single = find_clusters(np.repeat(places, times, axis=0), np.ones(times.sum()), model, 1)
    assert adjusted_rand_score(found.label, kind) == 1.0
    assert adjusted_rand_score(single.label, np.repeat(kind, times)) == 1.0
    order = [np.argmin(((single.centres - each) ** 2).sum(axis=1)) for each in found.centres]
    assert np.allclose(found.centres, single.centres[order], atol=1e-4)


def test_rounds_of_k_means_stop_before_a_segment_becomes_too_small() -> None:
    model = Model(main=2, sub=6, many=60, smallest=0.07, largest=0.3, smallest_main=0.05, largest_main=0.95)
    rounds = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        places = rng.exponential(1.0, (400, 2)).astype(np.float32)
        households = rng.integers(10, 40, 400).astype(float)
        found = find_clusters(places, households, model, seed)
        share = np.bincount(found.label, households) / households.sum()
        assert share.min() >= 0.07
        assert share.max() <= 0.3
        rounds.append(found.rounds)
    assert max(rounds) > 0
