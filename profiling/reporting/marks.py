"""Marks that several charts share: round steps of an axis, row labels, interval whiskers."""

from __future__ import annotations

import math

from profiling.reporting.svg import INK, Canvas, wrap

SIZE, SMALL = 12.0, 10.5


def nice_step(span: float, steps: int) -> float:
    """A round step (1, 2, 2.5 or 5 times a power of ten) that divides `span` into at most about `steps`."""
    raw = max(span, 1e-9) / steps
    power = 10.0 ** math.floor(math.log10(raw))
    return next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= raw * 0.999)


def whisker(canvas: Canvas, low: float, high: float, middle: float) -> None:
    canvas.line(low, middle, high, middle, colour="#ffffff", width=2.8)
    canvas.line(low, middle, high, middle, colour=INK, width=1.1)
    for end in (low, high):
        canvas.line(end, middle - 2.7, end, middle + 2.7, colour=INK, width=1.1)


def row_label(canvas: Canvas, label: str, width: float, middle: float, size: float = SIZE, lines: int = 2) -> None:
    written = wrap(label, width, size, lines)
    small = size if len(written) == 1 else size - 1.5
    group = canvas.add("g")
    if any(each.endswith("…") for each in written):
        canvas.add("title", label, group)
    for number, line in enumerate(written):
        y = middle + 4 + (number - (len(written) - 1) / 2) * 11.0
        canvas.add("text", line, group, x=0, y=y, font_size=small, fill=INK)
