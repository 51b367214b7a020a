"""Outside figures per area, read from a CSV: codes mended where they lost their zeros, all faults in one message.

A reader of files and no measure: what is made of the figures, and after whom, stands in `external`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from profiling import delimited
from profiling.errors import ConfigError, SchemaError, did_you_mean
from profiling.schema import Column, check_columns, reading, table_schema

LEVELS = {"gemeente": ("GM", 4), "wijk": ("WK", 6), "buurt": ("BU", 8)}
NOT_SAID = {"", ".", "*", "-", "x", "na", "nan", "null", "-99997", "-99999999"}
SHOWN = 5


@dataclass(frozen=True)
class Figures:
    """Outside figures of one level and one year.

    Parameters
    ----------
    table : area (CBS code), value, n (nan where the file gives none); ordered by area.
    level : gemeente, wijk or buurt.
    year : of the area codes, or None when the file does not say.
    missing : areas whose value is empty or suppressed; left out.
    elsewhere : rows of another level (a country total, say) or another year; left out.
    mended : codes that had lost their prefix or zeros.
    where : the file.
    """

    table: pa.Table
    level: str
    year: int | None
    missing: int
    elsewhere: int
    mended: int
    where: Path


def read_figures(path: Path, level: str, columns: Mapping[str, str] | None = None, year: int | None = None) -> Figures:
    """Read a CSV of outside figures.

    Numbers may have a decimal comma (`12,5`, `1.234,5`); empty, `.`, `*`, `x`, -99997 and -99999999 mean "not said",
    as in CBS files.

    Parameters
    ----------
    level : what the codes stand for: "gemeente", "wijk" or "buurt".
    columns : file's names of `code`, `value`, and optionally `n` (people or households behind the value) and `year`.
        Without it they have these names; `n` and `year` need not be there.
    year : the year of our area codes; of a file with several years only this one is read.

    Raises
    ------
    ConfigError
        When the level is unknown or a column is mapped that we do not know.
    SchemaError
        When the file cannot be read, a column is missing, a code or number cannot be understood, an area stands
        twice, several years stand together and none is asked for, or nothing is left.
    """
    names = _names(path, level, columns or {})
    with reading(path):
        raw = delimited.read_texts(path, list(dict.fromkeys(names.values()))).read_all()
    said = {role: [(each or "").strip() for each in raw.column(name).to_pylist()] for role, name in names.items()}
    faults: list[str] = []
    kept, found_year = _of_year(said, year, names, faults)
    codes = [_code(said["code"][row], level) for row in kept]
    elsewhere = len(said["code"]) - len(kept) + sum(code == "" for code in codes)
    strange = [f"row {row + 2}: '{said['code'][row]}'" for row, code in zip(kept, codes, strict=True) if code is None]
    if strange:
        faults.append(_some(strange, f"'{names['code']}': {{}} codes are no {level} code such as {_example(level)}"))
    chosen = [(row, code) for row, code in zip(kept, codes, strict=True) if code]
    numbers = {
        role: _numbers([(row, said[role][row]) for row, _ in chosen], names[role], faults)
        for role in ("value", "n")
        if role in names
    }
    double = [f"{code} ({times} times)" for code, times in Counter(code for _, code in chosen).items() if times > 1]
    if double:
        faults.append(_some(double, f"'{names['code']}': {{}} areas stand more than once"))
    if not faults and not np.isfinite(numbers["value"]).any():
        faults.append(f"no {level} has a figure under '{names['value']}'")
    if (numbers.get("n", np.zeros(0)) < 0).any():
        faults.append(f"'{names['n']}' holds negative numbers")
    if faults:
        plural = "fault" if len(faults) == 1 else "faults"
        raise SchemaError(f"{len(faults)} {plural} in the outside figures", where=path, faults=faults)
    there = np.isfinite(numbers["value"])
    mended = sum(code != said["code"][row].upper() for row, code in chosen)
    table = pa.table(
        {
            "area": pa.array([code for _, code in chosen], pa.string()),
            "value": numbers["value"],
            "n": numbers.get("n", np.full(len(chosen), np.nan)),
        }
    )
    table = table.filter(pa.array(there)).sort_by("area").combine_chunks()
    return Figures(table, level, found_year, int((~there).sum()), elsewhere, mended, path)


def _names(path: Path, level: str, columns: Mapping[str, str]) -> dict[str, str]:
    roles = {"code": "CBS code of the area", "value": "outside figure", "n": "size of the figure", "year": "CBS year"}
    unknown = [each for each in columns if each not in roles]
    if level not in LEVELS or unknown:
        wrong, known = (level, tuple(LEVELS)) if level not in LEVELS else (unknown[0], tuple(roles))
        raise ConfigError(
            f"'{wrong}' is not known{did_you_mean(wrong, known)}", where=path, hint=f"choose from {', '.join(known)}"
        )
    if not path.is_file():
        raise SchemaError("there is no such file", where=path, hint="give the path of a CSV with code and value")
    schema = table_schema(path)
    names = {role: columns.get(role, role) for role in roles}
    wanted = {role: name for role, name in names.items() if role in ("code", "value", *columns) or name in schema.names}
    check_columns(
        schema,
        [Column(name, "text", roles[role]) for role, name in wanted.items()],
        where=path,
        mapped_in="[external.columns]",
    )
    return wanted


def _of_year(
    said: Mapping[str, list[str]], year: int | None, names: Mapping[str, str], faults: list[str]
) -> tuple[list[int], int | None]:
    """Rows to read, and the year that they are of."""
    rows = list(range(len(said["code"])))
    if "year" not in said:
        return rows, None
    years = sorted(set(said["year"]))
    strange = [each for each in years if not re.fullmatch(r"(19|20)\d\d", each)]
    if strange:
        faults.append(f"'{names['year']}': '{strange[0]}' is not a year such as 2024")
        return rows, None
    if str(year) in years:
        return [row for row in rows if said["year"][row] == str(year)], year
    if len(years) > 1:
        faults.append(f"'{names['year']}' holds {', '.join(years)}: leave one, or ask for one of them")
    return rows, int(years[0]) if years else None


def _code(text: str, level: str) -> str | None:
    """The CBS code; empty for another level, None for what is no code at all."""
    prefix, length = LEVELS[level]
    upper = text.upper()
    if re.fullmatch(r"(NL|LD|PV|GM|WK|BU)[0-9A-Z]*", upper) and not upper.startswith(prefix):
        return ""
    rest = upper.removeprefix(prefix)
    if not re.fullmatch(r"[0-9][0-9A-Z]*", rest) or len(rest) > length:
        return None
    return f"{prefix}{rest.zfill(length)}"


def _numbers(
    texts: list[tuple[int, str]], name: str, faults: list[str]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found, strange = np.full(len(texts), np.nan), []
    for place, (row, text) in enumerate(texts):
        if text.lower() in NOT_SAID:
            continue
        plain = text.replace(".", "").replace(",", ".") if "," in text else text
        if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain):
            found[place] = float(plain)
        else:
            strange.append(f"row {row + 2}: '{text}'")
    if strange:
        faults.append(_some(strange, f"'{name}': {{}} values are not numbers"))
    return found


def _some(faults: list[str], sentence: str) -> str:
    tail = ", …" if len(faults) > SHOWN else ""
    return f"{sentence.format(len(faults))}: {', '.join(faults[:SHOWN])}{tail}"


def _example(level: str) -> str:
    return {"gemeente": "GM0363", "wijk": "WK0363AF", "buurt": "BU0363AF01"}[level]
