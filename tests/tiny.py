"""A tiny country with its lending export, small enough to make in every test that breaks something in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

N = 4_000
SUBS = ("A01", "A02", "B03", "B04")


@dataclass
class Tiny:
    """Frames and configurations of a country; change them, then `write`."""

    households: pd.DataFrame
    loans: pd.DataFrame
    truth: pd.DataFrame
    population: dict[str, Any]
    reference: dict[str, Any]
    profile: dict[str, Any]
    scheme: dict[str, Any]

    def write(self, folder: Path) -> Path:
        """Write everything; returns the path of the profile's configuration."""
        folder.mkdir(parents=True, exist_ok=True)
        self.households.to_parquet(folder / "households.parquet", index=False)
        self.loans.to_parquet(folder / "loans.parquet", index=False)
        self.truth.to_parquet(folder / "truth.parquet", index=False)
        for name in ("population", "reference", "profile", "scheme"):
            (folder / f"{name}.toml").write_text(tomli_w.dumps(getattr(self, name)), encoding="utf-8")
        return folder / "profile.toml"


def tiny_country(seed: int = 0, n: int = N) -> Tiny:
    """Households of which those in segment A01 and with little education borrow easy books most."""
    rng = np.random.default_rng(seed)
    place = np.sort(rng.integers(0, 40, n))
    segment = rng.choice(SUBS, n, p=[0.15, 0.25, 0.3, 0.3])
    education = rng.choice(["low", "middle", "high"], n, p=[0.3, 0.4, 0.3])
    logit = -3.2 + 1.8 * (segment == "A01") + 1.5 * (education == "low")
    needs = rng.random(n) < 1 / (1 + np.exp(-logit))
    households = pd.DataFrame(
        {
            "key": [f"K{i:06d}" for i in rng.permutation(n)],
            "pc": [f"{1000 + p}{chr(65 + i % 20)}A" for i, p in enumerate(place)],
            "nr": (np.arange(n) % 400 + 1).astype(str),
            "ext": np.where(np.arange(n) % 7 == 0, "A", None),
            "prov": [f"PV{20 + p // 20}" for p in place],
            "gem": [f"GM{100 + p // 4:04d}" for p in place],
            "wk": [f"WK{100 + p // 4:04d}{p % 4:02d}" for p in place],
            "bu": [f"BU{100 + p // 4:04d}{p % 4:02d}00" for p in place],
            "segment": segment,
            "education": education,
            "income": rng.gamma(4, 10_000, n).round(),
            "rooms": rng.integers(1, 8, n),
            "tenure": rng.choice(["owner", "social", "private"], n),
            "fishing": (rng.random(n) < np.where(needs, 0.6, 0.2)).astype("int8"),
            "museums": (rng.random(n) < np.where(needs, 0.1, 0.4)).astype("int8"),
            "radio": (rng.random(n) < 0.3).astype("int8"),
        }
    )
    cards = np.flatnonzero(rng.random(n) < np.where(needs, 0.8, 0.05))
    rows = np.repeat(cards, rng.integers(2, 5, len(cards)))
    loans = pd.DataFrame(
        {
            "loan": [f"L{i}" for i in range(len(rows))],
            "patron": [f"P{i}" for i in rows],
            "card": "adult",
            "age": rng.integers(20, 90, len(rows)),
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 250, len(rows)), unit="D"),
            "shelf": rng.choice(["EASY", "NOVEL"], len(rows), p=[0.9, 0.1]),
            "pc": households["pc"].to_numpy()[rows],
            "nr": households["nr"].to_numpy()[rows],
            "ext": households["ext"].to_numpy()[rows],
        }
    )
    return Tiny(
        households=households,
        loans=loans,
        truth=pd.DataFrame({"key": households["key"], "needs": needs}),
        population={
            "name": "tiny",
            "nl": "een klein land",
            "en": "a tiny country",
            "snapshot": "2026-10-01",
            "files": ["households.parquet"],
            "household": "key",
            "address": {"postcode": "pc", "number": "nr", "addition": "ext"},
            "areas": {"year": 2024, "provincie": "prov", "gemeente": "gem", "wijk": "wk", "buurt": "bu"},
            "segments": {"column": "segment", "scheme": "scheme.toml"},
            "hard": {
                "education": {"kind": "ordinal", "levels": ["low", "middle", "high"], "group": "people"},
                "income": {"kind": "numeric", "group": "money"},
                "rooms": {"kind": "numeric", "group": "housing"},
                "tenure": {"kind": "categorical", "group": "housing"},
            },
            "soft": {
                "hobbies": {"fishing": {"nl": "vissen", "en": "fishing"}, "museums": {"nl": "musea", "en": "museums"}},
                "media": {"radio": {"nl": "radio", "en": "radio"}},
            },
            "truth": {"files": ["truth.parquet"], "household": "key", "columns": ["needs"]},
        },
        reference={
            "name": "easy-books",
            "source": "lending",
            "as_of": "2026-09-30",
            "minimum": 100,
            "lending": {
                "files": ["loans.parquet"],
                "collections": ["EASY"],
                "adult_cards": ["adult"],
                "minimum_loans": 1,
                "columns": {
                    "loan": "loan",
                    "patron": "patron",
                    "card_type": "card",
                    "borrower_age": "age",
                    "lent_on": "day",
                    "collection": "shelf",
                    "postcode": "pc",
                    "house_number": "nr",
                    "addition": "ext",
                },
            },
        },
        profile={
            "name": "tiny-profile",
            "nl": "Klein profiel",
            "en": "Tiny profile",
            "contact": "someone@example.org",
            "population": "population.toml",
            "reference": "reference.toml",
            "purpose": {"nl": "Testen.", "en": "Testing."},
            "cutoff": {"depth": 0.2},
            "training": {
                "background": 2_000,
                "folds": 2,
                "replicates": 50,
                "estimator": "lightgbm-bagged",
                "params": {"n_bags": 2, "n_estimators": 20},
                "rivals": ["segment-index", "random"],
            },
        },
        scheme={
            "name": "tiny-2-4",
            "main": [{"code": "A", "nl": "Eerste"}, {"code": "B"}],
            "sub": [{"code": code, "main": code[0], "nl": f"Naam {code}"} for code in SUBS],
        },
    )
