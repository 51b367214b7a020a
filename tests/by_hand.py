"""A published profile of the tiny country whose ranking is made by hand: in a library within a second, no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from profiling.artefacts import read_manifest, writing_folder
from profiling.config import resolve
from profiling.population.checks import area_names, segment_scheme
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles import library as profile_library
from profiling.profiles.config import load_profile_config
from profiling.profiles.profile import Profile
from profiling.profiles.shown import protect
from profiling.profiles.shown_tables import to_tables
from profiling.publish.bundle import Bundle, write_bundle
from profiling.publish.cells import count_cells
from profiling.publish.published import Published, open_published
from profiling.publish.tables import area_tables, only_shown, segment_tables
from profiling.scoring.score import FILE, Scores
from tests.tiny import Tiny


def publish_by_hand(
    tiny: Tiny, folder: Path, *, depth: float = 0.2, score: Callable[[pd.DataFrame], np.ndarray] | None = None
) -> tuple[Published, HouseholdStore]:
    """Write the country and a bundle of it under `folder/library`, and open both.

    Parameters
    ----------
    score : households (the tiny country's columns) → scores; at random when left out.
    """
    config_path = tiny.write(folder / "country")
    config = load_profile_config(config_path)
    store = open_population(load_population(resolve(config.population, beside=config_path, data=None)))
    raw = tiny.households
    values = np.random.default_rng(7).random(len(raw)) if score is None else score(raw)
    table = pd.DataFrame({"household_id": raw["key"], "score": values})
    table["rank"] = table["score"].rank(ascending=False, method="first").astype("int64")
    table["percentile"] = 100.0 * (1 - (table["rank"] - 1) / len(table))
    areas = store.population.config.areas
    levels = areas.levels if areas else {}
    for level, column in levels.items():
        table[level] = raw[column]
    table["segment"] = raw["segment"]
    with writing_folder(folder / "scores", {"n_households": len(table), "unseen": {}}) as aside:
        table.to_parquet(aside / FILE, index=False)
    scores = Scores(folder / "scores", read_manifest(folder / "scores"))
    last = round(depth * len(table))
    inputs = {"population": store.fingerprint, "scores": scores.fingerprint}
    profile = Profile(config.name, config.nl, config.en, config.cutoff, last, 0.0, len(table), inputs)
    names, scheme = area_names(store), segment_scheme(store)
    assert scheme is not None
    columns = ["level", "code", "name"]
    cells = count_cells(scores.file, last, [*store.levels, "segment"])
    shown = protect(cells, store.levels, scheme.main_of(), minimum=config.publish.minimum_cell)
    tables = {
        "names": pd.DataFrame([(*key, name) for key, name in sorted(names.items())], columns=columns),
        "cells": cells,
        **area_tables(cells, store.levels, names, config.publish),
        **segment_tables(cells, scheme, config.publish),
    }
    tables["shown"], tables["fitted"] = to_tables(shown)
    tables = only_shown(tables, shown)
    said = {"kind": "bundle", **profile.to_dict(), "snapshot": str(store.population.config.snapshot)}
    said |= {"config": config.identity(), "population": store.population.config.model_dump(mode="json")}
    bundle = Bundle(profile, said, tables, {}, {"scheme.json": scheme.model_dump(mode="json")})
    write_bundle(bundle, scores, folder / "library" / profile.name / profile.version)
    profile_library.add(folder / "library", profile.name, profile.version)
    return open_published(folder / "library", profile.name), store
