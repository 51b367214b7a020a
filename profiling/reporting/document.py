"""Documents as data: what a page says, before anybody decides what it looks like.

A `Document` is a title, blocks and an accountability footer. Values in tables and key figures stay numbers with a
kind (count, percent, index, interval); only the renderers (`html`, `markdown`) turn them into text in the
document's language. The same document therefore serves a page, a Markdown file and a workbook.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from profiling.vocabulary import Language

Kind: TypeAlias = Literal["text", "count", "percent", "index", "interval", "decimal"]


class Suppressed(Enum):
    """The one value that stands for a cell with too few households to be shown."""

    CELL = "suppressed"


SUPPRESSED = Suppressed.CELL

Cell: TypeAlias = "str | int | float | tuple[float, float] | Suppressed | None"


@dataclass(frozen=True)
class Svg:
    """A finished picture. Only `charts` and `maps` make these; they escape whatever comes from outside.

    `width` and `height` are the units of its viewBox.
    """

    markup: str
    width: float
    height: float

    def __html__(self) -> str:
        """Tell jinja2 that this is markup already."""
        return self.markup


@dataclass(frozen=True)
class Heading:
    """A heading; level 2 opens a section and stands in the table of contents, level 3 does not."""

    text: str
    level: Literal[2, 3] = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text. `lead` is the opening sentence, `small` the fine print."""

    text: str
    style: Literal["plain", "lead", "small"] = "plain"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class KeyFigure:
    """One number and what it counts."""

    label: str
    value: Cell
    kind: Kind = "count"
    decimals: int | None = None
    note: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """Numbers side by side; `steps` draws them as a funnel, each what is left of the one before."""

    figures: tuple[KeyFigure, ...]
    style: Literal["tiles", "steps"] = "tiles"


@dataclass(frozen=True)
class Column:
    """A column of a table: how its cells are to be read."""

    label: str
    kind: Kind = "text"
    decimals: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows under typed columns. The first column names the row.

    Raises
    ------
    ValueError
        When a row has another number of cells than there are columns: a fault of the programmer.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"'{self.caption}': row {number} has {len(row)} cells for {len(self.columns)} columns")


@dataclass(frozen=True)
class Chart:
    """A picture, the sentence that reads it, and the same figures as a table."""

    svg: Svg
    caption: str
    table: Table


@dataclass(frozen=True)
class Map:
    """A map, the sentence that reads it, and its figures as a table (of areas, or of classes where there are many).

    `hint` says how to use it on a screen; paper and workbooks leave it out.
    """

    svg: Svg
    caption: str
    table: Table
    hint: str = ""


@dataclass(frozen=True)
class Note:
    """An aside: "zo leest u dit", or a caution."""

    title: str
    items: tuple[str, ...]
    tone: Literal["plain", "caution"] = "plain"


@dataclass(frozen=True)
class Panel:
    """Blocks that belong together and apart from the rest, under a title of their own."""

    title: str
    blocks: tuple[Block, ...]
    note: str = ""


@dataclass(frozen=True)
class Columns:
    """Blocks side by side; one below the other where the page is narrow. `widths` are relative."""

    columns: tuple[tuple[Block, ...], ...]
    widths: tuple[int, ...] = ()


Block: TypeAlias = "Heading | Paragraph | Points | KeyFigures | Table | Chart | Map | Note | Panel | Columns"


@dataclass(frozen=True)
class Document:
    """One page or report.

    Parameters
    ----------
    accountability : label and text, in the footer: data, version, who made it, whom to ask.
    notice : the one sentence that no reader may miss ("a chance, not a fact").
    layout : "report" flows over pages and has a table of contents; "sheet" fits one A4.
    minimum : cells below this many households are suppressed; what "< 10" says.
    """

    title: str
    subtitle: str
    language: Language
    blocks: tuple[Block, ...]
    accountability: tuple[tuple[str, str], ...] = ()
    notice: str = ""
    kicker: str = ""
    layout: Literal["report", "sheet"] = "report"
    minimum: int = field(default=10)

    def sections(self) -> tuple[str, ...]:
        """The level-2 headings in order."""
        return tuple(each.text for each in self.blocks if isinstance(each, Heading) and each.level == 2)
