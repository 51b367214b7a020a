"""The doorway of reports for libraries: counted in `publish`, said in `reporting`, written as one folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from profiling.analyses import AreaQuestion, work_area_analysis
from profiling.artefacts import fingerprint, read_manifest, write_json, write_text, writing_folder
from profiling.customer_files import customer_analysis, report_two_of
from profiling.errors import ConfigError
from profiling.population.store import HouseholdStore
from profiling.progress import track
from profiling.publish.published import Published
from profiling.publish.segment_sheet import segment_sheets
from profiling.publish.uploads import READABLE
from profiling.publish.work_areas import FOLDER, WorkArea, read_work_areas
from profiling.reporting import excel, html
from profiling.reporting.area_shapes import area_shapes
from profiling.reporting.document import Document
from profiling.reporting.index_page import Section, index_page
from profiling.reporting.published_facts import of_households, of_profile
from profiling.reporting.segment_page import segment_page
from profiling.reporting.segment_sheet import segment_sheet
from profiling.reporting.text import figure, phrase
from profiling.reporting.work_area_page import work_area_page
from profiling.vocabulary import LANGUAGES, Language


@dataclass(frozen=True)
class Written:
    """A folder of reports: its index page, and how many documents it holds."""

    folder: Path
    index: Path
    n_documents: int


@dataclass(frozen=True)
class ReportOrder:
    """Reports for which libraries, about which profiles ("name" or "name@version").

    Parameters
    ----------
    work_areas : folder or CSV with work areas; `names` are those asked for, all of them when empty.
    level : areas of the map and the tables.
    base : what a work area is compared with: national, provincie, gemeente, or the name of another work area.
    polygons : folder or file with the shapes of the map; no map without them.
    members : for report 2: the member file of the one library, or a folder with a file per work area, of its name.
    sheets : folder of `write_segment_sheets`, to describe segments with; no descriptions without it.
    work, population, data : for report 2: where the address book stands, and what to make it of.
    """

    library: Path
    profiles: tuple[str, ...]
    work_areas: Path = FOLDER
    names: tuple[str, ...] = ()
    level: str = "wijk"
    base: str = "provincie"
    polygons: Path | None = None
    members: Path | None = None
    sheets: Path | None = None
    work: Path = Path("build/runs")
    population: Path | None = None
    data: Path | None = None

    def chosen(self) -> tuple[WorkArea, ...]:
        """The work areas asked for, in the order of their names.

        Raises
        ------
        ConfigError
            When there are none, or one of them is unknown.
        """
        known = read_work_areas(self.work_areas)
        return tuple(known.get(each) for each in (self.names or tuple(sorted(known.areas))))

    @cached_property
    def facts(self) -> tuple[Mapping[str, Any], ...]:
        """What segments are like, from their sheets.

        Raises
        ------
        ArtefactError
            When there are no finished sheets in the folder.
        """
        if self.sheets is None:
            return ()
        read_manifest(self.sheets)
        return tuple(json.loads((self.sheets / "facts.json").read_text(encoding="utf-8")))

    def member_file(self, area: WorkArea) -> Path:
        """The member file of a library.

        Raises
        ------
        ConfigError
            When there is none, or more than one.
        """
        if self.members is None or not self.members.is_dir():
            if self.members is None or not self.members.is_file():
                raise ConfigError("report 2 needs a member file", where=self.members, hint="give it with --members")
            return self.members
        found = [each for each in sorted(self.members.glob(f"{area.name}.*")) if each.suffix.lower() in READABLE]
        if len(found) != 1:
            what = "no member file" if not found else f"{len(found)} member files"
            raise ConfigError(
                f"there are {what} of {area.name}" if found else f"there is {what} of {area.name}",
                where=self.members,
                hint=f"put one there: {area.name}.csv or {area.name}.xlsx",
            )
        return found[0]


def report_one_pages(order: ReportOrder, area: WorkArea) -> dict[Language, Document]:
    """Report 1 of one library: its work area against the base, in both languages.

    Raises
    ------
    ProfilingError
        As `analyses.work_area_analysis`.
    """
    question = AreaQuestion(
        order.profiles, order.level, work_area=area.name, base=order.base, work_areas=order.work_areas
    )
    mix, analysis = work_area_analysis(order.library, question)
    shapes = None if order.polygons is None else area_shapes(order.polygons, order.level)
    return {
        each: work_area_page(mix, analysis, language=each, polygons=shapes, facts=order.facts) for each in LANGUAGES
    }


def report_two_pages(order: ReportOrder, area: WorkArea) -> dict[Language, Document]:
    """Report 2 of one library: its work area against its member file, in both languages. The file is not kept.

    Raises
    ------
    ConfigError
        When the library has no member file.
    ProfilingError
        As `customer_files.customer_analysis`.
    """
    question = AreaQuestion(
        order.profiles, order.level, work_area=area.name, base=order.base, work_areas=order.work_areas
    )
    analysis = customer_analysis(
        order.library,
        order.member_file(area),
        question,
        work=order.work,
        population=order.population,
        data=order.data,
    )
    return {
        each: report_two_of(analysis, library=area.nl, language=each, polygons=order.polygons, facts=order.facts)
        for each in LANGUAGES
    }


def write_reports(
    number: int, areas: Sequence[WorkArea], make: Callable[[WorkArea], Mapping[Language, Document]], to: Path
) -> Written:
    """A report of every library as page and workbook in both languages, with an index page; all or nothing.

    Parameters
    ----------
    number : 1 or 2.
    make : work area → the document in each language.

    Raises
    ------
    ArtefactError
        When the folder cannot be written.
    """
    made: dict[Language, list[Section]] = {language: [] for language in LANGUAGES}
    with writing_folder(to, {"kind": f"report {number}", "libraries": [each.name for each in areas]}) as aside:
        for area in track(areas, f"report {number}"):
            (aside / area.name).mkdir()
            for language, page in make(area).items():
                stem = f"{area.name}/{phrase('report.file', language, number=number)}"
                html.write(page, aside / f"{stem}.html")
                excel.write(page, aside / f"{stem}.xlsx")
                name = area.nl if language == "nl" else area.en or area.nl
                made[language].append(Section(name, [(page.title, f"{stem}.html"), ("Excel", f"{stem}.xlsx")]))
        for language, sections in made.items():
            title = phrase(f"report.title_{number}", language)
            subtitle = phrase("report.libraries", language, n=figure(len(areas), "count", language))
            write_text(aside / f"index.{language}.html", index_page(title, subtitle, sections, language))
    return Written(to, to / "index.nl.html", 4 * len(areas))


def write_segment_sheets(store: HouseholdStore, published: Sequence[Published], to: Path) -> Written:
    """A fact sheet of every sub segment (HTML), and all of them in one workbook, in both languages.

    Raises
    ------
    SchemaError
        When the population has no segments.
    ArtefactError
        When the folder cannot be written.
    """
    facts = segment_sheets(store, published)
    population = store.population.config
    base = {"nl": population.nl or population.name, "en": population.en or population.nl or population.name}
    footer = {
        each: (
            *of_households(base, store.n_households, population.snapshot, each),
            *(of_profile(profile, each) for profile in published),
        )
        for each in LANGUAGES
    }
    n = 0
    with writing_folder(to, {"kind": "segment sheets", "facts": fingerprint(facts)}) as aside:
        write_json(aside / "facts.json", facts)
        for language in LANGUAGES:
            book = segment_sheet(facts, base, language=language, accountability=footer[language])
            excel.write(book, aside / f"segments.{language}.xlsx")
            links = []
            for fact in track(facts, "writing fact sheets"):
                page = segment_page(fact, facts, base, language=language, accountability=footer[language])
                name = f"{fact['code']}.{language}.html"
                html.write(page, aside / name)
                links.append((page.title, name))
                n += 1
            sections = [Section("", links), Section("Excel", [(book.title, f"segments.{language}.xlsx")])]
            page_of_links = index_page(book.title, book.subtitle, sections, language)
            write_text(aside / f"index.{language}.html", page_of_links)
    return Written(to, to / "index.nl.html", n + len(LANGUAGES))
