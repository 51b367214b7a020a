"""The trees of a LightGBM model, read from its text; what the walker cannot walk is refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_LEAVES = 256  # a leaf is a byte while rows are on their way to it
NONE, ZERO, NAN = 0, 1, 2  # which value LightGBM takes as missing in a split


class NotWalkableError(Exception):
    """Why a model cannot be scored by the walker: one sentence. `Booster.predict` scores it all the same."""


@dataclass(frozen=True)
class Tree:
    """One tree of k splits and k + 1 leaves; a child below zero is leaf ~child.

    Parameters
    ----------
    feature, left, right, missing : int array of shape (k,)
    threshold : float64 array of shape (k,); rows go left where value <= threshold. No meaning where categorical.
    categorical, default_left : bool array of shape (k,)
    categories : per categorical split the codes that go left, ascending.
    leaf_value : float64 array of shape (k + 1,)
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    categorical: NDArray[np.bool_]
    default_left: NDArray[np.bool_]
    missing: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    categories: Mapping[int, NDArray[np.int64]]
    leaf_value: NDArray[np.float64]


def read_trees(text: str) -> tuple[Tree, ...]:
    """The trees in the order in which LightGBM adds them up.

    Parameters
    ----------
    text : what `Booster.model_to_string()` gives; its numbers come back to the bit.

    Raises
    ------
    NotWalkableError
        For more than one class, random forests, linear trees and trees of over 256 leaves.
    """
    header, *parts = text.partition("\nend of trees")[0].split("\nTree=")
    said = dict(_items(header))
    if said.get("num_class") != "1" or said.get("num_tree_per_iteration") != "1":
        raise NotWalkableError(f"the model has {said.get('num_class')} classes")
    if "\naverage_output" in header:
        raise NotWalkableError("the model is a random forest, which averages its trees")
    return tuple(_tree(dict(_items(part))) for part in parts)


def _items(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name, value


def _tree(said: Mapping[str, str]) -> Tree:
    n_leaves = int(said["num_leaves"])
    if said.get("is_linear", "0") != "0":
        raise NotWalkableError("the model has linear trees")
    if n_leaves > MAX_LEAVES:
        raise NotWalkableError(f"a tree has {n_leaves} leaves, more than {MAX_LEAVES}")

    def whole(name: str) -> NDArray[np.int64]:
        return np.array(said.get(name, "").split(), dtype=np.int64)

    def real(name: str) -> NDArray[np.float64]:
        return np.array(said.get(name, "").split(), dtype=np.float64)

    kind, threshold = whole("decision_type"), real("threshold")
    categorical = (kind & 1) != 0
    bounds, words = whole("cat_boundaries"), whole("cat_threshold")
    categories = {}
    for split in np.flatnonzero(categorical).tolist():
        which = int(threshold[split])
        bits = words[bounds[which] : bounds[which + 1]].astype("<u4")
        categories[split] = np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little"))
    return Tree(
        feature=whole("split_feature"),
        threshold=threshold,
        categorical=categorical,
        default_left=(kind & 2) != 0,
        missing=(kind >> 2) & 3,
        left=whole("left_child"),
        right=whole("right_child"),
        categories=categories,
        leaf_value=real("leaf_value"),
    )
