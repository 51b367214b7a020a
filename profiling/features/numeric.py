"""Family "numeric": amounts and counts, as they are."""

from __future__ import annotations

from profiling.features.family import FeatureFamily, to_numbers

FAMILY = FeatureFamily(
    name="numeric",
    categorical=False,
    levels=lambda _column, _feature: (),
    encode=lambda column, _levels: to_numbers(column),
)
