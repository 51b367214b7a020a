"""Engine "local": this machine, with pyarrow and DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from profiling.engines.engine import EngineSpec
from profiling.population.store import HouseholdStore
from profiling.scoring.score import Scores, score
from profiling.sql import open_database
from profiling.training.model import Model


@dataclass(frozen=True)
class LocalEngine:
    """Scores in a loop over batches; counts in DuckDB with two threads and at most 1 GB."""

    def score(
        self, model: Model, store: HouseholdStore, folder: Path, *, seed: int, inputs: Mapping[str, Any]
    ) -> Scores:
        """See `scoring.score.score`."""
        return score(model, store, folder, seed=seed, inputs=inputs)

    def query(self, sql: str, tables: Mapping[str, Path]) -> pd.DataFrame:
        """See `Engine.query`."""
        with open_database() as database:
            for name, path in tables.items():
                database.read_parquet(str(path)).create_view(name)
            counted: pd.DataFrame = database.sql(sql).to_arrow_table().to_pandas()
            return counted


LOCAL = LocalEngine()
ENGINE = EngineSpec("local", "local (this machine)", lambda address: address == "local", lambda _address: LOCAL)
