"""Svg → PNG, for places that show no SVG, such as a workbook: the same bytes on every machine."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import resvg_py

from profiling.reporting.document import Svg

FAMILY = "DejaVu Sans"
# Pictures leave room for letters of a usual width; DejaVu is a tenth wider.
NARROWER = 0.9
_SIZE = re.compile(r'font-size="([0-9.]+)"')


def png(svg: Svg, *, scale: float = 2.0) -> bytes:
    """Draw a picture in dots.

    Parameters
    ----------
    scale : dots per unit of the viewBox; 2 stays sharp on paper and on a screen with small dots.
    """
    markup = svg.markup.replace('font-family="inherit"', f'font-family="{FAMILY}"', 1)
    markup = _SIZE.sub(lambda found: f'font-size="{float(found[1]) * NARROWER:.2f}"', markup)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=markup,
            background="#ffffff",
            width=round(svg.width * scale),
            height=round(svg.height * scale),
            # The fonts of the machine would make other bytes elsewhere.
            skip_system_fonts=True,
            font_files=list(_fonts()),
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
    )


def to_text(svg: Svg) -> str:
    """A picture as `draw_input` reads it."""
    return json.dumps([svg.markup, svg.width, svg.height])


def draw_input() -> None:
    """Draw the picture that stands on the standard input to the standard output, in a process of its own.

    Pages go before pictures: it asks for less of the machine than the process that started it.
    """
    if hasattr(os, "nice"):
        os.nice(5)
    sys.stdout.buffer.write(png(Svg(*json.load(sys.stdin))))


@cache
def _fonts() -> tuple[str, ...]:
    """The DejaVu fonts that matplotlib brings along; found without importing it."""
    spec = find_spec("matplotlib")
    folder = Path(spec.origin or "").parent / "mpl-data" / "fonts" / "ttf" if spec else Path()
    return tuple(str(path) for path in (folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf") if path.is_file())
