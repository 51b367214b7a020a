"""Every estimator that the room offers keeps the same contract; a new file is tested by being there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from profiling import models, plugs
from profiling.errors import ArtefactError, ConfigError, TrainingError
from profiling.evaluation.capture import lift_at
from profiling.models.classifier import STATE
from profiling.models.spec import Choice, Estimator, EstimatorContext, EstimatorSpec

SPECS: dict[str, EstimatorSpec] = plugs.discover(models, "ESTIMATOR")
NAMES = ("segment", "income", "age", "noise")
FAST = {"n_estimators": 20, "n_bags": 3, "min_data_in_leaf": 20}
LEARNERS = [name for name in SPECS if name != "random"]

every = pytest.mark.parametrize("name", list(SPECS))


def context(seed: int = 3, threads: int = 1) -> EstimatorContext:
    return EstimatorContext(4, NAMES, categorical=(0,), segment=0, seed=seed, threads=threads)


def build(name: str, **more: Any) -> Estimator:
    spec = SPECS[name]
    return spec.build(context(**more), {key: value for key, value in FAST.items() if key in spec.defaults})


def table(n: int = 3000, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    """The group lives in segments 1 and 2, is poor, and old or of unknown age."""
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [rng.integers(0, 8, n).astype(float), rng.lognormal(3, 0.5, n), rng.integers(18, 95, n), rng.normal(size=n)]
    )
    X[rng.random(n) < 0.1, 2] = np.nan
    X[rng.random(n) < 0.05, 0] = np.nan
    X[rng.random(n) < 0.05, 1] = np.nan
    odds = -3.5 + 1.8 * np.isin(X[:, 0], [1, 2]) - 1.5 * (np.nan_to_num(X[:, 1], nan=20) - 20) / 20
    odds += 1.0 * ((X[:, 2] > 60) | np.isnan(X[:, 2]))
    return X, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(float)


@pytest.fixture(scope="module")
def fitted() -> dict[str, Estimator]:
    X, y = table()
    return {name: build(name).fit(X, y) for name in SPECS}


def unseen() -> NDArray[Any]:
    """Rows unlike any in training: missing everywhere, unknown codes, far outside, and plain ones."""
    X, _ = table(500, seed=9)
    X[:50, 0] = 99.0
    X[50:60] = np.nan
    X[60:70, 1] = [1e300, -1e300, 0.0, -0.0, 5e-324, 1e-300, 1e6, -1.0, 20.0, 20.0]
    return X


@every
def test_spec_is_complete(name: str) -> None:
    spec = SPECS[name]
    assert spec.name == name
    assert all((spec.nl, spec.en, spec.paper))
    assert spec.assumption in ("SCAR", "SAR", "none")
    assert set(spec.search_space) <= set(spec.defaults)
    for key, searched in spec.search_space.items():
        default = spec.defaults[key]
        inside = (
            default in searched.options if isinstance(searched, Choice) else searched.low <= default <= searched.high
        )
        assert inside, key
    assert isinstance(build(name), Estimator)


@every
def test_unknown_and_wrong_parameters_are_refused_with_the_nearest_name(name: str) -> None:
    spec = SPECS[name]
    wrong = dict.fromkeys(list(spec.defaults)[:1], "many")
    with pytest.raises(ConfigError) as caught:
        spec.build(context(), {"learning_rat": 0.1, **wrong})
    message = str(caught.value)
    assert "'learning_rat' is not a parameter" in message
    assert all(f"'{key}' is 'many', expected a value like" in message for key in wrong)


@every
def test_scores_follow_their_rows_in_any_order_and_batch(name: str, fitted: dict[str, Estimator]) -> None:
    X = unseen()
    scores = fitted[name].score_samples(X)
    assert scores.dtype == np.float64
    assert scores.shape == (500,)
    assert np.isfinite(scores).all()
    order = np.random.default_rng(1).permutation(500)
    np.testing.assert_array_equal(fitted[name].score_samples(X[order]), scores[order])
    pieces = [fitted[name].score_samples(X[start : start + 37]) for start in range(0, 500, 37)]
    np.testing.assert_array_equal(np.concatenate(pieces), scores)
    np.testing.assert_array_equal(fitted[name].score_samples(np.asfortranarray(X)), scores)
    assert fitted[name].score_samples(X[:0]).shape == (0,)


@every
def test_state_comes_back_to_the_bit(name: str, fitted: dict[str, Estimator]) -> None:
    state = fitted[name].state()
    assert all(isinstance(text, str) for text in state.values())
    back = SPECS[name].load(state)
    assert back.state() == state
    np.testing.assert_array_equal(back.score_samples(unseen()), fitted[name].score_samples(unseen()))
    assert back.get_params() | {"threads": 1} == fitted[name].get_params() | {"threads": 1}


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(60, 300), gone=st.floats(0.0, 1.0))
@every
def test_state_comes_back_to_the_bit_whatever_the_table(name: str, seed: int, n: int, gone: float) -> None:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 5, n), rng.normal(size=(n, 2)) * 10.0 ** rng.integers(-200, 200), np.ones(n)])
    X[rng.random(X.shape) < gone] = np.nan
    y = (np.arange(n) % 7 == 0).astype(float)
    made = build(name).fit(X, y)
    other = X[rng.permutation(n)] * 1.0
    other[: n // 2, 0] += 3
    back = SPECS[name].load(made.state())
    np.testing.assert_array_equal(back.score_samples(other), made.score_samples(other))


@every
def test_damaged_and_foreign_states_are_refused(name: str, fitted: dict[str, Estimator]) -> None:
    state = fitted[name].state()
    for broken in ({}, {**state, STATE: state[STATE][:40]}, {**state, STATE: state[STATE].replace(name, "other", 1)}):
        with pytest.raises(ArtefactError):
            SPECS[name].load(broken)


@every
def test_same_seed_same_state_on_any_number_of_threads(name: str, fitted: dict[str, Estimator]) -> None:
    X, y = table()
    assert build(name, threads=2).fit(X, y).state() == fitted[name].state()
    if name not in ("segment-index", "logistic"):
        assert (build(name, seed=4).fit(X, y).score_samples(X) != fitted[name].score_samples(X)).any()


@every
def test_clone_keeps_parameters_and_forgets_what_was_learned(name: str, fitted: dict[str, Estimator]) -> None:
    twin = clone(fitted[name])
    assert twin.get_params() == fitted[name].get_params()
    X, y = table()
    np.testing.assert_array_equal(twin.fit(X, y).score_samples(X), fitted[name].score_samples(X))


@every
def test_planted_group_is_found_again(name: str, fitted: dict[str, Estimator]) -> None:
    X, y = table(20_000, seed=5)
    lift = lift_at(fitted[name].score_samples(X), y, 0.1)
    if name in LEARNERS:
        assert lift > 1.7
    else:
        assert 0.8 < lift < 1.2


@every
def test_rows_of_weight_zero_count_for_nothing(name: str) -> None:
    X, y = table(1500)
    weight = np.ones(1500)
    weight[::3] = 0.0
    kept = weight > 0
    with_zeros = build(name).fit(X, y, weight)
    assert with_zeros.state() == build(name).fit(X[kept], y[kept]).state()


@every
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X, y * 0), "no rows of the reference group"),
        (lambda X, y: (X, y * 0 + 1), "no unlabelled rows"),
        (lambda X, y: (X, y * 2), "y holds 2.0, expected 0 and 1 alone"),
        (lambda X, y: (X[:0], y[:0]), "X has 0 rows"),
        (lambda X, y: (X[:, :3], y), "X has 3 columns, expected 4"),
        (lambda X, y: (X[:, 0], y), "expected (rows, features)"),
        (lambda X, y: (X, y[:-1]), "y has shape (2999,), expected (3000,)"),
        (lambda X, y: (np.where(X[0, 1] == X, np.inf, X), y), "'income': 1 infinite values (first: row 0)"),
        (lambda X, y: (X - np.array([9, 0, 0, 0]), y), "'segment': "),
        (lambda X, y: (X + np.array([0.5, 0, 0, 0]), y), "codes that are not whole numbers >= 0"),
        (lambda X, y: (X.astype(str) + "x", y), "X does not hold numbers"),
    ],
)
def test_bad_tables_are_refused_in_one_message(name: str, change: Any, message: str) -> None:
    X, y = table()
    with pytest.raises(TrainingError) as caught:
        build(name).fit(*change(X, y))
    assert message in str(caught.value)


@every
def test_bad_weights_are_refused(name: str) -> None:
    X, y = table()
    for weight, message in ((y * 0, "no rows of the reference group"), (y - 1, "2,7"), (y * np.nan, "3,000")):
        with pytest.raises(TrainingError) as caught:
            build(name).fit(X, y, weight)
        assert message in str(caught.value)


@every
def test_bad_rows_are_refused_when_scoring(name: str, fitted: dict[str, Estimator]) -> None:
    X = unseen()
    for bad, message in (
        (X[:, :2], "X has 2 columns, expected 4"),
        (np.where(X[99, 3] == X, np.inf, X), "'noise': 1 inf"),
    ):
        with pytest.raises(TrainingError) as caught:
            fitted[name].score_samples(bad)
        assert message in str(caught.value)


def test_all_faults_of_a_table_come_together() -> None:
    X, y = table()
    X[5, 1], X[7, 3], X[9, 0] = np.inf, -np.inf, -4
    with pytest.raises(TrainingError) as caught:
        build("logistic").fit(X, y)
    assert len(caught.value.faults) == 3


# Of scikit-learn's own suite, what does not depend on labels other than 0 and 1 (which we refuse on purpose), on
# sparse or object tables, or on weights meaning repetitions (LightGBM's smallest leaf counts rows, not weights).
SCIKIT_LEARN = {
    "check_all_zero_sample_weights_error",
    "check_decision_proba_consistency",
    "check_dict_unchanged",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_dont_overwrite_parameters",
    "check_estimator_cloneable",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
    "check_estimators_unfitted",
    "check_f_contiguous_array_estimator",
    "check_fit1d",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_get_params_invariance",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_mixin_order",
    "check_n_features_in",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_pipeline_consistency",
    "check_readonly_memmap_input",
    "check_set_params",
    "check_valid_tag_types",
}


@pytest.mark.parametrize("name", [name for name in SPECS if name != "segment-index"])
def test_scikit_learns_own_checks(name: str) -> None:
    small = {"n_estimators": 5, "n_bags": 2, "min_data_in_leaf": 1}
    made = type(build(name))(**{key: value for key, value in small.items() if key in SPECS[name].defaults})
    results = check_estimator(made, on_fail=None, on_skip=None)
    passed = {each["check_name"] for each in results if each["status"] == "passed"}
    failed = {each["check_name"]: str(each["exception"])[:300] for each in results if each["status"] == "failed"}
    assert {key: text for key, text in failed.items() if key in SCIKIT_LEARN} == {}
    assert passed >= SCIKIT_LEARN
