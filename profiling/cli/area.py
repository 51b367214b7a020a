"""The area analysis: where the households of a profile live, and to which segments they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiling.analyses import AreaQuestion, area_analysis, write_area_analysis
from profiling.cli.options import Commands, Library, MapPolygons, Profiles, To, WorkAreas, out
from profiling.pipeline import Places
from profiling.publish.work_areas import FOLDER
from profiling.vocabulary import Language, number

app = typer.Typer()
COMMANDS = Commands("area", app)


@app.command()
def area(
    profile: Profiles,
    level: Annotated[str, typer.Option(help="One row per provincie, gemeente, wijk or buurt")] = "buurt",
    areas: Annotated[str | None, typer.Option(help="Area codes with commas between, or a file with one a line")] = None,
    work_area: Annotated[str | None, typer.Option(help="Name of a saved work area")] = None,
    polygon: Annotated[Path | None, typer.Option(help="GeoJSON or GPKG with the area drawn")] = None,
    points: Annotated[Path | None, typer.Option(help="CSV with x, y (RD) and area code of addresses")] = None,
    base: Annotated[
        str, typer.Option(help="national, provincie, gemeente, the name of a work area, or a file with codes")
    ] = "national",
    work_areas: WorkAreas = FOLDER,
    polygons: MapPolygons = None,
    library: Library = Places.library,
    to: To = Path("build/area"),
    language: Annotated[Language, typer.Option(help="What is said here: nl or en; documents are in both")] = "nl",
) -> None:
    """Where the households of a profile live within areas, and to which segments they belong."""
    question = AreaQuestion(tuple(profile), level, areas, work_area, polygon, points, base, work_areas, polygons)
    analysis = area_analysis(library, question)
    folder = write_area_analysis(library, analysis, to, polygons=polygons)
    for each in analysis.profiles:
        total = each.total.iloc[0]
        out.print(
            f"{each.title[language]}: {number(total['n_profile'], language)} / {number(total['n_base'], language)} "
            f"({number(total['penetration'], language, 1)}%), index {number(total['index'], language, 1)} "
            f"({number(total['index_low'], language)}–{number(total['index_high'], language)})"
        )
    for note in analysis.notes:
        out.print(f"- {note[language]}")
    out.print(f"{folder} · next: open area.{language}.html")
