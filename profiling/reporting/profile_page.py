"""The report card of a profile, for the data scientist who answers for it: from a plain dict to a document.

The dict's structure is described in `profiling/reporting/README.md`; parts that are absent are left out, except
where silence would flatter (stability, calibration): there the page says that it was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.reporting.area_blocks import areas
from profiling.reporting.card_blocks import (
    CARD_KEYS,
    accountability,
    bias,
    by_role,
    cutoff_text,
    fingerprints,
    funnel,
    known,
    measures,
    pair,
    reference_text,
    stability,
    step_title,
)
from profiling.reporting.charts import IndexRow, ShareRow, index_bars, share_dots
from profiling.reporting.check_blocks import checks
from profiling.reporting.curves import CalibrationRow, GainsCurve, GainsPoint, calibration_dots, gains_curves
from profiling.reporting.document import (
    SUPPRESSED,
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
    Svg,
    Table,
)
from profiling.reporting.driver_blocks import driver_rows, drivers_chart, sample_sentence
from profiling.reporting.polygons import Polygons
from profiling.reporting.required import require
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language

SHOWN_SEGMENTS = 15
OPTIONAL_PARTS = {
    "reference": ("reference.households", "reference.funnel[].step", "reference.funnel[].count"),
    "models": ("models[].name", "models[].role", "models[].measures[].measure", "models[].measures[].value"),
    "segments": ("segments.rows[].code",),
    "areas": ("areas.level", "areas.limits", "areas.rows[].code", "areas.rows[].class"),
    "calibration": ("calibration.rows[].predicted", "calibration.rows[].observed", "calibration.rows[].n"),
}

Part = Mapping[str, Any]


def needed(card: Part) -> tuple[str, ...]:
    """The keys that this card must have: the fixed ones, and those of every part that it has."""
    return (*CARD_KEYS, *(key for part, keys in OPTIONAL_PARTS.items() if card.get(part) for key in keys))


def profile_page(
    card: Part,
    *,
    language: Language = "nl",
    polygons: Polygons | None = None,
    shapes: Mapping[str, Polygons] | None = None,
) -> Document:
    """How a profile was made, how good it is and how certain that is.

    Parameters
    ----------
    card : see `profiling/reporting/README.md`.
    polygons : shapes of the areas in the card; without them the areas are a table only.
    shapes : level → shapes of the areas that outside figures are held against.

    Raises
    ------
    ArtefactError
        When the card lacks what the page cannot do without; all missing keys at once.
    """
    require(card, needed(card), "the report card")
    minimum = int(card.get("disclosure", {}).get("minimum", 10))
    profile = card["profile"]
    base = said(card["base"]["name"], language)
    blocks: list[Block] = []
    if said(profile.get("purpose"), language):
        blocks.append(Paragraph(said(profile["purpose"], language), "lead"))
    blocks += [_glance(card, base, language), Paragraph(cutoff_text(card, language))]
    blocks.append(
        Note(
            phrase("card.read", language),
            (
                phrase("card.read_index", language, base=base),
                phrase("card.read_margin", language),
                phrase("card.read_few", language, minimum=minimum),
            ),
        )
    )
    blocks += _reference(card, language)
    blocks += _models(card, language)
    blocks += [Heading(phrase("card.stability", language)), *stability(card, language)]
    blocks += checks(card, shapes or {}, language)
    blocks += _calibration(card, language)
    blocks += _segments(card, base, language)
    if card.get("areas"):
        blocks += [Heading(phrase("card.map", language)), *areas(card, base, polygons, language)]
    drivers = driver_rows(card.get("drivers") or {}, language)
    if drivers:
        blocks += [Heading(phrase("card.drivers", language)), Paragraph(phrase("card.drivers_note", language))]
        blocks.append(drivers_chart(drivers, language, width=680.0))
        blocks += [Paragraph(text) for text in sample_sentence(card["drivers"], language)]
    blocks += [
        Heading(phrase("card.bias", language)),
        Note(phrase("card.bias_note", language), bias(card, language), "caution"),
    ]
    made_of = fingerprints(card, language)
    blocks += [Heading(phrase("card.fingerprints", language)), *made_of] if made_of else []
    return Document(
        title=said(profile.get("title"), language, profile["name"]),
        subtitle=phrase("card.subtitle", language),
        language=language,
        kicker=f"{phrase('card.card', language)} · {phrase('version', language)} {profile['version']}",
        notice=phrase("card.notice", language),
        blocks=tuple(blocks),
        accountability=accountability(card, language),
        minimum=minimum,
    )


def _glance(card: Part, base: str, language: Language) -> KeyFigures:
    cutoff, reference = card["cutoff"], card.get("reference")
    figures = [
        KeyFigure(phrase("card.in_profile", language), cutoff["households"]),
        KeyFigure(phrase("card.of_base", language, base=base), cutoff["penetration"], "percent"),
    ]
    if reference:
        minimum = reference.get("minimum")
        note = (
            ""
            if minimum is None
            else phrase("card.group_minimum", language, minimum=figure(minimum, "count", language))
        )
        figures.append(KeyFigure(phrase("card.in_group", language), reference["households"], note=note))
    model = next((each for each in card.get("models") or [] if each["role"] == "model"), None)
    for each in (model or {}).get("measures", []):
        if each["measure"] in ("capture", "lift"):
            kind, places = ("percent", 1) if each["measure"] == "capture" else ("decimal", 1)
            depth = figure(each.get("depth"), "percent", language, 0)
            label = phrase(f"card.{each['measure']}_at", language, depth=depth)
            margin = pair(each.get("interval"))
            note = figure(margin, "interval", language, places) if margin else ""
            figures.append(KeyFigure(label, each["value"], kind, places, note))  # type: ignore[arg-type]
    jaccard = (card.get("stability") or {}).get("jaccard")
    figures.append(KeyFigure(phrase("card.jaccard", language), jaccard, "decimal", 2))
    return KeyFigures(tuple(figures))


def _reference(card: Part, language: Language) -> list[Block]:
    reference = card.get("reference")
    if not reference:
        return []
    steps = tuple(
        KeyFigure(
            step_title(step, language), step["count"], note=known("unit", said(step.get("unit"), language), language)
        )
        for step in reference["funnel"]
    )
    text = reference_text(reference, card, language)
    return [Heading(phrase("card.reference", language)), *text, KeyFigures(steps, "steps"), funnel(reference, language)]


def gains_figure(models: Sequence[Part], depth: float | None, *, language: Language = "nl") -> Svg:
    """Gains curves of a model and its rivals, from the "models" of a card; `depth` in % is drawn as the cut-off."""
    title = phrase("card.gains", language)
    return gains_curves(_curves(models, language), title=title, language=language, cutoff=depth)


def _curves(models: Sequence[Part], language: Language) -> list[GainsCurve]:
    return [
        GainsCurve(
            # What a model is stands behind a colon in the table above; a legend has room for what it is called.
            said(model.get("title"), language, model["name"]).partition(":")[0],
            tuple(GainsPoint(at["depth"], at["capture"], pair(at.get("interval"))) for at in model["gains"]),
        )
        for model in by_role(models)
        if model.get("gains") and model["role"] != "random"
    ]


def _models(card: Part, language: Language) -> list[Block]:
    models = card.get("models")
    if not models:
        return []
    blocks: list[Block] = [
        Heading(phrase("card.measures", language)),
        Paragraph(phrase("card.measures_lead", language)),
    ]
    blocks.append(measures(models, language))
    curves = _curves(models, language)
    if curves:
        svg = gains_figure(models, card["cutoff"]["penetration"], language=language)
        depths = sorted({at.depth for curve in curves for at in curve.points})
        found = {(curve.name, at.depth): at for curve in curves for at in curve.points}
        columns = [Column(sentence(phrase("depth", language)), "percent", 0)]
        columns += [Column(curve.name, "percent") for curve in curves]
        columns.append(Column(f"{phrase('interval', language)}: {curves[0].name}", "interval", 1))
        rows: list[tuple[Cell, ...]] = []
        for at_depth in depths:
            points = [found.get((curve.name, at_depth)) for curve in curves]
            cells = [point.capture if point else None for point in points]
            rows.append((at_depth, *cells, points[0].interval if points[0] else None))
        table = Table(phrase("card.gains_table", language), tuple(columns), tuple(rows))
        blocks += [
            Heading(phrase("card.gains", language), 3),
            Chart(svg, phrase("card.gains_caption", language), table),
        ]
    return blocks


def _calibration(card: Part, language: Language) -> list[Block]:
    calibration = card.get("calibration")
    heading = Heading(phrase("card.calibration", language))
    if not calibration or not calibration.get("rows"):
        return [
            heading,
            Note(phrase("card.unmeasured", language), (phrase("card.not_measured", language),), "caution"),
        ]
    rows = [
        CalibrationRow(each["predicted"], each["observed"], each["n"], pair(each.get("interval")))
        for each in calibration["rows"]
    ]
    svg = calibration_dots(rows, title=phrase("card.calibration", language), language=language)
    columns = (
        Column(phrase("card.predicted", language), "percent"),
        Column(phrase("card.observed", language), "percent"),
        Column(sentence(phrase("interval", language)), "interval", 1),
        Column("n", "count"),
    )
    table = Table(
        phrase("card.calibration_table", language),
        columns,
        tuple((row.predicted, row.observed, row.interval, row.n) for row in rows),
    )
    note = said(calibration.get("note"), language)
    return [
        heading,
        *([Paragraph(note)] if note else []),
        Chart(svg, phrase("card.calibration_caption", language), table),
    ]


def _segment_title(row: Part, language: Language) -> str:
    """Code and name; and that nothing can be seen of it, where such households hardly ever are members."""
    title = f"{row['code']} · {row['name']}" if row.get("name") else str(row["code"])
    return f"{title} ({phrase('not_observable', language)})" if row.get("class") == "not_observable" else title


def _segments(card: Part, base: str, language: Language) -> list[Block]:
    segments = card.get("segments")
    if not segments:
        return []
    known_first = sorted(
        segments["rows"], key=lambda row: (bool(row.get("suppressed")), -(row.get("index") or 0.0), row["code"])
    )
    titles = {row["code"]: _segment_title(row, language) for row in known_first}
    shown = [row for row in known_first if not row.get("suppressed")][:SHOWN_SEGMENTS]
    columns = (
        Column(sentence(phrase("segment", language))),
        Column("n", "count"),
        Column(sentence(phrase("penetration", language)), "percent"),
        Column(sentence(phrase("share", language)), "percent"),
        Column(sentence(phrase("base_share", language)), "percent"),
        Column("Index", "index", 1),
        Column(sentence(phrase("interval", language)), "interval", 1),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in known_first:
        if row.get("suppressed"):
            rows.append((titles[row["code"]], SUPPRESSED, None, None, None, None, None))
        else:
            figures = [row.get(key) for key in ("n", "penetration", "share", "base_share", "index")]
            rows.append((titles[row["code"]], *figures, pair(row.get("interval"))))
    table = Table(phrase("card.segments_table", language), columns, tuple(rows))
    bars = [IndexRow(titles[row["code"]], row.get("index"), pair(row.get("interval")), row.get("n")) for row in shown]
    dots = [ShareRow(titles[row["code"]], row.get("share"), row.get("base_share")) for row in shown]
    title = phrase("card.segments", language)
    caption = phrase("card.segments_caption", language, count=len(shown))
    shares = Table(
        phrase("card.shares", language),
        (columns[0], columns[3], columns[4]),
        tuple((row[0], row[3], row[4]) for row in rows),
    )
    blocks: list[Block] = [Heading(title)]
    blocks.append(Chart(index_bars(bars, title=title, language=language, base=base), caption, table))
    if any(row.share is not None and row.base_share is not None for row in dots):
        picture = share_dots(dots, title=phrase("card.shares", language), language=language)
        blocks.append(Chart(picture, phrase("card.shares_caption", language), shares))
    return blocks
