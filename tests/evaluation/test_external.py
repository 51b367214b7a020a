"""Outside figures: read with their faults, and held against a profile of known agreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from profiling.errors import ConfigError, MeasureError, SchemaError
from profiling.evaluation.external import compare_external
from profiling.evaluation.figures import read_figures


def written(folder: Path, text: str) -> Path:
    path = folder / "figures.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_codes_numbers_and_what_is_not_said(tmp_path: Path) -> None:
    text = "﻿gm;pct;wie\nGM0363;12,5;1.000\n14;8.25;20\nNL00;10;9\ngm0344;.;7\n0599;1.234,5;\nGM0518;-99997;1\n"
    found = read_figures(written(tmp_path, text), "gemeente", {"code": "gm", "value": "pct", "n": "wie"})
    assert found.table.column("area").to_pylist() == ["GM0014", "GM0363", "GM0599"]
    assert found.table.column("value").to_pylist() == [8.25, 12.5, 1234.5]
    assert found.table.column("n").to_pylist()[:2] == [20.0, 1.0]
    assert (found.missing, found.elsewhere, found.mended, found.year) == (2, 1, 2, None)


def test_lost_zeros_of_wijken_and_the_year_asked_for(tmp_path: Path) -> None:
    text = "code,value,year\n36301,1,2023\nWK0363AF,2,2024\n36302,3,2024\n"
    found = read_figures(written(tmp_path, text), "wijk", year=2024)
    assert found.table.column("area").to_pylist() == ["WK036302", "WK0363AF"]
    assert (found.year, found.elsewhere) == (2024, 1)
    with pytest.raises(SchemaError, match="holds 2023, 2024: leave one"):
        read_figures(written(tmp_path, text), "wijk")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("cod,value\nGM0001,1\n", r"'code' \(CBS code of the area\) is missing \(did you mean 'cod'\?\)"),
        ("code,value\nGM0001,much\nGM0002,2\n", r"'value': 1 values are not numbers: row 2: 'much'"),
        ("code,value\nAmsterdam,1\n", r"'code': 1 codes are no gemeente code such as GM0363: row 2: 'Amsterdam'"),
        ("code,value\nGM0001,1\n1,2\n", r"1 areas stand more than once: GM0001 \(2 times\)"),
        ("code,value\nWK000101,1\n", "no gemeente has a figure under 'value'"),
        ("code,value\nGM0001,.\n", "no gemeente has a figure"),
        ("code,value,n\nGM0001,1,-4\n", "'n' holds negative numbers"),
        ("code,value,year\nGM0001,1,last\n", "'last' is not a year"),
        ("code,value\nGM0001\n", "cannot be read"),
    ],
)
def test_a_bad_csv_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        read_figures(written(tmp_path, text), "gemeente")


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = "code,value,n\nx,1,1\nGM0001,a,1\nGM0001,2,b\n"
    with pytest.raises(SchemaError, match="4 faults") as raised:
        read_figures(written(tmp_path, text), "gemeente")
    assert len(raised.value.faults) == 4
    with pytest.raises(SchemaError, match="no such file"):
        read_figures(tmp_path / "none.csv", "gemeente")
    with pytest.raises(ConfigError, match=r"'gemeent' is not known .did you mean 'gemeente'"):
        read_figures(tmp_path / "figures.csv", "gemeent")
    with pytest.raises(ConfigError, match=r"'values' is not known .did you mean 'value'"):
        read_figures(tmp_path / "figures.csv", "gemeente", {"values": "pct"})


def country(noise: float, n: int = 120, seed: int = 0) -> tuple[pa.Table, list[str], np.ndarray[Any, Any]]:
    """Our areas, and an outside figure that is 0.5 × penetration + 3, with noise."""
    rng = np.random.default_rng(seed)
    codes = [f"WK{100 + area // 3:04d}{area % 3:02d}" for area in range(n)]
    households = rng.integers(200, 3000, n).astype(float)
    profile = households * rng.beta(3, 27, n)
    value = 0.5 * 100 * profile / households + 3 + noise * rng.normal(size=n)
    return pa.table({"area": codes, "households": households, "profile": profile}), codes, value


def figures_of(folder: Path, codes: list[str], value: np.ndarray[Any, Any], year: int = 2024) -> Any:
    rows = "".join(f"{code},{float(each)!r},{year}\n" for code, each in zip(codes, value, strict=True))
    return read_figures(written(folder, "code,value,year\n" + rows), "wijk")


def test_planted_agreement_is_found_again(tmp_path: Path) -> None:
    areas, codes, value = country(noise=2.0)
    shuffled = np.random.default_rng(1).permutation(len(codes))
    figures = figures_of(tmp_path, [codes[row] for row in shuffled], value[shuffled])
    found = compare_external(figures, areas, 2024, replicates=300)
    penetration = 100 * areas["profile"].to_numpy() / areas["households"].to_numpy()
    assert found.spearman.value == pytest.approx(spearmanr(penetration, value)[0])
    assert found.slope.low < 0.5 < found.slope.high
    assert found.slope.value == pytest.approx(
        np.polyfit(penetration, value, 1, w=np.sqrt(areas["households"].to_numpy()))[0]
    )
    assert (found.matched, found.drawn, found.circular, found.notes) == (120, "gemeente", False, ())
    assert found.covered == pytest.approx(1.0)
    rows = {row["area"]: row for row in found.table.to_pylist()}
    assert list(rows) == sorted(rows)
    weight = areas["households"].to_numpy()
    for row, code in enumerate(codes[:5]):
        index = 100 * penetration[row] / np.average(penetration, weights=weight)
        theirs = 100 * value[row] / np.average(value, weights=weight)
        assert rows[code]["difference"] == pytest.approx(index - theirs)
    residual = np.array([rows[code]["residual"] for code in codes])
    assert [residual @ weight, residual @ (weight * penetration)] == pytest.approx([0, 0], abs=1e-6)
    scale = np.average(penetration, weights=weight) / np.average(value, weights=weight)
    assert found.relative_slope.value == pytest.approx(found.slope.value * scale)


def test_what_does_not_match_is_counted_and_said(tmp_path: Path) -> None:
    areas, codes, value = country(noise=2.0)
    figures = figures_of(tmp_path, [*codes[:-20], "WK999901", "WK999902"], np.append(value[:-20], [1.0, 2.0]), 2022)
    found = compare_external(figures, areas, 2024, replicates=20)
    assert (found.matched, found.only_figures) == (100, ("WK999901", "WK999902"))
    assert found.only_profile == tuple(sorted(codes[-20:]))
    assert found.covered == pytest.approx(
        areas["households"].to_numpy()[:-20].sum() / areas["households"].to_numpy().sum()
    )
    said = [note["en"] for note in found.notes]
    assert "of 2022, the profile of 2024" in said[0]
    assert said[1].startswith("2 of the 102 areas")
    assert all(note["nl"] for note in found.notes)
    unknown = compare_external(figures, areas, replicates=2)
    assert "not known on both sides" in unknown.notes[0]["en"]


@pytest.mark.parametrize(("sign", "noise"), [(1, 0.1), (-1, 0.1)])
def test_too_good_to_be_true_is_circular(tmp_path: Path, sign: int, noise: float) -> None:
    areas, codes, value = country(noise)
    found = compare_external(figures_of(tmp_path, codes, sign * value), areas, 2024, replicates=20)
    assert found.circular
    assert "same sources" in found.notes[0]["en"]
    if sign < 0:
        assert np.isnan(found.relative_slope.value)


def test_too_few_areas_show_codes_of_both_sides(tmp_path: Path) -> None:
    areas, codes, value = country(1.0)
    strange = [code.replace("WK0", "WK9") for code in codes]
    with pytest.raises(MeasureError, match=r"0 areas of figures.csv \(WK9100.*among ours \(WK0100"):
        compare_external(figures_of(tmp_path, strange, value), areas)
    double = pa.concat_tables([areas, areas])
    with pytest.raises(MeasureError, match="120 areas of the profile stand more than once"):
        compare_external(figures_of(tmp_path, codes, value), double)
