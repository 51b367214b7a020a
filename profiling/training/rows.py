"""The rows that a frame is made of: who is drawn, what is known of them, and the contrast that weighs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.errors import TrainingError
from profiling.features.encoder import Encoder, choose_features, fit_encoder
from profiling.models.spec import EstimatorContext
from profiling.plugs import choose
from profiling.population.store import HouseholdStore
from profiling.reference.group import EVIDENCE, ReferenceGroup
from profiling.training import contrasts
from profiling.training.catchment import UNKNOWN, Catchment, catchment_of
from profiling.training.contrast import Contrast, Draft
from profiling.training.frame import TrainingFrame
from profiling.training.member_rates import membership_from_counts
from profiling.training.sample import draw_sample, looked_up, rows_at
from profiling.training.settings import THREADS, TrainingSettings


@dataclass(frozen=True)
class Rows:
    """The rows of a frame before a contrast has weighed them; several contrasts can share them.

    `table` has the columns household_id, block and the features, in the order of the keys of the households.
    """

    table: pa.Table
    encoder: Encoder
    catchment: Catchment
    draft: Draft

    def weighed(self, contrast: str, inputs: Mapping[str, Any]) -> TrainingFrame:
        """The frame that a contrast makes of these rows."""
        plug: Contrast = choose(contrasts, "CONTRAST", contrast)
        weighed = plug.weigh(self.draft)
        names = self.table.column_names
        columns = {
            "household_id": self.table.column("household_id"),
            "positive": pa.array(self.draft.positive),
            "base": pa.array(self.draft.base),
            "member": _flags(self.draft.member, len(self.draft.base)),
            "drawn": _flags(self.draft.drawn if self.draft.member is not None else None, len(self.draft.base)),
            "weight": pa.array(weighed.weight),
            "measure_weight": pa.array(weighed.measure),
        }
        return TrainingFrame(
            pa.table({**columns, **{name: self.table.column(name) for name in names if name not in columns}}),
            self.encoder,
            self.catchment,
            dict(inputs),
            {"kind": weighed.kind, "asked": plug.name, "why": dict(weighed.why), **weighed.figures},
            weighed.dirt,
            weighed.membership,
        )


def build_training_frame(
    group: ReferenceGroup, store: HouseholdStore, settings: TrainingSettings, *, seed: int, inputs: Mapping[str, Any]
) -> TrainingFrame:
    """`draw_rows`, weighed by the contrast of the settings.

    Raises
    ------
    TrainingError
        As `draw_rows`.
    """
    return draw_rows(group, store, settings, seed=seed).weighed(settings.contrast, inputs)


def draw_rows(group: ReferenceGroup, store: HouseholdStore, settings: TrainingSettings, *, seed: int) -> Rows:
    """Sample the unlabelled, as the settings' contrast needs them, and look up the features of both.

    The unlabelled come from the areas that the group's source covers (see `catchment`). The sample goes by a hash of
    the household key, so it does not depend on the order of rows.

    Raises
    ------
    TrainingError
        When households of the group are not in this population, or nothing is left to contrast with.
    """
    chosen = choose_features(store.population.config, settings.features)
    words = [name for name, _family in chosen]
    block = settings.block if settings.block in store.columns else None
    if block is None:
        raise TrainingError(
            f"the population has no {settings.block}",
            where=store.population.path,
            hint=f"set [training] block to one of: {', '.join(store.levels) or 'none: add [areas] to the population'}",
        )
    plug: Contrast = choose(contrasts, "CONTRAST", settings.contrast)
    counts = group.member_counts if plug.counts and group.members is None else None
    if plug.members == "must" and group.members is None and counts is None:
        raise TrainingError(
            f"the contrast '{plug.name}' needs a list of members, and this group has none",
            where=group.name,
            hint="set [training] contrast = 'population' or 'auto', or use a source that lists its borrowers"
            + "; counts of members do as well: add [members] to its configuration" * plug.counts,
        )
    catchment = catchment_of(group, store, block, everywhere=settings.catchment == "everywhere")
    members = group.members if plug.members != "never" else None
    sample = draw_sample(group, members, store, block, catchment.areas, settings.background, seed)
    rows = rows_at(store, ["household_id", block, *words], sample.positions)
    keys = rows.column("household_id")
    drawn = {
        "positive": pa.array(sample.positive),
        "base": pa.array(sample.base),
        "drawn": pa.array(sample.drawn),
        "member": pa.array(sample.member),
        "weight": pc.fill_null(looked_up(group.households, "weight", keys), 1.0),
        "block": pc.fill_null(rows.column(block), UNKNOWN),
    }
    features = {word: rows.column(word) for word in words}
    table = pa.table({"household_id": keys, **drawn, **features})
    # In the order of keys: what a model draws and learns then does not depend on the order of the household file.
    table = table.sort_by("household_id").combine_chunks()
    encoder = fit_encoder(table, store.population.config, settings.features)
    draft = _draft(table, encoder, group, members, catchment, seed)
    if counts is not None:
        draft = replace(draft, counted=membership_from_counts(counts, store, encoder, draft, settings))
    return Rows(table.select(["household_id", "block", *words]), encoder, catchment, draft)


def _draft(
    table: pa.Table,
    encoder: Encoder,
    group: ReferenceGroup,
    members: pa.Table | None,
    catchment: Catchment,
    seed: int,
) -> Draft:
    """What a contrast may know of the rows."""
    keys = table.column("household_id")
    evidence = {}
    for name in EVIDENCE:
        if members is not None and name in group.households.column_names:
            tables = [each for each in (group.households, members) if name in each.column_names]
            sides = [pc.cast(looked_up(each, name, keys), pa.float64()) for each in tables]
            evidence[name] = np.asarray(pc.coalesce(*sides), dtype=np.float64)
    flags = {name: np.asarray(table.column(name), dtype=bool) for name in ("positive", "base", "member", "drawn")}
    return Draft(
        X=encoder.matrix(table),
        context=EstimatorContext(
            len(encoder.names), encoder.names, encoder.categorical, encoder.segment, seed=seed, threads=THREADS
        ),
        positive=flags["positive"],
        base=flags["base"],
        member=flags["member"] if members is not None else None,
        drawn=flags["drawn"],
        weight=np.asarray(table.column("weight"), dtype=np.float64),
        blocks=np.asarray(table.column("block").to_pylist(), dtype=object),
        base_rate=float(flags["base"].sum() / (catchment.n_households - flags["positive"].sum())),
        evidence=evidence,
    )


def _flags(flags: NDArray[np.bool_] | None, n: int) -> pa.Array:
    """A column of yes and no; nulls where nothing is known."""
    return pa.nulls(n, pa.bool_()) if flags is None else pa.array(flags)
