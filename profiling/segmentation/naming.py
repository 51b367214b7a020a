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
    ("klein budget", "small budget"),
    ("bescheiden budget", "modest budget"),
    ("gemiddeld budget", "average budget"),
    ("ruim budget", "comfortable budget"),
    ("groot budget", "large budget"),
)
_MANY = (("veel", "many"), ("weinig", "few"))
_MORE = {"%": _MANY, "km": (("groot", "large"), ("klein", "small")), "": (("hoog", "high"), ("laag", "low"))}
WANTED = ("environment", "demography", "economic")
CLEAR, FIRST = 0.35, 1.6


def propose_names(
    difference: Floats,
    variables: Sequence[Variable],
    age: Floats,
    wealth: Floats,
    *,
    traits: int = 2,
    among: tuple[Floats, Floats] | None = None,
) -> list[Title]:
    """A name per segment: its place on both axes, and what sets it apart most.

    Parameters
    ----------
    difference : array of shape (n_segments, v), in standard deviations (`separation.Differences`).
    age, wealth : arrays of shape (n_segments,), places on the axes, any scale; their order decides the words.
    among : ages and wealths that the words are decided among, when not among themselves: a main segment stands among
        the sub segments, or one of "young" and "older" would be called "old".

    Returns
    -------
    Titles that all differ, such as "Jong, klein budget · appartement"; without a mark of being a proposal.
    """
    ages, wealths = among or (age, wealth)
    words = list(zip(_fifth(age, ages), _fifth(wealth, wealths), strict=True))
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


def _fifth(values: Floats, among: Floats) -> list[int]:
    """In which fifth of `among` each value falls: 0 to 4."""
    below = np.searchsorted(np.sort(among), values)
    return np.minimum(below * 5 // max(len(among), 1), 4).tolist()  # type: ignore[no-any-return]


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
        bare = variable.kind in ("class", "step") and variable.nl.rpartition(": ")[2].isdecimal()  # 4 tells nobody much
        usable = variable.facet in by_facet and variable.kind != "band" and not absent and not bare
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
    if variable.kind == "share":
        word = _MANY[0 if more else 1]
        return f"{word[0]} {nl}", f"{word[1]} {en}"
    unit = re.search(r"\((%|km)\)$", variable.nl)
    word = _MORE[unit[1] if unit else ""][0 if more else 1]
    return f"{nl}: {word[0]}", f"{en}: {word[1]}"


def _names(words: tuple[int, int], traits: Sequence[tuple[str, str]]) -> Title:
    said = {}
    for place, language in enumerate(LANGUAGES):
        first = f"{_AGE[words[0]][place]}, {_WEALTH[words[1]][place]}"
        rest = ", ".join(trait[place] for trait in traits)
        name = f"{first} · {rest}" if rest else first
        said[language] = name[:1].upper() + name[1:]
    return Title(**said)
