"""The page of an experiment before it starts: how many households it needs, and what those there are can tell."""

from __future__ import annotations

import numpy as np

from profiling.profiles.disclosure import MINIMUM
from profiling.publish.uses.experiment import Design
from profiling.reporting.document import Block, Document, Heading, Paragraph
from profiling.reporting.text import figure, phrase
from profiling.reporting.uses.use_blocks import Field, how, table
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import Language

SECTION = "experiment"
_SIZES: tuple[Field, ...] = (("times", "decimal"), ("n", "count"), ("n_control", "count"))
_GIVEN: tuple[Field, ...] = (("times", "decimal"), ("power", "percent"))


def design_page(design: Design, language: Language = "nl") -> Document:
    """The document of a design."""
    blocks: list[Block] = [Paragraph(each, "lead") for each in leads(design, language)]
    for name, rows, fields in (("sizes", design.sizes, _SIZES), ("given", design.given, _GIVEN)):
        if len(rows):
            names = [figure(float(each), "percent", language, 2) for each in rows["share"]]
            caption = phrase(f"experiment.{name}_caption", language)
            made = table(rows, names, fields, caption, SECTION, language, first="effect")
            blocks += [Heading(phrase(f"experiment.{name}", language)), made]
    blocks.append(how(SECTION, language))
    said = {
        "base": figure(100.0 * design.base, "percent", language),
        "control": figure(100.0 * design.control, "percent", language, 0),
        "power": figure(100.0 * design.power, "percent", language, 0),
    }
    method = phrase("experiment.method_text", language, minimum=MINIMUM)
    return Document(
        title=phrase("experiment.design_title", language),
        subtitle=phrase("experiment.design_subtitle", language, **said),
        language=language,
        kicker=phrase("experiment.kicker", language),
        blocks=tuple(blocks),
        accountability=((phrase("experiment.method", language), method),),
    )


def leads(design: Design, language: Language) -> list[str]:
    """What a doubling asks for, and what the households that there are can tell."""
    double = design.sizes[np.isclose(design.sizes["times"], 2.0)]
    needed = double[["n", "n_control"]].to_numpy(dtype=np.float64)
    if not len(needed) or np.isnan(needed[0, 0]):
        first = phrase("experiment.design_lead_none", language)
    else:
        n, control = (figure(round(each), "count", language) for each in needed[0])
        base, twice = (figure(100.0 * design.base * each, "percent", language) for each in (1, 2))
        first = phrase("experiment.design_lead", language, base=base, double=twice, n=n, control=control)
    if design.n is None:
        return [first]
    n_all = figure(design.n, "count", language)
    if np.isnan(design.detectable):
        return [first, phrase("experiment.detectable_none", language, n=n_all)]
    share = figure(design.detectable, "percent", language, 2)
    return [first, phrase("experiment.detectable", language, n=n_all, share=share)]


PAGE = UsePage("experiment-design", Design, design_page)
