"""A run: the steps of a profile in order. Each asks the one before it, and takes what is already there and still true.

Every step writes one folder under the work folder. A step is taken again only when its manifest names other inputs
than it would have now, so a run that was interrupted anywhere goes on where it was and ends with the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from profiling.artefacts import (
    fingerprint,
    is_complete,
    library_versions,
    read_manifest,
    write_text,
    writing_folder,
)
from profiling.checks.check import Case, inspect
from profiling.edition import Finished, draw_sketch, publish_edition
from profiling.engines.engine import Engine
from profiling.engines.local import LOCAL
from profiling.population.checks import area_names, check_population, segment_scheme
from profiling.population.config import Population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles import library
from profiling.profiles.config import ProfileConfig
from profiling.profiles.profile import Profile, load_profile, make_profile
from profiling.profiles.validation import Outside
from profiling.publish.incremental import Changes, changes
from profiling.publish.sketch import Sketch
from profiling.reference.build import ReferenceDefinition, build_reference_group
from profiling.reference.group import ReferenceGroup, load_reference_group
from profiling.reporting.profile_page import gains_figure
from profiling.scoring.observable import Observability, observe
from profiling.scoring.score import Scores, load_scores
from profiling.tracking import Tracker
from profiling.training.aggregated import LEARNED, only_counts, who_is_meant
from profiling.training.frame import TrainingFrame, load_training_frame
from profiling.training.model import LAYOUT, Model, load_model
from profiling.training.rows import build_training_frame
from profiling.training.search import TuningSettings
from profiling.training.train import train
from profiling.training.tune import tune as search_parameters
from profiling.training.tuned import Tuned, load_tuned

Made = TypeVar("Made")


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
    engine: Engine = LOCAL
    outside: Outside = field(default_factory=Outside)

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
        """The reference group against unlabelled households, with their features.

        Of a group that is known by counts per postcode alone, each household counts by its chance to be meant.
        """
        settings = self.config.training
        chosen = {"contrast", "catchment", "background", "features", "block"}
        by_counts = only_counts(self.group)
        inputs = {
            "group": self.group.fingerprint,
            "population": self.store.fingerprint,
            "settings": settings.model_dump(mode="json", include=chosen),
            "seed": self.config.seed,
            **({LEARNED: True} if by_counts else {}),
        }

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            group, said = self.group, {}
            if by_counts:
                group = who_is_meant(group, self.store, settings, seed=self.config.seed)
                said = {LEARNED: group.inputs[LEARNED]}
            frame = build_training_frame(group, self.store, settings, seed=self.config.seed, inputs=inputs)
            replace(frame, contrast={**frame.contrast, **said}).save(folder)

        return self._step("frame", inputs, make, load_training_frame)

    @cached_property
    def model(self) -> Model:
        """The trained model, measured against its rivals."""
        inputs = {
            "frame": fingerprint(self.frame.inputs),
            "settings": self.config.training.model_dump(mode="json"),
            "seed": self.config.seed,
            "versions": library_versions(),
            "layout": LAYOUT,
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
            self.engine.score(self.model, self.store, folder, seed=self.config.seed, inputs=inputs)

        return self._step("scores", inputs, make, load_scores)

    @cached_property
    def observability(self) -> Observability | None:
        """Which areas and segments cannot be observed; None where nothing is known of membership."""
        membership, encoder = self.frame.membership, self.frame.encoder
        if membership is None:
            return None
        by = [each for each in self.store.descriptive if each != "weight"]
        inputs = {"frame": fingerprint(self.frame.inputs), "population": self.store.fingerprint, "by": by}

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            said = observe(membership, encoder, self.store, by).to_dict()
            with writing_folder(folder, {"kind": "observability", "inputs": inputs, **said}):
                pass

        return self._step("observability", inputs, make, lambda folder: Observability.from_dict(read_manifest(folder)))

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
            made = draw_sketch(self.finished)
            with writing_folder(folder, {"kind": "sketch", "inputs": inputs, "sketch": made.to_dict()}):
                pass

        return self._step("sketch", inputs, make, lambda folder: Sketch.from_dict(read_manifest(folder)["sketch"]))

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """What every check says of the profile."""
        inputs = {
            "profile": self.profile.version,
            "scores": self.scores.fingerprint,
            "frame": fingerprint(self.frame.inputs),
            "settings": self.config.identity(),
            "outside": self.outside.identity,
            "versions": library_versions(),
        }

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            found = inspect(self.case)
            with writing_folder(folder, {"kind": "findings", "inputs": inputs, "findings": found}):
                pass

        return self._step("findings", inputs, make, lambda folder: list(read_manifest(folder)["findings"]))

    @property
    def unseen(self) -> Mapping[str, tuple[str, ...]]:
        """Area level or "segment" → codes of the cells that cannot be observed."""
        return self.observability.cells if self.observability else {}

    @property
    def case(self) -> Case:
        """All finished steps, as checks look at them."""
        return Case(
            self.config, self.store, self.group, self.frame, self.model, self.scores, self.profile, self.outside
        )

    @cached_property
    def bundle(self) -> Path:
        """The publication bundle in the library of profiles, entered as challenger."""
        folder = self.places.library / self.profile.name / self.profile.version
        if not is_complete(folder, {"version": self.profile.version, "inputs": dict(self.profile.inputs)}):
            publish_edition(
                self.finished, self.sketch, self.findings, folder, unseen=self.unseen, earlier=self._earlier()
            )
        listed = library.add(self.places.library, self.profile.name, self.profile.version)
        self._track(read_manifest(folder), first=listed.status == "challenger")
        return folder

    @property
    def changes(self) -> Changes | None:
        """What is new in the bundle since the version before it; None for the first."""
        earlier = self._earlier()
        return changes(read_manifest(self.bundle), read_manifest(earlier[0])) if earlier else None

    def _earlier(self) -> tuple[Path, ...]:
        """Bundles of the versions before this one, the newest first; those that are damaged are left out."""
        place, name = self.places.library, self.profile.name
        listed = [each for each in library.versions(place) if each.profile == name]
        known = [each.version for each in listed]
        before = listed[: known.index(self.profile.version)] if self.profile.version in known else listed
        folders = (library.bundle_folder(place, each) for each in reversed(before))
        return tuple(folder for folder in folders if is_complete(folder, {}))

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
    def finished(self) -> Finished:
        """All steps up to the profile, as an edition and a comparison need them."""
        return Finished(self.config, self.store, self.group, self.model, self.scores, self.profile, self.engine)

    def tuned(self, tuning: TuningSettings) -> Tuned:
        """Better parameters for the estimator, if there are any; trials that are done are kept."""
        inputs = {
            "frame": fingerprint(self.frame.inputs),
            "settings": self.config.training.model_dump(mode="json"),
            "tuning": tuning.model_dump(mode="json"),
            "seed": self.config.seed,
            "versions": library_versions(),
        }

        def make(folder: Path, inputs: Mapping[str, Any]) -> None:
            journal = folder.with_name("tuning-search")
            search_parameters(
                self.frame, self.config.training, tuning, seed=self.config.seed, folder=journal, inputs=inputs
            ).save(folder)

        return self._step("tuning", inputs, make, load_tuned)

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
        return {
            "scheme": scheme.model_dump(mode="json") if scheme else None,
            "names": fingerprint(names),
            "outside": self.outside.identity,
        }

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
