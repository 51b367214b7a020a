"""With CBS files the households follow the published margins."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.errors import SchemaError
from profiling.simulation.cbs import read_cbs
from profiling.simulation.settings import SimulationSettings, identity
from profiling.simulation.simulate import simulate

CBS = Path(__file__).parents[3] / "shared/data/cbs"
HOUSEHOLDS = 200_000
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (CBS / "buurten_2024.csv").is_file(), reason="no shared data"),
]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cbs") / "nl"
    return simulate(SimulationSettings(households=HOUSEHOLDS, seed=2, cbs=CBS), out)


@pytest.fixture(scope="module")
def gemeenten(country: Path) -> pd.DataFrame:
    """Simulated and published margins per gemeente, side by side."""
    with duckdb.connect(config={"threads": 2}) as base:
        got = base.execute(
            f"""select gemeente, count(*) as n, avg(persons) as size,
                avg((tenure = 'owner')::int) as owner, avg(woz_value) as woz,
                sum(household_income) / sum(persons) filter (household_income is not null) as income,
                sum(persons) as persons,
                sum(case when age_oldest >= 85 then persons * 0.985
                    when age_oldest >= 75 then 1 + (persons - 1) * 0.95
                    when age_oldest >= 65 then 1 + (persons - 1) * 0.75 else 0 end) / 0.97 as over65,
                count(*) filter (age_youngest_child < 15) as young
            from '{country}/households/*.parquet' group by gemeente"""
        ).df()
    said = pd.read_csv(CBS / "gemeenten_2024.csv")
    return got.merge(said, left_on="gemeente", right_on="gemeentecode")


def test_households_per_buurt_are_in_proportion(country: Path) -> None:
    with duckdb.connect() as base:
        got = base.execute(f"select buurt, count(*) from '{country}/households/*.parquet' group by buurt").fetchall()
    said = pd.read_csv(CBS / "buurten_2024.csv", usecols=["buurtcode", "huishoudens"]).set_index("buurtcode")[
        "huishoudens"
    ]
    expected = said.fillna(0) * HOUSEHOLDS / said.sum()
    counted = pd.Series(dict(got)).reindex(said.index).fillna(0)
    assert (counted - expected).abs().max() < 1.0
    assert "BU0363AF01" in dict(got)


@pytest.mark.parametrize(
    ("column", "published", "scale", "within", "rough"),
    [
        ("size", "huishoudensgrootte", 1.0, 0.02, 0.12),
        ("owner", "koopwoningen", 0.01, 0.02, 0.07),
        ("woz", "wozWaarde", 1.0, 0.03, 0.10),
        ("income", "inkomenPerInwoner", 1.0, 0.04, 0.15),
    ],
)
def test_margins_follow_cbs(
    gemeenten: pd.DataFrame, column: str, published: str, scale: float, within: float, rough: float
) -> None:
    both = gemeenten[gemeenten["n"] >= 400].dropna(subset=[published])
    assert len(both) > 100
    got, said = both[column], both[published] * scale
    weight = both["huishoudens"]
    assert np.average(got, weights=weight) == pytest.approx(np.average(said, weights=weight), rel=within)
    assert np.average(np.abs(got / said - 1), weights=weight) < rough
    assert np.corrcoef(got, said)[0, 1] > 0.9


def test_age_and_children_follow_cbs(gemeenten: pd.DataFrame) -> None:
    """Groups of gemeenten from young to old: sampling noise in one gemeente is as large as their differences.

    A partner of somebody of 65-74 is 65 or over in 75 % of the cases (assumed); 3 % of the ages are missing.
    """
    said = gemeenten["inwoners65plus"] / gemeenten["inwoners"]
    got = gemeenten["over65"] / gemeenten["persons"]
    for name, group in gemeenten.groupby(pd.qcut(said, 6, labels=False)):
        weight = group["n"]
        published = np.average(said[group.index], weights=weight)
        assert np.average(got[group.index], weights=weight) == pytest.approx(published, rel=0.03), name
    said = gemeenten["inwoners0tot15"] / gemeenten["inwoners"]
    for name, group in gemeenten.groupby(pd.qcut(said, 6, labels=False)):
        published = np.average(said[group.index], weights=group["n"])
        # Households with a child under 15, of which there are 1.5 to 1.6 on average.
        ratio = np.average((group["young"] / group["persons"]), weights=group["n"]) / published
        assert 0.60 < ratio < 0.70, name


def test_urbanity_is_the_buurts_own(country: Path) -> None:
    with duckdb.connect() as base:
        wrong = base.execute(
            f"""select count(*) from '{country}/households/*.parquet' h
            join read_csv('{CBS}/buurten_2024.csv', all_varchar = true) b on b.buurtcode = h.buurt
            where b.stedelijkheid is not null and b.stedelijkheid::double <> h.urbanity"""
        ).fetchone()
    assert wrong == (0,)


def test_codes_are_text_and_missing_values_fall_back() -> None:
    areas = read_cbs(CBS)
    assert len(areas) == 14_574
    assert set(np.char.str_len(areas.code["buurt"])) == {10}
    assert {f"PV{each}" for each in range(20, 32)} == set(areas.code["provincie"])
    for name in ("size", "owner", "woz", "income", "old", "young", "school", "x", "y"):
        assert np.isfinite(getattr(areas, name)).all(), name
    # Appelbergen Glimmen has no income of its own: its wijk or gemeente gives it.
    at = int(np.flatnonzero(areas.code["buurt"] == "BU00141908")[0])
    wijken = pd.read_csv(CBS / "wijken_2024.csv").set_index("wijkcode")["inkomenPerInwoner"]
    gemeente = pd.read_csv(CBS / "gemeenten_2024.csv").set_index("gemeentecode")["inkomenPerInwoner"]
    expected = wijken["WK001419"] if np.isfinite(wijken["WK001419"]) else gemeente["GM0014"]
    assert areas.income[at] == expected


def test_identity_does_not_depend_on_the_place_of_the_files(tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in CBS.iterdir():
        if path.name in identity(SimulationSettings(cbs=CBS))["cbs"]:
            (moved / path.name).symlink_to(path)
    assert identity(SimulationSettings(cbs=CBS)) == identity(SimulationSettings(cbs=moved))
    assert str(tmp_path) not in str(identity(SimulationSettings(cbs=moved)))


def test_missing_files_and_columns_come_in_one_message(tmp_path: Path) -> None:
    table = pd.read_csv(CBS / "buurten_2024.csv", dtype=str, nrows=5).drop(columns=["koopwoningen"])
    table.to_csv(tmp_path / "buurten_2024.csv", index=False)
    with pytest.raises(SchemaError) as caught:
        read_cbs(tmp_path)
    message = str(caught.value)
    assert "'wijken_2024.csv' is missing" in message
    assert "'buurten_2024.csv' has no column 'koopwoningen'" in message
    assert "What to do" in message
