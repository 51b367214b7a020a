"""Cells that cannot be observed, recounted in pandas, and marked in the tables without giving small cells away."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from profiling.features.encoder import fit_encoder
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.publish.tables import mark_unseen
from profiling.reporting import html
from profiling.reporting.maps import Area, MapFacts, choropleth
from profiling.reporting.polygons import Polygons
from profiling.reporting.profile_page import profile_page
from profiling.scoring.observable import Observability, observe
from profiling.training.membership import Membership
from tests.reporting.card_example import card
from tests.tiny import tiny_country

NEVER = ("A01", "B03")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Observability, pd.DataFrame]:
    """Nobody in two segments joins, nor in one wijk, nor every third household elsewhere."""
    folder = tmp_path_factory.mktemp("country")
    tiny = tiny_country(n=1_200)
    people = tiny.households
    hidden = people["segment"].isin(NEVER) | (people["wk"] == people["wk"].iloc[0]) | (np.arange(len(people)) % 3 == 0)
    people["income"] = np.where(hidden, 1.0, 100.0)
    tiny.write(folder)
    store = open_population(load_population(folder / "population.toml"))
    table = pa.Table.from_batches(list(store.batches(["household_id", "income"])))
    encoder = fit_encoder(table.sort_by("household_id"), store.population.config, ("income",))
    assert table.num_rows == len(people)
    # A propensity that is the income: its curve says 0.001 below 50, and 0.2 above.
    stub: Any = SimpleNamespace(score_samples=lambda X: X[:, 0])
    knots, chances = np.array([0.0, 50.0, 50.1, 200.0]), np.array([0.001, 0.001, 0.2, 0.2])
    membership = Membership(stub, knots, chances, 0.02, 0.15, 0.6, (0.55, 0.65), 0.3)
    return observe(membership, encoder, store, ["gemeente", "wijk", "segment"]), people.assign(hidden=hidden)


def test_cells_by_pandas(found: tuple[Observability, pd.DataFrame]) -> None:
    seen, people = found
    assert (seen.households, seen.hidden) == (len(people), int(people["hidden"].sum()))
    for level, column in (("gemeente", "gem"), ("wijk", "wk"), ("segment", "segment")):
        share = people.groupby(column)["hidden"].mean()
        assert seen.cells[level] == tuple(share.index[share > 0.5])
    assert seen.cells["segment"] == NEVER
    assert people["wk"].iloc[0] in seen.cells["wijk"]
    assert len(seen.cells["wijk"]) < 40
    assert Observability.from_dict(seen.to_dict()) == seen


def test_marked_in_tables_but_small_cells_stay_hidden() -> None:
    table = pd.DataFrame(
        {
            "code": ["one", "two", "three"],
            "map_class": ["above", "suppressed", "below"],
            "suppressed": [False, True, False],
            "index": [150.0, np.nan, 50.0],
        }
    )
    marked = mark_unseen(table, {"one", "two"})
    assert marked["map_class"].tolist() == ["not_observable", "suppressed", "below"]
    assert marked["index"].tolist()[::2] == [150.0, 50.0]


def test_the_map_hatches_them_and_says_why(tmp_path: Path) -> None:
    import shapely

    squares = [shapely.box(x, 0, x + 1, 1) for x in range(3)]
    polygons = Polygons(("A", "B", "C"), ("", "", ""), np.array(squares))
    areas = [
        Area("A", "Aa", "above", 20, 10.0, 150.0, (140.0, 160.0)),
        Area("B", "Bb", "not_observable", 20, 10.0, 90.0, (80.0, 99.0)),
        Area("C", "Cc", "suppressed"),
    ]
    facts = MapFacts((80.0, 120.0), "base", 50, "2026-10-01")
    for language, words in (("nl", "niet waarneembaar"), ("en", "not observable")):
        drawn = choropleth(areas, polygons, facts, title="t", language=language).markup
        assert words in drawn.lower()
        assert drawn.count('class="hatching"') == 2
    only = choropleth(areas[:1], polygons, facts, title="t", language="nl").markup
    assert "niet waarneembaar" not in only.lower()


@pytest.mark.parametrize(("language", "words"), [("nl", "niet waarneembaar"), ("en", "not observable")])
def test_a_segment_that_cannot_be_observed_says_so(language: Any, words: str) -> None:
    said = card()
    assert words not in html.render(profile_page(said, language=language))
    shown = next(row for row in said["segments"]["rows"] if not row.get("suppressed"))
    shown["class"] = "not_observable"
    page = html.render(profile_page(said, language=language))
    assert f"{shown['code']} · {shown['name']} ({words})" in page
