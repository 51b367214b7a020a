"""Every fault of a configuration file in one message, each with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from profiling.config import Config, load_config, read_toml, resolve
from profiling.errors import ConfigError


class Inner(Config):
    minimum_loans: int = Field(1, ge=1)
    collections: tuple[str, ...] = ()


class Recipe(Config):
    name: str
    seed: int
    rule: Inner = Inner()
    features: dict[str, Inner] = {}


def written(folder: Path, text: str) -> Path:
    path = folder / "nt1.toml"
    path.write_bytes(text.encode())
    return path


def faults(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text), Recipe)
    assert str(caught.value).startswith(f"ConfigError: {folder / 'nt1.toml'}: {len(caught.value.faults)} fault")
    return caught.value.faults


def test_a_good_file(tmp_path: Path) -> None:
    text = '﻿name = "nt1"\r\nseed = 1\r\n[rule]\r\nminimum_loans = 2\r\n'
    recipe = load_config(written(tmp_path, text), Recipe)
    assert (recipe.name, recipe.seed, recipe.rule.minimum_loans) == ("nt1", 1, 2)


def test_an_unknown_key_is_a_fault_with_the_nearest_known_name(tmp_path: Path) -> None:
    text = 'name = "nt1"\nseed = 1\n[rule]\nminimum_loan = 2\n'
    assert faults(tmp_path, text) == ("'rule.minimum_loan' is not a known key (did you mean 'minimum_loans'?)",)


def test_an_unknown_key_below_a_name_of_the_users_own(tmp_path: Path) -> None:
    text = 'name = "nt1"\nseed = 1\n[features.income]\ncollection = []\n'
    assert faults(tmp_path, text) == ("'features.income.collection' is not a known key (did you mean 'collections'?)",)


def test_all_faults_come_in_one_message(tmp_path: Path) -> None:
    found = faults(tmp_path, 'seed = "many"\nzzz = 1\n[rule]\nminimum_loans = 0\n')
    assert len(found) == 4
    assert "'name' is missing" in found
    assert "'zzz' is not a known key" in found
    assert any(each.startswith("'seed': ") and each.endswith("(got 'many')") for each in found)
    assert any(each.startswith("'rule.minimum_loans': ") and each.endswith("(got 0)") for each in found)


def test_a_file_that_is_not_toml_says_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nt1\.toml: is not valid TOML: .*line 2"):
        read_toml(written(tmp_path, 'name = "nt1"\nseed = = 1\n'))
    (tmp_path / "latin.toml").write_bytes('naam = "één"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="is not valid TOML"):
        read_toml(tmp_path / "latin.toml")


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    written(tmp_path, "")
    with pytest.raises(ConfigError, match=r"nt2\.toml: there is no such file \(did you mean 'nt1\.toml'\?\)"):
        read_toml(tmp_path / "nt2.toml")
    with pytest.raises(ConfigError, match=r"there is no such file$"):
        read_toml(tmp_path / "nowhere" / "nt1.toml")
    with pytest.raises(ConfigError, match="is a folder, not a TOML file"):
        read_toml(tmp_path)


def test_paths_are_beside_the_file_or_under_the_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "configs" / "nl.toml"
    assert resolve("../data/x.csv", beside=file, data=None) == tmp_path / "data" / "x.csv"
    assert resolve("/elsewhere/x.csv", beside=file, data=None) == Path("/elsewhere/x.csv")
    assert resolve("{data}/x.csv", beside=file, data=tmp_path / "snapshot") == tmp_path / "snapshot" / "x.csv"
    with pytest.raises(ConfigError, match=r"needs a data folder\n.*--data FOLDER"):
        resolve("{data}/x.csv", beside=file, data=None)


def test_a_configuration_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe(name="nt1", seed=1).seed = 2  # type: ignore[misc]
