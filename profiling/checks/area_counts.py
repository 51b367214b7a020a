"""Check "area-counts": do the scores of an area add up to what is found there?"""

from __future__ import annotations

import numpy as np

from profiling.checks.check import Case, Check, Finding
from profiling.evaluation.calibration import area_calibration
from profiling.vocabulary import LANGUAGES, number


def look(case: Case) -> Finding | None:
    """Slope of observed on expected reference households, over held-out areas."""
    held_out = case.model.held_out
    if held_out is None:
        return None
    chance = np.asarray(held_out.column("score"), dtype=np.float64)
    rows = case.frame.fitted_on & np.isfinite(chance)
    if not rows.any() or chance[rows].min() < 0 or chance[rows].max() > 1:
        return None
    found = area_calibration(chance[rows], case.frame.positive[rows], case.frame.blocks[rows], case.frame.weight[rows])
    slope = found.slope
    honest = slope.low <= 1.0 <= slope.high
    text = SAYS["good" if honest else "exaggerates" if slope.value < 1 else "flattens"]
    values = (slope.value, slope.low, slope.high)
    return Finding(
        says={
            each: text[each].format(*(number(value, each, 2) for value in values), n=found.areas.num_rows)
            for each in LANGUAGES
        },
        status="good" if honest else "caution",
        value=slope.value,
        interval=(slope.low, slope.high),
        n=found.areas.num_rows,
    )


SAYS = {
    "good": {
        "nl": "In {n} gebieden die het model niet kende, tellen de scores op tot wat er te vinden is: helling {0} "
        "({1} tot {2}); 1 is precies goed.",
        "en": "In {n} areas that the model did not know, scores add up to what is found there: slope {0} ({1} to "
        "{2}); 1 is exactly right.",
    },
    "exaggerates": {
        "nl": "Het model overdrijft de verschillen tussen gebieden: helling {0} ({1} tot {2}) over {n} gebieden; 1 is "
        "precies goed.",
        "en": "The model exaggerates differences between areas: slope {0} ({1} to {2}) over {n} areas; 1 is exactly "
        "right.",
    },
    "flattens": {
        "nl": "Het model vlakt de verschillen tussen gebieden af: helling {0} ({1} tot {2}) over {n} gebieden; 1 is "
        "precies goed.",
        "en": "The model flattens differences between areas: slope {0} ({1} to {2}) over {n} areas; 1 is exactly "
        "right.",
    },
}
CHECK = Check(
    name="area-counts",
    order=80,
    nl="Kloppen de aantallen per gebied?",
    en="Do the counts per area add up?",
    paper="Cox (1958), Two further applications of a model for binary regression, Biometrika 45",
    missing={
        "nl": "Niet gemeten: de scores van dit model zijn geen kansen.",
        "en": "Not measured: the scores of this model are no chances.",
    },
    look=look,
)
