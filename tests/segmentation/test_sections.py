"""No section under ten households, every address in exactly one, and the same sections in any order of the rows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiling.errors import SegmentationError
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.segmentation.merging import merge_units
from profiling.segmentation.sections import build_sections
from tests.tiny import Tiny, tiny_country

PATHS = st.lists(st.tuples(*[st.integers(0, 3)] * 3, st.integers(0, 400)), min_size=1, max_size=60, unique=True)


def opened(tiny: Tiny, folder: Path) -> HouseholdStore:
    tiny.write(folder)
    return open_population(load_population(folder / "population.toml"))


@st.composite
def units(draw: st.DrawFn) -> tuple[list[tuple[str, ...]], np.ndarray, int]:
    paths = [tuple(f"{code:03d}" for code in path) for path in draw(PATHS)]
    n = draw(st.lists(st.integers(1, 25), min_size=len(paths), max_size=len(paths)))
    return paths, np.array(n), draw(st.integers(1, 40))


@given(units(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_sections_under_the_minimum_cannot_occur(given_units: tuple, random: object) -> None:
    paths, n, minimum = given_units
    if n.sum() < minimum:
        with pytest.raises(SegmentationError, match="cannot make a section"):
            merge_units(paths, n, minimum)
        return
    section = merge_units(paths, n, minimum)
    assert np.bincount(section, n).min() >= minimum
    turn = list(range(len(paths)))
    random.shuffle(turn)  # type: ignore[attr-defined]
    again = merge_units([paths[at] for at in turn], n[turn], minimum)
    assert (again == section[turn]).all()


@given(units())
@settings(max_examples=100, deadline=None)
def test_a_section_leaves_an_area_only_where_it_must(given_units: tuple) -> None:
    """Whoever shares a section with another area has an area, on one side at least, that could not stand alone."""
    paths, n, minimum = given_units
    if n.sum() < minimum:
        return
    section = merge_units(paths, n, minimum)
    for depth in (1, 2, 3):
        total: dict[tuple[str, ...], int] = {}
        for path, each in zip(paths, n.tolist(), strict=True):
            total[path[:depth]] = total.get(path[:depth], 0) + each
        for number in set(section.tolist()):
            areas = {path[:depth] for path, at in zip(paths, section.tolist(), strict=True) if at == number}
            assert len(areas) == 1 or any(total[area] < minimum for area in areas)


def test_every_address_stands_in_exactly_one_section(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households.loc[:49, "pc"] = None
    tiny.households.loc[50:59, "nr"] = "x"
    tiny.households.loc[60:64, "pc"] = "9999ZZ"  # five alone, far away
    store = opened(tiny, tmp_path)
    sections = build_sections(store)
    parts = [
        pa.table([batch.column("household_id"), sections.of(batch)], names=["key", "section"])
        for batch in store.batches(["household_id", *sections.words], size=300)
    ]
    with duckdb.connect() as connection:
        connection.register("given", pa.concat_tables(parts))
        found = connection.execute(
            "SELECT section, count(*), count(DISTINCT key) FROM given GROUP BY section ORDER BY section"
        ).fetchall()
    number, n, keys = (np.array(each) for each in zip(*found, strict=True))
    assert (number[0], n[0]) == (-1, 60)
    assert (n == keys).all()
    assert number[1:].tolist() == list(range(len(sections)))
    assert n[1:].tolist() == sections.households.tolist()
    assert n[1:].min() >= 10
    assert sections.coverage()["without_address"] == 60
    postcodes = duckdb.sql(
        f"SELECT count(DISTINCT pc) FROM '{tmp_path}/households.parquet' WHERE pc IS NOT NULL AND nr <> 'x'"
    ).fetchall()
    assert len(sections.units) == postcodes[0][0]


def test_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    tiny = tiny_country()
    first = build_sections(opened(tiny, tmp_path / "a"))
    tiny.households = tiny.households.sample(frac=1.0, random_state=3)
    second = build_sections(opened(tiny, tmp_path / "b"))
    assert first.units.equals(second.units)
    assert (first.section == second.section).all()
    assert first.regions["buurt"].tolist() == second.regions["buurt"].tolist()


def test_streets_of_one_name_in_two_buurten_are_two(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households["street"] = np.where(np.arange(len(tiny.households)) % 2, "Kerkstraat", "kerkstraat ")
    tiny.population["address"]["street"] = "street"
    sections = build_sections(opened(tiny, tmp_path), unit="street")
    assert len(sections.units) == tiny.households["bu"].nunique()


def test_no_addresses_is_said(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(SegmentationError, match="need street"):
        build_sections(opened(tiny, tmp_path / "a"), unit="street")
    tiny.households["pc"] = "nowhere"
    with pytest.raises(SegmentationError, match="no household has a valid address"):
        build_sections(opened(tiny, tmp_path / "b"))


def test_a_postcode_in_two_buurten_counts_for_the_one_with_most_of_its_households(tmp_path: Path) -> None:
    found = []
    for number, seed in enumerate((1, 2)):
        tiny = tiny_country(n=400)
        tiny.households["pc"] = [f"1000A{chr(65 + at % 8)}" for at in range(400)]
        few = np.arange(400) // 8 % 5 < 2
        tiny.households["bu"] = np.where(few, "BU01000000", "BU01000001")
        tiny.households[["wk", "gem", "prov"]] = ["WK010000", "GM0100", "PV20"]
        tiny.households = tiny.households.sample(frac=1.0, random_state=seed)
        sections = build_sections(opened(tiny, tmp_path / str(number)))
        assert set(sections.regions["buurt"].tolist()) == {"BU01000001"}
        found.append(sections.section.tolist())
    assert found[0] == found[1] == list(range(8))
