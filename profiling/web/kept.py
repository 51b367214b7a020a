"""Answers that are kept: they follow from versions that never change, so they never grow old, only many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

Made = TypeVar("Made")


class Kept:
    """The answers used last, as many as there is room for.

    Parameters
    ----------
    room : what all answers may weigh together; a single one that is heavier is given but not kept.
    weigh : what one answer weighs; 1 each when left out.
    """

    def __init__(self, room: int, weigh: Callable[[Any], int] = lambda _made: 1) -> None:
        self.room, self.weigh = room, weigh
        self._known: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._weight = 0
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def __call__(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The answer for a key, made when it is not there; of two who ask at once, one makes it and the other waits."""
        with self._lock:
            if key in self._known:
                return cast(Made, self._found(key))
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if key in self._known:
                    return cast(Made, self._found(key))
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def _found(self, key: Hashable) -> Any:
        self._known.move_to_end(key)
        return self._known[key][0]

    def _keep(self, key: Hashable, made: Any) -> None:
        weight = self.weigh(made)
        if weight > self.room:
            return
        with self._lock:
            # Known already where one that failed let two make it.
            self._weight += weight - self._known.pop(key, (None, 0))[1]
            self._known[key] = (made, weight)
            while self._weight > self.room:
                self._weight -= self._known.popitem(last=False)[1][1]
