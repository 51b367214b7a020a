"""Street sections: neighbouring postcodes (or streets) of a population, joined until each holds ten households."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.errors import SegmentationError
from profiling.population.addresses import address_keys
from profiling.population.store import HouseholdStore
from profiling.schema import reading
from profiling.segmentation.merging import merge_units

UNIT_NEEDS = {"postcode": ("postcode", "house_number"), "street": ("postcode", "house_number", "street")}


@dataclass(frozen=True, eq=False)
class Sections:
    """Which units make which section.

    Parameters
    ----------
    unit : "postcode" or "street".
    units : text array of shape (n_units,), in the order of their paths.
    section : int array of shape (n_units,), the section of each unit, from 0.
    households : int array of shape (n_sections,), households counted (not weighted); never below the minimum.
    regions : area level → text array of shape (n_sections,): the area that most of the section lies in.
    """

    unit: str
    units: pa.Array
    section: NDArray[np.int64]
    households: NDArray[np.int64]
    regions: dict[str, NDArray[np.str_]]
    n_without_address: int

    def __repr__(self) -> str:
        n, smallest = len(self.households), int(self.households.min())
        return f"Sections({n:,} of at least {smallest} households) · next: aggregate(sections, store, source)"

    def __len__(self) -> int:
        return len(self.households)

    @property
    def ids(self) -> pa.Array:
        """Name of each section: its first unit."""
        first = np.searchsorted(self.section, np.arange(len(self)))
        return self.units.take(pa.array(first))

    @property
    def words(self) -> tuple[str, ...]:
        """What a batch must hold to find sections in it."""
        in_a_buurt = self.unit == "street" and "buurt" in self.regions
        return (*UNIT_NEEDS[self.unit], "buurt") if in_a_buurt else UNIT_NEEDS[self.unit]

    def of(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        """The section of each household; -1 where its address is not valid or its unit is unknown."""
        place = pc.fill_null(pc.index_in(unit_keys(batch, self.unit), value_set=self.units), -1).to_numpy()
        return np.where(place < 0, -1, self.section[place]).astype(np.int64)

    def coverage(self) -> dict[str, Any]:
        """How well the sections cover the population, and how large they are."""
        with_address = int(self.households.sum())
        quantiles = np.quantile(self.households, [0.0, 0.1, 0.5, 0.9, 1.0]).tolist()
        return {
            "households": with_address + self.n_without_address,
            "in_a_section": with_address,
            "without_address": self.n_without_address,
            "units": len(self.units),
            "sections": len(self),
            "size": dict(zip(("smallest", "p10", "median", "p90", "largest"), quantiles, strict=True)),
        }


def write_sections(path: Path, sections: Sections) -> None:
    """Write which unit belongs to which section, and the areas of the sections, as one Parquet file."""
    first = np.searchsorted(sections.section, np.arange(len(sections)))
    regions = {level: pa.array(codes[sections.section].tolist()) for level, codes in sections.regions.items()}
    households = sections.households[sections.section]
    table = pa.table({"unit": sections.units, "section": sections.section, "households": households, **regions})
    about = {"unit": sections.unit, "without_address": str(sections.n_without_address), "sections": str(len(first))}
    pq.write_table(table.replace_schema_metadata(about), path, compression="zstd")


def read_sections(path: Path) -> Sections:
    """Read what `write_sections` wrote."""
    with reading(path):
        table = pq.read_table(path)
    said = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    section = table["section"].to_numpy()
    first = np.searchsorted(section, np.arange(int(said["sections"])))
    levels = [name for name in table.column_names if name not in ("unit", "section", "households")]
    return Sections(
        unit=said["unit"],
        units=table["unit"].combine_chunks(),
        section=section,
        households=table["households"].to_numpy()[first],
        regions={level: np.asarray(table[level].to_pylist(), dtype=np.str_)[first] for level in levels},
        n_without_address=int(said["without_address"]),
    )


def unit_keys(batch: pa.RecordBatch, unit: str) -> pa.Array:
    """The unit of each household, null where its address is not valid.

    A postcode is a unit of its own. A street is one together with its buurt, or with its four-digit postcode where
    the population has no buurten: the same name occurs in many places.
    """
    house, _ = address_keys(batch.column("postcode"), batch.column("house_number"))
    postcode = pc.utf8_slice_codeunits(house, 0, 6)
    if unit == "postcode":
        return postcode
    there = "buurt" in batch.schema.names
    place = batch.column("buurt") if there else pc.utf8_slice_codeunits(postcode, 0, 4)
    street = pc.utf8_trim_whitespace(pc.utf8_lower(batch.column("street")))
    key = pc.binary_join_element_wise(place, street, "|")
    return pc.if_else(pc.is_valid(postcode), key, pa.scalar(None, pa.string()))


def build_sections(store: HouseholdStore, *, unit: str = "postcode", minimum: int = 10) -> Sections:
    """Put every household with an address into one section of at least `minimum` households.

    One pass over the addresses and areas; in memory there is one row per unit and area. A postcode that lies in
    several areas counts for the one with most of its households (the lowest code where these are equal).

    Raises
    ------
    SegmentationError
        When the population has no addresses (or no streets), or too few households in all.
    """
    missing = [word for word in UNIT_NEEDS[unit] if word not in store.columns]
    if missing:
        raise SegmentationError(
            f"sections of unit '{unit}' need {', '.join(missing)}",
            where=store.population.path,
            hint="name the columns under [address] of the population, or choose another unit",
        )
    levels = store.levels
    counts = _count(store, unit, levels)
    homes, n = _homes(counts, levels)
    if not homes:
        raise SegmentationError(
            "no household has a valid address",
            where=store.population.path,
            hint="a postcode such as 1234AB and a house number are needed; check [address] of the population",
        )
    households = np.array(n, dtype=np.int64)
    section = merge_units(homes, households, minimum)
    order = sorted(range(len(homes)), key=lambda at: homes[at])
    section, households = section[order], households[order]
    size = np.bincount(section, households).astype(np.int64)
    regions = {
        level: _most(section, [homes[at][place] for at in order], households) for place, level in enumerate(levels)
    }
    units = pa.array([homes[at][-1] for at in order], pa.string())
    return Sections(unit, units, section, size, regions, store.n_households - int(size.sum()))


def _count(store: HouseholdStore, unit: str, levels: tuple[str, ...]) -> pa.Table:
    """Households per unit and area."""
    words = list(dict.fromkeys((*UNIT_NEEDS[unit], *levels)))
    found, names = [], [*levels, "unit"]
    for batch in store.batches(words, text="reading addresses"):
        columns = [pc.fill_null(batch.column(level), "") for level in levels]
        table = pa.table([*columns, unit_keys(batch, unit)], names=names)
        table = table.filter(pc.is_valid(table["unit"]))
        found.append(table.group_by(names).aggregate([([], "count_all")]))
    whole = pa.concat_tables(found).group_by(names).aggregate([("count_all", "sum")])
    return whole.rename_columns([*names, "n"])


def _homes(counts: pa.Table, levels: tuple[str, ...]) -> tuple[list[tuple[str, ...]], list[int]]:
    """Path and households of every unit; the path ends with the four-digit postcode (of postcodes) and the unit."""
    totals: dict[str, int] = {}
    best: dict[str, tuple[int, tuple[str, ...]]] = {}
    areas = [counts[level].to_pylist() for level in levels]
    places = zip(*areas, strict=True) if levels else iter([()] * len(counts))
    for unit, n, place in zip(counts["unit"].to_pylist(), counts["n"].to_pylist(), places, strict=True):
        totals[unit] = totals.get(unit, 0) + n
        if unit not in best or (-n, place) < best[unit]:
            best[unit] = (-n, place)
    units = sorted(totals)
    return [(*best[unit][1], unit[:4], unit) for unit in units], [totals[unit] for unit in units]


def _most(section: NDArray[np.int64], codes: list[str], households: NDArray[np.int64]) -> NDArray[np.str_]:
    """The code that most households of each section have; the lowest where these are equal."""
    names, code = np.unique(np.array(codes, dtype=np.str_), return_inverse=True)
    pairs, inverse = np.unique(np.stack([section, code]), axis=1, return_inverse=True)
    n = np.bincount(inverse.ravel(), households)
    turn = np.lexsort((pairs[1], -n, pairs[0]))
    first = turn[np.unique(pairs[0][turn], return_index=True)[1]]
    return np.asarray(names[pairs[1][first]], dtype=np.str_)
