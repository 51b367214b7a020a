"""The profile sketch (profielschets): who these households are and what interests them, as tables and sentences.

Index, n and interval are counted over *all* households; the order of the interests comes from the descriptive model
(`training.explain`). Where the two point opposite ways the row says so. Documents are made in `reporting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling import measures
from profiling.errors import SchemaError
from profiling.population.config import HardFeature, SoftFeature
from profiling.profiles.disclosure import MINIMUM, suppress
from profiling.training.explain import COUNTS, Drivers, Effects, Soft, soft_columns
from profiling.vocabulary import LANGUAGES, TERMS, Language, number

FORMAT = 1
CONFIDENCE = 0.95
# Narrower than for areas: an interest that 80 % of the base have cannot get beyond index 125.
LIMITS = (90.0, 110.0)
SMALLEST_TRAIT_SHARE = 5.0
LEVELS_PER_TRAIT = 2
SEGMENTS = ("code", "nl", "en", "n", "penetration", "share", "index", "index_low", "index_high")
_WHOLE = ("n", "n_base", "rank", "rank_low", "rank_high", "n_features")
_FIGURES = ("share_profile", "share_base", "index", "index_low", "index_high")
_MEDIANS = ("median_profile", "median_base", "percentile")
_SIGNED = ("shap", "shap_low", "shap_high", "stability")
_SENTENCES = ("sentence_nl", "sentence_en")
INTERESTS = (
    *("channel", "column", "nl", "en", "n", "n_base", *_FIGURES, *_SIGNED[:3], "rank", "rank_low", "rank_high"),
    *("stability", "direction", "conflict", "suppressed", *_SENTENCES),
)
TRAITS = ("kind", "column", "nl", "en", "group", "level", *_MEDIANS, "n", *_FIGURES, *_SENTENCES)
_TABLES = {"interests": INTERESTS, "segments": (*SEGMENTS, *_SENTENCES), "traits": TRAITS}


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
        limits = dict(zip(("below", "above"), self.limits, strict=True))
        limits |= {"confidence": CONFIDENCE, "smallest_cell": MINIMUM, "smallest_trait_share": SMALLEST_TRAIT_SHARE}
        return {
            "format": FORMAT,
            "profile": {each: getattr(about, each) for each in ("name", "version", "nl", "en")},
            "base": {"nl": about.base_nl, "en": about.base_en},
            **{each: getattr(about, each) for each in ("snapshot", "n_profile", "n_base")},
            "penetration": float(f"{100.0 * about.n_profile / about.n_base:.6g}"),
            "limits": limits,
            "samples": dict(self.samples),
            "headlines": {language: _headlines(self, language) for language in LANGUAGES},
            "notes": {language: _notes(self, language) for language in LANGUAGES},
            "channels": _channels(self.interests),
            **{name: _records(getattr(self, name)) for name in _TABLES},
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
    limits: tuple[float, float] = LIMITS,
) -> Sketch:
    """Put the sketch together.

    Parameters
    ----------
    counts : from `InterestCounts.table`, over all households of the base.
    effects : from `signed_effects`; None where the population has no soft features.
    segments : columns `SEGMENTS`, one row per sub segment; those with an interval above 100 are shown.
    drivers : None where the profile model has no boosters.
    limits : an interest is average from the first up to and including the second, and where its interval holds 100.

    Raises
    ------
    SchemaError
        When columns are missing or counts and effects are not about the configured soft features.
    """
    wanted = list(soft_columns(soft))
    faults = [f"counts: column '{each}' is missing" for each in ("column", *COUNTS) if each not in counts]
    faults += [f"segments: column '{each}' is missing" for each in SEGMENTS if each not in segments]
    there = {"the counts": list(counts.get("column", [])), "the effects": list(effects.columns if effects else ())}
    other = [f"'{each}' of {name}" for name, has in there.items() for each in sorted(set(has) ^ set(wanted))]
    faults += [f"not in both the configuration and the counts or effects: {', '.join(other)}"] if other else []
    if faults:
        raise SchemaError("does not fit together", where="sketch", faults=faults)
    found = [] if drivers is None else _rows(drivers.features())
    named = pd.DataFrame([{**_titles(row["column"], (hard or {}).get(row["column"])), **row} for row in found])
    kinds = ("members", "others", "explained")
    samples: dict[str, int | None] = {f"effects_{each}": getattr(effects, f"n_{each}", 0) for each in kinds}
    samples |= {each: getattr(effects, each, 0) for each in ("trees", "leaves")}
    samples |= {f"traits_{each}": getattr(traits, f"n_{each}", None) for each in ("profile", "base")}
    samples |= {f"drivers_{each}": getattr(drivers, f"n_{each}", None) for each in kinds[:2]}
    return Sketch(
        about=about,
        limits=limits,
        samples={
            **samples,
            "resamples": len(effects.resamples) if effects else 0,
            "bags": None if drivers is None else len(drivers.bags),
        },
        interests=pd.DataFrame(_interests(soft, counts, effects, limits) if effects else [], columns=list(INTERESTS)),
        segments=_segments(segments),
        traits=pd.DataFrame() if traits is None else traits.table,
        drivers={"groups": pd.DataFrame() if drivers is None else drivers.by_group(), "features": named},
    )


@dataclass(frozen=True, eq=False)
class Traits:
    """Household traits from a random sample of the base: rows as in the sketch, and the sizes of the sample."""

    table: pd.DataFrame
    n_profile: int
    n_base: int


def summarise_traits(
    table: pd.DataFrame,
    member: NDArray[np.bool_],
    hard: Mapping[str, HardFeature],
    limits: tuple[float, float] = LIMITS,
) -> Traits:
    """Where the profile differs from the base in its hard features, the largest difference first.

    A number gets its median in both, and the percentile of the base at which the profile's median lies (50 = equal).
    Of classes, and of numbers with two values, up to two levels are given that are above average and that at least
    `SMALLEST_TRAIT_SHARE` % of the profile have. All differences are ordered by percentage points of households.

    Parameters
    ----------
    table : one row per household of a simple random sample of the base (or of all of it), the profile included.
    member : bool array of shape (n,), true for households of the profile.
    """
    rows: list[dict[str, Any]] = []
    for column, feature in hard.items():
        values = table[column]
        about = {**_titles(column, feature), "group": feature.group}
        if feature.kind == "numeric" and values.nunique() > 2:
            rows += _median(values.to_numpy(dtype=np.float64, na_value=np.nan), member, about)
        else:
            rows += _levels(values, member, about, limits)
    rows.sort(key=lambda row: (-row.pop("distance"), row["column"], str(row["level"])))
    return Traits(pd.DataFrame(rows, columns=list(TRAITS)), int(np.count_nonzero(member)), len(member))


def _median(values: NDArray[np.float64], member: NDArray[np.bool_], about: dict[str, Any]) -> list[dict[str, Any]]:
    base, profile = values[~np.isnan(values)], values[member & ~np.isnan(values)]
    if len(profile) < MINIMUM:
        return []
    middle = float(np.median(profile))
    percentile = float(100.0 * ((base < middle).mean() + (base == middle).mean() / 2.0))
    row = {**about, "kind": "numeric", "level": None, "n": None, **dict.fromkeys(_FIGURES)}
    row |= dict(zip(_MEDIANS, (middle, float(np.median(base)), percentile), strict=True))
    decimals = 0 if middle.is_integer() and row["median_base"].is_integer() else 1
    for each in LANGUAGES:
        sides = {side: number(row[f"median_{side}"], each, decimals) for side in ("profile", "base")}
        row[f"sentence_{each}"] = _say("median", each, title=row[each], **sides)
    return [{**row, "distance": abs(percentile - 50.0)}]


def _levels(
    values: pd.Series, member: NDArray[np.bool_], about: dict[str, Any], limits: tuple[float, float]
) -> list[dict[str, Any]]:
    text = values.map(lambda each: f"{each:g}" if isinstance(each, float) else str(each), na_action="ignore")
    base = text.value_counts().sort_index()
    n = text[member].value_counts().reindex(base.index, fill_value=0)
    levels, whole = [str(each) for each in base.index], (int(n.sum()), int(base.sum()))
    cells = {("", level): (int(n[level]), int(base[level])) for level in levels}
    hidden = _hidden({"": whole}, cells)
    found = _figures(n.to_numpy(), base.to_numpy(), *whole, limits).assign(level=levels, n=n.to_numpy())
    shown = found[(found["direction"] == "above") & (found["share_profile"] >= SMALLEST_TRAIT_SHARE)]
    shown = shown[~shown["level"].isin([level for _, level in hidden])]
    shown = shown.assign(distance=shown["share_profile"] - shown["share_base"]).nlargest(LEVELS_PER_TRAIT, "distance")
    rows = []
    for row in _rows(shown):
        said = {f"sentence_{each}": _read(row, each, f"{about[each]}: {row['level']}", limits) for each in LANGUAGES}
        rows.append({**about, "kind": "level", **dict.fromkeys(_MEDIANS), **row, **said})
    return rows


def _interests(soft: Soft, counts: pd.DataFrame, effects: Effects, limits: tuple[float, float]) -> list[dict[str, Any]]:
    counted = {row["column"]: [int(row[each]) for each in COUNTS] for row in _rows(counts)}
    cells = {(column, "has"): (n[0], n[2]) for column, n in counted.items()}
    cells |= {(column, "has not"): (n[1] - n[0], n[3] - n[2]) for column, n in counted.items()}
    hidden = _hidden({column: (n[1], n[3]) for column, n in counted.items()}, cells)
    place = {column: each for each, column in enumerate(effects.columns)}
    signed = dict(zip(_SIGNED, (effects.effect, *effects.extremes, effects.stability), strict=True))
    rows: list[dict[str, Any]] = []
    for channel, features in soft.items():
        shown = [column for column in features if (column, "has") not in hidden]
        ranks = {row["column"]: row for row in _rows(effects.ranks(shown))}
        for column in sorted(features, key=lambda each: ranks[each]["rank"] if each in ranks else len(features) + 1):
            row: dict[str, Any] = {"channel": channel, **_titles(column, features[column])}
            row |= dict.fromkeys(("n", "n_base", *_FIGURES, *signed, "rank", "rank_low", "rank_high", "direction"))
            row |= {"conflict": False, "suppressed": column not in ranks}
            if column in ranks:
                n, known, n_base, known_base = counted[column]
                row |= {"n": n, "n_base": n_base, **_rows(_figures([n], [n_base], known, known_base, limits))[0]}
                row |= ranks[column] | {name: float(values[place[column]]) for name, values in signed.items()}
                towards = np.nan_to_num(row["shap"])
                row["conflict"] = bool(towards > 0 > row["index_high"] - 100 or towards < 0 < row["index_low"] - 100)
            rows.append(row | {f"sentence_{each}": _read(row, each, row[each], limits) for each in LANGUAGES})
    return rows


def _segments(segments: pd.DataFrame) -> pd.DataFrame:
    chosen = segments[(segments["index_low"] > 100.0) & (segments["n"] >= MINIMUM)]
    rows = _rows(chosen.sort_values(["index", "code"], ascending=[False, True])[list(SEGMENTS)])
    return pd.DataFrame([row | {f"sentence_{each}": _read(row, each, row[each]) for each in LANGUAGES} for row in rows])


def _figures(n: Any, n_base: Any, known: int, known_base: int, limits: tuple[float, float]) -> pd.DataFrame:
    """Shares, index, interval and direction of households with something, among those of whom it is known."""
    part, whole = np.asarray(n, dtype=np.float64), np.asarray(n_base, dtype=np.float64)
    low, high = measures.index_interval(part, whole, all_profile=known, all_n=known_base, confidence=CONFIDENCE)
    index = measures.index(part, whole, all_profile=known, all_base=known_base)
    shares = (100.0 * part / max(known, 1), 100.0 * whole / max(known_base, 1))
    figures = pd.DataFrame(dict(zip(_FIGURES, (*shares, index, low, high), strict=True)))
    return figures.assign(direction=measures.map_class(index, low, high, limits))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _hidden(
    totals: Mapping[str, tuple[int, int]], cells: Mapping[tuple[str, str], tuple[int, int]]
) -> set[tuple[str, str]]:
    """The cells (feature, level) that may not be shown; by the one rule for small cells."""
    rows = [(repr(total), *n) for total, n in totals.items()] + [(repr(cell), *n) for cell, n in cells.items()]
    table = pd.DataFrame(rows, columns=["cell", "n", "n_base"])
    parents = {repr(cell): repr(cell[0]) for cell in cells}
    marked = suppress(table, count="n", base="n_base", derived=[], parents={"cell": parents})
    hidden = set(marked.loc[marked["suppressed"], "cell"])
    return {cell for cell in cells if repr(cell) in hidden}


_NL = {
    "frame": "{title} komt in dit profiel {how} ({figures}).",
    "above": "{times} keer zo vaak voor als gemiddeld",
    "below": "minder vaak voor dan gemiddeld, {times} keer zo vaak",
    "average": "ongeveer even vaak voor als gemiddeld",
    "unsure": "misschien vaker of minder vaak voor dan gemiddeld, maar dat is niet zeker",
    "hidden": "{title}: te weinig huishoudens om te tonen.",
    "conflict": " Let op: het beschrijvende model wijst de andere kant op; verwante interesses kunnen dat doen.",
    "segment": "Van {title} hoort {part}% bij het profiel, {times} keer zo vaak als gemiddeld ({figures}).",
    "median": "{title}: de helft van het profiel zit op of onder {profile}; in de basis is dat {base}.",
    "size": "Dit profiel telt {n} huishoudens: {part}% van {base}.",
    "segments": "Deze segmenten springen eruit: {names}.",
    "channel": "{channel}, vaker dan gemiddeld: {names}.",
    "chance": "Een grotere kans, geen zekerheid. De schets gaat over huishoudens als geheel, niet over personen.",
    "luck": "Van elke 20 interesses zonder verschil valt er door toeval ongeveer 1 buiten de marge.",
    "conflicts": "Bij {n} interesses wijzen index en model verschillende kanten op; dat staat erbij.",
}
_EN = {
    "frame": "{title} occurs {how} ({figures}).",
    "above": "{times} times as often in this profile as on average",
    "below": "less often in this profile than on average, {times} times as often",
    "average": "about as often in this profile as on average",
    "unsure": "perhaps more or less often in this profile than on average, but that is not certain",
    "hidden": "{title}: too few households to show.",
    "conflict": " Note: the descriptive model points the other way; related interests can cause this.",
    "segment": "Of {title}, {part}% belongs to the profile, {times} times as often as on average ({figures}).",
    "median": "{title}: half of the profile is at or below {profile}; in the base that is {base}.",
    "size": "This profile has {n} households: {part}% of {base}.",
    "segments": "These segments stand out: {names}.",
    "channel": "{channel}, more often than average: {names}.",
    "chance": "An increased chance, no certainty. The sketch is about households as a whole, not about persons.",
    "luck": "Of every 20 interests without a difference about 1 falls outside its interval by chance.",
    "conflicts": "For {n} interests index and model point different ways; their rows say so.",
}


def _say(key: str, language: Language, **values: object) -> str:
    return (_NL if language == "nl" else _EN)[key].format(**values)


def _read(row: Mapping[str, Any], language: Language, title: str, limits: tuple[float, float] = LIMITS) -> str:
    """A row with an index read aloud; one with a penetration is a segment."""
    if row["index"] is None:
        return _say("hidden", language, title=title)
    index, low, high, n = (number(row[each], language) for each in ("index", "index_low", "index_high", "n"))
    times = number(row["index"] / 100.0, language, 1 if row["index"] >= 10 else 2)
    figures = f"index {index}, {low}–{high}; n = {n}"
    if "penetration" in row:
        part = number(row["penetration"], language, 1)
        return _say("segment", language, title=title, part=part, times=times, figures=figures)
    unsure = row["direction"] == "average" and not limits[0] <= row["index"] <= limits[1]
    how = _say("unsure" if unsure else row["direction"], language, times=times)
    warning = _say("conflict", language) if row.get("conflict") else ""
    return _say("frame", language, title=title, how=how, figures=figures) + warning


def _headlines(sketch: Sketch, language: Language) -> list[str]:
    about, found = sketch.about, sketch.interests
    part = number(100.0 * about.n_profile / about.n_base, language, 1)
    base = getattr(about, f"base_{language}")
    lines = [_say("size", language, n=number(about.n_profile, language), part=part, base=base)]
    top = [f"{row[language]} (index {number(row['index'], language)})" for row in _records(sketch.segments)[:3]]
    lines += [_say("segments", language, names=", ".join(top))] * bool(top)
    for channel in dict.fromkeys(found["channel"]):
        names = found[language][(found["channel"] == channel) & (found["direction"] == "above")].head(3)
        title = TERMS[channel].name(language) if channel in TERMS else channel
        lines += [_say("channel", language, channel=title[:1].upper() + title[1:], names=", ".join(names))] * any(names)
    return lines


def _notes(sketch: Sketch, language: Language) -> list[str]:
    conflicts = int(sketch.interests["conflict"].sum())
    return [_say(key, language, n=conflicts) for key in ["conflicts"] * bool(conflicts) + ["chance", "luck"]]


def _channels(interests: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for channel in dict.fromkeys(interests["channel"]):
        part = interests[interests["channel"] == channel]
        nl, en = (TERMS[channel].nl, TERMS[channel].en) if channel in TERMS else (channel, channel)
        sides = {f"n_{side}": int((part["direction"] == side).sum()) for side in ("above", "below")}
        doubts = {"n_conflicts": int(part["conflict"].sum()), "n_suppressed": int(part["suppressed"].sum())}
        rows.append({"channel": channel, "nl": nl, "en": en, "n_interests": len(part), **sides, **doubts})
    return rows


def _titles(column: str, feature: SoftFeature | HardFeature | None) -> dict[str, str]:
    nl = feature.nl if feature and feature.nl else column
    return {"column": column, "nl": nl, "en": feature.en if feature and feature.en else nl}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON-able values: six significant digits, None for what is missing, whole numbers as such."""

    def plain(name: str, value: Any) -> Any:
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return None
        if name in _WHOLE:
            return int(value)
        return float(f"{value:.6g}") if isinstance(value, float) else value

    return [{name: plain(name, value) for name, value in row.items()} for row in _rows(table)]
