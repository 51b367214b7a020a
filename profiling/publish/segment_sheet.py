"""The fact sheets of a population's own segments, such as those of a vendor: its features per sub segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.errors import SchemaError
from profiling.population.checks import segment_scheme
from profiling.population.scheme import SegmentScheme
from profiling.population.store import HouseholdStore
from profiling.publish.published import Published
from profiling.publish.segment_facts import Row, counted_facts
from profiling.segmentation.aggregate import Sums, add_up
from profiling.segmentation.config import HouseholdSource
from profiling.segmentation.encoding import learn_codes


def segment_sheets(
    store: HouseholdStore, published: Sequence[Published] = (), *, facets: Mapping[str, Sequence[str]] | None = None
) -> list[Row]:
    """Facts of every sub segment of the population, counted over all households in one pass.

    Parameters
    ----------
    published : profiles whose figures stand on each sheet.
    facets : facet → groups of hard features and channels of soft ones, beside the usual ones.

    Returns
    -------
    As `segment_facts.household_facts`, in the order of the scheme, without axes; with `profiles`: names, n,
    penetration, index, low and high, all None where hidden. A segment without households is left out. Strength is
    in standard deviations between the segments.

    Raises
    ------
    SchemaError
        When the population has no segments.
    """
    scheme = segment_scheme(store)
    if scheme is None:
        raise SchemaError("this population has no segments", where=store.population.path, hint="name them: [segments]")
    codes = learn_codes(store, HouseholdSource(population=store.population.config.name), facets or {})
    variables = [variable for code in codes for variable in code.variables]
    order = pa.array([each.code for each in scheme.sub])
    n_groups = len(order) + 1

    def group_of(batch: pa.RecordBatch) -> NDArray[np.int64]:
        # Households of an unknown segment are part of the country: the last group.
        found = pc.fill_null(pc.index_in(batch.column("segment"), value_set=order), len(order))
        return np.asarray(found, dtype=np.int64)

    def counted(weighted: bool) -> Sums:
        return add_up(store, codes, n_groups, group_of, ("segment",), "describing segments", weighted)

    plain = counted(False)
    sums = counted(True) if "weight" in store.columns else plain
    households = np.zeros(n_groups)
    for batch in store.batches(["segment"]):
        households += np.bincount(group_of(batch), minlength=n_groups)
    groups = [place for place in range(len(order)) if households[place]]
    rows = _profiles(published)
    abouts = [{**_about(scheme, place), "profiles": rows.get(scheme.sub[place].code, [])} for place in groups]
    strengths = _strengths(sums, households)
    return counted_facts(abouts, groups, variables, (plain, sums), households, [strengths[each] for each in groups])


def _strengths(sums: Sums, households: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far every variable of every group lies from the country, in standard deviations between groups."""
    known = sums.known[:, sums.feature].sum(axis=0)
    everywhere = np.divide(sums.total.sum(axis=0), known, out=np.zeros(sums.total.shape[1]), where=known > 0)
    away = np.nan_to_num(sums.means - everywhere)
    spread = np.sqrt((households[:, None] * away**2).sum(axis=0) / households.sum())
    strength: NDArray[np.float64] = np.divide(away, spread, out=np.zeros_like(away), where=spread > 0)
    return strength


def _about(scheme: SegmentScheme, place: int) -> Row:
    segment = scheme.sub[place]
    main = next(each for each in scheme.main if each.code == segment.main)
    return {
        "code": segment.code,
        "main": segment.main,
        "nl": segment.nl,
        "en": segment.en or segment.nl,
        "main_nl": main.nl,
        "main_en": main.en or main.nl,
        "proposal": False,
        "age": None,
        "wealth": None,
    }


def _profiles(published: Sequence[Published]) -> dict[str, list[Row]]:
    """Segment code → figures of every profile there, as its bundle shows them."""
    rows: dict[str, list[Row]] = {}
    for each in published:
        path = each.folder / "segments_sub.parquet"
        if not path.is_file():
            continue
        for row in pd.read_parquet(path).to_dict("records"):
            said: Row = {"nl": each.title("nl"), "en": each.title("en")}
            hidden = bool(row["suppressed"])
            figures = {
                "n": None if hidden else int(row["n_profile"]),
                "penetration": None if hidden else float(row["penetration"]),
                "index": None if hidden else float(row["index"]),
                "low": None if hidden else float(row["index_low"]),
                "high": None if hidden else float(row["index_high"]),
            }
            rows.setdefault(str(row["code"]), []).append({**said, **figures})
    return rows
