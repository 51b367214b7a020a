"""The lending source: the funnel recomputed with pandas, dirt counted, faults said, small groups refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from profiling.errors import ConfigError, ReferenceGroupError, SchemaError
from profiling.population.config import load_population
from profiling.population.store import open_population
from profiling.reference.build import build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup, load_reference_group
from tests.tiny import Tiny


def built(tiny: Tiny, folder: Path) -> ReferenceGroup:
    tiny.write(folder)
    store = open_population(load_population(folder / "population.toml"))
    return build_reference_group(load_reference(folder / "reference.toml"), store)


def counts(group: ReferenceGroup) -> dict[str, int]:
    return {step.key: step.n for step in group.funnel}


def test_funnel_as_pandas_counts_it(tiny: Tiny, tmp_path: Path) -> None:
    tiny.reference["lending"]["minimum_loans"] = 2
    doubles = tiny.loans.iloc[:30]
    tiny.loans = pd.concat([tiny.loans, doubles], ignore_index=True)
    tiny.loans.loc[10:14, "age"] = 12
    tiny.loans.loc[20:24, "card"] = "school"
    tiny.loans.loc[40:44, "day"] = pd.Timestamp("2030-01-01")
    group = built(tiny, tmp_path)
    loans = tiny.loans.drop_duplicates()
    window = loans[(loans["day"] > "2025-09-30") & (loans["day"] <= "2026-09-30")]
    adult = window[(window["card"] == "adult") & (window["age"] >= 18)]
    level = adult[adult["shelf"] == "EASY"]
    cards = level.groupby("patron").size()
    cards = cards[cards >= 2]
    where = level[level["patron"].isin(cards.index)].drop_duplicates("patron")
    homes = tiny.households.assign(ext=tiny.households["ext"].fillna("")).merge(
        where.assign(ext=where["ext"].fillna("")), on=["pc", "nr", "ext"]
    )
    assert counts(group) == {
        "rows": len(tiny.loans),
        "in_window": len(window),
        "adults": len(adult),
        "level": len(level),
        "cards": len(cards),
        "matched": len(homes),
        "group": homes["key"].nunique(),
    }
    assert group.households.column("household_id").to_pylist() == sorted(homes["key"].unique())


def test_the_window_ends_on_as_of_and_starts_a_day_after_its_length(tiny: Tiny, tmp_path: Path) -> None:
    tiny.reference |= {"minimum": 1}
    tiny.loans = tiny.loans.drop_duplicates("patron").head(4).assign(shelf="EASY")
    tiny.loans["day"] = pd.to_datetime(["2026-09-30", "2026-10-01", "2025-10-01", "2025-09-30"])
    tiny.reference["lending"]["tolerance"] = 0.5
    assert counts(built(tiny, tmp_path))["in_window"] == 2


def test_rows_and_reasons_add_up(tiny: Tiny, tmp_path: Path) -> None:
    tiny.loans.loc[:9, "pc"] = "9999ZZ"
    group = built(tiny, tmp_path)
    steps = {step.key: step for step in group.funnel}
    for before, after in (("rows", "in_window"), ("in_window", "adults"), ("adults", "level"), ("cards", "matched")):
        assert steps[before].n - sum(each.n for each in steps[after].dropped) == steps[after].n


def test_household_key_instead_of_address(tiny: Tiny, tmp_path: Path) -> None:
    by_address = built(tiny, tmp_path / "a")
    key = tiny.households.set_index(tiny.households.index.map(lambda i: f"P{i}"))["key"]
    tiny.loans["hh"] = tiny.loans["patron"].map(key)
    columns = tiny.reference["lending"]["columns"]
    for each in ("postcode", "house_number", "addition"):
        del columns[each]
    columns["household"] = "hh"
    assert built(tiny, tmp_path / "b").households.equals(by_address.households)


def test_csv_with_dutch_dates_gives_the_same(tiny: Tiny, tmp_path: Path) -> None:
    expected = built(tiny, tmp_path / "a")
    tiny.reference["lending"]["files"] = ["loans.csv"]
    tiny.write(tmp_path / "b")
    tiny.loans.assign(day=tiny.loans["day"].dt.strftime("%d-%m-%Y")).to_csv(tmp_path / "b" / "loans.csv", index=False)
    store = open_population(load_population(tmp_path / "b" / "population.toml"))
    group = build_reference_group(load_reference(tmp_path / "b" / "reference.toml"), store)
    assert group.households.equals(expected.households)


@pytest.mark.parametrize(
    ("written", "encoding"),
    [("%d-%m-%Y %H:%M", "cp1252"), ("%d-%m-%y", "utf-8-sig"), ("%Y-%m-%dT%H:%M:%S", "utf-16"), ("%d/%m/%Y", "utf-8")],
)
def test_a_dutch_export_gives_the_same(tiny: Tiny, tmp_path: Path, written: str, encoding: str) -> None:
    expected = built(tiny, tmp_path / "a")
    lending = tiny.reference["lending"]
    lending |= {"files": ["uitleningen *.CSV"], "known_collections": "collecties.csv"}
    lending["columns"] |= {"patron": "Pas nr", "house_number": "Huisnr"}
    del lending["columns"]["addition"]
    tiny.write(tmp_path / "b")
    loans = tiny.loans.assign(
        day=tiny.loans["day"].dt.strftime(written),
        pc=tiny.loans["pc"].str[:4] + " " + tiny.loans["pc"].str[4:].str.lower(),
        Huisnr=(tiny.loans["nr"] + " " + tiny.loans["ext"].fillna("").str.lower()).str.strip(),
        Plaats="Coëvorden",
    ).rename(columns={"patron": "Pas nr"})
    form = {"sep": ";", "index": False, "encoding": encoding, "lineterminator": "\r\n"}
    loans[:700].to_csv(tmp_path / "b" / "uitleningen 1.CSV", **form)
    loans[700:].to_csv(tmp_path / "b" / "uitleningen 2.CSV", **form)
    codes = pd.DataFrame({"code": ["EASY", "NOVEL"], "name": ["gemakkelijk", "romans én verhalen"]})
    codes.to_csv(tmp_path / "b" / "collecties.csv", **form)
    store = open_population(load_population(tmp_path / "b" / "population.toml"))
    group = build_reference_group(load_reference(tmp_path / "b" / "reference.toml"), store)
    assert group.households.equals(expected.households)
    assert counts(group) == counts(expected)


def test_saved_and_loaded(tiny: Tiny, tmp_path: Path) -> None:
    group = built(tiny, tmp_path)
    group.save(tmp_path / "group")
    loaded = load_reference_group(tmp_path / "group")
    assert loaded.fingerprint == group.fingerprint
    assert loaded.funnel == group.funnel


def test_too_small_says_what_would_help(tiny: Tiny, tmp_path: Path) -> None:
    tiny.reference["minimum"] = 3_000
    tiny.reference["lending"]["minimum_loans"] = 3
    with pytest.raises(ReferenceGroupError) as caught:
        built(tiny, tmp_path)
    message = str(caught.value)
    assert "the minimum is 3,000" in message
    assert "rows in the export" in message
    assert "minimum_loans = 2 would give" in message


def test_empty_group(tiny: Tiny, tmp_path: Path) -> None:
    tiny.loans["card"] = "school"
    with pytest.raises(ReferenceGroupError, match="the reference group is empty"):
        built(tiny, tmp_path)


def test_missing_column_names_the_nearest(tiny: Tiny, tmp_path: Path) -> None:
    tiny.loans = tiny.loans.rename(columns={"shelf": "shelves"})
    with pytest.raises(SchemaError, match=r"'shelf' .* is missing \(did you mean 'shelves'\?\)"):
        built(tiny, tmp_path)


def test_much_dirt_is_a_fault(tiny: Tiny, tmp_path: Path) -> None:
    tiny.loans.loc[: len(tiny.loans) // 3, "day"] = pd.Timestamp("2027-02-03")
    with pytest.raises(SchemaError, match=r"'day': [\d,]+ dates after as_of 2026-09-30 \(first: 2027-02-03"):
        built(tiny, tmp_path)


def test_unknown_collection_in_the_rule(tiny: Tiny, tmp_path: Path) -> None:
    tiny.reference["lending"]["collections"] = ["EASI"]
    with pytest.raises(SchemaError, match=r"collection 'EASI' of the rule does not occur \(did you mean 'EASY'\?\)"):
        built(tiny, tmp_path)


def test_unknown_collections_in_the_export(tiny: Tiny, tmp_path: Path) -> None:
    tiny.reference["lending"]["known_collections"] = "codes.csv"
    tmp_path.joinpath("codes.csv").write_text("code,name\nEASY,Easy\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"'shelf': 1 unknown codes: 'NOVEL'"):
        built(tiny, tmp_path)


def test_empty_export(tiny: Tiny, tmp_path: Path) -> None:
    tiny.loans = tiny.loans.iloc[:0]
    with pytest.raises(SchemaError, match="there are no loans in the export"):
        built(tiny, tmp_path)


def test_unknown_source(tiny: Tiny, tmp_path: Path) -> None:
    tiny.reference["source"] = "lendings"
    with pytest.raises(ConfigError, match=r"there is no source 'lendings' \(did you mean 'lending'\?\)"):
        built(tiny, tmp_path)


def test_a_card_must_lead_somewhere(tiny: Tiny, tmp_path: Path) -> None:
    del tiny.reference["lending"]["columns"]["postcode"]
    with pytest.raises(ConfigError, match="a card must lead to a household"):
        built(tiny, tmp_path)


def test_other_members_as_pandas_finds_them(tiny: Tiny, tmp_path: Path) -> None:
    tiny.reference["lending"] |= {"childrens_collections": ["PICTURE"], "teaching_collections": ["LESSON"]}
    shelf = tiny.loans["shelf"].to_numpy(copy=True)
    shelf[::5], shelf[3::17] = "PICTURE", "LESSON"
    tiny.loans["shelf"] = shelf
    tiny.loans["loan"] = [f"N{i}" for i in range(len(tiny.loans))]
    # A house with two households: a card without an addition leads to neither of them.
    first = tiny.loans["patron"].iloc[0]
    tiny.loans.loc[tiny.loans["patron"] == first, "ext"] = None
    group = built(tiny, tmp_path)
    assert group.members is not None
    loans = tiny.loans.merge(
        tiny.households.assign(patron=[f"P{i}" for i in range(len(tiny.households))])[["patron", "key"]], on="patron"
    )
    found = group.households.to_pandas().set_index("household_id")
    others = group.members.to_pandas().set_index("household_id")
    assert not set(found.index) & set(others.index)
    cards = loans.groupby("key").agg(
        all_loans=("shelf", "size"),
        asked_loans=("shelf", lambda each: int((each == "EASY").sum())),
        childrens_books=("shelf", lambda each: bool((each == "PICTURE").any())),
        teaching_material=("shelf", lambda each: bool((each == "LESSON").any())),
    )
    both = pd.concat([found.drop(columns="weight"), others])
    assert set(both.index) >= set(cards.index) - {loans.loc[loans["patron"] == first, "key"].iloc[0]}
    shared = sorted(set(both.index) & set(cards.index) - {loans.loc[loans["patron"] == first, "key"].iloc[0]})
    pd.testing.assert_frame_equal(
        both.loc[shared, cards.columns], cards.loc[shared], check_dtype=False, check_names=False
    )


def test_members_are_matched_as_the_group_is(tiny: Tiny, tmp_path: Path) -> None:
    """With every card in the group's rule the two ways of matching must find the same households."""
    number = tiny.loans["patron"].str[1:].astype(int)
    glued = tiny.loans["ext"].notna() & (number % 2 == 0)
    tiny.loans.loc[glued, "nr"] += "-" + tiny.loans.loc[glued, "ext"]
    tiny.loans.loc[tiny.loans["ext"].notna() & (number % 3 == 0), "ext"] = None
    direct = built(tiny, tmp_path / "a")
    tiny.reference["lending"]["collections"] = ["NOVEL"]
    tiny.reference["minimum"] = 1
    other = built(tiny, tmp_path / "b")
    assert other.members is not None
    everyone = set(other.members.column("household_id").to_pylist()) | set(
        other.households.column("household_id").to_pylist()
    )
    assert set(direct.households.column("household_id").to_pylist()) <= everyone
    loaded_from = tmp_path / "saved"
    other.save(loaded_from)
    again = load_reference_group(loaded_from)
    assert again.members is not None
    assert again.members.equals(other.members)
    assert again.fingerprint == other.fingerprint
