"""Gains curves with a band, and calibration: lines in a square of percentages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profiling.reporting.document import Svg
from profiling.reporting.marks import SMALL, nice_step
from profiling.reporting.svg import INK, MUTED, RULE, SERIES, Canvas, coordinate, shorten
from profiling.reporting.text import figure, phrase
from profiling.vocabulary import Language

DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 2")
LEFT, TOP, BOTTOM = 46.0, 12.0, 44.0


@dataclass(frozen=True)
class GainsPoint:
    """At this depth (%) this part (%) of the group is found."""

    depth: float
    capture: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class GainsCurve:
    """A model's gains; the first curve of a chart is the model itself and gets the band."""

    name: str
    points: tuple[GainsPoint, ...]


@dataclass(frozen=True)
class CalibrationRow:
    """Households in one band of scores: what was predicted and what was found, both in %."""

    predicted: float
    observed: float
    n: int
    interval: tuple[float, float] | None = None


class Plane:
    """A canvas with a percentage axis below and at the left."""

    def __init__(
        self, canvas: Canvas, highest: tuple[float, float], names: tuple[str, str], language: Language
    ) -> None:
        self.canvas, self.highest = canvas, highest
        self.right, self.floor = canvas.width - 10, canvas.height - BOTTOM
        for share in range(5):
            across, up = highest[0] * share / 4, highest[1] * share / 4
            canvas.line(self.x(across), TOP, self.x(across), self.floor, colour=RULE)
            canvas.line(LEFT, self.y(up), self.right, self.y(up), colour=RULE)
            places = tuple(0 if each >= 4 and each % 4 == 0 else 1 for each in highest)
            canvas.text(
                self.x(across),
                self.floor + 14,
                figure(across, "decimal", language, places[0]),
                size=SMALL,
                anchor="middle",
                colour=MUTED,
            )
            canvas.text(
                LEFT - 6,
                self.y(up) + 4,
                figure(up, "decimal", language, places[1]),
                size=SMALL,
                anchor="end",
                colour=MUTED,
            )
        canvas.text((LEFT + self.right) / 2, canvas.height - 8, names[0], size=SMALL, anchor="middle", colour=INK)
        middle = (TOP + self.floor) / 2
        side = canvas.text(12, middle, names[1], size=SMALL, anchor="middle", colour=INK)
        side.set("transform", f"rotate(-90 12 {coordinate(middle)})")

    def x(self, value: float) -> float:
        return LEFT + value / self.highest[0] * (self.right - LEFT)

    def y(self, value: float) -> float:
        return self.floor - value / self.highest[1] * (self.floor - TOP)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{coordinate(self.x(x))} {coordinate(self.y(y))}" for x, y in points)


def gains_curves(
    curves: Sequence[GainsCurve],
    *,
    title: str,
    language: Language,
    cutoff: float | None = None,
    width: float = 680.0,
    height: float = 380.0,
) -> Svg:
    """How much of the group is found, going down the ranking; the diagonal is a draw by lot.

    Parameters
    ----------
    cutoff : depth in % at which the profile ends; drawn as an upright line.
    """
    reads = "; ".join(
        f"{each.name}: "
        + ", ".join(
            f"{figure(at.depth, 'percent', language, 0)} → {figure(at.capture, 'percent', language)}"
            for at in each.points
        )
        for each in curves
    )
    canvas = Canvas(width, height, title, reads)
    deepest = max([at.depth for each in curves for at in each.points], default=100.0)
    reach = (deepest, 100.0)
    plane = Plane(canvas, reach, (phrase("depth_axis", language), phrase("capture_axis", language)), language)
    canvas.line(plane.x(0), plane.y(0), plane.x(deepest), plane.y(deepest), colour="#8b949c", width=1.2, dash="1 4")
    if curves and all(at.interval for at in curves[0].points) and curves[0].points:
        lows = [(at.depth, at.interval[0]) for at in curves[0].points if at.interval]
        highs = [(at.depth, at.interval[1]) for at in curves[0].points if at.interval]
        canvas.add(
            "path", class_="band", d=plane.path([*highs, *reversed(lows)]) + "Z", fill=SERIES[0], fill_opacity=0.18
        )
    if cutoff is not None and cutoff <= deepest:
        canvas.line(plane.x(cutoff), TOP, plane.x(cutoff), plane.floor, colour=INK, width=1, dash="3 3")
        said = f"{phrase('cutoff_here', language)} {figure(cutoff, 'percent', language)}"
        canvas.text(plane.x(cutoff) + 5, TOP + 12, said, size=SMALL)
    for number, curve in reversed(list(enumerate(curves))):
        points = [(0.0, 0.0), *((at.depth, at.capture) for at in curve.points if at.depth > 0)]
        line = canvas.add(
            "path", class_="curve", d=plane.path(points), fill="none", stroke=SERIES[number % len(SERIES)]
        )
        line.set("stroke-width", "2.6" if number == 0 else "1.8")
        line.set("stroke-linejoin", "round")
        if DASHES[number % len(DASHES)]:
            line.set("stroke-dasharray", DASHES[number % len(DASHES)])
    curve_legend(canvas, plane, [each.name for each in curves], phrase("at_random", language))
    return canvas.finish()


def calibration_dots(
    rows: Sequence[CalibrationRow], *, title: str, language: Language, width: float = 680.0, height: float = 340.0
) -> Svg:
    """Predicted against observed; on the diagonal the model's chances are right."""
    reads = "; ".join(_read_point(row, language) for row in rows)
    canvas = Canvas(width, height, title, reads)
    ends = [end for row in rows for end in (row.predicted, row.observed, *(row.interval or ()))]
    step = nice_step(max(ends, default=1.0), 4)
    reach = (step * 4, step * 4)
    plane = Plane(canvas, reach, (phrase("predicted", language), phrase("observed", language)), language)
    canvas.line(plane.x(0), plane.y(0), plane.x(reach[0]), plane.y(reach[1]), colour="#8b949c", width=1.2, dash="1 4")
    for row in rows:
        if row.interval:
            low, high = (plane.y(end) for end in row.interval)
            canvas.line(plane.x(row.predicted), low, plane.x(row.predicted), high, colour=INK, width=1.3)
        dot = canvas.add("circle", cx=plane.x(row.predicted), cy=plane.y(row.observed), r=4.5, fill=SERIES[0])
        canvas.add("title", _read_point(row, language), dot)
    return canvas.finish()


def _read_point(row: CalibrationRow, language: Language) -> str:
    predicted, observed = (figure(each, "percent", language) for each in (row.predicted, row.observed))
    return f"{predicted} → {observed} (n = {figure(row.n, 'count', language)})"


def curve_legend(canvas: Canvas, plane: Plane, names: Sequence[str], random: str) -> None:
    """Below the diagonal, where no gains curve comes."""
    wide, lines = 210.0, len(names) + 1
    left, top = plane.right - wide - 8, plane.floor - 20.0 * lines - 10
    canvas.add("rect", x=left, y=top, width=wide, height=20.0 * lines + 4, fill="#ffffff", fill_opacity=0.92)
    for number, name in enumerate([*names, random]):
        y = top + 14 + 20.0 * number
        last = number == len(names)
        dash = "1 4" if last else DASHES[number % len(DASHES)]
        colour = "#8b949c" if last else SERIES[number % len(SERIES)]
        canvas.line(left + 8, y - 4, left + 38, y - 4, colour=colour, width=2.6 if number == 0 else 1.8, dash=dash)
        canvas.text(left + 46, y, shorten(name, wide - 52, SMALL), size=SMALL)
