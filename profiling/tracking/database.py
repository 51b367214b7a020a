"""The database of the record: made aside, asked for its health by SQLite itself, and its faults in one message."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from profiling.artefacts import write_fault, writing
from profiling.errors import ArtefactError, TrackingError

LOCK_SECONDS = 10


class Database:
    """MLflow's SQLite file; it is made at the first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sound = False

    @contextmanager
    def client(self, *, write: bool) -> Iterator[Any]:
        """An MLflow client on our database; its faults come out as `TrackingError`."""
        if self.path.exists():
            self._check(write=write)
        client_class, fault_classes = _import_mlflow()
        try:
            if not self.path.exists():
                # Made aside: a database whose making was interrupted cannot be used or mended afterwards.
                with writing(self.path) as aside:
                    client_class(_uri(aside), _uri(aside)).search_experiments(max_results=1)
            yield client_class(_uri(self.path), _uri(self.path))
        except fault_classes as error:
            raise self._fault(str(error)) from error
        except ArtefactError as error:
            raise TrackingError(error.what, where=self.path.parent, hint=error.hint) from error
        except OSError as error:
            raise TrackingError(write_fault(self.path.parent, error).what, where=self.path.parent) from error

    def _check(self, *, write: bool) -> None:
        """Ask SQLite itself first: at once, all pages, and before MLflow is imported or has written half."""
        try:
            with closing(sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
                if not self._sound:
                    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                    if verdict != "ok":
                        raise self._fault(f"malformed: {verdict}")
                    self._sound = True
                if write:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise self._fault(str(error)) from error

    def _fault(self, said: str) -> TrackingError:
        aside = f"set {self.path.parent} aside and run again; bundles do not need it"
        rights = "check the rights of the file and of its folder"
        reasons = {
            "locked": ("is locked by another program", "end the other `profiling` or `mlflow` and try again"),
            "not a database": ("is damaged", aside),
            "malformed": ("is damaged", aside),
            "readonly": ("cannot be written", rights),
            "unable to open": ("cannot be opened", rights),
            "is full": ("cannot grow: the disk is full", "make room and start the same command again"),
            "revision": ("is of another MLflow version", "install the versions of requirements.lock"),
        }
        for sign, (what, hint) in reasons.items():
            if sign in said:
                return TrackingError(what, where=self.path, hint=hint)
        first = (said.splitlines() or ["no reason given"])[0]
        return TrackingError(f"MLflow refuses: {first}", where=self.path)


def _uri(database: Path) -> str:
    """The address by which MLflow knows a database; it refuses a plain folder."""
    return f"sqlite:///{database.as_posix()}"


def _import_mlflow() -> tuple[Any, tuple[type[Exception], ...]]:
    """MLflow without telemetry and without its log lines; imported late because it takes a second or more."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    for noisy in ("alembic", "mlflow"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return MlflowClient, (MlflowException, SQLAlchemyError)
