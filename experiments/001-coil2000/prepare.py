"""The training table of the CoIL 2000 challenge as a household file, with row numbers and postcode areas."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd

from profiling.artefacts import writing
from profiling.errors import SchemaError

POPULATION = Path(__file__).parent.parent.parent / "configs" / "populations" / "coil2000.toml"
ROWS, OWNERS = 5_822, 348
TARGET = "Purchase"


def prepare(source: Path, folder: Path) -> Path:
    """Write `folder`/households.parquet: household, area, the 85 attributes, and CARAVAN (1 = has a caravan policy).

    Raises
    ------
    SchemaError
        When the table is not the training table of the challenge. The targets of its evaluation set must never come
        in here: who has seen them can no longer be measured by them.
    """
    if not source.is_file():
        raise SchemaError("there is no such file", where=source, hint="make experiment-001 fetches it")
    table = pd.read_csv(source)
    faults = [f"column '{name}' is missing" for name in attributes() if name not in table]
    faults += [f"{len(table):,} rows, expected {ROWS:,}"] if len(table) != ROWS else []
    if TARGET not in table or not set(table[TARGET]) <= {"Yes", "No"}:
        faults.append(f"'{TARGET}' is missing, or holds something else than Yes and No")
    elif (owners := int((table[TARGET] == "Yes").sum())) != OWNERS:
        faults.append(f"{owners:,} owners, expected {OWNERS}")
    if faults:
        raise SchemaError(
            "is not the training table of CoIL 2000", where=source, faults=faults, hint="take it out of ISLP 0.6.0"
        )
    out = table[attributes()].assign(CARAVAN=(table[TARGET] == "Yes").astype("int8"))
    out.insert(0, "household", [f"{number:05d}" for number in range(1, len(out) + 1)])
    out.insert(1, "area", areas(table))
    with writing(folder / "households.parquet") as aside:
        out.to_parquet(aside, index=False)
    return folder / "households.parquet"


def areas(table: pd.DataFrame) -> list[str]:
    """A code per postcode area, in order of appearance: rows with the same M-columns are taken to be neighbours."""
    about = [name for name in table.columns if name.startswith("M")]
    return [f"A{number + 1:04d}" for number in table.groupby(about, sort=False).ngroup()]


def attributes() -> list[str]:
    """The 85 columns that the population's configuration knows, without the target."""
    said = tomllib.loads(POPULATION.read_text(encoding="utf-8"))
    named = [said["segments"]["column"], *said["hard"], *said["soft"]["buying"], *said["excluded"]]
    return [name for name in named if name != "CARAVAN"]
