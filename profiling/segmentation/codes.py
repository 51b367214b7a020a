"""Codes that mean something: letters by wealth, numbers by life phase; and the same codes after a refresh."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from numpy.typing import NDArray

from profiling.errors import SegmentationError, did_you_mean
from profiling.segmentation.agreement import adjusted_rand, crossed, matched, weight_of
from profiling.segmentation.config import Axes
from profiling.segmentation.standards import Standard
from profiling.segmentation.units import Units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Positions:
    """Where units stand on the two axes: 0 to 100, the part of the households below; arrays of shape (n,)."""

    age: Floats
    wealth: Floats

    def means(self, label: Ints, households: Floats, n: int) -> tuple[Floats, Floats]:
        """Weighted mean of both axes per segment, shape (n,)."""
        total = weight_of(label, households, n)
        age, wealth = (weight_of(label, households * axis, n) / total for axis in (self.age, self.wealth))
        return age, wealth


def positions(units: Units, standards: tuple[Standard, ...], axes: Axes) -> Positions:
    """Rank each unit on the two axes: the mean rank over the variables of the axis.

    Raises
    ------
    SegmentationError
        When an axis names a variable that the units do not have.
    """
    names = [variable.name for variable in units.variables]
    wanted = [("age", each) for each in axes.age] + [("wealth", each) for each in axes.wealth]
    faults = [
        f"'{name}' under axes.{axis} is no variable{did_you_mean(name.removeprefix('-'), names)}"
        for axis, name in wanted
        if name.removeprefix("-") not in names
    ]
    if faults:
        raise SegmentationError("the axes cannot be made", faults=faults, hint="correct [axes] of the segmentation")

    def axis(chosen: tuple[str, ...]) -> Floats:
        ranks = []
        for name in chosen:
            at = names.index(name.removeprefix("-"))
            rank = np.nan_to_num(standards[at].rank(np.asarray(units.matrix[:, at])), nan=0.5)
            ranks.append(1.0 - rank if name.startswith("-") else rank)
        return np.asarray(100.0 * np.mean(ranks, axis=0))

    return Positions(axis(axes.age), axis(axes.wealth))


def code_names(main: Ints, main_wealth: Floats, sub_age: Floats) -> tuple[str, ...]:
    """Codes such as "A01": the letter of the main segment from little to much wealth, then the life phase.

    Numbers count on through all letters; within a letter they go from young to old.

    Parameters
    ----------
    main : int array of shape (n_sub,), the main segment of each sub segment.
    main_wealth : array of shape (n_main,). sub_age : array of shape (n_sub,).
    """
    letter = {segment: ascii_uppercase[place] for place, segment in enumerate(np.argsort(main_wealth, kind="stable"))}
    order = sorted(range(len(main)), key=lambda sub: (letter[main[sub]], sub_age[sub]))
    width = max(2, len(str(len(main))))
    names = {sub: f"{letter[main[sub]]}{number:0{width}d}" for number, sub in enumerate(order, start=1)}
    return tuple(names[sub] for sub in range(len(main)))


@dataclass(frozen=True)
class Refresh:
    """What became of an earlier segmentation's codes.

    Parameters
    ----------
    compared : part of the households that stand in both.
    moved : part of those whose sub segment has another code now; moved_main: another letter.
    agreement : adjusted Rand index between the old and the new sub segments.
    new, gone : codes that did not exist before, and that do not any more.
    """

    compared: float
    moved: float
    moved_main: float
    agreement: float
    new: tuple[str, ...]
    gone: tuple[str, ...]


def refreshed(old: NDArray[np.str_], new: NDArray[np.str_], households: Floats, everyone: float) -> Refresh:
    """Hold new codes against old ones, for units that stand in both; arrays of shape (n,).

    Parameters
    ----------
    everyone : households of all new units, those without an old code included.
    """
    was, old_place = np.unique(old, return_inverse=True)
    now, new_place = np.unique(new, return_inverse=True)
    total = float(households.sum())
    letters = np.array([code[:1] for code in old.tolist()]) != np.array([code[:1] for code in new.tolist()])
    return Refresh(
        compared=total / float(everyone),
        moved=float(households[old != new].sum()) / total,
        moved_main=float(households[letters].sum()) / total,
        agreement=adjusted_rand(crossed(old_place, new_place, households)),
        new=tuple(sorted(set(now.tolist()) - set(was.tolist()))),
        gone=tuple(sorted(set(was.tolist()) - set(now.tolist()))),
    )


def keep_codes(main: Ints, old: NDArray[np.str_], label: Ints, households: Floats) -> tuple[str, ...]:
    """Give new segments the codes of the old ones that they share most households with.

    Main segments are matched first, then the sub segments of each pair of them, so that a letter always belongs to one
    main segment. A sub segment that matches none gets its main segment's letter and the next number after all old
    ones; a main segment that matches none gets the next letter. A code that is no longer used is not given again.

    Parameters
    ----------
    main : int array of shape (n_sub,), the main segment of each new sub segment.
    old : text array of shape (n,), the earlier code of units that stand in both.
    label : int array of shape (n,), their new sub segment.
    """
    codes, place = np.unique(old, return_inverse=True)
    letters, letter_of = np.unique([code[:1] for code in codes.tolist()], return_inverse=True)
    shared = crossed(letter_of[place], main[label], households, (len(letters), int(main.max()) + 1))
    kept = {new: str(letters[was]) for was, new in matched(shared)}
    free = iter([each for each in ascii_uppercase if each > max(letters.tolist())])
    for segment in range(int(main.max()) + 1):
        if segment not in kept:
            found = next(free, None)
            if found is None:
                raise SegmentationError("there are no letters left for a new main segment", hint="leave 'previous' out")
            kept[segment] = found
    table = crossed(place, label, households, (len(codes), len(main)))
    names: dict[int, str] = {}
    for segment, letter in kept.items():
        was = np.flatnonzero(np.char.startswith(codes, letter))
        now = np.flatnonzero(main == segment)
        if len(was):
            names |= {int(now[new]): str(codes[was[gone]]) for gone, new in matched(table[np.ix_(was, now)])}
    width = max(len(code) for code in codes.tolist()) - 1
    number = max(int(code[1:]) for code in codes.tolist())
    for sub in range(len(main)):
        if sub not in names:
            number += 1
            names[sub] = f"{kept[int(main[sub])]}{number:0{width}d}"
    return tuple(names[sub] for sub in range(len(main)))
