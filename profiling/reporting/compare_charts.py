"""Charts that hold candidates side by side: captures with whiskers, a matrix, gains with bands, index dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from profiling.reporting.curves import DASHES, GainsCurve, Plane, curve_legend
from profiling.reporting.document import Svg
from profiling.reporting.marks import SIZE, SMALL, nice_step, row_label, whisker
from profiling.reporting.svg import INK, MUTED, PAPER, SERIES, Canvas, shorten, wrap
from profiling.reporting.text import figure, phrase
from profiling.vocabulary import Language

ROW = 26.0
SHAPES = ("circle", "square", "diamond", "triangle", "cross")


@dataclass(frozen=True)
class CaptureRow:
    """A candidate's capture in % with its interval."""

    label: str
    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class MatrixCell:
    """What one model finds of one group, in %; None where it is not shown."""

    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class DotRow:
    """Index of every candidate in one cell, in their order; None where it is not shown."""

    label: str
    values: tuple[float | None, ...]


def capture_dots(
    rows: Sequence[CaptureRow], *, depth: float, title: str, language: Language, width: float = 680.0
) -> Svg:
    """A dot with its interval per candidate; the upright line is what a draw by lot finds."""
    left, right, top = width * 0.4, width - 130.0, 20.0
    bottom = top + ROW * len(rows)
    ends = [end for row in rows for end in (row.value, *(row.interval or ())) if end is not None]
    step = nice_step(max([depth, *ends]), 5)
    high = float(math.ceil(max([depth, *ends]) / step) * step)
    reads = "; ".join(f"{row.label}: {_read(row.value, row.interval, language)}" for row in rows)
    canvas = Canvas(width, bottom + 36, title, reads)

    def x(value: float) -> float:
        return left + value / high * (right - left)

    for number in range(round(high / step) + 1):
        canvas.line(x(number * step), top, x(number * step), bottom)
        tick = figure(number * step, "percent", language, 0)
        canvas.text(x(number * step), bottom + 14, tick, size=SMALL, anchor="middle", colour=MUTED)
    canvas.line(x(depth), top - 4, x(depth), bottom, colour=INK, width=1.2, dash="3 3")
    canvas.text(x(depth), 11, phrase("at_random", language), size=SMALL, anchor="middle")
    canvas.text((left + right) / 2, bottom + 31, phrase("capture_axis", language), size=SMALL, anchor="middle")
    for number, row in enumerate(rows):
        middle = top + ROW * (number + 0.5)
        row_label(canvas, row.label, left - 12, middle)
        if row.value is None:
            canvas.text(left + 4, middle + 4, phrase("suppressed", language), size=SMALL, colour=MUTED)
            continue
        if row.interval:
            whisker(canvas, x(row.interval[0]), x(row.interval[1]), middle)
        _mark(canvas, number, x(row.value), middle)
        canvas.text(
            width - 72, middle + 4, figure(row.value, "percent", language), size=SIZE, anchor="end", weight="700"
        )
        written = figure(row.interval, "interval", language, 1)
        canvas.text(width, middle + 4, written, size=SMALL, anchor="end", colour=MUTED)
    return canvas.finish()


def matrix(
    models: Sequence[str],
    groups: Sequence[str],
    cells: Sequence[Sequence[MatrixCell]],
    *,
    title: str,
    language: Language,
    width: float = 680.0,
) -> Svg:
    """Rows are profiles, columns groups; the darker, the larger the part that is found. The diagonal is outlined."""
    left, top, high = width * 0.3, 48.0, 46.0
    wide = (width - left) / max(len(groups), 1)
    reads = "; ".join(
        f"{model} → {group}: {_read(cell.value, cell.interval, language)}"
        for model, row in zip(models, cells, strict=True)
        for group, cell in zip(groups, row, strict=True)
    )
    canvas = Canvas(width, top + high * len(models) + 4, title, reads)
    largest = max([cell.value for row in cells for cell in row if cell.value is not None], default=1.0) or 1.0
    for place, group in enumerate(groups):
        middle = left + wide * (place + 0.5)
        for number, line in enumerate(wrap(group, wide - 8, SMALL, 2)):
            canvas.text(middle, 18 + 12.0 * number, line, size=SMALL, anchor="middle", weight="700")
    for row_number, (model, row) in enumerate(zip(models, cells, strict=True)):
        y = top + high * row_number
        row_label(canvas, model, left - 10, y + high / 2)
        for place, cell in enumerate(row):
            x, part = left + wide * place, (cell.value or 0.0) / largest
            own = model == groups[place]
            canvas.add("rect", x=x + 2, y=y + 2, width=wide - 4, height=high - 4, fill=PAPER)
            box = canvas.add("rect", x=x + 2, y=y + 2, width=wide - 4, height=high - 4, fill=SERIES[0])
            box.set("fill-opacity", f"{0.05 + 0.87 * part:.2f}")
            box.set("stroke", INK if own else "#d5dade")
            box.set("stroke-width", "2" if own else "1")
            colour = PAPER if part > 0.55 else INK
            written = phrase("suppressed", language) if cell.value is None else figure(cell.value, "percent", language)
            canvas.text(x + wide / 2, y + 21, written, size=SIZE, anchor="middle", weight="700", colour=colour)
            if cell.interval:
                margin = figure(cell.interval, "interval", language, 1)
                canvas.text(x + wide / 2, y + 36, margin, size=SMALL, anchor="middle", colour=colour)
    return canvas.finish()


def gains_bands(
    curves: Sequence[GainsCurve], *, title: str, language: Language, cutoff: float, width: float = 680.0
) -> Svg:
    """Every candidate's gains on its own group, each with its band; the dotted diagonal is a draw by lot."""
    reads = "; ".join(
        f"{each.name}: "
        + ", ".join(
            f"{figure(at.depth, 'percent', language, 0)} → {_read(at.capture, at.interval, language)}"
            for at in each.points
        )
        for each in curves
    )
    canvas = Canvas(width, 400.0, title, reads)
    names = (phrase("depth_axis", language), phrase("capture_axis", language))
    plane = Plane(canvas, (100.0, 100.0), names, language)
    canvas.line(plane.x(0), plane.y(0), plane.x(100), plane.y(100), colour="#8b949c", width=1.2, dash="1 4")
    for number, curve in enumerate(curves):
        points = [(at.depth, *(at.interval or (at.capture, at.capture))) for at in curve.points]
        there = [(depth, high) for depth, _, high in points]
        back = [(depth, low) for depth, low, _ in reversed(points)]
        path = plane.path([(0.0, 0.0), *there, *back]) + "Z"
        canvas.add("path", class_="band", d=path, fill=SERIES[number % len(SERIES)], fill_opacity=0.14)
    canvas.line(plane.x(cutoff), plane.y(100), plane.x(cutoff), plane.floor, colour=INK, width=1, dash="3 3")
    for number, curve in enumerate(curves):
        line = canvas.add(
            "path",
            class_="curve",
            d=plane.path([(0.0, 0.0), *((at.depth, at.capture) for at in curve.points)]),
            fill="none",
            stroke=SERIES[number % len(SERIES)],
            stroke_width=2.0,
            stroke_linejoin="round",
        )
        if DASHES[number % len(DASHES)]:
            line.set("stroke-dasharray", DASHES[number % len(DASHES)])
    curve_legend(canvas, plane, [each.name for each in curves], phrase("at_random", language))
    return canvas.finish()


def index_dots(
    rows: Sequence[DotRow], names: Sequence[str], *, title: str, language: Language, width: float = 680.0
) -> Svg:
    """A mark per candidate in every row, each candidate with its own shape and colour; 100 is the average."""
    pitch, left, right = 24.0, width * 0.34, width - 20.0
    top = 14.0 + 18.0 * len(names)
    bottom = top + pitch * len(rows)
    shown = [100.0, *(each for row in rows for each in row.values if each is not None)]
    step = nice_step(max(shown) - min(0.0, *shown), 6)
    high = math.ceil(max(shown) / step) * step
    reads = "; ".join(
        f"{row.label}: "
        + ", ".join(
            f"{name} {phrase('suppressed', language) if value is None else figure(value, 'index', language)}"
            for name, value in zip(names, row.values, strict=True)
        )
        for row in rows
    )
    canvas = Canvas(width, bottom + 24, title, reads)

    def x(value: float) -> float:
        return left + value / high * (right - left)

    for number, name in enumerate(names):
        _mark(canvas, number, left + 6, 9 + 18.0 * number)
        canvas.text(left + 18, 13 + 18.0 * number, shorten(name, right - left - 20, SMALL), size=SMALL)
    for number in range(round(high / step) + 1):
        canvas.line(x(number * step), top, x(number * step), bottom)
        tick = figure(number * step, "index", language)
        canvas.text(x(number * step), bottom + 14, tick, size=SMALL, anchor="middle", colour=MUTED)
    canvas.line(x(100), top, x(100), bottom, colour=INK, width=1.4)
    for place, row in enumerate(rows):
        middle = top + pitch * (place + 0.5)
        row_label(canvas, row.label, left - 12, middle)
        known = [each for each in row.values if each is not None]
        if known:
            canvas.line(x(min(known)), middle, x(max(known)), middle, colour="#d5dade", width=2)
        for number, value in enumerate(row.values):
            if value is not None:
                _mark(canvas, number, x(value), middle)
    return canvas.finish()


def _mark(canvas: Canvas, number: int, x: float, y: float) -> None:
    """The mark of a candidate: shape as well as colour, so that it can be told apart in grey."""
    colour, shape = SERIES[number % len(SERIES)], SHAPES[number % len(SHAPES)]
    if shape == "circle":
        canvas.add("circle", cx=x, cy=y, r=5, fill=colour)
    elif shape == "square":
        canvas.add("rect", x=x - 4.5, y=y - 4.5, width=9, height=9, fill=colour)
    elif shape == "cross":
        path = f"M{x - 4:.2f} {y - 4:.2f}L{x + 4:.2f} {y + 4:.2f}M{x - 4:.2f} {y + 4:.2f}L{x + 4:.2f} {y - 4:.2f}"
        canvas.add("path", d=path, stroke=colour, stroke_width=2.6, fill="none")
    else:
        lower = f"L{x:.2f} {y + 6:.2f}L{x - 6:.2f} {y:.2f}Z" if shape == "diamond" else f"L{x - 5.5:.2f} {y + 5:.2f}Z"
        side = f"L{x + 6:.2f} {y:.2f}" if shape == "diamond" else f"L{x + 5.5:.2f} {y + 5:.2f}"
        canvas.add("path", d=f"M{x:.2f} {y - 6:.2f}{side}{lower}", fill=colour)


def _read(value: float | None, interval: tuple[float, float] | None, language: Language) -> str:
    if value is None:
        return phrase("suppressed", language)
    margin = f" ({figure(interval, 'interval', language, 1)})" if interval else ""
    return figure(value, "percent", language) + margin
