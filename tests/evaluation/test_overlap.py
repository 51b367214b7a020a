"""Overlap and disagreement against SQL and against single measures."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from profiling.errors import MeasureError
from profiling.evaluation.capture import capture_at
from profiling.evaluation.overlap import area_disagreement, cross_capture, group_overlap, mix_distance, mix_table


def test_overlap_is_what_sql_counts() -> None:
    rng = np.random.default_rng(0)
    sizes = {"a": 80, "b": 50, "c": 30}
    groups = {name: [f"h{each}" for each in rng.choice(200, size, replace=False)] for name, size in sizes.items()}
    found = group_overlap(groups).to_pylist()
    assert [(row["left"], row["right"]) for row in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    for row in found:
        left, right = (pd.DataFrame({"id": groups[row[side]]}) for side in ("left", "right"))
        assert (len(left), len(right)) == (row["n_left"], row["n_right"])
        both = duckdb.connect()
        both.register("l", left)
        both.register("r", right)
        n = both.execute("SELECT count(*) FROM l SEMI JOIN r USING (id)").fetchall()[0][0]
        either = both.execute("SELECT count(*) FROM (FROM l UNION FROM r)").fetchall()[0][0]
        assert (row["shared"], row["jaccard"]) == (n, pytest.approx(n / either))
        assert (row["of_left"], row["of_right"]) == pytest.approx((n / len(left), n / len(right)))
    with pytest.raises(MeasureError, match="'a': 1 households stand more than once"):
        group_overlap({"a": ["x", "x"], "b": []})
    with pytest.raises(MeasureError, match="1 groups"):
        group_overlap({"a": []})
    assert np.isnan(group_overlap({"a": [], "b": []}).column("jaccard")[0].as_py())


def test_cross_capture_is_capture_without_what_the_model_saw() -> None:
    rng = np.random.default_rng(1)
    traits = rng.normal(size=(4000, 2))
    areas = rng.integers(0, 40, 4000).astype(str)
    groups = {name: rng.random(4000) < 1 / (1 + np.exp(4 - 2 * traits[:, side])) for side, name in enumerate("ab")}
    scores = {"a": traits[:, 0], "b": traits[:, 1]}
    seen = {"a": groups["a"] & (rng.random(4000) < 0.7)}
    # A model that has learned its households by heart.
    scores["a"] = scores["a"] + 10.0 * seen["a"]
    table = cross_capture(scores, groups, 0.1, areas, seen=seen, replicates=50)
    rows = {(row["model"], row["group"]): row for row in table.to_pylist()}
    left = groups["b"] & ~seen["a"]
    assert rows["a", "b"]["capture"] == pytest.approx(capture_at(scores["a"], left, 0.1, base=np.ones(4000, bool)))
    assert (rows["a", "b"]["n"], rows["a", "b"]["left_out"]) == (left.sum(), (groups["b"] & seen["a"]).sum())
    assert rows["b", "b"]["capture"] == pytest.approx(capture_at(scores["b"], groups["b"], 0.1))
    assert rows["b", "b"]["lift"] > 3
    assert rows["b", "a"]["lift"] < 1.5
    assert rows["b", "b"]["low"] < rows["b", "b"]["capture"] < rows["b", "b"]["high"]
    nobody = cross_capture(scores, {"a": seen["a"]}, 0.1, areas, seen=seen, replicates=5).to_pylist()
    assert np.isnan(nobody[0]["capture"])
    with pytest.raises(MeasureError, match="3 of 'a'"):
        cross_capture(scores, {"a": np.ones(3, bool)}, 0.1, areas)


def test_the_distance_is_the_part_that_has_to_move() -> None:
    rng = np.random.default_rng(2)
    segment = rng.choice(["S1", "S2", "S3"], 300)
    one, other = rng.random(300), (rng.random(300) < 0.4).astype(float)
    table = mix_table(segment, {"one": one, "other": other}).to_pandas()
    assert table[["one", "other"]].sum().tolist() == pytest.approx([100, 100])
    moved = (table["one"] - table["other"]).clip(lower=0).sum() / 100
    counts = [np.array([part[segment == code].sum() for code in ("S1", "S2", "S3")]) for part in (one, other)]
    assert mix_distance(*counts) == pytest.approx(moved)
    assert mix_distance(counts[0], 5 * counts[0]) == pytest.approx(0.0)
    assert mix_distance(np.array([1.0, 0]), np.array([0.0, 9])) == pytest.approx(1.0)
    with pytest.raises(MeasureError, match="2 and 3 segments"):
        mix_distance(np.ones(2), np.ones(3))


def households() -> tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(3)
    areas = rng.choice([f"WK{each:02d}" for each in range(12)], 3000, p=np.r_[0.01, np.full(11, 0.09)])
    left = (rng.random(3000) < np.where(areas == "WK05", 0.4, 0.1)).astype(float)
    return areas, left, (rng.random(3000) < 0.2).astype(float), rng.uniform(0.5, 2, 3000)


def test_disagreement_is_what_sql_counts_and_starts_with_the_planted_area() -> None:
    areas, left, right, weight = households()
    found = area_disagreement(areas, left, right, weight, fewest=60).to_pandas()
    table = pd.DataFrame({"area": areas, "a": left, "b": right, "w": weight})
    said = duckdb.from_df(table).query(
        "t",
        """WITH cells AS (SELECT area, sum(w) AS n, sum(w * a) AS l, sum(w * b) AS r,
                 sum(w * (a <> b)::INT) AS apart FROM t GROUP BY area)
           SELECT area, n, 100 * l / n, 100 * r / n, 100 * (l / n) / (sum(l) OVER () / sum(n) OVER ()),
                 100 * (r / n) / (sum(r) OVER () / sum(n) OVER ()), 100 * apart / n FROM cells QUALIFY n >= 60""",
    )
    expected = {row[0]: row[1:] for row in said.fetchall()}
    assert found["area"].iloc[0] == "WK05"
    assert set(found["area"]) == set(expected)
    assert "WK00" not in expected
    names = ["households", "penetration_left", "penetration_right", "index_left", "index_right", "one_only"]
    for row in found.to_dict("records"):
        assert [row[name] for name in names] == pytest.approx(expected[row["area"]])
        assert row["difference"] == pytest.approx(row["index_left"] - row["index_right"])
    assert (found["difference"].abs().diff().dropna() <= 0).all()


def test_order_of_rows_changes_nothing_and_parts_are_parts() -> None:
    areas, left, right, weight = households()
    order = np.random.default_rng(4).permutation(len(areas))
    one = area_disagreement(areas, left, right, weight).to_pandas()
    other = area_disagreement(areas[order], left[order], right[order], weight[order]).to_pandas()
    pd.testing.assert_frame_equal(one, other)
    with pytest.raises(MeasureError, match="not from 0 to 1"):
        area_disagreement(areas, 2 * left, right)
    with pytest.raises(MeasureError, match="lengths differ"):
        area_disagreement(areas, left[:5], right)
