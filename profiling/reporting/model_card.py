"""The model card: what the model is for, what it is not for, and how far to trust it; Markdown from a manifest.

The sections follow Mitchell et al. (2019), "Model Cards for Model Reporting", shortened to what applies to a
look-alike profile of households.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiling.reporting import markdown
from profiling.reporting.card_blocks import (
    CARD_KEYS,
    accountability,
    bias,
    cutoff_text,
    fingerprints,
    funnel,
    measures,
    reference_text,
    stability,
)
from profiling.reporting.check_blocks import checks
from profiling.reporting.document import (
    Block,
    Column,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Paragraph,
    Points,
    Table,
)
from profiling.reporting.required import require
from profiling.reporting.text import figure, phrase, phrases, said
from profiling.vocabulary import TERMS, Language

REQUIRED = (
    *CARD_KEYS,
    "reference.households",
    "reference.funnel[].step",
    "reference.funnel[].count",
    "models[].name",
    "models[].role",
    "models[].measures[].measure",
    "models[].measures[].value",
    "features.excluded",
)

Part = Mapping[str, Any]


def model_card(manifest: Part, *, language: Language = "nl") -> str:
    """The model card of a profile version as Markdown.

    Parameters
    ----------
    manifest : see `profiling/reporting/README.md`; the report card's dict with `features` serves as well.

    Raises
    ------
    ArtefactError
        When the manifest lacks what a model card cannot do without; all missing keys at once.
    """
    return markdown.render(model_card_document(manifest, language=language))


def model_card_document(manifest: Part, *, language: Language = "nl") -> Document:
    """The model card as a document, for any renderer."""
    require(manifest, REQUIRED, "the profile's manifest")
    profile, cutoff, reference = manifest["profile"], manifest["cutoff"], manifest["reference"]
    base = said(manifest["base"]["name"], language)
    calibration = said((manifest.get("calibration") or {}).get("note"), language)
    blocks: list[Block] = [
        *([Paragraph(said(profile["purpose"], language))] if said(profile.get("purpose"), language) else []),
        KeyFigures(
            (
                KeyFigure(phrase("card.in_profile", language), cutoff["households"]),
                KeyFigure(phrase("card.of_base", language, base=base), cutoff["penetration"], "percent"),
                KeyFigure(phrase("card.in_group", language), reference["households"]),
            )
        ),
        Paragraph(cutoff_text(manifest, language)),
        Heading(phrase("model_card.intended", language)),
        Points(_texts("intended_use", manifest.get("intended_use"), language)),
        Heading(phrase("model_card.out_of_scope", language)),
        Points(_texts("out_of_scope_use", manifest.get("out_of_scope"), language)),
        Heading(phrase("card.reference", language)),
        *reference_text(reference, manifest, language),
        funnel(reference, language),
        Heading(phrase("model_card.features", language)),
        *_features(manifest, language),
        Heading(phrase("card.measures", language)),
        Paragraph(phrase("card.measures_lead", language)),
        measures(manifest["models"], language),
        Heading(phrase("card.stability", language)),
        *stability(manifest, language),
        *checks(manifest, {}, language),
        Heading(phrase("card.calibration", language)),
        Paragraph(calibration or phrase("card.not_measured", language)),
        Heading(phrase("card.bias", language)),
        Points(bias(manifest, language)),
        Heading(phrase("model_card.limits", language)),
        Points(_texts("limit", manifest.get("limits"), language)),
    ]
    made_of = fingerprints(manifest, language)
    blocks += [Heading(phrase("card.fingerprints", language)), *made_of] if made_of else []
    return Document(
        title=said(profile.get("title"), language, profile["name"]),
        subtitle=f"{phrase('version', language)} {profile['version']}",
        kicker=phrase("card.model_card", language),
        language=language,
        notice=phrase("card.notice", language),
        blocks=tuple(blocks),
        accountability=accountability(manifest, language),
    )


def _texts(stem: str, added: Any, language: Language) -> tuple[str, ...]:
    return (*phrases(f"model_card.{stem}", language), *(said(each, language) for each in added or []))


def _channel(key: str, language: Language) -> str:
    return TERMS[key].name(language) if key in TERMS else key


def _features(manifest: Part, language: Language) -> list[Block]:
    features = manifest["features"]
    columns = (
        Column(phrase("model_card.kind", language)),
        Column(phrase("model_card.count", language), "count"),
        Column(phrase("model_card.names", language)),
    )
    rows = []
    for kind in ("hard", "soft"):
        given = features.get(kind) or {}
        groups = given if isinstance(given, Mapping) else {"": given}
        for group, names in groups.items():
            label = phrase(f"model_card.{kind}", language) + (f": {_channel(group, language)}" if group else "")
            rows.append((label, len(names), ", ".join(names)))
    excluded = list(features["excluded"])
    rows.append((phrase("model_card.excluded", language), len(excluded), ", ".join(excluded)))
    blocks: list[Block] = [Table(phrase("model_card.features_table", language), columns, tuple(rows))]
    proxy = manifest.get("proxy") or []
    if proxy:
        written = "; ".join(f"{each['column']}: AUC {figure(each['auc'], 'decimal', language, 2)}" for each in proxy)
        blocks.append(
            Note(phrase("model_card.proxy", language), (phrase("model_card.proxy_text", language), written), "caution")
        )
    elif not any(each["rows"] for each in manifest.get("checks") or [] if each["check"] == "excluded-attributes"):
        blocks.append(Paragraph(phrase("model_card.proxy_missing", language)))
    return blocks
