"""Answers that are kept: they follow from versions that never change, so they never grow old, only many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Made = TypeVar("Made")
MOST = 256


class Kept:
    """The answers used last, at most `most` of them."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def __call__(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The answer for a key, made when it is not there. Two who ask at once may both make it: it is the same."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                found: Made = self._known[key]
                return found
        made = make()
        with self._lock:
            self._known[key] = made
            while len(self._known) > self.most:
                self._known.popitem(last=False)
        return made
