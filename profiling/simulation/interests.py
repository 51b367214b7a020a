"""Soft features by channel: hobbies, buying, media, mentality. Links to the NT1 trait are planted here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.streams import intercept, logistic
from profiling.simulation.traits import Traits

Floats = NDArray[np.float64]
MISSING = 0.03
# share of households that have it, then the effects (log odds per standard deviation) of vulnerability, age,
# children, city, schooling and wealth; all assumed
INTERESTS: dict[str, dict[str, tuple[float, ...]]] = {
    "hobby": {
        "watching_tv": (0.55, 0.65, 0.25, 0.0, 0.0, 0.0, 0.0),
        "puzzles": (0.30, 0.45, 0.50, 0.0, 0.0, 0.0, 0.0),
        "gardening": (0.38, 0.0, 0.45, 0.0, -0.5, 0.0, 0.15),
        "reading_books": (0.45, -0.60, 0.20, 0.0, 0.0, 0.3, 0.0),
        "fishing": (0.09, 0.55, 0.0, 0.0, -0.2, 0.0, 0.0),
        "gaming": (0.26, 0.20, -0.80, 0.25, 0.0, 0.0, 0.0),
        "museums": (0.22, -0.55, 0.25, 0.0, 0.3, 0.5, 0.0),
        "football": (0.27, 0.30, -0.25, 0.25, 0.0, -0.1, 0.0),
        "running": (0.20, -0.35, -0.45, 0.0, 0.1, 0.2, 0.0),
        "cooking": (0.34, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0),
        "bingo": (0.08, 0.80, 0.45, 0.0, 0.0, 0.0, 0.0),
        "walking": (0.48, 0.0, 0.20, 0.0, -0.1, 0.0, 0.0),
    },
    "buying": {
        "discount_supermarket": (0.42, 0.60, 0.0, 0.1, 0.0, 0.0, -0.1),
        "organic_food": (0.20, -0.55, 0.0, 0.0, 0.3, 0.4, 0.1),
        "mail_order": (0.16, 0.45, 0.30, 0.0, -0.1, 0.0, 0.0),
        "online_shopping": (0.55, -0.20, -0.60, 0.1, 0.0, 0.0, 0.0),
        "lottery": (0.30, 0.50, 0.30, 0.0, 0.0, 0.0, 0.0),
        "garden_centre": (0.35, 0.0, 0.45, 0.0, -0.5, 0.0, 0.15),
        "brand_clothing": (0.24, -0.30, -0.30, 0.0, 0.1, 0.0, 0.3),
        "second_hand": (0.28, 0.25, -0.20, 0.1, 0.0, 0.0, -0.2),
        "toys": (0.25, 0.0, -0.20, 1.10, 0.0, 0.0, 0.0),
        "wine": (0.30, -0.40, 0.20, 0.0, 0.0, 0.2, 0.2),
    },
    "media": {
        "television_series": (0.55, 0.65, 0.25, 0.0, 0.0, 0.0, 0.0),
        "public_broadcaster": (0.40, -0.25, 0.65, 0.0, 0.0, 0.2, 0.0),
        "commercial_television": (0.45, 0.55, 0.0, 0.0, 0.0, 0.0, 0.0),
        "quality_newspaper": (0.16, -0.70, 0.40, 0.0, 0.2, 0.4, 0.0),
        "free_local_paper": (0.38, 0.40, 0.45, 0.0, -0.2, 0.0, 0.0),
        "facebook": (0.52, 0.40, 0.10, 0.1, 0.0, 0.0, 0.0),
        "linkedin": (0.30, -0.60, -0.40, 0.0, 0.1, 0.4, 0.0),
        "regional_radio": (0.25, 0.35, 0.35, 0.0, -0.2, 0.0, 0.0),
        "podcasts": (0.28, -0.40, -0.50, 0.0, 0.1, 0.3, 0.0),
        "video_streaming": (0.50, 0.0, -0.70, 0.2, 0.0, 0.0, 0.0),
    },
    "mentality": {
        "family_first": (0.45, 0.25, 0.0, 0.60, -0.1, 0.0, 0.0),
        "career": (0.26, -0.45, -0.60, 0.0, 0.1, 0.3, 0.0),
        "price_conscious": (0.48, 0.55, 0.0, 0.0, 0.0, 0.0, -0.2),
        "sustainability": (0.30, -0.45, -0.10, 0.0, 0.1, 0.4, 0.0),
        "tradition": (0.34, 0.30, 0.40, 0.0, -0.2, 0.0, 0.0),
        "adventure": (0.25, 0.0, -0.45, 0.0, 0.0, 0.1, 0.0),
        "security": (0.40, 0.40, 0.30, 0.0, 0.0, 0.0, 0.0),
        "status": (0.18, 0.0, -0.30, 0.0, 0.0, 0.0, 0.3),
    },
}
# Near-duplicates: the second is the first, but for one household in eight.
TWINS = {
    "media_television_series": "hobby_watching_tv",
    "buying_garden_centre": "hobby_gardening",
}
DIFFERENT = 0.12
EFFECTS = {f"{channel}_{name}": values for channel, all_of in INTERESTS.items() for name, values in all_of.items()}
# Direction of each planted link with low literacy: over- (+1) or under-represented (-1).
PLANTED = {name: (1 if values[1] > 0 else -1) for name, values in EFFECTS.items() if abs(values[1]) >= 0.3}


@dataclass(frozen=True)
class InterestModel:
    """Intercepts that give every interest its share in the country."""

    intercepts: dict[str, float]


def fit_interests(pilot: Traits) -> InterestModel:
    """Take the intercepts from a sample of the country."""
    linear = _linear(pilot)
    return InterestModel(
        {name: intercept(linear[:, at], values[0]) for at, (name, values) in enumerate(EFFECTS.items())}
    )


def soft_columns(model: InterestModel, traits: Traits, rng: np.random.Generator) -> dict[str, pa.Array]:
    """0 or 1 per interest, with gaps."""
    n, linear = len(traits), _linear(traits)
    has: dict[str, NDArray[np.bool_]] = {}
    columns: dict[str, pa.Array] = {}
    for at, name in enumerate(EFFECTS):
        u = rng.random(n, dtype=np.float32)
        gone = rng.random(n, dtype=np.float32) < MISSING
        own = u < logistic(linear[:, at] + model.intercepts[name])
        has[name] = np.where(rng.random(n) < DIFFERENT, own, has[TWINS[name]]) if name in TWINS else own
        columns[name] = pa.array(has[name].astype(np.int8), pa.int8(), mask=gone)
    return columns


def _linear(traits: Traits) -> Floats:
    drivers = np.column_stack(
        [
            traits.vulnerability,
            (traits.age - 52) / 18.0,
            traits.children > 0,
            (3 - traits.urbanity) / 1.4,
            traits.schooling,
            traits.wealth,
        ]
    )
    linear: Floats = drivers @ np.array([values[1:] for values in EFFECTS.values()]).T
    return linear
