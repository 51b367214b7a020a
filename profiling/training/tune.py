"""Tune an estimator with Optuna on one objective that needs no negatives: capture of held-out households."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling import models
from profiling.artefacts import fingerprint, library_versions, only_one
from profiling.errors import ConfigError, TrainingError
from profiling.models import boosting
from profiling.models.spec import EstimatorSpec, FloatRange, IntRange, SearchRange
from profiling.plugs import choose
from profiling.progress import track
from profiling.training.bench import Bench, Measured, check, derived_seed, frame_digest, make_bench
from profiling.training.frame import TrainingFrame
from profiling.training.journal import mend
from profiling.training.search import TuningSettings, search_space, short, within
from profiling.training.settings import TrainingSettings
from profiling.training.train import check_training
from profiling.training.tuned import Tuned, best_of, excess, limits_of

STUDY = "tuning"
LEAST_FOR_IMPORTANCE = 10


def tune(
    frame: TrainingFrame,
    settings: TrainingSettings,
    tuning: TuningSettings,
    *,
    seed: int,
    folder: Path,
    members: NDArray[np.bool_] | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Tuned:
    """Search for parameters with a higher mean capture at depth over the area folds of the reference households.

    Trials are drawn by TPE (Bergstra et al. 2011, Algorithms for hyper-parameter optimization, NeurIPS) and are only
    eligible when the tops of the fold models overlap enough (see `TuningSettings.stability`). A trial that falls
    behind is given up between two folds. The best one is then measured on other divisions into folds, beside the
    current parameters, because its capture on the folds of the search is optimistic (Cawley & Talbot 2010, On
    over-fitting in model selection, JMLR 11).

    Every finished trial stands in a journal in `folder`, so a search that was killed goes on where it was; the outcome
    is that of a search that was not. More `trials` go on from the same journal too.

    Parameters
    ----------
    folder : where the journal is; the outcome is saved elsewhere, by `Tuned.save`.
    members : bool array of shape (n,), optional
        Which rows of the frame are members; needed for `member_lift` only.
    inputs : what the outcome was made from, for its manifest.

    Raises
    ------
    ConfigError
        When there is nothing to tune, or a name or range does not fit.
    TrainingError
        When no trial keeps the constraints, or the frame cannot be divided.
    ArtefactError
        When the journal is damaged elsewhere than at its end, or another process is tuning here.
    """
    spec: EstimatorSpec = choose(models, "ESTIMATOR", settings.estimator)
    space = search_space(spec, tuning)
    check_training(settings)
    if tuning.member_lift is not None and members is None:
        raise ConfigError("'member_lift' needs a list of members", where="[tuning]", hint="leave it out")
    bench = make_bench(frame, settings, spec, members, seed)
    versions = {**library_versions(), "optuna": metadata.version("optuna")}
    identity = fingerprint(
        {
            "frame": frame_digest(frame, members),
            "settings": settings.model_dump(mode="json", exclude={"rivals", "replicates", "redraws"}),
            "tuning": tuning.model_dump(mode="json", exclude={"trials", "checks"}),
            "seed": seed,
            "versions": versions,
        }
    )
    current: dict[str, Any] = dict(settings.params)
    tables = len(bench.folds) * (1 + tuning.checks)
    with boosting.sharing_bins(tables), only_one(folder), _quiet():
        study = _open(folder / f"{identity[:16]}.journal", tuning)
        base = _current(study, bench, current)
        limits = limits_of(tuning, base)
        start = {name: current.get(name, spec.defaults[name]) for name in space}
        done = len(study.get_trials(deepcopy=False))
        if done == 0 and within(space, start):
            study.enqueue_trial(start)
        for number in track(range(done, tuning.trials), "tuning"):
            _try(study, number, bench, space, limits, base, tuning)
        trials = [_row(each) for each in study.get_trials(deepcopy=False)[: tuning.trials]]
        importance = _importance(study, tuning.trials, seed)
        best = best_of(trials, limits, base, current)
        checked = check(bench, current, best["params"], tuning.checks)
    return Tuned(
        estimator=spec.name,
        depth=settings.depth,
        folds=settings.folds,
        current=current,
        best=best["params"],
        searched={"current": base.capture, "best": best["capture"]},
        checked=checked,
        checks=tuning.checks,
        constraints=limits,
        trials=tuple(trials),
        importance=importance,
        versions=versions,
        inputs=dict(inputs or {}),
    )


def _try(
    study: Any,
    number: int,
    bench: Bench,
    space: Mapping[str, SearchRange],
    limits: Mapping[str, Mapping[str, Any]],
    base: Measured,
    tuning: TuningSettings,
) -> None:
    """One trial. Its sampler has a seed of its own, so that it is the same whether or not the search was resumed."""
    import optuna

    study.sampler = optuna.samplers.TPESampler(seed=derived_seed(bench.seed, f"trial:{number}"))
    trial = study.ask()
    params = {**bench.settings.params, **{name: _suggest(trial, name, each) for name, each in space.items()}}
    trial.set_user_attr("params", params)
    state, found = optuna.trial.TrialState.COMPLETE, None
    try:
        for step, found in enumerate(bench.measure(params)):
            # The median pruner looks at the best value so far: as gain over the current parameters on the same folds
            # an easy first fold does not save a trial.
            gain = found.capture - float(np.mean(base.captures[: step + 1]))
            trial.report(found.captures[-1] if tuning.pruner == "wilcoxon" else gain, step)
            if 0 < step < len(bench.folds) - 1 and trial.should_prune():
                state = optuna.trial.TrialState.PRUNED
                break
    except TrainingError as error:
        trial.set_user_attr("fault", error.what)
        state = optuna.trial.TrialState.FAIL
    if found is not None:
        trial.set_user_attr("measured", [list(found.captures), found.stability, found.member_lift])
        for name, limit in limits.items():
            trial.set_constraint(name, excess(limit, getattr(found, name)))
    complete = state == optuna.trial.TrialState.COMPLETE and found is not None
    study.tell(trial, found.capture if complete and found is not None else None, state=state)


def _suggest(trial: Any, name: str, bounds: SearchRange) -> Any:
    if isinstance(bounds, IntRange):
        return int(trial.suggest_int(name, bounds.low, bounds.high, log=bounds.log))
    if isinstance(bounds, FloatRange):
        return short(trial.suggest_float(name, bounds.low, bounds.high, log=bounds.log), bounds)
    return trial.suggest_categorical(name, bounds.options)


def _current(study: Any, bench: Bench, params: Mapping[str, Any]) -> Measured:
    """The current parameters on all folds; measured once, and kept with the study."""
    kept = study.user_attrs.get("current")
    if kept is None:
        found = list(bench.measure(params))[-1]
        kept = [list(found.captures), found.stability, found.member_lift]
        study.set_user_attr("current", kept)
    return Measured(tuple(kept[0]), kept[1], kept[2])


def _row(trial: Any) -> dict[str, Any]:
    captures, overlap, lift = trial.user_attrs.get("measured", [[], None, None])
    state = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}[trial.state.name]
    return {
        "number": trial.number,
        "state": state,
        "capture": float(np.mean(captures)) if state == "complete" else None,
        "captures": list(captures),
        "stability": overlap,
        "member_lift": lift,
        "params": dict(trial.user_attrs["params"]),
        "fault": trial.user_attrs.get("fault"),
    }


def _importance(study: Any, n: int, seed: int) -> dict[str, float]:
    """Part of each parameter in the variance of capture (fANOVA, Hutter, Hoos & Leyton-Brown 2014, ICML)."""
    import optuna

    complete = [each for each in study.get_trials(deepcopy=False)[:n] if each.state.name == "COMPLETE"]
    if len(complete) < LEAST_FOR_IMPORTANCE or len({each.value for each in complete}) < 2:
        return {}
    first = optuna.create_study(direction="maximize")
    first.add_trials(complete)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=derived_seed(seed, "importance"))
    found = optuna.importance.get_param_importances(first, evaluator=evaluator)
    return {name: float(part) for name, part in found.items()}


def _open(journal: Path, tuning: TuningSettings) -> Any:
    """The study of a journal, with finished trials only: a trial that was under way is done again."""
    for stale in journal.parent.glob(f"{journal.name}.*"):
        # Optuna's own lock outlives a kill, and would be waited for; nobody else is here (`only_one`).
        stale.unlink()
    mend(journal)
    study = _study(journal, tuning)
    trials = study.get_trials(deepcopy=False)
    finished = [each for each in trials if each.state.is_finished()]
    if len(finished) == len(trials):
        return study
    aside = journal.with_name(journal.name + ".aside")
    fresh = _study(aside, tuning)
    for key, value in study.user_attrs.items():
        fresh.set_user_attr(key, value)
    fresh.add_trials(finished)
    aside.replace(journal)
    return _study(journal, tuning)


def _study(journal: Path, tuning: TuningSettings) -> Any:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    pruner: Any = optuna.pruners.NopPruner()
    if tuning.pruner == "median":
        pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=1)
    elif tuning.pruner == "wilcoxon":
        pruner = optuna.pruners.WilcoxonPruner(p_threshold=0.1)
    storage = JournalStorage(JournalFileBackend(str(journal)))
    return optuna.create_study(
        study_name=STUDY, storage=storage, direction="maximize", pruner=pruner, load_if_exists=True
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna says nothing of its own."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"optuna\..*")
            warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
