"""Document → one HTML file that stands on its own: no scripts, fonts or links outside it, the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from profiling.artefacts import write_text
from profiling.reporting.document import SUPPRESSED, Block, Cell, Document, Kind, Table
from profiling.reporting.svg import clean
from profiling.reporting.text import figure, phrase, sentence

NUMERIC = frozenset({"count", "percent", "index", "interval", "decimal"})


@cache
def environment() -> Environment:
    """Templates of the blocks, with their filters; the analysis tool puts its own frame around them."""
    made = Environment(
        loader=PackageLoader("profiling.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["kind"] = _kind
    made.filters["rows"] = _rows
    made.filters["sentence"] = sentence
    made.tests["numeric"] = lambda kind: kind in NUMERIC
    return made


@cache
def style_sheet() -> str:
    """The style of all pages."""
    return files("profiling.reporting").joinpath("templates", "style.css").read_text(encoding="utf-8")


def _kind(block: Block) -> str:
    return type(block).__name__


def _rows(table: Table, document: Document, links: Mapping[Cell, tuple[str, str]]) -> Markup:
    """The rows of a table as markup; here and not in the template, which takes four times as long for 14,000 areas.

    Parameters
    ----------
    links : first cell of a row → the code of its area, and where it leads.
    """
    language = document.language
    why = escape(phrase("why_suppressed", language, minimum=document.minimum))
    shape = [(each.kind, each.decimals, "number" if each.kind in NUMERIC else "text") for each in table.columns]

    def written(value: Cell, kind: Kind, decimals: int | None) -> str:
        # What `figure` makes of a number holds nothing to escape.
        return str(escape(value)) if isinstance(value, str) and value else figure(value, kind, language, decimals)

    parts = []
    for first, *rest in table.rows:
        kind, decimals, look = shape[0]
        name = written(first, kind, decimals)
        if first in links:
            code, place = links[first]
            look, name = "text", Markup('<a href="{}" data-code="{}">{}</a>').format(place, code, first)
        parts.append(f'<tr>\n<th scope="row" class="{look}">{name}</th>\n')
        for value, (kind, decimals, look) in zip(rest, shape[1:], strict=True):
            hidden = f' suppressed" title="{why}' if value is SUPPRESSED else ""
            parts.append(f'<td class="{look}{hidden}">{written(value, kind, decimals)}</td>\n')
        parts.append("</tr>\n")
    return Markup("".join(parts))


def render(document: Document) -> str:
    """A document as a complete HTML page.

    Everything that comes from data is escaped; characters that neither HTML nor XML can hold become "�".

    Returns
    -------
    str, beginning with the doctype, ending with a newline.
    """

    def cell(value: Cell, kind: Kind, decimals: int | None = None) -> str:
        return clean(figure(value, kind, document.language, decimals))

    def words(key: str, **values: object) -> str:
        return phrase(key, document.language, **values)

    # The style sheet is ours; quotes in it must not be escaped inside <style>.
    context: dict[str, Any] = {"document": document, "style": Markup(style_sheet()), "cell": cell, "words": words}
    return clean(environment().get_template("document.html").render(context))


def write(document: Document, path: Path) -> None:
    """Render to a file, whole or not at all.

    Raises
    ------
    ArtefactError
        When the place cannot be written.
    """
    write_text(path, render(document))
