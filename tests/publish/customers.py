"""A small country with a library of two profiles, its address book, and customers of a library; without training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from profiling.artefacts import writing_folder
from profiling.population.address_book import AddressBook, build_address_book
from profiling.population.checks import segment_scheme
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles import library as profile_library
from profiling.profiles.shown import protect
from profiling.profiles.shown_tables import to_tables
from profiling.publish.bundle import CELLS, FITTED, HOUSEHOLDS, NAMES, SCHEME, SHOWN
from profiling.publish.cells import count_cells
from profiling.publish.published import Published, open_published
from tests.tiny import Tiny, tiny_country


@dataclass(frozen=True)
class Country:
    """What tests of customer files need: `rows` are 900 customers, one per household, who live in all areas."""

    folder: Path
    tiny: Tiny
    book: AddressBook
    deep: Published
    small: Published
    rows: pd.DataFrame

    def csv(self, rows: pd.DataFrame | None = None) -> bytes:
        """The customers as a library would export them."""
        chosen = self.rows if rows is None else rows
        return chosen[["id", "postcode", "number", "addition"]].to_csv(index=False, sep=";").encode()


def make_country(folder: Path) -> Country:
    """Households with one address each; a profile of the top 20 %, and another of the top 10 % by another score."""
    tiny = tiny_country()
    tiny.write(folder / "country")
    store = open_population(load_population(folder / "country" / "population.toml"))
    deep, small = (
        publish(store, tiny, folder / "library", name, depth) for name, depth in (("deep", 0.2), ("small", 0.1))
    )
    # Only addresses with one household, so that who is found can be reckoned without the address book.
    known = tiny.households.assign(ext=tiny.households["ext"].fillna(""))
    alone = known[~known.duplicated(["pc", "nr"], keep=False)]
    chosen = alone.iloc[np.random.default_rng(5).permutation(len(alone))[:900]]
    rows = pd.DataFrame(
        {
            "id": [f"L{i:04d}" for i in range(len(chosen))],
            "postcode": chosen["pc"].str.replace("(....)(..)", r"\1 \2", regex=True),
            "number": chosen["nr"],
            "addition": chosen["ext"].str.lower(),
            "key": chosen["key"],
        }
    ).reset_index(drop=True)
    return Country(folder, tiny, build_address_book(store, folder / "work"), deep, small, rows)


def publish(store: HouseholdStore, tiny: Tiny, library: Path, name: str, depth: float) -> Published:
    """A bundle with the parts that customer files are held against; segment A01 and little education score high."""
    seed = sum(map(ord, name))
    given = tiny.households
    score = (given["segment"] == "A01") + (given["education"] == "low") + np.random.default_rng(seed).random(len(given))
    rank = score.rank(ascending=False, method="first").astype("int64")
    last, version = round(depth * len(given)), f"{seed:012x}"
    names = {"prov": "provincie", "gem": "gemeente", "wk": "wijk", "bu": "buurt", "key": "household_id"}
    households = given[["key", "prov", "gem", "wk", "bu", "segment"]].rename(columns=names)
    households = households.assign(score=score, rank=rank, in_profile=rank <= last)
    scheme = segment_scheme(store)
    assert scheme is not None
    population = store.population.config.model_dump(mode="json")
    manifest = {
        "nl": f"Profiel {name}",
        "en": f"Profile {name}",
        "n_base": len(given),
        "last_rank": last,
        "snapshot": population["snapshot"],
        "population": population,
        "config": {"publish": {}},
        "inputs": {"population": store.fingerprint},
    }
    with writing_folder(library / name / version, manifest) as aside:
        households.to_parquet(aside / HOUSEHOLDS, index=False)
        cells = count_cells(aside / HOUSEHOLDS, last, [*store.levels, "segment"])
        cells.to_parquet(aside / CELLS, index=False)
        shown, fitted = to_tables(protect(cells, store.levels, scheme.main_of()))
        shown.to_parquet(aside / SHOWN, index=False)
        fitted.to_parquet(aside / FITTED, index=False)
        pd.DataFrame({"level": ["gemeente"], "code": ["GM0100"], "name": ["Eerste"]}).to_parquet(aside / NAMES)
        (aside / SCHEME).write_text(json.dumps(scheme.model_dump(mode="json")))
    profile_library.add(library, name, version)
    return open_published(library, name)
