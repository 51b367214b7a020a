"""Households in batches: the same rows as pandas reads, whatever the batch, and clear words for what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from profiling.errors import ConfigError, SchemaError
from profiling.population.checks import check_population
from profiling.population.config import load_population
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore, open_population
from tests.tiny import Tiny


def opened(tiny: Tiny, folder: Path) -> HouseholdStore:
    tiny.write(folder)
    return open_population(load_population(folder / "population.toml"))


def read(store: HouseholdStore, words: list[str], size: int) -> pd.DataFrame:
    return pa.Table.from_batches(list(store.batches(words, size=size))).to_pandas()


@pytest.mark.parametrize("size", [7, 1_000, 100_000])
def test_batches_hold_every_row_in_order(tiny: Tiny, tmp_path: Path, size: int) -> None:
    store = opened(tiny, tmp_path)
    got = read(store, ["household_id", "buurt", "income"], size)
    assert got["household_id"].tolist() == tiny.households["key"].tolist()
    assert got["buurt"].tolist() == tiny.households["bu"].tolist()
    assert np.array_equal(got["income"], tiny.households["income"])
    assert store.n_households == len(tiny.households)


def test_many_files_are_read_in_name_order(tiny: Tiny, tmp_path: Path) -> None:
    tiny.population["files"] = ["part-*.parquet"]
    tiny.write(tmp_path)
    tiny.households.iloc[2_000:].to_parquet(tmp_path / "part-2.parquet")
    tiny.households.iloc[:2_000].to_parquet(tmp_path / "part-1.parquet")
    store = open_population(load_population(tmp_path / "population.toml"))
    assert read(store, ["household_id"], 1_024)["household_id"].tolist() == tiny.households["key"].tolist()


def test_csv_reads_as_parquet_does(tiny: Tiny, tmp_path: Path) -> None:
    expected = read(opened(tiny, tmp_path / "a"), ["household_id", "postcode", "education", "rooms"], 500)
    tiny.population["files"] = ["households.csv"]
    tiny.write(tmp_path / "b")
    tiny.households.to_csv(tmp_path / "b" / "households.csv", sep=";", index=False)
    store = open_population(load_population(tmp_path / "b" / "population.toml"))
    got = read(store, ["household_id", "postcode", "education", "rooms"], 500)
    pd.testing.assert_frame_equal(got, expected, check_dtype=False)
    assert store.n_households == len(expected)


def test_truth_and_excluded_columns_cannot_be_asked_for(tiny: Tiny, tmp_path: Path) -> None:
    tiny.population["excluded"] = ["origin"]
    tiny.households["origin"] = "x"
    store = opened(tiny, tmp_path)
    assert not {"needs", "origin"} & set(store.columns)


def test_missing_columns_are_all_named_with_the_nearest(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households = tiny.households.rename(columns={"key": "kee", "income": "incomes"})
    with pytest.raises(SchemaError) as caught:
        opened(tiny, tmp_path)
    message = str(caught.value)
    assert "column 'key' (household key) is missing (did you mean 'kee'?)" in message
    assert "column 'income' (hard feature) is missing (did you mean 'incomes'?)" in message
    assert "population.toml" in message


def test_text_where_numbers_belong(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households["income"] = "veel"
    with pytest.raises(SchemaError, match=r"'income' \(hard feature\) holds .*string, expected numbers"):
        opened(tiny, tmp_path)


def test_damaged_and_absent_files(tiny: Tiny, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    whole = (tmp_path / "households.parquet").read_bytes()
    (tmp_path / "households.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SchemaError, match=r"households\.parquet: cannot be read"):
        open_population(load_population(tmp_path / "population.toml"))
    (tmp_path / "households.parquet").unlink()
    with pytest.raises(SchemaError, match=r"no file at .*households\.parquet"):
        open_population(load_population(tmp_path / "population.toml"))


def test_a_damaged_row_group_is_a_message(tiny: Tiny, tmp_path: Path) -> None:
    store = opened(tiny, tmp_path)
    raw = bytearray((tmp_path / "households.parquet").read_bytes())
    raw[200:6_000] = b"\0" * 5_800
    (tmp_path / "households.parquet").write_bytes(bytes(raw))
    with pytest.raises(SchemaError, match="cannot be read"):
        read(store, ["household_id", "postcode"], 1_000)


def test_no_households(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households = tiny.households.iloc[:0]
    with pytest.raises(SchemaError, match="no households in it"):
        opened(tiny, tmp_path)


def test_double_and_empty_keys(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households.loc[[5, 9], "key"] = "K-DOUBLE"
    with pytest.raises(SchemaError, match=r"1 household keys stand more than once \(first: 'K-DOUBLE'\)"):
        check_population(opened(tiny, tmp_path))
    tiny.households.loc[5, "key"] = None
    with pytest.raises(SchemaError, match="1 households have no key"):
        check_population(opened(tiny, tmp_path))


def test_values_that_cannot_be_are_all_said(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households.loc[3, "income"] = np.inf
    tiny.households.loc[[4, 5], "segment"] = "Z99"
    tiny.households.loc[6, "bu"] = "somewhere"
    with pytest.raises(SchemaError) as caught:
        check_population(opened(tiny, tmp_path))
    message = str(caught.value)
    assert "'income': 1 infinite values" in message
    assert f"'segment': 1 codes of 2 households are not known in {tmp_path / 'scheme.toml'}" in message
    assert "'buurt': 1 codes of 1 households do not look like a code such as BU0363AF01: 'somewhere'" in message


def test_weights_below_nought_or_missing(tiny: Tiny, tmp_path: Path) -> None:
    tiny.population["weight"] = "w"
    tiny.households["w"] = 1.5
    assert check_population(opened(tiny, tmp_path)) == ()
    tiny.households.loc[[1, 2], "w"] = -1.0
    tiny.households.loc[3, "w"] = np.nan
    with pytest.raises(SchemaError, match="'weight': 3 weights below 0 or missing"):
        check_population(opened(tiny, tmp_path))


def test_unknown_areas_are_found_by_the_file_of_names(tiny: Tiny, tmp_path: Path) -> None:
    tiny.population["areas"]["names"] = "names.csv"
    tiny.write(tmp_path)
    codes = sorted(set(tiny.households["gem"]))[1:]
    pd.DataFrame({"level": "gemeente", "code": codes, "name": "x"}).to_csv(tmp_path / "names.csv", index=False)
    store = open_population(load_population(tmp_path / "population.toml"))
    with pytest.raises(SchemaError, match=r"'gemeente': 1 codes of \d+ households are not known .*GM0100"):
        check_population(store)


def test_missing_codes_are_a_notice(tiny: Tiny, tmp_path: Path) -> None:
    tiny.households.loc[:39, "segment"] = None
    assert check_population(opened(tiny, tmp_path)) == ("'segment' is missing for 40 of 4,000 households (1%)",)


def test_a_column_has_one_role(tiny: Tiny, tmp_path: Path) -> None:
    tiny.population["excluded"] = ["income"]
    with pytest.raises(ConfigError, match="column 'income' is both hard and excluded"):
        opened(tiny, tmp_path)


def test_hash_does_not_depend_on_neighbours() -> None:
    keys = pa.array([f"K{i}" for i in range(1_000)])
    whole = hash_keys(keys, "tie:1")
    assert np.array_equal(whole[300:400], hash_keys(keys.slice(300, 100), "tie:1"))
    assert not np.array_equal(whole, hash_keys(keys, "tie:2"))
    assert len(np.unique(whole)) == 1_000


def test_a_setting_that_is_as_usual_says_nothing_of_the_population(tiny: Tiny, tmp_path: Path) -> None:
    # Otherwise a later version of ours, with one more setting, would not know its own bundles again.
    tiny.population["hard"]["income"] |= {"levels": []}
    plain = load_population(tiny.write(tmp_path / "a").with_name("population.toml"))
    del tiny.population["hard"]["income"]["levels"]
    assert load_population(tiny.write(tmp_path / "b").with_name("population.toml")).identity() == plain.identity()
    tiny.population["hard"]["income"]["group"] = "other"
    assert load_population(tiny.write(tmp_path / "c").with_name("population.toml")).identity() != plain.identity()


def vendor_csv(tiny: Tiny, folder: Path, encoding: str, **how: str) -> HouseholdStore:
    """The tiny country in two files as a Dutch vendor gives them: `;`, headings with spaces, decimal commas."""
    tiny.households["income"] = tiny.households["income"] / 8
    tiny.households.loc[::9, "income"] = None
    tiny.households["tenure"] = tiny.households["tenure"].replace("owner", "één eigenaar; vrij")
    names = {"key": "Huishoud nr", "income": "Inkomen × 1.000"}
    households = tiny.households.rename(columns=names)
    tiny.population |= {"files": ["deel *.csv"], "household": "Huishoud nr"}
    tiny.population["hard"]["Inkomen × 1.000"] = tiny.population["hard"].pop("income")
    tiny.write(folder)
    for number, part in enumerate((households[:1_500], households[1_500:])):
        path = folder / f"deel {number}.csv"
        part.to_csv(path, sep=";", decimal=",", index=False, encoding=encoding, lineterminator="\r\n", **how)
    return open_population(load_population(folder / "population.toml"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_vendors_csv_reads_whatever_its_encoding(tiny: Tiny, tmp_path: Path, encoding: str) -> None:
    store = vendor_csv(tiny, tmp_path, encoding)
    got = read(store, ["household_id", "tenure", "Inkomen × 1.000"], 500)
    got.columns = pd.Index(["key", "tenure", "income"])
    pd.testing.assert_frame_equal(got, tiny.households[["key", "tenure", "income"]], check_dtype=False)
    assert store.n_households == len(got)


def test_what_is_no_number_is_named_per_column(tiny: Tiny, tmp_path: Path) -> None:
    store = vendor_csv(tiny, tmp_path, "utf-8")
    path = tmp_path / "deel 1.csv"
    rows = pd.read_csv(path, sep=";", dtype=str)
    rows.loc[[4, 7], "rooms"] = "n.v.t."
    rows.loc[5, "Inkomen × 1.000"] = "1.234"
    rows.to_csv(path, sep=";", index=False)
    with pytest.raises(SchemaError) as caught:
        read(store, ["rooms", "Inkomen × 1.000"], 5_000)
    message = str(caught.value)
    assert "deel 1.csv: 2 columns of numbers cannot be read" in message
    assert "'rooms': 2 values are no numbers (first: 'n.v.t.')" in message
    assert "'Inkomen × 1.000': numbers with a point ('1.234') and with a comma" in message


def test_a_comma_is_no_decimal_sign_where_it_separates(tiny: Tiny, tmp_path: Path) -> None:
    tiny.population["files"] = ["households.csv"]
    tiny.write(tmp_path)
    rows = tiny.households.assign(income="1,234")
    rows.to_csv(tmp_path / "households.csv", index=False)
    with pytest.raises(SchemaError, match=r"'income': 4,000 values are no numbers \(first: '1,234'\)"):
        read(open_population(load_population(tmp_path / "population.toml")), ["income"], 5_000)
