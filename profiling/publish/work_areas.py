"""Saved work areas: the gemeenten (or other areas) that a library serves, from TOML files or one CSV of them all."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from profiling.config import Config, load_config
from profiling.errors import ConfigError, SchemaError, Text, did_you_mean
from profiling.publish.choose import select_areas
from profiling.publish.published import Published
from profiling.publish.selection import Selection

FOLDER = Path("configs/work-areas")
COLUMNS = ("library", "name", "gemeente")


class WorkArea(Config):
    """The areas of one library. `year` is that of the codes; `areas` may be of any level."""

    name: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    nl: str
    en: str = ""
    year: int | None = None
    areas: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True)
class WorkAreas:
    """All work areas that were found, by name."""

    where: Path
    areas: dict[str, WorkArea]

    def get(self, name: str) -> WorkArea:
        """The work area of a library.

        Raises
        ------
        ConfigError
            When there is none of this name.
        """
        if name not in self.areas:
            listed = f"{len(self.areas)}: {', '.join(list(self.areas)[:8])}"
            raise ConfigError(
                Text(f"Er is geen werkgebied '{name}'", f"there is no work area '{name}'")
                + did_you_mean(name, self.areas),
                where=self.where,
                hint=Text(f"Dit zijn de werkgebieden, {listed}", f"there are {listed}"),
            )
        return self.areas[name]


def read_work_areas(where: Path = FOLDER) -> WorkAreas:
    """Work areas from a folder of TOML files, or from a CSV with the columns library, name, gemeente.

    Raises
    ------
    ConfigError, SchemaError
        When the place is absent, or a file in it is faulty.
    """
    if where.is_dir():
        found = [load_config(path, WorkArea) for path in sorted(where.glob("*.toml"))]
        return WorkAreas(where, _by_name(where, found))
    if not where.is_file():
        raise ConfigError(
            Text("Hier staan geen werkgebieden", "there are no work areas here"),
            where=where,
            hint=Text("Geef een map met TOML-bestanden, of een CSV", "give a folder of TOML files, or a CSV"),
        )
    return WorkAreas(where, _by_name(where, _from_csv(where)))


def select_work_area(published: Published, area: WorkArea) -> Selection:
    """The areas of a work area.

    Raises
    ------
    ProfileError
        When none of its areas is in the population.
    """
    selection = select_areas(published, area.areas, title={"nl": area.nl, "en": area.en or area.nl})
    if area.year is None or published.year is None or area.year == published.year:
        return selection
    note = {
        "nl": f"Het werkgebied heeft gebiedscodes van {area.year}, het bestand van {published.year}.",
        "en": f"The work area has area codes of {area.year}, the file of {published.year}.",
    }
    return Selection(selection.title, selection.weights, (note, *selection.notes))


def _from_csv(path: Path) -> list[WorkArea]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = csv.DictReader(handle)
        missing = [each for each in COLUMNS if each not in (rows.fieldnames or [])]
        if missing:
            raise SchemaError(
                Text("Dit is geen lijst met werkgebieden", "is no list of work areas"),
                where=path,
                faults=[Text(f"de kolom '{each}' ontbreekt", f"column '{each}' is missing") for each in missing],
            )
        areas: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        for row in rows:
            areas.setdefault(row["library"], []).append(row["gemeente"])
            names.setdefault(row["library"], row["name"])
    return [WorkArea(name=key, nl=names[key], areas=tuple(codes)) for key, codes in sorted(areas.items())]


def _by_name(where: Path, found: Iterable[WorkArea]) -> dict[str, WorkArea]:
    named: dict[str, WorkArea] = {}
    for each in found:
        if each.name in named:
            what = Text(f"Het werkgebied '{each.name}' staat er twee keer", f"work area '{each.name}' stands twice")
            raise ConfigError(what, where=where)
        named[each.name] = each
    return named
