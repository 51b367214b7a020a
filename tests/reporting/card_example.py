"""A believable report card: fixed numbers, no data files."""

from __future__ import annotations

from typing import Any

from tests.reporting.examples import N_BASE, N_PROFILE, SEGMENTS, margin, sketch


def card() -> dict[str, Any]:
    """A report card as the pipeline fills it; the manifest of a model card has the same words and `features`."""
    overall = 100 * N_PROFILE / N_BASE
    depths = (1, 2, 5, 10, 11, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100)

    def gains(strength: float, half: float | None) -> list[dict[str, Any]]:
        points = []
        for depth in depths:
            capture = round(100 * (1 - (1 - depth / 100) ** strength), 1)
            width = 0 if half is None else half * (capture * (100 - capture)) ** 0.5 / 50
            interval = (
                None if half is None else [round(max(0, capture - width), 1), round(min(100, capture + width), 1)]
            )
            points.append({"depth": float(depth), "capture": capture, "interval": interval})
        return points

    def measured(capture: float, half: float) -> list[dict[str, Any]]:
        return [
            {
                "measure": "capture",
                "depth": 11.0,
                "value": capture,
                "interval": [capture - half, capture + half],
                "folds": 5,
                "n": 3512,
                "split": "area",
            },
            {
                "measure": "lift",
                "depth": 11.0,
                "value": round(capture / 11, 2),
                "interval": [round((capture - half) / 11, 2), round((capture + half) / 11, 2)],
                "folds": 5,
                "n": 3512,
                "split": "area",
            },
        ]

    segments = []
    for code, name, base_n, penetration in SEGMENTS:
        n = round(base_n * penetration / 100)
        index = round(100 * penetration / overall, 1)
        segments.append(
            {
                "code": code,
                "name": name,
                "main": code[0],
                "n": n,
                "base_n": base_n,
                "penetration": penetration,
                "share": round(100 * n / N_PROFILE, 1),
                "base_share": round(100 * base_n / N_BASE, 1),
                "index": index,
                "interval": list(margin(index, n)),
                "suppressed": False,
            }
        )
    for number, index in enumerate((104.0, 97.5, 82.1, 61.0, 44.4, 20.3), 20):
        base_n = 150_000 + 3_000 * number
        n = round(base_n * overall * index / 1e4)
        segments.append(
            {
                "code": f"E{number}",
                "name": "",
                "main": "E",
                "n": n,
                "base_n": base_n,
                "penetration": round(overall * index / 100, 1),
                "share": round(100 * n / N_PROFILE, 1),
                "base_share": round(100 * base_n / N_BASE, 1),
                "index": index,
                "interval": list(margin(index, n)),
                "suppressed": False,
            }
        )
    segments.append({"code": "K59", "name": "Zeldzaam", "main": "K", "suppressed": True})
    return {
        "profile": {
            "name": "nt1-taalgroeiers",
            "title": {"nl": "NT1 Taalgroeiers", "en": "NT1 Language growers"},
            "version": "3",
            "alias": "champion",
            "purpose": {
                "nl": "Volwassenen met Nederlands als eerste taal die moeite hebben met lezen: waar wonen zij?",
                "en": "Adults with Dutch as their first language who find reading hard: where do they live?",
            },
            "contact": "data@bibliotheek.example",
            "made_by": "lookalike-profiling 0.1.0",
        },
        "snapshot": "2026-09-30",
        "base": {
            "name": {"nl": "alle huishoudens in Nederland", "en": "all households in the Netherlands"},
            "households": N_BASE,
        },
        "cutoff": {
            "kind": "depth",
            "value": 11.0,
            "households": N_PROFILE,
            "penetration": round(overall, 1),
            "ties": {
                "nl": "Bij gelijke score gaat het laagste nummer voor.",
                "en": "Of two equal scores the lowest number comes first.",
            },
        },
        "reference": {
            "households": 3_512,
            "minimum": 500,
            "window": ["2025-10-01", "2026-09-30"],
            "sources": ["loans.parquet"],
            "title": {
                "nl": "Huishoudens waarin een volwassene minstens twee boeken op een laag leesniveau leende.",
                "en": "Households in which an adult borrowed at least two books at a low reading level.",
            },
            "funnel": [
                {
                    "step": "rows",
                    "count": 412_034,
                    "unit": "loans",
                    "dropped": [
                        {"reason": {"nl": "datum buiten de periode", "en": "date outside the window"}, "count": 412}
                    ],
                },
                {
                    "step": "adults",
                    "count": 238_410,
                    "unit": "loans",
                    "dropped": [{"reason": {"nl": "lener jonger dan 18", "en": "borrower under 18"}, "count": 173_212}],
                },
                {"step": "level", "count": 19_877, "unit": "loans", "dropped": []},
                {
                    "step": "matched",
                    "count": 4_903,
                    "unit": "households",
                    "dropped": [{"reason": {"nl": "adres niet gevonden", "en": "address not found"}, "count": 611}],
                },
                {
                    "step": "group",
                    "count": 3_512,
                    "unit": "households",
                    "dropped": [{"reason": {"nl": "te weinig uitleningen", "en": "too few loans"}, "count": 1_391}],
                },
            ],
        },
        "contrast": {
            "nl": "andere leden van de bibliotheek (35.000 huishoudens)",
            "en": "other library members (35,000 households)",
        },
        "models": [
            {
                "name": "lightgbm_bagged",
                "title": {"nl": "LightGBM, 20 deelmodellen", "en": "LightGBM, 20 bags"},
                "role": "model",
                "measures": measured(38.4, 1.6),
                "gains": gains(4.2, 3.2),
            },
            {
                "name": "segment_index",
                "title": {"nl": "Index per subsegment", "en": "Index per sub segment"},
                "role": "rival",
                "measures": measured(29.7, 1.5),
                "gains": gains(3.1, None),
            },
            {
                "name": "logistic",
                "title": {"nl": "Logistische regressie", "en": "Logistic regression"},
                "role": "rival",
                "measures": measured(34.8, 1.6),
                "gains": gains(3.7, None),
            },
            {
                "name": "random",
                "title": {"nl": "Willekeurige volgorde", "en": "Random order"},
                "role": "random",
                "measures": measured(11.1, 1.0),
            },
        ],
        "stability": {
            "jaccard": 0.66,
            "interval": [0.63, 0.69],
            "bags": 20,
            "depth": 11.0,
            "by_depth": [
                {"depth": 5.0, "jaccard": 0.58, "interval": [0.54, 0.62]},
                {"depth": 11.0, "jaccard": 0.66, "interval": [0.63, 0.69]},
                {"depth": 20.0, "jaccard": 0.74, "interval": [0.72, 0.76]},
            ],
        },
        "calibration": {
            "rows": [
                {"predicted": p, "observed": o, "interval": [o - h, o + h], "n": n}
                for p, o, h, n in (
                    (1.1, 0.9, 0.3, 3512),
                    (2.8, 3.1, 0.6, 3512),
                    (5.6, 5.2, 0.7, 3512),
                    (9.9, 10.8, 1.1, 3512),
                    (18.4, 16.9, 1.3, 3512),
                )
            ],
            "note": {
                "nl": "Kans om tot de referentiegroep te horen, binnen het leerbestand.",
                "en": "Chance of being in the reference group, within the training frame.",
            },
        },
        "segments": {"scheme": "whize", "level": "sub", "rows": segments},
        "drivers": sketch()["drivers"],
        "features": {
            "hard": {"opleiding": ["opleiding"], "inkomen": ["inkomen", "uitkering"]},
            "soft": {"hobby": ["tv", "puzzelen"]},
            "excluded": ["herkomst", "geloof", "gezondheid"],
        },
        "proxy": [{"column": "herkomst", "auc": 0.61}],
        "disclosure": {"minimum": 10},
        "fingerprints": {"households.parquet": "9f2c" * 16, "booster": "01ab" * 16, "reference group": "77de" * 16},
        "seed": 1,
        "versions": {"lightgbm": "4.7.0", "python": "3.12"},
    }
