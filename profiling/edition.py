"""An edition of a profile: its sketch, and the bundle with every document, put together from the finished steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.artefacts import library_versions
from profiling.engines.engine import Engine
from profiling.engines.local import LOCAL
from profiling.features.soft import InterestCounts, soft_columns, soft_matrix
from profiling.population.checks import area_names, segment_scheme
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.profiles.config import ProfileConfig
from profiling.profiles.profile import Profile
from profiling.profiles.shown import Shown, protect
from profiling.profiles.shown_tables import to_tables
from profiling.publish.algorithm_register import algorithm_record
from profiling.publish.bundle import Bundle, write_bundle
from profiling.publish.card import report_card
from profiling.publish.cells import count_cells
from profiling.publish.figures import over_represented
from profiling.publish.sketch import About, Sketch, make_sketch
from profiling.publish.tables import area_tables, mark_unseen, only_shown, segment_tables
from profiling.publish.traits import summarise_traits
from profiling.reference.group import ReferenceGroup
from profiling.reporting.dpia import dpia
from profiling.reporting.html import render
from profiling.reporting.model_card import model_card
from profiling.reporting.polygons import Polygons, read_polygons
from profiling.reporting.profile_page import profile_page
from profiling.reporting.sketch_page import sketch_page
from profiling.scoring.score import Scores
from profiling.training.drivers import drivers
from profiling.training.explain import signed_effects
from profiling.training.model import Model
from profiling.vocabulary import LANGUAGES

SAMPLE = 40_000
REGISTER = "algorithm_register.json"


@dataclass(frozen=True)
class Finished:
    """The steps that an edition is made of."""

    config: ProfileConfig
    store: HouseholdStore
    group: ReferenceGroup
    model: Model
    scores: Scores
    profile: Profile
    engine: Engine = LOCAL

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Households per smallest area and segment, counted once: every table of areas and segments is made of it."""
        by = [word for word in self.store.descriptive if word != "weight"]
        return count_cells(self.scores.file, self.profile.last_rank, by, engine=self.engine)

    @cached_property
    def shown(self) -> Shown:
        """What may be known per area and segment: the table that every answer about this version is computed from."""
        scheme = segment_scheme(self.store)
        main_of = None if scheme is None else scheme.main_of()
        return protect(self.cells, self.store.levels, main_of, minimum=self.config.publish.minimum_cell)


@dataclass(frozen=True)
class _Sample:
    """Households drawn by hash, with soft and hard features: the base at random, and more members beside it."""

    table: pa.Table
    member: NDArray[np.bool_]
    in_base: NDArray[np.bool_]
    counts: InterestCounts


def segment_rows(done: Finished) -> pd.DataFrame:
    """The over-represented sub segments in the words of the sketch; none where there are no segments."""
    scheme = segment_scheme(done.store)
    columns = ["code", "nl", "en", "n", "penetration", "share", "index", "index_low", "index_high"]
    if scheme is None:
        return pd.DataFrame(columns=columns)
    settings = done.config.publish
    table = only_shown(segment_tables(done.cells, scheme, settings), done.shown)["segments_sub"]
    shown = over_represented(table[~table["suppressed"]], settings.over_represented)
    titles = {language: [scheme.title(code, language) for code in shown["code"]] for language in LANGUAGES}
    return shown.assign(**titles, n=shown["n_profile"].astype("int64"))[columns]


def draw_sketch(done: Finished) -> Sketch:
    """Count every interest over all households, explain it on a sample, and put the sketch together."""
    config, population, profile = done.config, done.store.population.config, done.profile
    sample = _sample(done)
    soft = soft_matrix(sample.table, population.soft)
    columns = soft_columns(population.soft)
    about = About(
        name=profile.name,
        version=profile.version,
        nl=profile.nl,
        en=profile.en,
        base_nl=population.nl or population.name,
        base_en=population.en or population.name,
        snapshot=str(population.snapshot),
        n_profile=profile.n_profile,
        n_base=profile.n_base,
    )
    titles = ["segment"] if done.model.encoder.segment is not None else []
    groups = {name: feature.group for name, feature in population.hard.items()} | dict.fromkeys(titles, "segment")
    boosters = [text for name, text in sorted(done.model.states.items()) if text.startswith("tree\n")]
    hard = sample.table.select(list(population.hard)).filter(pa.array(sample.in_base)).to_pandas()
    return make_sketch(
        about,
        soft=population.soft,
        counts=sample.counts.table(),
        effects=signed_effects(soft, sample.member, columns=columns, seed=config.seed) if columns else None,
        segments=segment_rows(done),
        traits=summarise_traits(hard, sample.member[sample.in_base], population.hard),
        drivers=drivers(
            boosters,
            done.model.encoder.matrix(sample.table),
            sample.member,
            done.model.encoder.names,
            groups,
            seed=config.seed,
        )
        if boosters
        else None,
        hard=population.hard,
        groups=population.groups,
    )


def publish_edition(
    done: Finished,
    sketch: Sketch,
    findings: Sequence[Mapping[str, Any]],
    folder: Path,
    *,
    unseen: Mapping[str, Collection[str]] | None = None,
    earlier: Sequence[Path] = (),
) -> Path:
    """Tables, documents in both languages, and the bundle around them.

    Parameters
    ----------
    findings : what every check says, from `checks.check.inspect`.
    unseen : area level or "segment" → codes of the cells that cannot be observed.
    earlier : folders of earlier bundles of the profile, the newest first; what did not change is shared with them.
    """
    config, population, store = done.config, done.store.population.config, done.store
    tables: dict[str, pd.DataFrame] = {}
    data: dict[str, Any] = {}
    names, scheme = area_names(store), segment_scheme(store)
    tables["names"] = pd.DataFrame(
        [(*key, name) for key, name in sorted(names.items())], columns=["level", "code", "name"]
    )
    if store.levels or scheme is not None:
        tables["cells"] = done.cells
        tables["shown"], tables["fitted"] = to_tables(done.shown)
    levels = [level for level in store.levels if not config.publish.levels or level in config.publish.levels]
    if levels:
        tables |= area_tables(done.cells, levels, names, config.publish)
    if scheme is not None:
        data["scheme.json"] = scheme.model_dump(mode="json")
        tables |= segment_tables(done.cells, scheme, config.publish)
    if "cells" in tables:
        tables = only_shown(tables, done.shown)
    for level, codes in (unseen or {}).items():
        name = "segments_sub" if level == "segment" else f"areas_{level}"
        if name in tables:
            tables[name] = mark_unseen(tables[name], codes)
    findings = as_published(findings, tables)
    said = sketch.to_dict()
    card = report_card(config, population, done.group, done.model, done.profile, tables, said["drivers"], findings)
    polygons = _polygons(store, card["areas"]["level"]) if "areas" in card else None
    mapped = {each["areas"]["level"] for each in findings if each["areas"]}
    shapes = {level: found for level in sorted(mapped) if (found := _polygons(store, level))}
    texts = {}
    for language in LANGUAGES:
        texts[f"sketch.{language}.html"] = render(sketch_page(said, language=language))
        texts[f"report.{language}.html"] = render(
            profile_page(card, language=language, polygons=polygons, shapes=shapes)
        )
        texts[f"model_card.{language}.md"] = model_card(card, language=language)
        texts[f"dpia.{language}.html"] = render(dpia(card, language=language))
    bundle = Bundle(
        profile=done.profile,
        manifest={
            "kind": "bundle",
            **done.profile.to_dict(),
            "snapshot": str(population.snapshot),
            "config": config.identity(),
            "population": population.model_dump(mode="json"),
            "reference": dict(done.group.inputs),
            "metrics": done.model.measures["metrics"],
            "versions": library_versions(),
        },
        tables=tables,
        texts=texts,
        data={"sketch.json": said, "card.json": card, REGISTER: algorithm_record(card).fields, **data},
    )
    return write_bundle(bundle, done.scores, folder, earlier)


def as_published(findings: Sequence[Mapping[str, Any]], tables: Mapping[str, pd.DataFrame]) -> list[Mapping[str, Any]]:
    """The findings without what the published tables hide: a map of differences shows no area that they do not."""
    published = []
    for finding in findings:
        areas = finding["areas"]
        if not areas:
            published.append(finding)
            continue
        table = tables.get(f"areas_{areas['level']}")
        shown = set() if table is None else set(table.loc[~table["suppressed"], "code"])
        rows = [
            row if row["code"] in shown else {"code": row["code"], "name": row["name"], "class": "suppressed"}
            for row in areas["rows"]
        ]
        published.append({**finding, "areas": {**areas, "rows": rows} if shown else None})
    return published


def _sample(done: Finished) -> _Sample:
    """One pass over all households: count interests, and keep those whose hash is below a threshold.

    The base is a simple random sample of about `SAMPLE` households; of the profile up to half as many are kept, so
    that a small profile is described well too. Which households are kept does not depend on the order of rows.
    """
    population, profile = done.store.population.config, done.profile
    inside = done.scores.column("rank") <= profile.last_rank
    top = float(np.iinfo(np.uint64).max)
    base_limit = top * min(1.0, SAMPLE / profile.n_base)
    member_limit = top * min(1.0, SAMPLE / 2 / profile.n_profile)
    columns = soft_columns(population.soft)
    counts = InterestCounts.empty(columns)
    words = list(dict.fromkeys(["household_id", *done.model.encoder.names, *population.hard, *columns]))
    kept, members, bases, start = [], [], [], 0
    for batch in done.store.batches(words, text="counting interests"):
        member = inside[start : start + batch.num_rows]
        start += batch.num_rows
        if columns:
            counts = counts.add(soft_matrix(batch, population.soft), member)
        hashed = hash_keys(batch.column("household_id"), f"sketch:{done.config.seed}").astype(np.float64)
        in_base = hashed <= base_limit
        keep = in_base | (member & (hashed <= member_limit))
        kept.append(batch.filter(pa.array(keep)))
        members.append(member[keep])
        bases.append(in_base[keep])
    table = pa.Table.from_batches(kept)
    order = np.asarray(pc.sort_indices(table, sort_keys=[("household_id", "ascending")]))
    return _Sample(table.take(order), np.concatenate(members)[order], np.concatenate(bases)[order], counts)


def _polygons(store: HouseholdStore, level: str) -> Polygons | None:
    areas = store.population.config.areas
    if areas is None or areas.polygons is None:
        return None
    path = store.population.file(areas.polygons) / f"{level}.parquet"
    return read_polygons(path, code="code", name="name") if path.is_file() else None
