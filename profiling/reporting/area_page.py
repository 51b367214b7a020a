"""The page of an area analysis: figures, map, areas and segments of one profile, or several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from profiling.publish.area import AreaAnalysis, ProfileInArea
from profiling.publish.figures import as_rows
from profiling.reporting.area_tables import area_table, figures_of, segment_chart, segment_table, side_by_side
from profiling.reporting.document import (
    Block,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Map,
    Note,
    Paragraph,
)
from profiling.reporting.maps import Area, MapFacts, Measure, choropleth
from profiling.reporting.polygons import Polygons
from profiling.reporting.text import date, figure, phrase, said, sentence
from profiling.vocabulary import Language


def area_page(
    analysis: AreaAnalysis,
    *,
    language: Language = "nl",
    polygons: Polygons | None = None,
    measure: Measure = "index",
    most_rows: int | None = None,
) -> Document:
    """The document of an area analysis.

    Parameters
    ----------
    polygons : of the level of the analysis; no map without them.
    measure : what the map shows, as in `area_map`.
    most_rows : how many areas the table shows, those with the highest index; all of them when left out.
    """
    blocks: list[Block] = []
    if len(analysis.profiles) > 1:
        blocks += [Heading(phrase("area.side_by_side", language)), side_by_side(analysis, language)]
    for each in analysis.profiles:
        several = len(analysis.profiles) > 1
        blocks += profile_blocks(
            analysis, each, language, polygons, several=several, measure=measure, most_rows=most_rows
        )
    if analysis.notes:
        blocks.append(
            Note(phrase("area.notes", language), tuple(said(each, language) for each in analysis.notes), "caution")
        )
    first = analysis.profiles[0]
    return Document(
        title=said(first.title, language) if len(analysis.profiles) == 1 else said(analysis.selection.title, language),
        subtitle=phrase(
            "area.subtitle",
            language,
            selection=said(analysis.selection.title, language),
            level=phrase(analysis.level, language),
            base=said(analysis.base.title, language),
        ),
        language=language,
        kicker=phrase("area.kicker", language),
        notice=phrase("area.notice", language),
        blocks=tuple(blocks),
        accountability=accountability(analysis, language),
        minimum=first.minimum,
    )


def area_map(
    analysis: AreaAnalysis,
    profile: ProfileInArea,
    polygons: Polygons,
    language: Language,
    *,
    measure: Measure = "index",
    most_rows: int | None = None,
) -> tuple[Map, int]:
    """The map of one profile, and the number of areas without a shape.

    Parameters
    ----------
    measure : index, penetration (the classes of the index, with limits in per cent) or count (cut into thirds).
    most_rows : as in `area_page`.
    """
    found = [map_area(row) for row in as_rows(profile.areas)]
    limits = profile.limits
    if measure == "penetration":
        limits = (limits[0] * profile.base_penetration / 100, limits[1] * profile.base_penetration / 100)
    if measure == "count":
        found, limits = _in_thirds(found)
    here = polygons.only({each.code for each in found})
    title = phrase(
        "area.map_title", language, profile=said(profile.title, language), level=phrase(analysis.level, language)
    )
    total = profile.total.iloc[0]
    facts = MapFacts(
        limits=limits,
        measure=measure,
        base=said(analysis.base.title, language),
        n=None if total["suppressed"] else int(total["n_profile"]),
        snapshot=analysis.snapshot,
    )
    drawn = choropleth(found, here, facts, title=title, language=language)
    shown, hint = area_table(analysis, profile, language, most_rows), phrase("area.map_caption", language)
    return Map(drawn, f"{title}.", shown, hint), len(found) - len(here)


def _in_thirds(found: list[Area]) -> tuple[list[Area], tuple[float, float]]:
    """Areas in three classes by their number of profile households, and the limits between them."""
    counts = sorted(each.n for each in found if each.n is not None)
    if not counts:
        return found, (0.0, 0.0)
    low, high = counts[len(counts) // 3], counts[(2 * len(counts)) // 3]
    classes = [
        each.map_class if each.n is None else "below" if each.n < low else "above" if each.n > high else "average"
        for each in found
    ]
    return [replace(each, map_class=name) for each, name in zip(found, classes, strict=True)], (low, high)


def map_area(row: Mapping[str, Any]) -> Area:
    """A row of areas as the map takes it."""
    hidden = bool(row["suppressed"])
    return Area(
        str(row["code"]),
        str(row["name"]),
        "suppressed" if hidden else str(row["map_class"]),
        n=None if hidden else int(row["n_profile"]),
        penetration=None if hidden else float(row["penetration"]),
        index=None if hidden else float(row["index"]),
        interval=None if hidden else (float(row["index_low"]), float(row["index_high"])),
    )


def profile_blocks(
    analysis: AreaAnalysis,
    profile: ProfileInArea,
    language: Language,
    polygons: Polygons | None,
    *,
    several: bool = False,
    measure: Measure = "index",
    most_rows: int | None = None,
) -> list[Block]:
    """What is said of one profile: sentence, figures, map or table of areas, segments, how to read it."""
    blocks: list[Block] = [Heading(said(profile.title, language))] if several else []
    blocks += [Paragraph(_lead(analysis, profile, language), "lead"), _key_figures(profile, language)]
    blocks.append(Heading(phrase("area.areas", language), 3 if several else 2))
    if polygons is None:
        blocks.append(area_table(analysis, profile, language, most_rows))
    else:
        drawn, missing = area_map(analysis, profile, polygons, language, measure=measure, most_rows=most_rows)
        blocks.append(drawn)
        if missing:
            count = figure(missing, "count", language)
            blocks.append(Paragraph(phrase("area.map_missing", language, count=count), "small"))
    if len(profile.main):
        blocks.append(Heading(phrase("area.segments", language), 3 if several else 2))
        blocks.append(segment_chart(analysis, profile, language))
        blocks.append(segment_table(profile, profile.sub, phrase("area.sub_table", language), language))
    blocks.append(_how(analysis, profile, language))
    return blocks


def _lead(analysis: AreaAnalysis, profile: ProfileInArea, language: Language) -> str:
    row = profile.total.iloc[0]
    names = {"selection": said(analysis.selection.title, language), "profile": said(profile.title, language)}
    if row["suppressed"]:
        return phrase("area.lead_hidden", language, **names)
    return phrase(
        "area.lead",
        language,
        **names,
        n=figure(int(row["n_profile"]), "count", language),
        n_base=figure(int(row["n_base"]), "count", language),
        penetration=figure(float(row["penetration"]), "percent", language),
        index=figure(float(row["index"]), "index", language, 1),
        times=times(float(row["index"]), language),
        base=said(analysis.base.title, language),
    )


def times(index: float, language: Language) -> str:
    """An index in words: "1,5 keer zo vaak als"; "ongeveer even vaak als" from 95 to 105."""
    if 95.0 <= index <= 105.0:
        return phrase("area.times_same", language)
    return phrase("area.times_more", language, factor=figure(index / 100.0, "decimal", language, 1))


def _key_figures(profile: ProfileInArea, language: Language) -> KeyFigures:
    cells = figures_of(as_rows(profile.total)[0])
    interval = cells["interval"]
    note = ""
    if isinstance(interval, tuple):
        note = phrase("area.index_note", language, interval=figure(interval, "interval", language))
    return KeyFigures(
        (
            KeyFigure(phrase("area.in_profile", language), cells["n_profile"]),
            KeyFigure(phrase("area.households", language), cells["n_base"]),
            KeyFigure(sentence(phrase("penetration", language)), cells["penetration"], "percent"),
            KeyFigure("Index", cells["index"], "index", 1, note),
        )
    )


def _how(analysis: AreaAnalysis, profile: ProfileInArea, language: Language) -> Note:
    base = said(analysis.base.title, language)
    overall = figure(profile.base_penetration, "percent", language)
    items = [
        phrase("area.how_1", language),
        phrase("area.how_2", language, base=base, penetration=overall),
        phrase("area.how_3", language),
    ]
    shown = [row for row in as_rows(profile.main) if not row["suppressed"]]
    if shown:
        top = min(shown, key=lambda row: (-row["penetration"], row["code"]))
        items.append(
            phrase(
                "area.highest",
                language,
                segment=f"{top['code']} {top['name']}".strip(),
                penetration=figure(float(top["penetration"]), "percent", language),
                index=figure(float(top["index"]), "index", language, 1),
            )
        )
    if (profile.main["estimated"].fillna(0) > 0).any() or (profile.areas["estimated"].fillna(0) > 0).any():
        items.append(phrase("area.estimated_note", language))
    return Note(phrase("area.how", language), tuple(items))


def accountability(analysis: AreaAnalysis, language: Language) -> tuple[tuple[str, str], ...]:
    """What stands under the page: profiles and versions, base, date, area codes, small numbers."""
    versions = "; ".join(f"{said(each.title, language)} ({each.name} {each.version})" for each in analysis.profiles)
    households = figure(analysis.profiles[0].base_households, "count", language)
    rows = [
        (phrase("area.account_profile", language), versions),
        (
            phrase("area.account_base", language),
            f"{said(analysis.base.title, language)}: {households} {phrase('households', language)}",
        ),
        (phrase("snapshot", language), date(analysis.snapshot, language)),
        (phrase("area.account_codes", language), str(analysis.year or "–")),
        (
            phrase("area.account_hidden", language),
            phrase("area.account_hidden_text", language, minimum=analysis.profiles[0].minimum),
        ),
    ]
    return tuple(rows)
