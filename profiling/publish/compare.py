"""Tables that hold candidate reference groups side by side, made from counts and measures; small cells are hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.external import ExternalValidity
from profiling.evaluation.overlap import mix_distance
from profiling.evaluation.stability import jaccard
from profiling.population.scheme import SegmentScheme
from profiling.profiles.disclosure import MINIMUM, SUPPRESSED, suppress
from profiling.publish.figures import COLUMNS, with_figures
from profiling.publish.tables import TOTAL
from profiling.reference.group import ReferenceGroup

LIMITS = (80.0, 120.0)
_SHARED = ("shared", "jaccard", "of_left", "of_right")
_SEGMENT = ("candidate", "of", "code", "name", "n_profile", "n_base", "share", "base_share", "index", "index_low")


def funnel_table(groups: Mapping[str, ReferenceGroup]) -> pd.DataFrame:
    """Every step of every group: candidate, step, nl, en, unit, n, and what fell out there in words (dropped_nl, …)."""
    rows = []
    for name, group in groups.items():
        for step in group.funnel:
            lost = [each for each in step.dropped if each.n]
            rows.append(
                {
                    "candidate": name,
                    "step": step.key,
                    "nl": step.nl,
                    "en": step.en,
                    "unit": step.unit,
                    "n": int(step.n),
                    "dropped_nl": "; ".join(f"{each.nl} ({each.n:,})".replace(",", ".") for each in lost),
                    "dropped_en": "; ".join(f"{each.en} ({each.n:,})" for each in lost),
                }
            )
    columns = ["candidate", "step", "nl", "en", "unit", "n", "dropped_nl", "dropped_en"]
    return pd.DataFrame(rows, columns=columns)


def hide_small_overlaps(pairs: pd.DataFrame, minimum: int = MINIMUM) -> pd.DataFrame:
    """Hide what pairs share where it is a small cell, or where what they do not share is one.

    As n_left and n_right are shown, the shared households also tell how many of each side are not shared: one to nine
    of these are a small cell as well. None at all is shown, as a group may lie within another by its rule.

    Parameters
    ----------
    pairs : left, right, n_left, n_right, shared, jaccard, of_left, of_right, as from `group_overlap`.

    Returns
    -------
    The same rows; where hidden, `shared` and all that follows from it are missing and `suppressed` is true.
    """
    rest = [(pairs[side] - pairs["shared"]).where(lambda n: n > 0, minimum) for side in ("n_left", "n_right")]
    smallest = pd.concat([pairs["shared"], *rest], axis=1).min(axis=1).astype("int64")
    marked = suppress(
        pairs.assign(smallest=smallest),
        count="smallest",
        derived=_SHARED,
        parents={"left": {}, "right": {}},
        minimum=minimum,
    )
    return marked.drop(columns="smallest")


def profile_overlap(inside: Mapping[str, NDArray[np.bool_]], minimum: int = MINIMUM) -> pd.DataFrame:
    """What profiles share, pair by pair.

    Parameters
    ----------
    inside : profile → bool array of shape (n_households,); all in the same order.

    Returns
    -------
    left, right, n_left, n_right, shared, jaccard, of_left, of_right, by_chance (the Jaccard of two profiles of these
    sizes that are drawn by lot), suppressed.
    """
    rows: list[dict[str, Any]] = []
    for left, right in combinations(inside, 2):
        one, other = inside[left], inside[right]
        n_left, n_right, n = int(one.sum()), int(other.sum()), len(one)
        shared = int((one & other).sum())
        lot = n_left * n_right / n
        rows.append(
            {
                "left": left,
                "right": right,
                "n_left": n_left,
                "n_right": n_right,
                "shared": shared,
                "jaccard": jaccard(one.astype(np.float64), other.astype(np.float64)),
                "of_left": shared / n_left,
                "of_right": shared / n_right,
                "by_chance": lot / (n_left + n_right - lot),
            }
        )
    return hide_small_overlaps(pd.DataFrame(rows), minimum)


def segment_mix(
    candidate: str, counts: pd.DataFrame, scheme: SegmentScheme | None, minimum: int = MINIMUM
) -> pd.DataFrame:
    """A reference group by sub segment against the households of the areas that its source covers.

    Parameters
    ----------
    counts : code, n_profile (households of the group) and n_base (all households there); shape (n_segments, 3).

    Returns
    -------
    Rows as `profile_mix` gives them, with of = "group".
    """
    counts = counts.assign(profile=counts["n_profile"].astype(float), base=counts["n_base"].astype(float))
    table = with_figures(counts, LIMITS)
    total = {name: table[name].sum() for name in ("n_profile", "n_base", "profile", "base")}
    together = pd.concat([pd.DataFrame([{"code": TOTAL, **total}]), table], ignore_index=True)
    marked = suppress(
        together,
        count="n_profile",
        base="n_base",
        derived=["profile", "base", *COLUMNS],
        parents={"code": dict.fromkeys(table["code"], TOTAL)},
        minimum=minimum,
    )
    named = {each.code: each.nl or each.en for each in scheme.sub} if scheme else {}
    shown = marked[marked["code"] != TOTAL].assign(name=lambda rows: [named.get(code, "") for code in rows["code"]])
    return _mix_rows(candidate, "group", shown)


def profile_mix(candidate: str, table: pd.DataFrame) -> pd.DataFrame:
    """A profile by sub segment, from the table of its publication: the same cells are hidden here as there.

    Returns
    -------
    candidate, of ("profile"), code, name, n_profile, n_base, share, base_share, index, index_low, index_high,
    suppressed.
    """
    return _mix_rows(candidate, "profile", table)


def _mix_rows(candidate: str, of: str, table: pd.DataFrame) -> pd.DataFrame:
    found = table.assign(candidate=candidate, of=of)[[*_SEGMENT, "index_high", SUPPRESSED]]
    return found.reset_index(drop=True)


def no_mix() -> pd.DataFrame:
    """The table of segments where the population has none."""
    return pd.DataFrame(columns=[*_SEGMENT, "index_high", SUPPRESSED])


def mix_distances(counts: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """How far the segment mixes lie apart, pair by pair: left, right, distance (0 = the same, 1 = nothing shared).

    Parameters
    ----------
    counts : name → households per segment, shape (n_segments,), all in the same order.
    """
    rows = [(left, right, mix_distance(counts[left], counts[right])) for left, right in combinations(counts, 2)]
    return pd.DataFrame(rows, columns=["left", "right", "distance"])


def disagreement(tables: Mapping[str, pd.DataFrame], fewest: int = 100) -> pd.DataFrame:
    """Areas on which profiles disagree, the most first.

    Profiles disagree on an area where the interval of the highest index lies above that of the lowest. Cells that the
    publication of a profile hides are hidden here too, and their area is judged by the other profiles.

    Parameters
    ----------
    tables : profile → its published table of areas (`area_tables`); code, name, n_base, n_profile, index, index_low,
        index_high, suppressed.
    fewest : areas with fewer households are left out.

    Returns
    -------
    One row per area and profile: rank (1 = disagree most), code, name, difference (highest index minus lowest),
    candidate, n_profile, n_base, index, index_low, index_high, suppressed.
    """
    columns = ["code", "name", "n_profile", "n_base", "index", "index_low", "index_high", SUPPRESSED]
    rows = pd.concat([table[columns].assign(candidate=name) for name, table in tables.items()], ignore_index=True)
    found = []
    judged = rows[~rows[SUPPRESSED] & (rows["n_base"].fillna(0) >= fewest)]
    for code, area in judged.groupby("code", sort=True):
        ordered = area.sort_values("index", kind="stable")
        index, low, high = (ordered[each].to_numpy(dtype=np.float64) for each in ("index", "index_low", "index_high"))
        if low[-1] > high[0]:
            found.append((float(index[-1] - index[0]), str(code)))
    found.sort(key=lambda each: (-each[0], each[1]))
    order = {code: (place, difference) for place, (difference, code) in enumerate(found, 1)}
    kept = rows[rows["code"].isin(list(order))]
    kept = kept.assign(
        rank=[order[code][0] for code in kept["code"]], difference=[order[code][1] for code in kept["code"]]
    )
    names = ["rank", "code", "name", "difference", "candidate", *columns[2:]]
    return kept.sort_values("rank", kind="stable", ignore_index=True)[names]


def cross_table(found: pd.DataFrame, depth: float, minimum: int = MINIMUM) -> pd.DataFrame:
    """Cross-capture in %, with lift and its interval; a pair with fewer than `minimum` households is hidden.

    Parameters
    ----------
    found : model, group, capture, low, high (0..1), lift, n, as from `cross_capture`.
    depth : part of the base at which was measured.
    """
    scaled = found.assign(
        lift_low=found["low"] / depth,
        lift_high=found["high"] / depth,
        **{name: 100.0 * found[name] for name in ("capture", "low", "high")},
    )
    derived = ["capture", "low", "high", "lift", "lift_low", "lift_high"]
    return suppress(
        scaled[["model", "group", "n", *derived]],
        count="n",
        derived=derived,
        parents={"model": {}, "group": {}},
        minimum=minimum,
    )


def external_row(candidate: str, found: ExternalValidity) -> dict[str, Any]:
    """How a profile agrees with outside figures, as one row."""
    return {
        "candidate": candidate,
        "matched": found.matched,
        "covered": 100.0 * found.covered,
        "spearman": found.spearman.value,
        "low": found.spearman.low,
        "high": found.spearman.high,
        "slope": found.relative_slope.value,
        "slope_low": found.relative_slope.low,
        "slope_high": found.relative_slope.high,
        "circular": found.circular,
        "notes_nl": " ".join(each["nl"] for each in found.notes),
        "notes_en": " ".join(each["en"] for each in found.notes),
    }


def estimate(said: Any, unit: float = 1.0) -> dict[str, Any] | None:
    """A measure as value and interval, however it is written: a number, [low, high], or a dict with these words.

    Returns
    -------
    value (None where only ends are known) and interval ([low, high] or None), times `unit`; None where there is
    nothing.
    """
    if said is None or isinstance(said, bool | str):
        return None
    if isinstance(said, int | float):
        return {"value": unit * said, "interval": None} if np.isfinite(said) else None
    if isinstance(said, Sequence):
        return {"value": None, "interval": [unit * float(each) for each in said]} if len(said) == 2 else None
    words = ("value", "share", "estimate", "distance", "statistic")
    value = next((said[each] for each in words if isinstance(said.get(each), int | float)), None)
    ends = said.get("interval") or said.get("bracket") or [said.get("low"), said.get("high")]
    if value is None and None in ends:
        return None
    return {
        "value": None if value is None else unit * value,
        "interval": None if None in ends else [unit * float(each) for each in ends],
    }


def check_names(names: Sequence[str]) -> None:
    """Refuse a comparison of fewer than two candidates, or of two with the same name.

    Raises
    ------
    MeasureError
        With the names.
    """
    double = sorted({each for each in names if names.count(each) > 1})
    if len(names) < 2 or double:
        what = f"'{double[0]}' stands twice" if double else f"{len(names)} candidate: there is nothing to compare"
        raise MeasureError(
            what, where="compare", hint="give two or more profile configurations, each with its own name"
        )
