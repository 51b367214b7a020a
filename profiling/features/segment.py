"""Family "segment": the sub segment of the household, as a code."""

from __future__ import annotations

from profiling.features.categorical import learn_levels
from profiling.features.family import FeatureFamily, to_codes

FAMILY = FeatureFamily(name="segment", categorical=True, levels=learn_levels, encode=to_codes)
