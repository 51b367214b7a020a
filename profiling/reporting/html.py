"""Document → one HTML file that stands on its own: no scripts, fonts or links outside it, the same bytes every time."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from profiling.artefacts import write_text
from profiling.reporting.document import SUPPRESSED, Block, Cell, Document, Kind
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
    made.filters["sentence"] = sentence
    made.tests["numeric"] = lambda kind: kind in NUMERIC
    made.tests["suppressed"] = lambda value: value is SUPPRESSED
    return made


@cache
def style_sheet() -> str:
    """The style of all pages."""
    return files("profiling.reporting").joinpath("templates", "style.css").read_text(encoding="utf-8")


def _kind(block: Block) -> str:
    return type(block).__name__


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
