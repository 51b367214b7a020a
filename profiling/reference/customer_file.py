"""Source "customers": a table that names households by their key, such as customers or participants of a partner.

A condition on one column chooses among its rows: where the table also holds households that are no customers, or
customers of another kind. In the second case (`others_are_customers`) the group is held against these.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import Field, model_validator

from profiling import delimited
from profiling.config import Config, resolve
from profiling.errors import SchemaError
from profiling.reference.group import Dropped, Found, FunnelStep, Source, SourceContext
from profiling.schema import Column, check_columns, find_files, reading, table_schema


class Condition(Config):
    """Only the rows whose `column` says `equals`; numbers and true/false are compared as text."""

    column: str
    equals: str


class CustomerFileSettings(Config):
    """Where the keys stand, and which rows count."""

    files: tuple[str, ...] = Field(min_length=1, description="Parquet or CSV; * and ? are allowed")
    household: str
    where: Condition | None = None
    others_are_customers: bool = Field(
        False, description="rows that the condition leaves out are customers too: members that are not of the group"
    )

    @model_validator(mode="after")
    def _has_others(self) -> CustomerFileSettings:
        if self.others_are_customers and self.where is None:
            raise ValueError("others_are_customers needs [customers.where]: without a condition there are no others")
        return self


def _files(settings: CustomerFileSettings, context: SourceContext) -> tuple[Path, ...]:
    paths = [resolve(each, beside=context.path, data=context.data) for each in settings.files]
    return find_files(paths, where=context.path)


def _build(settings: CustomerFileSettings, context: SourceContext) -> Found:
    """Follow the funnel rows → chosen → with a key → households of this population.

    Raises
    ------
    SchemaError
        For missing columns, a damaged file, or a condition that no row can meet.
    """
    files = _files(settings, context)
    rows = pa.concat_tables([_read(path, settings, context.path) for path in files])
    chosen = rows if settings.where is None else _chosen(rows, settings.where, files[0])
    given = _with_key(chosen)
    keys = pc.unique(given["household"])
    everybody = pc.unique(_with_key(rows)["household"]) if settings.others_are_customers else keys
    inside = _inside(everybody, context)
    known = pc.filter(keys, pc.is_in(keys, value_set=inside))
    n = len(known)
    table = pa.table({"household_id": known.cast(pa.string()), "weight": pa.array([1.0] * n, pa.float64())})
    funnel = (
        FunnelStep("rows", "rijen in het klantenbestand", "rows of the customer file", "rows", rows.num_rows),
        FunnelStep("chosen", *_rule(settings.where), "rows", chosen.num_rows, _lost(rows, chosen, "other value")),
        FunnelStep("keyed", "met een huishoudsleutel", "with a key", "rows", given.num_rows, _lost(chosen, given)),
        FunnelStep(
            "group",
            "huishoudens van deze populatie",
            "households of this population",
            "households",
            n,
            (
                Dropped("dubbele rijen", "double rows", given.num_rows - len(keys)),
                Dropped("niet in de populatie", "not in the population", len(keys) - n),
            ),
        ),
    )
    others = None
    if settings.others_are_customers:
        rest = inside.filter(pc.invert(pc.is_in(inside, value_set=known)))
        others = pa.table({"household_id": rest.take(pc.sort_indices(rest))})
    return Found(table, funnel, _would_help(settings, len(keys) - n), others)


def _with_key(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.fill_null(pc.not_equal(rows["household"], ""), False))


def _read(path: Path, settings: CustomerFileSettings, where: Path) -> pa.Table:
    condition = settings.where
    wanted = [Column(settings.household, "text", "household key of the customer file")]
    wanted += [Column(condition.column, "any", "condition of the customer file")] if condition else []
    check_columns(table_schema(path), wanted, where=path, mapped_in=f"{where} [customers]")
    names = list(dict.fromkeys(each.name for each in wanted))
    with reading(path):
        if path.suffix == ".parquet":
            raw = pq.read_table(path, columns=names)
        else:
            raw = delimited.read_texts(path, names).read_all()
    said = raw[condition.column if condition else settings.household]
    return pa.table({"household": _text(raw[settings.household]), "said": _text(said)})


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As text; Arrow writes a whole number without a decimal point, so 1 and 1.0 are both "1"."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string())


def _chosen(rows: pa.Table, condition: Condition, file: Path) -> pa.Table:
    chosen = rows.filter(pc.fill_null(pc.equal(rows["said"], condition.equals), False))
    if chosen.num_rows == 0:
        there = sorted(pc.unique(rows["said"]).drop_null().to_pylist())
        shown = ", ".join(f"'{each}'" for each in there[:5]) + (", …" if len(there) > 5 else "")
        raise SchemaError(
            f"no row has '{condition.column}' = '{condition.equals}'",
            where=file,
            faults=[f"'{condition.column}' holds {shown or 'nothing'}"],
            hint="correct 'equals' under [customers.where] in the reference group's configuration",
        )
    return chosen


def _inside(keys: pa.Array, context: SourceContext) -> pa.Array:
    """Those of the keys that the population has."""
    found = [pa.array([], pa.string())]
    for batch in context.store.batches(["household_id"], text="looking up customers"):
        column = batch.column(0)
        found.append(column.filter(pc.is_in(column, value_set=keys)))
    return pa.concat_arrays(found)


def _rule(condition: Condition | None) -> tuple[str, str]:
    if condition is None:
        return "alle rijen tellen mee", "all rows count"
    said = f"'{condition.column}' = '{condition.equals}'"
    return f"rijen met {said}", f"rows with {said}"


def _lost(before: pa.Table, after: pa.Table, en: str = "no key") -> tuple[Dropped, ...]:
    nl = {"no key": "zonder sleutel", "other value": "andere waarde"}[en]
    return (Dropped(nl, en, before.num_rows - after.num_rows),)


def _would_help(settings: CustomerFileSettings, unknown: int) -> tuple[str, ...]:
    helps = ["add customer files of more years or branches"]
    if settings.where:
        helps.append("widen the condition under [customers.where]")
    if unknown:
        helps.append(f"{unknown:,} keys are not in this population: check that both files use the same kind of key")
    return tuple(helps)


SOURCE = Source(name="customers", settings=CustomerFileSettings, files=_files, build=_build)
