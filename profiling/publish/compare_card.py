"""The comparison of candidates as plain data (compare.json): what its page is made of, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from profiling.artefacts import library_versions
from profiling.population.config import PopulationConfig
from profiling.profiles.config import ProfileConfig
from profiling.profiles.library import told_apart
from profiling.profiles.profile import Profile
from profiling.publish.compare import estimate
from profiling.reference.group import ReferenceGroup
from profiling.training.frame import TrainingFrame
from profiling.training.settings import TrainingSettings
from profiling.vocabulary import LANGUAGES

Part = Mapping[str, Any]


def candidate_part(
    config: ProfileConfig,
    group: ReferenceGroup,
    frame: TrainingFrame,
    measures: Part,
    profile: Profile,
    own: Part,
    external: Part | None = None,
) -> dict[str, Any]:
    """One candidate: its group, its profile, and every measure; what was not measured is None.

    Parameters
    ----------
    measures : of the candidate's model. Of "dirt", "prior" and "contrast" is read what is there.
    own : its row of `cross_table` in which the profile finds its own group.
    external : its row of the table of outside figures.
    """
    contrast = measures.get("contrast") or {}
    stability = measures.get("stability") or {}
    jaccard = stability.get("jaccard")
    return {
        "name": config.name,
        "title": {"nl": config.nl, "en": config.en},
        "version": profile.version,
        "reference": {
            "title": {"nl": group.nl or group.name, "en": group.en or group.name},
            "as_of": group.inputs["config"]["as_of"],
            "minimum": group.inputs["config"]["minimum"],
        },
        "households": len(group),
        "used": frame.n_positive,
        "expected": float(sum(group.households.column("weight").to_pylist())),
        "outside": frame.catchment.n_outside,
        "contrast": contrast.get("kind"),
        "profile": {
            "households": profile.n_profile,
            "penetration": 100.0 * profile.n_profile / profile.n_base,
        },
        "capture": {"value": own["capture"], "interval": _ends(own, "low", "high"), "n": own["n"]},
        "lift": {"value": own["lift"], "interval": _ends(own, "lift_low", "lift_high")},
        "segment_index": _against(measures.get("models") or [], "segment-index"),
        "stability": None
        if jaccard is None
        else {"value": jaccard, "interval": stability.get("interval"), "lowest": stability.get("lowest")},
        "member_effect": _first(contrast, measures, "member_effect", "members_at_large"),
        "sar": _first(contrast, measures, "sar_distance", "sar", "scar", "membership_auc"),
        "dirt": estimate(measures.get("dirt"), 100.0),
        "class_size": estimate(measures.get("prior") or measures.get("class_prior"), 100.0),
        "external": None
        if external is None
        else {
            "value": external["spearman"],
            "interval": _ends(external, "low", "high"),
            "circular": bool(external["circular"]),
        },
    }


def titles_apart(candidates: Iterable[Part]) -> list[dict[str, Any]]:
    """The candidates, where two of the same title have their names behind it, and so have their groups."""
    parts = [{**each, "reference": dict(each["reference"])} for each in candidates]
    names = [part["name"] for part in parts]
    for holders in (parts, [part["reference"] for part in parts]):
        for language in LANGUAGES:
            titles = [holder["title"][language] for holder in holders]
            apart = told_apart(dict(zip(names, titles, strict=True)))
            for name, holder in zip(names, holders, strict=True):
                holder["title"] = {**holder["title"], language: apart[name]}
    return parts


def comparison_part(
    population: PopulationConfig,
    households: int,
    training: TrainingSettings,
    candidates: Sequence[Part],
    tables: Mapping[str, pd.DataFrame],
    advice: Part,
    *,
    minimum: int,
    area_level: str | None,
    external: str | None,
) -> dict[str, Any]:
    """All of the comparison: the base, how was measured, the candidates, the rows of every table, and the advice."""
    return {
        "base": {
            "name": {"nl": population.nl or population.name, "en": population.en or population.name},
            "households": households,
        },
        "snapshot": str(population.snapshot),
        "method": {
            "depth": 100.0 * training.depth,
            "folds": training.folds,
            "block": training.block,
            "replicates": training.replicates,
        },
        "candidates": list(candidates),
        "tables": {name: plain_rows(table) for name, table in tables.items()},
        "advice": advice,
        "area_level": area_level,
        "external": external,
        "disclosure": {"minimum": minimum},
        "made_by": f"lookalike-profiling {library_versions()['lookalike-profiling']}",
    }


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain values, each by column name; what is missing is None."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _ends(row: Part, low: str, high: str) -> list[float] | None:
    return None if row[low] is None or row[high] is None else [row[low], row[high]]


def _first(contrast: Part, measures: Part, *names: str) -> dict[str, Any] | None:
    """The first of these names that the measures know, in the contrast or beside it."""
    for said in (contrast, contrast.get("figures") or {}, measures):
        for name in names:
            found = estimate(said.get(name))
            if found:
                return found
    return None


def _against(models: Sequence[Part], rival: str) -> dict[str, Any] | None:
    """Capture of the model and of a rival by cross-validation, on the same households."""
    found = {}
    for each in models:
        role = "model" if each["role"] == "model" else "rival" if each["name"] == rival else ""
        capture = next((one for one in each["measures"] if one["measure"] == "capture"), None)
        if role and capture:
            found[role] = {"value": capture["value"], "interval": capture["interval"]}
    return found if len(found) == 2 else None
