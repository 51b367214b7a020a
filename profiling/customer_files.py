"""What libraries ask with a file of customers: the doorways of the customer analysis and of report 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from profiling.analyses import AreaQuestion, choose, choose_base, open_profiles
from profiling.artefacts import write_json, write_text, writing_folder
from profiling.errors import ConfigError
from profiling.publish.choose import whole_country
from profiling.publish.customers import CustomerAnalysis, analyse_customers
from profiling.publish.customers_found import book_for
from profiling.publish.published import Published
from profiling.publish.selection import Selection
from profiling.publish.upload_columns import Columns
from profiling.publish.uploads import read_upload
from profiling.reporting import excel, html
from profiling.reporting.customers_page import customers_page
from profiling.reporting.document import Document
from profiling.reporting.polygons import Polygons, read_polygons
from profiling.reporting.report_two import report_two
from profiling.vocabulary import LANGUAGES, Language

HERE = "work-area"


def customer_analysis(
    library: Path,
    file: bytes | BinaryIO | Path,
    question: AreaQuestion,
    *,
    work: Path,
    columns: Columns | None = None,
    name: str | None = None,
    sheet: str | None = None,
    population: Path | None = None,
    data: Path | None = None,
) -> CustomerAnalysis:
    """Which customers belong to profiles, and, where a work area is given, who of it is reached.

    Parameters
    ----------
    question : its areas, work area or polygon are where the library works; none gives no reached and not reached. Its
        base may be "work-area" too.
    work, population, data : where the address book stands, and what to make it of; see `book_for`.

    Raises
    ------
    UploadError
        When the file cannot be read.
    ConfigError, ProfileError
        When an area, a base, a level or a profile cannot be used.
    """
    opened = open_profiles(library, question.profiles)
    work_area, base = _areas(opened, question)
    upload = read_upload(file, columns, name=name, sheet=sheet)
    book = book_for(opened, work, population, data=data)
    return analyse_customers(upload, book, opened, base=base, work_area=work_area, level=question.level)


def _areas(opened: Sequence[Published], question: AreaQuestion) -> tuple[Selection | None, Selection]:
    given = any(each is not None for each in (question.areas, question.work_area, question.polygon))
    work_area = choose(opened[0], question) if given else None
    if question.base == HERE:
        if work_area is None:
            raise ConfigError("the base is the work area, and none was given", hint="give --work-area or --areas")
        return work_area, work_area
    return work_area, choose_base(opened[0], question, work_area or whole_country(opened[0]))


def report_two_of(
    analysis: CustomerAnalysis,
    *,
    library: str = "",
    language: Language = "nl",
    polygons: Path | None = None,
    facts: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """Report 2 of one library, from the analysis of its member file.

    Parameters
    ----------
    polygons : file of polygons, or a folder with one per level; no map without them.

    Raises
    ------
    ProfileError
        When the analysis has no work area.
    """
    shapes: Polygons | None = None
    if polygons is not None:
        shapes = read_polygons(polygons / f"{analysis.level}.parquet" if polygons.is_dir() else polygons)
    return report_two(analysis, library=library, language=language, polygons=shapes, facts=facts)


def write_customer_analysis(
    analysis: CustomerAnalysis, folder: Path, *, library: str = "", polygons: Path | None = None
) -> Path:
    """Write the page (and report 2 where there is a work area) as HTML and Excel in both languages, and the tables.

    Nothing of the customer file is in it.

    Returns
    -------
    The folder.
    """
    said = {"kind": "customers", "profiles": {each.name: each.version for each in analysis.profiles}}
    with writing_folder(folder, said) as aside:
        for language in LANGUAGES:
            documents = {"customers": customers_page(analysis, language=language)}
            if analysis.work_area is not None:
                documents["report-2"] = report_two_of(analysis, library=library, language=language, polygons=polygons)
            for stem, document in documents.items():
                write_text(aside / f"{stem}.{language}.html", html.render(document))
                excel.write(document, aside / f"{stem}.{language}.xlsx")
        tables = tables_of(analysis)
        for stem, table in tables.items():
            write_text(aside / f"{stem}.csv", table.to_csv(index=False, lineterminator="\n"))
        plain = {stem: table.astype(object).where(table.notna(), None) for stem, table in tables.items()}
        write_json(aside / "customers.json", {stem: table.to_dict("records") for stem, table in plain.items()})
    return folder


def tables_of(analysis: CustomerAnalysis) -> dict[str, pd.DataFrame]:
    """All tables of an analysis, profiles one below the other."""

    def together(parts: list[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat(parts, ignore_index=True).round(4)

    tables = {
        "matching": analysis.report.table().round(4),
        "segments": analysis.segments.round(4),
        "profiles": together([each.table.assign(profile_name=each.name) for each in analysis.profiles]),
    }
    reached = [(each.name, each.reach) for each in analysis.profiles if each.reach is not None]
    if reached:
        tables["reach_areas"] = together([reach.areas.assign(profile_name=name) for name, reach in reached])
        tables["reach_segments"] = together([reach.segments.assign(profile_name=name) for name, reach in reached])
    return tables
