"""The record of trainings and profile versions, in `mlruns/mlflow.db`.

A *run* stands for one training, an *experiment* for all trainings of one profile, and a *version* in the
registry `profile.<name>` for one immutable manifest. Nothing that is published is read back from here: a
bundle stays whole when this database is lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from profiling.artefacts import canonical_json, fingerprint, write_text
from profiling.errors import ProfileError, TrackingError, did_you_mean
from profiling.tracking.database import Database

ALIASES = ("challenger", "champion", "published")
REGISTRY = "profile."
_TRAINING, _MANIFEST = "training_fingerprint", "manifest_sha256"
_BATCH = 100


@dataclass(frozen=True)
class Version:
    """One version of a profile as the registry knows it."""

    profile: str
    version: int
    run_id: str
    manifest_sha256: str
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Withdrawn, else its highest alias, else registered."""
        if self.tags.get("status") == "withdrawn":
            return "withdrawn"
        return next((alias for alias in reversed(ALIASES) if alias in self.aliases), "registered")

    def __repr__(self) -> str:
        following = {
            "registered": "set_alias(profile, version, 'challenger')",
            "withdrawn": "publish another version",
            "published": "withdraw(profile, version, reason) when it no longer holds",
        }.get(self.status, "profiling profiles promote")
        return f"Version({self.profile} {self.version}, {self.status})\nnext: {following}"


class Tracker:
    """Writes to and reads from the database under `root/mlruns`; makes it at the first write.

    Parameters
    ----------
    root : folder that holds, or will hold, `mlruns/`.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root.resolve() / "mlruns"
        self.database = self.folder / "mlflow.db"
        self.store = Database(self.database)

    def log_training(
        self,
        profile: str,
        training_fingerprint: str,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        data: Mapping[str, str],
        boosters: Mapping[str, str],
        figures: Sequence[Path] = (),
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Log one finished training and give its run id; the same training is never logged twice.

        Parameters
        ----------
        training_fingerprint : what identifies the training. A finished run that carries it is returned as it
            is; an unfinished one was left by an interrupted command: it is marked KILLED and logged anew.
        data : name of an input → its fingerprint.
        boosters : file name → model as text. A LightGBM text gets an `MLmodel` beside it, inputs as double.

        Raises
        ------
        TrackingError
            When the database is locked, damaged, full, or cannot be written.
        """
        with self.store.client(write=True) as client:
            experiment = self.experiment(client, profile)
            found = client.search_runs([experiment], f"tags.{_TRAINING} = '{training_fingerprint}'")
            for run in found:
                if run.info.status == "FINISHED":
                    return str(run.info.run_id)
            for run in found:
                if run.info.status == "RUNNING":
                    client.set_terminated(run.info.run_id, "KILLED")
            named = {**(tags or {}), **{f"data.{name}": value for name, value in data.items()}}
            run_name = f"{profile}-{training_fingerprint[:8]}"
            run = client.create_run(experiment, run_name=run_name, tags={_TRAINING: training_fingerprint})
            log_values(client, run.info.run_id, params, metrics, named)
            with TemporaryDirectory() as place:
                for name, text in boosters.items():
                    _write_model(Path(place) / Path(name).stem, name, text)
                if boosters:
                    client.log_artifacts(run.info.run_id, place, "model")
            for figure in figures:
                client.log_artifact(run.info.run_id, str(figure), "figures")
            client.set_terminated(run.info.run_id, "FINISHED")
            return str(run.info.run_id)

    def register_version(self, profile: str, run_id: str, manifest: Mapping[str, Any]) -> int:
        """Register a manifest as a version of `profile`; the same manifest gives the same number.

        Raises
        ------
        TrackingError
            When the run is unknown or the database cannot be used.
        """
        digest = fingerprint(manifest)
        with self.store.client(write=True) as client:
            name = REGISTRY + profile
            if not client.search_registered_models(f"name = '{name}'"):
                client.create_registered_model(name)
            for known in self._versions(client, profile):
                if known.manifest_sha256 == digest:
                    return known.version
            client.log_text(run_id, canonical_json(manifest, indent=2) + "\n", f"manifests/{digest}.json")
            models = [each.path for each in client.list_artifacts(run_id, "model")]
            source = f"runs:/{run_id}/{models[0] if len(models) == 1 else 'model'}"
            return int(client.create_model_version(name, source, run_id, tags={_MANIFEST: digest}).version)

    def set_alias(self, profile: str, version: int, alias: str) -> None:
        """Let `alias` point to this version and to no other; a champion is no longer challenger.

        Raises
        ------
        ProfileError
            When the alias or the version is unknown, or the version is withdrawn.
        """
        if alias not in ALIASES:
            hint = f"choose from {', '.join(ALIASES)}"
            raise ProfileError(f"there is no alias '{alias}'{did_you_mean(alias, ALIASES)}", where=profile, hint=hint)
        with self.store.client(write=True) as client:
            current = self._version(client, profile, version)
            if current.status == "withdrawn":
                reason = current.tags.get("withdrawn_reason", "no reason given")
                raise ProfileError(
                    f"version {version} was withdrawn ({reason}) and cannot become {alias}",
                    where=profile,
                    hint="run the profile again with another configuration; that makes a new version",
                )
            client.set_registered_model_alias(REGISTRY + profile, alias, str(version))
            if alias == "champion" and "challenger" in current.aliases:
                client.delete_registered_model_alias(REGISTRY + profile, "challenger")

    def withdraw(self, profile: str, version: int, reason: str) -> None:
        """Withdraw a version: it keeps its number and manifest, and loses its aliases for good.

        Raises
        ------
        ProfileError
            When the version is unknown or no reason is given.
        """
        if not reason.strip():
            raise ProfileError("a withdrawal needs a reason", where=profile, hint="give it with --reason 'TEXT'")
        with self.store.client(write=True) as client:
            current = self._version(client, profile, version)
            client.set_model_version_tag(REGISTRY + profile, str(version), "withdrawn_reason", reason.strip())
            client.set_model_version_tag(REGISTRY + profile, str(version), "status", "withdrawn")
            for alias in current.aliases:
                client.delete_registered_model_alias(REGISTRY + profile, alias)

    def versions(self, profile: str) -> list[Version]:
        """All versions of a profile, oldest first; empty when there are none."""
        if not self.database.exists():
            return []
        with self.store.client(write=False) as client:
            return self._versions(client, profile)

    def version(self, profile: str, version: int) -> Version:
        """One version of a profile.

        Raises
        ------
        ProfileError
            When it is unknown; the message lists what there is.
        """
        with self.store.client(write=False) as client:
            return self._version(client, profile, version)

    def manifest(self, profile: str, version: int) -> dict[str, Any]:
        """The manifest that a version was registered with."""
        with self.store.client(write=False) as client, TemporaryDirectory() as place:
            known = self._version(client, profile, version)
            path = client.download_artifacts(known.run_id, f"manifests/{known.manifest_sha256}.json", place)
            value: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
            return value

    def profiles(self) -> list[str]:
        """Names of all profiles that have a version, in alphabetical order."""
        if not self.database.exists():
            return []
        with self.store.client(write=False) as client:
            return self._profiles(client)

    def _profiles(self, client: Any) -> list[str]:
        found = _all_pages(client.search_registered_models, f"name LIKE '{REGISTRY}%'")
        return sorted(each.name.removeprefix(REGISTRY) for each in found)

    def _versions(self, client: Any, profile: str) -> list[Version]:
        name = REGISTRY + profile
        if not client.search_registered_models(f"name = '{name}'"):
            return []
        # search_model_versions leaves the aliases out (MLflow 3.17); the registered model has them.
        pointing = client.get_registered_model(name).aliases
        found = [
            Version(
                profile=profile,
                version=int(each.version),
                run_id=each.run_id,
                manifest_sha256=each.tags.get(_MANIFEST, ""),
                aliases=tuple(alias for alias in ALIASES if str(pointing.get(alias)) == str(each.version)),
                tags=dict(each.tags),
            )
            for each in _all_pages(client.search_model_versions, f"name = '{name}'")
        ]
        return sorted(found, key=lambda each: each.version)

    def _version(self, client: Any, profile: str, version: int) -> Version:
        known = {each.version: each for each in self._versions(client, profile)}
        if version in known:
            return known[version]
        if known:
            hint = f"choose from {', '.join(map(str, known))}"
            raise ProfileError(f"there is no version {version}", where=profile, hint=hint)
        names = self._profiles(client)
        raise ProfileError(
            f"there is no profile '{profile}' in the registry{did_you_mean(profile, names)}",
            where=self.database,
            hint=f"choose from {', '.join(names)}" if names else "make one with: profiling run CONFIG",
        )

    def experiment(self, client: Any, profile: str) -> str:
        """The experiment of a profile, with an explicit and absolute place for its artifacts."""
        place = (self.folder / "artifacts" / profile).as_uri()
        known = client.get_experiment_by_name(REGISTRY + profile)
        if known is None:
            return str(client.create_experiment(REGISTRY + profile, artifact_location=place))
        if known.artifact_location != place:
            raise TrackingError(
                f"was made in another folder: its files are kept in {known.artifact_location}",
                where=self.database,
                hint=f"move the folder back, or set {self.folder} aside; bundles do not need it",
            )
        if known.lifecycle_stage == "deleted":
            client.restore_experiment(known.experiment_id)
        return str(known.experiment_id)


def log_values(
    client: Any, run_id: str, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str]
) -> None:
    """Log them in batches: MLflow takes a hundred at a time."""
    from mlflow.entities import Metric, Param, RunTag

    said = [Param(key, value if isinstance(value, str) else canonical_json(value)) for key, value in params.items()]
    measured = [Metric(key, float(value), timestamp=0, step=0) for key, value in metrics.items()]
    tagged = [RunTag(key, str(value)) for key, value in tags.items()]
    for start in range(0, max(len(said), len(measured), len(tagged)), _BATCH):
        part = slice(start, start + _BATCH)
        client.log_batch(run_id, params=said[part], metrics=measured[part], tags=tagged[part])


def _write_model(folder: Path, name: str, text: str) -> None:
    """One model as text; a LightGBM text also becomes loadable by MLflow, without a pickle."""
    write_text(folder / name, text)
    header = dict(line.split("=", 1) for line in text[: text.find("\n\n")].splitlines() if "=" in line)
    if not text.startswith("tree\n") or "feature_names" not in header:
        return
    from mlflow.models import Model, ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs = Schema([ColSpec("double", column) for column in header["feature_names"].split()])
    model = Model(signature=ModelSignature(inputs=inputs, outputs=Schema([ColSpec("double")])))
    model.add_flavor("lightgbm", data=name, model_class="lightgbm.basic.Booster")
    model.add_flavor("python_function", loader_module="mlflow.lightgbm", data=name)
    model.save(folder / "MLmodel")


def _all_pages(search: Any, query: str) -> list[Any]:
    found, token = [], None
    while True:
        page = search(query, page_token=token)
        found.extend(page)
        token = page.token
        if not token:
            return found
