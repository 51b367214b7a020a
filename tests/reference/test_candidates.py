"""The candidate groups of `configs/`: each is built as it stands there, and what it teaches finds its planted truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from profiling.evaluation.truth import recall_at_depth
from profiling.features.encoder import choose_features, fit_encoder
from profiling.models.lightgbm_single import ESTIMATOR
from profiling.models.spec import EstimatorContext
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles.config import load_profile_config
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup
from profiling.simulation.settings import SimulationSettings
from profiling.simulation.simulate import simulate

CONFIGS = Path(__file__).parents[2] / "configs"
# Truth of each group; how many times purer than the country it is at least; lift of the trained group at least.
CANDIDATES = {
    "young-adults": ("student_living_away", 9.0, 5.0),
    "students-living-away": ("student_living_away", 15.0, 6.0),
    "children-vulnerable-income": ("vulnerable_household_with_children", 12.0, 5.0),
    "children-vulnerable-education": ("vulnerable_household_with_children", 2.0, 1.8),
    "study-in-library": ("studies_in_library", 20.0, 5.0),
    "digitally-low-literate": ("digitally_low_literate", 4.0, 2.0),
    "digital-government-help": ("needs_digital_government_help", 4.0, 1.8),
    "visitors-no-member": ("visits_but_no_member", 1.6, 1.5),
}


class Country:
    """A simulated country in memory, half of its gemeenten held out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store: HouseholdStore = open_population(
            load_population(CONFIGS / "populations" / "simulated-nl.toml", data=folder)
        )
        words = [name for name, _ in choose_features(self.store.population.config, ())]
        table = pa.Table.from_batches(list(self.store.batches(["household_id", "gemeente", *words])))
        self.encoder = fit_encoder(table, self.store.population.config, ())
        self.X = self.encoder.matrix(table)
        areas = np.asarray(table["gemeente"].to_pylist(), dtype=str)
        self.held = np.isin(areas, np.unique(areas)[::2])
        truth = pd.read_parquet(folder / "truth.parquet").merge(pd.read_parquet(folder / "truth_visitors.parquet"))
        self.truth = truth.set_index("household_id").loc[table["household_id"].to_pylist()].reset_index()

    def group(self, name: str) -> ReferenceGroup:
        return build_reference_group(
            load_reference(CONFIGS / "reference" / f"{name}.toml", data=self.folder), self.store
        )

    def weights(self, group: ReferenceGroup) -> np.ndarray:
        said = group.households.to_pandas().set_index("household_id")["weight"]
        return said.reindex(self.truth["household_id"]).fillna(0.0).to_numpy()


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    folder = tmp_path_factory.mktemp("candidates") / "nl"
    return Country(simulate(SimulationSettings(households=100_000, seed=21), folder))


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_trained_group_finds_its_planted_truth(country: Country, name: str) -> None:
    column, purer, lift = CANDIDATES[name]
    weight, truth = country.weights(country.group(name)), country.truth[column].to_numpy()
    assert np.average(truth, weights=weight) > purer * truth.mean()
    inside = np.flatnonzero(~country.held)
    group, others = inside[weight[inside] > 0], inside[::3]
    context = EstimatorContext(
        len(country.encoder.names), country.encoder.names, country.encoder.categorical, country.encoder.segment
    )
    model = ESTIMATOR.build(context, {"n_estimators": 60, "learning_rate": 0.1}).fit(
        np.vstack([country.X[group], country.X[others]]),
        np.repeat([1, 0], [len(group), len(others)]),
        np.concatenate([weight[group], np.ones(len(others))]),
    )
    found = recall_at_depth(model.score_samples(country.X[country.held]), truth[country.held], 0.10) / 0.10
    assert found > lift


@pytest.mark.parametrize("name", CANDIDATES)
def test_there_is_a_profile_for_each_candidate(name: str) -> None:
    config = load_profile_config(CONFIGS / "profiles" / f"{name}.toml")
    assert config.name == name
    assert (CONFIGS / "profiles" / config.reference).resolve() == CONFIGS / "reference" / f"{name}.toml"


def test_two_definitions_of_vulnerable_are_two_groups(country: Country) -> None:
    income, education = (
        country.weights(country.group(f"children-vulnerable-{each}")) > 0 for each in ("income", "education")
    )
    poor = country.truth["vulnerable_household_with_children"].to_numpy()
    # One card has one scheme; only cards of movers, whose old address is somebody else's, can bring two together.
    assert (income & education).sum() < 0.01 * income.sum()
    assert poor[income].mean() > 3 * poor[education].mean() > 3 * poor.mean()


def test_students_with_parents_are_fewer_by_the_stricter_rule(country: Country) -> None:
    away = country.truth["student_living_away"].to_numpy()
    wide, strict = (country.weights(country.group(each)) > 0 for each in ("young-adults", "students-living-away"))
    assert not (strict & ~wide).any()
    assert away[strict].mean() > away[wide].mean() + 0.15
