"""Source "postcodes": people of whom only the postcode is known, such as visitors asked at the door.

The group holds every household of those postcodes with weight = people counted ÷ households there, so that the
weights of a postcode add up to its count. Taken as it is that marks everybody; `training.aggregated` learns who.
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
from profiling.errors import ReferenceGroupError, SchemaError, did_you_mean
from profiling.reference.group import Dropped, Found, FunnelStep, Source, SourceContext
from profiling.reference.matching import match_rows
from profiling.reference.registrations import HomeColumns
from profiling.reference.texts import bare, days, read_texts
from profiling.schema import Column, check_columns, find_files, table_schema

Level = Literal["pc4", "pc6"]
WIDTH = {"pc4": 4, "pc6": 6}
PATTERN = r"^[1-9][0-9]{3}([A-Z]{2})?$"


class PostcodeColumns(Config):
    """The columns: one row per person, or one per postcode with a count."""

    postcode: str
    count: str | None = None
    asked_on: str | None = None
    member: str | None = None


class Borrowers(Config):
    """The list of members, whose households are left out."""

    files: tuple[str, ...] = Field(min_length=1)
    columns: HomeColumns


class PostcodeSettings(Config):
    """The rule: which answers count, at which level, and whose households are left out."""

    files: tuple[str, ...] = Field(min_length=1)
    columns: PostcodeColumns
    level: Level = Field("pc6", description="pc6 (about 17 households) says far more than pc4 (about 2,000)")
    not_members: tuple[str, ...] = Field((), description="values of 'member' that count; needs columns.member")
    window_days: int | None = Field(None, ge=1)
    minimum_people: int = Field(200, ge=1, description="fewest people counted; the households are many by nature")
    tolerance: float = Field(0.10, ge=0, le=1, description="share of rows without a usable postcode, or strange")
    without: Borrowers | None = None

    @model_validator(mode="after")
    def _columns_are_there(self) -> PostcodeSettings:
        if self.not_members and not self.columns.member:
            raise ValueError("'not_members' needs the column 'member' under [postcodes.columns]")
        if self.window_days and not self.columns.asked_on:
            raise ValueError("'window_days' needs the column 'asked_on' under [postcodes.columns]")
        return self


def _files(settings: PostcodeSettings, context: SourceContext) -> tuple[Path, ...]:
    patterns = (*settings.files, *(settings.without.files if settings.without else ()))
    return find_files([resolve(each, beside=context.path, data=context.data) for each in patterns], where=context.path)


def _build(settings: PostcodeSettings, context: SourceContext) -> Found:
    """Rows → in the window → no members → with a postcode → in the population → households of those postcodes.

    Raises
    ------
    SchemaError
        For missing columns, an empty file, counts that are no counts, unknown answers, or too few postcodes.
    ReferenceGroupError
        When fewer people are counted than `minimum_people`.
    """
    rows = _rows(settings, context)
    steps = [_step("rows", "rijen in het bestand", "rows in the file", "people", rows)]
    if settings.window_days:
        first = pd.Timestamp(context.as_of) - pd.Timedelta(days=settings.window_days)
        inside = rows["day"].gt(first) & rows["day"].le(pd.Timestamp(context.as_of))
        rows = _keep(
            steps,
            rows,
            inside,
            "in_window",
            "in de periode",
            "in the window",
            "buiten de periode of onleesbaar",
            "outside the window or unreadable",
        )
    if settings.not_members:
        rows = _keep(
            steps,
            rows,
            rows["member"].isin(settings.not_members),
            "no_member",
            "zeggen geen lid te zijn",
            "say that they are no member",
            "lid, of geen antwoord",
            "member, or no answer",
        )
    rows = _keep(
        steps,
        rows,
        rows["code"].notna(),
        "postcode",
        "met een bruikbare postcode",
        "with a usable postcode",
        "zonder bruikbare postcode op dit niveau",
        "no usable postcode at this level",
    )
    counts = rows.groupby("code")["n"].sum()
    households, everybody = _households(settings, context, counts)
    rows = _keep(
        steps,
        rows,
        rows["code"].isin(everybody.index),
        "known",
        "uit postcodes met huishoudens",
        "from postcodes with households",
        "postcode zonder huishoudens",
        "no households in the postcode",
    )
    return _found(settings, context, steps, rows.groupby("code")["n"].sum(), households, everybody)


def _found(
    settings: PostcodeSettings,
    context: SourceContext,
    steps: list[FunnelStep],
    counts: pd.Series,
    households: pd.DataFrame,
    everybody: pd.Series,
) -> Found:
    """Spread the people of each postcode over its households."""
    size = households["code"].map(households["code"].value_counts())
    share = households["code"].map(counts) / size
    weight = np.minimum(share.to_numpy(dtype=np.float64), 1.0)
    people = float(weight.sum())
    lost = Dropped("meer dan er huishoudens zijn", "more than there are households", int(counts.sum()) - round(people))
    steps.append(
        FunnelStep("people", "verdeeld over huishoudens", "spread over households", "people", round(people), (lost,))
    )
    members = Dropped("huishouden van een lid", "household of a member", int(everybody.sum()) - len(households))
    steps.append(
        FunnelStep(
            "group",
            "huishoudens in die postcodes",
            "households in those postcodes",
            "households",
            len(households),
            (members,),
        )
    )
    if people < settings.minimum_people:
        said = [f"{step.en}: {step.n:,} {step.unit}" for step in steps]
        raise ReferenceGroupError(
            f"{people:,.0f} people counted, the minimum is {settings.minimum_people:,}",
            where=context.path,
            faults=said,
            hint="ask for postcodes in more weeks or branches, or lower 'minimum_people'",
        )
    ids = pa.array(households["household_id"], pa.string())
    table = pa.table({"household_id": ids, "weight": pa.array(weight, pa.float64())})
    return Found(table, tuple(steps), ("ask for postcodes in more weeks or at more branches",))


def _rows(settings: PostcodeSettings, context: SourceContext) -> pd.DataFrame:
    """One row per row of the files: code (postcode at the level, or missing), n (people), day, member."""
    names = settings.columns.model_dump(exclude_none=True)
    patterns = [resolve(each, beside=context.path, data=context.data) for each in settings.files]
    files = find_files(patterns, where=context.path)
    wanted = [Column(name, "any", f"postcodes, {word}") for word, name in names.items()]
    for path in files:
        check_columns(table_schema(path), wanted, where=path, mapped_in=f"{context.path} [postcodes.columns]")
    raw = pa.concat_tables([read_texts(path, names) for path in files])
    if raw.num_rows == 0:
        raise SchemaError("there are no rows in the file", where=files[0], hint="export the answers again")
    full = bare(raw["postcode"])
    usable = pc.fill_null(pc.match_substring_regex(full, PATTERN), False)
    width = WIDTH[settings.level]
    code = pc.if_else(
        pc.and_(usable, pc.greater_equal(pc.utf8_length(full), width)), pc.utf8_slice_codeunits(full, 0, width), None
    )
    frame = pd.DataFrame({"code": code.to_pandas(), "usable": usable.to_pandas()})
    frame["n"] = pd.to_numeric(raw["count"].to_pandas(), errors="coerce") if "count" in names else 1.0
    frame["member"] = raw["member"].to_pandas() if "member" in names else None
    if "asked_on" in names:
        frame["day"] = days(raw["asked_on"].to_pandas())
    _refuse(frame, settings, context, files[0])
    return frame


def _refuse(frame: pd.DataFrame, settings: PostcodeSettings, context: SourceContext, file: Path) -> None:
    """All that is wrong with the values, in one message."""
    faults = []
    strange = int((~frame["usable"]).sum())
    if strange > settings.tolerance * len(frame):
        faults.append(
            f"'{settings.columns.postcode}': {strange:,} of {len(frame):,} rows hold no postcode (1234 or 1234AB)"
        )
    bad = frame["n"].isna() | frame["n"].lt(0) | frame["n"].mod(1).ne(0)
    if bad.any():
        first = bad.to_numpy().argmax() + 1
        faults.append(f"'{settings.columns.count}': {int(bad.sum()):,} values are no counts (first: row {first:,})")
    if settings.level == "pc6" and frame["usable"].any() and not frame["code"].notna().any():
        faults.append(f"'{settings.columns.postcode}': only four digits; set level = \"pc4\"")
    seen = sorted(frame["member"].dropna().unique())
    faults += [
        f"'{settings.columns.member}': value '{each}' of the rule does not occur{did_you_mean(each, seen)}"
        for each in settings.not_members
        if each not in seen
    ]
    if faults:
        plural = "fault" if len(faults) == 1 else "faults"
        raise SchemaError(
            f"{len(faults)} {plural}", where=file, faults=faults, hint=f"correct the file, or {context.path}"
        )


def _households(
    settings: PostcodeSettings, context: SourceContext, counts: pd.Series
) -> tuple[pd.DataFrame, pd.Series]:
    """Households of the counted postcodes without those of members, and how many live there with them."""
    wanted = pa.array(counts.index[counts > 0].to_numpy(), pa.string())
    found = []
    for batch in context.store.batches(["household_id", "postcode"], text="finding the households of postcodes"):
        code = postcode_at(batch.column(1), settings.level)
        keep = pc.is_in(code, value_set=wanted)
        found.append(pa.table({"household_id": batch.column(0).filter(keep), "code": code.filter(keep)}))
    inside = pa.concat_tables(found).to_pandas()
    everybody = inside["code"].value_counts()
    if settings.without is not None:
        inside = inside[~inside["household_id"].isin(_members(settings.without, context))]
    return inside.reset_index(drop=True), everybody


def _members(without: Borrowers, context: SourceContext) -> set[str]:
    names = without.columns.model_dump(exclude_none=True)
    patterns = [resolve(each, beside=context.path, data=context.data) for each in without.files]
    wanted = [Column(name, "any", f"list of members, {word}") for word, name in names.items()]
    parts = []
    for path in find_files(patterns, where=context.path):
        check_columns(table_schema(path), wanted, where=path, mapped_in=f"{context.path} [postcodes.without.columns]")
        parts.append(read_texts(path, names))
    return set(match_rows(context.store, pa.concat_tables(parts)).pairs["household_id"])


def postcode_at(postcodes: pa.Array, level: Level) -> pa.Array:
    """Postcodes as codes of a level: "1234" or "1234AB"; null where there is none."""
    code = bare(postcodes)
    valid = pc.match_substring_regex(code, r"^[1-9][0-9]{3}[A-Z]{2}$")
    return pc.if_else(valid, pc.utf8_slice_codeunits(code, 0, WIDTH[level]), pa.scalar(None, pa.string()))


def _step(key: str, nl: str, en: str, unit: str, rows: pd.DataFrame) -> FunnelStep:
    return FunnelStep(key, nl, en, unit, int(rows["n"].sum()))


def _keep(
    steps: list[FunnelStep], rows: pd.DataFrame, keep: pd.Series, key: str, nl: str, en: str, lost_nl: str, lost_en: str
) -> pd.DataFrame:
    """Take the step, and note how many people fell out."""
    left = rows[keep]
    lost = Dropped(lost_nl, lost_en, int(rows["n"].sum() - left["n"].sum()))
    steps.append(FunnelStep(key, nl, en, "people", int(left["n"].sum()), (lost,)))
    return left


SOURCE = Source(name="postcodes", settings=PostcodeSettings, files=_files, build=_build)
