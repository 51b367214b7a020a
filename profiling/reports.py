"""The doorway of reports for libraries: counted in `publish`, said in `reporting`, written as one folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from profiling.artefacts import fingerprint, write_json, write_text, writing_folder
from profiling.population.store import HouseholdStore
from profiling.progress import track
from profiling.publish.published import Published
from profiling.publish.segment_sheet import segment_sheets
from profiling.reporting import excel, html
from profiling.reporting.index_page import Section, index_page
from profiling.reporting.published_facts import accountability
from profiling.reporting.segment_page import segment_page
from profiling.reporting.segment_sheet import segment_sheet
from profiling.vocabulary import LANGUAGES


@dataclass(frozen=True)
class Written:
    """A folder of reports: its index page, and how many documents it holds."""

    folder: Path
    index: Path
    n_documents: int


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
    footer = {each: accountability(published[0], each) if published else () for each in LANGUAGES}
    n = 0
    with writing_folder(to, {"kind": "segment sheets", "facts": fingerprint(facts)}) as aside:
        write_json(aside / "facts.json", facts)
        for language in LANGUAGES:
            book = segment_sheet(facts, base, language=language, accountability=footer[language])
            excel.write(book, aside / f"segments.{language}.xlsx")
            links = []
            for fact in track(facts, "writing fact sheets"):
                page = segment_page(fact, facts, base, language=language)
                name = f"{fact['code']}.{language}.html"
                html.write(page, aside / name)
                links.append((page.title, name))
                n += 1
            sections = [Section("", links), Section("Excel", [(book.title, f"segments.{language}.xlsx")])]
            page_of_links = index_page(book.title, book.subtitle, sections, language)
            write_text(aside / f"index.{language}.html", page_of_links)
    return Written(to, to / "index.nl.html", n + len(LANGUAGES))
