"""Simulated membership, loans and dirt over real households whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from profiling.population.keys import hash_keys
from profiling.reference.group import ReferenceGroup

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """One simulated world: arrays over all households; `group` holds row numbers."""

    held: Flags
    member: Flags
    propensity: Floats
    borrowing: Floats
    group: NDArray[np.int64]
    clean: Flags
    reference: ReferenceGroup


def conditions(table: pd.DataFrame) -> dict[str, Floats]:
    """The columns that membership may depend on; distance to a branch is drawn per area and household, in km."""
    areas = table["area"].astype(str)
    codes = sorted(areas.unique())
    near = dict(zip(codes, np.random.default_rng(99).gamma(2.0, 2.0, len(codes)), strict=True))
    flags = {
        "children": table["children"] > 0,
        "childless": table["children"] == 0,
        "old": table["age_oldest"] > 70,
        "owner": table["tenure"].isin([1, 2]),
        "renter": ~table["tenure"].isin([1, 2]),
        "income": table["income"] > 40_000,
        "two_adults": table["adults"] >= 2,
        "working": table["employed"] > 0,
        "pupils_or_working": (table["children"] > 0) | (table["employed"] > 0),
        "retired_volunteers": (table["age_oldest"] > 55) & (table["children"] == 0),
    }
    drawn = np.random.default_rng(98).gamma(2.0, 1.0, len(table))
    distance = areas.map(near).to_numpy(dtype=np.float64) + drawn
    return {name: flag.to_numpy(dtype=np.float64) for name, flag in flags.items()} | {"distance": distance}


def propensity(known: dict[str, Floats], form: dict[str, float]) -> Floats:
    """P(member) of a form: a constant, and coefficients of conditions or of products of two."""
    logit = np.full(len(known["owner"]), form.get("constant", 0.0))
    for name, coefficient in form.items():
        if name != "constant":
            logit = logit + coefficient * np.prod([known[part] for part in name.split("*")], axis=0)
    return np.asarray(expit(logit), dtype=np.float64)


def simulate(
    table: pd.DataFrame,
    truth: Flags,
    chance: Floats,
    dirt: float,
    dependent: bool,
    seed: int,
    said: Any,
    helpers: Flags,
) -> World:
    """Draw members, who of them borrows easy books for themselves or for others, and what their cards show.

    The group is drawn without replacement with chances in proportion to borrowing, so a group that takes nearly all
    true members depends on age hardly at all. `helpers` are the households that may borrow for others.
    """
    rng = np.random.default_rng([seed, 17])
    codes = pa.array(sorted(table["area"].astype(str).unique()), pa.string())
    order = np.argsort(hash_keys(codes, f"areas:{seed}"), kind="stable")
    held = table["area"].astype(str).isin(codes.take(pa.array(order[: round(said.held_out * len(codes))])).to_pylist())
    held = held.to_numpy()
    member = rng.random(len(table)) < chance
    age = table["age_oldest"].to_numpy(dtype=np.float64)
    borrowing = np.clip(np.exp(-(age - 50.0) / said.age_scale), 0.1, 5.0) if dependent else np.ones(len(table))
    seen = member & ~held
    children = (table["children"] > 0).to_numpy()
    true = _drawn(np.flatnonzero(seen & truth), borrowing, round(said.group * (1.0 - dirt)), rng)
    false = _drawn(np.flatnonzero(seen & ~truth & helpers), borrowing, round(said.group * dirt), rng)
    group = np.sort(np.concatenate([true, false]))
    clean = np.isin(group, true)
    card = said.evidence
    young = (table["children_under6"] > 0).to_numpy()
    usual = np.where(young, card["children_young"], np.where(children, card["children_older"], card["children_none"]))
    marked, teaching = rng.random(len(table)) < usual, rng.random(len(table)) < card["teaching"]
    marked[false], teaching[false] = (
        rng.random(len(false)) < card[key] for key in ("children_dirty", "teaching_dirty")
    )
    loans = rng.poisson(card["loans"] * borrowing * rng.gamma(2.0, 0.5, len(table)))
    easy = rng.poisson(np.where(clean, card["easy"], card["easy_dirty"]))
    keys = table["household_id"].to_numpy(dtype=object)

    def evidence(rows: NDArray[np.int64]) -> dict[str, pa.Array]:
        return {
            "household_id": pa.array(keys[rows].tolist(), pa.string()),
            "childrens_books": pa.array(marked[rows]),
            "teaching_material": pa.array(teaching[rows]),
            "all_loans": pa.array(loans[rows], pa.int64()),
        }

    own = pa.table(evidence(group) | {"weight": np.ones(len(group)), "asked_loans": np.maximum(easy, 1)})
    others = pa.table(evidence(np.setdiff1d(np.flatnonzero(seen), group)))
    reference = ReferenceGroup("acs-simulated", "", "", own.sort_by("household_id"), (), {}, others)
    return World(held, member, chance, borrowing, group, clean, reference)


def _drawn(rows: NDArray[np.int64], weight: Floats, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """n of the rows without replacement, chances in proportion to weight (Efraimidis & Spirakis 2006)."""
    keys = np.log(rng.random(len(rows))) / weight[rows]
    return np.asarray(rows[np.argsort(-keys)[:n]])
