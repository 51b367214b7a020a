"""What all exports of registrations share: visits, enrolments, answers and cards, each with a person and an address.

A source says which columns there are and which conditions make a registration count; the rest (doubles, window,
dirt, unknown codes, persons, households, funnel) is the same for all of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pydantic import Field, model_validator

from profiling.config import Config, resolve
from profiling.errors import SchemaError, did_you_mean
from profiling.reference.group import Dropped, Found, FunnelStep, SourceContext
from profiling.reference.matching import Matched, match_rows
from profiling.reference.texts import load_texts, read_days
from profiling.schema import Column, check_columns, find_files, table_schema
from profiling.sql import only_value, open_database

HOME = ("household", "postcode", "house_number", "addition")


class HomeColumns(Config):
    """Where a registration's household stands: its key, or else its address."""

    household: str | None = None
    postcode: str | None = None
    house_number: str | None = None
    addition: str | None = None

    @model_validator(mode="after")
    def _findable(self) -> HomeColumns:
        if not self.household and not (self.postcode and self.house_number):
            raise ValueError(
                "give 'household', or 'postcode' and 'house_number': a registration must lead to a household "
                '(with postcodes only, use source = "postcodes")'
            )
        return self


class RegistrationSettings(Config):
    """What every export of registrations is asked."""

    files: tuple[str, ...] = Field(min_length=1, description="Parquet or CSV; * and ? are allowed")
    window_days: int | None = Field(365, ge=1, description="days up to as_of; without it everything up to as_of")
    tolerance: float = Field(0.05, ge=0, le=1, description="share of rows that may be dirty before it is a fault")


@dataclass(frozen=True)
class Condition:
    """One step of the funnel: a test in SQL over the source's words, and what it is called."""

    key: str
    nl: str
    en: str
    test: str
    parameters: Mapping[str, Any]
    lost_nl: str
    lost_en: str


@dataclass(frozen=True)
class Codes:
    """Codes that a rule names: they have to occur; where `known` is given, no others may occur."""

    word: str
    wanted: tuple[str, ...]
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A source's settings in the words of this file: `columns` maps a word (person, day, age, …) to a column."""

    section: str
    unit: str
    unit_nl: str
    settings: RegistrationSettings
    columns: Mapping[str, str]
    conditions: tuple[Condition, ...]
    codes: tuple[Codes, ...]
    minimum: int = 1
    missing_hint: Mapping[str, str] = field(default_factory=dict)


def registration_files(settings: RegistrationSettings, context: SourceContext) -> tuple[Path, ...]:
    """The files of a source."""
    return find_files(
        [resolve(each, beside=context.path, data=context.data) for each in settings.files], where=context.path
    )


def one_of(word: str, values: tuple[str, ...], key: str, nl: str, en: str, lost_nl: str, lost_en: str) -> Condition:
    """The condition that a code is among those of the rule."""
    return Condition(key, nl, en, f"{word} IN (SELECT unnest(${key}))", {key: list(values)}, lost_nl, lost_en)


def age_between(low: int, high: int, *, unknown: bool = True) -> Condition:
    """The condition on age; who has none stays in unless `unknown` is false, as most exports miss a few."""
    nl, en = f"leeftijd {low} tot en met {high}", f"aged {low} to {high}"
    return Condition(
        "age",
        f"{nl}, of onbekend" if unknown else nl,
        f"{en}, or unknown" if unknown else en,
        "years BETWEEN $low AND $high" + (" OR years IS NULL" if unknown else ""),
        {"low": low, "high": high},
        "andere leeftijd",
        "other age",
    )


def follow(rule: Rule, context: SourceContext) -> Found:
    """Rows → in the window → each condition → persons → matched → households, each with weight 1.

    Raises
    ------
    SchemaError
        For missing columns, an empty export, unknown codes, and dirt above the tolerance.
    """
    files = registration_files(rule.settings, context)
    wanted = [Column(name, "any", f"{rule.section}, {word}") for word, name in rule.columns.items()]
    for path in files:
        _check(path, wanted, rule, context)
    with open_database() as database:
        _read(database, files, rule)
        faults = [*_dirt(database, rule, context), *_codes(database, rule)]
        if faults:
            plural = "fault" if len(faults) == 1 else "faults"
            hint = f"correct the export, or the rule in {context.path}"
            raise SchemaError(f"{len(faults)} {plural}", where=files[0], faults=faults, hint=hint)
        steps = _steps(database, rule, context)
        persons: pa.Table = database.sql("SELECT * EXCLUDE (times) FROM enough ORDER BY person").to_arrow_table()
        helps = _would_help(database, rule)
    matched = match_rows(context.store, persons.drop_columns(["person"]))
    households = matched.pairs["household_id"].drop_duplicates().sort_values()
    weight = pa.array([1.0] * len(households), pa.float64())
    table = pa.table({"household_id": pa.array(households, pa.string()), "weight": weight})
    return Found(table, (*steps, *_found(matched, len(households))), helps)


def _check(path: Path, wanted: list[Column], rule: Rule, context: SourceContext) -> None:
    try:
        check_columns(table_schema(path), wanted, where=path, mapped_in=f"{context.path} [{rule.section}.columns]")
    except SchemaError as error:
        said = [
            hint
            for word, hint in rule.missing_hint.items()
            if any(f"'{rule.columns[word]}'" in fault for fault in error.faults)
        ]
        if not said:
            raise
        hint = "; ".join([*dict.fromkeys(said), error.hint or ""])
        raise SchemaError(error.what, where=path, faults=error.faults, hint=hint) from None


def _read(database: duckdb.DuckDBPyConnection, files: tuple[Path, ...], rule: Rule) -> None:
    """Tables raw (as text) and registration (each row once, with day and years)."""
    load_texts(database, files, rule.columns)
    years = "TRY_CAST(age AS DOUBLE)" if "age" in rule.columns else "NULL::DOUBLE"
    read_days(database, "day")
    database.execute(
        f"CREATE TABLE registration AS SELECT DISTINCT raw.*, written_day.day AS on_day, {years} AS years"
        " FROM raw LEFT JOIN written_day ON raw.day = text"
    )


def _dirt(database: duckdb.DuckDBPyConnection, rule: Rule, context: SourceContext) -> list[str]:
    total = only_value(database, "SELECT count(*) FROM registration")
    if total == 0:
        return ["there are no rows in the export"]
    tests = [
        ("day", "dates that cannot be read", "on_day IS NULL"),
        ("day", f"dates after as_of {context.as_of}", f"on_day > '{context.as_of}'"),
        ("person", "rows without a person", "person IS NULL OR person = ''"),
    ]
    if "age" in rule.columns:
        strange = "age IS NOT NULL AND age <> '' AND (years IS NULL OR years < 0 OR years > 120)"
        tests.append(("age", "ages that are not between 0 and 120", strange))
    faults = []
    for word, text, test in tests:
        n = only_value(database, f"SELECT count(*) FROM registration WHERE {test}")
        if n > rule.settings.tolerance * total:
            first = only_value(database, f"SELECT min({word}) FROM registration WHERE {test}")
            tail = "" if first in (None, "") else f" (first: '{first}')"
            faults.append(f"'{rule.columns[word]}': {n:,} {text}{tail}, {n / total:.0%} of the rows")
    return faults


def _codes(database: duckdb.DuckDBPyConnection, rule: Rule) -> list[str]:
    faults = []
    if only_value(database, "SELECT count(*) FROM registration") == 0:
        return []
    for codes in rule.codes:
        column = rule.columns[codes.word]
        query = f"SELECT DISTINCT {codes.word} FROM registration WHERE {codes.word} <> ''"
        seen = sorted(row[0] for row in database.execute(query).fetchall())
        unknown = [code for code in seen if codes.known and code not in {*codes.known, *codes.wanted}]
        if unknown:
            shown = ", ".join(f"'{code}'" for code in unknown[:3]) + (", …" if len(unknown) > 3 else "")
            faults.append(f"'{column}': {len(unknown)} unknown codes: {shown}")
        missing = [code for code in codes.wanted if code not in seen]
        there = ", ".join(f"'{code}'" for code in seen[:6]) or "nothing"
        faults += [
            f"'{column}': code '{code}' of the rule does not occur{did_you_mean(code, seen)}; it holds {there}"
            for code in missing
        ]
    return faults


def _steps(database: duckdb.DuckDBPyConnection, rule: Rule, context: SourceContext) -> list[FunnelStep]:
    """Make the table `enough` (one row per person) and count on the way."""
    rows, once = (only_value(database, f"SELECT count(*) FROM {table}") for table in ("raw", "registration"))
    unreadable = only_value(database, "SELECT count(*) FROM registration WHERE on_day IS NULL")
    days = rule.settings.window_days
    first = context.as_of - datetime.timedelta(days=days) if days else datetime.date(1901, 1, 1)
    database.execute(
        "CREATE VIEW step_0 AS SELECT * FROM registration WHERE on_day > "
        f"DATE '{first}' AND on_day <= DATE '{context.as_of}' AND person <> ''"
    )
    left = only_value(database, "SELECT count(*) FROM step_0")
    lost = (
        Dropped("dubbele regels", "double rows", rows - once),
        Dropped("onleesbare datum", "unreadable date", unreadable),
        Dropped("buiten de periode of zonder persoon", "outside the window or no person", once - unreadable - left),
    )
    steps = [
        FunnelStep("rows", "regels in het bestand", "rows in the export", rule.unit, rows),
        FunnelStep("in_window", f"{rule.unit_nl} in de periode", f"{rule.unit} in the window", rule.unit, left, lost),
    ]
    for position, each in enumerate(rule.conditions, start=1):
        database.execute(
            f"CREATE TABLE step_{position} AS SELECT * FROM step_{position - 1} WHERE {each.test}",
            dict(each.parameters),
        )
        before, left = left, only_value(database, f"SELECT count(*) FROM step_{position}")
        dropped = (Dropped(each.lost_nl, each.lost_en, before - left),)
        steps.append(FunnelStep(each.key, each.nl, each.en, rule.unit, left, dropped))
    where = [each for each in HOME if each in rule.columns]
    # The latest address; the row is taken whole, so that postcode and number belong together.
    whole = "{" + ", ".join(f"'{each}': {each}" for each in where) + "}"
    database.execute(
        f"""
        CREATE TABLE people AS
        SELECT person, count(*) AS times, unnest(arg_max({whole}, (on_day, {whole}::VARCHAR)))
        FROM step_{len(rule.conditions)} GROUP BY person
        """
    )
    database.execute(f"CREATE TABLE enough AS SELECT * FROM people WHERE times >= {rule.minimum:d}")
    people, enough = (only_value(database, f"SELECT count(*) FROM {table}") for table in ("people", "enough"))
    few = (
        Dropped(f"minder dan {rule.minimum} {rule.unit_nl}", f"fewer than {rule.minimum} {rule.unit}", people - enough),
    )
    return [*steps, FunnelStep("persons", "personen", "persons", "persons", enough, few if rule.minimum > 1 else ())]


def _found(matched: Matched, households: int) -> tuple[FunnelStep, FunnelStep]:
    lost = (
        Dropped("adres ongeldig of afwezig", "address not valid or absent", matched.invalid),
        Dropped("geen huishouden op dat adres", "no household there", matched.not_found),
        Dropped("meer huishoudens op dat adres", "several households there", matched.ambiguous),
    )
    found = len(matched.pairs)
    second = (Dropped("tweede persoon in een huishouden", "second person of a household", found - households),)
    return (
        FunnelStep("matched", "personen met een huishouden", "persons with a household", "persons", found, lost),
        FunnelStep("group", "huishoudens in de groep", "households in the group", "households", households, second),
    )


def _would_help(database: duckdb.DuckDBPyConnection, rule: Rule) -> tuple[str, ...]:
    helps = []
    if rule.minimum > 1:
        more = only_value(database, f"SELECT count(*) FROM people WHERE times >= {rule.minimum - 1:d}")
        helps.append(f"a minimum of {rule.minimum - 1} {rule.unit} would give {more:,} persons")
    everybody = only_value(database, "SELECT count(DISTINCT person) FROM registration WHERE person <> ''")
    helps.append(f"the whole export holds {everybody:,} persons: a longer window or wider codes reach more of them")
    helps.append("more libraries in the export would give more of each")
    return tuple(helps)
