"""The training frame: the reference group and a sample of unlabelled households, with their features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import read_manifest, writing_folder
from profiling.errors import ArtefactError, TrainingError
from profiling.features.encoder import Encoder, choose_features, fit_encoder
from profiling.models.spec import EstimatorContext
from profiling.plugs import choose
from profiling.population.store import HouseholdStore
from profiling.reference.group import EVIDENCE, ReferenceGroup
from profiling.training import contrasts
from profiling.training.catchment import UNKNOWN, Catchment, catchment_of
from profiling.training.contrast import Contrast, Draft
from profiling.training.member_rates import membership_from_counts
from profiling.training.membership import Membership, load_membership
from profiling.training.sample import draw_sample, looked_up, rows_at
from profiling.training.settings import TrainingSettings

__all__ = ["UNKNOWN", "TrainingFrame", "build_training_frame", "load_training_frame"]
THREADS = 2


@dataclass(frozen=True)
class TrainingFrame:
    """Reference households (positive) and unlabelled households, in the order of their keys.

    `table` has the columns household_id, positive, base (bool), member, drawn (bool; null where the contrast uses no
    member list), weight, measure_weight (float64), block (text), and the features as they are stored. The unlabelled
    are not negatives: a simple random sample of all other households (the base), and other members (drawn) where the
    contrast is with them. `contrast` says which was made and why, `dirt` what part
    of the group seems to borrow for others.
    """

    table: pa.Table
    encoder: Encoder
    catchment: Catchment
    inputs: Mapping[str, Any]
    contrast: Mapping[str, Any] = field(default_factory=dict)
    dirt: Mapping[str, Any] | None = None
    membership: Membership | None = None

    def __repr__(self) -> str:
        return f"TrainingFrame({self.n_positive:,} + {self.n_unlabelled:,} households) · next: train(frame, settings)"

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which rows are reference households, shape (n,)."""
        return np.asarray(self.table.column("positive"), dtype=bool)

    @property
    def weight(self) -> NDArray[np.float64]:
        """Weight of each row in the fit, shape (n,); 0 for rows of the base that the contrast leaves out."""
        return np.asarray(self.table.column("weight"), dtype=np.float64)

    @property
    def measure_weight(self) -> NDArray[np.float64]:
        """Weight of each row in capture and lift, shape (n,); 1 for the base."""
        return np.asarray(self.table.column("measure_weight"), dtype=np.float64)

    @property
    def base(self) -> NDArray[np.bool_]:
        """Which rows are the random sample of other households that rankings are measured against, shape (n,)."""
        return np.asarray(self.table.column("base"), dtype=bool)

    @property
    def member(self) -> NDArray[np.bool_] | None:
        """Which rows have a borrower, shape (n,); None where the contrast uses no member list."""
        return self._flag("member")

    @property
    def drawn(self) -> NDArray[np.bool_] | None:
        """Which rows are the random sample of other members, shape (n,); they may stand in the base as well."""
        return self._flag("drawn")

    def _flag(self, name: str) -> NDArray[np.bool_] | None:
        column = self.table.column(name)
        return None if column.null_count else np.asarray(column, dtype=bool)

    @property
    def fitted_on(self) -> NDArray[np.bool_]:
        """Rows that count in the fit, shape (n,)."""
        return self.weight > 0

    @property
    def contrasted(self) -> NDArray[np.bool_]:
        """The unlabelled rows that the group is contrasted with, shape (n,)."""
        return ~self.positive & self.fitted_on

    @property
    def blocks(self) -> NDArray[np.object_]:
        """Area of each row, which cross-validation keeps whole, shape (n,)."""
        return np.asarray(self.table.column("block").to_pylist(), dtype=object)

    @property
    def n_positive(self) -> int:
        """Reference households."""
        return int(self.positive.sum())

    @property
    def n_unlabelled(self) -> int:
        """The households that the group is contrasted with."""
        return int(self.contrasted.sum())

    def matrix(self) -> NDArray[np.float64]:
        """Model inputs of shape (n, n_features)."""
        return self.encoder.matrix(self.table)

    def save(self, folder: Path) -> None:
        """Write the frame as a folder artefact."""
        manifest = {
            "kind": "training-frame",
            "inputs": self.inputs,
            "encoder": self.encoder.to_dict(),
            "catchment": asdict(self.catchment),
            "contrast": self.contrast,
            "dirt": self.dirt,
        }
        with writing_folder(folder, manifest) as aside:
            pq.write_table(self.table, aside / "frame.parquet")
            if self.membership is not None:
                self.membership.save(aside / "membership", self.encoder)


def load_training_frame(folder: Path) -> TrainingFrame:
    """Read a saved frame.

    Raises
    ------
    ArtefactError
        When the folder is incomplete, damaged, or of an earlier version.
    """
    manifest = read_manifest(folder)
    table = pq.read_table(folder / "frame.parquet")
    if "contrast" not in manifest or not {"base", "member"} <= set(table.column_names):
        raise ArtefactError(
            "was made by an earlier version: it does not say which households are the base, and which are members",
            where=folder,
            hint="delete the folder and run the step again",
        )
    said = manifest["catchment"]
    catchment = Catchment(tuple(said["areas"]), said["n_households"], said["n_outside"])
    saved = folder / "membership"
    return TrainingFrame(
        table,
        Encoder.from_dict(manifest["encoder"]),
        catchment,
        manifest["inputs"],
        manifest["contrast"],
        manifest["dirt"],
        load_membership(saved)[0] if saved.is_dir() else None,
    )


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
