"""What each sub segment is like, against the country: the figures of its fact sheet, small cells hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling import measures
from profiling.population.store import HouseholdStore
from profiling.profiles.disclosure import MINIMUM
from profiling.publish.figures import LIMITS, figures_among_known, hidden_cells
from profiling.segmentation.aggregate import Sums, add_up
from profiling.segmentation.assign import CodeBook
from profiling.segmentation.config import FACETS
from profiling.segmentation.encoding import FeatureCode
from profiling.segmentation.segmentation import Segmentation
from profiling.segmentation.units import Variable

Row = dict[str, Any]
Floats = NDArray[np.float64]


def household_facts(
    store: HouseholdStore, codes: Sequence[FeatureCode], book: CodeBook, found: Segmentation
) -> list[Row]:
    """Facts of every sub segment, counted over all households in one pass (two where households have weights).

    Shares come with an index against the country and its interval; a share of fewer than ten households, or one that
    would give such a share away, is hidden.

    Returns
    -------
    One dict per sub segment in the order of the scheme: code, names, households, share, age, wealth, and per facet
    rows with segment, country, index, low, high, n, direction and strength (how far it stands out, in standard
    deviations between sections).
    """

    def counted(weighted: bool) -> Sums:
        text = "describing segments"
        return add_up(store, codes, len(book.codes), lambda batch: book.assign(batch)[0], book.words, text, weighted)

    plain = counted(False)
    sums = counted(True) if "weight" in store.columns else plain
    variables = [variable for code in codes for variable in code.variables]
    households = np.zeros(len(book.codes))
    for batch in store.batches(book.words, text="counting segments"):
        households += np.bincount(book.assign(batch)[0], minlength=len(book.codes))
    abouts = _about(found)
    groups = [book.codes.index(about["code"]) for about in abouts]
    strengths = [found.difference[found.codes.index(about["code"])] for about in abouts]
    return counted_facts(abouts, groups, variables, (plain, sums), households, strengths)


def counted_facts(
    abouts: Sequence[Row],
    groups: Sequence[int],
    variables: Sequence[Variable],
    sums: tuple[Sums, Sums],
    households: Floats,
    strengths: Sequence[Floats],
) -> list[Row]:
    """Facts of groups of households, from what was added up per group; small cells hidden.

    Parameters
    ----------
    abouts : code, names and whatever else is said of each group.
    groups : place of each in `sums` and `households`.
    sums : counted households, and weighted ones (the same twice where there are no weights).
    households : shape (n_groups,), all groups: together they are the country.
    strengths : per group, how far each variable stands out; shape (n_variables,).

    Returns
    -------
    See `household_facts`.
    """
    plain, weighted = sums
    facts = []
    for about, group, strength in zip(abouts, groups, strengths, strict=True):
        rows = _means(variables, weighted, plain, group) + _shares(variables, plain, weighted, group)
        facts.append(_fact(about, float(households[group]), float(households.sum()), rows, variables, strength))
    return facts


def area_facts(found: Segmentation) -> list[Row]:
    """The same of a segmentation of areas, from the published figures of the areas: there is nothing to hide."""
    total = float(found.households.sum())
    facts = []
    for about in _about(found):
        sub = found.codes.index(about["code"])
        households = float(found.households[found.unit_codes == about["code"]].sum())
        rows = []
        for at, variable in enumerate(found.variables):
            inside, everywhere = float(found.mean[sub, at]), float(found.overall[at])
            share = variable.kind != "mean"
            index = 100.0 * inside / everywhere if everywhere else None
            scale = 100.0 if share else 1.0
            row = {"segment": scale * inside, "country": scale * everywhere, "index": index}
            rows.append({**_named(variable, at), **dict.fromkeys(("n", "low", "high")), **row})
        facts.append(_fact(about, households, total, rows, found.variables, found.difference[sub]))
    return facts


def _about(found: Segmentation) -> list[Row]:
    rows = {row["code"]: row for row in found.report["segments"]}
    mains = {each.code: each for each in found.scheme.main}
    return [
        {
            "code": each.code,
            "main": each.main,
            "nl": each.nl,
            "en": each.en,
            "main_nl": mains[each.main].nl,
            "main_en": mains[each.main].en,
            "proposal": each.nl.endswith("(voorstel)"),
            "age": rows[each.code]["age"],
            "wealth": rows[each.code]["wealth"],
        }
        for each in found.scheme.sub
    ]


def _fact(about: Row, n: float, total: float, rows: list[Row], variables: Sequence[Variable], strength: Floats) -> Row:
    for row in rows:
        row["strength"] = round(float(strength[row.pop("at")]), 4)
        row["direction"] = _direction(row)
    rows.sort(key=lambda row: (-abs(row["strength"]), row["name"]))
    facets = {facet: [row for row in rows if row["facet"] == facet] for facet in FACETS}
    return {**about, "households": n, "share": float(measures.share([n, total - n])[0]), "facets": facets}


def _named(variable: Variable, at: int) -> Row:
    said = {key: getattr(variable, key) for key in ("name", "feature", "facet", "kind", "nl", "en")}
    return {**said, "at": at}


def _means(variables: Sequence[Variable], sums: Sums, plain: Sums, group: int) -> list[Row]:
    """Numbers: their mean here and in the country; nothing of fewer than ten households."""
    rows = []
    known, total = sums.known[:, sums.feature], sums.total
    for at, variable in enumerate(variables):
        if variable.kind != "mean" or plain.known[group, sums.feature[at]] < MINIMUM:
            continue
        here = total[group, at] / known[group, at]
        everywhere = total[:, at].sum() / known[:, at].sum()
        index = 100.0 * here / everywhere if everywhere > 0 and here >= 0 else None
        figures = {"segment": float(here), "country": float(everywhere), "index": index}
        n = int(plain.known[group, sums.feature[at]])
        rows.append({**_named(variable, at), **dict.fromkeys(("low", "high")), **figures, "n": n})
    return rows


def _shares(variables: Sequence[Variable], plain: Sums, sums: Sums, group: int) -> list[Row]:
    """Classes and interests: share, index and interval among the households of which it is known."""
    shown = [at for at, each in enumerate(variables) if each.kind not in ("mean", "band")]
    totals: dict[str, tuple[int, int]] = {}
    cells: dict[tuple[str, str], tuple[int, int]] = {}
    for at in shown:
        feature = variables[at].feature
        column = plain.known[:, plain.feature[at]]
        totals[feature] = (round(column[group]), round(column.sum()))
        cells[feature, variables[at].name] = (round(plain.total[group, at]), round(plain.total[:, at].sum()))
    for feature, (n, base) in totals.items():
        # What none of the shown classes holds is a cell too: the households that do not have an interest.
        part = [cell for (of, _), cell in cells.items() if of == feature]
        rest = (n - sum(one for one, _ in part), base - sum(all_of for _, all_of in part))
        if rest[1] > 0:
            cells[feature, ""] = rest
    hidden = hidden_cells(totals, cells)
    rows = []
    for at in shown:
        variable = variables[at]
        n, base = cells[variable.feature, variable.name]
        known, known_base = totals[variable.feature]
        row = {**_named(variable, at), "n": None, **dict.fromkeys(("segment", "country", "index", "low", "high"))}
        if (variable.feature, variable.name) not in hidden and known_base > 0 and base > 0:
            figures = figures_among_known([n], [base], known, known_base, LIMITS).iloc[0]
            row |= {"n": n, "low": float(figures["index_low"]), "high": float(figures["index_high"])}
            row |= _weighted(sums, at, group)
        rows.append(row)
    return rows


def _weighted(sums: Sums, at: int, group: int) -> Row:
    known = sums.known[:, sums.feature[at]]
    here, everywhere = 100.0 * sums.total[group, at] / known[group], 100.0 * sums.total[:, at].sum() / known.sum()
    return {"segment": float(here), "country": float(everywhere), "index": float(100.0 * here / everywhere)}


def _direction(row: Row) -> str:
    if row["index"] is None:
        return "average"
    low, high = (row["index"] if row[key] is None else row[key] for key in ("low", "high"))
    found = measures.map_class([row["index"]], [low], [high], LIMITS)[0]
    return str(found)


def as_table(facts: Sequence[Row]) -> pd.DataFrame:
    """All rows of all sheets as one table: code, facet, name, segment, country, index, low, high, n."""
    columns = ("facet", "name", "nl", "en", "kind", "segment", "country", "index", "low", "high", "n", "strength")
    rows = [
        {"code": fact["code"], **{key: row[key] for key in columns}}
        for fact in facts
        for facet in fact["facets"].values()
        for row in facet
    ]
    return pd.DataFrame(rows, columns=["code", *columns])
