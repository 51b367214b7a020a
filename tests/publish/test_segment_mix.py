"""Segments of a work area against its province, recounted in SQL; the report says the same in both languages."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from profiling.errors import ConfigError, SchemaError
from profiling.publish.area import analyse_areas
from profiling.publish.choose import other_than, read_codes, select_areas, select_base
from profiling.publish.segment_mix import segment_mix
from profiling.publish.work_areas import read_work_areas, select_work_area
from profiling.reporting.html import render
from profiling.reporting.work_area_page import work_area_page
from tests.publish.shops import Country, country


@pytest.fixture(scope="module")
def made() -> Country:
    return country(0, n=20_000)


def test_shares_and_index_as_sql_has_them(made: Country) -> None:
    chosen = select_areas(made.published, ["GM0100"])
    mix = segment_mix(made.published, chosen, select_base(made.published, "provincie", chosen))
    households = made.households  # noqa: F841
    expected = duckdb.sql(
        """WITH here AS (SELECT segment[1] AS code, count(*) AS n FROM households WHERE gemeente = 'GM0100' GROUP BY 1),
        base AS (SELECT segment[1] AS code, count(*) AS n FROM households WHERE provincie = 'PV20' GROUP BY 1)
        SELECT code, here.n AS n, 100.0 * here.n / sum(here.n) OVER () AS share,
            100.0 * base.n / sum(base.n) OVER () AS base_share FROM here JOIN base USING (code) ORDER BY code"""
    ).df()
    assert mix.main["code"].tolist() == expected["code"].tolist()
    shown = ~mix.main["suppressed"]
    assert shown.sum() == 3
    for name in ("n", "share", "base_share"):
        np.testing.assert_allclose(mix.main[name].astype(float), expected[name])
    np.testing.assert_allclose(mix.main["index"], 100 * expected["share"] / expected["base_share"])
    assert (mix.main["index_low"] <= mix.main["index"]).all()
    assert (mix.main["index"] <= mix.main["index_high"]).all()
    assert mix.households == (made.households["gemeente"] == "GM0100").sum()
    assert (mix.main["base_share"] * mix.main["index"]).sum() / 100 == pytest.approx(100)


def test_a_base_that_is_the_selection_is_replaced_and_said(made: Country) -> None:
    chosen = select_areas(made.published, ["PV20"])
    base = other_than(made.published, select_base(made.published, "provincie", chosen), chosen)
    assert base.title["nl"] == "het kleine land"
    assert "hetzelfde gebied" in base.notes[0]["nl"]
    same = select_base(made.published, "provincie", select_areas(made.published, ["GM0100"]))
    assert other_than(made.published, same, select_areas(made.published, ["GM0100"])) is same


def test_the_report_reads_the_tables_aloud(made: Country) -> None:
    chosen = select_areas(made.published, ["GM0100"])
    base = select_base(made.published, "provincie", chosen)
    mix = segment_mix(made.published, chosen, base)
    analysis = analyse_areas(made.published, chosen, level="wijk", base=base)
    facts = [{"code": "A01", "age": None, "facets": {}, "main": "A"}]
    page = render(work_area_page(mix, analysis, facts=facts))
    assert "Hoofd A" in page
    assert "Rapport 1" in page
    assert f"{mix.households:,}".replace(",", ".") in page
    assert "Wat weten we van deze segmenten?" in page
    assert "Report 1" in render(work_area_page(mix, analysis, language="en"))


def test_work_areas_come_from_files(made: Country, tmp_path: Path) -> None:
    (tmp_path / "areas").mkdir()
    (tmp_path / "areas" / "one.toml").write_text(
        'name = "one"\nnl = "Bibliotheek Een"\nyear = 2018\nareas = ["GM0100", "WK010101"]\n', encoding="utf-8"
    )
    saved = read_work_areas(tmp_path / "areas")
    chosen = select_work_area(made.published, saved.get("one"))
    assert chosen.title == {"nl": "Bibliotheek Een", "en": "Bibliotheek Een"}
    assert chosen.n_areas == 12
    assert "2018" in chosen.notes[0]["nl"]
    with pytest.raises(ConfigError, match="did you mean 'one'"):
        saved.get("on")
    table = tmp_path / "work_areas.csv"
    table.write_text("library,name,gemeente,takes_part\nL1,Bieb A,GM0100,1\nL1,Bieb A,GM0101,1\nL2,Bieb B,GM0103,0\n")
    assert list(read_work_areas(table).areas) == ["L1", "L2"]
    assert select_work_area(made.published, read_work_areas(table).get("L1")).n_areas == 18
    table.write_text("a,b\n1,2\n")
    with pytest.raises(SchemaError, match="'library' is missing"):
        read_work_areas(table)


def test_lists_of_codes_in_any_shape(made: Country, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("Code;naam\r\nGM0100;Café\r\nGM0101;x\r\n".encode("latin-1"))
    assert read_codes(path) == ["GM0100", "GM0101"]
    assert select_areas(made.published, read_codes(path)).n_areas == 18
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="holds no area codes"):
        read_codes(path)
    path.write_bytes(b"PK\x03\x04\0\0")
    with pytest.raises(SchemaError, match="not a text file"):
        read_codes(path)
