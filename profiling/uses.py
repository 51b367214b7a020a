"""The doorways of the uses: read what was asked, call the verb of `publish.uses`, and write its page and workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from profiling.analyses import open_profiles
from profiling.artefacts import write_json, write_text, writing_folder
from profiling.plugs import discover
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.publish.choose import select_base, whole_country
from profiling.publish.customers_found import book_for
from profiling.publish.published import Published
from profiling.publish.upload_columns import Columns
from profiling.publish.uploads import read_upload
from profiling.publish.uses.about import rounded
from profiling.publish.uses.branch_land import Method, draw_catchments
from profiling.publish.uses.branches import RULES, BranchReview, load_rules, review_branches
from profiling.publish.uses.catchment import CatchmentAnalysis, analyse_catchments
from profiling.publish.uses.expansion import Expansion, plan_expansion
from profiling.publish.uses.ground import Ground, ground_of
from profiling.publish.uses.media import MediaPlan, plan_media
from profiling.publish.uses.partners import PartnerComparison, compare_partners
from profiling.publish.uses.sites import check_apart, read_sites
from profiling.publish.uses.top_customers import TopCustomers, TopRule, explain_top
from profiling.reporting import excel, html
from profiling.reporting import uses as pages
from profiling.reporting.area_shapes import area_shapes
from profiling.reporting.polygons import read_polygons
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import LANGUAGES


class Use(Protocol):
    """What a verb of the uses gives: whatever it is, it has tables."""

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """All tables by name."""
        ...


def page_of(result: Use) -> UsePage:
    """The page that is made from a result."""
    known: dict[str, UsePage] = discover(pages, "PAGE")
    return next(each for each in known.values() if isinstance(result, each.made_from))


def write_use(result: Use, folder: Path) -> Path:
    """Write a use: page and workbook in both languages, its tables as CSV and JSON. Nothing of an upload is in it.

    Returns
    -------
    The folder.
    """
    page = page_of(result)
    with writing_folder(folder, {"kind": page.name}) as aside:
        for language in LANGUAGES:
            document = page.make(result, language)
            html.write(document, aside / f"{page.name}.{language}.html")
            excel.write(document, aside / f"{page.name}.{language}.xlsx")
        tables = {name: rounded(table) for name, table in result.tables().items()}
        for name, table in tables.items():
            write_text(aside / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        plain = {name: table.astype(object).where(table.notna(), None) for name, table in tables.items()}
        write_json(aside / f"{page.name}.json", {name: table.to_dict("records") for name, table in plain.items()})
    return folder


def ground_from(published: Published, polygons: Path) -> Ground:
    """The ground of a profile's smallest areas, from a folder or file with polygons."""
    shapes = area_shapes(polygons, published.levels[-1])
    return ground_of(published, shapes.codes, shapes.geometries)


def catchment(
    library: Path,
    profile: str,
    file: bytes | Path,
    *,
    branches: Path,
    polygons: Path,
    work: Path,
    method: Method = "nearest",
    radius: float | None = None,
    isochrones: Path | None = None,
    columns: Columns | None = None,
    population: Path | None = None,
    data: Path | None = None,
) -> CatchmentAnalysis:
    """Customers against the people around the branches.

    Parameters
    ----------
    branches : CSV with code, name, x and y (RD metres).
    polygons : folder or file with the shapes of the smallest areas.
    isochrones : file with a polygon per branch (column code), for the method "isochrones".
    work, population, data : where the address book stands, and what to make it of; see `book_for`.

    Raises
    ------
    ProfilingError
        When a file or profile cannot be used.
    """
    published = open_profiles(library, [profile])[0]
    upload = read_upload(file, columns)
    book = book_for([published], work, population, data=data)
    given: dict[str, Any] | None = None
    if isochrones is not None:
        read = read_polygons(isochrones, name=None)
        given = dict(zip(read.codes, read.geometries, strict=True))
    sites, ground = read_sites(branches), ground_from(published, polygons)
    drawn = draw_catchments(published, sites, ground, method, radius=radius, isochrones=given)
    return analyse_catchments(upload, book, published, drawn)


def branches(found: CatchmentAnalysis, rules: Path = RULES) -> BranchReview:
    """Strengths, weaknesses and chances of branches, from their catchments and written rules.

    Raises
    ------
    ConfigError
        When the rules cannot be read.
    """
    return review_branches(found, load_rules(rules))


def media_plan(library: Path, profile: str, *, group: str = "media", chosen: Sequence[str] = ()) -> MediaPlan:
    """Channels by index and reach of a profile, from its sketch; see `plan_media`.

    Raises
    ------
    ProfileError
        When the profile, its sketch or a medium is not there.
    """
    return plan_media(open_profiles(library, [profile])[0], group=group, chosen=chosen)


def expansion(
    library: Path, profile: str, *, branches: Path, candidates: Path, polygons: Path, radius: float, seed: int = 1
) -> Expansion:
    """Candidate sites in the order of what they add to the branches.

    Parameters
    ----------
    branches, candidates : CSV with code, name, x and y (RD metres).
    polygons : folder or file with the shapes of the smallest areas.
    radius : how far people come, in metres.

    Raises
    ------
    ProfilingError
        When a file or profile cannot be used.
    """
    published = open_profiles(library, [profile])[0]
    there, sites = read_sites(branches), read_sites(candidates)
    check_apart(sites, there, where=candidates)
    return plan_expansion(published, there, sites, ground_from(published, polygons), radius=radius, seed=seed)


def partners(
    library: Path,
    profile: str,
    files: Mapping[str, bytes | Path],
    *,
    work: Path,
    base: str = "national",
    population: Path | None = None,
    data: Path | None = None,
) -> PartnerComparison:
    """Files of partners side by side by segment and profile.

    Parameters
    ----------
    files : name of the partner → file with postcode and house number.
    base : national, or a file with area codes.
    work, population, data : where the address book stands, and what to make it of; see `book_for`.

    Raises
    ------
    ProfilingError
        When a file or profile cannot be used.
    """
    published = open_profiles(library, [profile])[0]
    uploads = {name: read_upload(file, name=name) for name, file in files.items()}
    book = book_for([published], work, population, data=data)
    against = select_base(published, base, whole_country(published))
    return compare_partners(uploads, book, published, base=against)


def top_customers(
    library: Path,
    profile: str,
    file: bytes | Path,
    rule: TopRule,
    *,
    population: Path,
    work: Path,
    data: Path | None = None,
    columns: Columns | None = None,
) -> TopCustomers:
    """Which variables set top customers apart from the other customers.

    Parameters
    ----------
    rule : who the top customers are.
    population, data : the household file that the profile was made of; its features are the variables.

    Raises
    ------
    ProfilingError
        When a file, column or profile cannot be used.
    """
    published = open_profiles(library, [profile])[0]
    upload = read_upload(file, columns)
    book = book_for([published], work, population, data=data)
    return explain_top(upload, rule, book, published, open_population(load_population(population, data=data)))
