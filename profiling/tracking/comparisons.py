"""Comparisons in MLflow: a run per candidate, nested under one run for the whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from profiling.tracking.tracker import Tracker, log_values

EXPERIMENT = "comparison"
_COMPARISON, _PARENT, _NAME = "comparison_fingerprint", "mlflow.parentRunId", "mlflow.runName"


def log_comparison(
    tracker: Tracker,
    comparison_fingerprint: str,
    candidates: Mapping[str, Mapping[str, float]],
    *,
    params: Mapping[str, Any],
    trained: Mapping[str, str],
    report: Path,
) -> str:
    """Log one comparison and give the run id of the whole; the same comparison is never logged twice.

    Parameters
    ----------
    candidates : name → what was measured of it. MLflow shows these side by side, as children of the whole.
    trained : name → run id of the candidate's own training, which stands in its tags.
    report : the folder of the report; its page in Dutch and compare.json go along as artifacts.

    Raises
    ------
    TrackingError
        When the database is locked, damaged, full, or cannot be written.
    """
    with tracker.store.client(write=True) as client:
        experiment = tracker.experiment(client, EXPERIMENT)
        for run in client.search_runs([experiment], f"tags.{_COMPARISON} = '{comparison_fingerprint}'"):
            if run.info.status == "FINISHED":
                return str(run.info.run_id)
            _kill(client, experiment, run.info.run_id)
        name = f"compare-{comparison_fingerprint[:8]}"
        whole = client.create_run(experiment, run_name=name, tags={_COMPARISON: comparison_fingerprint})
        parent = str(whole.info.run_id)
        log_values(client, parent, {**params, "candidates": list(candidates)}, {}, {"run_kind": "compare"})
        for candidate, measured in candidates.items():
            child = client.create_run(experiment, run_name=candidate, tags={_PARENT: parent, _NAME: candidate})
            tags = {"run_kind": "candidate", "training_run": trained.get(candidate, "")}
            log_values(client, child.info.run_id, {"candidate": candidate}, measured, tags)
            client.set_terminated(child.info.run_id, "FINISHED")
        for name in ("compare.json", "compare.nl.html"):
            client.log_artifact(parent, str(report / name), "report")
        client.set_terminated(parent, "FINISHED")
        return parent


def _kill(client: Any, experiment: str, run_id: str) -> None:
    """An interrupted comparison and its children: marked KILLED, and logged anew."""
    for child in client.search_runs([experiment], f"tags.`{_PARENT}` = '{run_id}'"):
        client.set_terminated(child.info.run_id, "KILLED")
    client.set_terminated(run_id, "KILLED")
