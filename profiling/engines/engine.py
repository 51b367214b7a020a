"""What an engine is: the few things that differ between one machine and many. Everything else is written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from profiling import engines
from profiling.errors import ConfigError
from profiling.plugs import discover
from profiling.population.store import HouseholdStore
from profiling.scoring.score import Scores
from profiling.training.model import Model


class Engine(Protocol):
    """Scores and counts. Every engine gives the same bytes, so results never say which one made them."""

    def score(
        self, model: Model, store: HouseholdStore, folder: Path, *, seed: int, inputs: Mapping[str, Any]
    ) -> Scores:
        """Score, rank and write all households: `scoring.score.score`, or its equal."""
        ...

    def query(self, sql: str, tables: Mapping[str, Path]) -> pd.DataFrame:
        """Run SQL that DuckDB and Spark share over Parquet files, by the names that the SQL calls them."""
        ...


@dataclass(frozen=True)
class EngineSpec:
    """An engine as a plug: which addresses are its own, what they look like, and how it is opened.

    `open` raises ConfigError when something that the engine needs is not installed.
    """

    name: str
    form: str
    takes: Callable[[str], bool]
    open: Callable[[str], Engine]


def open_engine(address: str) -> Engine:
    """The engine of an address such as "local" or "spark://host:7077".

    Raises
    ------
    ConfigError
        When no engine takes it; the message lists the forms that there are.
    """
    specs: Mapping[str, EngineSpec] = discover(engines, "ENGINE")
    for spec in specs.values():
        if spec.takes(address):
            return spec.open(address)
    forms = "; ".join(spec.form for spec in specs.values())
    raise ConfigError(f"there is no engine '{address}'", where="--engine", hint=f"choose from {forms}")
