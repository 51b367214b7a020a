"""The sheets of a workbook that hold tables: frozen and filtered header, typed cells, bars, the picture beside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

from profiling.reporting.document import SUPPRESSED, Cell, Column, Kind, Table
from profiling.reporting.excel_styles import Styles, writable
from profiling.reporting.svg import ABOVE, MUTED, RULE
from profiling.reporting.text import figure, phrase, sentence
from profiling.vocabulary import NOT_SHOWN, Language, term

HEAD = 3
NARROW, WIDE = 9, 46
BAR = "bar"


class Field(NamedTuple):
    """A column of the sheet: where its values come from, and how they are written.

    `part` is which end of an interval, or `BAR` for the distance of an index from 100.
    """

    label: str
    source: int
    kind: Kind
    decimals: int | None
    part: int | str | None = None


def fields(columns: Sequence[Column], language: Language) -> tuple[Field, ...]:
    """The columns of a sheet: an interval becomes two numbers, and an index gets a bar beside it.

    Of a part, the ends of its interval are parts as well: 16.3 % beside 14.4 % and 17.3 %, and not 0.163 beside 14.4.
    """
    found: list[Field] = []
    for place, column in enumerate(columns):
        label = sentence(column.label) if len(column.label) > 1 else column.label
        if column.kind == "interval":
            ends = (phrase("excel.low", language, label=label), phrase("excel.high", language, label=label))
            of = columns[place - 1].kind if place else "interval"
            kind: Kind = "percent" if of == "percent" else "interval"
            found += [Field(each, place, kind, column.decimals, part) for part, each in enumerate(ends)]
            continue
        found.append(Field(label, place, column.kind, column.decimals))
        if column.kind == "index":
            found.append(Field(sentence(phrase("excel.difference", language)), place, "index", column.decimals, BAR))
    return tuple(found)


def write_table(
    sheet: Any, table: Table, styles: Styles, language: Language, *, overview: str, picture: bytes | None = None
) -> None:
    """One table on its sheet: title, way back, frozen and filtered header, typed cells, bars, and the picture beside.

    Parameters
    ----------
    overview : name of the sheet in front.
    picture : PNG, of twice the dots that it is shown in.
    """
    shown = fields(table.columns, language)
    _top(sheet, table.caption, table.note, styles, language, overview)
    write_header(sheet, shown, styles, HEAD)
    values = [[_value(row[each.source], each) for each in shown] for row in table.rows]
    for number, row in enumerate(values, HEAD + 1):
        for place, (value, each) in enumerate(zip(row, shown, strict=True)):
            _write(sheet, number, place, value, each, styles, language)
    last = HEAD + max(len(values), 1)
    sheet.autofilter(HEAD, 0, last, max(len(shown) - 1, 0))
    for place, each in enumerate(shown):
        cells = [figure(_text(row[place]), "text", language) for row in values[:2000]]
        sheet.set_column(place, place, _width(each, cells))
        if each.part == BAR:
            _bars(sheet, place, last, [row[place] for row in values])
    _print(sheet, len(shown))
    if picture is not None:
        sheet.set_column(len(shown), len(shown), 3)
        beside = {"image_data": BytesIO(picture), "x_scale": 0.5, "y_scale": 0.5, "object_position": 3}
        sheet.insert_image(HEAD, len(shown) + 1, "picture.png", {**beside, "description": writable(table.caption)})


def link_to(name: str) -> str:
    """Where a link to a sheet of this workbook points."""
    quoted = name.replace("'", "''")
    return f"internal:'{quoted}'!A1"


def write_header(sheet: Any, shown: Sequence[Field], styles: Styles, row: int) -> None:
    """The head of the columns, which stays in view."""
    sheet.set_row(row, 48)
    for place, each in enumerate(shown):
        sheet.write_string(
            row, place, writable(each.label), styles.header(each.label, numeric=each.kind != "text", indent=bool(place))
        )
    sheet.freeze_panes(row + 1, 1)


def write_figure(sheet: Any, row: int, place: int, value: Cell, kind: Kind, styles: Styles, **more: Any) -> None:
    """One value outside a table: as a number where it is one.

    Parameters
    ----------
    more : how it looks besides its number format, and `decimals`, `language`.
    """
    language: Language = more.pop("language")
    field = Field("", 0, kind, more.pop("decimals", None))
    if isinstance(value, tuple):
        sheet.write_string(row, place, figure(value, kind, language, field.decimals), styles.style(**more))
    else:
        _write(sheet, row, place, _value(value, field), field, styles, language, **more)


def _top(sheet: Any, caption: str, note: str, styles: Styles, language: Language, overview: str) -> None:
    sheet.hide_gridlines(2)
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, writable(caption), styles.text(caption, bold=True, font_size=15))
    back = styles.style(font_color=ABOVE, underline=1)
    sheet.write_url(1, 0, link_to(overview), back, phrase("excel.back", language))
    if note:
        sheet.write_string(2, 0, writable(note), styles.text(note, font_color=MUTED, italic=True))


def _value(cell: Cell, field: Field) -> Cell:
    """The cell of a sheet from the cell of the table: one end of an interval, a part of one, or the distance to 100."""
    if isinstance(cell, tuple) and isinstance(field.part, int):
        cell = cell[field.part]
    if not isinstance(cell, int | float) or isinstance(cell, bool):
        return cell
    if not math.isfinite(cell):
        return None
    if field.part == BAR:
        return round(cell - 100.0, 10)
    # 11.2 / 100 is not 0.112 in binary; a reader who clicks on the cell should not see that.
    return round(cell / 100.0, 12) if field.kind == "percent" else cell


def _write(
    sheet: Any, row: int, place: int, value: Cell, field: Field, styles: Styles, language: Language, **more: Any
) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        if value is SUPPRESSED:
            words = "" if field.part == BAR else term("suppressed", language)
            sheet.write_string(row, place, words, styles.muted(**{"italic": True, "align": "right", **more}))
        elif value is None or value == "":
            if field.kind != "text" and field.part != BAR:
                sheet.write_string(row, place, NOT_SHOWN, styles.muted(**{"align": "right", **more}))
        else:
            text = writable(str(value))
            # Away from the figure on its left.
            wrap = {"text_wrap": len(text) > WIDE, **({"align": "left", "indent": 1} if place else {})}
            sheet.write_string(row, place, text, styles.text(text, **{**wrap, **more}))
        return
    if field.part == BAR:
        places = 0 if field.decimals is None else field.decimals
        zeros = "0" + ("." + "0" * places if places else "")
        sheet.write_number(row, place, value, styles.style(num_format=f"+{zeros};-{zeros};{zeros}", **more))
    elif field.kind == "text":
        sheet.write_number(row, place, value, styles.style(**more))
    else:
        sheet.write_number(row, place, value, styles.figure(field.kind, field.decimals, **more))


def _bars(sheet: Any, place: int, last: int, values: Sequence[Cell]) -> None:
    """Bars from the middle of the cell, as long to the left as to the right."""
    numbers = [abs(each) for each in values if isinstance(each, int | float)]
    span = max([*numbers, 50.0])
    options = {
        "type": "data_bar",
        "data_bar_2010": True,
        "bar_solid": True,
        "bar_only": True,
        "bar_color": "#7fb3ba",
        "bar_negative_color": "#ecc37f",
        "bar_axis_position": "middle",
        "bar_axis_color": RULE,
        "min_type": "num",
        "max_type": "num",
        "min_value": -span,
        "max_value": span,
    }
    sheet.conditional_format(HEAD + 1, place, last, place, options)


def _text(cell: Cell) -> Cell:
    return cell if cell is SUPPRESSED or cell is None else f"{cell:,.1f}" if isinstance(cell, float) else str(cell)


def _width(field: Field, cells: Sequence[str]) -> float:
    if field.part == BAR:
        return 22.0
    words = max((len(word) for word in field.label.split()), default=0)
    longest = max((len(each) for each in cells), default=0)
    return float(min(max(longest + 2, words + 3, min(len(field.label), 14) + 3, NARROW), WIDE))


def _print(sheet: Any, columns: int) -> None:
    """On paper: A4 across, as wide as one page, the header on each."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD)
    sheet.set_footer("&L&A&R&P / &N")
    sheet.set_margins(0.5, 0.5, 0.6, 0.6)
