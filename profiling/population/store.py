"""The household file in batches, in our words. Nothing ever loads it whole, and truth columns do not exist here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from profiling import delimited
from profiling.artefacts import file_sha256, fingerprint
from profiling.errors import SchemaError
from profiling.population.config import Population
from profiling.progress import track
from profiling.schema import Column, check_columns, find_files, reading, table_schema

BATCH = 65_536


@dataclass(frozen=True)
class Piece:
    """A part of the household files that is read by itself: successive row groups of one file, or a whole CSV."""

    path: Path
    groups: tuple[int, ...]
    start: int
    n_rows: int


@dataclass(frozen=True)
class HouseholdStore:
    """A population that was opened: its files and how to read them.

    Rows keep the order of the files (by name) and of the rows in them; `position` counts from 0 through all of
    them and means something within one fingerprint only.
    """

    population: Population
    files: tuple[Path, ...]

    def __repr__(self) -> str:
        name = self.population.config.name
        return f"HouseholdStore({name}, {self.n_households:,} households) · next: build_reference_group(config, store)"

    @cached_property
    def n_households(self) -> int:
        """Rows in all files."""
        if all(path.suffix == ".parquet" for path in self.files):
            total = 0
            for path in self.files:
                with reading(path):
                    total += pq.read_metadata(path).num_rows
            return total
        return sum(batch.num_rows for batch in self.batches(["household_id"]))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the configuration and the bytes of every file."""
        hashes = [file_sha256(path) for path in track(self.files, "reading the household files")]
        return fingerprint({"config": self.population.identity(), "files": hashes})

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Our word → the vendor's column."""
        return _columns(self.population)

    @property
    def levels(self) -> tuple[str, ...]:
        """Area levels that the file has, from large to small."""
        areas = self.population.config.areas
        return tuple(areas.levels) if areas else ()

    @property
    def descriptive(self) -> tuple[str, ...]:
        """Weight, areas and segment, as far as the file has them: what goes along with scores."""
        return tuple(each for each in ("weight", *self.levels, "segment") if each in self.columns)

    def batches(self, words: Sequence[str], *, size: int = BATCH, text: str = "") -> Iterator[pa.RecordBatch]:
        """All households in order, `size` at a time, with the columns named by our words.

        Keys, addresses, areas and segments come as text; numbers as they are stored. A missing value is null.

        Raises
        ------
        SchemaError
            When a file is damaged or a value cannot be read as its column's kind.
        """
        whole = self._raw_batches(words, size)
        yield from track(whole, text, total=self.n_households, step="num_rows") if text else whole

    def pieces(self, n_rows: int) -> Iterator[Piece]:
        """The files in pieces of at least `n_rows`, as far as they have row groups to cut at, in order."""
        start = 0
        for path in self.files:
            with reading(path):
                sizes = _row_groups(path) if path.suffix == ".parquet" else [self._count(path)]
            first = n = 0
            for group, size in enumerate(sizes):
                n += size
                if n and (n >= n_rows or group == len(sizes) - 1):
                    yield Piece(path, tuple(range(first, group + 1)), start, n)
                    first, start, n = group + 1, start + n, 0

    def read(self, piece: Piece, words: Sequence[str], *, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The households of a piece as `batches` gives them, read by the thread that asks and no other.

        Raises
        ------
        SchemaError
            When a row group is damaged; the message names it.
        """
        chosen = {word: self.columns[word] for word in words}
        raw_names = list(dict.fromkeys(column.name for column in chosen.values()))
        if piece.path.suffix != ".parquet":
            with reading(piece.path):
                for raw in _csv(piece.path, list(chosen.values()), size):
                    yield in_our_words(raw, chosen)
            return
        with reading(piece.path), pq.ParquetFile(piece.path) as file:
            for group in piece.groups:
                with reading(f"{piece.path}, row group {group}"):
                    for raw in file.iter_batches(size, row_groups=[group], columns=raw_names, use_threads=False):
                        yield in_our_words(raw, chosen)

    def _count(self, path: Path) -> int:
        key = [self.columns["household_id"]]
        return sum(batch.num_rows for batch in _csv(path, key, BATCH))

    def _raw_batches(self, words: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        chosen = [self.columns[word] for word in words]
        raw_names = list(dict.fromkeys(column.name for column in chosen))
        for path in self.files:
            with reading(path):
                raws = _parquet(path, raw_names, size) if path.suffix == ".parquet" else _csv(path, chosen, size)
                for raw in raws:
                    yield in_our_words(raw, dict(zip(words, chosen, strict=True)))


def open_population(population: Population) -> HouseholdStore:
    """Find the files and hold every one of them against the configuration; reads no rows.

    Raises
    ------
    SchemaError
        With every missing column and wrong type, per file.
    """
    config = population.config
    files = find_files([population.file(each) for each in config.files], where=population.path)
    store = HouseholdStore(population=population, files=files)
    for path in files:
        check_columns(table_schema(path), list(store.columns.values()), where=path, mapped_in=population.path)
    if store.n_households == 0:
        raise SchemaError("there are no households in it", where=files[0], hint="export the household file again")
    return store


def in_our_words(raw: pa.RecordBatch, columns: Mapping[str, Column]) -> pa.RecordBatch:
    """The vendor's columns under our words; keys, addresses, areas and segments as text."""
    arrays = [_as(raw.column(column.name), column.kind) for column in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _columns(population: Population) -> dict[str, Column]:
    config = population.config
    columns = {"household_id": Column(config.household, "text", "household key")}
    if config.weight:
        columns["weight"] = Column(config.weight, "number", "survey weight")
    if config.address:
        columns["postcode"] = Column(config.address.postcode, "text", "postcode")
        columns["house_number"] = Column(config.address.number, "text", "house number")
        if config.address.addition:
            columns["addition"] = Column(config.address.addition, "text", "house number addition")
        if config.address.street:
            columns["street"] = Column(config.address.street, "text", "street")
    if config.areas:
        columns |= {level: Column(name, "text", f"{level} code") for level, name in config.areas.levels.items()}
    if config.segments:
        columns["segment"] = Column(config.segments.column, "text", "segment code")
    for name, hard in config.hard.items():
        text = hard.kind == "categorical" or bool(hard.levels)
        columns[name] = Column(name, "any" if text else "number", "hard feature")
    for channel, features in config.soft.items():
        columns |= {name: Column(name, "number", f"soft feature, {channel}") for name in features}
    return columns


def _row_groups(path: Path) -> list[int]:
    metadata = pq.read_metadata(path)
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def _parquet(path: Path, names: list[str], size: int) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=size, columns=names)


def _csv(path: Path, columns: Sequence[Column], size: int) -> Iterator[pa.RecordBatch]:
    separator = delimited.layout(path).separator
    numbers = {each.name: delimited.Numbers(separator) for each in columns if each.kind == "number"}
    names = list(dict.fromkeys(each.name for each in columns))
    with delimited.read_values(path, names, block=max(size * 256, 1 << 20)) as stream:
        for texts in stream:
            arrays = {name: texts.column(name) for name in names}
            arrays |= {name: column.read(arrays[name]) for name, column in numbers.items()}
            faults = [f"'{name}': {column.fault}" for name, column in numbers.items() if column.fault]
            if faults:
                raise SchemaError(
                    f"{len(faults)} column{'s' if len(faults) > 1 else ''} of numbers cannot be read",
                    where=path,
                    faults=faults,
                    hint="write numbers as 19.2, or as 19,2 in a file with ';' or tabs, without a sign for thousands; "
                    "leave a cell empty where nothing is known",
                )
            batch = pa.RecordBatch.from_pydict(arrays)
            yield from (batch.slice(start, size) for start in range(0, batch.num_rows, size))


def _as(array: pa.Array, kind: str) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if kind == "text" and not pa.types.is_string(array.type):
        return pc.cast(array, pa.string())
    return array
