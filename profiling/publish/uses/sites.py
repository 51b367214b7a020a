"""Sites: branches that there are, or places where one could come, from a CSV with RD coordinates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from profiling.errors import SchemaError, Text, did_you_mean
from profiling.publish.uploads import open_sheet

HEADINGS = {
    "code": ("code", "branch", "site", "id", "vestiging", "locatie"),
    "name": ("name", "naam"),
    "x": ("x", "rd_x"),
    "y": ("y", "rd_y"),
}
_REACH = {"x": (-10_000.0, 310_000.0), "y": (290_000.0, 640_000.0)}
_SHOWN = 5


@dataclass(frozen=True)
class Site:
    """A place with its RD coordinates in metres."""

    code: str
    name: str
    x: float
    y: float

    @property
    def title(self) -> str:
        """Name, or the code where there is none."""
        return self.name or self.code


def read_sites(path: Path) -> tuple[Site, ...]:
    """Sites of a CSV or Excel file: code (or branch, site), name, x and y in RD metres (EPSG:28992).

    Raises
    ------
    UploadError
        When the file cannot be read.
    SchemaError
        With every missing column, double code and coordinate that is not in the Netherlands.
    """
    sheet = open_sheet(path)
    texts = [[str(each or "").strip() for each in column.to_pylist()] for column in sheet.texts.columns]
    heads = [column[0].lower() for column in texts]
    found = {role: [each for each in known if each in heads] for role, known in HEADINGS.items()}
    places = {role: heads.index(each[0]) if each else None for role, each in found.items()}
    missing = [role for role, place in places.items() if place is None and role != "name"]
    if missing:
        raise SchemaError(
            Text("Dit is geen lijst met plekken", "is no list of sites"),
            where=path,
            faults=[
                Text(f"de kolom '{role}' ontbreekt", f"column '{role}' is missing") + did_you_mean(role, heads)
                for role in missing
            ],
            hint=Text(
                "De kolommen zijn code, naam, x en y (RD-meters)", "the columns are code, name, x and y (RD metres)"
            ),
        )
    columns = {role: texts[place][1:] for role, place in places.items() if place is not None}
    columns.setdefault("name", [""] * len(columns["code"]))
    faults: list[Text] = []
    sites = tuple(
        Site(code, name, _metres(x, "x", row, faults), _metres(y, "y", row, faults))
        for row, (code, name, x, y) in enumerate(zip(*(columns[role] for role in HEADINGS), strict=True), start=2)
    )
    faults += [
        Text(f"de code '{code}' staat er {n} keer in", f"code '{code}' stands {n} times")
        for code, n in Counter(each.code for each in sites).items()
        if n > 1
    ]
    spots = Counter((each.x, each.y) for each in sites)
    faults += [
        Text(f"{n} plekken staan op ({x:g}, {y:g})", f"{n} sites stand at ({x:g}, {y:g})")
        for (x, y), n in spots.items()
        if n > 1 and math.isfinite(x)
    ]
    if not sites:
        faults.append(Text("er staat geen plek in", "there is no site in it"))
    if faults:
        left = len(faults) - _SHOWN
        more = [Text(f"en nog {left}", f"and {left} more")] if left > 0 else []
        raise SchemaError(
            Text("De lijst met plekken klopt niet", "sites cannot be used"),
            where=path,
            faults=[*faults[:_SHOWN], *more],
            hint=Text("Verbeter de lijst", "mend the list"),
        )
    return sites


def check_apart(sites: Sequence[Site], others: Sequence[Site], *, where: Path) -> None:
    """Candidates have other codes than branches.

    Raises
    ------
    SchemaError
        With the codes that stand in both lists.
    """
    both = sorted({each.code for each in sites} & {each.code for each in others})
    if both:
        what = Text("Nieuwe plekken hebben de code van een vestiging", "candidates have the code of a branch")
        raise SchemaError(what, where=where, faults=[Text(each, each) for each in both[:_SHOWN]])


def _metres(text: str, axis: str, row: int, faults: list[Text]) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        said = text[:20]
        faults.append(Text(f"rij {row}: {axis} '{said}' is geen getal", f"row {row}: {axis} '{said}' is not a number"))
        return math.nan
    low, high = _REACH[axis]
    if not low <= value <= high:
        nl, en = (f"{low:.0f} en {high:.0f} RD-meters", f"{low:,.0f} to {high:,.0f} RD metres")
        fault = Text(f"rij {row}: {axis} {value:g} ligt niet tussen {nl}", f"row {row}: {axis} {value:g} is not within {en}")  # fmt: skip  # noqa: E501
        degrees = Text("; dit lijken graden", "; these look like degrees")
        faults.append(fault + degrees if abs(value) <= 180 else fault)
        return math.nan
    return value
