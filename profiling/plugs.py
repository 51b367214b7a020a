"""Plugs: one file in a room, found by its constant. Adding a file is all it takes to add a plug."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from profiling.errors import ConfigError, did_you_mean


def discover(room: ModuleType, constant: str) -> dict[str, Any]:
    """All plugs of a room by their name.

    Parameters
    ----------
    room : a package, such as `profiling.models`.
    constant : the name by which a module offers its plug, such as "ESTIMATOR"; the value has a `name`.

    Raises
    ------
    ConfigError
        When two files offer the same name.
    """
    found: dict[str, Any] = {}
    for info in sorted(pkgutil.iter_modules(room.__path__), key=lambda each: each.name):
        plug = getattr(importlib.import_module(f"{room.__name__}.{info.name}"), constant, None)
        if plug is None:
            continue
        if plug.name in found:
            raise ConfigError(f"two files of {room.__name__} offer {constant} '{plug.name}'")
        found[plug.name] = plug
    return found


def choose(room: ModuleType, constant: str, name: str) -> Any:
    """One plug by name.

    Raises
    ------
    ConfigError
        When no file of the room offers it; the message lists what there is.
    """
    plugs = discover(room, constant)
    if name not in plugs:
        raise ConfigError(
            f"there is no {constant.lower()} '{name}'{did_you_mean(name, plugs)}",
            where=room.__name__,
            hint=f"choose from {', '.join(plugs)}",
        )
    return plugs[name]
