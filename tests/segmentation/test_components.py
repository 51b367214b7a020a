"""Standards against ranks counted by hand, components against numpy's on the whole matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from profiling.segmentation import units as rows
from profiling.segmentation.components import fit_components
from profiling.segmentation.standards import fit_standards, standardised
from profiling.segmentation.units import Variable
from tests.segmentation.planted import planted


def test_streamed_components_are_those_of_the_whole_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    units, _ = planted(900, 5)
    standards = fit_standards(units, "robust")
    monkeypatch.setattr(rows.Units.chunks, "__defaults__", (128,))
    found = fit_components(units, standards, variance=0.8, most=12)
    z = standardised(units.matrix, standards).astype(np.float64)
    centred = z - np.average(z, axis=0, weights=units.households)
    cov = np.cov(z.T, aweights=units.households, ddof=0)
    values, vectors = np.linalg.eigh(cov)
    k = int(np.searchsorted(np.cumsum(values[::-1]) / values.sum(), 0.8)) + 1
    assert found.axes.shape == (12, k)
    assert np.allclose(found.explained, values[::-1][:k] / values.sum(), atol=1e-5)
    theirs = centred @ vectors[:, ::-1][:, :k]
    assert np.allclose(np.abs(found.places(units)), np.abs(theirs), atol=2e-3)
    assert (found.axes[np.abs(found.axes).argmax(axis=0), np.arange(k)] > 0).all()


def test_ranks_count_households_and_ties_lie_in_the_middle() -> None:
    units, _ = planted(400, 3)
    column = np.round(units.matrix[:, 0]).astype(np.float32)
    column[:7] = np.nan
    units = replace(units, matrix=np.column_stack([column, units.matrix[:, 1:]]))
    standard = fit_standards(units)[0]
    assert standard.how == "rank"  # a few values only: ties
    w, known = units.households, ~np.isnan(column)
    rank = standard.rank(column)
    assert np.isnan(rank[:7]).all()
    for value in np.unique(column[known]):
        below, same = w[known & (column < value)].sum(), w[known & (column == value)].sum()
        assert rank[known & (column == value)][0] == pytest.approx((below + same / 2) / w[known].sum(), abs=0.01)


def test_a_robust_scale_is_not_moved_by_one_outlier_and_skew_goes_by_rank() -> None:
    units, _ = planted(2_000, 3, noise=2.0)
    wild = units.matrix.copy()
    wild[0, 0] = 50.0
    calm, moved = (fit_standards(replace(units, matrix=each), "robust")[0] for each in (units.matrix, wild))
    assert np.allclose(calm.apply(units.matrix[1:, 0]), moved.apply(units.matrix[1:, 0]), atol=0.02)
    assert moved.apply(wild[:1, 0])[0] == 4.0
    skewed = np.exp(2 * units.matrix)
    assert {each.how for each in fit_standards(replace(units, matrix=skewed))} == {"rank"}
    assert {each.how for each in fit_standards(units)} == {"robust"}


def test_of_many_units_a_part_is_enough_for_the_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    units, _ = planted(4_000, 4)
    whole = fit_standards(units, "rank")
    monkeypatch.setattr("profiling.segmentation.standards.ENOUGH", 1_000)
    part = fit_standards(units, "rank")
    for at, (one, two) in enumerate(zip(whole, part, strict=True)):
        assert not np.array_equal(one.knots, two.knots)
        assert np.abs(one.rank(units.matrix[:, at]) - two.rank(units.matrix[:, at])).max() < 0.06


def test_constant_and_unknown_variables_count_for_nothing() -> None:
    units, _ = planted(100, 3)
    matrix = units.matrix.copy()
    matrix[:, 0], matrix[:, 1] = 3.0, np.nan
    standards = fit_standards(replace(units, matrix=matrix))
    assert [each.how for each in standards[:2]] == ["constant", "constant"]
    assert not standardised(matrix, standards)[:, :2].any()


def test_a_variable_counts_by_its_weight() -> None:
    units, _ = planted(300, 3)
    four = tuple(Variable(f"f={at}", "f", "share", "media", "", "", 0.25) for at in range(4))
    standards = fit_standards(replace(units, variables=(*four, *units.variables[4:])), "robust")
    z = standardised(units.matrix, standards)
    single = standardised(units.matrix, fit_standards(units, "robust"))
    assert np.allclose(z[:, :4], single[:, :4] / 2.0)
    assert np.allclose(z[:, 4:], single[:, 4:])
