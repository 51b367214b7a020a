"""What the largest sub segments of a report are like: a panel each, from the facts of their sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from profiling.reporting.document import Block, Heading, Panel, Points
from profiling.reporting.segment_page import description, sheet_title
from profiling.reporting.text import phrase
from profiling.vocabulary import Language

MOST = 12


def segment_panels(
    sub: pd.DataFrame, facts: Sequence[Mapping[str, Any]], heading: str, language: Language, *, most: int = MOST
) -> list[Block]:
    """A heading and a panel per sub segment, the one with most households first; nothing where no fact is known.

    Parameters
    ----------
    sub : rows of sub segments with code, n and suppressed; a hidden one is not described.
    facts : what segments are like, from `publish.segment_sheet.segment_sheets`.
    """
    known = {str(each["code"]): each for each in facts}
    largest = sub[~sub["suppressed"].astype(bool)].sort_values(["n", "code"], ascending=[False, True])
    chosen = [known[code] for code in largest["code"].astype(str) if code in known][:most]
    panels = [
        Panel(sheet_title(fact, language), (Points(tuple(description(dict(fact), language))),)) for fact in chosen
    ]
    return [Heading(phrase(heading, language)), *panels] if panels else []
