"""What tuning may try: wrong names and ranges come in one message, and ranges keep their kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiling import models
from profiling.errors import ConfigError
from profiling.models.spec import Choice, FloatRange, IntRange
from profiling.plugs import choose
from profiling.training.search import TuningSettings, search_space, short


def test_faults_in_what_to_tune_come_in_one_message() -> None:
    spec = choose(models, "ESTIMATOR", "lightgbm")
    ranges = {"num_leafs": (2, 8), "max_bin": (2, 8), "lambda_l2": (1.0, 2.0), "num_leaves": (8, 4)}
    wrong = TuningSettings(parameters=("n_estimator", "num_leaves"), ranges=ranges)
    with pytest.raises(ConfigError, match=r"(?s)^ConfigError: \[tuning\]: 5 faults in what to tune of 'ligh") as caught:
        search_space(spec, wrong)
    said = str(caught.value)
    assert "'n_estimator' cannot be tuned (did you mean 'n_estimators'?)" in said
    assert "ranges.lambda_l2: 'lambda_l2' is not among the parameters to vary" in said
    assert "ranges.num_leaves: expected [lowest, highest], got [8, 4]" in said
    with pytest.raises(ConfigError, match="'random' has no parameters to tune"):
        search_space(choose(models, "ESTIMATOR", "random"), TuningSettings())


def test_ranges_are_narrowed_in_their_own_kind() -> None:
    spec = replace(
        choose(models, "ESTIMATOR", "lightgbm"),
        search_space={"n": IntRange(1, 9, log=True), "x": FloatRange(0.0, 1.0), "how": Choice(("a", "b", "c"))},
    )
    found = search_space(spec, TuningSettings(ranges={"n": (2, 4), "x": (0, 1), "how": ("a", "c")}))
    assert found == {"how": Choice(("a", "c")), "n": IntRange(2, 4, log=True), "x": FloatRange(0.0, 1.0)}
    for name, bounds in (("n", (0, 4)), ("n", (1.5, 4)), ("n", (True, 4)), ("how", ("a", "d")), ("x", (1,))):
        with pytest.raises(ConfigError, match=rf"ranges\.{name}: expected"):
            search_space(spec, TuningSettings(ranges={name: bounds}))
    assert short(0.123456, FloatRange(0.0, 1.0)) == 0.1235
    assert short(0.99999, FloatRange(0.0, 0.99998)) == 0.99998
