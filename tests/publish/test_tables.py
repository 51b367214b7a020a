"""Area and segment tables, recomputed in SQL; small cells do not come out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.errors import SchemaError
from profiling.population.scheme import SegmentScheme
from profiling.profiles.config import PublishSettings
from profiling.publish.cells import count_cells
from profiling.publish.figures import over_represented, with_figures
from profiling.publish.tables import area_tables, segment_tables
from tests.tiny import tiny_country

LAST = 900
SETTINGS = PublishSettings()


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    country = tiny_country(seed=3)
    frame = country.households.rename(columns={"key": "household_id", "gem": "gemeente", "bu": "buurt"})
    rng = np.random.default_rng(1)
    frame["rank"] = np.argsort(np.argsort(rng.random(len(frame)) - 0.5 * (frame["segment"] == "A01"))) + 1
    path = tmp_path_factory.mktemp("scores") / "households.parquet"
    frame[["household_id", "rank", "gemeente", "buurt", "segment"]].to_parquet(path, index=False)
    return path


def test_counts_as_sql_counts_them(scores: Path) -> None:
    got = count_cells(scores, LAST, ["gemeente", "segment"])
    expected = duckdb.sql(
        f"SELECT gemeente, segment, count(*) n, count(*) FILTER (WHERE rank <= {LAST}) p FROM '{scores}' "
        "GROUP BY ALL ORDER BY ALL"
    ).df()
    assert got[["gemeente", "segment"]].equals(expected[["gemeente", "segment"]])
    assert got["n_base"].tolist() == expected["n"].tolist()
    assert got["n_profile"].tolist() == expected["p"].tolist()
    assert got["base"].sum() == len(tiny_country().households)


def test_index_of_a_segment_as_sql_has_it(scores: Path) -> None:
    scheme = SegmentScheme(**tiny_country().scheme)
    counted = count_cells(scores, LAST, ["gemeente", "segment"])
    table = segment_tables(counted, scheme, SETTINGS)["segments_sub"]
    expected = duckdb.sql(
        f"""SELECT segment, 100.0 * avg((rank <= {LAST})::int) / any_value(total) AS index
        FROM '{scores}', (SELECT avg((rank <= {LAST})::int) AS total FROM '{scores}') GROUP BY segment ORDER BY segment"""
    ).df()
    assert table["code"].tolist() == expected["segment"].tolist()
    np.testing.assert_allclose(table["index"].astype(float), expected["index"])
    assert table["name"].tolist() == [f"Naam {code}" for code in table["code"]]
    assert over_represented(table, 120.0)["code"].tolist() == ["A01"]


def test_a_high_index_that_chance_may_have_made_is_not_called_over_represented() -> None:
    counts = pd.DataFrame({"code": ["small", "large"], "n_base": [12, 5_000], "n_profile": [2, 500]})
    table = with_figures(counts.assign(base=counts["n_base"], profile=counts["n_profile"]), (80, 120))
    assert table["index"].round().tolist() == [166, 100]
    assert over_represented(table, 120.0).empty


def test_levels_nest_and_shares_add_up(scores: Path) -> None:
    tables = area_tables(
        count_cells(scores, LAST, ["gemeente", "buurt", "segment"]),
        ["gemeente", "buurt"],
        {("gemeente", "GM0100"): "Honderd"},
        SETTINGS,
    )
    large, small = tables["areas_gemeente"], tables["areas_buurt"]
    assert large.loc[large["code"] == "GM0100", "name"].item() == "Honderd"
    summed = small[~small["suppressed"]].groupby("parent")["n_base"].sum()
    for code, n in large.set_index("code")["n_base"].items():
        assert summed[code] <= n
    np.testing.assert_allclose((large["base_share"] * large["index"]).sum() / 100, 100)


def test_small_cells_are_empty_rows(scores: Path) -> None:
    table = area_tables(count_cells(scores, 60, ["gemeente", "buurt"]), ["gemeente", "buurt"], {}, SETTINGS)[
        "areas_buurt"
    ]
    hidden = table[table["suppressed"]]
    assert len(hidden)
    assert hidden[["n_base", "n_profile", "base", "profile", "index", "penetration", "map_class"]].isna().all(axis=None)
    assert (table.loc[~table["suppressed"], "n_profile"] >= SETTINGS.minimum_cell).all()


def test_households_without_a_code_stay_in_their_gemeente(scores: Path, tmp_path: Path) -> None:
    frame = pd.read_parquet(scores)
    frame.loc[frame["gemeente"] == "GM0100", "buurt"] = None
    frame.to_parquet(tmp_path / "s.parquet")
    counted = count_cells(tmp_path / "s.parquet", LAST, ["gemeente", "buurt", "segment"])
    tables = area_tables(counted, ["gemeente", "buurt"], {}, SETTINGS)
    assert "GM0100/?" in tables["areas_buurt"]["code"].tolist()
    assert tables["areas_gemeente"]["n_base"].sum() == len(frame)


def test_weights_are_summed(scores: Path, tmp_path: Path) -> None:
    frame = pd.read_parquet(scores).assign(weight=lambda x: np.where(x["segment"] == "A01", 2.5, 1.0))
    frame.to_parquet(tmp_path / "s.parquet")
    got = count_cells(tmp_path / "s.parquet", LAST, ["segment"]).set_index("segment")
    assert got.loc["A01", "base"] == 2.5 * got.loc["A01", "n_base"]


def test_unknown_column(scores: Path) -> None:
    with pytest.raises(SchemaError, match=r"there is no 'gemeent' \(did you mean 'gemeente'\?\)"):
        count_cells(scores, LAST, ["gemeent"])
