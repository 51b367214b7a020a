"""The record of trainings, comparisons and profile versions, in `mlruns/mlflow.db`. The only user of MLflow."""

from profiling.tracking.comparisons import log_comparison
from profiling.tracking.tracker import ALIASES, REGISTRY, Tracker, Version

__all__ = ["ALIASES", "REGISTRY", "Tracker", "Version", "log_comparison"]
