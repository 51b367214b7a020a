"""The profile sketch (profielschets): who these households are and what interests them, as tables with sentences.

Index, n and interval are counted over *all* households; the order of the interests comes from the descriptive model
(`training.explain`). Where the two point opposite ways the row says so. Documents are made in `reporting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from profiling.errors import SchemaError
from profiling.features.soft import COUNTS, Soft, soft_columns
from profiling.population.config import HardFeature, Title
from profiling.profiles.disclosure import MINIMUM
from profiling.publish.figures import (
    CONFIDENCE,
    FIGURES_AMONG_KNOWN,
    LIMITS,
    as_rows,
    figures_among_known,
    hidden_cells,
)
from profiling.publish.sketch_text import (
    SENTENCES,
    channel_titles,
    headlines,
    index_sentence,
    notes,
    segment_sentence,
    titles,
)
from profiling.publish.traits import SMALLEST_TRAIT_SHARE, TRAITS, Traits
from profiling.training.drivers import Drivers
from profiling.training.explain import Effects
from profiling.vocabulary import LANGUAGES

FORMAT = 1
SEGMENTS = ("code", "nl", "en", "n", "penetration", "share", "index", "index_low", "index_high")
_RANKS = ("rank", "rank_low", "rank_high")
_WHOLE = ("n", "n_base", *_RANKS, "n_features", "households")
_SIGNED = ("shap", "shap_low", "shap_high", "stability")
INTERESTS = (
    *("channel", "column", "nl", "en", "n", "n_base", *FIGURES_AMONG_KNOWN, *_SIGNED[:3], *_RANKS),
    *("stability", "direction", "conflict", "suppressed", *SENTENCES),
)
_TABLES = {"interests": INTERESTS, "segments": (*SEGMENTS, *SENTENCES), "traits": TRAITS}


@dataclass(frozen=True)
class About:
    """What a sketch is about: the profile version, the base it is compared with (named, always), and both sizes."""

    name: str
    version: str
    nl: str
    en: str
    base_nl: str
    base_en: str
    snapshot: str
    n_profile: int
    n_base: int


@dataclass(frozen=True, eq=False)
class Sketch:
    """The sketch of one profile version: tables first, small cells already hidden."""

    about: About
    limits: tuple[float, float]
    samples: Mapping[str, int | None]
    interests: pd.DataFrame
    segments: pd.DataFrame
    traits: pd.DataFrame
    drivers: Mapping[str, pd.DataFrame]

    def __repr__(self) -> str:
        found = int((self.interests["direction"] == "above").sum())
        return f"Sketch({self.about.name}, {found} interests above average) · next: sketch_page(sketch.to_dict())"

    def to_dict(self) -> dict[str, Any]:
        """A deterministic JSON-able copy with headlines and notes: all that a document needs."""
        about = self.about
        sizes = (about.n_profile, about.n_base)
        bases = {"nl": about.base_nl, "en": about.base_en}
        limits = dict(zip(("below", "above"), self.limits, strict=True))
        limits |= {"confidence": CONFIDENCE, "smallest_cell": MINIMUM, "smallest_trait_share": SMALLEST_TRAIT_SHARE}
        tables = {name: _records(getattr(self, name)) for name in _TABLES}
        segments, interests = tables["segments"], tables["interests"]
        n_conflicts = sum(row["conflict"] for row in interests)
        return {
            "format": FORMAT,
            "profile": {each: getattr(about, each) for each in ("name", "version", "nl", "en")},
            "base": bases,
            **{each: getattr(about, each) for each in ("snapshot", "n_profile", "n_base")},
            "penetration": float(f"{100.0 * about.n_profile / about.n_base:.6g}"),
            "limits": limits,
            "samples": dict(self.samples),
            "headlines": {each: headlines(*sizes, bases[each], segments, interests, each) for each in LANGUAGES},
            "notes": {each: notes(n_conflicts, each) for each in LANGUAGES},
            "channels": _channels(self.interests),
            **tables,
            "drivers": {name: _records(table) for name, table in self.drivers.items()},
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Sketch:
        """The inverse of `to_dict`; raises SchemaError where it is of another format."""
        if said.get("format") != FORMAT:
            raise SchemaError(f"is of format {said.get('format')}, expected {FORMAT}", where="sketch")
        named, base = said["profile"], said["base"]
        sizes = {each: said[each] for each in ("snapshot", "n_profile", "n_base")}
        return cls(
            about=About(**named, base_nl=base["nl"], base_en=base["en"], **sizes),
            limits=(said["limits"]["below"], said["limits"]["above"]),
            samples=said["samples"],
            **{name: pd.DataFrame(said[name], columns=list(has), dtype=object) for name, has in _TABLES.items()},
            drivers={name: pd.DataFrame(rows, dtype=object) for name, rows in said["drivers"].items()},
        )


def make_sketch(
    about: About,
    *,
    soft: Soft,
    counts: pd.DataFrame,
    effects: Effects | None,
    segments: pd.DataFrame,
    traits: Traits | None = None,
    drivers: Drivers | None = None,
    hard: Mapping[str, HardFeature] | None = None,
    groups: Mapping[str, Title] | None = None,
    limits: tuple[float, float] = LIMITS,
) -> Sketch:
    """Put the sketch together.

    Parameters
    ----------
    counts : from `InterestCounts.table`, over all households of the base.
    effects : from `signed_effects`; None where the population has no soft features.
    segments : columns `SEGMENTS`, one row per sub segment; those with an interval above 100 are shown.
    drivers : None where the profile model has no boosters.
    hard, groups : titles of the drivers' features and of their groups; the key where there is none.
    limits : an interest is average from the first up to and including the second, and where its interval holds 100.

    Raises
    ------
    SchemaError
        When columns are missing or counts and effects are not about the configured soft features.
    """
    _check_fit(soft, counts, effects, segments)
    return Sketch(
        about=about,
        limits=limits,
        samples=_samples(effects, traits, drivers),
        interests=pd.DataFrame(_interests(soft, counts, effects, limits) if effects else [], columns=list(INTERESTS)),
        segments=_segments(segments),
        traits=pd.DataFrame() if traits is None else traits.table,
        drivers={
            "groups": pd.DataFrame() if drivers is None else _with_titles(drivers.by_group(), "group", groups or {}),
            "features": pd.DataFrame() if drivers is None else _with_titles(drivers.features(), "column", hard or {}),
            "sample": pd.DataFrame() if drivers is None else drivers.sample(),
        },
    )


def _check_fit(soft: Soft, counts: pd.DataFrame, effects: Effects | None, segments: pd.DataFrame) -> None:
    wanted = set(soft_columns(soft))
    faults = [f"counts: column '{each}' is missing" for each in ("column", *COUNTS) if each not in counts]
    faults += [f"segments: column '{each}' is missing" for each in SEGMENTS if each not in segments]
    there = {"the counts": set(counts.get("column", [])), "the effects": set(effects.columns if effects else ())}
    other = [f"'{each}' of {name}" for name, has in there.items() for each in sorted(has ^ wanted)]
    if other:
        faults.append(f"not in both the configuration and the counts or effects: {', '.join(other)}")
    if faults:
        raise SchemaError("does not fit together", where="sketch", faults=faults)


def _samples(effects: Effects | None, traits: Traits | None, drivers: Drivers | None) -> dict[str, int | None]:
    return {
        "effects_members": effects.n_members if effects else 0,
        "effects_others": effects.n_others if effects else 0,
        "effects_explained": effects.n_explained if effects else 0,
        "trees": effects.trees if effects else 0,
        "leaves": effects.leaves if effects else 0,
        "traits_profile": traits.n_profile if traits else None,
        "traits_base": traits.n_base if traits else None,
        "drivers_members": drivers.n_members if drivers else None,
        "drivers_others": drivers.n_others if drivers else None,
        "resamples": len(effects.resamples) if effects else 0,
        "bags": len(drivers.bags) if drivers else None,
    }


def _interests(soft: Soft, counts: pd.DataFrame, effects: Effects, limits: tuple[float, float]) -> list[dict[str, Any]]:
    """One row per interest: channel by channel, most typical of the profile first, hidden ones last."""
    counted = {row["column"]: [int(row[each]) for each in COUNTS] for row in as_rows(counts)}
    cells = {(column, "has"): (n[0], n[2]) for column, n in counted.items()}
    cells |= {(column, "has not"): (n[1] - n[0], n[3] - n[2]) for column, n in counted.items()}
    hidden = hidden_cells({column: (n[1], n[3]) for column, n in counted.items()}, cells)
    signed = np.column_stack([effects.effect, *effects.extremes, effects.stability]).tolist()
    effect = {column: dict(zip(_SIGNED, row, strict=True)) for column, row in zip(effects.columns, signed, strict=True)}
    rows: list[dict[str, Any]] = []
    for channel, features in soft.items():
        ranks = as_rows(effects.ranks([column for column in features if (column, "has") not in hidden]))
        shown = {rank["column"]: rank for rank in sorted(ranks, key=lambda each: each["rank"])}
        for column in [*shown, *(each for each in features if each not in shown)]:
            row: dict[str, Any] = {"channel": channel, "column": column, **titles(column, features[column])}
            if column in shown:
                row |= _interest(counted[column], limits) | shown[column] | effect[column]
                towards = np.nan_to_num(row["shap"])
                row["conflict"] = bool(towards > 0 > row["index_high"] - 100 or towards < 0 < row["index_low"] - 100)
                row["suppressed"] = False
            else:
                unknown = ("n", "n_base", *FIGURES_AMONG_KNOWN, *_SIGNED, *_RANKS, "direction")
                row |= {**dict.fromkeys(unknown), "conflict": False, "suppressed": True}
            rows.append(row | {f"sentence_{each}": index_sentence(row, row[each], limits, each) for each in LANGUAGES})
    return rows


def _interest(counted: list[int], limits: tuple[float, float]) -> dict[str, Any]:
    n, known, n_base, known_base = counted
    return {"n": n, "n_base": n_base, **as_rows(figures_among_known([n], [n_base], known, known_base, limits))[0]}


def _segments(segments: pd.DataFrame) -> pd.DataFrame:
    chosen = segments[(segments["index_low"] > 100.0) & (segments["n"] >= MINIMUM)]
    rows = as_rows(chosen.sort_values(["index", "code"], ascending=[False, True])[list(SEGMENTS)])
    return pd.DataFrame([row | {f"sentence_{each}": segment_sentence(row, each) for each in LANGUAGES} for row in rows])


def _with_titles(table: pd.DataFrame, key: str, said: Mapping[str, HardFeature | Title]) -> pd.DataFrame:
    """The same rows with the titles nl and en of `key` after it."""
    rows = as_rows(table)
    return pd.DataFrame([{key: row[key], **titles(row[key], said.get(row[key])), **row} for row in rows])


def _channels(interests: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for channel in dict.fromkeys(interests["channel"]):
        part = interests[interests["channel"] == channel]
        sides = {f"n_{side}": int((part["direction"] == side).sum()) for side in ("above", "below")}
        doubts = {"n_conflicts": int(part["conflict"].sum()), "n_suppressed": int(part["suppressed"].sum())}
        rows.append({"channel": channel, **channel_titles(channel), "n_interests": len(part), **sides, **doubts})
    return rows


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON-able values: six significant digits, None for what is missing, whole numbers as such."""

    def plain(name: str, value: Any) -> Any:
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return None
        if name in _WHOLE:
            return int(value)
        return float(f"{value:.6g}") if isinstance(value, float) else value

    return [{name: plain(name, value) for name, value in row.items()} for row in as_rows(table)]
