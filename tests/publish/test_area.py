"""The area analysis: figures recounted in SQL from the households, and what selections may not give away."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from profiling.errors import ProfileError
from profiling.publish.area import SHAPE, analyse_areas
from profiling.publish.choose import select_areas, select_base, whole_country
from tests.publish.shops import Country, country, published


@pytest.fixture(scope="module")
def made() -> Country:
    return country(0, n=20_000)


def sql(made: Country, by: str, where: str) -> pd.DataFrame:
    """The definitions once more: counts, penetration, share and index against the whole country."""
    households = made.households  # noqa: F841
    return duckdb.sql(
        f"""WITH base AS (SELECT avg(in_profile::INT) AS rate FROM households),
        chosen AS (SELECT * FROM households WHERE {where})
        SELECT {by} AS code, count(*) AS n_base, count_if(in_profile) AS n_profile,
            100 * avg(in_profile::INT) AS penetration,
            100.0 * count_if(in_profile) / (SELECT count_if(in_profile) FROM chosen) AS share,
            100.0 * count(*) / (SELECT count(*) FROM chosen) AS base_share,
            100 * avg(in_profile::INT) / (SELECT rate FROM base) AS index
        FROM chosen GROUP BY ALL ORDER BY code"""
    ).df()


FIGURES = ["n_base", "n_profile", "penetration", "share", "base_share", "index"]


def same(got: pd.DataFrame, expected: pd.DataFrame) -> int:
    """Every shown row is what SQL says; returns how many rows are shown."""
    assert got["code"].tolist() == expected["code"].tolist()
    shown = ~got["suppressed"].to_numpy(dtype=bool)
    for name in FIGURES:
        np.testing.assert_allclose(got.loc[shown, name].astype(float), expected.loc[shown, name].astype(float))
    return int(shown.sum())


def test_figures_of_a_gemeente_as_sql_has_them(made: Country) -> None:
    analysis = analyse_areas(made.published, select_areas(made.published, ["GM0100"]), level="buurt")
    (found,) = analysis.profiles
    where = "gemeente = 'GM0100'"
    assert same(found.total, sql(made, "'*'", where)) == 1
    assert same(found.areas, sql(made, "buurt", where)) > 3
    exact = found.main[~(found.main["estimated"] > 0)]
    assert same(exact, sql(made, "segment[1]", where).set_index("code").loc[exact["code"]].reset_index()) >= 1
    assert list(found.areas.columns) == list(SHAPE)
    assert analysis.year == 2024
    assert analysis.selection.title["nl"] == "Plaats 0100"


def test_figures_of_the_country_as_sql_has_them(made: Country) -> None:
    analysis = analyse_areas(made.published, whole_country(made.published), level="gemeente")
    (found,) = analysis.profiles
    assert same(found.areas, sql(made, "gemeente", "true")) == 4
    assert same(found.sub, sql(made, "segment", "true")) >= 6
    assert found.total["index"].item() == pytest.approx(100)
    shown = found.sub[~found.sub["suppressed"]]
    assert (shown["base_share"] * shown["index"]).sum() / 100 == pytest.approx(shown["share"].sum())


def test_the_base_can_be_a_provincie(made: Country) -> None:
    chosen = select_areas(made.published, ["GM0100"])
    base = select_base(made.published, "provincie", chosen)
    (found,) = analyse_areas(made.published, chosen, level="wijk", base=base).profiles
    rates = made.households.groupby(made.households["provincie"] == "PV20")["in_profile"].mean()
    gemeente = made.households.loc[made.households["gemeente"] == "GM0100", "in_profile"].mean()
    assert found.total["index"].item() == pytest.approx(100 * gemeente / rates[True])
    assert found.base_penetration == pytest.approx(100 * rates[True])


def test_a_selection_beside_itself_says_so(made: Country) -> None:
    chosen = select_areas(made.published, ["GM0100"])
    itself = analyse_areas(made.published, chosen, level="wijk", base=chosen)
    assert itself.profiles[0].total["index"].item() == pytest.approx(100)
    assert any("is hetzelfde gebied als de selectie" in each["nl"] for each in itself.notes)
    larger = analyse_areas(made.published, chosen, level="wijk", base=select_base(made.published, "provincie", chosen))
    assert not any("hetzelfde gebied" in each["nl"] for each in larger.notes)


def test_a_loose_selection_adds_up_and_says_what_is_estimated(made: Country) -> None:
    codes = sorted(made.households["buurt"].unique())[::2]
    (found,) = analyse_areas(made.published, select_areas(made.published, codes), level="buurt").profiles
    truth = made.households[made.households["buurt"].isin(codes)]
    exact = found.areas[~found.areas["suppressed"]]
    assert (exact["estimated"] == 0).all()
    estimated = found.total["estimated"].item()
    assert found.total["n_profile"].item() >= exact["n_profile"].sum()
    assert found.total["n_profile"].item() == pytest.approx(truth["in_profile"].sum(), rel=0.05)
    assert 0 <= estimated < 50


def test_one_area_more_or_less_tells_nothing_that_is_hidden(made: Country) -> None:
    """The attack of the curious user: ask S, ask S with one buurt more, take the difference, for every S and segment.

    Whatever S, the difference for a hidden cell is its fitted value, which is made of shown figures alone.
    """
    opened = made.published
    shown = opened.shown
    buurten = list(shown.areas.codes[-1])
    rng = np.random.default_rng(0)
    tries = 0
    for target in buurten[::7]:
        place = shown.areas.places[-1][target]
        for _ in range(2):
            others = [each for each in buurten if each != target and each[:6] != target[:6] and rng.random() < 0.4]
            asked = [
                analyse_areas(opened, select_areas(opened, codes), level="provincie").profiles[0].sub.set_index("code")
                for codes in (others, [*others, target])
            ]
            for column, segment in enumerate(shown.segments.codes[-1]):
                if np.isfinite(shown.profile.shown[-1][-1][place, column]):
                    continue
                before, after = (each.loc[segment, "n_profile"] for each in asked)
                if pd.isna(before) or pd.isna(after):
                    continue
                guess = int(after) - int(before)
                tries += 1
                assert abs(guess - shown.profile.fitted[place, column]) <= 1
    assert tries > 10


def test_parts_of_a_shown_gemeente_do_not_add_up_to_a_hidden_buurt(made: Country) -> None:
    """Total minus parts, base minus selection: every pair of nested selections of whole areas."""
    opened = made.published
    shown = opened.shown
    hidden = [
        code
        for code, value in zip(shown.areas.codes[-1], shown.profile.shown[-1][0][:, 0], strict=True)
        if np.isnan(value)
    ]
    assert hidden
    for code in hidden:
        gemeente = f"GM{code[2:6]}"
        inside = [each for each in shown.areas.codes[-1] if each[2:6] == code[2:6] and each != code]
        whole, part = (
            analyse_areas(opened, select_areas(opened, codes), level="gemeente").profiles[0].total.iloc[0]
            for codes in ([gemeente], inside)
        )
        if pd.isna(part["n_profile"]):
            continue
        fitted = shown.profile.fitted[shown.areas.places[-1][code]].sum()
        assert abs(int(whole["n_profile"]) - int(part["n_profile"]) - fitted) <= 0.1 * int(whole["n_profile"])
        assert part["estimated"] > 0


def test_the_same_question_has_the_same_answer(made: Country) -> None:
    codes = sorted(made.households["buurt"].unique())[:7]
    answers = [
        analyse_areas(made.published, select_areas(made.published, order), level="buurt").profiles[0]
        for order in (codes, codes[::-1])
    ]
    for name in ("areas", "main", "sub"):
        pd.testing.assert_frame_equal(getattr(answers[0], name), getattr(answers[1], name))


def test_profiles_stand_side_by_side_and_versions_of_one_do_not(made: Country) -> None:
    other = published(made.households.assign(in_profile=made.households["segment"].eq("B04")), name="other")
    chosen = select_areas(made.published, ["PV20"])
    analysis = analyse_areas([made.published, other], chosen, level="gemeente")
    assert [each.name for each in analysis.profiles] == ["shop", "other"]
    pd.testing.assert_series_equal(*(each.areas["n_base"] for each in analysis.profiles))
    with pytest.raises(ProfileError, match="two versions of one profile"):
        analyse_areas([made.published, made.published], chosen, level="gemeente")
    late = published(made.households, name="late", snapshot="2027-01-01")
    with pytest.raises(ProfileError, match="snapshot 2027-01-01"):
        analyse_areas([made.published, late], chosen, level="gemeente")


def test_faults_are_one_message(made: Country) -> None:
    with pytest.raises(ProfileError, match="there is no level 'straat'"):
        analyse_areas(made.published, whole_country(made.published), level="straat")
    with pytest.raises(ProfileError, match=r"did you mean 'GM010.'"):
        select_areas(made.published, ["GM0109"])
    with pytest.raises(ProfileError, match="is no base"):
        select_base(made.published, "provinci", whole_country(made.published))


def test_lists_of_codes_come_as_people_have_them(made: Country) -> None:
    chosen = select_areas(made.published, ["100", "gm0101", "GM9999", "WK010209"])
    assert chosen.n_areas == 18
    said = " ".join(note["en"] for note in chosen.notes)
    assert "2 codes were completed: 100 → GM0100, gm0101 → GM0101" in said
    assert "does not exist in this year" in said
    assert "probably of another year" in said
    assert "this district does not" in said
