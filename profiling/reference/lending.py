"""Source "lending": adults who borrowed from given collections, one row per household.

First language is told by the collection (which titles stand in it) and never by the origin of a person.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pydantic import Field, model_validator

from profiling.config import Config, resolve
from profiling.errors import SchemaError, did_you_mean
from profiling.reference import members
from profiling.reference.group import Dropped, Found, FunnelStep, Source, SourceContext
from profiling.reference.matching import Matched, match_addresses
from profiling.reference.texts import load_texts, read_days, read_texts
from profiling.schema import Column, check_columns, find_files, table_schema
from profiling.sql import only_value, open_database


class LendingColumns(Config):
    """The columns of the lending export. A card is found by its household key or else by its address."""

    loan: str | None = Field(None, description="number of the loan: tells two copies of a row from two books on a day")
    patron: str
    card_type: str
    borrower_age: str
    lent_on: str
    collection: str
    household: str | None = None
    postcode: str | None = None
    house_number: str | None = None
    addition: str | None = None

    @model_validator(mode="after")
    def _findable(self) -> LendingColumns:
        if not self.household and not (self.postcode and self.house_number):
            raise ValueError("give 'household', or 'postcode' and 'house_number': a card must lead to a household")
        return self


class LendingSettings(Config):
    """The rule: which loans of which cards make a household an example."""

    files: tuple[str, ...] = Field(min_length=1)
    columns: LendingColumns
    collections: tuple[str, ...] = Field(min_length=1, description="codes at the wanted reading level")
    known_collections: str | None = Field(None, description="CSV with every collection code in a column 'code'")
    adult_cards: tuple[str, ...] = Field(min_length=1)
    minimum_age: int = Field(18, ge=0, le=120)
    window_days: int = Field(365, ge=1)
    minimum_loans: int = Field(2, ge=1)
    childrens_collections: tuple[str, ...] = Field((), description="codes of children's books: a mark on the card")
    teaching_collections: tuple[str, ...] = Field((), description="codes of teaching material: a mark on the card")
    tolerance: float = Field(0.05, ge=0, le=1, description="share of rows that may be dirty before it is a fault")


def _files(settings: LendingSettings, context: SourceContext) -> tuple[Path, ...]:
    paths = [resolve(each, beside=context.path, data=context.data) for each in settings.files]
    return find_files(paths, where=context.path)


def _build(settings: LendingSettings, context: SourceContext) -> Found:
    """Read the export and follow the funnel rows → adults → level → cards → matched → households.

    Raises
    ------
    SchemaError
        For missing columns, unknown collection codes, and dirt above the tolerance.
    """
    files = _files(settings, context)
    wanted = [Column(name, "any", f"lending, {word}") for word, name in settings.columns.model_dump().items() if name]
    for path in files:
        check_columns(table_schema(path), wanted, where=path, mapped_in=f"{context.path} [lending.columns]")
    with open_database() as database:
        _loans(database, files, settings, context)
        faults = [*_dirt(database, settings, context), *_unknown_collections(database, settings, context)]
        if faults:
            raise SchemaError(
                f"{len(faults)} fault{'s' if len(faults) > 1 else ''}",
                where=files[0],
                faults=faults,
                hint=f"correct the export, or the rule in {context.path}",
            )
        counts = _count(database)
        cards: pa.Table = database.sql("SELECT * EXCLUDE (loans) FROM card ORDER BY patron").to_arrow_table()
        would_help = _would_help(database, settings)
        marked = {"childrens_books": settings.childrens_collections, "teaching_material": settings.teaching_collections}
        key = "household" if settings.columns.household else None
        members.find_borrowers(database, context.store, marked, settings.collections, key=key)
        matched = _match(cards, context)
        table, others = members.households_of(database, cards, matched.pairs)
    return Found(table, _funnel(counts, cards.num_rows, matched, table.num_rows), would_help, others)


def _loans(
    database: duckdb.DuckDBPyConnection,
    files: tuple[Path, ...],
    settings: LendingSettings,
    context: SourceContext,
) -> None:
    columns = {word: name for word, name in settings.columns.model_dump().items() if name}
    load_texts(database, files, columns)
    read_days(database, "lent_on")
    # A fully equal row is one loan that was exported twice. Without a loan number two books of one collection on one
    # day also look like that; counting them once is the careful side, as the rule asks for a minimum of loans.
    database.execute(
        "CREATE TABLE loan AS SELECT DISTINCT raw.*, day AS lent, TRY_CAST(borrower_age AS DOUBLE) AS age"
        " FROM raw LEFT JOIN written_day ON lent_on = text"
    )
    first = context.as_of - datetime.timedelta(days=settings.window_days)
    database.execute(
        "CREATE TABLE in_window AS SELECT * FROM loan WHERE lent > $first AND lent <= $last",
        {"first": first, "last": context.as_of},
    )
    database.execute(
        """
        CREATE TABLE adult AS SELECT * FROM in_window
        WHERE card_type IN (SELECT unnest($cards)) AND (age IS NULL OR age BETWEEN $minimum AND 120)
        """,
        {"cards": list(settings.adult_cards), "minimum": settings.minimum_age},
    )
    database.execute(
        "CREATE TABLE level AS SELECT * FROM adult WHERE collection IN (SELECT unnest($codes))",
        {"codes": list(settings.collections)},
    )
    where = [each for each in ("household", "postcode", "house_number", "addition") if each in columns]
    latest = ", ".join(f"arg_max({each}, (lent, {each})) AS {each}" for each in where)
    database.execute(f"CREATE TABLE all_cards AS SELECT patron, count(*) AS loans, {latest} FROM level GROUP BY patron")
    database.execute(f"CREATE TABLE card AS SELECT * FROM all_cards WHERE loans >= {settings.minimum_loans:d}")


def _count(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = {"rows": "raw", "distinct_rows": "loan"} | {
        each: each for each in ("in_window", "adult", "level", "all_cards")
    }
    counts = {key: only_value(database, f"SELECT count(*) FROM {table}") for key, table in tables.items()}
    counts["unreadable"] = only_value(database, "SELECT count(*) FROM loan WHERE lent IS NULL")
    counts["outside"] = counts["distinct_rows"] - counts["unreadable"] - counts["in_window"]
    return counts


def _dirt(database: duckdb.DuckDBPyConnection, settings: LendingSettings, context: SourceContext) -> list[str]:
    """Dirt is counted and left out; only where it passes the tolerance is it a fault of the export."""
    total = only_value(database, "SELECT count(*) FROM loan")
    if total == 0:
        return ["there are no loans in the export"]
    tests = {
        "'{lent_on}': {n} dates that cannot be read (first: '{first}')": "lent IS NULL",
        f"'{{lent_on}}': {{n}} dates after as_of {context.as_of} (first: {{first}})": f"lent > '{context.as_of}'",
        "'{borrower_age}': {n} ages that are not between 0 and 120 (first: '{first}')": (
            "borrower_age IS NOT NULL AND (age IS NULL OR age < 0 OR age > 120)"
        ),
        "'{patron}': {n} loans without a card (first: '{first}')": "patron IS NULL OR patron = ''",
    }
    faults = []
    for text, test in tests.items():
        n = only_value(database, f"SELECT count(*) FROM loan WHERE {test}")
        if n > settings.tolerance * total:
            shown = "borrower_age" if "borrower_age" in text else "patron" if "patron" in text else "lent_on"
            first = only_value(database, f"SELECT min({shown}) FROM loan WHERE {test}")
            names = settings.columns.model_dump()
            faults.append(text.format(n=f"{n:,}", first=first, **names) + f", {n / total:.0%} of the rows")
    return faults


def _unknown_collections(
    database: duckdb.DuckDBPyConnection, settings: LendingSettings, context: SourceContext
) -> list[str]:
    seen = {row[0] for row in database.execute("SELECT DISTINCT collection FROM loan").fetchall() if row[0]}
    faults = []
    if settings.known_collections:
        path = resolve(settings.known_collections, beside=context.path, data=context.data)
        check_columns(
            table_schema(path), [Column("code", "any", "collection code")], where=path, mapped_in=context.path
        )
        known = set(read_texts(path, {"code": "code"})["code"].to_pylist()) - {None}
        unknown = sorted(seen - known)
        if unknown:
            shown = ", ".join(f"'{code}'" for code in unknown[:3]) + (", …" if len(unknown) > 3 else "")
            faults.append(f"'{settings.columns.collection}': {len(unknown)} unknown codes: {shown}")
        seen |= known
    for code in settings.collections:
        if code not in seen:
            faults.append(f"collection '{code}' of the rule does not occur{did_you_mean(code, seen)}")
    return faults


def _match(cards: pa.Table, context: SourceContext) -> Matched:
    if "household" not in cards.column_names:
        return match_addresses(context.store, cards.select([c for c in cards.column_names if c != "patron"]))
    wanted = cards.column("household").combine_chunks()
    known: set[Any] = set()
    for batch in context.store.batches(["household_id"], text="matching household keys"):
        known.update(batch.column(0).filter(pa.compute.is_in(batch.column(0), value_set=wanted)).to_pylist())
    pairs = cards.select(["household"]).to_pandas().rename(columns={"household": "household_id"})
    invalid = int(pairs["household_id"].isna().sum())
    hit = pairs[pairs["household_id"].isin(known)]
    return Matched(hit, invalid=invalid, not_found=len(pairs) - invalid - len(hit), ambiguous=0)


def _would_help(database: duckdb.DuckDBPyConnection, settings: LendingSettings) -> tuple[str, ...]:
    """What a wider rule would give, in cards, so that a refusal says what to change."""
    helps = []
    if settings.minimum_loans > 1:
        more = only_value(database, f"SELECT count(*) FROM all_cards WHERE loans >= {settings.minimum_loans - 1:d}")
        helps.append(f"minimum_loans = {settings.minimum_loans - 1} would give {more:,} cards")
    wider = """
        SELECT count(*) FROM (SELECT patron FROM loan WHERE lent IS NOT NULL AND card_type IN (SELECT unnest($cards))
        AND (age IS NULL OR age BETWEEN $minimum AND 120) AND collection IN (SELECT unnest($codes))
        GROUP BY patron HAVING count(*) >= $loans)
    """
    asked = {
        "cards": list(settings.adult_cards),
        "minimum": settings.minimum_age,
        "codes": list(settings.collections),
        "loans": settings.minimum_loans,
    }
    everything = only_value(database, wider, asked)
    helps.append(f"a window over the whole export would give {everything:,} cards")
    helps.append("more libraries in the export would give more of each")
    return tuple(helps)


def _funnel(n: dict[str, int], cards: int, matched: Matched, households: int) -> tuple[FunnelStep, ...]:
    window = (
        Dropped("dubbele regels", "double rows", n["rows"] - n["distinct_rows"]),
        Dropped("onleesbare datum", "unreadable date", n["unreadable"]),
        Dropped("buiten de periode", "outside the window", n["outside"]),
    )
    adults = (Dropped("geen volwassen pas of leeftijd", "card or age not adult", n["in_window"] - n["adult"]),)
    level = (Dropped("andere collecties", "other collections", n["adult"] - n["level"]),)
    few = (Dropped("te weinig uitleningen", "too few loans", n["all_cards"] - cards),)
    unmatched = (
        Dropped("adres ongeldig", "address not valid", matched.invalid),
        Dropped("geen huishouden op dat adres", "no household there", matched.not_found),
        Dropped("meer huishoudens op dat adres", "several households there", matched.ambiguous),
    )
    found = len(matched.pairs)
    shared = (Dropped("tweede pas in een huishouden", "second card of a household", found - households),)
    return (
        FunnelStep("rows", "regels in het bestand", "rows in the export", "loans", n["rows"]),
        FunnelStep("in_window", "uitleningen in de periode", "loans in the window", "loans", n["in_window"], window),
        FunnelStep("adults", "door volwassenen", "by adults", "loans", n["adult"], adults),
        FunnelStep("level", "uit de gekozen collecties", "from the chosen collections", "loans", n["level"], level),
        FunnelStep("cards", "passen met genoeg uitleningen", "cards with enough loans", "cards", cards, few),
        FunnelStep("matched", "passen met een huishouden", "cards with a household", "cards", found, unmatched),
        FunnelStep("group", "huishoudens in de groep", "households in the group", "households", households, shared),
    )


SOURCE = Source(name="lending", settings=LendingSettings, files=_files, build=_build)
