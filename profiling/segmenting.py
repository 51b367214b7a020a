"""The doorways of a segmentation: sections, fit, assign, describe. Each takes what is already there and still true."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from profiling.artefacts import (
    MANIFEST,
    file_sha256,
    fingerprint,
    is_complete,
    library_versions,
    write_json,
    writing_folder,
)
from profiling.errors import SegmentationError
from profiling.population.config import PopulationConfig, load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.progress import track
from profiling.publish.segment_facts import area_facts, household_facts
from profiling.reporting.html import write
from profiling.reporting.published_facts import of_households
from profiling.reporting.segment_page import segment_page
from profiling.reporting.segmentation_page import segmentation_page
from profiling.segmentation.aggregate import aggregate_sections
from profiling.segmentation.areas import read_areas
from profiling.segmentation.assign import CodeBook, assign_households, code_book
from profiling.segmentation.config import HouseholdSource, SegmentationPlan, load_segmentation_config
from profiling.segmentation.encoding import FeatureCode, codes_from_data, codes_to_data, learn_codes
from profiling.segmentation.fit import fit as find
from profiling.segmentation.sections import Sections, build_sections, read_sections, write_sections
from profiling.segmentation.segmentation import Segmentation, load_segmentation, save_segmentation
from profiling.segmentation.units import Units, load_units, save_units
from profiling.vocabulary import LANGUAGES, Language

WORK = Path("build/segmentation")
FORMAT = 3  # counts up when units or segments are made in another way, so that older ones are made again


@dataclass(frozen=True)
class Segmenting:
    """One segmentation at work: its configuration, and the folders of its steps under `work`/its name."""

    plan: SegmentationPlan
    work: Path = WORK

    def __repr__(self) -> str:
        return f"Segmenting({self.plan.config.name}) · next: fit(segmenting)"

    @property
    def folder(self) -> Path:
        """Where the steps are kept."""
        return self.work / self.plan.config.name

    @cached_property
    def store(self) -> HouseholdStore:
        """The households; only where the segmentation is of households."""
        source = _of_households(self.plan)
        return open_population(load_population(self.plan.file(source.population), data=self.plan.data))

    @cached_property
    def coverage(self) -> dict[str, Any]:
        """How households or areas became units."""
        said: dict[str, Any] = json.loads((self.units_folder / "coverage.json").read_text(encoding="utf-8"))
        return said

    @cached_property
    def units_folder(self) -> Path:
        """Sections or areas with their variables, made when they are not there yet or no longer true."""
        folder = self.folder / "units"
        areas = self.plan.config.areas
        if areas is not None:
            files = {name: file_sha256(self.plan.file(level.file)) for name, level in areas.levels.items()
                     if self.plan.file(level.file).is_file()}  # fmt: skip
            expected = {"kind": "units", "format": FORMAT, "source": areas.model_dump(mode="json"), "files": files}
            if not is_complete(folder, expected):
                made = read_areas(self.plan, areas)
                save_units(folder, made.units, expected, made.coverage())
            return folder
        source, store = _of_households(self.plan), self.store
        asked = {"source": source.model_dump(mode="json"), "facets": _plain(self.plan.config.facets)}
        expected = {"kind": "units", "format": FORMAT, **asked, "population": store.fingerprint}
        if not is_complete(folder, expected):
            codes = learn_codes(store, source, self.plan.config.facets)
            sections = build_sections(store, unit=source.unit, minimum=source.minimum)
            with writing_folder(folder, expected) as aside:
                write_sections(aside / "sections.parquet", sections)
                write_json(aside / "codes.json", codes_to_data(codes))
                write_json(aside / "coverage.json", sections.coverage())
                aggregate_sections(aside, sections, store, codes, block=source.block)
        return folder

    @cached_property
    def units(self) -> Units:
        """What is segmented."""
        return load_units(self.units_folder)

    @cached_property
    def sections(self) -> Sections:
        """The street sections."""
        return read_sections(self.units_folder / "sections.parquet")

    @cached_property
    def codes(self) -> tuple[FeatureCode, ...]:
        """How features became variables."""
        return codes_from_data(json.loads((self.units_folder / "codes.json").read_text(encoding="utf-8")))

    @cached_property
    def segmentation(self) -> Segmentation:
        """Main and sub segments, found when they are not there yet or no longer true."""
        folder, config = self.folder / "segments", self.plan.config
        previous = self.plan.file(config.previous) if config.previous else None
        expected = {
            "kind": "segmentation",
            "format": FORMAT,
            "config": config.model_dump(mode="json"),
            "units": file_sha256(self.units_folder / MANIFEST),
            "previous": file_sha256(previous / MANIFEST) if previous and (previous / MANIFEST).is_file() else None,
            "versions": library_versions(),
        }
        if not is_complete(folder, expected):
            earlier = load_segmentation(previous) if previous else None
            save_segmentation(folder, find(self.units, config, previous=earlier), expected)
        return load_segmentation(folder)

    @cached_property
    def book(self) -> CodeBook:
        """How households get their code."""
        found = self.segmentation
        return code_book(self.sections, found.unit_ids, found.unit_codes)


def open_segmentation(path: Path, *, data: Path | None = None, work: Path = WORK) -> Segmenting:
    """Read a segmentation's configuration; reads no households.

    Raises
    ------
    ConfigError
        With every fault in the file.
    """
    return Segmenting(load_segmentation_config(path, data=data), work)


def fit(segmenting: Segmenting) -> Segmentation:
    """Find the segments and write their pages.

    Returns
    -------
    The segmentation; its folder holds scheme.toml, names.toml (proposals), report.json and a page in each language.
    """
    found = segmenting.segmentation
    for language in LANGUAGES:
        page = segmentation_page(found.report, found.scheme, segmenting.coverage, language=language)
        write(page, segmenting.folder / "pages" / f"segmentation.{language}.html")
    return found


def assign(segmenting: Segmenting, to: Path) -> dict[str, Any]:
    """Give every household its code, as a population that all other verbs take.

    Returns
    -------
    Households by source of their code and by code.
    """
    found = segmenting.segmentation
    manifest: dict[str, Any] = {"kind": "assigned", "scheme": found.scheme.name}
    manifest["segments"] = file_sha256(segmenting.folder / "segments" / MANIFEST)
    return assign_households(segmenting.store, segmenting.book, found, to, manifest)


def describe(segmenting: Segmenting, to: Path) -> int:
    """Write a fact sheet of every sub segment in both languages, and their facts as one JSON file.

    Returns
    -------
    Number of sheets.
    """
    found, plan = segmenting.segmentation, segmenting.plan
    if plan.config.households is None:
        facts = area_facts(found)
    else:
        facts = household_facts(segmenting.store, segmenting.codes, segmenting.book, found)
    base = {"nl": plan.config.nl, "en": plan.config.en}
    footer: dict[Language, tuple[tuple[str, str], ...]] = dict.fromkeys(LANGUAGES, ())
    if plan.config.households is not None:
        of, n = segmenting.store.population.config, segmenting.store.n_households
        footer = {each: of_households(_called(of), n, of.snapshot, each) for each in LANGUAGES}
    with writing_folder(to, {"kind": "sheets", "scheme": found.scheme.name, "facts": fingerprint(facts)}) as aside:
        write_json(aside / "facts.json", facts)
        for each in track(facts, "writing fact sheets"):
            for language in LANGUAGES:
                page = segment_page(each, facts, base, language=language, accountability=footer[language])
                write(page, aside / f"{each['code']}.{language}.html")
    return len(facts) * len(LANGUAGES)


def _called(population: PopulationConfig) -> dict[str, str]:
    nl = population.nl or population.name
    return {"nl": nl, "en": population.en or nl}


def _of_households(plan: SegmentationPlan) -> HouseholdSource:
    if plan.config.households is None:
        raise SegmentationError(
            "these are segments of areas: there are no households to give a code",
            where=plan.path,
            hint="a segmentation with [households] is needed",
        )
    return plan.config.households


def _plain(facets: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(groups) for name, groups in facets.items()}
