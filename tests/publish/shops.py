"""A published profile of a small country with many segments, made without training anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from profiling.population.scheme import SegmentScheme
from profiling.profiles.library import Listed
from profiling.profiles.shown import Shown, protect
from profiling.publish.published import Published

SUBS = ("A01", "A02", "A03", "B04", "B05", "C06", "C07", "C08")
LEVELS = ("provincie", "gemeente", "wijk", "buurt")


@dataclass(frozen=True)
class Country:
    """Households with area, segment, and whether each is in the profile; and the same as a published profile."""

    households: pd.DataFrame
    published: Published = field(repr=False)


def country(seed: int = 0, *, n: int = 6_000, buurten: int = 36, depth: float = 0.12, minimum: int = 10) -> Country:
    """Unequal buurten and segments; the profile is strongest in A."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 1.0, buurten)
    place = rng.choice(buurten, n, p=size / size.sum())
    mix = rng.dirichlet(np.full(len(SUBS), 1.2), buurten)
    segment = np.array([rng.choice(len(SUBS), p=mix[each]) for each in place])
    score = rng.normal(size=n) + np.array([2.0, 1.5, 1.0, 0.5, 0.2, 0.0, -0.5, -1.0])[segment]
    inside = score > np.quantile(score, 1 - depth)
    codes = {
        "provincie": [f"PV{20 + each // 18}" for each in place],
        "gemeente": [f"GM{100 + each // 9:04d}" for each in place],
        "wijk": [f"WK{100 + each // 9:04d}{each // 3 % 3:02d}" for each in place],
        "buurt": [f"BU{100 + each // 9:04d}{each // 3 % 3:02d}{each % 3:02d}" for each in place],
    }
    households = pd.DataFrame({**codes, "segment": np.array(SUBS)[segment], "in_profile": inside})
    return Country(households, published(households, minimum=minimum))


def cells_of(households: pd.DataFrame) -> pd.DataFrame:
    """Counts as `count_cells` makes them."""
    grouped = households.groupby([*LEVELS, "segment"], as_index=False)["in_profile"].agg(["size", "sum"]).reset_index()
    return grouped.rename(columns={"size": "n_base", "sum": "n_profile"}).drop(columns="index", errors="ignore")


def scheme() -> SegmentScheme:
    """Three main segments."""
    mains = [{"code": code, "nl": f"Hoofd {code}"} for code in "ABC"]
    subs = [{"code": code, "main": code[0], "nl": f"Sub {code}"} for code in SUBS]
    return SegmentScheme.model_validate({"name": "small-3-8", "main": mains, "sub": subs})


def opened_from(shown: Shown, main_of: dict[str, str]) -> Published:
    """A shown table as a published profile, with a scheme of codes alone."""
    opened = _opened(shown, "large", 10, "2026-10-01", 1, 1)
    mains = [{"code": code} for code in sorted(set(main_of.values()))]
    subs = [{"code": code, "main": main} for code, main in main_of.items()]
    scheme = SegmentScheme.model_validate({"name": "large", "main": mains, "sub": subs})
    opened.__dict__.update(names={}, scheme=scheme)
    return opened


def published(
    households: pd.DataFrame, *, name: str = "shop", minimum: int = 10, snapshot: str = "2026-10-01"
) -> Published:
    """The households as a published profile whose tables are in memory."""
    shown: Shown = protect(cells_of(households), LEVELS, scheme().main_of(), minimum=minimum)
    opened = _opened(shown, name, minimum, snapshot, len(households), int(households["in_profile"].sum()))
    names = {(level, code): f"Plaats {code[2:]}" for level in LEVELS for code in households[level].unique()}
    opened.__dict__.update(names=names, scheme=scheme())
    return opened


def _opened(shown: Shown, name: str, minimum: int, snapshot: str, n_base: int, n_profile: int) -> Published:
    manifest: dict[str, Any] = {
        "snapshot": snapshot,
        "n_base": n_base,
        "last_rank": n_profile,
        "population": {
            "name": "small",
            "nl": "het kleine land",
            "en": "the small country",
            "areas": {"year": 2024, **{level: level for level in LEVELS}},
        },
        "config": {"publish": {"minimum_cell": minimum}},
        "nl": f"Profiel {name}",
        "en": f"Profile {name}",
    }
    opened = Published(Listed(name, 1, "0" * 12, "published", ""), Path("nowhere"), manifest)
    opened.__dict__.update(shown=shown)
    return opened
