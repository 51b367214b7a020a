"""Experiment 004: a small table, on which every contender that is installed here says the same of every household."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from profiling.models import boosting

FOLDER = Path(__file__).parent.parent.parent / "experiments" / "004-national-speed"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("run", "contenders", "national_table"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import national_table
    import run as module

    monkeypatch.setattr(module, "BUILD", tmp_path)
    monkeypatch.setattr(national_table, "GROUP", 700)
    monkeypatch.setattr(national_table, "PERIOD", 1_400)
    monkeypatch.setattr(boosting, "WORTH_A_FOREST", 1_000)
    return module


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("lightgbm", {"n_estimators": 12, "num_leaves": 8}),
        ("lightgbm-bagged", {"n_estimators": 5, "num_leaves": 5, "n_bags": 3}),
    ],
)
def test_all_contenders_agree(run: Any, tmp_path: Path, estimator: str, params: dict[str, Any]) -> None:
    import contenders

    source = run.table(3_000, 24, 1)
    run.write_table(tmp_path / "table-100000x24.parquet", 1_500, 24, 1)
    given = run.given_to(source, run.model({"learned_from": 1_400, "seed": 1}, estimator, params, 24))
    scores = {}
    for name in ("ours", "ours-ranked", "pandas", "batches"):
        contenders.CONTENDERS[name](given, tmp_path / f"{name}.parquet")()
        scores[name] = np.asarray(pq.read_table(tmp_path / f"{name}.parquet", columns=["score"]).column(0))
    assert run._differs(scores) == {name: {"rows": 0, "largest": 0.0} for name in scores}
    assert len(np.unique(scores["ours"])) > 100
    assert pq.read_table(source).column("household_id").to_pylist() == list(range(3_000))
    scores["ours"] = scores["ours"] + 1e-9
    assert run._differs(scores)["ours"]["rows"] == 3_000
