"""Partners side by side: shares, index and shared households as SQL has them; few shared households stay unknown."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.errors import ProfileError
from profiling.publish.uploads import Upload, read_upload
from profiling.publish.uses.partners import PartnerComparison, compare_partners, strongest
from tests.publish.customers import Country, make_country


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return make_country(tmp_path_factory.mktemp("partners"))


@pytest.fixture(scope="module")
def files(country: Country) -> dict[str, pd.DataFrame]:
    """A food bank with three in four of segment A01 and few others, and a museum with the rest and 60 of the first."""
    segment = pd.read_parquet(country.deep.households).set_index("household_id")["segment"]
    mine = segment.loc[country.rows["key"]].to_numpy()
    chance = np.random.default_rng(2).random(len(mine))
    poor = np.where(mine == "A01", chance < 0.75, chance < 0.2)
    first, rest = country.rows[poor], country.rows[~poor]
    return {"voedselbank": first, "museum": pd.concat([rest, first.head(60)])}


def compared(country: Country, files: dict[str, pd.DataFrame]) -> PartnerComparison:
    uploads: dict[str, Upload] = {name: read_upload(country.csv(rows)) for name, rows in files.items()}
    return compare_partners(uploads, country.book, country.deep)


def test_figures_are_those_of_sql(country: Country, files: dict[str, pd.DataFrame]) -> None:
    found = compared(country, files)
    for name, rows in files.items():
        asked = rows  # noqa: F841
        expected = duckdb.sql(
            f"""WITH base AS (SELECT segment, count(*) / sum(count(*)) OVER () AS part FROM '{country.deep.households}'
                GROUP BY 1),
            mine AS (SELECT segment, count(*) AS n, count(*) / sum(count(*)) OVER () AS part, count_if(in_profile) AS p
                FROM '{country.deep.households}' h JOIN asked ON asked.key = h.household_id GROUP BY 1)
            SELECT segment, n, 100 * mine.part AS share, 100 * mine.part / base.part AS index, p
            FROM mine JOIN base USING (segment) ORDER BY segment"""
        ).df()
        shown = found.segments[(found.segments["partner"] == name) & (found.segments["level"] == "sub")]
        kept = ~shown["suppressed"].to_numpy()
        assert kept.sum() >= 3
        for column in ("n", "share", "index"):
            np.testing.assert_allclose(shown[column][kept], expected[column][kept])
        row = found.profiles.set_index("partner").loc[name]
        assert row["n_profile"] == expected["p"].sum()
        assert row["penetration"] == pytest.approx(100 * expected["p"].sum() / expected["n"].sum())
    assert strongest(found, "voedselbank") == ["A"]
    assert strongest(found, "museum") in ([], ["B"])


def test_shared_households_and_likeness(country: Country, files: dict[str, pd.DataFrame]) -> None:
    pair = compared(country, files).pairs.iloc[0]
    assert pair["shared"] == 60
    assert pair["share_of_first"] == pytest.approx(100 * 60 / len(files["voedselbank"]))
    home = duckdb.sql(f"SELECT household_id AS key, left(segment, 1) AS main FROM '{country.deep.households}'").df()
    mixes = [rows.merge(home, on="key")["main"].value_counts(normalize=True) for rows in files.values()]
    # Likeness another way: what the two mixes have in common, segment by segment.
    assert pair["alike"] == pytest.approx(100 * np.minimum(*(each.sort_index() for each in mixes)).sum())
    same = compared(country, {"a": files["museum"], "b": files["museum"]}).pairs.iloc[0]
    assert same["alike"] == pytest.approx(100)
    # Everybody is in both, so nobody is in one alone: that is a small cell.
    assert np.isnan(same["shared"])


def test_a_partner_with_nobody_in_a_segment_looks_as_one_with_nine(country: Country) -> None:
    segment = pd.read_parquet(country.deep.households).set_index("household_id")["segment"]
    mine = segment.loc[country.rows["key"]].to_numpy()
    seen = []
    for n in (0, 9):
        rows = pd.concat([country.rows[mine != "A01"], country.rows[mine == "A01"].head(n)])
        table = compared(country, {"a": rows, "b": country.rows}).segments
        first = table[table["partner"] == "a"]
        assert first.set_index("code").loc["A01", ["n", "share", "index"]].isna().all()
        assert first["n"].isna().sum() >= 2
        seen.append(first[["level", "code"]].to_numpy().tolist())
    assert seen[0] == seen[1]


@pytest.mark.parametrize("shared", [0, 5, 9])
def test_few_shared_households_stay_unknown(country: Country, shared: int) -> None:
    rows = country.rows
    found = compared(country, {"a": rows.iloc[:400], "b": rows.iloc[400 - shared : 800]})
    assert found.pairs[["shared", "share_of_first", "share_of_other", "share_of_first_low"]].isna().all(axis=None)
    assert not np.isnan(found.pairs["alike"].iloc[0])


def test_one_file_is_no_comparison(country: Country, tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="1 files cannot be compared"):
        compared(country, {"a": country.rows})
