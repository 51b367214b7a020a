"""A media plan: which channels fit a profile, by index and reach, from its published sketch alone.

How many households several channels reach together is not known: the sketch has each channel by itself, and people use
more than one. Together they reach at least the largest and at most the sum (Fréchet 1935, "Généralisation du théorème
des probabilités totales", Fundamenta Mathematicae 25); what lies between is said and never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from profiling import measures
from profiling.errors import ProfileError, Text, did_you_mean
from profiling.publish.published import Published
from profiling.publish.uses.about import About, about

SKETCH = "sketch.json"
STEADY = 0.8
BROAD = 50.0
Advice = Literal["targeted", "broad", "unsure", "skip"]
CHANNELS = (
    *("channel", "column", "nl", "en", "n", "share", "share_low", "share_high", "base_share", "index", "index_low"),
    *("index_high", "precision", "precision_low", "precision_high", "stability", "conflict", "advice", "suppressed"),
)
TOGETHER = ("step", "column", "nl", "en", "share", "least", "most", "independent")


@dataclass(frozen=True)
class MediaPlan:
    """What `plan_media` found.

    `channels` has a row per medium, the best first: n (profile households that use it), share (its reach in the
    profile, in %) with its interval, base_share, index with its interval, precision (part of its users in the profile,
    in %) with its interval, stability (0 to 1), conflict (the model says the opposite), advice: "targeted" (well above
    average, and steady), "broad" (average, and half of the profile or more), "unsure", "skip". `together` has a row per
    step of the plan: how many profile households the media so far reach together: least and most (bounds), and what it
    would be if using one told nothing of using another (independent).
    """

    about: About
    group: str
    n_profile: int
    channels: pd.DataFrame
    together: pd.DataFrame

    def __repr__(self) -> str:
        return f"MediaPlan({self.about.profile}, {len(self.together)} media) · next: uses.write_use(plan, folder)"

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {"channels": self.channels, "together": self.together}


def plan_media(published: Published, *, group: str = "media", chosen: Sequence[str] = ()) -> MediaPlan:
    """Order the media of a profile, and say what a plan of them reaches.

    Parameters
    ----------
    group : channel of the sketch, such as "media" or "hobby".
    chosen : columns of the media in the plan, in this order; those advised ("targeted", then "broad") when left out.

    Raises
    ------
    ProfileError
        When the version has no sketch, or no such group or medium.
    """
    path = published.folder / SKETCH
    if not path.is_file():
        raise ProfileError(
            Text("Bij deze versie is geen profielschets", "this version has no sketch"),
            where=published.listed.profile,
            hint=Text("Laat het profiel opnieuw publiceren", "publish the profile again"),
        )
    sketch = json.loads(path.read_text(encoding="utf-8"))
    rows = [each for each in sketch["interests"] if each["channel"] == group]
    if not rows:
        known = sorted({each["channel"] for each in sketch["interests"]})
        raise ProfileError(
            Text(f"De schets heeft geen kanaal '{group}'", f"the sketch has no channel '{group}'")
            + did_you_mean(group, known),
            where=published.listed.profile,
            hint=Text(f"Kies uit: {', '.join(known)}", f"choose from {', '.join(known)}")
            if known
            else Text("Van deze huishoudens zijn geen interesses bekend", "the population has no interests"),
        )
    channels = _channels(rows, sketch["limits"])
    return MediaPlan(about(published), group, int(sketch["n_profile"]), channels, _together(channels, chosen))


def bounds(shares: Sequence[float]) -> tuple[float, float, float]:
    """Reach together of media with these shares, in %: least, most, and when they are independent."""
    parts = np.asarray(shares, dtype=np.float64) / 100.0
    if not parts.size:
        return 0.0, 0.0, 0.0
    together = 1.0 - np.prod(1.0 - parts)
    return float(100.0 * parts.max()), float(100.0 * min(parts.sum(), 1.0)), float(100.0 * together)


def _channels(rows: Sequence[Mapping[str, Any]], limits: Mapping[str, float]) -> pd.DataFrame:
    made = []
    for row in rows:
        kept = {each: row[each] for each in ("channel", "column", "nl", "en", "stability", "conflict", "suppressed")}
        figures: dict[str, Any] = {"n": np.nan, "advice": "unsure"}
        if not row["suppressed"] and row["share_profile"]:
            n, n_base = int(row["n"]), int(row["n_base"])
            # The sketch gives the share among households of whom it is known, so their number follows from it.
            of = max(round(100.0 * n / row["share_profile"]), n)
            low, high = (float(each[0]) for each in measures.penetration_interval([n], [of]))
            sure, surest = (float(each[0]) for each in measures.penetration_interval([n], [n_base]))
            figures = {
                "n": n,
                "share": row["share_profile"],
                "share_low": low,
                "share_high": high,
                "base_share": row["share_base"],
                "index": row["index"],
                "index_low": row["index_low"],
                "index_high": row["index_high"],
                "precision": 100.0 * n / n_base,
                "precision_low": sure,
                "precision_high": surest,
                "advice": advise(row, limits),
            }
        made.append(kept | figures)
    table = pd.DataFrame(made, columns=list(CHANNELS))
    order = table["advice"].map({"targeted": 0, "broad": 1, "unsure": 2, "skip": 3})
    return table.assign(order=order).sort_values(["order", "index"], ascending=[True, False], kind="stable").drop(
        columns="order"
    ).reset_index(drop=True)  # fmt: skip


def advise(row: Mapping[str, Any], limits: Mapping[str, float]) -> Advice:
    """What to do with a medium: by its index and interval, its stability, and its reach."""
    steady = row["stability"] is None or row["stability"] >= STEADY
    if row["conflict"]:
        return "unsure"
    if row["index"] > limits["above"] and row["index_low"] > 100.0:
        return "targeted" if steady else "unsure"
    if row["index"] < limits["below"] and row["index_high"] < 100.0:
        return "skip"
    return "broad" if row["share_profile"] >= BROAD else "unsure"


def _together(channels: pd.DataFrame, chosen: Sequence[str]) -> pd.DataFrame:
    known = channels.set_index("column")
    unknown = [each for each in chosen if each not in known.index]
    if unknown:
        faults = [
            Text(f"'{each}' is geen medium van de schets", f"'{each}' is no medium of the sketch")
            + did_you_mean(each, known.index)
            for each in unknown
        ]
        raise ProfileError(Text("Dit plan kan niet", "the plan cannot be made"), faults=faults)
    plan = list(chosen) or list(channels.loc[channels["advice"].isin(["targeted", "broad"]), "column"])
    reach = channels.dropna(subset=["share"]).set_index("column")["share"].astype(float).to_dict()
    plan = [each for each in plan if each in reach]
    rows = []
    for step, column in enumerate(plan, start=1):
        shares = [reach[each] for each in plan[:step]]
        least, most, independent = bounds(shares)
        rows.append(
            (step, column, known.loc[column, "nl"], known.loc[column, "en"], shares[-1], least, most, independent)
        )
    return pd.DataFrame(rows, columns=list(TOGETHER))
