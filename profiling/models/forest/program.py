"""The program that the walker runs: every split of every tree as four words, parents before children."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from profiling.models.forest.codes import APART, MISSING, CodeTable
from profiling.models.forest.trees import NONE, ZERO, NotWalkableError, Tree

NOWHERE = 255  # the mask of rows that have arrived at a leaf; nobody reads it
MAX_PLACE = 0xFFFF
IN_ALL_BYTES = 0x01010101
LANES, VECTORS = 64, 4  # rows per mask, masks per block
ROWS = LANES * VECTORS


class Program(NamedTuple):
    """All trees of all bags, one after the other; arrays alone, which a kernel takes as they are.

    Splits differ from `code < below` in some codes: missing that goes left, zero that is missing, the categories of a
    set. Those codes are *flipped*: the rows that have them are found once per block of rows, for all splits alike,
    as a mask; first the *marks*, one code of one column each, then the flips, each from marks and one flip before it.

    Parameters
    ----------
    splits : uint32 array of shape (4 * n_splits,)
        column | mask << 16; below, in all four bytes; leaves under the left child, likewise; left | right << 16.
    tree_start, leaf_start : int64 arrays of shape (n_trees + 1,): places of trees in `splits` and of their leaves.
    bag_start : int64 array of shape (n_bags + 1,): places of bags among the trees.
    leaf_value : float64 array of shape (n_leaves,); of each tree from left to right.
    mark_column, mark_code : the marks; masks 0 … n_marks - 1.
    flip_start, flip_parts : flip f, mask n_marks + f, is the exclusive or of the masks that begin at
        flip_parts[flip_start[f]:flip_start[f + 1]] in an array with four words per mask.
    """

    splits: NDArray[np.uint32]
    tree_start: NDArray[np.int64]
    leaf_start: NDArray[np.int64]
    bag_start: NDArray[np.int64]
    leaf_value: NDArray[np.float64]
    mark_column: NDArray[np.int64]
    mark_code: NDArray[np.uint32]
    flip_start: NDArray[np.int64]
    flip_parts: NDArray[np.int32]


Flip = tuple[tuple[int, int], ...]


def build_program(bags: Sequence[Sequence[Tree]], codes: CodeTable) -> Program:
    """Write the program of these trees.

    Raises
    ------
    NotWalkableError
        When there are more columns of codes, or more different sets of categories, than a split can name.
    """
    splits: list[tuple[int, Flip, int, int, int, int]] = []
    tree_start, leaf_start, bag_start, leaves = [0], [0], [0], []
    for trees in bags:
        for tree in trees:
            order, leaf_order, under_left = _walk_order(tree)
            places = {split: place for place, split in enumerate(order)}
            for split in order:
                column, flip, below = _question(tree, split, codes)
                left, right = (places.get(int(child), NOWHERE) for child in (tree.left[split], tree.right[split]))
                splits.append((column, flip, below, under_left[split], left, right))
            leaves.append(tree.leaf_value[leaf_order])
            tree_start.append(len(splits))
            leaf_start.append(leaf_start[-1] + len(leaf_order))
        bag_start.append(len(tree_start) - 1)
    flips = sorted({(), *(flip for _, flip, *_ in splits)})
    marks = sorted({mark for flip in flips for mark in flip})
    if max(len(marks) + len(flips), len(codes.columns)) > MAX_PLACE:
        raise NotWalkableError(f"the model has {len(flips):,} different sets of categories")
    mask_of = {flip: len(marks) + place for place, flip in enumerate(flips)}
    words = [
        (column | mask_of[flip] << 16, below * IN_ALL_BYTES, under * IN_ALL_BYTES, left | right << 16)
        for column, flip, below, under, left, right in splits
    ]
    parts = _flip_parts(flips, marks)
    return Program(
        splits=np.array(words, dtype=np.uint32).reshape(-1),
        tree_start=np.array(tree_start, dtype=np.int64),
        leaf_start=np.array(leaf_start, dtype=np.int64),
        bag_start=np.array(bag_start, dtype=np.int64),
        leaf_value=np.concatenate([*leaves, np.zeros(1)]),
        mark_column=np.array([column for column, _ in marks], dtype=np.int64),
        mark_code=np.array([code * IN_ALL_BYTES for _, code in marks], dtype=np.uint32),
        flip_start=np.concatenate([[0], np.cumsum([len(each) for each in parts])]).astype(np.int64),
        flip_parts=(VECTORS * np.concatenate(parts)).astype(np.int32),
    )


def _flip_parts(flips: Sequence[Flip], marks: Sequence[tuple[int, int]]) -> list[NDArray[np.int64]]:
    """Per flip the masks that make it: the most alike of the flips before it, and the marks in which they differ.

    Flips are in order, so those of one column stand together, after the empty one; others have no mark in common.
    """
    place = {mark: number for number, mark in enumerate(marks)}
    parts, first = [np.zeros(0, dtype=np.int64)], 1
    for _, together in groupby(flips[1:], key=lambda flip: flip[0][0]):
        mine = list(together)
        own = np.array(sorted({place[mark] for flip in mine for mark in flip}), dtype=np.int64)
        member = np.zeros((len(mine) + 1, len(own)), dtype=np.float32)
        for row, flip in enumerate(mine, 1):
            member[row, np.searchsorted(own, [place[mark] for mark in flip])] = 1.0
        size = member.sum(axis=1)
        for row in range(1, len(member)):
            differ = size[row] + size[:row] - 2.0 * (member[:row] @ member[row])
            near = int(differ.argmin())
            other = own[member[row] != member[near]]
            parts.append(np.concatenate([[len(marks) + first + near - 1], other]) if near else other)
        first += len(mine)
    return parts


def _walk_order(tree: Tree) -> tuple[list[int], list[int], dict[int, int]]:
    """Splits level by level, leaves from left to right, and per split how many leaves its left child has under it."""
    order = [0] if len(tree.feature) else []
    for split in order:
        order += [int(child) for child in (tree.left[split], tree.right[split]) if child >= 0]
    under: dict[int, list[int]] = {}
    under_left = {}
    for split in reversed(order):
        left, right = (
            under.pop(int(child)) if child >= 0 else [~int(child)] for child in (tree.left[split], tree.right[split])
        )
        under_left[split] = len(left)
        under[split] = left + right
    return order, under.get(0, [0]), under_left


def _question(tree: Tree, split: int, codes: CodeTable) -> tuple[int, Flip, int]:
    """Column, flipped codes and limit of a split."""
    feature = int(tree.feature[split])
    if tree.categorical[split]:
        flip = tuple(codes.place(feature, float(each), categorical=True) for each in tree.categories[split])
        return (flip[0][0] if flip else 0), flip, 0
    threshold, default_left = float(tree.threshold[split]), bool(tree.default_left[split])
    column, place = codes.place(feature, threshold, categorical=False)
    zero_left = default_left if tree.missing[split] == ZERO else threshold >= 0.0
    missing_left = zero_left if tree.missing[split] == NONE else default_left
    flipped = []
    if codes.columns[column].zero_apart and zero_left:
        flipped.append((column, APART))
    if missing_left:
        flipped.append((column, MISSING))
    return column, tuple(flipped), place + 1
