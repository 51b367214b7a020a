"""Check "recall-bound": how wrong the capture can be when reference households are no fair sample of the group."""

from __future__ import annotations

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.sensitivity import GAMMAS, gamma_of_no_lift, recall_bounds, sensitivity_table
from profiling.vocabulary import LANGUAGES, number, percent


def look(case: Case) -> Finding:
    """Bounds on recall at the configured Γ, and the Γ at which nothing is left of the lift."""
    depth, gamma = case.config.training.depth, case.config.validation.gamma
    capture = case.capture
    low, high = recall_bounds(capture.value, gamma)
    limit = gamma_of_no_lift(max(capture.low, 0.0), depth)
    table = sensitivity_table(capture, depth, sorted({*GAMMAS, gamma})).to_pylist()
    says: dict[str, str] = {}
    for language in LANGUAGES:
        shown = [percent(100.0 * each, language, 0) for each in (capture.value, low, high)]
        says[language] = SAYS[language].format(
            *shown, gamma=number(gamma, language, 1), limit=number(limit, language, 1) if limit < 1e6 else "∞"
        )
    return Finding(
        says=says,
        status="good" if limit > gamma else "caution",
        value=100.0 * capture.value,
        interval=(100.0 * low, 100.0 * high),
        n=capture.n,
        unit="percent",
        decimals=1,
        columns=(
            Column("gamma", "Γ", "Γ", "decimal", 2),
            Column("recall", "Bereik van de echte groep", "Recall of the true group", "interval", 1),
            Column("outer", "Met steekproefmarge", "With the interval of sampling", "interval", 1),
            Column("lift", "Lift", "Lift", "interval", 2),
        ),
        rows=[
            {
                "gamma": row["gamma"],
                "recall": (100.0 * row["recall_low"], 100.0 * row["recall_high"]),
                "outer": (100.0 * row["outer_low"], 100.0 * row["outer_high"]),
                "lift": (row["lift_low"], row["lift_high"]),
            }
            for row in table
        ],
    )


SAYS = {
    "nl": "Gemeten is een bereik van {0}. Is de ene echte kandidaat tot {gamma} keer zo makkelijk in de groep gekomen "
    "als de andere, dan ligt het echte bereik tussen {1} en {2}. Pas bij {limit} keer kan alle winst schijn zijn.",
    "en": "The capture measured is {0}. If one true candidate came into the group up to {gamma} times as easily as "
    "another, the true recall lies between {1} and {2}. Only at {limit} times could all of the gain be an illusion.",
}
CHECK = Check(
    name="recall-bound",
    order=20,
    nl="Hoe scheef mag de referentiegroep zijn?",
    en="How biased may the reference group be?",
    paper="Rosenbaum (2002), Observational studies, chapter 4; Zhao, Small & Bhattacharya (2019), JRSS B 81",
    missing={"nl": "", "en": ""},
    look=look,
)
