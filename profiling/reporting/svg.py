"""Small tools to draw SVG from numbers: escaped, well-formed and the same bytes every time.

Colours are chosen to stay apart under all three kinds of colour blindness and in grey print: dark teal, grey and
light ochre differ in lightness as well as in hue.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from profiling.artefacts import fingerprint
from profiling.reporting.document import Svg

INK, MUTED, RULE, PAPER = "#1d2733", "#56616d", "#d5dade", "#ffffff"
ABOVE, AVERAGE, BELOW, TOO_FEW = "#0b5f6b", "#7f8b95", "#b9750c", "#f3f3f1"
SERIES = ("#0b5f6b", "#c2570c", "#5b4b9a", "#56616d", "#8a6d00")
CLASS_COLOURS = {"below": BELOW, "average": AVERAGE, "above": ABOVE}

# What XML 1.0 cannot hold at all, not even escaped.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[] ·-"), frozenset("mwMW@%—")


def clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _UNWRITABLE.sub("�", text)


def text_width(text: str, size: float) -> float:
    """About how wide text is in a humanist sans serif, in the units of `size`; a little generous."""
    units = sum(
        0.31 if each in _NARROW else 0.87 if each in _WIDE else 0.66 if each.isupper() else 0.55 for each in text
    )
    return units * size


def shorten(text: str, width: float, size: float) -> str:
    """Text cut to fit `width`, with an ellipsis where something was cut."""
    if text_width(text, size) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip(" ·,-") + "…"


def wrap(text: str, width: float, size: float, lines: int = 2) -> list[str]:
    """Text over at most `lines` lines, broken between words; the last line is shortened."""
    done: list[str] = []
    rest = text.split()
    while rest and len(done) < lines - 1:
        line = [rest.pop(0)]
        while rest and text_width(" ".join([*line, rest[0]]), size) <= width:
            line.append(rest.pop(0))
        done.append(shorten(" ".join(line), width, size))
    if rest:
        done.append(shorten(" ".join(rest), width, size))
    return done or [""]


def coordinate(value: float) -> str:
    """A number with at most two decimals and nothing superfluous."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


class Canvas:
    """An SVG in the making.

    Parameters
    ----------
    width, height : size of the viewBox.
    title, description : what a screen reader says: the name of the picture and what it shows.
    """

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self.width, self.height = width, height
        self.key = "g" + fingerprint([title, description, width, height])[:10]
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {coordinate(width)} {coordinate(height)}",
                "role": "img",
                "aria-labelledby": f"{self.key}-t {self.key}-d",
                "font-family": "inherit",
            },
        )
        self.add("title", clean(title), id=f"{self.key}-t")
        self.add("desc", clean(description), id=f"{self.key}-d")

    def add(
        self, tag: str, content: str = "", parent: ElementTree.Element | None = None, **attributes: str | float
    ) -> ElementTree.Element:
        """Add an element; `stroke_width` is written stroke-width, `class_` is class."""
        written = {
            name.rstrip("_").replace("_", "-"): value if isinstance(value, str) else coordinate(value)
            for name, value in attributes.items()
        }
        element = ElementTree.SubElement(self.root if parent is None else parent, tag, written)
        if content:
            element.text = clean(content)
        return element

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float = 12,
        anchor: str = "start",
        colour: str = INK,
        weight: str = "400",
    ) -> ElementTree.Element:
        """Write one line of text with its baseline at y."""
        return self.add("text", content, x=x, y=y, font_size=size, text_anchor=anchor, fill=colour, font_weight=weight)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, colour: str = RULE, width: float = 1, dash: str = ""
    ) -> ElementTree.Element:
        """Draw a straight line."""
        element = self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width)
        if dash:
            element.set("stroke-dasharray", dash)
        return element

    def hatch(self, scale: float = 1.0, ink: str | None = None) -> str:
        """Define a hatching and give its fill; that of "too few households" unless it has an ink of its own.

        Parameters
        ----------
        scale : size of the hatching in the units of where it is used, so that it looks the same inside a scaled group.
        ink : colour of the lines, which then lean the other way.
        """
        defs = self.root.find("defs")
        defs = self.add("defs") if defs is None else defs
        name = f"{self.key}-h{len(defs)}"
        pattern = self.add("pattern", "", defs, id=name, width=6, height=6, patternUnits="userSpaceOnUse")
        pattern.set("patternTransform", f"rotate({-45 if ink else 45}) scale({coordinate(scale)})")
        self.add("rect", "", pattern, width=6, height=6, fill=TOO_FEW)
        self.add("line", "", pattern, x1=0, y1=0, x2=0, y2=6, stroke=ink or "#8b949c", stroke_width=2)
        return f"url(#{name})"

    def finish(self) -> Svg:
        """The picture."""
        return Svg(ElementTree.tostring(self.root, encoding="unicode"), self.width, self.height)
