"""The report card of a profile version: everything that a data scientist and a model card need, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from profiling.artefacts import library_versions
from profiling.population.config import PopulationConfig
from profiling.profiles.config import ProfileConfig
from profiling.profiles.profile import Profile
from profiling.publish.sketch_text import channel_titles
from profiling.reference.group import ReferenceGroup
from profiling.training.model import Model
from profiling.vocabulary import LANGUAGES, Language, number, percent, term

TIES = {
    "nl": "Bij gelijke score gaat het huishouden met de kleinste hash van zijn sleutel voor.",
    "en": "Of two equal scores, the household with the smaller hash of its key comes first.",
}
CONTRASTS = {
    "population": {
        "nl": "De referentiegroep is vergeleken met {unlabelled} andere huishoudens, a-select getrokken uit de {areas} "
        "gebieden ({level}) waar de bron vandaan komt. {outside} referentiehuishoudens wonen daarbuiten en telden "
        "niet mee.",
        "en": "The reference group was contrasted with {unlabelled} other households, drawn at random from the {areas} "
        "areas ({level}) that the source covers. {outside} reference households live elsewhere and did not count.",
    },
    "other": {
        "nl": "Dat zijn {unlabelled} huishoudens in de {areas} gebieden ({level}) waar de bron vandaan komt. {outside} "
        "referentiehuishoudens wonen daarbuiten en telden niet mee.",
        "en": "These are {unlabelled} households in the {areas} areas ({level}) that the source covers. {outside} "
        "reference households live elsewhere and did not count.",
    },
}
DIRT = {
    "nl": "Naar schatting leende {share} van de groep voor anderen (marge {low} tot {high}); van een zuivere groep zou "
    "deze schatting {floor} zeggen.",
    "en": "An estimated {share} of the group borrowed for others (interval {low} to {high}); of a pure group this "
    "estimate would say {floor}.",
}
COUNTS = {
    "nl": "Van deze groep zijn alleen aantallen per postcode bekend. Wie er in een postcode bedoeld is, is geleerd "
    "uit wat postcodes met veel en met weinig mensen onderscheidt; elk huishouden telt mee naar die kans (winst op "
    "gebieden buiten het model: {fit}; 0 is toeval).",
    "en": "Of this group only counts per postcode are known. Who is meant within a postcode was learned from what sets "
    "postcodes with many people apart from those with few; each household counts by that chance (gain on areas outside "
    "the model: {fit}; 0 is chance).",
}
BIAS = {
    "nl": "Geleerd van leden van de bibliotheek: wie lid wordt, bepaalt mee wie hier gevonden wordt.",
    "en": "Learned from library members: who joins a library partly decides who is found here.",
}


def report_card(
    config: ProfileConfig,
    population: PopulationConfig,
    group: ReferenceGroup,
    model: Model,
    profile: Profile,
    tables: Mapping[str, pd.DataFrame],
    drivers: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Collect the card. Percentages are in %, an index of 100 is average; see `reporting.profile_page`.

    Parameters
    ----------
    tables : frames by name: "areas_<level>" and "segments_sub", disclosure control applied.
    findings : what every check says, in the order of the page.
    """
    kind, value = next(iter(config.cutoff.model_dump(exclude_none=True).items()))
    penetration = 100.0 * profile.n_profile / profile.n_base
    base = {"nl": population.nl or population.name, "en": population.en or population.name}
    card: dict[str, Any] = {
        "profile": {
            "name": profile.name,
            "title": {"nl": profile.nl, "en": profile.en},
            "version": profile.version,
            "purpose": config.purpose.model_dump(),
            "contact": config.contact,
            "made_by": f"lookalike-profiling {library_versions()['lookalike-profiling']}",
        },
        "snapshot": str(population.snapshot),
        "base": {"name": base, "households": profile.n_base},
        "cutoff": {
            "kind": kind,
            "value": 100.0 * value if kind == "depth" else value,
            "households": profile.n_profile,
            "penetration": penetration,
            "ties": TIES,
        },
        "reference": _reference(group),
        "contrast": {language: _contrast(model.measures, language) for language in LANGUAGES},
        "checks": list(findings),
        "models": model.measures["models"],
        "drivers": drivers,
        "bias": config.bias.model_dump() if config.bias else BIAS,
        "features": {
            "hard": list(model.encoder.names),
            "soft": {channel: sorted(columns) for channel, columns in population.soft.items()},
            "excluded": list(population.excluded),
            "names": {
                name: {"nl": feature.nl or name, "en": feature.en or feature.nl or name}
                for name, feature in population.hard.items()
                if name in model.encoder.names
            },
        },
        "disclosure": {"minimum": config.publish.minimum_cell},
        "fingerprints": dict(profile.inputs),
        "seed": config.seed,
        "versions": library_versions(),
    }
    for optional in ("stability", "calibration"):
        if optional in model.measures:
            card[optional] = model.measures[optional]
    if "segments_sub" in tables:
        card["segments"] = {"level": "sub", "rows": _rows(tables["segments_sub"], config)}
    levels = [name.removeprefix("areas_") for name in tables if name.startswith("areas_")]
    shown = next((level for level in ("gemeente", "provincie", "wijk", "buurt") if level in levels), None)
    if shown and population.areas:
        card["areas"] = {
            "level": shown,
            "year": population.areas.year,
            "limits": list(config.publish.limits),
            "rows": _rows(tables[f"areas_{shown}"], config),
        }
    return card


def feature_names(card: Mapping[str, Any], kind: str, language: Language) -> list[str]:
    """Features of a card as a reader knows them ("hard", "excluded"), or the channels of "soft".

    A card of before they had names gives the names of the columns.
    """
    features = card["features"]
    if kind == "soft":
        return [channel_titles(each)[language].lower() for each in features.get("soft") or {}]
    names = features.get("names") or {}
    return [str((names.get(each) or {}).get(language) or each) for each in features[kind]]


def _contrast(measures: Mapping[str, Any], language: Language) -> str:
    """With whom the group was compared and why, and how many of it seem to have borrowed for others."""
    said = measures["contrast"]
    numbers = {name: number(said[name], language, 0) for name in ("unlabelled", "areas", "outside")}
    text = CONTRASTS["population" if said["kind"] == "population" else "other"][language]
    text = text.format(level=term(said["block"], language), **numbers)
    if "why" in said:
        text = f"{said['why'][language]} {text}"
    counts = said.get("learned_from_counts")
    if counts:
        text += " " + COUNTS[language].format(fit=number(counts["fit"], language, 3))
    dirt = measures.get("dirt")
    if dirt:
        low, high = dirt["interval"]
        shares = {"share": dirt["share"], "low": low, "high": high, "floor": dirt["floor"]}
        shown = {name: percent(100.0 * value, language, 0) for name, value in shares.items()}
        text += " " + DIRT[language].format(**shown)
    return text


def _reference(group: ReferenceGroup) -> dict[str, Any]:
    config = group.inputs["config"]
    funnel = [
        {
            "step": step.key,
            "title": {"nl": step.nl, "en": step.en},
            "count": step.n,
            "unit": step.unit,
            "dropped": [{"reason": {"nl": each.nl, "en": each.en}, "count": each.n} for each in step.dropped if each.n],
        }
        for step in group.funnel
    ]
    return {
        "title": {"nl": group.nl or group.name, "en": group.en or group.name},
        "households": len(group),
        "minimum": config["minimum"],
        "as_of": config["as_of"],
        "rule": group.inputs["settings"],
        "funnel": funnel,
    }


def _rows(table: pd.DataFrame, config: ProfileConfig) -> list[dict[str, Any]]:
    rows = []
    for each in table.to_dict("records"):
        row: dict[str, Any] = {"code": each["code"], "name": each["name"], "suppressed": bool(each["suppressed"])}
        if row["suppressed"]:
            rows.append({**row, "class": "suppressed"})
            continue
        rows.append(
            {
                **row,
                "n": int(each["n_profile"]),
                "base_n": int(each["n_base"]),
                "penetration": each["penetration"],
                "share": each["share"],
                "base_share": each["base_share"],
                "index": each["index"],
                "interval": [each["index_low"], each["index_high"]],
                "class": each["map_class"],
            }
        )
    return rows
