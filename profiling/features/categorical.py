"""Family "categorical": classes without order, as codes in alphabetical order of the classes seen in training."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from profiling.features.family import FeatureFamily, as_text, to_codes
from profiling.population.config import HardFeature


def learn_levels(column: pa.Array, _feature: HardFeature | None) -> tuple[str, ...]:
    """The classes seen, in alphabetical order."""
    return tuple(sorted(pc.unique(as_text(column)).drop_null().to_pylist()))


FAMILY = FeatureFamily(name="categorical", categorical=True, levels=learn_levels, encode=to_codes)
