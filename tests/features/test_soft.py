"""Soft features: having by the configured threshold, and counts that equal SQL however the batches are cut."""

from __future__ import annotations

from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiling import features
from profiling.errors import SchemaError
from profiling.features.soft import InterestCounts, soft_columns, soft_matrix
from profiling.plugs import discover
from profiling.population.config import SoftFeature

SOFT = {"hobbies": {"fishing": SoftFeature(above=2)}, "media": {"radio": SoftFeature(), "paper": SoftFeature()}}


def test_having_an_interest_follows_the_configured_threshold() -> None:
    batch = pa.table({"paper": [True, None, False], "fishing": [2, 3, None], "radio": [0.5, 0.6, 0.0]})
    assert soft_columns(SOFT) == ("fishing", "radio", "paper")
    expected = np.array([[0, 0, 1], [1, 1, np.nan], [np.nan, 0, 0]])
    assert np.array_equal(soft_matrix(batch, SOFT), expected, equal_nan=True)
    assert np.array_equal(soft_matrix(batch.to_batches()[0], SOFT), expected, equal_nan=True)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 300), max_size=4))
def test_counts_do_not_depend_on_batches_and_equal_sql(seed: int, cuts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    member = rng.random(300) < 0.3
    soft = rng.choice([0.0, 1.0, np.nan], (300, 3), p=[0.6, 0.35, 0.05])
    counts = InterestCounts.empty(list("abc"))
    edges = [0, *sorted(cuts), 300]
    for start, stop in pairwise(edges):
        counts = counts.add(soft[start:stop], member[start:stop])
    frame = pd.DataFrame(soft, columns=list("abc")).assign(member=member)
    with duckdb.connect() as database:
        database.execute("CREATE TABLE one AS SELECT * FROM frame")
        for row in counts.table().itertuples(index=False):
            known = f"{row.column} = 0 OR {row.column} = 1"
            sums = [f"count(*) FILTER ({each})" for each in (f"member AND {row.column} = 1", f"member AND ({known})")]
            sums += [f"count(*) FILTER ({each})" for each in (f"{row.column} = 1", known)]
            assert database.execute(f"SELECT {', '.join(sums)} FROM one").fetchone() == tuple(row)[1:]
    del frame
    assert (counts.n_profile, counts.n_base) == (int(member.sum()), 300)


def test_counts_refuse_other_values() -> None:
    with pytest.raises(SchemaError, match="expected 0, 1 or nan in 2 rows of 1 features"):
        InterestCounts.empty(["a"]).add(np.array([[0.5], [1.0]]), np.array([True, False]))


def test_soft_features_are_no_family_that_a_model_could_read() -> None:
    assert set(discover(features, "FAMILY")) == {"categorical", "numeric", "ordinal", "segment"}
