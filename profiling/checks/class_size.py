"""Check "class-size": how many households truly belong to the group, as a bracket beside an outside figure."""

from __future__ import annotations

from profiling.checks.check import Case, Check, Column, Finding
from profiling.vocabulary import LANGUAGES

ESTIMATES = {
    "label-rate": ("gelabeld, zonder wie voor anderen leent", "labelled, less those who borrow for others"),
    "best-bin": ("schatting bij een eerlijke steekproef", "estimate for a fair sample"),
    "largest-mixture": ("hoogstens, bij een eerlijke steekproef", "at most, for a fair sample"),
    "largest-mixture-gamma": ("hoogstens, bij een oneerlijke keuze tot Γ", "at most, for an unfair choice of up to Γ"),
}


def look(case: Case) -> Finding:
    """The bracket of `evaluation.class_prior`, narrowed by the outside figure where the two meet."""
    found = case.bracket
    low, high = (100.0 * each for each in found.class_size)
    rows = [
        {"what": {"nl": nl, "en": en}, "part": 100.0 * found.estimates[name]} for name, (nl, en) in ESTIMATES.items()
    ]
    anchor = found.anchor
    if anchor:
        said = {"nl": f"cijfer van buiten: {anchor.source}", "en": f"outside figure: {anchor.source}"}
        rows.append({"what": said, "part": 100.0 * anchor.value, "interval": (100.0 * anchor.low, 100.0 * anchor.high)})
    apart = anchor is not None and (anchor.low > found.high or anchor.high < found.low)
    return Finding(
        says={language: " ".join(found.notes[language]) for language in LANGUAGES},
        status="caution" if apart else "fact",
        value=100.0 * anchor.value if anchor and low <= 100.0 * anchor.value <= high else None,
        interval=(low, high),
        n=case.frame.n_positive,
        unit="percent",
        decimals=1,
        columns=(
            Column("what", "Grens of schatting", "Bound or estimate"),
            Column("part", "Deel van de huishoudens", "Part of households", "percent", 1),
            Column("interval", "Marge", "Interval", "interval", 1),
        ),
        rows=rows,
    )


CHECK = Check(
    name="class-size",
    order=30,
    nl="Hoe groot is de groep echt?",
    en="How large is the group really?",
    paper="Blanchard, Lee & Scott (2010), Semi-supervised novelty detection, JMLR 11; Garg et al. (2021), NeurIPS",
    missing={"nl": "", "en": ""},
    look=look,
)
