"""Document → Markdown: the same blocks for places that show no HTML. Pictures become their tables."""

from __future__ import annotations

import re

from profiling.reporting.document import (
    Block,
    Chart,
    Columns,
    Document,
    Heading,
    KeyFigures,
    Map,
    Note,
    Panel,
    Paragraph,
    Points,
    Table,
)
from profiling.reporting.svg import clean
from profiling.reporting.text import figure, phrase, sentence
from profiling.vocabulary import Language

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line: no markup, no links, no HTML."""
    return _SPECIAL.sub(r"\\\1", " ".join(clean(text).split())).replace("\\<", "&lt;").replace("\\>", "&gt;")


def render(document: Document) -> str:
    """A document as Markdown (CommonMark with tables), ending with a newline."""
    parts = [f"# {escape(document.title)}"]
    if document.kicker or document.subtitle:
        parts.append(" — ".join(escape(each) for each in (document.kicker, document.subtitle) if each))
    if document.notice:
        parts.append(f"> **{escape(document.notice)}**")
    for block in document.blocks:
        parts += _block(block, document.language)
    if document.accountability:
        parts.append(f"## {phrase('account', document.language)}")
        parts.append(
            "\n".join(f"- {escape(sentence(label))}: {escape(text)}" for label, text in document.accountability)
        )
    return "\n\n".join(parts) + "\n"


def _block(block: Block, language: Language) -> list[str]:  # noqa: PLR0911 - one return per kind of block
    match block:
        case Heading():
            return [f"{'#' * block.level} {escape(block.text)}"]
        case Paragraph():
            return [escape(block.text)]
        case Points():
            return [_points(block.items)]
        case KeyFigures():
            return [_key_figures(block, language)]
        case Table():
            return _table(block, language)
        case Chart() | Map():
            return [*([escape(block.caption)] if block.caption else []), *_table(block.table, language)]
        case Note():
            return [f"**{escape(block.title)}**", _points(block.items)]
        case Panel():
            inside = [part for each in block.blocks for part in _block(each, language)]
            return [f"### {escape(block.title)}", *inside, *([escape(block.note)] if block.note else [])]
        case Columns():
            return [part for column in block.columns for each in column for part in _block(each, language)]


def _points(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {escape(each)}" for each in items)


def _key_figures(block: KeyFigures, language: Language) -> str:
    lines = []
    for each in block.figures:
        value = escape(figure(each.value, each.kind, language, each.decimals))
        note = f" ({escape(each.note)})" if each.note else ""
        lines.append(f"- **{value}** {escape(each.label)}{note}")
    return "\n".join(lines)


def _table(table: Table, language: Language) -> list[str]:
    head = "| " + " | ".join(escape(each.label) for each in table.columns) + " |"
    rule = "| " + " | ".join("---" if each.kind == "text" else "---:" for each in table.columns) + " |"
    body = [
        "| "
        + " | ".join(
            escape(figure(cell, column.kind, language, column.decimals))
            for cell, column in zip(row, table.columns, strict=True)
        )
        + " |"
        for row in table.rows
    ]
    note = [escape(table.note)] if table.note else []
    return [f"**{escape(table.caption)}**", "\n".join([head, rule, *body]), *note]
