"""The encoder: which columns a model reads, in which order, with which code book. It goes wherever the model goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling import features
from profiling.errors import ConfigError, SchemaError, did_you_mean
from profiling.features.family import FeatureFamily
from profiling.plugs import discover
from profiling.population.config import PopulationConfig


@dataclass(frozen=True)
class EncodedFeature:
    """One model input: its column, its family, and the code book learned in training."""

    name: str
    family: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Encoder:
    """Turns batches of households into a float64 matrix with fixed columns.

    Missing and unseen values are nan, so a category that training never saw is treated as missing.
    """

    features: tuple[EncodedFeature, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns to ask of the store, in model order."""
        return tuple(each.name for each in self.features)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the features that are codes without order."""
        families = _families()
        return tuple(i for i, each in enumerate(self.features) if families[each.family].categorical)

    @property
    def segment(self) -> int | None:
        """Position of the segment, if the model reads it."""
        return next((i for i, each in enumerate(self.features) if each.family == "segment"), None)

    def matrix(self, batch: pa.RecordBatch | pa.Table, *, order: Literal["C", "F"] = "C") -> NDArray[np.float64]:
        """Model inputs of shape (n_households, n_features); in order "F" a column lies together in memory.

        Raises
        ------
        SchemaError
            When a value is infinite; the message names the column.
        """
        out = np.empty((batch.num_rows, len(self.features)), dtype=np.float64, order=order)
        families, infinite = _families(), list[str]()
        for i, each in enumerate(self.features):
            column = batch.column(each.name)
            array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            numbers = families[each.family].encode(array, each.levels)
            out[:, i] = numbers
            if not pa.types.is_integer(array.type) and numbers.dtype.kind == "f" and np.isinf(numbers).any():
                infinite.append(each.name)
        if infinite:
            names = ", ".join(f"'{name}'" for name in infinite)
            raise SchemaError(
                f"infinite values in {names}",
                where="household file",
                hint="leave the cell empty where nothing is known",
            )
        return out

    def to_dict(self) -> list[dict[str, Any]]:
        """A JSON-able copy."""
        return [asdict(each) for each in self.features]

    @classmethod
    def from_dict(cls, items: Sequence[Mapping[str, Any]]) -> Encoder:
        """The inverse of `to_dict`."""
        return cls(tuple(EncodedFeature(each["name"], each["family"], tuple(each["levels"])) for each in items))


def choose_features(config: PopulationConfig, chosen: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """The features of a model as (column, family): those chosen, or all hard features and the segment.

    Raises
    ------
    ConfigError
        When a chosen feature is soft, excluded or unknown.
    """
    hard: dict[str, str] = {name: feature.kind for name, feature in config.hard.items()}
    if config.segments:
        hard["segment"] = "segment"
    if not chosen:
        if not hard:
            raise ConfigError("there are no hard features to learn from", where=f"population {config.name}")
        return tuple(hard.items())
    soft = {name for channel in config.soft.values() for name in channel}
    faults = []
    for name in chosen:
        if name in soft:
            faults.append(f"'{name}' is a soft feature: it describes a profile and never makes one")
        elif name in config.excluded:
            faults.append(f"'{name}' is excluded by policy")
        elif name not in hard:
            faults.append(f"'{name}' is not a hard feature{did_you_mean(name, hard)}")
    if faults:
        raise ConfigError("features that cannot be used", where="features", faults=faults)
    return tuple((name, hard[name]) for name in chosen)


def fit_encoder(table: pa.Table, config: PopulationConfig, chosen: Sequence[str] = ()) -> Encoder:
    """Learn the code books from the training sample.

    Parameters
    ----------
    table : the training households, shape (n, …), with a column per feature.
    """
    families = _families()
    encoded = []
    for name, family in choose_features(config, chosen):
        levels = families[family].levels(table.column(name).combine_chunks(), config.hard.get(name))
        encoded.append(EncodedFeature(name, family, levels))
    return Encoder(tuple(encoded))


@cache
def _families() -> dict[str, FeatureFamily]:
    return discover(features, "FAMILY")
