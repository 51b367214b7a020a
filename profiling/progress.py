"""Progress bars for whatever takes over two seconds; quiet when the output is not a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")

console = Console(stderr=True)


def track(items: Iterable[Item], text: str, *, total: float | None = None, step: str = "") -> Iterator[Item]:
    """Go through `items` behind a bar.

    Parameters
    ----------
    total : how much there is to do; the number of items where they have a length.
    step : attribute of an item that says how far it brings us (`num_rows`); one by one when empty.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(text, total=total)
        for item in items:
            yield item
            bar.advance(task, getattr(item, step) if step else 1)
