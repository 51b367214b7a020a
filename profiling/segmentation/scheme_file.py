"""Write configuration that other verbs read: a segment scheme, proposed names, a population with its new segments."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from profiling.population.config import Title
from profiling.population.scheme import SegmentScheme


def scheme_toml(scheme: SegmentScheme) -> str:
    """A scheme as configs/segments has them: one segment a line."""
    said = scheme.model_dump(mode="json")
    lines = [f"{key} = {value(said[key])}" for key in ("name", "nl", "en", "source") if said[key]]
    for part in ("main", "sub"):
        rows = [{key: each for key, each in row.items() if each} for row in said[part]]
        lines += ["", f"{part} = [", *(f"  {value(row)}," for row in rows), "]"]
    return "\n".join(lines) + "\n"


def names_toml(proposals: Mapping[str, Title]) -> str:
    """Proposed names, ready to be changed and pasted into the configuration of the segmentation."""
    head = (
        "# Proposed names. A person decides: change them and paste this into the segmentation's configuration.",
        "# Voorgestelde namen. Een mens beslist: pas ze aan en plak dit in de configuratie van de segmentatie.",
        "[names]",
    )
    return "\n".join([*head, *(f"{code} = {value(dict(title))}" for code, title in sorted(proposals.items()))]) + "\n"


def toml(table: Mapping[str, Any]) -> str:
    """A whole configuration, one line per entry of a table of tables."""
    flat = [f"{key(name)} = {value(each)}" for name, each in table.items() if not isinstance(each, Mapping)]
    return "\n".join([*flat, *_tables(table, ())]) + "\n"


def _tables(table: Mapping[str, Any], above: tuple[str, ...]) -> list[str]:
    lines = []
    for name, each in table.items():
        if not isinstance(each, Mapping):
            continue
        path = (*above, name)
        lines += ["", f"[{'.'.join(map(key, path))}]"]
        # Tables of tables go one a line as deep as the second level, so that features stand below each other.
        deep = len(path) == 1 and any(_deep(one) for one in each.values())
        inline = {k: v for k, v in each.items() if not (deep and _deep(v))}
        lines += [f"{key(k)} = {value(v)}" for k, v in inline.items()]
        lines += _tables({k: v for k, v in each.items() if k not in inline}, path)
    return lines


def _deep(each: Any) -> bool:
    return isinstance(each, Mapping) and any(isinstance(one, Mapping) for one in each.values())


def key(name: str) -> str:
    """A key, quoted where it must be."""
    bare = name.replace("_", "").replace("-", "")
    return name if bare.isascii() and bare.isalnum() else json.dumps(name, ensure_ascii=False)


def value(each: Any) -> str:
    """A value as TOML writes it; text as in JSON, whose escapes TOML shares."""
    if isinstance(each, bool):
        return "true" if each else "false"
    if isinstance(each, str):
        return json.dumps(each, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(each, int | float):
        return repr(each)
    if isinstance(each, datetime.date):
        return each.isoformat()
    if isinstance(each, Mapping):
        return "{ " + ", ".join(f"{key(k)} = {value(v)}" for k, v in each.items()) + " }"
    return "[" + ", ".join(value(one) for one in each) + "]"
