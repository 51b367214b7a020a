"""Top customers: figures as SQL has them, planted differences found, chance left alone, and a look-alike that runs."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from profiling.config import resolve
from profiling.errors import ProfileError, UploadError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.profiles.config import load_profile_config
from profiling.publish.uploads import read_upload
from profiling.publish.uses.small_model import logistic
from profiling.publish.uses.top_customers import TopCustomers, TopRule, explain_top
from profiling.publish.uses.top_reference import write_top_reference
from profiling.reference.build import build_reference_group, load_reference
from tests.publish.customers import Country, make_country


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("top"))


@pytest.fixture(scope="module")
def rows(country: Country) -> pd.DataFrame:
    """Customers who spend more where education is high and rooms are many; tenure has nothing to do with it."""
    mine = country.rows.merge(country.tiny.households, on="key")
    noise = np.random.default_rng(4).normal(0, 1, len(mine))
    return mine.assign(spent=(1.5 * (mine["education"] == "high") + 0.3 * mine["rooms"] + noise).round(3))


def explain(country: Country, rows: pd.DataFrame, rule: TopRule) -> TopCustomers:
    asked = rows[[*("id", "postcode", "number", "addition"), *rows.columns.intersection(["spent"])]]
    store = open_population(load_population(country.folder / "country" / "population.toml"))
    return explain_top(read_upload(asked.to_csv(index=False).encode()), rule, country.book, country.deep, store)


@pytest.fixture(scope="module")
def found(country: Country, rows: pd.DataFrame) -> TopCustomers:
    return explain(country, rows, TopRule("spent", part=0.25))


def test_figures_are_those_of_sql(rows: pd.DataFrame, found: TopCustomers) -> None:
    assert (found.n_top, found.n_rest) == (225, 675)
    expected = duckdb.sql(
        """WITH sides AS (SELECT *, spent >= (SELECT quantile_disc(spent, 0.75 + 1e-9) FROM rows) AS top FROM rows)
        SELECT avg(rooms) FILTER (top) AS rooms_top, avg(rooms) FILTER (NOT top) AS rooms_rest,
            (rooms_top - rooms_rest) / sqrt((var_samp(rooms) FILTER (top) + var_samp(rooms) FILTER (NOT top)) / 2) AS d,
            100 * avg((education = 'high')::INT) FILTER (top) AS high_top,
            100 * avg((education = 'high')::INT) FILTER (NOT top) AS high_rest FROM sides"""
    ).df().iloc[0]  # fmt: skip
    table = found.variables.set_index(["feature", "level"])
    rooms, high = table.loc[("rooms", "")], table.loc[("education", "high")]
    assert rooms["top"] == pytest.approx(expected["rooms_top"])
    assert rooms["difference"] == pytest.approx(expected["rooms_top"] - expected["rooms_rest"])
    assert rooms["effect"] == pytest.approx(expected["d"])
    assert high["top"] == pytest.approx(expected["high_top"])
    assert high["rest"] == pytest.approx(expected["high_rest"])
    assert rooms["effect_low"] < rooms["effect"] < rooms["effect_high"]


def test_planted_variables_come_first_and_chance_does_not(found: TopCustomers) -> None:
    assert set(found.variables["feature"].head(3)) <= {"education", "rooms"}
    tenure = found.variables[found.variables["feature"] == "tenure"]
    assert ((tenure["effect_low"] < 0) & (tenure["effect_high"] > 0)).all()
    model = found.model.set_index("feature")
    assert model.loc["education", "odds_low"] > 1
    assert model.loc["rooms", "odds_low"] > 1


def test_the_small_model_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 3))
    y = rng.random(800) < 1 / (1 + np.exp(-(x @ [1.0, -0.5, 0.0] - 0.3)))
    odds, low, high = logistic(np.column_stack([np.ones(800), x]), y)
    # scikit-learn's penalty is |b|² / (2 C): half a row per coefficient is C = 2.
    other = LogisticRegression(C=2.0, tol=1e-10).fit(x, y)
    np.testing.assert_allclose(np.log(odds[1:]), other.coef_[0], rtol=1e-4)
    assert (low < odds).all()
    assert (odds < high).all()


def test_small_cells_are_hidden(country: Country, rows: pd.DataFrame) -> None:
    seen = []
    for part in (60, 0):
        few = rows[(rows["education"] != "low") | (rows.index < part)]
        found = explain(country, few, TopRule("spent", part=0.3))
        levels = found.variables[found.variables["feature"] == "education"]
        assert levels.set_index("level").loc["low", "suppressed"]
        seen.append(sorted(levels["level"]))
    # Nobody in a level looks as few do.
    assert seen[0] == seen[1] == ["high", "low", "middle"]
    shown = found.variables[~found.variables["suppressed"]]
    levels = shown[shown["kind"] == "level"]
    assert (levels[["n_top", "n_rest"]] >= 10).all(axis=None)
    low = found.variables[found.variables["feature"] == "education"]
    assert low["suppressed"].sum() != 1
    assert found.variables.loc[found.variables["suppressed"], ["n_top", "top", "effect"]].isna().all(axis=None)


def test_the_look_alike_s_group_is_the_top(country: Country, found: TopCustomers, tmp_path: Path) -> None:
    population = country.folder / "country" / "population.toml"
    config = write_top_reference(
        found, tmp_path / "top", name="top", population=population, contact="x@y.nl", minimum=100
    )
    profile = load_profile_config(config)
    store = open_population(load_population(resolve(profile.population, beside=config, data=None)))
    group = build_reference_group(load_reference(resolve(profile.reference, beside=config, data=None)), store)
    assert set(group.households.column("household_id").to_pylist()) == set(found.households.to_pylist())
    assert len(found.households) == 225
    assert group.members is not None
    assert group.members.column("household_id").to_pylist() == found.others.to_pylist()
    assert group.members.num_rows == 675
    kept = (config.parent / "households.csv").read_text()
    assert not any(each in kept for each in country.rows["id"])
    with pytest.raises(ProfileError, match="too few for a profile"):
        write_top_reference(found, tmp_path / "few", name="top", population=population, contact="x@y.nl")
    assert not (tmp_path / "few").exists()


def test_faults(country: Country, rows: pd.DataFrame) -> None:
    with pytest.raises(UploadError, match="did you mean 'spent'"):
        explain(country, rows.rename(columns={"spent": "spent"}), TopRule("spend", part=0.2))
    with pytest.raises(UploadError, match="is no top"):
        explain(country, rows, TopRule("spent", part=2.0))
    with pytest.raises(ProfileError, match="fewer than 50"):
        explain(country, rows, TopRule("spent", part=0.01))
    with pytest.raises(UploadError, match="are no numbers"):
        explain(country, rows.assign(spent="much"), TopRule("spent", part=0.2))
