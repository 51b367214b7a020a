"""What a page of a use offers: its name, which result it is made from, and how. Found by the constant PAGE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from profiling.reporting.document import Document
from profiling.vocabulary import Language


@dataclass(frozen=True)
class UsePage:
    """The page of one use.

    Parameters
    ----------
    name : of its files, such as "catchment".
    made_from : the frozen result of its verb, which has `tables()`.
    make : (result, language) → document.
    """

    name: str
    made_from: type
    make: Callable[[Any, Language], Document]
