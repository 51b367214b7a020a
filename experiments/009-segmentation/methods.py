"""Ways to make main and sub segments of units: ours, and two of the field, behind one interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from profiling.segmentation.clustering import find_clusters, nearest
from profiling.segmentation.components import fit_components
from profiling.segmentation.config import Model
from profiling.segmentation.standards import fit_standards
from profiling.segmentation.tree import cut, ward_tree
from profiling.segmentation.units import Units

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Division:
    """Sub segment of any units, and the main segment of each sub segment."""

    sub: Callable[[Units], Ints]
    main: Ints


Method = Callable[[Units, Model, int], Division]


def ours(units: Units, model: Model, seed: int) -> Division:
    """Robust or rank scales, components, k-means on many, weighted Ward, k-means within limits."""
    components = fit_components(
        units, fit_standards(units, model.scaling), variance=model.variance, most=model.components
    )
    found = find_clusters(components.places(units), units.households, model, seed)
    return Division(lambda other: found.nearest(components.places(other)), found.main)


def oac(units: Units, model: Model, seed: int) -> Division:
    """The recipe of the UK's 2011 Output Area Classification.

    Gale, Singleton, Bates & Longley (2016), "Creating the 2011 area classification for output areas", Journal of
    Spatial Information Science 12: inverse hyperbolic sine, range standardisation (0 to 1), k-means from the top down,
    areas unweighted. They chose by eye how many parts each supergroup is split in; here the next split goes where the
    sum of squares within falls most. They took the best of 10,000 starts; here of 10.
    """
    raw = np.arcsinh(np.nan_to_num(units.matrix.astype(np.float64)))
    low, high = raw.min(axis=0), raw.max(axis=0)
    width = np.where(high > low, high - low, 1.0)

    def placed(other: Units) -> Floats:
        return np.asarray((np.arcsinh(np.nan_to_num(other.matrix.astype(np.float64))) - low) / width)

    z = placed(units)
    with threadpool_limits(limits=1, user_api="openmp"):
        top = KMeans(model.main, n_init=10, random_state=seed).fit(z)
        groups = [z[top.labels_ == each] for each in range(model.main)]
        fits = [[_means(group, k, seed) for k in (1, 2)] for group in groups]
        while sum(len(each) - 1 for each in fits) < model.sub:
            gains = [each[-2].inertia_ - each[-1].inertia_ for each in fits]
            chosen = int(np.argmax(gains))
            fits[chosen].append(_means(groups[chosen], len(fits[chosen]) + 1, seed))
    lower = [each[-2].cluster_centers_ for each in fits]
    first = np.cumsum([0, *(len(each) for each in lower)])

    def sub(other: Units) -> Ints:
        x = placed(other)
        above = nearest(x, top.cluster_centers_)
        out = np.empty(len(x), dtype=np.int64)
        for each in range(model.main):
            inside = above == each
            if inside.any():
                out[inside] = first[each] + nearest(x[inside], lower[each])
        return out

    return Division(sub, np.repeat(np.arange(model.main), [len(each) for each in lower]))


def mixture(units: Units, model: Model, seed: int) -> Division:
    """A Gaussian mixture with full covariances on our components, then Ward on its means; units unweighted."""
    components = fit_components(units, fit_standards(units, model.scaling), variance=model.variance)
    places = components.places(units).astype(np.float64)
    found = GaussianMixture(model.sub, covariance_type="full", reg_covar=1e-3, random_state=seed).fit(places)
    label = found.predict(places)
    size = np.maximum(np.bincount(label, units.households, minlength=model.sub), 1e-6)
    main = cut(ward_tree(found.means_, size), model.main)
    return Division(lambda other: found.predict(components.places(other).astype(np.float64)).astype(np.int64), main)


def _means(group: Floats, k: int, seed: int) -> KMeans:
    return KMeans(min(k, len(group)), n_init=10, random_state=seed).fit(group)


METHODS: dict[str, Method] = {"ours": ours, "OAC 2011 recipe": oac, "Gaussian mixture": mixture}
