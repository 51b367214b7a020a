"""Every check on the tiny country: the contract they share, and each against something worked out another way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tomli_w
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import PoissonRegressor

from profiling import checks, pipeline
from profiling.checks.check import Case, inspect
from profiling.edition import as_published
from profiling.errors import ArtefactError, ConfigError, SchemaError
from profiling.pipeline import Places, Run
from profiling.plugs import discover
from profiling.reporting.model_card import model_card
from profiling.reporting.text import phrase
from tests.tiny import Tiny, tiny_country

NAMES = tuple(discover(checks, "CHECK"))
Said = Mapping[str, dict[str, Any]]


def with_members(tiny: Tiny) -> Tiny:
    """The tiny country with borrowers of novels alone: every fifth household, whatever it needs."""
    rng = np.random.default_rng(3)
    rows = np.flatnonzero(rng.random(len(tiny.households)) < 0.2)
    more = tiny.loans.sample(len(rows), replace=True, random_state=1).reset_index(drop=True)
    more = more.assign(loan=[f"N{row}" for row in rows], patron=[f"N{row}" for row in rows], shelf="NOVEL")
    for column in ("pc", "nr", "ext"):
        more[column] = tiny.households[column].to_numpy()[rows]
    tiny.loans = pd.concat([tiny.loans, more], ignore_index=True)
    return tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A profile with everything to be held against: outside figures, an attribute, and an earlier, poorer snapshot."""
    folder = tmp_path_factory.mktemp("checked")
    tiny = with_members(tiny_country())
    people = tiny.households
    earlier = tiny_country()
    earlier.households["income"] *= 0.5
    earlier.write(folder / "earlier")
    rng = np.random.default_rng(2)
    marked = pd.DataFrame(
        {
            "hh": people["key"],
            "origin": np.where(people["segment"] == "A01", "one", np.where(people.index < 60, "few", "other")),
            "lot": rng.choice(["heads", "tails"], len(people)),
        }
    )
    marked["origin"] = marked["origin"].where(people["segment"] != "B04", None)
    tiny.write(folder)
    marked.to_csv(folder / "attributes.csv", index=False)
    rate = (people["education"] == "low").groupby(people["wk"]).mean().mul(100).round(3)
    rate.rename_axis("code").rename("value").to_csv(folder / "outside.csv")
    attribute = {"files": ["attributes.csv"], "household": "hh"}
    tiny.profile["validation"] = {
        "gamma": 1.5,
        "anchor": {"value": 0.2, "low": 0.15, "high": 0.25, "source": "a test"},
        "external": [{"nl": "laag opgeleid", "en": "low education", "file": "outside.csv", "level": "wijk"}],
        "attributes": [
            {"nl": "herkomst", "en": "origin", "column": "origin", **attribute},
            {"nl": "kop of munt", "en": "heads or tails", "column": "lot", **attribute},
        ],
        "earlier": "earlier",
    }
    tiny.population["files"] = ["{data}/households.parquet"]
    for name in ("population", "profile"):
        (folder / f"{name}.toml").write_text(tomli_w.dumps(getattr(tiny, name)), encoding="utf-8")
    return pipeline.prepare(
        folder / "profile.toml", data=folder, places=Places(folder / "work", folder / "lib", folder)
    )


@pytest.fixture(scope="module")
def case(run: Run) -> Case:
    return run.case


@pytest.fixture(scope="module")
def said(case: Case) -> Said:
    return {each["check"]: each for each in inspect(case)}


@pytest.mark.parametrize("name", NAMES)
def test_every_check_keeps_the_contract(said: Said, name: str) -> None:
    check, found = discover(checks, "CHECK")[name], said[name]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["status"] in {"good", "caution", "fact", "unknown"}
    assert check.paper
    assert check.nl
    assert check.en
    for language in ("nl", "en"):
        assert found["says"][language]
        assert "{" not in found["says"][language]
        assert found["title"][language]
    assert found["says"]["nl"] != found["says"]["en"]
    keys = [column["key"] for column in found["columns"]]
    assert len(keys) == len(set(keys))
    for row in found["rows"]:
        assert set(row) & set(keys)
    if found["interval"] and found["value"] is not None:
        assert found["interval"][0] <= found["value"] <= found["interval"][1]
    if found["value"] is not None:
        assert found["n"] > 0


def test_checks_without_anything_to_look_at_say_what_to_give(case: Case) -> None:
    from profiling.profiles.validation import Outside

    bare = {each["check"]: each for each in inspect(replace(case, outside=Outside()), only=("outside-figures",))}
    assert list(bare) == ["outside-figures"]
    assert bare["outside-figures"]["status"] == "unknown"
    assert "[[validation.external]]" in bare["outside-figures"]["says"]["nl"]


def test_order_of_the_page(said: Said) -> None:
    orders = [discover(checks, "CHECK")[name].order for name in said]
    assert orders == sorted(orders)
    assert len(said) == len(NAMES)


def lift(case: Case, group: np.ndarray, base: np.ndarray) -> float:
    """Lift by sorting and counting, ties in the middle."""
    depth = case.config.training.depth
    weight = case.frame.measure_weight
    cut = np.quantile(case.percentile[base], 1 - depth)
    return float(np.average(case.percentile[group] > cut, weights=weight[group])) / depth


def test_member_effect_by_counting(case: Case, said: Said) -> None:
    rows = said["member-effect"]["rows"]
    frame = case.frame
    assert frame.member is not None
    assert frame.drawn is not None
    assert rows[0]["lift"] == pytest.approx(lift(case, frame.member & frame.base, frame.base), abs=0.06)
    assert rows[2]["lift"] == pytest.approx(lift(case, frame.positive, frame.drawn), abs=0.06)
    assert rows[0]["n"] == int((frame.member & frame.base).sum())


def test_a_random_group_has_lift_one_and_the_group_has_more(said: Said) -> None:
    low, high = said["random-group"]["interval"]
    assert low <= 1 <= high
    assert said["random-group"]["status"] == "good"
    assert said["member-effect"]["rows"][1]["lift"] > high


def test_a_simpler_model_that_finds_more_is_said_to(case: Case, said: Said) -> None:
    captures = {each["name"]: each["measures"][0]["value"] for each in case.model.measures["models"]}
    (row,) = said["simpler-model"]["rows"]
    assert row["name"] == "segment-index"
    assert row["rival"] == pytest.approx(captures["segment-index"])
    assert row["difference"] == pytest.approx(captures["lightgbm-bagged"] - captures["segment-index"])
    assert said["simpler-model"]["value"] == row["difference"]
    places = case.model.held_out
    assert places is not None
    at = places.column_names.index("percentile:segment-index")
    perfect = case.frame.positive.astype(np.float64)
    for rival, status in ((perfect, "caution"), (1.0 - perfect, "good")):
        table = places.set_column(at, "percentile:segment-index", pa.array(rival))
        (found,) = inspect(replace(case, model=replace(case.model, held_out=table)), only=("simpler-model",))
        assert found["status"] == status
        assert ('estimator = "segment-index"' in found["says"]["en"]) == (status == "caution")


def test_recall_bound_is_the_odds_ratio(case: Case, said: Said) -> None:
    found = said["recall-bound"]
    odds = found["value"] / (100 - found["value"])
    bounds = [100 * each / (1 + each) for each in (odds / 1.5, odds * 1.5)]
    assert found["interval"] == pytest.approx(bounds)


def test_precision_is_class_size_times_lift(case: Case, said: Said) -> None:
    first = said["precision"]["rows"][0]
    assert first["what"]["en"] == "precision"
    lift = said["member-effect"]["rows"][1]["lift"]
    assert first["value"] == pytest.approx(min(1.0, first["size"] / 100 * lift))


def test_class_size_holds_the_truth_and_the_anchor(run: Run, said: Said) -> None:
    truth = pd.read_parquet(run.path.parent / "truth.parquet")["needs"].mean()
    bounds = {row["what"]["en"]: row["part"] for row in said["class-size"]["rows"]}
    # Nothing in the tiny country tells who borrows for others, so that all of the group counts.
    assert bounds["labelled, less those who borrow for others"] == pytest.approx(100 * len(run.group) / 4000)
    assert bounds["at most, for a fair sample"] >= 100 * truth
    assert said["class-size"]["interval"] == [15, 25]
    assert said["class-size"]["value"] == 20


def test_outside_figures_by_scipy(run: Run, said: Said) -> None:
    people = pd.read_parquet(run.path.parent / "households.parquet")
    scores = pd.read_parquet(run.scores.file, columns=["household_id", "rank"])
    inside = people.merge(scores, left_on="key", right_on="household_id")
    inside["in"] = inside["rank"] <= run.profile.last_rank
    by = inside.groupby("wk")
    figure = people.groupby("wk")["education"].apply(lambda each: 100 * (each == "low").mean())
    found = said["outside-figures"]
    assert found["value"] == pytest.approx(spearmanr(by["in"].mean(), figure).statistic, abs=1e-6)
    assert found["n"] == 40
    index = 100 * by["in"].mean() / inside["in"].mean() - 100 * figure / np.average(figure, weights=by.size())
    shown = {row["code"]: row for row in found["areas"]["rows"]}
    assert set(shown) == set(index.index)
    hidden = [code for code, row in shown.items() if row["class"] == "suppressed"]
    assert set(by["in"].sum()[lambda each: each < 10].index) <= set(hidden)
    for code, row in shown.items():
        if code not in hidden:
            assert row["difference"] == pytest.approx(index[code], abs=0.3)
            assert row["class"] == ("above" if index[code] > 20 else "below" if index[code] < -20 else "average")


def test_attributes_by_pandas_and_a_planted_proxy_is_found(run: Run, said: Said) -> None:
    attributes = pd.read_csv(run.path.parent / "attributes.csv")
    scores = pd.read_parquet(run.scores.file, columns=["household_id", "rank"])
    joined = attributes.merge(scores, left_on="hh", right_on="household_id")
    joined["in"] = joined["rank"] <= run.profile.last_rank
    rows = {(row["attribute"]["en"], row["group"]["en"]): row for row in said["excluded-attributes"]["rows"]}
    known = joined.dropna(subset=["origin"])
    one = known["origin"] == "one"
    assert rows["origin", "one"]["penetration"] == pytest.approx(100 * known.loc[one, "in"].mean())
    ranks = rankdata(-known["rank"])
    auc = (ranks[one].sum() - one.sum() * (one.sum() + 1) / 2) / (one.sum() * (~one).sum())
    assert rows["origin", "one"]["auc"] == pytest.approx(auc)
    assert rows["origin", "one"]["features"]["nl"].startswith("segment ")
    assert 0 < joined.loc[joined["origin"] == "few", "in"].sum() < 10
    assert rows["origin", "few"]["suppressed"]
    assert rows["origin", "few"]["n"] is None
    assert "penetration" not in rows["origin", "few"]
    low, high = rows["heads or tails", "heads"]["auc_interval"]
    assert low <= 0.5 <= high
    assert said["excluded-attributes"]["status"] == "caution"
    assert "'one'" in said["excluded-attributes"]["says"]["en"]


def test_drift_finds_the_feature_that_moved(said: Said) -> None:
    rows = said["snapshot-drift"]["rows"]
    assert rows[1]["what"]["en"] == "income"
    assert rows[1]["psi"] > 0.25
    assert all(row["psi"] == 0 for row in rows[2:])
    assert said["snapshot-drift"]["status"] == "caution"


def test_learning_curve_halves_the_group(case: Case, said: Said) -> None:
    sizes = [row["size"] for row in said["group-size"]["rows"]]
    assert sizes == [sizes[-1] // 4, sizes[-1] // 2, sizes[-1]]
    assert sizes[-1] == said["group-size"]["n"] < case.frame.n_positive
    assert all(row["interval"][0] <= row["capture"] <= row["interval"][1] for row in said["group-size"]["rows"])


def test_area_counts_by_a_poisson_regression_of_another_hand(case: Case, said: Said) -> None:
    """And scores whose differences between areas are made ten times as large are found to exaggerate."""
    held_out = case.model.held_out
    assert held_out is not None
    frame = case.frame
    rows = pd.DataFrame({"area": frame.blocks, "score": held_out.column("score").to_numpy(), "y": frame.positive})
    rows = rows.assign(weight=frame.weight)[frame.fitted_on]

    def slope(scores: pd.Series) -> float:
        by = (
            rows.assign(expected=scores * rows["weight"], observed=rows["y"] * rows["weight"])
            .groupby("area")[["expected", "observed"]]
            .sum()
        )
        fit = PoissonRegressor(alpha=0, tol=1e-10, max_iter=1000)
        return float(fit.fit(np.log(by[["expected"]].to_numpy()), by["observed"]).coef_[0])

    assert said["area-counts"]["value"] == pytest.approx(slope(rows["score"]), abs=0.01)
    assert said["area-counts"]["n"] == rows["area"].nunique()
    mean = rows.groupby("area")["score"].transform("mean")
    louder = (rows["score"] * (mean / mean.mean()) ** 9).clip(0, 1)
    scores = held_out.column("score").to_numpy().copy()
    scores[frame.fitted_on] = louder
    table = held_out.set_column(held_out.column_names.index("score"), "score", pa.array(scores))
    model = replace(case.model, held_out=table)
    (found,) = inspect(replace(case, model=model), only=("area-counts",))
    assert found["value"] == pytest.approx(slope(louder), abs=0.01)
    assert found["status"] == "caution"
    assert "exaggerates" in found["says"]["en"]


def test_selection_and_dirt_repeat_the_contrast(case: Case, said: Said) -> None:
    assert said["selection"]["value"] == case.frame.contrast["scar"]["value"]
    assert (said["dirt"]["status"] == "unknown") == (case.frame.dirt is None)


def test_a_model_of_another_frame_is_refused(case: Case) -> None:
    model = replace(case.model, held_out=None)
    with pytest.raises(ArtefactError, match="held-out"):
        inspect(replace(case, model=model), only=("recall-bound",))
    assert case.model.held_out is not None
    older = case.model.held_out.select(["percentile", "score"])
    with pytest.raises(ArtefactError, match="an earlier version"):
        inspect(replace(case, model=replace(case.model, held_out=older)), only=("simpler-model",))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"earlier": "nowhere"}, "there is no folder"),
        ({"external": [{"nl": "x", "en": "x", "file": "none.csv", "level": "wijk"}]}, "none.csv"),
        ({"gama": 2.0}, "did you mean"),
    ],
)
def test_faults_are_found_before_anything_is_read(tmp_path: Path, change: dict[str, Any], text: str) -> None:
    tiny = tiny_country()
    tiny.profile["validation"] = change
    path = tiny.write(tmp_path)
    with pytest.raises((ConfigError, SchemaError), match=text):
        pipeline.prepare(path, data=tmp_path)


def test_the_card_and_both_pages_say_all_of_it(run: Run, said: Said) -> None:
    bundle = run.bundle
    card = json.loads((bundle / "card.json").read_text(encoding="utf-8"))
    assert [each["check"] for each in card["checks"]] == list(said)
    for language in ("nl", "en"):
        page = (bundle / f"report.{language}.html").read_text(encoding="utf-8")
        words = (bundle / f"model_card.{language}.md").read_text(encoding="utf-8")
        for each in card["checks"]:
            assert each["title"][language] in page.replace("&#39;", "'")
            assert each["title"][language] in words


def test_a_map_of_differences_shows_no_area_that_the_tables_hide(said: Said) -> None:
    finding = said["outside-figures"]
    rows = [row for row in finding["areas"]["rows"] if row["class"] != "suppressed"]
    first, second = rows[0]["code"], rows[1]["code"]
    table = pd.DataFrame({"code": [row["code"] for row in rows]}).assign(suppressed=lambda each: each["code"] == first)
    (found,) = as_published([finding], {"areas_wijk": table})
    shown = {row["code"]: row for row in found["areas"]["rows"]}
    assert "difference" not in shown[first]
    assert shown[first]["class"] == "suppressed"
    assert shown[second] == rows[1]
    assert as_published([finding], {})[0]["areas"] is None
    assert as_published([said["dirt"]], {}) == [said["dirt"]]


def test_the_model_card_does_not_miss_what_the_check_says(run: Run) -> None:
    card = json.loads((run.bundle / "card.json").read_text(encoding="utf-8"))
    missing = phrase("model_card.proxy_missing", "nl")
    assert missing not in model_card(card)
    card["checks"] = [each for each in card["checks"] if each["check"] != "excluded-attributes"]
    assert missing in model_card(card)
