"""Say at once everything that is missing from a dict that a page is to be made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.errors import ArtefactError


def require(given: Mapping[str, Any], keys: Sequence[str], what: str) -> None:
    """Check that every dotted key is there and is not None.

    A part after `[]` is looked for in every item of a list ("models[].name").

    Raises
    ------
    ArtefactError
        With all missing keys in one message.
    """
    faults = [f"'{key}' is missing" for key in keys if not _there(given, key.split("."))]
    if faults:
        plural = "key" if len(faults) == 1 else "keys"
        raise ArtefactError(
            f"lacks {len(faults)} {plural} that the page needs",
            where=what,
            faults=faults,
            hint="run the step that makes it again, with this version of the program",
        )


def _there(given: Any, parts: list[str]) -> bool:
    if not parts:
        return given is not None
    key, rest = parts[0], parts[1:]
    name = key.removesuffix("[]")
    if not isinstance(given, Mapping) or given.get(name) is None:
        return False
    if key.endswith("[]"):
        return all(_there(each, rest) for each in given[name])
    return _there(given[name], rest)
