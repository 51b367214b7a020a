"""What an address selection has to keep to: how long it lives, which opt-out lists go first and how old they are."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from profiling.config import Config, load_config
from profiling.population.config import AddressColumns


class OptOutSource(Config):
    """A list of addresses that want no mail, with its date: in a column, or in the name of each delivery."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    nl: str
    en: str
    files: str = Field(description="CSV or Parquet; of several deliveries the newest counts, as postfilter-*.csv")
    columns: AddressColumns
    date: str | None = Field(None, description="column with the date of the list; its name has it when left out")


class SelectionPolicy(Config):
    """`configs/selections.toml`."""

    valid_days: int = Field(28, ge=1, le=28, description="days after which a selection must be destroyed")
    opt_out_days: int = Field(30, ge=1, description="oldest opt-out list that may be used, in days")
    minimum: int = Field(10, ge=10, description="fewer addresses than this are not counted and not selected")
    control: float = Field(0.1, ge=0, le=0.5, description="part held back at random, to learn what the mailing does")
    response: float = Field(
        0.01, gt=0, lt=1, description="share that comes without mail; what the power is reckoned with"
    )
    opt_outs: tuple[OptOutSource, ...] = Field(min_length=1)


def load_policy(path: Path) -> SelectionPolicy:
    """Read the policy.

    Raises
    ------
    ConfigError
        With every fault in the file.
    """
    return load_config(path, SelectionPolicy)
