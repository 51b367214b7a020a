"""The journal of a search: one JSON object a line, of which a kill may leave the last one half written."""

from __future__ import annotations

import json
from pathlib import Path

from profiling.errors import ArtefactError


def mend(journal: Path) -> None:
    """Cut off a last line that was half written.

    Raises
    ------
    ArtefactError
        When a line before the last is damaged.
    """
    if not journal.is_file():
        return
    lines = journal.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines):
        try:
            whole = line.endswith(b"\n") and isinstance(json.loads(line), dict)
        except ValueError:
            whole = False
        if whole:
            continue
        if number < len(lines) - 1:
            raise ArtefactError(
                f"line {number + 1} of {len(lines)} is damaged", where=journal, hint="delete it to search again"
            )
        with journal.open("r+b") as handle:
            handle.truncate(sum(map(len, lines[:number])))
