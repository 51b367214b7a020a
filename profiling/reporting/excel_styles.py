"""What a workbook looks like: fonts, colours, and the number format of every kind of figure.

A number format says "two decimals"; whether that is a comma or a point is the reader's Excel to say.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import xlsxwriter

from profiling.reporting.document import Kind
from profiling.reporting.svg import ABOVE, INK, MUTED, RULE, clean
from profiling.reporting.text import DECIMALS

# One more than on a page: whoever opens a workbook goes on calculating.
DIGITS: dict[Kind, int] = {**DECIMALS, "index": 1, "interval": 1}
LONGEST = 32_767
# Without it the hour of writing would stand in the file.
CREATED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
_LIKE_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")


class Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def style(self, **said: Any) -> Any:
        """A format; the same words give the same one."""
        key = tuple(sorted(said.items()))
        if key not in self._made:
            plain = {"font_name": "Calibri", "font_size": 11, "font_color": INK, "valign": "top"}
            self._made[key] = self._book.add_format({**plain, **said})
        return self._made[key]

    def header(self, label: str, *, numeric: bool, indent: bool = False) -> Any:
        """The head of a column."""
        look = {"bold": True, "font_color": "#ffffff", "bg_color": ABOVE, "border": 1, "border_color": RULE}
        side: dict[str, Any] = {"align": "right"} if numeric else {"align": "left", "indent": int(indent)}
        return self.text(label, **look, **side, text_wrap=True, valign="vcenter")

    def figure(self, kind: Kind, decimals: int | None = None, **more: Any) -> Any:
        """A number of this kind; a percentage is stored as a part of one, so that Excel can calculate with it."""
        return self.style(num_format=number_format(kind, decimals), **more)

    def text(self, value: str, **more: Any) -> Any:
        """Text. What begins like a formula is marked as text, so that editing the cell does not make it one."""
        return self.style(**more, **({"quote_prefix": True} if like_formula(value) else {}))

    def muted(self, **more: Any) -> Any:
        """Small print, and what stands in the place of a figure."""
        return self.style(font_color=MUTED, **more)


def new_workbook(target: BytesIO, *, rows: bool = False) -> xlsxwriter.Workbook:
    """A workbook that never makes a formula, a link or a number out of text, and gives the same bytes every time.

    Parameters
    ----------
    rows : write row by row, in constant memory; then rows must come in order.
    """
    book = xlsxwriter.Workbook(
        target,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
            "in_memory": not rows,
            "constant_memory": rows,
        },
    )
    book.set_properties({"created": CREATED})
    book.set_calc_mode("auto")
    return book


def number_format(kind: Kind, decimals: int | None = None) -> str:
    """The Excel format of a kind of figure, such as "#,##0.0"."""
    places = DIGITS.get(kind, 0) if decimals is None else decimals
    return "#,##0" + ("." + "0" * places if places else "") + ("%" if kind == "percent" else "")


def like_formula(value: str) -> bool:
    """Whether a program could take this text for a formula."""
    return value.startswith(_LIKE_FORMULA)


def writable(value: str) -> str:
    """Text as a cell can hold it: no characters that XML lacks, and cut where Excel would refuse it."""
    text = clean(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def sheet_title(wanted: str, taken: Iterable[str]) -> str:
    """A name that Excel accepts for a sheet and that is not taken: at most 31 characters, none of []:*?/\\."""
    used = {each.casefold() for each in taken} | {"history"}
    bare = " ".join(_TITLE.sub(" ", clean(wanted)).split()).strip("' ") or "-"
    number = 1
    while True:
        tail = f" ({number})" if number > 1 else ""
        room = 31 - len(tail)
        name = bare if len(bare) <= room else bare[: room - 1].rsplit(" ", 1)[0].rstrip(" ,.;") + "…"
        name = name.strip("' ") + tail
        if name.casefold() not in used:
            return name
        number += 1
