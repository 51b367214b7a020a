"""Areas and margins from CBS "Kerncijfers wijken en buurten" 2024, in the layout of the files themselves.

A value that CBS suppresses or has not published for a buurt comes from its wijk, else its gemeente, else the
mean of the country. Codes are text: Amsterdam has `BU0363AF01`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from profiling.errors import SchemaError
from profiling.population.config import LEVELS
from profiling.simulation.areas import Areas, dissolve
from profiling.simulation.settings import CBS_FILES

PROVINCES = {
    "Groningen": "PV20",
    "Friesland": "PV21",
    "Fryslân": "PV21",
    "Drenthe": "PV22",
    "Overijssel": "PV23",
    "Flevoland": "PV24",
    "Gelderland": "PV25",
    "Utrecht": "PV26",
    "Noord-Holland": "PV27",
    "Zuid-Holland": "PV28",
    "Zeeland": "PV29",
    "Noord-Brabant": "PV30",
    "Limburg": "PV31",
}
MARGINS = (
    "inwoners",
    "inwoners65plus",
    "inwoners0tot15",
    "huishoudensgrootte",
    "huishoudens",
    "wozWaarde",
    "koopwoningen",
    "eengezinswoning",
    "inkomenPerInwoner",
    "stedelijkheid",
    "adressendichtheid",
    "oppervlakteLandHa",
    "afstandHuisarts",
    "afstandSupermarkt",
    "afstandSchool",
)


def read_cbs(folder: Path) -> Areas:
    """The real buurten of 2024.

    Raises
    ------
    SchemaError
        When a file or column is missing; all of them in one message.
    """
    tables = _read_tables(folder)
    buurten, wijken, gemeenten = tables
    buurten = buurten.sort_values("buurtcode", kind="stable").reset_index(drop=True)
    value = {column: _filled(column, buurten, wijken, gemeenten) for column in MARGINS}
    households = pd.to_numeric(buurten["huishoudens"]).fillna(0).to_numpy(np.float64)
    size = np.clip(value["huishoudensgrootte"], 1.0, 5.0)
    shapes, centre = _polygons(folder / CBS_FILES[3], buurten)
    known = pd.to_numeric(buurten["inwoners"]).to_numpy(np.float64)
    code = {
        "buurt": buurten["buurtcode"].to_numpy(str),
        "wijk": buurten["wijkcode"].to_numpy(str),
        "gemeente": buurten["gemeentecode"].to_numpy(str),
        "provincie": np.array([PROVINCES[name] for name in buurten["provincie"]]),
    }
    return Areas(
        code=code,
        name=_names(buurten, wijken, gemeenten),
        polygons=_levels(shapes, code),
        pc4=_pc4(folder / CBS_FILES[4], buurten),
        x=centre[:, 0],
        y=centre[:, 1],
        radius=np.sqrt(np.maximum(value["oppervlakteLandHa"], 1.0) * 1e4 / np.pi),
        households=households,
        size=size,
        old=_share("inwoners65plus", buurten, wijken, gemeenten, known),
        young=_share("inwoners0tot15", buurten, wijken, gemeenten, known),
        owner=value["koopwoningen"] / 100,
        single_family=value["eengezinswoning"] / 100,
        woz=value["wozWaarde"],
        income=value["inkomenPerInwoner"],
        urbanity=np.clip(np.rint(value["stedelijkheid"]), 1, 5).astype(np.int8),
        density=value["adressendichtheid"],
        school=value["afstandSchool"],
        supermarket=value["afstandSupermarkt"],
        doctor=value["afstandHuisarts"],
    )


def _read_tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    faults = [f"'{name}' is missing" for name in CBS_FILES if not (folder / name).is_file()]
    tables = []
    for name, keys in zip(
        CBS_FILES[:3],
        (("buurtcode", "wijkcode", "gemeentecode", "provincie", "postcode"), ("wijkcode",), ("gemeentecode",)),
        strict=True,
    ):
        if not (folder / name).is_file():
            continue
        table = pd.read_csv(folder / name, dtype=str)
        faults += [f"'{name}' has no column '{column}'" for column in (*keys, *MARGINS) if column not in table]
        tables.append(table)
    if not faults:
        unknown = sorted(set(tables[0]["provincie"]) - set(PROVINCES))
        faults += [f"'{CBS_FILES[0]}' has an unknown provincie '{name}'" for name in unknown]
    if faults:
        raise SchemaError(
            f"{len(faults)} faults in the CBS files",
            where=folder,
            faults=faults,
            hint="give the folder with the CBS files of 2024, or leave --cbs out for a fictional country",
        )
    return tables[0], tables[1], tables[2]


def _filled(column: str, buurten: pd.DataFrame, wijken: pd.DataFrame, gemeenten: pd.DataFrame) -> NDArray[np.float64]:
    """Values per buurt, from buurt, wijk, gemeente or country: the first that has one."""
    values = pd.to_numeric(buurten[column])
    for table, key in ((wijken, "wijkcode"), (gemeenten, "gemeentecode")):
        above = pd.Series(pd.to_numeric(table[column]).to_numpy(), index=table[key].to_numpy())
        values = values.fillna(buurten[key].map(above))
    country = pd.to_numeric(gemeenten[column])
    weight = pd.to_numeric(gemeenten["huishoudens"]).where(country.notna())
    mean = float((country * weight).sum() / weight.sum())
    return np.asarray(values.fillna(mean), dtype=np.float64)


def _share(
    column: str,
    buurten: pd.DataFrame,
    wijken: pd.DataFrame,
    gemeenten: pd.DataFrame,
    inhabitants: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Share of the inhabitants; a count that is missing takes the share of the wijk or gemeente."""
    share = pd.Series(
        pd.to_numeric(buurten[column]).to_numpy(np.float64) / np.where(inhabitants > 0, inhabitants, np.nan)
    )
    for table, key in ((wijken, "wijkcode"), (gemeenten, "gemeentecode")):
        ratio = pd.to_numeric(table[column]) / pd.to_numeric(table["inwoners"]).replace(0, np.nan)
        share = share.fillna(buurten[key].map(pd.Series(ratio.to_numpy(), index=table[key].to_numpy())))
    return np.asarray(share.fillna(0.17).clip(0.0, 1.0), dtype=np.float64)


def _names(buurten: pd.DataFrame, wijken: pd.DataFrame, gemeenten: pd.DataFrame) -> dict[str, dict[str, str]]:
    name = {
        "provincie": {PROVINCES[each]: each for each in sorted(set(buurten["provincie"]))},
        "gemeente": dict(zip(buurten["gemeentecode"], buurten["gemeentenaam"], strict=True)),
        "wijk": {code: code for code in buurten["wijkcode"]},
        "buurt": dict(zip(buurten["buurtcode"], buurten["buurtnaam"], strict=True)),
    }
    known = dict(zip(wijken["wijkcode"], wijken["wijknaam"], strict=True))
    name["wijk"] = {code: known.get(code, code) for code in name["wijk"]}
    known = dict(zip(gemeenten["gemeentecode"], gemeenten["gemeentenaam"], strict=True))
    name["gemeente"] = {code: known.get(code, said) for code, said in name["gemeente"].items()}
    return name


def _polygons(path: Path, buurten: pd.DataFrame) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """Polygons by buurt code, and a centre for every buurt; one without a polygon takes its wijk's middle."""
    _, _, wkb, fields = pyogrio.raw.read(path, columns=["buurtcode"])
    shapes = dict(zip((str(code) for code in fields[0]), shapely.from_wkb(wkb), strict=True))
    points = {code: shapely.centroid(shape) for code, shape in shapes.items()}
    nowhere = (np.nan, np.nan)
    centre = pd.DataFrame(
        [(p.x, p.y) if (p := points.get(code)) is not None else nowhere for code in buurten["buurtcode"]],
        columns=["x", "y"],
    )
    for key in ("wijkcode", "gemeentecode"):
        centre = centre.fillna(centre.groupby(buurten[key].to_numpy()).transform("mean"))
    return shapes, centre.fillna(centre.mean()).to_numpy(np.float64)


def _levels(shapes: dict[str, Any], code: dict[str, NDArray[np.str_]]) -> dict[str, dict[str, Any]]:
    levels = {"buurt": {each: shapes[each] for each in code["buurt"] if each in shapes}}
    for small, large in zip(LEVELS[:0:-1], LEVELS[-2::-1], strict=True):
        levels[large] = dissolve(levels[small], dict(zip(code[small], code[large], strict=True)))
    return levels


def _pc4(path: Path, buurten: pd.DataFrame) -> NDArray[np.int64]:
    """The buurt's postcode, else the gemeente's PC4 with most addresses."""
    table = pd.read_csv(path, dtype={"PC4": str, "Gemeente2023": str})
    table = table.sort_values(["Gemeente2023", "addresses", "PC4"], ascending=[True, False, True])
    largest = table.drop_duplicates("Gemeente2023")
    by_gemeente = {f"GM{code:0>4}": pc4 for code, pc4 in zip(largest["Gemeente2023"], largest["PC4"], strict=True)}
    pc4 = buurten["postcode"].fillna(buurten["gemeentecode"].map(by_gemeente))
    pc4 = pc4.fillna(pc4.groupby(buurten["gemeentecode"].to_numpy()).transform("first")).fillna("1000")
    return np.asarray(pc4.astype(float), dtype=np.int64)
