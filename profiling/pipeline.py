"""The doorways: read and validate a profile, take its steps, compare, tune, publish, promote and withdraw.

Everything that can be validated is validated here before the first expensive step; the steps themselves are the
properties of a `Run`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from profiling import comparison
from profiling.artefacts import (
    fingerprint,
    is_complete,
    only_one,
)
from profiling.checks.check import inspect
from profiling.config import parse_config, resolve
from profiling.engines.engine import open_engine
from profiling.errors import ConfigError, ProfileError
from profiling.evaluation.figures import Figures
from profiling.features.encoder import choose_features
from profiling.population.config import load_population
from profiling.profiles import library
from profiling.profiles.config import load_profile_config
from profiling.profiles.validation import open_outside
from profiling.reference.build import load_reference
from profiling.run import Places, Run
from profiling.scoring.cutoff import Cutoff
from profiling.simulation.settings import SimulationSettings, identity
from profiling.simulation.simulate import simulate as make_country
from profiling.tracking import Tracker, log_comparison
from profiling.training.search import TuningSettings
from profiling.training.train import check_training
from profiling.training.tuned import Tuned

__all__ = [
    "Places",
    "Run",
    "at_depth",
    "check",
    "compare",
    "prepare",
    "promote",
    "publish",
    "simulate",
    "tune",
    "withdraw",
]


def prepare(path: Path, *, data: Path | None = None, places: Places | None = None, engine: str = "local") -> Run:
    """Read a profile's configuration and everything that it names; reads no households.

    Parameters
    ----------
    data : folder that `{data}` stands for; the one in the configuration when left out.
    engine : where households are scored and counted: "local", or the address of an Apache Spark.

    Raises
    ------
    ConfigError
        With the faults of the first file that has any, or when the engine is unknown or not installed.
    """
    config = load_profile_config(path)
    if data is None and config.data is not None:
        data = resolve(config.data, beside=path.resolve(), data=None)
    population = load_population(resolve(config.population, beside=path.resolve(), data=data), data=data)
    definition = load_reference(resolve(config.reference, beside=path.resolve(), data=data), data=data)
    features = choose_features(population.config, config.training.features)
    check_training(config.training, segments=any(family == "segment" for _name, family in features))
    areas = population.config.areas
    unknown = [level for level in config.publish.levels if areas is None or level not in areas.levels]
    if unknown:
        raise ConfigError(
            f"the population has no {', '.join(unknown)}", where=path, hint="correct [publish] levels, or [areas]"
        )
    outside = open_outside(config.validation, beside=path.resolve(), data=data, population=population.path)
    return Run(config, path, population, definition, places or Places(), open_engine(engine), outside)


def at_depth(run: Run, depth: float) -> Run:
    """The same run with another cut-off. It gives another version, a challenger; no published version changes.

    Parameters
    ----------
    depth : share of the base, above 0 and below 1.

    Raises
    ------
    ConfigError
        When it is not.
    """
    cutoff = parse_config({"depth": depth}, Cutoff, where="--depth")
    return replace(run, config=run.config.model_copy(update={"cutoff": cutoff}))


def simulate(settings: SimulationSettings, out: Path) -> Path:
    """Make a Netherlands with known truth in the folder `out`, unless it is there already.

    Raises
    ------
    ArtefactError
        When the folder cannot be written, or another process is making it.
    """
    with only_one(out.parent / f".{out.name}.simulating"):
        return out if is_complete(out, identity(settings)) else make_country(settings, out)


def check(run: Run) -> tuple[str, ...]:
    """Validate everything that can be validated before the first expensive step: files, columns, values, rule.

    The reference group is built for it (and kept for what follows): only then is it known whether the source holds
    what its configuration says, and enough households.

    Returns
    -------
    Notices, one sentence each.

    Raises
    ------
    ProfilingError
        With all faults of the first thing that has any.
    """
    notices = run.notices
    run.group  # noqa: B018
    return notices


def tune(run: Run, trials: int | None = None) -> Tuned:
    """Search for better parameters of the profile's estimator, and check the best on other folds.

    Parameters
    ----------
    trials : sets of parameters to try, those of an earlier call among them; `[tuning] trials` when left out.

    Raises
    ------
    ConfigError
        When the estimator has nothing to tune, or a name or range does not fit.
    TrainingError
        When no trial keeps the constraints.
    """
    asked = run.config.tuning.model_dump() | ({} if trials is None else {"trials": trials})
    return run.tuned(parse_config(asked, TuningSettings, where="[tuning]"))


def compare(runs: Sequence[Run], out: Path, *, external: Figures | None = None) -> Path:
    """Candidates side by side, on one population: one report in the folder `out`, unless it is there already.

    Parameters
    ----------
    external : outside figures per area to hold the profiles against.

    Raises
    ------
    ConfigError
        When the candidates are fewer than two, share a name, or do not share a population.
    """
    comparison.check_candidates(runs)
    for run in runs:
        check(run)
    finished = [run.finished for run in runs]
    if not is_complete(out, comparison.comparison_inputs(finished, external)):
        checked = {run.config.name: inspect(run.case, comparison.CHECKED) for run in runs}
        frames = [run.frame for run in runs]
        comparison.compare(finished, frames, external=external, checked=checked).save(out)
    _track_comparison(runs, out)
    return out


def _track_comparison(runs: Sequence[Run], out: Path) -> None:
    """One run in MLflow for the whole, and one for each candidate nested under it."""
    said = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    measured = {}
    for each in said["candidates"]:
        values = {name: (each[name] or {}).get("value") for name in ("capture", "lift", "stability", "member_effect")}
        values |= {"households": each["households"], "dirt": (each["dirt"] or {}).get("value")}
        measured[each["name"]] = {name: float(value) for name, value in values.items() if value is not None}
    log_comparison(
        Tracker(runs[0].places.tracking),
        fingerprint(said),
        measured,
        params={"choice": said["advice"]["choice"] or "", **said["method"]},
        trained={run.config.name: run.tracked for run in runs},
        report=out,
    )


def publish(run: Run) -> Path:
    """The whole way: check, group, frame, model, scores, profile, sketch, bundle.

    Returns
    -------
    The folder of the bundle.
    """
    check(run)
    return run.bundle


def promote(library_folder: Path, tracking: Path, name: str, version: str | None, status: str) -> library.Listed:
    """Make a version champion or published, in the library and in MLflow.

    Raises
    ------
    ProfileError
        When there is no such version or status, or the version was withdrawn.
    """
    if status not in ("champion", "published"):
        raise ProfileError(f"'{status}' is not a status to promote to", hint="choose champion or published")
    listed = library.find(library_folder, name, version)
    changed = library.set_status(library_folder, listed, status)  # type: ignore[arg-type]
    tracker, number = _tracked(tracking, library_folder, changed)
    if number is not None:
        tracker.set_alias(name, number, status)
    return changed


def withdraw(library_folder: Path, tracking: Path, name: str, version: str | None, reason: str) -> library.Listed:
    """Withdraw a version, in the library and in MLflow. It does not come back.

    Raises
    ------
    ProfileError
        When there is no such version, or no reason is given.
    """
    changed = library.set_status(library_folder, library.find(library_folder, name, version), "withdrawn", reason)
    tracker, number = _tracked(tracking, library_folder, changed)
    if number is not None:
        tracker.withdraw(name, number, reason)
    return changed


def _tracked(tracking: Path, library_folder: Path, listed: library.Listed) -> tuple[Tracker, int | None]:
    """The version's number in MLflow, where this machine's database knows it."""
    tracker = Tracker(tracking)
    if not tracker.database.is_file():
        return tracker, None
    digest = fingerprint(library.bundle_manifest(library_folder, listed))
    numbers = [each.version for each in tracker.versions(listed.profile) if each.manifest_sha256 == digest]
    return tracker, numbers[0] if numbers else None
