"""Membership from counts per postcode: the loss by enumeration, a planted propensity, and a better profile by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import poisson, spearmanr

from profiling.errors import TrainingError
from profiling.features.encoder import EncodedFeature, Encoder
from profiling.models.lightgbm_single import ESTIMATOR as LIGHTGBM
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup
from profiling.training.bag_rates import Bags, Cells, Intervals, fit_interval_rates, fit_rates, interval_loss
from profiling.training.contrasts import auto, population, reweighted
from profiling.training.frame import TrainingFrame
from profiling.training.member_rates import CountedPlaces, learn_membership
from profiling.training.membership import Membership, load_membership
from profiling.training.rows import build_training_frame
from profiling.training.settings import TrainingSettings
from profiling.training.train import fit_rows
from tests.tiny import Tiny, tiny_country
from tests.training.test_contrasts import CONTEXT, N, country


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 60.0), st.integers(0, 30), st.integers(0, 12))
def test_loss_of_an_interval_as_the_poisson_distribution_has_it(expected: float, low: int, width: int) -> None:
    ends = np.array([float(low)]), np.array([float(low + width)])
    value, count = interval_loss(np.array([expected]), *ends)
    inside = np.arange(low, low + width + 1)
    chance = poisson.pmf(inside, expected)
    log_factorial = np.log(np.arange(1, low + 1)).sum()
    assert value[0] == pytest.approx(-np.log(chance.sum()) - log_factorial, rel=1e-6, abs=1e-6)
    assert count[0] == pytest.approx((inside * chance).sum() / chance.sum(), rel=1e-6, abs=1e-9)
    step = 1e-5 * expected
    up, down = (interval_loss(np.array([expected + each]), *ends)[0][0] for each in (step, -step))
    assert 1 - count[0] / expected == pytest.approx((up - down) / (2 * step), abs=1e-4)


def test_hidden_counts_give_nearly_the_rates_of_told_ones() -> None:
    """And better ones than filling in their middle, which a rare group does not have."""
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2, 24_000).astype(float)
    bag = np.arange(24_000) // 12
    counts = rng.poisson(np.bincount(bag, np.where(x == 1, 0.30, 0.06))).astype(float)
    hidden = (counts > 0) & (counts < 5)
    cells = Cells(x[:, None], (0,))(x[:, None])
    low, high = np.where(hidden, 1.0, counts), np.where(hidden, 4.0, counts)
    middle = np.where(hidden, 2.5, counts)
    apart = []
    for ends in ((counts, counts), (low, high), (middle, middle)):
        _start, rates = fit_interval_rates(cells, Intervals(bag, np.ones(24_000), *ends), 1e-6)
        apart.append(rates[1] - rates[0])
    told, censored, filled = apart
    assert told == pytest.approx(np.log(5), abs=0.15)
    assert censored == pytest.approx(told, abs=0.25)
    assert abs(filled - told) > 2 * abs(censored - told)


def test_places_without_anybody_as_one_bag_or_each_its_own() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(0, 3, 2_000).astype(float)
    bag = np.arange(2_000) // 10
    counts = np.minimum(rng.poisson(np.bincount(bag, 0.1 + 0.1 * x) / 3), 10).astype(float)
    cells = Cells(x[:, None], (0,))
    some = (counts > 0)[bag]
    _, of = np.unique(bag[some], return_inverse=True)
    found = fit_rates(
        cells(x[some, None]), Bags(of, counts[counts > 0]), cells(x[:, None]), np.where(some, 0.0, 1.0), 1.0
    )
    _start, other = fit_interval_rates(cells(x[:, None]), Intervals(bag, np.ones(2_000), counts, counts), 1.0)
    assert found == pytest.approx(other, abs=1e-3)


def streets(hide: int = 5, *, selected: bool = True) -> tuple[CountedPlaces, dict]:
    """The country of the contrasts, its households in streets of alike ones; members are counted per street."""
    draft, planted = country(selected=selected, cards=False)
    rng = np.random.default_rng(8)
    order = np.argsort(draft.X @ np.array([0.8, 0.6, 1.0]) + rng.normal(0, 1.5, N))
    street = np.empty(N, dtype=np.int64)
    street[order] = np.arange(N) // 15
    assert draft.member is not None
    counts = np.bincount(street, draft.member).astype(float)
    hidden = (counts > 0) & (counts < hide)
    blocks = np.array([f"GM{each:02d}" for each in rng.integers(0, 20, N // 15)], dtype=object)
    bags = Intervals(street, np.ones(N), np.where(hidden, 1.0, counts), np.where(hidden, hide - 1.0, counts))
    planted["draft"] = replace(draft, member=None, drawn=np.zeros(N, bool), blocks=blocks[street])
    return CountedPlaces(draft.X, bags, blocks), planted


@pytest.fixture(scope="module")
def counted() -> tuple[CountedPlaces, dict, Membership]:
    places, planted = streets()
    return places, planted, learn_membership(places, planted["draft"], people=False)


def test_planted_membership_is_found_in_counts(counted: tuple[CountedPlaces, dict, Membership], tmp_path: Path) -> None:
    places, planted, found = counted
    assert found.propensity is not None
    assert spearmanr(found.propensity, planted["chance"])[0] > 0.9
    assert found.share == pytest.approx(planted["chance"].mean(), abs=0.05)
    assert found.scar_rejected
    encoder = Encoder(tuple(EncodedFeature(name, "numeric") for name in CONTEXT.feature_names))
    found.save(tmp_path / "membership", encoder)
    again, _encoder = load_membership(tmp_path / "membership")
    np.testing.assert_array_equal(again.chance(places.X), found.chance(places.X))
    assert again.by_counts
    assert spearmanr(again.chance(places.X), planted["chance"])[0] > 0.9


def test_people_counted_are_more_than_households(counted: tuple[CountedPlaces, dict, Membership]) -> None:
    """Two in one household make one: with a rate r of people, 1 - exp(-r) of the households have any."""
    places, planted, households = counted
    people = learn_membership(places, planted["draft"], people=True)
    assert people.propensity is not None
    assert households.propensity is not None
    inside = (households.propensity > households.bound) & (people.propensity > people.bound)
    inside &= households.propensity < 1.0
    np.testing.assert_allclose(people.propensity[inside], 1 - np.exp(-households.propensity[inside]), rtol=1e-9)


def test_auto_weighs_by_what_the_counts_tell(counted: tuple[CountedPlaces, dict, Membership]) -> None:
    _places, planted, learned = counted
    draft = replace(planted["draft"], counted=learned)
    found = auto.weigh(draft)
    assert found.kind == "reweighted"
    assert "only counts per area are known" in found.why["en"]
    assert "alleen aantallen per gebied bekend" in found.why["nl"]
    assert "in an area" in found.figures["scar"]["note"]["en"]
    np.testing.assert_array_equal(found.weight, reweighted.weigh(draft).weight)
    income, group = draft.X[:, 2], draft.positive
    truth = income[planted["true"]].mean()
    plain = np.average(income[group], weights=population.weigh(draft).weight[group])
    assert plain > truth + 0.15
    assert np.average(income[group], weights=found.weight[group]) == pytest.approx(truth, abs=0.10)


def test_auto_leaves_counts_that_tell_nothing() -> None:
    places, planted = streets(selected=False)
    draft = replace(planted["draft"], counted=learn_membership(places, planted["draft"], people=False))
    found = auto.weigh(draft)
    assert found.kind == "population"
    assert "do not go with who lives there" in found.why["en"]


def test_one_area_is_not_enough(counted: tuple[CountedPlaces, dict, Membership]) -> None:
    places, planted, _learned = counted
    alone = replace(places, blocks=np.full(len(places.blocks), "GM01", dtype=object))
    with pytest.raises(TrainingError, match="in one area only"):
        learn_membership(alone, planted["draft"], people=False)


def selective(level: str = "pc6") -> tuple[Tiny, np.ndarray]:
    """A tiny country whose members own their home, and whose example households are members in need.

    Places differ in tenure, as streets do. The library tells members per postcode and branch, fewer than 5 as "*".
    """
    tiny = tiny_country(3, 12_000)
    rng = np.random.default_rng(1)
    houses = tiny.households
    place = houses["pc"] if level == "pc6" else houses["bu"]
    part = rng.beta(0.7, 0.7, place.nunique())[pd.factorize(place)[0]]
    owner = rng.random(len(houses)) < part
    houses["tenure"] = np.where(owner, "owner", rng.choice(["social", "private"], len(houses)))
    member = rng.random(len(houses)) < expit(2.5 * owner - 2.5)
    needs = tiny.truth["needs"].to_numpy()
    group = member & needs & (rng.random(len(houses)) < 0.8)
    rows = pd.DataFrame({"area": place[member], "branch": rng.integers(0, 2, int(member.sum()))})
    counts = rows.value_counts().rename("users").reset_index()
    counts["users"] = np.where(counts["users"] < 5, "*", counts["users"].astype(str))
    tiny.customers, tiny.members = houses.loc[group, ["key"]], counts  # type: ignore[attr-defined]
    tiny.reference = {
        "name": "customers",
        "source": "customers",
        "as_of": "2026-09-30",
        "minimum": 50,
        "customers": {"files": ["customers.csv"], "household": "key"},
        "members": {
            "files": ["members.csv"],
            "level": level,
            "counted": "households",
            "fewer_than": 5,
            "columns": {"place": "area", "count": "users"},
        },
    }
    return tiny, needs


def written(tiny: Tiny, folder: Path) -> tuple[ReferenceGroup, HouseholdStore]:
    tiny.write(folder)
    tiny.customers.to_csv(folder / "customers.csv", index=False)  # type: ignore[attr-defined]
    tiny.members.to_csv(folder / "members.csv", index=False)  # type: ignore[attr-defined]
    store = open_population(load_population(folder / "population.toml"))
    return build_reference_group(load_reference(folder / "reference.toml"), store), store


def found_at(frame: TrainingFrame, needs: pd.Series, seed: int) -> float:
    """Part of the households in need, truly, among the 15 % of the base that score highest."""
    rows = np.arange(frame.table.num_rows)
    score = fit_rows(LIGHTGBM, {}, frame, rows, seed).score_samples(frame.matrix())
    truly = needs.loc[frame.table.column("household_id").to_pylist()].to_numpy()
    top = score >= np.quantile(score[frame.base], 0.85)
    return float(truly[top & frame.base].sum() / truly[frame.base].sum())


@pytest.mark.parametrize("level", ["pc6", "buurt"])
def test_counts_in_the_configuration_make_a_better_profile(tmp_path: Path, level: str) -> None:
    """Truth is for the evaluation only: recall of households in need, by counts against without."""
    tiny, needs = selective(level)
    group, store = written(tiny, tmp_path)
    truth = pd.Series(needs, index=tiny.households["key"])
    recall = {}
    for contrast in ("auto", "population"):
        settings = TrainingSettings(background=6_000, contrast=contrast, catchment="everywhere")
        frame = build_training_frame(group, store, settings, seed=1, inputs={})
        recall[contrast] = found_at(frame, truth, 1)
        if contrast == "auto":
            assert frame.contrast["kind"] == "reweighted"
            assert frame.membership is not None
            owner = np.array(frame.table.column("tenure").to_pylist()) == "owner"
            chance = frame.membership.chance(frame.matrix())
            assert chance[owner].mean() / chance[~owner].mean() == pytest.approx(0.5 / 0.076, rel=0.5)
    assert recall["auto"] > recall["population"] + 0.02
