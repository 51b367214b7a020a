"""What a feature family is: it learns its levels once, and turns a column into numbers ever after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from profiling.population.config import HardFeature


@dataclass(frozen=True)
class FeatureFamily:
    """A plug of this room.

    `levels` learns the code book of a column from the training sample (shape (n,)) and its configuration;
    `encode` turns a column into numbers (float64 or narrower) with that code book, nan for missing and unseen.
    `categorical` says that the numbers are codes without order.
    """

    name: str
    categorical: bool
    levels: Callable[[pa.Array, HardFeature | None], tuple[str, ...]]
    encode: Callable[[pa.Array, Sequence[str]], NDArray[Any]]


def to_codes(column: pa.Array, levels: Sequence[str]) -> NDArray[np.float64]:
    """The place of each value in `levels` as a float, nan where it is missing or not among them."""
    # A column has few different values: those are compared as text, once each, and not every row.
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = pc.index_in(as_text(encoded.dictionary), value_set=pa.array(levels, pa.string()))
    table = np.append(np.asarray(pc.fill_null(pc.cast(codes, pa.float64()), np.nan), dtype=np.float64), np.nan)
    numbers: NDArray[np.float64] = table[np.asarray(pc.fill_null(encoded.indices, len(table) - 1))]
    return numbers


def to_numbers(column: pa.Array) -> NDArray[Any]:
    """Numbers that float64 holds exactly, nan where missing. Infinite stays infinite: `check_values` refuses it."""
    if pa.types.is_floating(column.type) or (pa.types.is_integer(column.type) and column.type.bit_width <= 32):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), np.nan), dtype=np.float64)


def as_text(column: pa.Array) -> pa.Array:
    """A column of codes as text; 3.0 reads as "3", so that a file's number type does not change its codes."""
    if pa.types.is_floating(column.type):
        whole = pc.cast(column, pa.int64(), safe=False)
        same = pc.equal(pc.cast(whole, column.type), column)
        return pc.if_else(same, pc.cast(whole, pa.string()), pc.cast(column, pa.string()))
    return pc.cast(column, pa.string())
