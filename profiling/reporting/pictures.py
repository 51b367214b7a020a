"""Svg → PNG, for places that show no SVG, such as a workbook: the same bytes on every machine."""

from __future__ import annotations

import re
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


@cache
def _fonts() -> tuple[str, ...]:
    """The DejaVu fonts that matplotlib brings along; found without importing it."""
    spec = find_spec("matplotlib")
    folder = Path(spec.origin or "").parent / "mpl-data" / "fonts" / "ttf" if spec else Path()
    return tuple(str(path) for path in (folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf") if path.is_file())
