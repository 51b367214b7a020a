"""The parts that the report card and the model card share: funnel, measures, stability, fingerprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.artefacts import fingerprint
from profiling.reporting.document import Block, Cell, Column, Note, Paragraph, Table
from profiling.reporting.text import date, figure, has_phrase, phrase, said, sentence
from profiling.vocabulary import Language

Part = Mapping[str, Any]
ROLES = ("model", "rival", "random", "ceiling")
MEASURE_KINDS = {"capture": ("percent", 1), "lift": ("decimal", 2), "auc": ("decimal", 3)}

CARD_KEYS = (
    "profile.name",
    "profile.version",
    "snapshot",
    "base.name",
    "base.households",
    "cutoff.kind",
    "cutoff.value",
    "cutoff.households",
    "cutoff.penetration",
)


def pair(value: Any) -> tuple[float, float] | None:
    """An interval given as a list of two numbers."""
    return None if value is None or any(each is None for each in value) else (float(value[0]), float(value[1]))


def known(prefix: str, key: str, language: Language) -> str:
    """The built-in word for a key, or the key itself."""
    name = f"card.{prefix}_{key}"
    return phrase(name, language) if has_phrase(name) else key


def cutoff_text(card: Part, language: Language) -> str:
    """ "the highest 11% of the base", and what happens to ties."""
    cutoff = card["cutoff"]
    kinds = {"depth": ("percent", 1), "count": ("count", 0), "score": ("decimal", 4)}
    kind, places = kinds.get(cutoff["kind"], ("decimal", 2))
    value = figure(cutoff["value"], kind, language, places)  # type: ignore[arg-type]
    text = sentence(phrase(f"card.cutoff_{cutoff['kind']}", language, value=value)) + "."
    ties = said(cutoff.get("ties"), language)
    return f"{text} {ties}" if ties else text


def step_title(step: Part, language: Language) -> str:
    """What a step of the funnel is called."""
    return said(step.get("title"), language) or known("step", step["step"], language)


def funnel(reference: Part, language: Language) -> Table:
    """The reference group's funnel: what was left after each step, and what dropped out."""
    rows: list[tuple[Cell, ...]] = []
    for step in reference["funnel"]:
        dropped = "; ".join(
            f"{said(each['reason'], language)} ({figure(each['count'], 'count', language)})"
            for each in step.get("dropped", [])
        )
        rows.append(
            (
                step_title(step, language),
                step["count"],
                known("unit", said(step.get("unit"), language), language),
                dropped,
            )
        )
    columns = (
        Column(phrase("card.step", language)),
        Column(phrase("card.left", language), "count"),
        Column(phrase("card.of", language)),
        Column(phrase("card.dropped", language)),
    )
    return Table(phrase("card.funnel", language), columns, tuple(rows))


def reference_text(reference: Part, card: Part, language: Language) -> list[Block]:
    """Where the reference group comes from and what it was set against."""
    blocks: list[Block] = []
    if said(reference.get("title"), language):
        blocks.append(Paragraph(said(reference["title"], language)))
    window, sources = reference.get("window"), ", ".join(reference.get("sources", []))
    if window:
        start, end = (date(each, language) for each in window)
        blocks.append(Paragraph(phrase("card.window", language, start=start, end=end, sources=sources or "–")))
    elif reference.get("as_of"):
        blocks.append(Paragraph(phrase("card.as_of", language, day=date(reference["as_of"], language))))
    if said(card.get("contrast"), language):
        blocks.append(Paragraph(phrase("card.contrast", language, contrast=said(card["contrast"], language))))
    return blocks


def by_role(models: Sequence[Part]) -> list[Part]:
    """The model first, then rivals, the draw by lot, the ceiling."""
    return sorted(models, key=lambda each: ROLES.index(each["role"]) if each["role"] in ROLES else len(ROLES))


def measures(models: Sequence[Part], language: Language) -> Table:
    """Every measure of every model with its interval, n, folds and split.

    Values keep their own scale (% for capture, times for lift), so the column is text made per row.
    """
    rows: list[tuple[Cell, ...]] = []
    for model in by_role(models):
        title = said(model.get("title"), language, model["name"])
        name = f"{title} ({known('role', model['role'], language)})"
        for each in model["measures"]:
            kind, places = MEASURE_KINDS.get(each["measure"], ("decimal", 3))
            written = figure(each["value"], kind, language, places)  # type: ignore[arg-type]
            margin = figure(pair(each.get("interval")), "interval", language, places)
            measure = (
                phrase(each["measure"], language)
                if each["measure"] in ("capture", "lift")
                else known("measure", each["measure"], language)
            )
            split = known("split", said(each.get("split"), language), language)
            rows.append((name, measure, each.get("depth"), written, margin, each.get("n"), each.get("folds"), split))
            name = ""
    filled = [(previous_name(rows, number), *row[1:]) for number, row in enumerate(rows)]
    columns = (
        Column(phrase("card.model", language)),
        Column(phrase("card.measure", language)),
        Column(phrase("card.at_depth", language), "percent", 0),
        Column(phrase("card.value", language), "decimal"),
        Column(sentence(phrase("interval", language)), "decimal"),
        Column("n", "count"),
        Column(phrase("card.folds", language), "count"),
        Column(phrase("card.split", language)),
    )
    return Table(phrase("card.measures_table", language), columns, tuple(filled))


def previous_name(rows: Sequence[tuple[Cell, ...]], number: int) -> Cell:
    """The nearest name at or above a row: a screen reader must hear it in every row."""
    return next(rows[each][0] for each in range(number, -1, -1) if rows[each][0])


def stability(card: Part, language: Language) -> list[Block]:
    """Jaccard over bags in words and as a table, or that it was not measured."""
    found = card.get("stability")
    if not found or found.get("jaccard") is None:
        return [Note(phrase("card.unmeasured", language), (phrase("card.not_measured", language),), "caution")]
    jaccard = found["jaccard"]
    written = figure(jaccard, "decimal", language, 2)
    interval = pair(found.get("interval"))
    if interval:
        written += f" ({figure(interval, 'interval', language, 2)})"
    # Two sets of the same size with Jaccard J share 2J / (1 + J) of either.
    shared = figure(100 * 2 * jaccard / (1 + jaccard), "percent", language, 0)
    blocks: list[Block] = [
        Paragraph(
            phrase("card.stability_text", language, bags=figure(found.get("bags"), "count", language), jaccard=written)
        ),
        Paragraph(phrase("card.stability_shared", language, shared=shared)),
    ]
    if found.get("by_depth"):
        columns = (
            Column(sentence(phrase("depth", language)), "percent", 0),
            Column("Jaccard", "decimal"),
            Column(sentence(phrase("interval", language)), "interval", 2),
        )
        rows = tuple((each["depth"], each["jaccard"], pair(each.get("interval"))) for each in found["by_depth"])
        blocks.append(Table(phrase("card.stability_table", language), columns, rows))
    return blocks


def fingerprints(card: Part, language: Language) -> list[Block]:
    """What the profile was made of: hashes, versions, seed."""
    blocks: list[Block] = []
    if card.get("fingerprints"):
        columns = (Column(phrase("card.what", language)), Column(phrase("card.fingerprint", language)))
        rows = tuple(
            (name, value if isinstance(value, str) else fingerprint(value))
            for name, value in sorted(card["fingerprints"].items())
        )
        blocks.append(Table(phrase("card.fingerprints_caption", language), columns, rows))
    if card.get("versions"):
        versions = ", ".join(f"{name} {version}" for name, version in sorted(card["versions"].items()))
        blocks.append(
            Paragraph(phrase("card.versions", language, versions=versions, seed=card.get("seed", "–")), "small")
        )
    return blocks


def bias(card: Part, language: Language) -> tuple[str, ...]:
    """The known bias: the card's own text, or the built-in one about library members."""
    own = said(card.get("bias"), language)
    return (own or phrase("card.bias_text", language), phrase("card.bias_measures", language))


def accountability(card: Part, language: Language) -> tuple[tuple[str, str], ...]:
    """The footer."""
    profile, base = card["profile"], card["base"]
    alias = profile.get("alias")
    lines = [
        (phrase("profile", language), f"{profile['name']} · {phrase('version', language)} {profile['version']}"),
        (phrase("card.status", language), phrase(alias, language) if alias else phrase("registered", language)),
        (
            phrase("compared", language),
            f"{said(base['name'], language)} ({figure(base['households'], 'count', language)})",
        ),
        (phrase("snapshot", language), date(card["snapshot"], language)),
    ]
    if said(profile.get("made_by"), language):
        lines.append((phrase("made_by", language), said(profile["made_by"], language)))
    if said(profile.get("contact"), language):
        lines.append((phrase("contact", language), said(profile["contact"], language)))
    return tuple(lines)
