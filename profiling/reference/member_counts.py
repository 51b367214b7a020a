"""Counts of members per postcode or area: all that a library may tell of its members, and enough to learn who joins.

The block [members] of a reference group's configuration, beside whatever source the group has. It says nothing of the
group itself; contrasts learn the propensity of membership from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from profiling.config import Config, resolve
from profiling.errors import SchemaError
from profiling.population.store import HouseholdStore
from profiling.reference.group import MemberCounts, SourceContext
from profiling.reference.postcode_counts import WIDTH, postcode_at
from profiling.reference.texts import bare, read_texts
from profiling.schema import Column, check_columns, find_files, table_schema

Place = Literal["pc6", "pc4", "buurt", "wijk", "gemeente"]


class MemberColumns(Config):
    """The columns: a row per place and branch with a count, or a row per member."""

    place: str
    count: str | None = None


class MemberSettings(Config):
    """Where the counts stand, of what, and how small ones are hidden."""

    files: tuple[str, ...] = Field(min_length=1, description="Parquet or CSV; * and ? are allowed")
    columns: MemberColumns
    level: Place = Field("pc6", description="what 'place' holds: a postcode, or the code of an area")
    counted: Literal["people", "households"] = Field("people", description="what was counted")
    hidden: str = Field("*", description="what stands where a count is too small to be told")
    fewer_than: int | None = Field(None, ge=2, description="such a count lies from 1 up to, not including, this")
    tolerance: float = Field(0.10, ge=0, le=1, description="share of rows without a usable place")

    @model_validator(mode="after")
    def _counts_are_there(self) -> MemberSettings:
        if self.fewer_than and not self.columns.count:
            raise ValueError("'fewer_than' needs the column 'count' under [members.columns]")
        return self


def member_files(settings: MemberSettings, context: SourceContext) -> tuple[Path, ...]:
    """The files that hold the counts."""
    patterns = [resolve(each, beside=context.path, data=context.data) for each in settings.files]
    return find_files(patterns, where=context.path)


def read_member_counts(settings: MemberSettings, context: SourceContext) -> MemberCounts:
    """Members per place. A hidden count is an interval, and the rows of a place add up to one interval.

    A row that says `*` with fewer_than = 5 has 1 to 4 members: three branches that hide theirs and one that tells 20
    make 23 to 32 for the place. Nothing is filled in; `training.member_rates` learns from the interval.

    Raises
    ------
    SchemaError
        For missing columns, an empty file, values that are no counts, too few usable places, or an area level that
        the population has not.
    """
    files = member_files(settings, context)
    _known_level(settings, context)
    names = settings.columns.model_dump(exclude_none=True)
    wanted = [Column(name, "any", f"members, {word}") for word, name in names.items()]
    for path in files:
        check_columns(table_schema(path), wanted, where=path, mapped_in=f"{context.path} [members.columns]")
    raw = pa.concat_tables([read_texts(path, names) for path in files])
    if raw.num_rows == 0:
        raise SchemaError("there are no rows in the file", where=files[0], hint="export the counts again")
    frame = pd.DataFrame({"code": _codes(raw["place"], settings.level).to_pandas()})
    told = raw["count"].to_pandas() if "count" in names else pd.Series("1", index=frame.index)
    hidden = told.eq(settings.hidden)
    number = pd.to_numeric(told.mask(hidden), errors="coerce")
    _refuse(frame["code"], told, hidden, number, settings, files[0])
    frame["low"] = number.where(~hidden, 1.0)
    frame["high"] = number.where(~hidden, float((settings.fewer_than or 2) - 1))
    sums = frame.dropna(subset=["code"]).groupby("code")[["low", "high"]].sum()
    table = pa.table(
        {
            "code": pa.array(sums.index.to_numpy(dtype=object), pa.string()),
            "low": pa.array(sums["low"].to_numpy(dtype=np.float64)),
            "high": pa.array(sums["high"].to_numpy(dtype=np.float64)),
        }
    )
    return MemberCounts(table, settings.level, settings.counted)


def place_column(level: str) -> str:
    """The word of the store under which a household's place stands."""
    return "postcode" if level in WIDTH else level


def places_of(column: pa.Array, level: str) -> pa.Array:
    """A household's place at a level, from the column that `place_column` names; null where there is none."""
    return postcode_at(column, "pc4" if level == "pc4" else "pc6") if level in WIDTH else column


def _codes(texts: pa.ChunkedArray, level: str) -> pa.ChunkedArray:
    code = bare(texts)
    if level not in WIDTH:
        return code
    pattern = r"^[1-9][0-9]{3}([A-Z]{2})?$" if level == "pc4" else r"^[1-9][0-9]{3}[A-Z]{2}$"
    usable = pc.match_substring_regex(code, pattern)
    return pc.if_else(usable, pc.utf8_slice_codeunits(code, 0, WIDTH["pc4" if level == "pc4" else "pc6"]), None)


def _known_level(settings: MemberSettings, context: SourceContext) -> None:
    store: HouseholdStore = context.store
    if place_column(settings.level) not in store.columns:
        have = [*(("pc6", "pc4") if "postcode" in store.columns else ()), *store.levels]
        raise SchemaError(
            f"[members] level = '{settings.level}', and the population has no such column",
            where=context.path,
            hint=f"choose one of: {', '.join(have)}",
        )


def _refuse(
    code: pd.Series, told: pd.Series, hidden: pd.Series, number: pd.Series, settings: MemberSettings, file: Path
) -> None:
    """All that is wrong with the values, in one message."""
    faults = []
    lost = int(code.isna().sum())
    if lost > settings.tolerance * len(code):
        faults.append(
            f"'{settings.columns.place}': {lost:,} of {len(code):,} rows hold no place of level {settings.level}"
        )
    if hidden.any() and settings.fewer_than is None:
        faults.append(
            f"'{settings.columns.count}': {int(hidden.sum()):,} counts are hidden ('{settings.hidden}'); set"
            " fewer_than under [members]"
        )
    bad = ~hidden & (number.isna() | number.lt(0) | number.mod(1).ne(0))
    if bad.any():
        first = int(bad.to_numpy().argmax())
        faults.append(
            f"'{settings.columns.count}': {int(bad.sum()):,} values are no counts (first: row {first + 1:,}, "
            f"{told.iloc[first]!r})"
        )
    if faults:
        plural = "fault" if len(faults) == 1 else "faults"
        raise SchemaError(
            f"{len(faults)} {plural}", where=file, faults=faults, hint="correct the file, or the block [members]"
        )
