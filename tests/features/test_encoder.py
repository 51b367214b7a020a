"""Model inputs: codes that stay the same wherever a value is met, nan for what is missing or was never seen."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling.errors import ConfigError, SchemaError
from profiling.features.encoder import Encoder, choose_features, fit_encoder
from profiling.population.config import PopulationConfig
from tests.tiny import tiny_country

POPULATION = PopulationConfig(**tiny_country(n=50).population)
TABLE = pa.table(
    {
        "education": ["low", "high", None, "middle"],
        "income": [10.0, None, 30.0, 40.0],
        "rooms": pa.array([1, 2, None, 4], pa.int8()),
        "tenure": ["social", "owner", "owner", None],
        "segment": ["B03", "A01", "A01", None],
    }
)


def test_codes() -> None:
    encoder = fit_encoder(TABLE, POPULATION)
    expected = {
        "education": [0, 2, np.nan, 1],
        "income": [10, np.nan, 30, 40],
        "rooms": [1, 2, np.nan, 4],
        "tenure": [1, 0, 0, np.nan],
        "segment": [1, 0, 0, np.nan],
    }
    np.testing.assert_array_equal(encoder.matrix(TABLE), np.column_stack([expected[name] for name in encoder.names]))
    assert encoder.categorical == (3, 4)
    assert encoder.segment == 4


def test_unseen_is_missing() -> None:
    encoder = fit_encoder(TABLE, POPULATION)
    new = TABLE.set_column(3, "tenure", pa.array(["castle", "castle", None, "owner"])).to_batches()[0]
    assert np.isnan(encoder.matrix(new)[:3, 3]).all()


def test_number_types_do_not_change_codes() -> None:
    population = POPULATION.model_copy(update={"hard": {"tenure": POPULATION.hard["tenure"]}, "segments": None})
    whole = pa.table({"tenure": pa.array([3, 10, 3, None], pa.int64())})
    encoder = fit_encoder(whole, population)
    floats = pa.table({"tenure": pa.array([3.0, 10.0, 3.0, None])})
    np.testing.assert_array_equal(encoder.matrix(floats), encoder.matrix(whole))


def test_infinite_is_refused_by_name() -> None:
    encoder = fit_encoder(TABLE, POPULATION)
    broken = TABLE.set_column(1, "income", pa.array([1.0, np.inf, 2.0, 3.0]))
    with pytest.raises(SchemaError, match="infinite values in 'income'"):
        encoder.matrix(broken)


def test_soft_excluded_and_unknown_features_cannot_model() -> None:
    population = POPULATION.model_copy(update={"excluded": ("origin",)})
    with pytest.raises(ConfigError) as caught:
        choose_features(population, ["fishing", "origin", "incom"])
    message = str(caught.value)
    assert "'fishing' is a soft feature" in message
    assert "'origin' is excluded by policy" in message
    assert "'incom' is not a hard feature (did you mean 'income'?)" in message


@given(st.lists(st.sampled_from(["owner", "social", "private", None]), min_size=1, max_size=30), st.randoms())
def test_a_row_is_encoded_the_same_in_any_order(values: list[str | None], random: object) -> None:
    population = POPULATION.model_copy(update={"hard": {"tenure": POPULATION.hard["tenure"]}, "segments": None})
    encoder = fit_encoder(pa.table({"tenure": pa.array(values, pa.string())}), population)
    order = list(range(len(values)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = pa.table({"tenure": pa.array([values[i] for i in order], pa.string())})
    straight = encoder.matrix(pa.table({"tenure": pa.array(values, pa.string())}))
    np.testing.assert_array_equal(encoder.matrix(shuffled), straight[order])


def test_round_trip() -> None:
    encoder = fit_encoder(TABLE, POPULATION)
    assert Encoder.from_dict(encoder.to_dict()) == encoder
