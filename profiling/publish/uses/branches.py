"""Strengths and weaknesses of branches, with local action points: written rules over the figures of the catchments.

Every point says which figure it comes from. A rule fires only where the figure lies beyond its limit and its whole
interval lies on that side of the average, so that chance alone makes few points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from profiling.config import Config, load_config
from profiling.population.config import Title
from profiling.publish.uses.about import About
from profiling.publish.uses.catchment import AROUND, CatchmentAnalysis

RULES = Path("configs/branch-rules.toml")
FIGURES = ("member_index", "reach_index", "density_index", "segment_index", "resident_index")
POINTS = ("place", "name", "kind", "rule", "figure", "segment", "value", "value_low", "value_high", "n", "room")


class Rule(Config):
    """One rule: which figure, on which side of which limit, and what it means for a branch.

    `figure` is one of: member_index (customers per household against all branches), reach_index (reach of the profile
    against all branches), density_index (profile households per household against the country), segment_index (a main
    segment among customers against residents), resident_index (a main segment among residents against the country).
    """

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    figure: Literal["member_index", "reach_index", "density_index", "segment_index", "resident_index"]
    above: float | None = Field(None, ge=100)
    below: float | None = Field(None, le=100)
    kind: Literal["strength", "weakness", "chance"]
    most: int = Field(3, ge=1, description="most points of this rule for one branch, the strongest first")
    says: Title
    action: Title

    def fires(self, value: float, low: float, high: float) -> bool:
        """Whether an index, with its interval, lies beyond the limit; nan never does."""
        if self.above is not None and value > self.above and low > 100.0:
            return True
        return self.below is not None and value < self.below and high < 100.0


class BranchRules(Config):
    """The rules of a library or a group of libraries."""

    rules: tuple[Rule, ...] = Field(min_length=1)


@dataclass(frozen=True)
class BranchReview:
    """What `review_branches` found.

    `points` has a row per point: place, name, kind (strength, weakness, chance), rule, figure, segment (code, empty for
    the branch as a whole), value with value_low and value_high (index points), n (households behind it), room (profile
    households not reached, or residents of the segment; what there is to gain). `says` and `actions` map a rule to its
    texts; `segments` maps a code to its name.
    """

    about: About
    catchments: CatchmentAnalysis
    points: pd.DataFrame
    says: Mapping[str, Mapping[str, str]]
    actions: Mapping[str, Mapping[str, str]]
    segments: Mapping[str, str]

    def __repr__(self) -> str:
        return f"BranchReview({len(self.points)} points) · next: uses.write_use(review, folder)"

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {"points": self.points, **self.catchments.tables()}


def load_rules(path: Path = RULES) -> BranchRules:
    """Rules from a TOML file.

    Raises
    ------
    ConfigError
        With every fault in it.
    """
    return load_config(path, BranchRules)


def review_branches(found: CatchmentAnalysis, rules: BranchRules) -> BranchReview:
    """Hold the figures of every branch against the rules."""
    figures = branch_figures(found)
    rows: list[dict[Any, Any]] = []
    for site in found.catchments.sites:
        here = figures[figures["place"] == site.code]
        for rule in rules.rules:
            mine = here[here["figure"] == rule.figure]
            fired = [rule.fires(*each) for each in mine[["value", "value_low", "value_high"]].itertuples(index=False)]
            kept = mine[fired]
            order = (kept["value"] - 100.0).abs().sort_values(ascending=False, kind="stable").index[: rule.most]
            rows += kept.loc[order].assign(name=site.title, kind=rule.kind, rule=rule.name).to_dict("records")
    named = found.segments.drop_duplicates("code")
    return BranchReview(
        about=found.about,
        catchments=found,
        points=pd.DataFrame(rows, columns=list(POINTS)),
        says={each.name: each.says.model_dump() for each in rules.rules},
        actions={each.name: each.action.model_dump() for each in rules.rules},
        segments=dict(zip(named["code"], named["name"], strict=True)),
    )


def branch_figures(found: CatchmentAnalysis) -> pd.DataFrame:
    """Every figure that a rule can ask for: place, figure, segment, value with value_low and value_high, n, room."""
    places = found.branches.set_index("place")
    reach = float(found.branches.loc[found.branches["place"] == AROUND, "reach"].iloc[0])
    tables = [
        _figure("member_index", places, "member_index", 1.0, "members", "households"),
        _figure("reach_index", places, "reach", 100.0 / reach, "reached", "not_reached"),
        _figure("density_index", places, "profile_index", 1.0, "profile", "not_reached"),
    ]
    room = _residents(found)
    for name, table in (("segment_index", found.segments), ("resident_index", found.people)):
        if len(table):
            main = table[table["level"] == "main"].rename(columns={"code": "segment"})
            made = _figure(name, main.set_index("place"), "index", 1.0, "n", None)
            made["room"] = [room.get(key) for key in zip(made["place"], made["segment"], strict=True)]
            tables.append(made)
    return pd.concat(tables, ignore_index=True)


def _figure(name: str, table: pd.DataFrame, stem: str, by: float, n: str, room: str | None) -> pd.DataFrame:
    made = pd.DataFrame({"place": table.index, "figure": name})
    made["segment"] = table["segment"].to_numpy() if "segment" in table else ""
    for column, source in (("value", stem), ("value_low", f"{stem}_low"), ("value_high", f"{stem}_high")):
        made[column] = table[source].to_numpy(dtype=float, na_value=float("nan")) * by
    made["n"] = table[n].to_numpy(dtype=float, na_value=float("nan"))
    made["room"] = float("nan") if room is None else table[room].to_numpy(dtype=float)
    return made


def _residents(found: CatchmentAnalysis) -> dict[tuple[str, str], float]:
    """(place, main segment) → households that live there."""
    if not len(found.people):
        return {}
    people = found.people[found.people["level"] == "main"]
    return {
        (str(place), str(code)): float(n)
        for place, code, n in zip(people["place"], people["code"], people["n"], strict=True)
        if pd.notna(n)
    }


def kinds_of(points: pd.DataFrame, place: str) -> Sequence[tuple[str, pd.DataFrame]]:
    """The points of a branch by kind: strengths, weaknesses, chances."""
    mine = points[points["place"] == place]
    return [(kind, mine[mine["kind"] == kind]) for kind in ("strength", "weakness", "chance")]
