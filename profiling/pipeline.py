"""The doorways in order: each one asks the one before it, and takes what is already there and still true.

Every step writes one folder under the work folder. A step is taken again only when its manifest names other inputs
than it would have now, so a run that was interrupted anywhere goes on where it was and ends with the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from profiling.artefacts import (
    fingerprint,
    is_complete,
    library_versions,
    only_one,
    read_manifest,
    write_text,
    writing_folder,
)
from profiling.config import resolve
from profiling.edition import Finished, draw_sketch, publish_edition
from profiling.errors import ConfigError, ProfileError
from profiling.features.encoder import choose_features
from profiling.population.checks import area_names, check_population, segment_scheme
from profiling.population.config import Population, load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles import library
from profiling.profiles.config import ProfileConfig, load_profile_config
from profiling.profiles.profile import Profile, load_profile, make_profile
from profiling.publish.sketch import Sketch
from profiling.reference.build import ReferenceDefinition, build_reference_group, load_reference
from profiling.reference.group import ReferenceGroup, load_reference_group
from profiling.reporting.profile_page import gains_figure
from profiling.scoring.score import Scores, load_scores, score
from profiling.simulation.settings import SimulationSettings, identity
from profiling.simulation.simulate import simulate as make_country
from profiling.tracking import Tracker
from profiling.training.frame import TrainingFrame, build_training_frame, load_training_frame
from profiling.training.model import Model, load_model
from profiling.training.train import check_training, train

Made = TypeVar("Made")
THREADS = 2


@dataclass(frozen=True)
class Places:
    """Where a run works, publishes and tracks."""

    work: Path = Path("build/runs")
    library: Path = Path("reports/published")
    tracking: Path = Path()


@dataclass(frozen=True)
class Run:
    """A profile's configuration with all that it points to, read and validated; the steps are its properties."""

    config: ProfileConfig
    path: Path
    population: Population
    definition: ReferenceDefinition
    places: Places

    def __repr__(self) -> str:
        return f"Run({self.config.name}) · next: check(run), or publish(run) for the whole way"

    @cached_property
    def store(self) -> HouseholdStore:
        """The households."""
        return open_population(self.population)

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """What is odd in the values but can be worked with. Faults are raised."""
        inputs = {"population": self.store.fingerprint, **self._beside()}
        return self._step("checks", inputs, self._check, lambda folder: tuple(read_manifest(folder)["notices"]))

    @cached_property
    def group(self) -> ReferenceGroup:
        """The reference group."""
        inputs = self.definition.inputs(self.store)
        make = lambda folder, _inputs: build_reference_group(self.definition, self.store).save(folder)  # noqa: E731
        return self._step("reference", inputs, make, load_reference_group)

    @cached_property
    def frame(self) -> TrainingFrame:
        """The reference group against unlabelled households, with their features."""
        settings = self.config.training
        chosen = {"contrast", "catchment", "background", "features", "block"}
        inputs = {
            "group": self.group.fingerprint,
            "population": self.store.fingerprint,
            "settings": settings.model_dump(mode="json", include=chosen),
            "seed": self.config.seed,
        }

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            frame = build_training_frame(self.group, self.store, settings, seed=self.config.seed, inputs=inputs)
            frame.save(folder)

        return self._step("frame", inputs, make, load_training_frame)

    @cached_property
    def model(self) -> Model:
        """The trained model, measured against its rivals."""
        inputs = {
            "frame": fingerprint(self.frame.inputs),
            "settings": self.config.training.model_dump(mode="json"),
            "depth": self.config.cutoff.depth,
            "seed": self.config.seed,
            "versions": library_versions(),
        }

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            train(self.frame, self.config.training, seed=self.config.seed, inputs=inputs).save(folder)

        return self._step("model", inputs, make, load_model)

    @cached_property
    def scores(self) -> Scores:
        """Score, rank and percentile of all households."""
        inputs = {
            "model": self.model.fingerprint,
            "population": self.store.fingerprint,
            "seed": self.config.seed,
        }

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            score(self.model, self.store, folder, seed=self.config.seed, inputs=inputs)

        return self._step("scores", inputs, make, load_scores)

    @cached_property
    def profile(self) -> Profile:
        """The households above the cut-off, as an immutable version."""
        made_from = {
            "reference_group": self.group.fingerprint,
            "population": self.store.fingerprint,
            "model": self.model.fingerprint,
            "config": fingerprint(self.config.identity()),
            "beside": fingerprint(self._beside()),
        }
        inputs = {**made_from, "scores": self.scores.fingerprint}

        def make(folder: Path, _inputs: Mapping[str, Any]) -> None:
            config = self.config
            profile = make_profile(
                self.scores, config.cutoff, name=config.name, nl=config.nl, en=config.en, inputs=made_from
            )
            profile.save(folder)

        return self._step("profile", inputs, make, load_profile)

    @cached_property
    def sketch(self) -> Sketch:
        """Who they are: segments, traits, interests, drivers."""
        inputs = {"profile": self.profile.version, "scores": self.scores.fingerprint, "seed": self.config.seed}

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            made = draw_sketch(self._finished)
            with writing_folder(folder, {"kind": "sketch", "inputs": inputs, "sketch": made.to_dict()}):
                pass

        return self._step("sketch", inputs, make, lambda folder: Sketch.from_dict(read_manifest(folder)["sketch"]))

    @cached_property
    def bundle(self) -> Path:
        """The publication bundle in the library of profiles, entered as challenger."""
        folder = self.places.library / self.profile.name / self.profile.version
        if not is_complete(folder, {"version": self.profile.version, "inputs": dict(self.profile.inputs)}):
            publish_edition(self._finished, self.sketch, {}, folder)
        listed = library.add(self.places.library, self.profile.name, self.profile.version)
        self._track(read_manifest(folder), first=listed.status == "challenger")
        return folder

    @cached_property
    def tracked(self) -> str:
        """Run id of the training in MLflow; the same training is logged once."""
        figure = self.places.work / self.config.name / "figures" / "gains.svg"
        write_text(figure, gains_figure(self.model.measures["models"], 100.0 * self.config.training.depth).markup)
        return Tracker(self.places.tracking).log_training(
            self.config.name,
            fingerprint({"model": self.model.fingerprint, "inputs": self.model.inputs}),
            params={"estimator": self.model.spec.name, "seed": self.config.seed, **self._params()},
            metrics=dict(self.model.measures["metrics"]),
            data={"population": self.store.fingerprint, "reference_group": self.group.fingerprint},
            boosters=self.model.states,
            figures=[figure],
            tags={"run_kind": "train", "reference_group": self.group.name},
        )

    @property
    def _finished(self) -> Finished:
        return Finished(self.config, self.store, self.group, self.model, self.scores, self.profile)

    def _track(self, manifest: Mapping[str, Any], *, first: bool) -> None:
        tracker = Tracker(self.places.tracking)
        number = tracker.register_version(self.config.name, self.tracked, manifest)
        if first:
            tracker.set_alias(self.config.name, number, "challenger")

    def _params(self) -> dict[str, Any]:
        settings = self.config.training.model_dump(mode="json", exclude={"params"})
        return {**settings, **{f"params.{key}": value for key, value in self.config.training.params.items()}}

    def _beside(self) -> dict[str, Any]:
        """What stands beside the household files and changes what is published: segment names and area names."""
        scheme = segment_scheme(self.store)
        names = {f"{level}:{code}": name for (level, code), name in area_names(self.store).items()}
        return {"scheme": scheme.model_dump(mode="json") if scheme else None, "names": fingerprint(names)}

    def _check(self, folder: Path, inputs: Mapping[str, Any]) -> None:
        notices = check_population(self.store)
        with writing_folder(folder, {"kind": "checks", "inputs": inputs, "notices": notices}):
            pass

    def _step(
        self,
        name: str,
        inputs: Mapping[str, Any],
        make: Callable[[Path, Mapping[str, Any]], None],
        load: Callable[[Path], Made],
    ) -> Made:
        folder = self.places.work / self.config.name / name
        if not is_complete(folder, {"inputs": inputs}):
            make(folder, inputs)
        return load(folder)


def prepare(path: Path, *, data: Path | None = None, places: Places | None = None) -> Run:
    """Read a profile's configuration and everything that it names; reads no households.

    Parameters
    ----------
    data : folder that `{data}` stands for; the one in the configuration when left out.

    Raises
    ------
    ConfigError
        With the faults of the first file that has any.
    """
    config = load_profile_config(path)
    if data is None and config.data is not None:
        data = resolve(config.data, beside=path.resolve(), data=None)
    population = load_population(resolve(config.population, beside=path.resolve(), data=data), data=data)
    definition = load_reference(resolve(config.reference, beside=path.resolve(), data=data), data=data)
    choose_features(population.config, config.training.features)
    check_training(config.training)
    areas = population.config.areas
    unknown = [level for level in config.publish.levels if areas is None or level not in areas.levels]
    if unknown:
        raise ConfigError(
            f"the population has no {', '.join(unknown)}", where=path, hint="correct [publish] levels, or [areas]"
        )
    return Run(config, path, population, definition, places or Places())


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

    Returns
    -------
    Notices, one sentence each.

    Raises
    ------
    ProfilingError
        With all faults of the first thing that has any.
    """
    notices = run.notices
    run.definition.inputs(run.store)
    return notices


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
