"""What libraries ask of published profiles: the doorways of the analyses, for the command line and the web page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from profiling.artefacts import write_json, write_text, writing_folder
from profiling.errors import ConfigError
from profiling.publish.area import AreaAnalysis, analyse_areas
from profiling.publish.catchments import read_points, select_polygon
from profiling.publish.choose import other_than, read_codes, select_areas, select_base, whole_country
from profiling.publish.published import Published, open_published
from profiling.publish.segment_mix import SegmentMix, segment_mix
from profiling.publish.selection import Selection
from profiling.publish.work_areas import FOLDER, read_work_areas, select_work_area
from profiling.reporting import excel, html
from profiling.reporting.area_page import area_map, area_page
from profiling.reporting.area_shapes import area_shapes, drawn_shapes
from profiling.reporting.maps import Measure
from profiling.reporting.pictures import png
from profiling.reporting.polygons import Polygons
from profiling.vocabulary import LANGUAGES, Language

MEASURES: tuple[Measure, ...] = ("index", "penetration", "count")


@dataclass(frozen=True)
class AreaQuestion:
    """What is asked: profiles ("name" or "name@version"), a level, and one way of choosing areas.

    `areas` holds codes with commas between, or is the path of a file. `polygon` is a file with what was drawn, cut by
    the shapes in `polygons`, and by the address points in `points` where given. Without areas, work area and polygon it
    is the whole country.
    """

    profiles: tuple[str, ...]
    level: str = "buurt"
    areas: str | None = None
    work_area: str | None = None
    polygon: Path | None = None
    points: Path | None = None
    base: str = "national"
    work_areas: Path = FOLDER
    polygons: Path | None = None


def open_profiles(library: Path, profiles: Sequence[str]) -> list[Published]:
    """Open each "name" or "name@version".

    Raises
    ------
    ProfileError
        When one is unknown or withdrawn.
    """
    opened = []
    for each in profiles:
        name, _, version = each.partition("@")
        opened.append(open_published(library, name, version or None))
    return opened


def area_analysis(library: Path, question: AreaQuestion) -> AreaAnalysis:
    """Answer a question about areas.

    Raises
    ------
    ConfigError
        When areas are chosen in two ways at once, or a work area is unknown.
    ProfileError
        When a profile, an area, the level or the base cannot be used.
    """
    opened = open_profiles(library, question.profiles)
    selection = choose(opened[0], question)
    return analyse_areas(opened, selection, level=question.level, base=choose_base(opened[0], question, selection))


def choose(published: Published, question: AreaQuestion) -> Selection:
    """The areas that a question is about."""
    given = [each for each in (question.areas, question.work_area, question.polygon) if each is not None]
    if len(given) > 1:
        raise ConfigError("areas are chosen in two ways", hint="give one of --areas, --work-area and --polygon")
    if question.work_area is not None:
        return select_work_area(published, read_work_areas(question.work_areas).get(question.work_area))
    if question.polygon is not None:
        if question.polygons is None:
            raise ConfigError("a polygon needs the shapes of the areas", hint="give --polygons FOLDER")
        shapes = area_shapes(question.polygons, published.levels[-1])
        points = None if question.points is None else read_points(question.points)
        title = {"nl": question.polygon.stem, "en": question.polygon.stem}
        drawn = drawn_shapes(question.polygon)
        return select_polygon(published, drawn, shapes.codes, shapes.geometries, points=points, title=title)
    if question.areas is not None:
        path = Path(question.areas)
        codes = read_codes(path) if path.suffix and path.is_file() else question.areas.split(",")
        return select_areas(published, codes)
    return whole_country(published)


def choose_base(published: Published, question: AreaQuestion, selection: Selection) -> Selection:
    """What a question compares with: a work area of that name, or what `select_base` knows."""
    known = ("national", "land", *published.levels)
    if question.base not in known and not Path(question.base).is_file() and question.work_areas.exists():
        areas = read_work_areas(question.work_areas)
        if question.base in areas.areas:
            return select_work_area(published, areas.get(question.base))
    return select_base(published, question.base, selection)


def write_area_analysis(library: Path, analysis: AreaAnalysis, folder: Path, *, polygons: Path | None = None) -> Path:
    """Write an analysis: pages and workbooks in both languages, its tables as CSV and JSON, and its maps.

    Parameters
    ----------
    polygons : folder or file with the polygons of the level; without it there are no maps.

    Returns
    -------
    The folder.
    """
    shapes = None if polygons is None else area_shapes(polygons, analysis.level)
    said = {"kind": "area", "snapshot": analysis.snapshot, "profiles": {p.name: p.version for p in analysis.profiles}}
    with writing_folder(folder, said) as aside:
        for language in LANGUAGES:
            page = area_page(analysis, language=language, polygons=shapes)
            html.write(page, aside / f"area.{language}.html")
            excel.write(page, aside / f"area.{language}.xlsx")
            if shapes is not None:
                _write_maps(analysis, shapes, aside, language)
        tables = tables_of(analysis)
        for name, table in tables.items():
            table.to_csv(aside / f"{name}.csv", index=False, lineterminator="\n")
        write_json(aside / "area.json", {name: _records(table) for name, table in tables.items()})
    return folder


def work_area_analysis(library: Path, question: AreaQuestion) -> tuple[SegmentMix, AreaAnalysis]:
    """What report 1 is made of: every segment of a work area against the base, and where the profiles live in it.

    Where the base holds nothing but the work area itself, the whole country takes its place, and a note says so.

    Raises
    ------
    ConfigError, ProfileError
        As `area_analysis`.
    """
    opened = open_profiles(library, question.profiles)
    selection = choose(opened[0], question)
    base = other_than(opened[0], choose_base(opened[0], question, selection), selection)
    analysis = analyse_areas(opened, selection, level=question.level, base=base)
    return segment_mix(opened[0], selection, base), analysis


def tables_of(analysis: AreaAnalysis) -> dict[str, pd.DataFrame]:
    """All tables of an analysis, profiles one below the other."""
    return {
        name: pd.concat(
            [getattr(each, name).assign(profile=each.name) for each in analysis.profiles], ignore_index=True
        ).round(4)
        for name in ("total", "areas", "main", "sub")
    }


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    plain = table.astype(object).where(table.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def _write_maps(analysis: AreaAnalysis, shapes: Polygons, folder: Path, language: Language) -> None:
    for profile in analysis.profiles:
        for measure in MEASURES:
            drawn, _ = area_map(analysis, profile, shapes, language, measure=measure)
            stem = f"map-{profile.name}-{measure}.{language}"
            write_text(folder / f"{stem}.svg", drawn.svg.markup)
            (folder / f"{stem}.png").write_bytes(png(drawn.svg))
