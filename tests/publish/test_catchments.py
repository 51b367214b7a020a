"""Polygons: parts of areas by surface and by address points, checked against squares whose parts are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from profiling.errors import ProfileError
from profiling.publish.area import analyse_areas
from profiling.publish.catchments import Points, select_polygon
from tests.publish.shops import Country, country


@pytest.fixture(scope="module")
def made() -> Country:
    return country(0, n=20_000)


def grid(made: Country) -> tuple[list[str], np.ndarray]:
    """Every buurt a square of 100 by 100 metres, six in a row."""
    codes = list(made.published.shown.areas.codes[-1])
    corners = [(1e5 + 100 * (place % 6), 4e5 + 100 * (place // 6)) for place in range(len(codes))]
    return codes, np.array([shapely.box(x, y, x + 100, y + 100) for x, y in corners], dtype=object)


def test_parts_of_the_surface(made: Country) -> None:
    codes, shapes = grid(made)
    drawn = np.array([shapely.box(1e5, 4e5, 1e5 + 150, 4e5 + 100)], dtype=object)
    chosen = select_polygon(made.published, drawn, codes, shapes)
    np.testing.assert_allclose(chosen.weights[:2], [1.0, 0.5])
    assert chosen.weights[2:].sum() == 0
    assert "snijdt 1 gebied." in chosen.notes[0]["nl"]
    found = analyse_areas(made.published, chosen, level="buurt").profiles[0]
    households = made.households.groupby("buurt").size()
    expected = households[codes[0]] + 0.5 * households[codes[1]]
    assert found.total["n_base"].item() == pytest.approx(expected, abs=1)


def test_a_line_along_a_border_is_the_border(made: Country) -> None:
    codes, shapes = grid(made)
    drawn = np.array([shapely.box(1e5 - 3, 4e5 - 3, 1e5 + 101, 4e5 + 101)], dtype=object)
    assert select_polygon(made.published, drawn, codes, shapes).weights.tolist()[:2] == [1.0, 0.0]


def test_parts_of_the_addresses(made: Country) -> None:
    codes, shapes = grid(made)
    x = np.array([1e5 + 10, 1e5 + 20, 1e5 + 30, 1e5 + 90])
    points = Points(x, np.full(4, 4e5 + 50.0), np.array([codes[0]] * 4))
    drawn = np.array([shapely.box(1e5, 4e5, 1e5 + 50, 4e5 + 100)], dtype=object)
    assert select_polygon(made.published, drawn, codes, shapes).weights[0] == pytest.approx(0.5)
    chosen = select_polygon(made.published, drawn, codes, shapes, points=points)
    assert chosen.weights[0] == pytest.approx(0.75)
    assert "adressen" in chosen.notes[0]["nl"]


def test_a_polygon_around_one_house_counts_no_house(made: Country) -> None:
    """It is a part of a buurt like any other: too little to show, and proportional to its surface."""
    codes, shapes = grid(made)
    drawn = np.array([shapely.box(1e5, 4e5, 1e5 + 20, 4e5 + 20)], dtype=object)
    chosen = select_polygon(made.published, drawn, codes, shapes)
    assert chosen.weights[0] == pytest.approx(0.04)
    total = analyse_areas(made.published, chosen, level="buurt").profiles[0].total.iloc[0]
    assert bool(total["suppressed"])
    assert pd.isna(total["n_profile"])


def test_what_is_no_polygon_is_refused(made: Country) -> None:
    codes, shapes = grid(made)
    with pytest.raises(ProfileError, match="no polygon"):
        select_polygon(made.published, np.array([shapely.Point(1e5, 4e5)], dtype=object), codes, shapes)
    with pytest.raises(ProfileError, match="holds no area"):
        select_polygon(made.published, np.array([shapely.box(0, 0, 1, 1)], dtype=object), codes, shapes)
