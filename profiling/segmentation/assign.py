"""Give every household the code of its section; where it has none, the most common code around it, and say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import write_text, writing_folder
from profiling.errors import SegmentationError
from profiling.population.store import HouseholdStore
from profiling.segmentation.scheme_file import scheme_toml, toml
from profiling.segmentation.sections import Sections
from profiling.segmentation.segmentation import Segmentation

PART = 1_048_576
SECTION, COUNTRY = "section", "land"


@dataclass(frozen=True, eq=False)
class CodeBook:
    """How households of a population get their code.

    Parameters
    ----------
    codes : all sub segment codes, in order.
    of_section : int array of shape (n_sections,), place in `codes`.
    around : area level, from small to large → (area codes, place in `codes` of the commonest one there).
    commonest : place in `codes` of the commonest code of all.
    """

    codes: tuple[str, ...]
    sections: Sections
    of_section: NDArray[np.int64]
    around: dict[str, tuple[pa.Array, NDArray[np.int64]]]
    commonest: int

    @property
    def words(self) -> tuple[str, ...]:
        """What a batch must hold."""
        return tuple(dict.fromkeys((*self.sections.words, *self.around)))

    def assign(self, batch: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each household its place in `codes`, and by what: a place in `sources`."""
        section = self.sections.of(batch)
        place = np.where(section >= 0, self.of_section[section], -1)
        how = np.zeros(len(place), dtype=np.int64)
        for number, (level, (areas, commonest)) in enumerate(self.around.items(), start=1):
            if not (place < 0).any():
                break
            area = pc.fill_null(pc.index_in(batch.column(level), value_set=areas), -1).to_numpy()
            found = (place < 0) & (area >= 0)
            place[found], how[found] = commonest[area[found]], number
        lost = place < 0
        place[lost], how[lost] = self.commonest, len(self.around) + 1
        return place, how

    @property
    def sources(self) -> tuple[str, ...]:
        """What `assign` counts through."""
        return (SECTION, *self.around, COUNTRY)


def code_book(sections: Sections, ids: NDArray[np.str_], unit_codes: NDArray[np.str_]) -> CodeBook:
    """The codes of sections, and for households without one the commonest code (by households) around them.

    Parameters
    ----------
    ids, unit_codes : units and their codes, shape (n_sections,).

    Raises
    ------
    SegmentationError
        When the units are not these sections.
    """
    if ids.tolist() != sections.ids.to_pylist():
        raise SegmentationError(
            "the segments were found on other sections than these", hint="run `profiling segment fit` again"
        )
    codes, place = np.unique(unit_codes, return_inverse=True)
    weight = sections.households.astype(np.float64)
    around = {}
    for level in reversed(sections.regions):
        areas, area = np.unique(sections.regions[level], return_inverse=True)
        table = np.bincount(area * len(codes) + place, weight, minlength=len(areas) * len(codes))
        around[level] = (pa.array(areas.tolist()), table.reshape(len(areas), len(codes)).argmax(axis=1))
    commonest = int(np.bincount(place, weight).argmax())
    return CodeBook(tuple(codes.tolist()), sections, place.astype(np.int64), around, commonest)


def assign_households(
    store: HouseholdStore, book: CodeBook, found: Segmentation, folder: Path, manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """Write every household with its code, as a population that all other verbs take.

    The folder holds segments.parquet (household_id, segment, main, source), households/part-*.parquet (the household
    file in our words, with the new segment), population.toml and scheme.toml. `source` says by what a household got its
    code: its section, the commonest code of its buurt, wijk, gemeente or provincie, or that of the country. Columns
    that policy excludes are not copied.

    Returns
    -------
    Households by source and by code.
    """
    main_of = found.scheme.main_of()
    mains = pa.array([main_of[code] for code in book.codes])
    names, sources = pa.array(book.codes), pa.array(book.sources)
    by_source = np.zeros(len(book.sources), dtype=np.int64)
    by_code = np.zeros(len(book.codes), dtype=np.int64)
    words = tuple(dict.fromkeys((*(word for word in store.columns if word != "segment"), *book.words)))
    with writing_folder(folder, manifest) as aside, _Parts(aside / "households") as parts:
        write_text(aside / "scheme.toml", scheme_toml(found.scheme))
        write_text(aside / "population.toml", population_toml(store, found.scheme.name))
        listed: pq.ParquetWriter | None = None
        try:
            for batch in store.batches(words, text="giving segments"):
                place, how = book.assign(batch)
                by_source += np.bincount(how, minlength=len(by_source))
                by_code += np.bincount(place, minlength=len(by_code))
                at = pa.array(place)
                segment = names.take(at)
                columns = [batch.column("household_id"), segment, mains.take(at), sources.take(pa.array(how))]
                said = pa.table(columns, names=["household_id", "segment", "main", "source"])
                listed = listed or pq.ParquetWriter(aside / "segments.parquet", said.schema, compression="zstd")
                listed.write_table(said)
                parts.write(pa.Table.from_batches([batch]).append_column("segment", segment))
        finally:
            if listed is not None:
                listed.close()
    return {
        "households": int(by_code.sum()),
        "by_source": dict(zip(book.sources, by_source.tolist(), strict=True)),
        "by_code": dict(zip(book.codes, by_code.tolist(), strict=True)),
    }


def population_toml(store: HouseholdStore, scheme: str) -> str:
    """The configuration of the written households: our words are its columns now."""
    population = store.population
    said = population.in_our_words(f"{population.config.name}-{scheme}", ("households/*.parquet",), "scheme.toml")
    return "# Written by `profiling segment assign`; the columns are in the words of this project.\n" + toml(said)


class _Parts:
    """Parquet files of at most about a million households each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer: pq.ParquetWriter | None = None
        self.rows = self.number = 0

    def __enter__(self) -> _Parts:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def write(self, table: pa.Table) -> None:
        if self.writer is None or self.rows >= PART:
            self._close()
            self.folder.mkdir(exist_ok=True)
            path = self.folder / f"part-{self.number:04d}.parquet"
            self.writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            self.number, self.rows = self.number + 1, 0
        self.writer.write_table(table)
        self.rows += len(table)

    def _close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None
