"""A comparison of candidate reference groups: judged on the same held-out areas, and written as one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import library_versions, write_json, write_text, writing_folder
from profiling.edition import Finished
from profiling.errors import ConfigError
from profiling.evaluation.capture import capture_estimate
from profiling.evaluation.external import compare_external
from profiling.evaluation.figures import Figures
from profiling.evaluation.overlap import cross_capture, group_overlap
from profiling.population.checks import area_names, segment_scheme
from profiling.population.store import HouseholdStore
from profiling.profiles.config import ProfileConfig
from profiling.progress import track
from profiling.publish import compare as side_by_side
from profiling.publish.cells import UNKNOWN
from profiling.publish.compare_advice import advise
from profiling.publish.compare_card import candidate_part, comparison_part, plain_rows, titles_apart
from profiling.publish.tables import area_tables, segment_tables
from profiling.reporting.compare_page import compare_page
from profiling.reporting.html import render
from profiling.training.frame import TrainingFrame
from profiling.training.held_out import Candidate, HeldOut, Judged, draw_judged, score_held_out
from profiling.vocabulary import LANGUAGES

CHECKED = ("member-effect", "class-size")
DEPTHS = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.70, 1.0)

Floats = NDArray[np.float64]
Frames = Mapping[str, TrainingFrame]
Done = Mapping[str, Finished]


@dataclass(frozen=True)
class Comparison:
    """Candidate reference groups side by side: everything that the report says, and the tables behind it."""

    said: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    inputs: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.names)}) · next: comparison.save(folder)"

    @property
    def names(self) -> tuple[str, ...]:
        """The candidates, in the order they were given."""
        return tuple(each["name"] for each in self.said["candidates"])

    def save(self, folder: Path) -> Path:
        """Write compare.json, the tables (Parquet and CSV) and the page in both languages; all of it or nothing.

        Raises
        ------
        ArtefactError
            When the disk is full or the folder cannot be written.
        """
        with writing_folder(folder, {"kind": "comparison", **self.inputs}) as aside:
            write_json(aside / "compare.json", self.said)
            for name, table in self.tables.items():
                pq.write_table(pa.Table.from_pandas(table, preserve_index=False), aside / f"{name}.parquet")
                write_text(aside / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
            for language in LANGUAGES:
                write_text(aside / f"compare.{language}.html", render(compare_page(self.said, language=language)))
        return folder


def comparison_inputs(finished: Sequence[Finished], external: Figures | None = None) -> dict[str, Any]:
    """What a comparison depends on: a folder whose manifest says the same need not be made again."""
    return {
        "population": finished[0].store.fingerprint,
        "candidates": {each.config.name: each.profile.version for each in finished},
        "settings": {each.config.name: each.config.identity() for each in finished},
        "external": None if external is None else plain_rows(external.table.to_pandas()),
        "versions": library_versions(),
    }


def compare(
    finished: Sequence[Finished],
    frames: Sequence[TrainingFrame],
    *,
    external: Figures | None = None,
    checked: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> Comparison:
    """Hold candidate reference groups side by side, on one population.

    Every candidate's estimator is trained again without an area and judged there on every group: its own and the
    others. Depth, folds, area level, replicates and seed are those of the first candidate.

    Parameters
    ----------
    frames : the training frames, in the order of `finished`.
    external : outside figures per area, to hold every profile against.
    checked : candidate → what `CHECKED` say of it, from `checks.check.inspect`.

    Raises
    ------
    MeasureError
        When there are fewer than two candidates, two have one name, or too few areas match the outside figures.
    ConfigError
        When the candidates are not of one population, or hold out areas of different levels.
    TrainingError
        When a candidate's group lives in so few areas that nothing is left to train on.
    """
    check_candidates(finished)
    done = {each.config.name: each for each in finished}
    frame_of = dict(zip(done, frames, strict=True))
    training, seed = finished[0].config.training, finished[0].config.seed
    minimum = max(each.config.publish.minimum_cell for each in finished)
    groups = {name: each.group for name, each in done.items()}
    sample = draw_judged(finished[0].store, groups, frame_of, training.block, seed=seed)
    asked = {
        name: Candidate(frame_of[name], each.model.spec, each.config.training.params, each.config.seed)
        for name, each in done.items()
    }
    held_out = score_held_out(asked, sample.table, sample.block, training.folds, seed)
    cross, gains = _captures(sample, held_out, frame_of, done, minimum)
    mixes, distances = _segments(done, frame_of, sample, minimum)
    inside = {name: each.scores.column("rank") <= each.profile.last_rank for name, each in done.items()}
    ids = {name: group.households.column("household_id").to_pylist() for name, group in groups.items()}
    shared = side_by_side.hide_small_overlaps(group_overlap(ids).to_pandas(), minimum)
    level, areas = _areas(done)
    tables = {
        "funnel": side_by_side.funnel_table(groups),
        "overlap_groups": shared.merge(distances["group"], on=["left", "right"], how="left"),
        "overlap_profiles": side_by_side.profile_overlap(inside, minimum).merge(
            distances["profile"], on=["left", "right"], how="left"
        ),
        "cross_capture": cross,
        "gains": gains,
        "segments": mixes,
        "areas": areas,
    }
    if external is not None:
        tables["external"] = _external(done, external, training.replicates, seed)
    pairs = plain_rows(cross)
    own = {row["group"]: row for row in pairs if row["model"] == row["group"]}
    outside = {row["candidate"]: row for row in plain_rows(tables["external"])} if external is not None else {}
    candidates = titles_apart(
        candidate_part(
            each.config,
            each.group,
            frame_of[name],
            {**each.model.measures, **_checked((checked or {}).get(name, ()))},
            each.profile,
            own[name],
            outside.get(name),
        )
        for name, each in done.items()
    )
    said = comparison_part(
        finished[0].store.population.config,
        finished[0].store.n_households,
        training,
        candidates,
        tables,
        advise(candidates, pairs, 100.0 * training.depth),
        minimum=minimum,
        area_level=level,
        external=None if external is None else external.where.name,
    )
    return Comparison(said, tables, comparison_inputs(finished, external))


def _checked(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The findings of `CHECKED` in the words of `candidate_part`, where they were measured."""
    found = {each["check"]: each for each in findings if each["status"] != "unknown"}
    said = {}
    if "member-effect" in found:
        said["member_effect"] = {key: found["member-effect"][key] for key in ("value", "interval")}
    if "class-size" in found:
        # Parts of the base there; percentages in a finding.
        said["class_prior"] = {"bracket": [end / 100.0 for end in found["class-size"]["interval"]]}
    return said


class Asked(Protocol):
    """A candidate before its first step, or after its last."""

    @property
    def config(self) -> ProfileConfig:
        """How it is made."""

    @property
    def store(self) -> HouseholdStore:
        """The households."""


def check_candidates(finished: Sequence[Asked]) -> None:
    """Refuse candidates that cannot be compared, before anything is trained. Raises as `compare`."""
    side_by_side.check_names([each.config.name for each in finished])
    first, faults = finished[0], []
    for each in finished[1:]:
        name, level, other = each.config.name, each.config.training.block, first.config.training.block
        if each.store.fingerprint != first.store.fingerprint:
            faults.append(f"'{name}' is made on another population than '{first.config.name}'")
        if level != other:
            faults.append(f"'{name}' holds out areas of level {level}, '{first.config.name}' of level {other}")
    if faults:
        raise ConfigError(
            "the candidates cannot be compared",
            where="compare",
            faults=faults,
            hint="give all profile configurations the same population and the same [training] block",
        )


def _captures(
    sample: Judged, held_out: HeldOut, frame_of: Frames, done: Done, minimum: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every model on every group, and the gains of every model on its own group.

    A group is looked for among the households of the areas that its own source covers: elsewhere its households are
    not known, so that a model would be blamed for finding them there.
    """
    training, seed = next(iter(done.values())).config.training, next(iter(done.values())).config.seed
    shared: dict[str, Any] = {"replicates": training.replicates, "seed": seed}
    crossed, gains = [], []
    for group, frame in track(frame_of.items(), "looking for groups"):
        near = np.isin(sample.block, np.array(frame.catchment.areas, dtype=object))
        member, base = sample.member[group] & near, sample.in_base & near & ~sample.member[group]
        places = {model: held_out.percentiles(model, base) for model in done}
        rows = (member | base) & np.logical_and.reduce([np.isfinite(each) for each in places.values()])
        where: dict[str, Any] = {"areas": sample.block[rows], "base": base[rows], "weight": sample.weight[group][rows]}
        scores = {model: place[rows] for model, place in places.items()}
        found = cross_capture(scores, {group: member[rows]}, training.depth, **where, **shared)
        crossed.append(found.to_pandas())
        for depth in DEPTHS:
            at = capture_estimate(scores[group], member[rows], depth, **where, **shared)
            gains.append((group, *(100.0 * each for each in (depth, at.value, at.low, at.high))))
    pairs = side_by_side.cross_table(pd.concat(crossed, ignore_index=True), training.depth, minimum)
    return pairs, pd.DataFrame(gains, columns=["candidate", "depth", "capture", "low", "high"])


def _segments(
    done: Done, frame_of: Frames, sample: Judged, minimum: int
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Sub segments of groups and profiles, and how far these mixes lie apart."""
    first = next(iter(done.values()))
    scheme, level = segment_scheme(first.store), first.config.training.block
    if scheme is None:
        nothing = side_by_side.mix_distances({})
        return side_by_side.no_mix(), {"group": nothing, "profile": nothing}
    cells = first.cells
    segment = np.array(pc.fill_null(sample.table.column("segment"), UNKNOWN).to_pylist(), dtype=object)
    codes = sorted(set(cells["segment"]))
    rows: list[pd.DataFrame] = []
    mixes: dict[str, dict[str, Floats]] = {"group": {}, "profile": {}}
    for name, each in done.items():
        covered = frame_of[name].catchment.areas
        mine = sample.member[name] & np.isin(sample.block, np.array(covered, dtype=object))
        weight = (
            pd.Series(sample.weight[name][mine]).groupby(segment[mine]).agg(["size", "sum"]).reindex(codes).fillna(0)
        )
        base = cells[cells[level].isin(covered)].groupby("segment")["n_base"].sum().reindex(codes).fillna(0)
        counts = pd.DataFrame({"code": codes, "n_profile": weight["size"].to_numpy(), "n_base": base.to_numpy()})
        counts = counts.astype({"n_profile": "int64", "n_base": "int64"})
        mixes["group"][name] = weight["sum"].to_numpy(dtype=np.float64)
        rows.append(side_by_side.segment_mix(name, counts[counts["n_base"] > 0], scheme, minimum))
        profile = each.cells.groupby("segment")["profile"].sum()
        mixes["profile"][name] = profile.reindex(codes).fillna(0).to_numpy(dtype=np.float64)
        published = segment_tables(each.cells, scheme, each.config.publish)
        rows.append(side_by_side.profile_mix(name, published["segments_sub"]))
    return pd.concat(rows, ignore_index=True), {of: side_by_side.mix_distances(mix) for of, mix in mixes.items()}


def _areas(done: Done) -> tuple[str | None, pd.DataFrame]:
    """The areas that profiles disagree on, from the tables of their publications."""
    published = {}
    level = None
    for name, each in done.items():
        chosen = each.config.publish.levels
        levels = [one for one in each.store.levels if not chosen or one in chosen]
        level = level or next((one for one in ("gemeente", "provincie", "wijk", "buurt") if one in levels), None)
        if level in levels:
            names = area_names(each.store)
            published[name] = area_tables(each.cells, levels, names, each.config.publish)
    tables = {name: each[f"areas_{level}"] for name, each in published.items()}
    return level, side_by_side.disagreement(tables)


def _external(done: Done, figures: Figures, replicates: int, seed: int) -> pd.DataFrame:
    """Every profile against the outside figures."""
    rows = []
    for name, each in done.items():
        areas = each.store.population.config.areas
        cells = each.cells.groupby(figures.level, as_index=False)[["base", "profile"]].sum()
        table = pa.table(
            {"area": cells[figures.level], "households": cells["base"], "profile": cells["profile"]},
        )
        found = compare_external(figures, table, areas.year if areas else None, replicates=replicates, seed=seed)
        rows.append(side_by_side.external_row(name, found))
    return pd.DataFrame(rows)
