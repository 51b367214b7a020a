"""Files that somebody uploaded, in memory and for minutes: they are never written to disk, and end with the process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from profiling.errors import Text, WebError

MINUTES = 15
MOST = 400_000_000


@dataclass(frozen=True)
class Kept:
    """One file of one session."""

    session: str
    name: str
    data: bytes = field(repr=False)
    until: float


@dataclass
class Desk:
    """The files of all sessions. `most` bytes together; the clock is in seconds."""

    most: int = MOST
    clock: Callable[[], float] = time.monotonic
    _files: dict[str, Kept] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def put(self, session: str, name: str, data: bytes) -> str:
        """Keep a file; an earlier one of the same session goes.

        Returns
        -------
        The name to take it back by.

        Raises
        ------
        WebError
            When too many files are open at once.
        """
        now = self.clock()
        with self._lock:
            self._files = {
                key: each for key, each in self._files.items() if each.until > now and each.session != session
            }
            if sum(len(each.data) for each in self._files.values()) + len(data) > self.most:
                raise WebError(
                    Text("Er zijn nu te veel bestanden in gebruik", "too many files are open at once"),
                    hint=Text(
                        f"Wacht {MINUTES} minuten, of gebruik een kleiner bestand",
                        f"wait {MINUTES} minutes, or use a smaller file",
                    ),
                )
            key = secrets.token_urlsafe(24)
            self._files[key] = Kept(session, name, data, now + 60.0 * MINUTES)
            return key

    def get(self, session: str, key: str) -> Kept:
        """The file, for the session that brought it.

        Raises
        ------
        WebError
            When it is not there any more.
        """
        with self._lock:
            found = self._files.get(key)
            if found is not None and found.until <= self.clock():
                del self._files[key]
                found = None
        if found is None or not secrets.compare_digest(found.session.encode(), session.encode()):
            raise WebError(
                Text("Dit bestand is er niet meer", "this file is gone"),
                hint=Text(
                    f"Kies het bestand opnieuw: wij bewaren het hoogstens {MINUTES} minuten",
                    f"choose it again: we keep a file for {MINUTES} minutes at most",
                ),
            )
        return found

    def forget(self, session: str) -> None:
        """Drop the file of a session."""
        with self._lock:
            self._files = {key: each for key, each in self._files.items() if each.session != session}
