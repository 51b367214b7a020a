"""Check "simpler-model": does the model find more of the group than simpler ways do?"""

from __future__ import annotations

from typing import Any

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.capture import capture_difference
from profiling.training.model import rival_column
from profiling.vocabulary import LANGUAGES, number, percent


def look(case: Case) -> Finding | None:
    """Difference in capture with every rival, and in words with the strongest of them."""
    rows = [_beside(case, each) for each in case.model.measures["models"] if each["role"] == "rival"]
    if not rows:
        return None
    best = max(rows, key=lambda row: float(row["rival"]))
    low, high = best["interval"]
    said = "better" if low > 0 else "worse" if high < 0 else "alike"
    says: dict[str, str] = {
        each: SAYS[said][each].format(
            percent(100.0 * case.capture.value, each, 1),
            best["title"][each],
            percent(best["rival"], each, 1),
            *(number(value, each, 1) for value in (best["difference"], low, high)),
            name=best["name"],
        )
        for each in LANGUAGES
    }
    return Finding(
        says=says,
        status="good" if said == "better" else "caution" if said == "worse" else "fact",
        value=best["difference"],
        interval=best["interval"],
        n=case.capture.n,
        decimals=1,
        columns=(
            Column("title", "Vergeleken met", "Compared with", "text"),
            Column("rival", "Bereik daarvan", "Its capture", "percent", 1),
            Column("difference", "Verschil in punten", "Difference in points", "decimal", 1),
            Column("interval", "Interval", "Interval", "interval", 1),
        ),
        rows=rows,
    )


def _beside(case: Case, described: dict[str, Any]) -> dict[str, Any]:
    """The model beside one rival, in % of the group, on the same held-out households."""
    frame = case.frame
    found = capture_difference(
        case.percentile,
        case.held_out(rival_column(described["name"])),
        frame.positive,
        case.config.training.depth,
        frame.blocks,
        weight=frame.measure_weight,
        base=frame.base,
        **case.resampling,
    )
    return {
        "name": described["name"],
        "title": described["title"],
        "rival": 100.0 * (case.capture.value - found.value),
        "difference": 100.0 * found.value,
        "interval": (100.0 * found.low, 100.0 * found.high),
    }


SAYS = {
    "better": {
        "nl": "Het model vindt {0} van de groep; het beste eenvoudiger middel ({1}) {2}. Het verschil is {3} punten "
        "({4} tot {5}): geen toeval.",
        "en": "The model finds {0} of the group; the best of the simpler ways ({1}) {2}. The difference is {3} points "
        "({4} to {5}): more than chance.",
    },
    "alike": {
        "nl": "Het model vindt {0} van de groep; het beste eenvoudiger middel ({1}) {2}. Het verschil van {3} punten "
        '({4} tot {5}) kan toeval zijn. Wie het eenvoudig wil houden: [training] estimator = "{name}".',
        "en": "The model finds {0} of the group; the best of the simpler ways ({1}) {2}. The difference of {3} points "
        '({4} to {5}) may be chance. To keep it simple: [training] estimator = "{name}".',
    },
    "worse": {
        "nl": "Het model vindt {0} van de groep, en een eenvoudiger middel ({1}) {2}: {3} punten verschil ({4} tot "
        '{5}). Neem dat: [training] estimator = "{name}".',
        "en": "The model finds {0} of the group, and a simpler way ({1}) {2}: {3} points of difference ({4} to {5}). "
        'Take that one: [training] estimator = "{name}".',
    },
}
CHECK = Check(
    name="simpler-model",
    order=65,
    nl="Vindt het model meer dan een eenvoudiger middel?",
    en="Does the model find more than a simpler way?",
    paper="Dietterich (1998), Approximate statistical tests for comparing supervised classification learning "
    "algorithms, Neural Computation 10; Davison & Hinkley (1997), Bootstrap methods, chapter 2 (areas drawn in pairs)",
    missing={
        "nl": "Niet gemeten: er is geen eenvoudiger middel genoemd. Zet er een bij 'rivals' van [training].",
        "en": "Not measured: there is no simpler way to compare with. Name one under 'rivals' of [training].",
    },
    look=look,
)
