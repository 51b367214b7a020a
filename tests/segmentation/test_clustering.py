"""Segments as places: the best of some starts, within the limits, and main segments that are found again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from profiling.segmentation import clustering
from profiling.segmentation.agreement import adjusted_rand, crossed
from profiling.segmentation.clustering import Clusters, find_clusters
from profiling.segmentation.config import Model

Floats = NDArray[np.float64]
MODEL = Model(main=3, sub=9, many=60, smallest=0.02, largest=0.4, smallest_main=0.1, largest_main=0.6)
FREE = MODEL.model_copy(update={"smallest_main": 0.0, "largest_main": 1.0})


def planted(n: int, seed: int = 0) -> tuple[NDArray[np.float32], Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Nine sub segments around three middles far apart: places, households, sub and main of each unit."""
    rng = np.random.default_rng(seed)
    sub = rng.integers(0, 9, n)
    angle = 2.0 * np.pi * np.arange(3) / 3.0
    corners = np.column_stack([np.cos(angle), np.sin(angle)])
    middle = 20.0 * np.repeat(corners, 3, axis=0) + 4.0 * np.tile(corners, (3, 1))
    places = (middle[sub] + rng.normal(0.0, 0.6, (n, 2))).astype(np.float32)
    return places, rng.integers(10, 40, n).astype(np.float64), sub, sub // 3


def within(found: Clusters, places: NDArray[np.float32], households: Floats) -> float:
    return float(households @ ((places - found.centres[found.label]) ** 2).sum(axis=1))


@pytest.mark.parametrize("sample", [clustering.SAMPLE, 200])
def test_planted_sub_and_main_segments_are_found(monkeypatch: pytest.MonkeyPatch, sample: int) -> None:
    monkeypatch.setattr(clustering, "SAMPLE", sample)
    places, households, sub, main = planted(900)
    found = find_clusters(places, households, MODEL, 1)
    assert adjusted_rand(crossed(sub, found.label, households)) == pytest.approx(1.0)
    assert adjusted_rand(crossed(main, found.main[found.label], households)) == pytest.approx(1.0)


def test_more_starts_find_nothing_worse_and_sometimes_something_better() -> None:
    better = 0
    for seed in range(6):
        places = np.random.default_rng(seed).exponential(1.0, (500, 3)).astype(np.float32)
        households = np.ones(500)
        one, many = (
            within(
                find_clusters(places, households, FREE.model_copy(update={"starts": starts}), seed), places, households
            )
            for starts in (1, 8)
        )
        assert many <= one * (1 + 1e-9)
        better += many < one * (1 - 1e-3)
    assert better


def test_a_sub_segment_is_in_the_main_segment_of_most_of_its_households() -> None:
    rng = np.random.default_rng(3)
    places = rng.exponential(1.0, (600, 3)).astype(np.float32)
    households = rng.integers(10, 40, 600).astype(np.float64)
    found = find_clusters(places, households, FREE, 5)
    starts = [KMeans(3, n_init=1, random_state=5 + each).fit(places, sample_weight=households) for each in range(5)]
    best = min(starts, key=lambda each: float(each.inertia_)).labels_
    for each in range(FREE.sub):
        mine = found.label == each
        assert found.main[each] == np.bincount(best[mine], households[mine], minlength=3).argmax()


def test_main_segments_keep_to_their_limits_where_no_start_does() -> None:
    """One crowd and two far-off specks: k-means makes the specks main segments, which are too small."""
    rng = np.random.default_rng(2)
    crowd = rng.normal(0.0, 1.0, (900, 2))
    specks = np.concatenate([rng.normal(60.0, 0.5, (25, 2)), rng.normal(-60.0, 0.5, (25, 2))])
    places, households = np.concatenate([crowd, specks]).astype(np.float32), np.ones(950)
    loose, kept = (find_clusters(places, households, model, 1) for model in (FREE, MODEL))
    shares = [np.bincount(found.main[found.label], households) / 950 for found in (loose, kept)]
    assert shares[0].min() < 0.1
    assert shares[1].min() >= 0.1
    assert shares[1].max() <= 0.6
