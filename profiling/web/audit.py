"""The audit log: who took what, one JSON object a line, appended and never changed."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from profiling.artefacts import canonical_json, write_fault

FILE = "audit.jsonl"


@dataclass(frozen=True)
class Audit:
    """The log in a work folder."""

    folder: Path
    _lock: Lock

    @classmethod
    def at(cls, folder: Path) -> Audit:
        """The log in a folder; it is made at the first entry."""
        return cls(folder, Lock())

    def write(self, who: str, did: str, **what: Any) -> None:
        """Add a line, on disk before this returns: what could not be logged is not handed out.

        Raises
        ------
        ArtefactError
            When the line cannot be written.
        """
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        line = canonical_json({"at": now, "who": who, "did": did, **what}) + "\n"
        path = self.folder / FILE
        try:
            with self._lock:
                self.folder.mkdir(parents=True, exist_ok=True)
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w") as handle:
                    handle.write(line)
                    handle.flush()
                    os.fsync(handle.fileno())
        except OSError as error:
            raise write_fault(path, error) from error
