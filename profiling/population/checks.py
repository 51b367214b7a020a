"""Hold every value of a population against its configuration, in one pass, before anything expensive starts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from profiling import delimited
from profiling.errors import SchemaError, did_you_mean
from profiling.population.keys import check_keys
from profiling.population.scheme import SegmentScheme, load_scheme
from profiling.population.store import HouseholdStore
from profiling.schema import Column, check_columns, reading, table_schema

CODES = {
    "provincie": r"^PV[0-9]{2}$",
    "gemeente": r"^GM[0-9]{4}$",
    "wijk": r"^WK[0-9]{4}[0-9A-Z]{2}$",
    "buurt": r"^BU[0-9]{4}[0-9A-Z]{4}$",
}


@dataclass
class _Tally:
    """What one pass over the households counts, per word."""

    missing: Counter[str] = field(default_factory=Counter)
    infinite: Counter[str] = field(default_factory=Counter)
    negative: int = 0
    codes: dict[str, Counter[str]] = field(default_factory=dict)


def check_population(store: HouseholdStore) -> tuple[str, ...]:
    """Check keys, weights, features, segments and areas.

    Returns
    -------
    Notices: what is odd but can be worked with, one sentence each.

    Raises
    ------
    SchemaError
        With every fault: double or empty keys, infinite numbers, negative weights, unknown segment or area codes.
    """
    check_keys(store)
    tally = _count(store)
    faults = [f"'{word}': {n:,} infinite values" for word, n in sorted(tally.infinite.items())]
    if tally.negative:
        faults.append(f"'weight': {tally.negative:,} weights below 0 or missing")
    if segments := store.population.config.segments:
        known = {each.code for each in _scheme(store).sub}
        faults += _unknown(tally, "segment", known, store.population.file(segments.scheme))
    names, areas = area_names(store), store.population.config.areas
    for level in store.levels:
        known = {code for each, code in names if each == level}
        if known and areas and areas.names:
            faults += _unknown(tally, level, known, store.population.file(areas.names))
        elif areas and areas.codes == "cbs":
            odd = Counter({code: n for code, n in tally.codes[level].items() if not _matches(code, CODES[level])})
            faults += [_list(level, odd, f"do not look like a code such as {_EXAMPLES[level]}")] if odd else []
    if faults:
        raise SchemaError(
            f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the values",
            where=store.population.path,
            faults=faults,
            hint="correct the household file, or add the codes to the file that lists them",
        )
    n = store.n_households
    return tuple(
        f"'{word}' is missing for {count:,} of {n:,} households ({count / n:.0%})"
        for word, count in sorted(tally.missing.items())
        if count == n or (word in (*store.levels, "segment") and count)
    )


def area_names(store: HouseholdStore) -> dict[tuple[str, str], str]:
    """(level, code) → name, from the file of names where the population has one.

    Raises
    ------
    SchemaError
        When the file lacks the columns level, code and name.
    """
    areas = store.population.config.areas
    if areas is None or areas.names is None:
        return {}
    path = store.population.file(areas.names)
    if not path.is_file():
        raise SchemaError("there is no such file", where=path, hint=f"correct [areas] names in {store.population.path}")
    words = ["level", "code", "name"]
    wanted = [Column(word, "text", f"{word} of an area") for word in words]
    check_columns(table_schema(path), wanted, where=path, mapped_in=store.population.path)
    with reading(path):
        rows = delimited.read_texts(path, words).read_all().to_pylist()
    return {(row["level"], row["code"]): row["name"] for row in rows}


def _scheme(store: HouseholdStore) -> SegmentScheme:
    segments = store.population.config.segments
    if segments is None:
        raise SchemaError("has no segments", where=store.population.path, hint="add [segments] to the population")
    return load_scheme(store.population.file(segments.scheme))


def segment_scheme(store: HouseholdStore) -> SegmentScheme | None:
    """The scheme that the population's segment codes belong to, if it has segments."""
    return _scheme(store) if store.population.config.segments else None


def _count(store: HouseholdStore) -> _Tally:
    tally = _Tally(codes={word: Counter() for word in (*store.levels, "segment") if word in store.columns})
    words = [
        word for word in store.columns if word not in ("household_id", "postcode", "house_number", "addition", "street")
    ]
    for batch in store.batches(words, text="checking values"):
        for word in words:
            column = batch.column(word)
            tally.missing[word] += column.null_count
            if pa.types.is_floating(column.type):
                tally.infinite[word] += int(pc.sum(pc.is_inf(column)).as_py() or 0)
            if word in tally.codes:
                for each in pc.value_counts(column.drop_null()).to_pylist():
                    tally.codes[word][each["values"]] += each["counts"]
        if "weight" in words:
            weight = batch.column("weight")
            tally.negative += weight.null_count + int(pc.sum(pc.less(weight, 0)).as_py() or 0)
    tally.infinite = +tally.infinite
    return tally


def _unknown(tally: _Tally, word: str, known: set[str], listed: Path) -> list[str]:
    unknown = Counter({code: n for code, n in tally.codes[word].items() if code not in known})
    if not unknown:
        return []
    first = min(unknown)
    return [_list(word, unknown, f"are not known in {listed}{did_you_mean(first, known)}")]


def _list(word: str, codes: Counter[str], what: str) -> str:
    shown = ", ".join(f"'{code}'" for code in sorted(codes)[:3]) + (", …" if len(codes) > 3 else "")
    return f"'{word}': {len(codes):,} codes of {sum(codes.values()):,} households {what}: {shown}"


def _matches(code: str, pattern: str) -> bool:
    return bool(pc.match_substring_regex(pa.scalar(code), pattern).as_py())


_EXAMPLES = {"provincie": "PV27", "gemeente": "GM0363", "wijk": "WK0363AF", "buurt": "BU0363AF01"}
