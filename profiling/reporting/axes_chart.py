"""Segments on two axes: life phase from left to right, wealth upwards, and circles as large as their households."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from profiling.reporting.document import Svg
from profiling.reporting.marks import SMALL
from profiling.reporting.svg import MUTED, PAPER, RULE, Canvas
from profiling.reporting.text import figure, phrase
from profiling.vocabulary import Language

SHADES = ("#b9750c", "#8a6d00", "#5f7a1f", "#2e7d4f", "#0b5f6b", "#2d6aa3", "#5b4b9a", "#8a3f8f", "#a8325e", "#7a3b1d")
MUTED_FILL = "#c9d0d4"
SMALLEST, ROUNDS = 11.5, 80


@dataclass(frozen=True)
class Place:
    """A segment: its code, places from 0 to 100 on both axes, and its part of the households in %."""

    code: str
    label: str
    age: float
    wealth: float
    share: float


def axes_chart(
    places: Sequence[Place], *, title: str, language: Language, highlight: str = "", width: float = 680.0
) -> Svg:
    """Circles on the two axes.

    The scale runs over the places that occur. Circles that would cover each other are pushed aside, with a line to
    where they belong. One letter of the code has one colour, and the code stands in the circle.

    Parameters
    ----------
    highlight : code of the segment that a sheet is about; the others are grey then.
    """
    left, top, right, bottom = 46.0, 22.0, width - 16.0, width * 0.66
    reads = "; ".join(
        phrase("segmentation.axes_read", language, name=each.label, **_figures(each, language)) for each in places
    )
    canvas = Canvas(width, bottom + 40, title, reads)
    ages, wealths = _span([each.age for each in places]), _span([each.wealth for each in places])
    inset = width / 34.0

    def x(age: float) -> float:
        return left + inset + (age - ages[0]) / (ages[1] - ages[0]) * (right - left - 2 * inset)

    def y(wealth: float) -> float:
        return bottom - inset - (wealth - wealths[0]) / (wealths[1] - wealths[0]) * (bottom - top - 2 * inset)

    canvas.add("rect", x=left, y=top, width=right - left, height=bottom - top, fill="none", stroke=RULE)
    for value, low, high, place in ((50.0, *ages, "x"), (50.0, *wealths, "y")):
        if low < value < high:
            at = x(value) if place == "x" else y(value)
            ends = (at, top, at, bottom) if place == "x" else (left, at, right, at)
            canvas.line(*ends, colour=RULE, dash="4 4")
    _labels(canvas, left, top, right, bottom, language)
    letters = sorted({each.code[:1] for each in places})
    ordered = sorted(places, key=lambda one: (one.code == highlight, -one.share, one.code))
    largest = max(each.share for each in places)
    least = [SMALLEST / 3 if highlight not in ("", each.code) else SMALLEST for each in ordered]
    radii = [max(low, inset * math.sqrt(each.share / largest)) for low, each in zip(least, ordered, strict=True)]
    true = [(x(each.age), y(each.wealth)) for each in ordered]
    moved = true if highlight else _apart(true, radii)
    for each, radius, centre, came in zip(ordered, radii, moved, true, strict=True):
        muted = bool(highlight) and each.code != highlight
        colour = MUTED_FILL if muted else SHADES[letters.index(each.code[:1]) % len(SHADES)]
        if math.dist(centre, came) > 2.0:
            canvas.line(*came, *centre, colour=colour, width=1.4)
        group = canvas.add("g")
        said = phrase("segmentation.axes_read", language, name=each.label, **_figures(each, language))
        canvas.add("title", said, group)
        canvas.add(
            "circle", "", group, cx=centre[0], cy=centre[1], r=radius, fill=colour, stroke=PAPER, stroke_width=1.2
        )
        if not muted:
            canvas.text(centre[0], centre[1] + 3.5, each.code, size=9.8, anchor="middle", colour=PAPER, weight="700")
    return canvas.finish()


def _apart(centres: Sequence[tuple[float, float]], radii: Sequence[float]) -> list[tuple[float, float]]:
    """Push circles that cover each other aside, a little at a time; the same every time."""
    at = [list(centre) for centre in centres]
    for _ in range(ROUNDS):
        for i in range(len(at)):
            for j in range(i):
                dx, dy = at[i][0] - at[j][0], at[i][1] - at[j][1]
                distance = math.hypot(dx, dy)
                short = radii[i] + radii[j] + 0.8 - distance
                if short <= 0:
                    continue
                # Two in exactly one place go apart sideways.
                ux, uy = (dx / distance, dy / distance) if distance > 1e-9 else (1.0, 0.0)
                for one, sign in ((at[i], 0.25), (at[j], -0.25)):
                    one[0] += sign * short * ux
                    one[1] += sign * short * uy
    return [(x, y) for x, y in at]


def _labels(canvas: Canvas, left: float, top: float, right: float, bottom: float, language: Language) -> None:
    canvas.text(left, bottom + 15, phrase("segmentation.axis_young", language), size=SMALL, colour=MUTED)
    canvas.text(right, bottom + 15, phrase("segmentation.axis_old", language), size=SMALL, anchor="end", colour=MUTED)
    middle = (left + right) / 2
    canvas.text(middle, bottom + 30, phrase("segmentation.axis_age", language), size=12, anchor="middle", weight="700")
    for said, at, anchor in (("axis_poor", bottom, "start"), ("axis_rich", top, "end")):
        element = canvas.text(0, 0, phrase(f"segmentation.{said}", language), size=SMALL, anchor=anchor, colour=MUTED)
        element.set("transform", f"translate({left - 8:.1f} {at:.1f}) rotate(-90)")
    element = canvas.text(0, 0, phrase("segmentation.axis_wealth", language), size=12, anchor="middle", weight="700")
    element.set("transform", f"translate(14 {(top + bottom) / 2:.1f}) rotate(-90)")


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high - low > 1e-6 else (low - 1.0, high + 1.0)


def _figures(each: Place, language: Language) -> dict[str, str]:
    return {
        "age": figure(each.age, "decimal", language, 0),
        "wealth": figure(each.wealth, "decimal", language, 0),
        "share": figure(each.share, "percent", language),
    }
