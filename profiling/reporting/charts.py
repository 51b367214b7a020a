"""Charts as server-made SVG: rows in, picture out. Lengths are proportional to the numbers; nothing is logarithmic.

Every chart carries its figures in text beside the marks, a <title> and a <desc>, so that colour is never the only
carrier. The curves (gains, calibration) are in `curves`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from profiling.reporting.document import Svg
from profiling.reporting.marks import SIZE, SMALL, nice_step, row_label, whisker
from profiling.reporting.svg import ABOVE, AVERAGE, BELOW, CLASS_COLOURS, INK, MUTED, RULE, Canvas, text_width
from profiling.reporting.text import figure, phrase
from profiling.vocabulary import Language

ROW, BAR = 24.0, 11.0
COMPACT_ROW, GAP = 17.0, 7.0


@dataclass(frozen=True)
class IndexRow:
    """One bar: a cell's index with its interval and the number of profile households behind it.

    `index` None is a suppressed cell. `mark` is a short text at the end of the row, such as its stability.
    `group` (below, average, above) sets the colour; from the interval when empty.
    """

    label: str
    index: float | None
    interval: tuple[float, float] | None = None
    n: int | None = None
    mark: str = ""
    group: str = ""


@dataclass(frozen=True)
class ShareRow:
    """The cell's part of the profile and of the base, both in %."""

    label: str
    share: float | None
    base_share: float | None


@dataclass(frozen=True)
class DriverRow:
    """A contribution with the lowest and highest of the bags, in any unit, either sign."""

    label: str
    contribution: float
    interval: tuple[float, float] | None = None


def index_class(index: float, interval: tuple[float, float] | None) -> str:
    """below, average or above: average where the interval holds 100."""
    if interval is None:
        return "above" if index > 100 else "below" if index < 100 else "average"
    return "above" if interval[0] > 100 else "below" if interval[1] < 100 else "average"


def index_domain(rows: Sequence[IndexRow]) -> tuple[float, float]:
    """From where to where the index axis runs: whole steps, holding 100 and every bar, and intervals up to a limit."""
    values = [100.0]
    for row in rows:
        if row.index is not None:
            values.append(row.index)
            low, high = row.interval or (row.index, row.index)
            values += [max(low, 0.0), min(high, max(row.index * 1.5, 150.0))]
    low, high = min(values), max(values)
    step = nice_step(max(high - low, 40.0), 8)
    lowest = math.floor(min(low, 100 - step / 2) / step) * step
    return max(0.0, lowest), math.ceil(max(high, 100 + step / 2) / step) * step


def index_bars(
    rows: Sequence[IndexRow],
    *,
    title: str,
    language: Language,
    base: str,
    width: float = 680.0,
    label_width: float | None = None,
    domain: tuple[float, float] | None = None,
    mark_head: str = "",
    compact: bool = False,
) -> Svg:
    """Bars that start at 100: to the right where over-represented, to the left where under-represented.

    Parameters
    ----------
    rows : in the order to show them.
    base : what 100 is the average of; said in the description.
    domain : lowest and highest index of the axis, to give several charts the same scale.
    mark_head : heading of the column with the marks.
    compact : lower rows and shorter headings, for half a page width.
    """
    low, high = domain or index_domain(rows)
    pitch, size = (COMPACT_ROW, 11.5) if compact else (ROW, SIZE)
    columns = _index_columns(rows, language, mark_head, compact)
    longest = max((text_width(row.label, size) for row in rows), default=0.0)
    left = (min(width * 0.34, longest) if label_width is None else label_width) + GAP
    right = width - sum(column.width for column in columns) - GAP
    top, bottom = 17.0, 17.0 + pitch * len(rows)
    canvas = Canvas(width, bottom + (15 if compact else 28), title, _read_index(rows, language, base))
    axis = _Axis(left, right, low, high)
    axis.ticks(canvas, top, bottom, language)
    if not compact:
        below = phrase("average_100", language).split("=")[1].strip()
        canvas.text(axis.x(100), bottom + 25, below, size=SMALL, anchor="middle", colour=MUTED)
    for number, row in enumerate(rows):
        middle = top + pitch * (number + 0.5)
        row_label(canvas, row.label, left - GAP, middle, size, lines=1 if compact else 2)
        if row.index is None:
            hidden = phrase("suppressed", language)
            # Beside the line of 100, never across it.
            fits = left + 8 + text_width(hidden, SMALL) < axis.x(100)
            canvas.text(left + 4 if fits else axis.x(100) + 6, middle + 4, hidden, size=SMALL, colour=MUTED)
        else:
            _index_bar(canvas, axis, row, middle, language, BAR - 2 * compact)
    end = right + GAP
    for column in columns:
        end += column.width
        canvas.text(end, 10, column.head, size=SMALL - compact, anchor="end", colour=MUTED)
        for number, written in enumerate(column.texts):
            y = top + pitch * (number + 0.5) + 4
            canvas.text(
                end, y, written, size=size if column.strong else SMALL, anchor="end",
                colour=INK if column.strong else MUTED, weight="700" if column.strong else "400",
            )  # fmt: skip
    canvas.line(axis.x(100), top - 3, axis.x(100), bottom + 2, colour=INK, width=1.4)
    return canvas.finish()


@dataclass(frozen=True)
class _Axis:
    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        within = min(max(value, self.low), self.high)
        return self.left + (within - self.low) * (self.right - self.left) / (self.high - self.low)

    def ticks(self, canvas: Canvas, top: float, bottom: float, language: Language) -> None:
        step, taken = nice_step(self.high - self.low, 4), [self.x(100)]
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        for tick in [step * each for each in range(first, last + 1)]:
            canvas.line(self.x(tick), top, self.x(tick), bottom, colour=RULE)
            place, written = self.x(tick), figure(tick, "index", language)
            if all(abs(place - each) > 24 for each in taken):
                taken.append(place)
                canvas.text(place, bottom + 12, written, size=SMALL, anchor="middle", colour=MUTED)
        canvas.text(self.x(100), bottom + 12, "100", size=SMALL, anchor="middle", weight="700")


@dataclass(frozen=True)
class _TextColumn:
    head: str
    texts: tuple[str, ...]
    strong: bool = False

    @property
    def width(self) -> float:
        return GAP + max(text_width(each, SIZE if self.strong else SMALL) for each in (self.head, *self.texts))


def _index_columns(rows: Sequence[IndexRow], language: Language, mark_head: str, compact: bool) -> list[_TextColumn]:
    index = tuple(figure(row.index, "index", language) for row in rows)
    interval = tuple(figure(row.interval, "interval", language) for row in rows)
    head = phrase("interval_short" if compact else "interval", language)
    columns = [_TextColumn("index", index, strong=True), _TextColumn(head, interval)]
    if any(row.n is not None for row in rows):
        columns.append(_TextColumn("n", tuple(figure(row.n, "count", language) for row in rows)))
    if any(row.mark for row in rows):
        columns.append(_TextColumn(mark_head, tuple(row.mark for row in rows)))
    return columns


def _index_bar(canvas: Canvas, axis: _Axis, row: IndexRow, middle: float, language: Language, thickness: float) -> None:
    index = row.index if row.index is not None else 100.0
    start, end = sorted((axis.x(100), axis.x(index)))
    colour = CLASS_COLOURS[row.group or index_class(index, row.interval)]
    group = canvas.add("g")
    canvas.add("title", _read_row(row, language), group)
    canvas.add(
        "rect",
        "",
        group,
        class_="bar",
        x=start,
        y=middle - thickness / 2,
        width=end - start,
        height=thickness,
        fill=colour,
    )
    if row.interval:
        whisker(canvas, axis.x(row.interval[0]), axis.x(row.interval[1]), middle)


def share_dots(
    rows: Sequence[ShareRow], *, title: str, language: Language, width: float = 680.0, label_width: float | None = None
) -> Svg:
    """A filled dot for the part of the profile, an open dot for the part of the base, and the way between them."""
    left = (width * 0.36 if label_width is None else label_width) + 14
    right, top = width - 104.0, 24.0
    bottom = top + ROW * len(rows)
    largest = max([each for row in rows for each in (row.share, row.base_share) if each is not None], default=1.0)
    step = nice_step(largest, 4)
    high = math.ceil(largest / step) * step
    reads = "; ".join(
        f"{row.label}: {figure(row.share, 'percent', language)} / {figure(row.base_share, 'percent', language)}"
        for row in rows
    )
    canvas = Canvas(
        width, bottom + 18, title, f"{phrase('share', language)} / {phrase('base_share', language)}. {reads}"
    )

    def x(value: float) -> float:
        return left + value / high * (right - left)

    for number in range(round(high / step) + 1):
        canvas.line(x(number * step), top, x(number * step), bottom)
        tick = figure(number * step, "percent", language, 0 if step >= 1 else 1)
        canvas.text(x(number * step), bottom + 13, tick, size=SMALL, anchor="middle", colour=MUTED)
    canvas.add("circle", cx=left + 5, cy=9, r=5, fill=ABOVE)
    canvas.text(left + 15, 13, phrase("profile", language), size=SMALL)
    canvas.add("circle", cx=left + 85, cy=9, r=4.2, fill="#ffffff", stroke=MUTED, stroke_width=1.8)
    canvas.text(left + 95, 13, phrase("base", language), size=SMALL)
    for number, row in enumerate(rows):
        middle = top + ROW * (number + 0.5)
        row_label(canvas, row.label, left - 14, middle)
        if row.share is not None and row.base_share is not None:
            canvas.line(x(row.base_share), middle, x(row.share), middle, colour=AVERAGE, width=2.5)
        if row.base_share is not None:
            canvas.add("circle", cx=x(row.base_share), cy=middle, r=4.2, fill="#ffffff", stroke=MUTED, stroke_width=1.8)
        if row.share is not None:
            canvas.add("circle", cx=x(row.share), cy=middle, r=5, fill=ABOVE)
        canvas.text(
            width - 52, middle + 4, figure(row.share, "percent", language), size=SIZE, anchor="end", weight="700"
        )
        canvas.text(
            width, middle + 4, figure(row.base_share, "percent", language), size=SMALL, anchor="end", colour=MUTED
        )
    return canvas.finish()


def driver_bars(
    rows: Sequence[DriverRow],
    *,
    title: str,
    language: Language,
    width: float = 680.0,
    label_width: float | None = None,
    decimals: int = 2,
    compact: bool = False,
) -> Svg:
    """Contributions to the model's score, from zero; to the right where they raise it."""
    pitch, size = (COMPACT_ROW, 11.5) if compact else (ROW, SIZE)
    left = (width * 0.36 if label_width is None else label_width) + GAP
    right, top = width - 48.0, 4.0
    bottom = top + pitch * len(rows)
    ends = [end for row in rows for end in (row.contribution, *(row.interval or ()))]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    scale = (right - left) / ((high - low) or 1.0)
    reads = "; ".join(f"{row.label}: {_signed(row.contribution, language, decimals)}" for row in rows)
    canvas = Canvas(width, bottom + 6, title, reads)
    for number, row in enumerate(rows):
        middle = top + pitch * (number + 0.5)
        row_label(canvas, row.label, left - GAP, middle, size, lines=1 if compact else 2)
        start, end = sorted((0.0, row.contribution))
        canvas.add(
            "rect",
            class_="bar",
            x=left + (start - low) * scale,
            y=middle - BAR / 2,
            width=(end - start) * scale,
            height=BAR,
            fill=ABOVE if row.contribution >= 0 else BELOW,
        )
        if row.interval:
            low_end, high_end = (left + (each - low) * scale for each in row.interval)
            whisker(canvas, low_end, high_end, middle)
        canvas.text(
            width, middle + 4, _signed(row.contribution, language, decimals), size=size, anchor="end", weight="700"
        )
    canvas.line(left - low * scale, top, left - low * scale, bottom, colour=INK, width=1.4)
    return canvas.finish()


def _signed(value: float, language: Language, decimals: int) -> str:
    written = figure(abs(value), "decimal", language, decimals)
    return ("+" if value > 0 else "−" if value < 0 else "") + written


def _read_row(row: IndexRow, language: Language) -> str:
    parts = [f"{row.label}: {phrase('index', language)} {figure(row.index, 'index', language)}"]
    if row.interval:
        parts.append(f"{phrase('interval', language)} {figure(row.interval, 'interval', language)}")
    if row.n is not None:
        parts.append(f"n = {figure(row.n, 'count', language)}")
    return ", ".join(parts)


def _read_index(rows: Sequence[IndexRow], language: Language, base: str) -> str:
    shown = [f"{row.label} {figure(row.index, 'index', language)}" for row in rows if row.index is not None]
    return phrase("index_desc", language, base=base, rows="; ".join(shown) + ".")
