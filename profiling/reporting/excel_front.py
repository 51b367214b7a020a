"""The first and the last sheet of a workbook: what the document says in words, and how to read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
from profiling.reporting.excel_sheets import link_to, write_figure
from profiling.reporting.excel_styles import Styles, writable
from profiling.reporting.svg import ABOVE, MUTED
from profiling.reporting.text import figure, phrase, sentence
from profiling.vocabulary import TERMS, Language, Term, term

ALWAYS = ("look_alike_profile", "household", "base")
BY_KIND = {"index": ("index",), "interval": ("interval",)}
CAUTION = {"bg_color": "#fbf1df"}


def flat(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """All blocks in reading order; a panel is its title and what is in it."""
    for block in blocks:
        if isinstance(block, Panel):
            yield Heading(block.title, 3)
            yield from flat(block.blocks)
            if block.note:
                yield Paragraph(block.note, "small")
        elif isinstance(block, Columns):
            for column in block.columns:
                yield from flat(column)
        else:
            yield block


def table_of(block: Block) -> Table | None:
    """The table of a block that has one."""
    return block if isinstance(block, Table) else block.table if isinstance(block, Chart | Map) else None


class Writer:
    """Writes a sheet of words from the top down: column A is wide, figures stand in column B."""

    def __init__(self, sheet: Any, styles: Styles, language: Language) -> None:
        self.sheet, self.styles, self.language, self.row = sheet, styles, language, 0
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 76)
        sheet.set_column(1, 1, 16)
        sheet.set_column(2, 2, 46)
        sheet.set_portrait()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def line(self, text: str, **style: Any) -> None:
        """One paragraph in column A."""
        if not text:
            return
        # Excel does not make a row higher for text that was written by a program in every version: say how high.
        size = style.get("font_size", 11)
        room = 74 if style.get("bold") else 88
        lines = -(-len(text) * size // (11 * room)) or 1
        self.sheet.set_row(self.row, (size + 4.5) * lines)
        self.sheet.write_string(self.row, 0, writable(text), self.styles.text(text, text_wrap=True, **style))
        self.row += 1

    def gap(self) -> None:
        """An empty row."""
        self.row += 1

    def pair(self, label: str, text: str) -> None:
        """A label and what belongs to it."""
        self.sheet.write_string(self.row, 0, writable(label), self.styles.text(label, font_color=MUTED))
        self.sheet.write_string(self.row, 1, writable(text), self.styles.text(text))
        self.row += 1

    def link(self, name: str, caption: str) -> None:
        """A way to a sheet."""
        style = self.styles.style(font_color=ABOVE, underline=1, text_wrap=True)
        words = phrase("excel.sheet", self.language, caption=writable(caption), name=name)
        self.sheet.write_url(self.row, 0, link_to(name), style, words[:255])
        self.row += 1


def write_overview(sheet: Any, document: Document, styles: Styles, names: Mapping[int, str]) -> None:
    """What the document says, in its order, with a link where a table has a sheet of its own.

    Parameters
    ----------
    names : place of a block among all blocks → name of its sheet.
    """
    language, out = document.language, Writer(sheet, styles, document.language)
    if document.kicker:
        out.line(document.kicker, font_color=MUTED)
    out.line(document.title, bold=True, font_size=20, font_color=ABOVE)
    out.line(document.subtitle, font_size=12)
    if document.notice:
        out.line(document.notice, bold=True, **CAUTION)
    out.gap()
    for place, block in enumerate(flat(document.blocks)):
        match block:
            case Heading():
                out.gap()
                out.line(block.text, bold=True, font_size=14 if block.level == 2 else 12, font_color=ABOVE)
            case Paragraph():
                out.line(block.text, **({"font_color": MUTED, "font_size": 9} if block.style == "small" else {}))
            case Points():
                for item in block.items:
                    out.line(f"• {item}")
            case Note():
                out.line(block.title, bold=True)
                for item in block.items:
                    out.line(f"• {item}", **(CAUTION if block.tone == "caution" else {}))
            case KeyFigures():
                _key_figures(out, block)
            case Table():
                out.link(names[place], block.caption)
            case Chart() | Map():
                out.line(block.caption)
                out.link(names[place], block.table.caption)
    out.gap()
    explanation = phrase("excel.explanation", language)
    sheet.write_url(out.row, 0, link_to(explanation), styles.style(font_color=ABOVE, underline=1), explanation)


def _key_figures(out: Writer, block: KeyFigures) -> None:
    for each in block.figures:
        out.sheet.write_string(out.row, 0, writable(sentence(each.label)), out.styles.text(each.label))
        bold = {"bold": True, "align": "right", "language": out.language, "decimals": each.decimals}
        write_figure(out.sheet, out.row, 1, each.value, each.kind, out.styles, **bold)
        if each.note:
            out.sheet.write_string(out.row, 2, writable(each.note), out.styles.text(each.note, font_color=MUTED))
        out.row += 1


def write_explanation(sheet: Any, document: Document, styles: Styles) -> None:
    """Base, date, version, how to read it, and what every word means."""
    language, out = document.language, Writer(sheet, styles, document.language)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 96)
    sheet.set_column(2, 2, 8)
    out.row = 0
    title = phrase("excel.explanation", language)
    sheet.write_string(out.row, 0, title, styles.style(bold=True, font_size=20, font_color=ABOVE))
    sheet.set_row(out.row, 28)
    out.row += 1
    facts = [
        (document.kicker or sentence(term("look_alike_profile", language)), document.title),
        ("", document.subtitle),
    ]
    rows = [*(each for each in facts if each[1]), *document.accountability]
    for label, text in rows:
        _explained(out, sentence(label), text)
    if document.notice:
        _explained(out, "•", document.notice)
    out.gap()
    _section(out, phrase("excel.how", language))
    values = {"suppressed": term("suppressed", language), "minimum": document.minimum}
    words = terms_of(document)
    used = {each.key for each in words}
    told = {"how_sheets": True, "how_bars": "index" in used, "how_suppressed": "suppressed" in used}
    for key in (each for each, needed in told.items() if needed):
        _explained(out, "•", phrase(f"excel.{key}", language, **values))
    for block in flat(document.blocks):
        if isinstance(block, Note):
            for number, item in enumerate(block.items):
                _explained(out, block.title if number == 0 else "•", item)
    out.gap()
    _section(out, phrase("excel.words", language))
    for each in words:
        _explained(out, sentence(each.name(language)), each.text(language))


def terms_of(document: Document) -> tuple[Term, ...]:
    """The words of the dictionary that this document uses, in the dictionary's order."""
    labels, used = [], set(ALWAYS)
    for block in flat(document.blocks):
        if isinstance(block, KeyFigures):
            labels += [(each.label, each.kind) for each in block.figures]
        table = table_of(block)
        if table is not None:
            labels += [(each.label, each.kind) for each in table.columns]
            text = [cell for row in table.rows[:2000] for cell in row]
            used |= {"suppressed"} if any(figure(cell, "text", "nl") == term("suppressed") for cell in text) else set()
    said = " ".join(label for label, _ in labels).casefold()
    used |= {key for _, kind in labels for key in BY_KIND.get(kind, ())}
    used |= {key for key, each in TERMS.items() if each.name(document.language).casefold() in said.split()}
    return tuple(each for key, each in TERMS.items() if key in used)


def _section(out: Writer, title: str) -> None:
    out.sheet.set_row(out.row, 22)
    out.sheet.write_string(out.row, 0, title, out.styles.style(bold=True, font_size=14, font_color=ABOVE))
    out.row += 1


def _explained(out: Writer, label: str, text: str) -> None:
    bullet = label == "•"
    out.sheet.write_string(
        out.row,
        0,
        writable(label),
        out.styles.text(label, bold=not bullet, text_wrap=True, align="right" if bullet else "left"),
    )
    out.sheet.write_string(out.row, 1, writable(text), out.styles.text(text, text_wrap=True))
    out.sheet.set_row(out.row, 15.5 * max(1, -(-len(text) // 112), -(-len(label) // 34)))
    out.row += 1
