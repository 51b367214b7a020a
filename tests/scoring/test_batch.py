"""A batch scored: row by row what the estimator says, with the unseen values of each row named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from profiling.errors import ScoringError
from profiling.features.encoder import EncodedFeature, Encoder
from profiling.scoring.batch import SCHEMA, count_unseen, score_batch
from profiling.training.model import Model

ENCODER = Encoder(
    (
        EncodedFeature("income", "numeric"),
        EncodedFeature("tenure", "categorical", ("owner", "social")),
        EncodedFeature("segment", "segment", ("A01",)),
    )
)
ROWS = st.lists(
    st.tuples(
        st.floats(-1e9, 1e9),
        st.sampled_from(["owner", "social", "castle", None]),
        st.sampled_from(["A01", "Z99", None]),
    ),
    max_size=40,
)


class Sum:
    """An estimator that adds up what is known of a row."""

    def score_samples(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return X[:, 0] + np.nan_to_num(X[:, 1]) + np.nan_to_num(X[:, 2])


def model() -> Model:
    spec: Any = type("Spec", (), {"name": "sum"})
    estimator: Any = Sum()
    return Model(spec, estimator, ENCODER, {}, {})


def batch(rows: list[tuple[float | None, str | None, str | None]]) -> pa.RecordBatch:
    income, tenure, segment = (list(each) for each in zip(*rows, strict=True)) if rows else ([], [], [])
    columns = [pa.array(income, pa.float64()), pa.array(tenure, pa.string()), pa.array(segment, pa.string())]
    return pa.RecordBatch.from_arrays(columns, names=list(ENCODER.names))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 40))
def test_each_row_on_its_own(rows: list[tuple[float, str | None, str | None]], cut: int) -> None:
    scored = score_batch(model(), batch(rows))
    assert scored.schema == SCHEMA
    expected = [income + (tenure == "social") for income, tenure, _ in rows]
    assert scored.column("score").to_pylist() == expected
    unseen = [[1] * (t == "castle") + [2] * (s == "Z99") for _, t, s in rows]
    assert scored.column("unseen").to_pylist() == unseen
    parts = [score_batch(model(), batch(part)) for part in (rows[:cut], rows[cut:])]
    assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([scored]))
    assert count_unseen(ENCODER, parts).tolist() == [sum(each.count(i) for each in unseen) for i in range(3)]


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ScoringError, match="1 households have no finite score"):
        score_batch(model(), batch([(1.0, None, None), (None, None, None)]))
