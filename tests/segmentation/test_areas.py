"""Areas with published figures: what is missing comes from the larger area, and small areas are joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from profiling.config import parse_config
from profiling.errors import SchemaError
from profiling.segmentation.areas import AreaUnits, read_areas
from profiling.segmentation.config import SegmentationConfig, SegmentationPlan, load_segmentation_config

BUURTEN = """code;wijk;gem;hh;old;people;income
BU0363AF01;WK0363AF;GM0363;100;20;200;30,5
BU0363AF02;WK0363AF;GM0363;50;-99997;100;
BU0363AF03;WK0363AF;GM0363;4;2;8;
BU0363AG01;WK0363AG;GM0363;60;;120;
BU0363AG02;WK0363AG;GM0363;0;;;
BU0400AA01;WK0400AA;GM0400;30;6;60;
""".replace(",", ".")
WIJKEN = """code;gem;hh;old;people;income
WK0363AF;GM0363;154;40;308;28
WK0363AG;GM0363;60;30;120;
WK0400AA;GM0400;30;6;60;
"""
GEMEENTEN = """code;hh;old;people;income
GM0363;214;70;428;27
GM0400;30;6;60;
"""


def plan(folder: Path, **changes: object) -> SegmentationPlan:
    for name, text in (("buurten", BUURTEN), ("wijken", WIJKEN), ("gemeenten", GEMEENTEN)):
        (folder / f"{name}.csv").write_text(str(changes.pop(name, text)), encoding="utf-8-sig")
    said = {
        "name": "areas",
        "nl": "Gebieden",
        "en": "Areas",
        "axes": {"age": ["old"], "wealth": ["income"]},
        "areas": {
            "households": "hh",
            "missing": [-99997],
            "levels": {
                "buurt": {"file": "buurten.csv", "key": "code", "parents": {"wijk": "wijk", "gemeente": "gem"}},
                "wijk": {"file": "wijken.csv", "key": "code"},
                "gemeente": {"file": "gemeenten.csv", "key": "code"},
            },
            "variables": {
                "old": {"column": "old", "per": "people", "nl": "oud", "en": "old"},
                "income": {"column": "income", "nl": "inkomen", "en": "income"},
            },
        },
    }
    config = parse_config({**said, **changes}, SegmentationConfig, where="test")
    return SegmentationPlan(config=config, path=folder / "areas.toml")


def made(asked: SegmentationPlan) -> AreaUnits:
    assert asked.config.areas is not None
    return read_areas(asked, asked.config.areas)


def test_missing_values_come_from_wijk_then_gemeente_then_the_whole(tmp_path: Path) -> None:
    found = made(plan(tmp_path))
    assert found.units.ids.tolist() == ["BU0363AF01", "BU0363AF02", "BU0363AG01", "BU0400AA01"]
    old, income = found.units.column("old"), found.units.column("income")
    # AF03 has 4 households and is joined with AF02: a mean by households.
    assert old == pytest.approx([0.1, (50 * 40 / 308 + 4 * 0.25) / 54, 0.25, 0.1])
    assert income[:3] == pytest.approx([30.5, 28.0, 27.0])
    whole = (100 * 30.5 + 50 * 28 + 4 * 28 + 60 * 27) / 214
    assert income[3] == pytest.approx(whole)
    assert found.units.households.tolist() == [100, 54, 60, 30]
    assert found.coverage()["without_households"] == 1
    assert found.coverage()["filled_from_larger_areas"] == {"old": round(110 / 244, 4), "income": round(144 / 244, 4)}


def test_every_fault_of_a_table_is_in_one_message(tmp_path: Path) -> None:
    wrong = BUURTEN.replace("people", "peoples", 1)
    with pytest.raises(SchemaError, match=r"column 'people' is missing \(did you mean 'peoples'"):
        made(plan(tmp_path, buurten=wrong))
    twice = BUURTEN.replace("BU0363AF02", "BU0363AF01").replace(";60;120;", ";60;many;") + "\n"
    with pytest.raises(SchemaError) as fault:
        made(
            plan(
                tmp_path,
                buurten=twice.replace("BU0400AA01;WK0400AA;GM0400;30;6;60", "BU0400AA01;WK0400AA;GM0400;30;6;x"),
            )
        )
    assert "1 codes in 'code' stand twice" in str(fault.value)
    assert "'people': 1 values are no number: 'x'" in str(fault.value)
    (tmp_path / "wijken.csv").unlink()
    asked = plan(tmp_path)
    (tmp_path / "wijken.csv").unlink()
    with pytest.raises(SchemaError, match="there is no such file"):
        made(asked)


@pytest.mark.shared
def test_the_real_buurten_all_count_and_none_is_below_ten(shared: Path) -> None:
    root = Path(__file__).parent.parent.parent
    asked = load_segmentation_config(root / "configs/segmentations/cbs-buurten-10-37.toml", data=shared / "cbs")
    found = made(asked)
    table = pd.read_csv(shared / "cbs" / "buurten_2024.csv", dtype={"buurtcode": str})
    with_households = table[table["huishoudens"] > 0]
    assert set(found.members) == set(with_households["buurtcode"])
    assert found.units.households.sum() == with_households["huishoudens"].sum()
    assert found.units.households.min() >= 10
    assert not np.isnan(found.units.matrix).any()
    assert "BU0363AF01" in set(found.members)
    wijken = pd.read_csv(shared / "cbs" / "wijken_2024.csv").set_index("wijkcode")["inkomenPerInwoner"]
    large = with_households[(with_households["huishoudens"] > 100) & with_households["inkomenPerInwoner"].isna()]
    income = dict(zip(found.units.ids.tolist(), found.units.column("income").tolist(), strict=True))
    expected = large.assign(wijk=large["wijkcode"].map(wijken)).dropna(subset=["wijk"]).set_index("buurtcode")["wijk"]
    alone = [
        code
        for code in expected.index
        if code in income and (found.unit == found.unit[found.members == code]).sum() == 1
    ]
    assert len(alone) > 3_000
    assert np.allclose([income[code] for code in alone], expected[alone], rtol=1e-5)
