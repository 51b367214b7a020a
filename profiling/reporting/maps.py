"""Choropleth maps as one SVG: three classes, "too few households" and "not observable", with legend and hover text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from xml.etree import ElementTree

from profiling.reporting.document import Kind, Svg
from profiling.reporting.polygons import Polygons, read_polygons, simplified
from profiling.reporting.svg import ABOVE, INK, MUTED, PAPER, TOO_FEW, Canvas, clean, coordinate, wrap
from profiling.reporting.text import date, figure, phrase, sentence
from profiling.vocabulary import Language

__all__ = ["Area", "MapFacts", "choropleth", "read_polygons"]

CLASSES = ("above", "average", "below", "not_observable", "suppressed")
SEEN = ("above", "average", "below")
UNSEEN = "#5b4b9a"
COLOURS = {"above": ABOVE, "average": "#dfe4e6", "below": "#ecc37f"}
LEGEND, MANY = 230.0, 2000
Measure: TypeAlias = Literal["index", "difference", "penetration", "count"]
KINDS: dict[Measure, Kind] = {"index": "index", "difference": "index", "penetration": "percent", "count": "count"}


@dataclass(frozen=True)
class Area:
    """What is known of one area. `map_class` is below, average, above, not_observable (hardly anybody like
    its households is ever a member) or suppressed (then the figures stay away)."""

    code: str
    name: str
    map_class: str
    n: int | None = None
    penetration: float | None = None
    index: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class MapFacts:
    """What stands in the legend: class limits, base, number of profile households, snapshot, the class rule.

    `measure` is what areas are coloured by: "index", the "difference" of two, "penetration", or the "count" of profile
    households; `limits` are in its unit. `counted` is what `n` counts: "n" for profile households, or "members".
    """

    limits: tuple[float, float]
    base: str
    n: int | None
    snapshot: str
    rule: str = ""
    measure: Measure = "index"
    counted: Literal["n", "members"] = "n"


def choropleth(
    areas: Sequence[Area],
    polygons: Polygons,
    facts: MapFacts,
    *,
    title: str,
    language: Language,
    width: float = 860.0,
    cells: int = 2400,
) -> Svg:
    """A map of the areas' classes.

    Areas without a polygon cannot be drawn: they stand in the table beside the map. Polygons without an area are
    drawn as "no data".

    Parameters
    ----------
    width : units of the viewBox; the legend takes the left part.
    cells : steps of the coordinate grid along the longest side; more is finer and larger.
    """
    known = {each.code: each for each in areas}
    paths, grid = simplified(polygons, cells=cells)
    room = width - LEGEND
    scale = min(room / grid.width, 1.25 * room / grid.height)
    height = max(grid.height * scale, 330.0)
    counts = Counter(each.map_class for each in areas)
    canvas = Canvas(width, height, title, _read(counts, facts, language))
    _legend(
        canvas,
        counts,
        facts,
        {**COLOURS, "not_observable": canvas.hatch(ink=UNSEEN), "suppressed": canvas.hatch()},
        language,
    )
    left = LEGEND + (room - grid.width * scale) / 2
    drawing = canvas.add("g", transform=f"translate({coordinate(left)} 0) scale({scale:.5f})", class_="areas")
    drawing.set("stroke-width", coordinate(0.7 / scale))
    drawing.set("fill-rule", "evenodd")
    groups: dict[str, ElementTree.Element] = {}
    for name, fill in {**COLOURS, "not_observable": TOO_FEW, "suppressed": TOO_FEW, "no_data": PAPER}.items():
        # A hairline in the area's own colour closes the seams that anti-aliasing leaves between many small neighbours.
        stroke = "#c3c9ce" if name == "no_data" else PAPER if len(polygons) < MANY else fill
        groups[name] = canvas.add("g", "", drawing, class_=name, fill=fill, stroke=stroke)
    hatched = {"not_observable": "", "suppressed": ""}
    for number, path in enumerate(paths):
        if path:
            area = known.get(polygons.codes[number])
            if area and area.map_class in hatched:
                hatched[area.map_class] += path
            shape = ElementTree.SubElement(
                groups[area.map_class if area else "no_data"], "path", {"d": path, "data-area": polygons.codes[number]}
            )
            hover = ElementTree.SubElement(shape, "title")
            hover.text = clean(_hover(area, polygons.codes[number], polygons.names[number], facts.measure, language))
    for name, hidden in hatched.items():
        if hidden:
            # One hatched path over all of them: a pattern per area takes a printer minutes.
            ink = UNSEEN if name == "not_observable" else None
            fill = canvas.hatch(0.7 / scale, ink=ink)
            canvas.add("path", "", drawing, class_="hatching", d=hidden, fill=fill, pointer_events="none")
    return canvas.finish()


def _hover(area: Area | None, code: str, name: str, measure: str, language: Language) -> str:
    name = (area.name if area else "") or name
    shown = f"{name} ({code})" if name else code
    if area is None:
        return f"{shown}: {phrase('no_data', language)}"
    if area.map_class == "suppressed":
        return f"{shown}: {phrase('too_few', language)}"
    if measure == "difference":
        return f"{shown}: {phrase('map.difference', language)} {figure(area.index, 'index', language)}"
    margin = f" ({figure(area.interval, 'interval', language)})" if area.interval else ""
    return (
        f"{shown}: n {figure(area.n, 'count', language)}, "
        f"{phrase('penetration', language)} {figure(area.penetration, 'percent', language)}, "
        f"index {figure(area.index, 'index', language)}{margin}"
    )


def limits_text(facts: MapFacts, map_class: str, language: Language) -> str:
    """What a class means, with its limits."""
    low, high = (figure(each, KINDS[facts.measure], language) for each in facts.limits)
    if map_class not in SEEN:
        return phrase("too_few" if map_class == "suppressed" else "map.unseen", language)
    stem = {"above": "more", "average": "between", "below": "less"}[map_class]
    return phrase(f"map.{'' if facts.measure == 'index' else f'{facts.measure}_'}{stem}", language, low=low, high=high)


def _legend(canvas: Canvas, counts: Counter[str], facts: MapFacts, fills: dict[str, str], language: Language) -> None:
    y = 12.0
    for name in CLASSES:
        if name not in SEEN and not counts[name]:
            continue
        canvas.add("rect", x=0.5, y=y, width=22, height=22, rx=3, fill=fills[name], stroke="#9aa5ae", stroke_width=0.6)
        title = f"map.count_{name}" if facts.measure == "count" and name in SEEN else name
        canvas.text(32, y + 9, sentence(phrase(title, language)), size=13, weight="700")
        canvas.text(32, y + 23, limits_text(facts, name, language), size=11, colour=MUTED)
        canvas.text(
            32,
            y + 37,
            _areas(counts[name], language),
            size=11,
            colour=MUTED,
        )
        y += 54
    rule = "map.rule" if facts.measure == "index" else f"map.{facts.measure}_rule"
    for line in wrap(facts.rule or phrase(rule, language), LEGEND - 30, 11, 4):
        canvas.text(0, y + 6, line, size=11, colour=MUTED)
        y += 14
    y += 14
    for key, value in (
        ("base", facts.base),
        (facts.counted, figure(facts.n, "count", language)),
        ("snapshot", date(facts.snapshot, language)),
    ):
        canvas.text(0, y + 6, phrase(f"map.{key}", language), size=11, colour=MUTED)
        for line in wrap(value, LEGEND - 30, 12.5, 2):
            y += 16
            canvas.text(0, y + 6, line, size=12.5, colour=INK, weight="600")
        y += 24


def _areas(n: int, language: Language) -> str:
    return f"{figure(n, 'count', language)} {phrase('map.area' if n == 1 else 'map.areas', language)}"


def _read(counts: Counter[str], facts: MapFacts, language: Language) -> str:
    parts = [f"{phrase(each, language)}: {_areas(counts[each], language)}" for each in CLASSES if counts[each]]
    base, snapshot = phrase("map.base", language), phrase("map.snapshot", language)
    return f"{'; '.join(parts)}. {base}: {facts.base}. {snapshot}: {date(facts.snapshot, language)}."
