"""Proposed names of segments, from what they are like. A person decides: a name in the configuration goes first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from profiling.population.config import Title
from profiling.segmentation.units import Variable
from profiling.vocabulary import LANGUAGES

Floats = NDArray[np.float64]
PROPOSAL = {"nl": "voorstel", "en": "proposal"}
_AGE = (
    ("jong", "young"),
    ("vrij jong", "fairly young"),
    ("middelbaar", "middle-aged"),
    ("ouder", "older"),
    ("oud", "old"),
)
_WEALTH = (
    ("krap", "tight"),
    ("zuinig", "modest"),
    ("modaal", "average"),
    ("ruim", "comfortable"),
    ("welgesteld", "well off"),
)
_MORE = {"share": (("veel", "many"), ("weinig", "few")), "mean": (("hoog", "high"), ("laag", "low"))}
WANTED = ("environment", "demography", "economic")
CLEAR, FIRST = 0.35, 1.6


def propose_names(
    difference: Floats, variables: Sequence[Variable], age: Floats, wealth: Floats, *, traits: int = 2
) -> list[Title]:
    """A name per segment: its place on both axes, and what sets it apart most.

    Parameters
    ----------
    difference : array of shape (n_segments, v), in standard deviations (`separation.Differences`).
    age, wealth : arrays of shape (n_segments,), places on the axes, any scale; their order decides the words.

    Returns
    -------
    Titles that all differ, such as "Jong, krap · appartement, particuliere huur"; without a mark of being a proposal.
    """
    words = list(zip(_fifth(age), _fifth(wealth), strict=True))
    ranked = [_traits(row, variables) for row in difference]
    n = [min(traits, len(each)) for each in ranked]
    while True:
        names = [_names(words[at], ranked[at][: n[at]]) for at in range(len(words))]
        said = [name.nl for name in names]
        grow = [at for at, name in enumerate(said) if said.count(name) > 1 and n[at] < len(ranked[at])]
        if not grow:
            break
        for at in grow:
            n[at] += 1
    return [
        Title(nl=f"{each.nl} ({at + 1})", en=f"{each.en} ({at + 1})") if said.count(each.nl) > 1 else each
        for at, each in enumerate(names)
    ]


def as_proposal(title: Title) -> Title:
    """The title with the mark that nobody has decided on it yet."""
    return Title(**{each: f"{getattr(title, each)} ({PROPOSAL[each]})" for each in LANGUAGES})


def _fifth(values: Floats) -> list[int]:
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.minimum(rank * 5 // max(len(values), 1), 4).tolist()  # type: ignore[no-any-return]


def _traits(row: Floats, variables: Sequence[Variable]) -> list[tuple[str, str]]:
    """What sets a segment apart, most first, one per feature and by turns of the facets; in both languages.

    What a household is (a class that it has more than others) says more than how a number differs.
    """
    weight = np.array([FIRST if each.kind == "class" else 1.0 for each in variables])
    by_facet: dict[str, list[int]] = {facet: [] for facet in WANTED}
    taken: set[str] = set()
    for at in np.argsort(-np.abs(row) * weight, kind="stable").tolist():
        variable = variables[at]
        absent = variable.kind in ("class", "step") and row[at] < 0
        usable = variable.facet in by_facet and variable.kind != "band" and not absent
        if abs(row[at]) < CLEAR or not usable or variable.feature in taken:
            continue
        taken.add(variable.feature)
        by_facet[variable.facet].append(at)
    order = []
    for turn in range(max((len(each) for each in by_facet.values()), default=0)):
        order += [each[turn] for each in by_facet.values() if turn < len(each)]
    return [_trait(variables[at], bool(row[at] > 0)) for at in order]


def _trait(variable: Variable, more: bool) -> tuple[str, str]:
    nl, en = (re.sub(r" \([^)]*\)", "", title) for title in (variable.nl, variable.en))  # units of measurement
    if variable.kind == "class":
        return nl.rpartition(": ")[2], en.rpartition(": ")[2]
    if variable.kind == "step":
        return nl, en
    word = _MORE[variable.kind][0 if more else 1]
    if variable.kind == "share":
        return f"{word[0]} {nl}", f"{word[1]} {en}"
    return f"{nl} {word[0]}", f"{en} {word[1]}"


def _names(words: tuple[int, int], traits: Sequence[tuple[str, str]]) -> Title:
    said = {}
    for place, language in enumerate(LANGUAGES):
        first = f"{_AGE[words[0]][place]}, {_WEALTH[words[1]][place]}"
        rest = ", ".join(trait[place] for trait in traits)
        name = f"{first} · {rest}" if rest else first
        said[language] = name[:1].upper() + name[1:]
    return Title(**said)
