"""The page of a segmentation: segments on the two axes, their sizes, how stable they are, and what they explain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiling.population.scheme import SegmentScheme
from profiling.reporting.axes_chart import Place, axes_chart
from profiling.reporting.document import (
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Paragraph,
    Table,
)
from profiling.reporting.required import require
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language

REQUIRED = ("units", "households", "segments", "sub.explained", "main.explained", "variables.n", "axes.age")
SHOWN = 20

Part = Mapping[str, Any]


def segmentation_page(
    report: Part, scheme: SegmentScheme, coverage: Part, *, language: Language = "nl", made_by: str = ""
) -> Document:
    """One page about a segmentation, for who decides whether to use it.

    Parameters
    ----------
    report : `Segmentation.report`.
    coverage : how households or areas became units (coverage.json).

    Raises
    ------
    ArtefactError
        When the report lacks what the page cannot do without.
    """
    require(report, REQUIRED, "the report of the segmentation")
    names = [each.nl for each in scheme.main] + [each.nl for each in scheme.sub]
    proposals = sum("(voorstel)" in name for name in names)
    blocks: list[Block] = [
        KeyFigures(
            (
                KeyFigure(phrase("segmentation.main", language), len(scheme.main)),
                KeyFigure(phrase("segmentation.sub", language), len(scheme.sub)),
                KeyFigure(phrase("segmentation.units", language), report["units"]),
                KeyFigure(phrase("households", language), round(report["households"])),
                KeyFigure(phrase("segmentation.variables", language), report["variables"]["n"]),
            )
        ),
        Heading(phrase("segmentation.axes", language)),
        _axes(report, scheme, language),
        Heading(phrase("segmentation.segments", language)),
        _segments(report, scheme, language),
        Heading(phrase("segmentation.quality", language)),
        *_quality(report, language),
        Heading(phrase("segmentation.coverage", language)),
        _coverage(coverage, language),
        *([] if "refresh" not in report else _refresh(report["refresh"], language)),
        Heading(phrase("segmentation.explained", language)),
        _explained(report, language),
    ]
    return Document(
        title=(scheme.nl if language == "nl" else scheme.en) or scheme.name,
        subtitle=phrase("segmentation.subtitle", language),
        language=language,
        kicker=phrase("segmentation.kicker", language),
        notice=phrase("segmentation.notice", language, n=proposals) if proposals else "",
        blocks=tuple(blocks),
        accountability=((phrase("made_by", language), made_by),) if made_by else (),
    )


def _axes(report: Part, scheme: SegmentScheme, language: Language) -> Chart:
    total = report["households"]
    places = [
        Place(
            row["code"], scheme.title(row["code"], language), row["age"], row["wealth"], 100 * row["households"] / total
        )
        for row in report["segments"]
    ]
    title = phrase("segmentation.axes", language)
    svg = axes_chart(places, title=title, language=language)
    columns = (
        Column(phrase("segment", language)),
        Column(phrase("segmentation.axis_age", language), "decimal", 0),
        Column(phrase("segmentation.axis_wealth", language), "decimal", 0),
    )
    table = Table(title, columns, tuple((each.label, each.age, each.wealth) for each in places))
    return Chart(svg, phrase("segmentation.axes_caption", language), table)


def _segments(report: Part, scheme: SegmentScheme, language: Language) -> Table:
    rows: list[tuple[Cell, ...]] = []
    total = report["households"]
    for main in scheme.main:
        inside = [row for row in report["segments"] if row["main"] == main.code]
        n = sum(row["households"] for row in inside)
        title = scheme.main_title(main.code, language)
        rows.append((title, round(n), 100 * n / total, *_middle(inside)))
        for row in inside:
            share = 100 * row["households"] / total
            rows.append(
                ("— " + scheme.title(row["code"], language), round(row["households"]), share, row["age"], row["wealth"])
            )
    columns = (
        Column(phrase("segment", language)),
        Column(phrase("households", language), "count"),
        Column(phrase("segmentation.part", language), "percent"),
        Column(phrase("segmentation.axis_age", language), "decimal", 0),
        Column(phrase("segmentation.axis_wealth", language), "decimal", 0),
    )
    return Table("", columns, tuple(rows))


def _middle(rows: list[Part]) -> tuple[float, float]:
    n = sum(row["households"] for row in rows)
    age, wealth = (sum(row[axis] * row["households"] for row in rows) / n for axis in ("age", "wealth"))
    return age, wealth


def _quality(report: Part, language: Language) -> list[Block]:
    stability = report.get("stability") or {}
    rows: list[tuple[Cell, ...]] = []
    for key, decimals in (("explained", 1), ("silhouette", 0), ("smallest_share", 1), ("largest_share", 1)):
        kind = "decimal" if key == "silhouette" else "percent"
        shown = [
            figure(report[level][key], "decimal", language, 2)
            if kind == "decimal"
            else figure(100 * report[level][key], "percent", language, decimals)
            for level in ("main", "sub")
        ]
        rows.append((phrase(f"segmentation.measure_{key}", language), *shown))
    for key in ("bootstrap", "held_out"):
        said = stability.get(key)
        if said:
            shown = [_agreement(said[level], language) for level in ("main", "sub")]
            rows.append((phrase(f"segmentation.measure_{key}", language, n=len(said["sub"]["values"])), *shown))
    columns = (
        Column(phrase("segmentation.measure", language)),
        Column(phrase("segmentation.main", language), "decimal"),
        Column(phrase("segmentation.sub", language), "decimal"),
    )
    notes = tuple(phrase(f"segmentation.read_{key}", language) for key in ("rand", "explained", "silhouette"))
    return [
        Table("", columns, tuple(rows)),
        Note(phrase("segment.read", language), notes),
    ]


def _agreement(said: Part, language: Language) -> str:
    mean, lowest = (figure(said[key], "decimal", language, 2) for key in ("mean", "lowest"))
    return phrase("segmentation.agreement", language, mean=mean, lowest=lowest)


def _coverage(coverage: Part, language: Language) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for key in ("households", "in_a_section", "without_address", "areas", "without_households", "units", "sections"):
        if key in coverage:
            rows.append((phrase(f"segmentation.covered_{key}", language), round(coverage[key])))
    size = coverage.get("size") or {"smallest": coverage.get("smallest", 0)}
    for key in ("smallest", "median", "largest"):
        if key in size:
            rows.append((phrase(f"segmentation.size_{key}", language), round(size[key])))
    filled = coverage.get("filled_from_larger_areas", {})
    note = ""
    if filled:
        parts = [f"{name} {figure(100 * part, 'percent', language)}" for name, part in filled.items()]
        note = phrase("segmentation.filled", language, parts=", ".join(parts))
    columns = (Column(phrase("segmentation.what", language)), Column(phrase("n", language), "count"))
    return Table("", columns, tuple(rows), note)


def _refresh(refresh: Part, language: Language) -> list[Block]:
    said = {key: figure(100 * refresh[key], "percent", language) for key in ("compared", "moved", "moved_main")}
    agreement = figure(refresh["agreement"], "decimal", language, 2)
    lines = [phrase("segmentation.moved", language, **said, agreement=agreement)]
    for key in ("new", "gone"):
        if refresh[key]:
            lines.append(phrase(f"segmentation.codes_{key}", language, codes=", ".join(refresh[key])))
    return [Heading(phrase("segmentation.refresh", language)), *(Paragraph(line) for line in lines)]


def _explained(report: Part, language: Language) -> Table:
    found = report["variables"]["explained"]
    known = sorted(((value, name) for name, value in found.items() if value is not None), reverse=True)
    titles = report["variables"].get("titles", {})
    rows: list[tuple[Cell, ...]] = [
        (sentence(said(titles.get(name), language, name)), 100 * value) for value, name in known[:SHOWN]
    ]
    columns = (
        Column(phrase("segmentation.variable", language)),
        Column(phrase("segmentation.part_between", language), "percent", 0),
    )
    mean = figure(100 * report["variables"]["explained_mean"], "percent", language, 0)
    return Table(
        "",
        columns,
        tuple(rows),
        phrase("segmentation.explained_note", language, mean=mean, n=len(known)),
    )
