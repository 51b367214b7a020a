"""A page of links to the documents of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from profiling.reporting.html import environment, style_sheet
from profiling.reporting.svg import clean
from profiling.vocabulary import Language


class Section(NamedTuple):
    """A part of the page: (text, path of the file as seen from the page) of each document."""

    title: str
    files: Sequence[tuple[str, str]]


def index_page(title: str, subtitle: str, sections: Sequence[Section], language: Language) -> str:
    """The page as HTML; it stands beside its documents and links to nothing else."""
    parts = [
        {"title": each.title, "links": [{"text": text, "href": quote(name)} for text, name in each.files]}
        for each in sections
    ]
    context = {"title": title, "subtitle": subtitle, "sections": parts, "language": language}
    return clean(environment().get_template("index.html").render(**context, style=Markup(style_sheet())))
