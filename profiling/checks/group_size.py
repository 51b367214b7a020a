"""Check "group-size": is the reference group large enough, or would a larger one find more?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.learning_curve import HeldOut, learning_curve
from profiling.evaluation.splits import area_folds
from profiling.training.train import fit_rows
from profiling.vocabulary import LANGUAGES, number

PARTS = 3  # the areas are divided into so many parts, of which the first is held out
STEPS = (4, 2, 1)
REPEATS = 2
FEWEST = 100


def look(case: Case) -> Finding | None:
    """A learning curve of three sizes on areas held out once: five trainings, each of two thirds of the frame."""
    frame, depth = case.frame, case.config.training.depth
    rows = np.flatnonzero(frame.fitted_on | frame.base)
    inside, outside = next(iter(area_folds(frame.blocks[rows], PARTS, case.config.seed)))
    inside, outside = rows[inside], rows[outside]
    learned, judged = inside[frame.fitted_on[inside]], outside[frame.positive[outside] | frame.base[outside]]
    group, others = learned[frame.positive[learned]], learned[~frame.positive[learned]]
    if len(group) < FEWEST * STEPS[0] // 2 or not frame.positive[judged].any():
        return None
    X, params = frame.matrix(), case.config.training.params

    def fit_and_score(part: NDArray[np.int64]) -> NDArray[np.float64]:
        chosen = np.concatenate([group[part], others])
        return fit_rows(case.model.spec, params, frame, chosen, case.config.seed, X=X).score_samples(X[judged])

    found = learning_curve(
        fit_and_score,
        frame.table.column("household_id").take(group).to_pylist(),
        HeldOut(frame.positive[judged], frame.blocks[judged], frame.base[judged], frame.measure_weight[judged]),
        depth,
        sizes=[len(group) // step for step in STEPS],
        repeats=REPEATS,
        **case.resampling,
    )
    enough = found.enough(case.config.validation.worthwhile)
    gain = found.next_doubling
    added = gain.value + 0.0  # least squares may give -0.0, which reads oddly
    text = SAYS["enough" if enough else "unsure" if enough is None else "small"]
    return Finding(
        says={
            each: text[each].format(
                number(100.0 * added, each, 1),
                number(100.0 * gain.low, each, 1),
                number(100.0 * gain.high, each, 1),
                n=number(len(group), each),
                last=number(100.0 * found.last_doubling.value, each, 1),
            )
            for each in LANGUAGES
        },
        status="good" if enough else "fact" if enough is None else "caution",
        value=100.0 * added,
        interval=(100.0 * gain.low, 100.0 * gain.high),
        n=len(group),
        unit="percent",
        decimals=1,
        columns=(
            Column("size", "Huishoudens in de groep", "Households in the group", "count"),
            Column("capture", "Bereik", "Capture", "percent", 1),
            Column("interval", "Marge", "Interval", "interval", 1),
            Column("fitted", "Lijn door de punten", "Line through the points", "percent", 1),
        ),
        rows=[
            {
                "size": row["size"],
                "capture": 100.0 * row["capture"],
                "interval": (100.0 * row["low"], 100.0 * row["high"]),
                "fitted": 100.0 * row["fitted"],
            }
            for row in found.table.to_pylist()
        ],
    )


SAYS = {
    "enough": {
        "nl": "De groep is groot genoeg: een tweemaal zo grote groep dan {n} huishoudens brengt naar verwachting {0} "
        "procentpunt bereik erbij ({1} tot {2}).",
        "en": "The group is large enough: one twice as large as {n} households is expected to add {0} percentage "
        "points of capture ({1} to {2}).",
    },
    "small": {
        "nl": "Een grotere groep loont: een tweemaal zo grote groep dan {n} huishoudens brengt naar verwachting {0} "
        "procentpunt bereik erbij ({1} tot {2}). De laatste verdubbeling bracht {last}.",
        "en": "A larger group pays: one twice as large as {n} households is expected to add {0} percentage points of "
        "capture ({1} to {2}). The last doubling brought {last}.",
    },
    "unsure": {
        "nl": "Of een grotere groep loont, is niet te zeggen: een tweemaal zo grote groep dan {n} huishoudens brengt "
        "naar verwachting {0} procentpunt bereik erbij, maar de marge is {1} tot {2}. De laatste verdubbeling bracht "
        "{last}.",
        "en": "Whether a larger group pays cannot be said: one twice as large as {n} households is expected to add {0} "
        "percentage points of capture, but the interval is {1} to {2}. The last doubling brought {last}.",
    },
}
CHECK = Check(
    name="group-size",
    order=70,
    nl="Is de referentiegroep groot genoeg?",
    en="Is the reference group large enough?",
    paper="Figueroa et al. (2012), Predicting sample size required for classification performance, BMC MIDM 12",
    missing={
        "nl": "Niet gemeten: de groep is te klein om in vieren te delen.",
        "en": "Not measured: the group is too small to be divided by four.",
    },
    look=look,
)
