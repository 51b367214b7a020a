"""A weighted Ward tree on many clusters, and how to cut it within limits of size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from profiling.errors import SegmentationError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tree:
    """A binary tree over m leaves.

    Parameters
    ----------
    children : int array of shape (m - 1, 2); node m + i joins nodes `children[i]`.
    cost : float array of shape (m - 1,), by how much each join raises the weighted sum of squares within.
    mass : float array of shape (2m - 1,), households under each node.
    """

    children: Ints
    cost: Floats
    mass: Floats

    @property
    def n_leaves(self) -> int:
        """Leaves of the tree."""
        return len(self.children) + 1

    def leaves(self, node: int) -> list[int]:
        """Leaves under a node."""
        if node < self.n_leaves:
            return [node]
        left, right = self.children[node - self.n_leaves].tolist()
        return [*self.leaves(left), *self.leaves(right)]


def ward_tree(centres: NDArray[np.floating], mass: Floats) -> Tree:
    """Ward's tree over clusters of different size.

    Joining clusters of mass a and b raises the sum of squares within by ab ÷ (a + b) × squared distance; after each
    join the distances are renewed by the formula of Lance and Williams (1967). `scipy.cluster.hierarchy.linkage` knows
    no masses; with equal ones the trees are the same.

    Parameters
    ----------
    centres : array of shape (m, k). mass : array of shape (m,), above 0.
    """
    m = len(centres)
    points = centres.astype(np.float64)
    square = (points**2).sum(axis=1)
    apart = np.maximum(square[:, None] + square[None, :] - 2.0 * points @ points.T, 0.0)
    weight = mass.astype(np.float64).copy()
    cost = apart * weight[:, None] * weight[None, :] / (weight[:, None] + weight[None, :])
    np.fill_diagonal(cost, np.inf)
    name, alive = np.arange(m), np.ones(m, dtype=bool)
    children, costs, masses = np.empty((m - 1, 2), dtype=np.int64), np.empty(m - 1), [*weight.tolist()]
    for step in range(m - 1):
        i, j = sorted(divmod(int(np.argmin(cost)), m))
        joined = float(cost[i, j])
        children[step], costs[step] = sorted((name[i], name[j])), joined
        wi, wj = weight[i], weight[j]
        others = alive.copy()
        others[[i, j]] = False
        renewed = np.full(m, np.inf)
        w = weight[others]
        renewed[others] = ((wi + w) * cost[i, others] + (wj + w) * cost[j, others] - w * joined) / (wi + wj + w)
        cost[i, :], cost[:, i] = renewed, renewed
        cost[j, :], cost[:, j] = np.inf, np.inf
        alive[j] = False
        weight[i], name[i] = wi + wj, m + step
        masses.append(float(weight[i]))
    return Tree(children, costs, np.array(masses))


def cut(tree: Tree, n: int, *, smallest: float = 0.0, largest: float = 1.0) -> Ints:
    """Cut the tree into n parts, none smaller than a share of the whole and, where it can be, none larger than one.

    From the top the part whose split gains most is split, those above `largest` first. A branch that is too small to
    stand alone stays with the part it hangs on, and the split is looked for further down.

    Returns
    -------
    int array of shape (n_leaves,), parts from 0 to n - 1.

    Raises
    ------
    SegmentationError
        When the limits leave fewer than n parts, or a part above `largest` cannot be split.
    """
    low, high = smallest * tree.mass[-1] * (1 - 1e-9), largest * tree.mass[-1] * (1 + 1e-9)
    parts = [_part(tree, 2 * tree.n_leaves - 2, (), low)]
    while len(parts) < n:
        able = [at for at, part in enumerate(parts) if part.split is not None]
        if not able:
            raise SegmentationError(
                f"{n} segments of at least {smallest:.2%} of the households cannot be cut; {len(parts)} can",
                hint="ask for fewer segments, a lower 'smallest', or more clusters under 'many'",
            )
        chosen = max(able, key=lambda at: (parts[at].mass > high, parts[at].gain, -at))
        parts[chosen : chosen + 1] = _divide(tree, parts[chosen], low)
    label = np.empty(tree.n_leaves, dtype=np.int64)
    for number, part in enumerate(parts):
        for node in (part.node, *part.along):
            label[tree.leaves(node)] = number
    over = max(part.mass for part in parts)
    if over > high:
        raise SegmentationError(
            f"a segment of {over / tree.mass[-1]:.1%} of the households cannot be split to stay below {largest:.1%}",
            hint="raise 'largest', ask for more segments, or for more clusters under 'many'",
        )
    return label


@dataclass(frozen=True)
class _Part:
    """A node with the small branches that go along with it, and where it can be split."""

    node: int
    along: tuple[int, ...]
    mass: float
    split: int | None
    gain: float


def _part(tree: Tree, node: int, along: tuple[int, ...], low: float) -> _Part:
    mass = float(tree.mass[node] + sum(tree.mass[each] for each in along))
    at = node
    while at >= tree.n_leaves:
        left, right = tree.children[at - tree.n_leaves].tolist()
        if min(tree.mass[left], tree.mass[right]) >= low:
            return _Part(node, along, mass, at, float(tree.cost[at - tree.n_leaves]))
        at = left if tree.mass[left] >= tree.mass[right] else right
    return _Part(node, along, mass, None, 0.0)


def _divide(tree: Tree, part: _Part, low: float) -> list[_Part]:
    assert part.split is not None
    left, right = tree.children[part.split - tree.n_leaves].tolist()
    along, at = list(part.along), part.node
    while at != part.split:
        first, second = tree.children[at - tree.n_leaves].tolist()
        small, at = (second, first) if tree.mass[first] >= tree.mass[second] else (first, second)
        along.append(small)
    # What hung on the part goes with the larger half; the rounds of k-means put every unit where it is nearest.
    larger, other = (left, right) if tree.mass[left] >= tree.mass[right] else (right, left)
    return [_part(tree, larger, tuple(along), low), _part(tree, other, (), low)]
