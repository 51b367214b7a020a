"""The sketch: figures against hand counts, small cells, sentences, and a dict that survives JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from profiling.errors import SchemaError
from profiling.population.config import HardFeature, SoftFeature, Title
from profiling.publish.sketch import About, Sketch, make_sketch
from profiling.publish.traits import summarise_traits
from profiling.training.drivers import Drivers
from profiling.training.explain import Effects

ABOUT = About(
    "nt1", "v1", "Taalgroeiers", "Growers", "alle huishoudens", "all households", "2026-01-01", 110_000, 1_000_000
)
SOFT = {
    "hobbies": {"fishing": SoftFeature(nl="Vissen", en="Fishing"), "golf": SoftFeature(nl="Golf")},
    "media": {"radio": SoftFeature(nl="Radio", en="Radio"), "paper": SoftFeature()},
}
COLUMNS = ("fishing", "golf", "radio", "paper")
HARD = {
    "woz": HardFeature(kind="numeric", nl="WOZ-waarde", en="Property value", group="wonen"),
    "tenure": HardFeature(kind="categorical", nl="Eigendom", en="Tenure", group="wonen"),
    "car": HardFeature(kind="numeric", group="bezit"),
}
SEGMENTS = pd.DataFrame(
    {
        "code": ["A01", "A02", "B05", "B06"],
        "nl": ["A01 · Krap met kids", "A02", "B05", "B06"],
        "en": ["A01 · Tight", "A02", "B05", "B06"],
        "n": [12_345, 700, 800, 9],
        "penetration": [34.1, 40.0, 11.0, 90.0],
        "share": [11.2, 0.6, 0.7, 0.0],
        "index": [310.0, 363.6, 100.0, 818.0],
        "index_low": [305.0, 340.0, 93.0, 400.0],
        "index_high": [315.0, 390.0, 107.0, 900.0],
    }
)


def counts(**changed: tuple[int, int, int, int]) -> pd.DataFrame:
    """Have and known, in the profile and in the base."""
    rows = {
        "fishing": (12_345, 100_000, 94_237, 1_000_000),
        "golf": (5_000, 100_000, 100_000, 1_000_000),
        "radio": (50_000, 100_000, 500_000, 1_000_000),
        "paper": (30, 200, 100, 1_000),
    } | changed
    names = ["n_profile_have", "n_profile_known", "n_base_have", "n_base_known"]
    return pd.DataFrame([(name, *rows[name]) for name in rows], columns=["column", *names])


def effects(*values: float) -> Effects:
    middle = np.array(values or (0.3, -0.5, 0.01, 0.2))
    return Effects(COLUMNS, np.array([middle - 0.02, middle, middle + 0.02]), 100, 100, 50, 10, 15)


def sketch(**changed: tuple[int, int, int, int]) -> Sketch:
    drivers = Drivers(("woz", "segment"), ("wonen", "overig"), np.array([[0.2, 0.5], [0.4, 0.6]]), 100, 200, 0.99)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"woz": rng.normal(300, 50, 500), "tenure": rng.choice(["koop", "huur"], 500), "car": 1})
    traits = summarise_traits(table, rng.random(500) < 0.3, HARD)
    return make_sketch(
        ABOUT,
        soft=SOFT,
        counts=counts(**changed),
        effects=effects(),
        segments=SEGMENTS,
        traits=traits,
        drivers=drivers,
        hard=HARD,
        groups={"wonen": Title(nl="wonen", en="housing")},
    )


def row(of: Sketch, column: str) -> dict[str, object]:
    return next(each for each in of.to_dict()["interests"] if each["column"] == column)


def test_a_row_is_read_aloud_in_dutch_and_english() -> None:
    # 12,345 of 94,237 = 13.10 % against 10 %; Wilson by hand: 0.131 ± 1.96 √(0.131 · 0.869 / 94,237) = ± 0.00215.
    said = row(sketch(), "fishing")
    assert (
        said["sentence_nl"]
        == "Vissen komt in dit profiel 1,3 keer zo vaak voor als gemiddeld (index 131, 129–133; n = 12.345)."
    )
    assert (
        said["sentence_en"]
        == "Fishing occurs 1.3 times as often in this profile as on average (index 131, 129–133; n = 12,345)."
    )
    assert said["share_profile"] == pytest.approx(12.345)
    assert said["share_base"] == pytest.approx(9.4237)
    assert "minder vaak voor dan gemiddeld, 0,5 keer" in str(row(sketch(), "golf")["sentence_nl"])
    assert "ongeveer even vaak" in str(row(sketch(), "radio")["sentence_nl"])
    assert row(sketch(), "golf")["en"] == "Golf"
    assert row(sketch(), "paper")["nl"] == "paper"


def test_an_index_is_counted_among_those_of_whom_it_is_known() -> None:
    assert row(sketch(), "paper")["index"] == pytest.approx(100 * (30 / 200) / (100 / 1_000))
    wide = row(sketch(paper=(12, 100, 90, 1_000)), "paper")
    assert wide["direction"] == "average"
    assert "dat is niet zeker" in str(wide["sentence_nl"])


@pytest.mark.parametrize(
    "small",
    [(9, 200, 100, 1_000), (0, 200, 100, 1_000), (191, 200, 900, 1_000), (5, 8, 100, 1_000), (192, 202, 995, 1_004)],
)
def test_small_cells_and_what_gives_them_away_are_hidden(small: tuple[int, int, int, int]) -> None:
    of = sketch(paper=small)
    said = row(of, "paper")
    assert said["suppressed"]
    figures = (
        "n",
        "n_base",
        "share_profile",
        "share_base",
        "index",
        "index_low",
        "index_high",
        "shap",
        "rank",
        "direction",
    )
    assert [said[each] for each in figures] == [None] * len(figures)
    assert said["sentence_nl"] == "paper: te weinig huishoudens om te tonen."
    assert of.to_dict()["channels"][1]["n_suppressed"] == 1


def test_a_cell_of_ten_is_shown() -> None:
    assert row(sketch(paper=(10, 200, 100, 1_000)), "paper")["n"] == 10


def test_interests_are_ranked_per_channel_with_their_stability() -> None:
    rows = sketch().to_dict()["interests"]
    assert [(each["channel"], each["column"], each["rank"]) for each in rows] == [
        ("hobbies", "fishing", 1),
        ("hobbies", "golf", 2),
        ("media", "paper", 1),
        ("media", "radio", 2),
    ]
    assert rows[0]["stability"] == 1.0
    assert rows[3]["stability"] == pytest.approx(2 / 3, abs=1e-6)
    assert (rows[0]["shap_low"], rows[0]["shap_high"]) == pytest.approx((0.28, 0.32))
    assert [each["conflict"] for each in rows] == [False] * 4


def test_a_conflict_of_sign_is_said() -> None:
    of = make_sketch(ABOUT, soft=SOFT, counts=counts(), effects=effects(-0.3, 0.5, 0.01, 0.2), segments=SEGMENTS)
    assert [row(of, each)["conflict"] for each in COLUMNS] == [True, True, False, False]
    assert "Let op" in str(row(of, "golf")["sentence_nl"])
    assert of.to_dict()["notes"]["nl"][0].startswith("Bij 2 interesses")


def test_only_over_represented_segments_highest_first_and_no_small_ones() -> None:
    segments = sketch().to_dict()["segments"]
    assert [each["code"] for each in segments] == ["A02", "A01"]
    assert segments[1]["sentence_nl"] == (
        "Van A01 · Krap met kids hoort 34,1% bij het profiel, 3,1 keer zo vaak als gemiddeld "
        "(index 310, 305–315; n = 12.345)."
    )


def test_the_dict_is_json_and_comes_back() -> None:
    of = sketch(paper=(3, 200, 100, 1_000))
    text = json.dumps(of.to_dict(), allow_nan=False)
    again = Sketch.from_dict(json.loads(text))
    assert json.dumps(again.to_dict(), allow_nan=False) == text
    assert json.dumps(sketch(paper=(3, 200, 100, 1_000)).to_dict()) == text
    with pytest.raises(SchemaError, match="is of format 9, expected 1"):
        Sketch.from_dict({**of.to_dict(), "format": 9})


def test_headlines_sizes_and_drivers() -> None:
    said = sketch().to_dict()
    assert said["penetration"] == 11.0
    assert said["headlines"]["nl"][0] == "Dit profiel telt 110.000 huishoudens: 11,0% van alle huishoudens."
    assert said["headlines"]["nl"][1].startswith("Deze segmenten springen eruit: A02 (index 364), A01")
    assert "Hobby’s, vaker dan gemiddeld: Vissen." in said["headlines"]["nl"]
    sizes = {"n_interests": 2, "n_above": 1, "n_below": 1, "n_conflicts": 0, "n_suppressed": 0}
    assert said["channels"][0] == {"channel": "hobbies", "nl": "hobby’s", "en": "hobbies", **sizes}
    groups = [(each["group"], each["nl"], each["en"]) for each in said["drivers"]["groups"]]
    assert groups == [("overig", "overig", "overig"), ("wonen", "wonen", "housing")]
    woz = said["drivers"]["features"][1]
    assert (woz["nl"], woz["contribution"], woz["low"], woz["high"]) == ("WOZ-waarde", 0.3, 0.2, 0.4)
    assert said["drivers"]["sample"] == [{"households": 300, "agreement": 0.99, "settled": True}]
    assert said["samples"]["resamples"] == 3
    assert said["samples"]["bags"] == 2
    assert said["samples"]["traits_base"] == 500


def test_a_population_without_soft_features_or_boosters_still_has_a_sketch() -> None:
    of = make_sketch(ABOUT, soft={}, counts=counts().head(0), effects=None, segments=SEGMENTS.head(0))
    said = json.loads(json.dumps(of.to_dict(), allow_nan=False))
    assert (said["interests"], said["channels"], said["segments"], said["traits"]) == ([], [], [], [])
    assert said["drivers"] == {"groups": [], "features": [], "sample": []}
    assert Sketch.from_dict(said).to_dict() == said


def test_what_does_not_fit_together_is_said_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        make_sketch(
            ABOUT,
            soft={"hobbies": {"fishing": SoftFeature()}},
            counts=counts(),
            effects=effects(),
            segments=SEGMENTS[["code"]],
        )
    assert "segments: column 'index_low' is missing" in str(caught.value)
    assert "'golf' of the counts" in str(caught.value)
