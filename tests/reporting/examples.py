"""Believable example input for the pages: fixed numbers, no data files."""

from __future__ import annotations

from typing import Any

SEGMENTS = [
    ("A01", "Krap met kids", 182_400, 31.4),
    ("A02", "Krap en ongebonden", 171_900, 28.8),
    ("A04", "Krap en op leeftijd", 203_300, 26.1),
    ("A03", "Krap met pubers", 96_200, 24.9),
    ("C09", "Beginnende appartementshuurders", 158_700, 19.7),
    ("D19", "Sobere appartementssenioren", 187_500, 18.8),
    ("D16", "Jonge rijtjessenioren", 214_100, 16.9),
    ("D18", "Oude rijtjessenioren", 176_800, 14.2),
    ("D17", "Tevreden appartementssenioren", 149_300, 12.6),
]
# channel → (nl, en, share in profile, share in base, stability)
INTERESTS: dict[str, list[tuple[str, str, float, float, float]]] = {
    "hobby": [
        ("Televisie kijken", "Watching television", 71.2, 54.0, 1.0),
        ("Puzzelen en spelletjes", "Puzzles and games", 38.4, 27.1, 1.0),
        ("Breien, haken en handwerken", "Knitting, crochet and needlework", 21.3, 15.9, 0.95),
        ("Voetbal", "Football", 29.8, 24.6, 0.9),
        ("Tuinieren", "Gardening", 33.5, 31.0, 0.75),
        ("Koken en bakken", "Cooking and baking", 40.1, 40.6, 0.55),
        ("Museumbezoek", "Visiting museums", 9.2, 22.8, 1.0),
        ("Tennis en hockey", "Tennis and hockey", 4.1, 10.3, 1.0),
        ("Reizen buiten Europa", "Travelling outside Europe", 8.0, 17.4, 1.0),
        ("Toneel en klassieke muziek", "Theatre and classical music", 6.6, 13.0, 0.95),
    ],
    "koopgedrag": [
        ("Let op aanbiedingen", "Looks for special offers", 63.9, 48.2, 1.0),
        ("Koopt tweedehands", "Buys second-hand", 34.2, 26.7, 1.0),
        ("Folders lezen", "Reads leaflets", 57.0, 46.6, 0.95),
        ("Winkelt op de markt", "Shops at the market", 30.9, 26.0, 0.9),
        ("Bestelt maaltijdboxen", "Orders meal boxes", 5.1, 11.9, 1.0),
        ("Koopt biologisch", "Buys organic", 10.4, 21.2, 1.0),
        ("Koopt boeken in de boekwinkel", "Buys books in a bookshop", 11.3, 19.6, 0.95),
    ],
    "media": [
        ("Huis-aan-huisblad", "Free local paper", 58.3, 43.7, 1.0),
        ("Regionale omroep", "Regional radio and television", 36.1, 27.0, 1.0),
        ("Facebook", "Facebook", 61.5, 52.8, 0.95),
        ("Commerciële televisie", "Commercial television", 54.8, 44.9, 1.0),
        ("Landelijke krant op papier", "National newspaper on paper", 9.9, 19.5, 1.0),
        ("Podcasts", "Podcasts", 12.7, 22.4, 1.0),
        ("LinkedIn", "LinkedIn", 13.8, 29.1, 1.0),
    ],
    "vrije tijd": [
        ("Braderie of rommelmarkt", "Fair or flea market", 31.0, 22.8, 1.0),
        ("Pretpark", "Amusement park", 24.7, 21.3, 0.9),
        ("Buurthuis", "Community centre", 14.9, 9.7, 1.0),
        ("Festival", "Festival", 11.0, 16.2, 0.95),
        ("Wintersport", "Winter sports", 4.8, 12.4, 1.0),
    ],
}
N_PROFILE, N_BASE = 902_331, 8_203_012


def margin(index: float, n: int) -> tuple[float, float]:
    """A margin that shrinks with n; only the look matters here."""
    half = 196 * (index / 100) / max(n, 1) ** 0.5 * 9
    return round(index - half, 1), round(index + half, 1)


def interest(channel: str, rank: int, row: tuple[str, str, float, float, float]) -> dict[str, Any]:
    """One row of `interests` in `Sketch.to_dict()`."""
    nl, en, share, base, stability = row
    index = round(100 * share / base, 1)
    n = round(N_PROFILE * share / 100)
    low, high = margin(index, n)
    direction = "above" if low > 110 else "below" if high < 90 else "average"
    return {
        "channel": channel,
        "column": f"{channel}_{rank}",
        "nl": nl,
        "en": en,
        "n": n,
        "n_base": round(N_BASE * base / 100),
        "share_profile": share,
        "share_base": base,
        "index": index,
        "index_low": low,
        "index_high": high,
        "shap": round(index / 100 - 1, 3),
        "shap_low": None,
        "shap_high": None,
        "rank": rank,
        "rank_low": rank,
        "rank_high": rank + 1,
        "stability": stability,
        "direction": direction,
        "conflict": False,
        "suppressed": False,
        "sentence_nl": f"{nl}: index {index}.",
        "sentence_en": f"{en}: index {index}.",
    }


def sketch() -> dict[str, Any]:
    """A sketch as `Sketch.to_dict()` gives it: one conflict, one suppressed interest, a long name, a missing name."""
    overall = 100 * N_PROFILE / N_BASE
    segments = []
    for code, name, base_n, penetration in SEGMENTS:
        n = round(base_n * penetration / 100)
        index = round(100 * penetration / overall, 1)
        low, high = margin(index, n)
        title = f"{code} · {name}" if name else code
        segments.append(
            {
                "code": code,
                "nl": title,
                "en": title,
                "n": n,
                "penetration": penetration,
                "share": round(100 * n / N_PROFILE, 1),
                "index": index,
                "index_low": low,
                "index_high": high,
                "sentence_nl": "",
                "sentence_en": "",
            }
        )
    interests = [
        interest(channel, rank, row) for channel, rows in INTERESTS.items() for rank, row in enumerate(rows, 1)
    ]
    odd = interests[4]
    odd.update(
        conflict=True,
        direction="above",
        sentence_nl="Tuinieren komt vaker voor, maar het model weegt het de andere kant op.",
        sentence_en="Gardening occurs more often, but the model weighs it the other way.",
    )
    hidden = dict.fromkeys(interests[0])
    hidden.update(
        channel="hobby",
        column="hobby_99",
        nl="Valkerij",
        en="Falconry",
        conflict=False,
        suppressed=True,
        sentence_nl="Valkerij: te weinig huishoudens.",
        sentence_en="Falconry: too few households.",
    )
    interests.insert(len(INTERESTS["hobby"]), hidden)
    names = {
        "hobby": ("Hobby's", "Hobbies"),
        "koopgedrag": ("Koopgedrag", "Buying"),
        "media": ("Media", "Media"),
        "vrije tijd": ("Uitgaan en vrije tijd", "Going out and leisure"),
    }
    channels = [
        {
            "channel": key,
            "nl": nl,
            "en": en,
            "n_interests": len(INTERESTS[key]),
            "n_above": 3,
            "n_below": 2,
            "n_conflicts": 0,
            "n_suppressed": 0,
        }
        for key, (nl, en) in names.items()
    ]
    return {
        "format": 1,
        "profile": {"name": "nt1-taalgroeiers", "version": "3", "nl": "NT1 Taalgroeiers", "en": "NT1 Language growers"},
        "base": {"nl": "alle huishoudens in Nederland", "en": "all households in the Netherlands"},
        "snapshot": "2026-09-30",
        "n_profile": N_PROFILE,
        "n_base": N_BASE,
        "penetration": round(overall, 1),
        "limits": {"below": 90.0, "above": 110.0, "confidence": 0.95, "smallest_cell": 10, "smallest_trait_share": 5.0},
        "samples": {
            "effects_members": 10_000,
            "effects_others": 30_000,
            "effects_explained": 10_000,
            "resamples": 20,
            "trees": 200,
            "leaves": 15,
            "traits_profile": 20_000,
            "traits_base": 50_000,
            "drivers_members": 10_000,
            "drivers_others": 10_000,
            "bags": 20,
        },
        "headlines": {
            "nl": [
                "Het profiel telt 902.331 huishoudens: 11% van alle huishoudens in Nederland.",
                "Krap met kids (A01) komt bijna drie keer zo vaak voor als gemiddeld.",
                "De huishoudens hebben vaker een laag inkomen en wonen vaker in een huurwoning.",
                "Zij kijken vaker televisie en lezen vaker het huis-aan-huisblad; LinkedIn gebruiken zij minder.",
            ],
            "en": [
                "The profile has 902,331 households: 11% of all households in the Netherlands.",
                "Krap met kids (A01) occurs almost three times as often as average.",
                "The households more often have a low income and more often rent their home.",
                "They watch television and read the free local paper more often; they use LinkedIn less.",
            ],
        },
        "notes": {"nl": ["Verklaart het model, niet de mensen."], "en": ["Explains the model, not the people."]},
        "channels": channels,
        "interests": interests,
        "segments": segments,
        "traits": [
            trait("Inkomen", "Income", "laag", 41.8, 22.3),
            trait("Opleiding", "Education", "praktisch", 52.7, 29.9),
            trait("Woning", "Home", "sociale huur", 55.1, 28.6),
            trait("Auto", "Car", "geen", 38.0, 26.2),
            median("Leeftijd oudste bewoner", "Age of oldest resident", 57, 53),
            median("WOZ-waarde (× € 1.000)", "Property value (× € 1,000)", 214, 331),
            trait("Huishouden", "Household", "alleenstaande ouder", 12.9, 7.1),
            trait("Woning", "Home", "appartement", 47.4, 36.2),
            trait("Opleiding", "Education", "wo", 6.1, 19.0),
        ],
        "drivers": {
            "groups": [
                {
                    "group": nl,
                    "nl": nl,
                    "en": en,
                    "contribution": value,
                    "low": round(value - 0.07, 2),
                    "high": round(value + 0.06, 2),
                    "n_features": 4,
                }
                for nl, en, value in (
                    ("opleiding", "education", 0.91),
                    ("inkomen", "income", 0.62),
                    ("woning", "home", 0.44),
                    ("gezin", "family", 0.21),
                    ("buurt", "neighbourhood", 0.17),
                    ("auto", "car", -0.06),
                )
            ],
            "features": [],
        },
    }


def trait(nl: str, en: str, level: str, share: float, base: float) -> dict[str, Any]:
    """A household trait with a level."""
    index = round(100 * share / base, 1)
    return {
        "kind": "level",
        "column": nl.lower(),
        "nl": nl,
        "en": en,
        "group": "overig",
        "level": level,
        "level_nl": level,
        "level_en": level,
        "median_profile": None,
        "median_base": None,
        "percentile": None,
        "n": round(N_PROFILE * share / 100),
        "share_profile": share,
        "share_base": base,
        "index": index,
        "index_low": index - 1,
        "index_high": index + 1,
        "sentence_nl": "",
        "sentence_en": "",
    }


def median(nl: str, en: str, profile: float, base: float) -> dict[str, Any]:
    """A household trait with a median."""
    return {
        **trait(nl, en, "", 1.0, 1.0),
        "kind": "numeric",
        "level": None,
        "level_nl": None,
        "level_en": None,
        "median_profile": profile,
        "median_base": base,
        "percentile": 40.0,
        "n": None,
        "share_profile": None,
        "share_base": None,
        "index": None,
        "index_low": None,
        "index_high": None,
    }
