"""Add up the variables of households per group, streaming: per section to be segmented, per segment to be described."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from profiling.population.store import HouseholdStore
from profiling.segmentation.agreement import weight_of
from profiling.segmentation.encoding import FeatureCode
from profiling.segmentation.sections import Sections
from profiling.segmentation.units import Units, write_table

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sums:
    """What was added up of some features.

    Parameters
    ----------
    total : float array of shape (n_groups, n_variables), weighted sums over households where the feature is known.
    known : float array of shape (n_groups, n_features), weighted households of which it is known.
    feature : int array of shape (n_variables,), the feature of each variable.
    square : float array of shape (n_variables,), weighted sum of squares over all groups.
    """

    total: Floats
    known: Floats
    feature: NDArray[np.int64]
    square: Floats

    @property
    def means(self) -> Floats:
        """Mean (or share) per group and variable; nan where nothing is known."""
        known = self.known[:, self.feature]
        out = np.full(self.total.shape, np.nan)
        np.divide(self.total, known, out=out, where=known > 0)
        return out

    @property
    def reliability(self) -> Floats:
        """Part of the variance between groups that is no chance of who happens to live there; shape (n_variables,).

        1 − (variance within ÷ mean number of households) ÷ variance between the means of groups, from 0 to 1: the
        intraclass reliability of a group mean (Snijders & Bosker 2012, "Multilevel analysis", section 3.5).
        """
        known = self.known[:, self.feature]
        inside = np.maximum(self.square - np.nansum(np.where(known > 0, self.means * self.total, 0.0), axis=0), 0.0)
        groups, total = (known > 0).sum(axis=0), known.sum(axis=0)
        within = inside / np.maximum(total - groups, 1.0)
        middle = self.total.sum(axis=0) / np.maximum(total, 1e-12)
        spread = np.nansum(known * (self.means - middle) ** 2, axis=0) / np.maximum(total, 1e-12)
        chance = within * groups / np.maximum(total, 1e-12)
        out = np.zeros(len(self.feature))
        np.divide(spread - chance, spread, out=out, where=spread > 0)
        return np.clip(out, 0.0, 1.0)


def add_up(
    store: HouseholdStore,
    codes: Sequence[FeatureCode],
    n_groups: int,
    group_of: Callable[[pa.RecordBatch], NDArray[np.int64]],
    words: Sequence[str],
    text: str = "",
    weighted: bool = True,
) -> Sums:
    """Sum every variable over the households of each group, in one pass.

    Parameters
    ----------
    group_of : the group of each household of a batch that holds `words`; -1 for none.
    """
    feature = np.repeat(np.arange(len(codes)), [len(code.variables) for code in codes])
    sums = Sums(np.zeros((n_groups, len(feature))), np.zeros((n_groups, len(codes))), feature, np.zeros(len(feature)))
    weight = ["weight"] if weighted and "weight" in store.columns else []
    wanted = list(dict.fromkeys((*words, *weight, *(code.feature for code in codes))))
    for batch in store.batches(wanted, text=text):
        group = group_of(batch)
        inside = np.flatnonzero(group >= 0)
        if not len(inside):
            continue
        here, local = np.unique(group[inside], return_inverse=True)
        weights = batch.column("weight").to_numpy(zero_copy_only=False)[inside] if weight else np.ones(len(inside))
        gather = csr_array((weights, (local, np.arange(len(inside)))), shape=(len(here), len(inside)))
        values = np.column_stack([code.encode(batch.column(code.feature)) for code in codes])[inside]
        first = np.unique(feature, return_index=True)[1]
        sums.known[here] += gather @ (~np.isnan(values[:, first])).astype(np.float64)
        filled = np.nan_to_num(values, copy=False).astype(np.float64)
        sums.total[here] += gather @ filled
        sums.square[:] += weights @ filled**2
    return sums


def aggregate_sections(
    folder: Path, sections: Sections, store: HouseholdStore, codes: Sequence[FeatureCode], *, block: int
) -> None:
    """Write the units of a population's sections into an open folder artefact.

    The households are gone through once for every `block` variables, so that memory holds n_sections × block numbers
    however many variables there are.
    """
    variables = [variable for code in codes for variable in code.variables]
    households = _weights(sections, store)
    shape = (len(sections), len(variables))
    matrix = np.lib.format.open_memmap(folder / "matrix.npy", mode="w+", dtype=np.float32, shape=shape)
    start = 0
    for part in blocks(codes, block):
        n = sum(len(code.variables) for code in part)
        text = f"adding up variables {start + 1:,} to {start + n:,}"
        sums = add_up(store, part, len(sections), sections.of, sections.words, text)
        matrix[:, start : start + n] = sums.means
        for at, reliability in enumerate(sums.reliability.tolist(), start=start):
            variables[at] = replace(variables[at], weight=round(variables[at].weight * reliability, 6))
        start += n
    matrix.flush()
    ids = np.asarray(sections.ids.to_pylist(), dtype=np.str_)
    write_table(folder, Units(ids, households, sections.regions, tuple(variables), matrix))


def blocks(codes: Sequence[FeatureCode], size: int) -> Iterator[list[FeatureCode]]:
    """Features in groups of about `size` variables; one feature is never split."""
    part: list[FeatureCode] = []
    for code in codes:
        if part and sum(len(each.variables) for each in (*part, code)) > size:
            yield part
            part = []
        part.append(code)
    if part:
        yield part


def _weights(sections: Sections, store: HouseholdStore) -> Floats:
    if "weight" not in store.columns:
        return sections.households.astype(np.float64)
    total = np.zeros(len(sections))
    for batch in store.batches(["weight", *sections.words], text="adding up weights"):
        section = sections.of(batch)
        inside = section >= 0
        weight = batch.column("weight").to_numpy(zero_copy_only=False)[inside]
        total += weight_of(section[inside], weight, len(sections))
    return total
