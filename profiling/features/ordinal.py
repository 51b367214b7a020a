"""Family "ordinal": classes with an order, as their place in that order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from profiling.features.family import FeatureFamily, to_codes, to_numbers
from profiling.population.config import HardFeature


def _levels(_column: pa.Array, feature: HardFeature | None) -> tuple[str, ...]:
    return feature.levels if feature else ()


def _encode(column: pa.Array, levels: Sequence[str]) -> NDArray[Any]:
    return to_codes(column, levels) if levels else to_numbers(column)


FAMILY = FeatureFamily(name="ordinal", categorical=False, levels=_levels, encode=_encode)
