"""Check "precision": which part of the profile truly belongs to the group, as a band over the class size."""

from __future__ import annotations

import numpy as np

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.bands import Band, auc_band, precision_band
from profiling.evaluation.capture import area_under_lift_estimate
from profiling.vocabulary import percent

MOST = 0.95


def look(case: Case) -> Finding | None:
    """Precision at the depth of training, and AUC; both corrected for true households among the unlabelled.

    Reference households count by their chance of being clean, so that dirt is taken out already.
    """
    low, high = case.bracket.class_size
    if high > MOST:
        return None
    depth = case.config.training.depth
    rows = case.frame.positive | case.frame.base
    area = area_under_lift_estimate(
        case.percentile[rows],
        case.frame.positive[rows],
        case.frame.blocks[rows],
        weight=case.frame.measure_weight[rows],
        base=case.frame.base[rows],
        **case.resampling,
    )
    precision, auc = precision_band(case.capture, depth, (low, high)), auc_band(area, (low, high))
    ends = _ends(precision)
    shown = {
        language: [percent(100.0 * each, language, 0) for each in (*ends, precision.low, precision.high, depth)]
        for language in ("nl", "en")
    }
    clipped = {
        "nl": " Bij de grootste groepsgrootte zou dit boven 100% uitkomen: zo groot kan de groep niet zijn.",
        "en": " At the largest class size this would exceed 100%: the group cannot be that large.",
    }
    return Finding(
        says={
            language: text.format(*shown[language]) + (clipped[language] if precision.clipped else "")
            for language, text in SAYS.items()
        },
        status="caution" if precision.clipped else "fact",
        interval=(100.0 * precision.low, 100.0 * precision.high),
        n=case.capture.n,
        unit="percent",
        decimals=0,
        columns=(
            Column("what", "Maat", "Measure"),
            Column("size", "Groepsgrootte", "Class size", "percent", 1),
            Column("value", "Waarde", "Value", "decimal", 3),
            Column("interval", "Marge", "Interval", "interval", 3),
        ),
        rows=[row for name, band in (("precision", precision), ("AUC", auc)) for row in _rows(name, band)],
    )


def _ends(band: Band) -> tuple[float, float]:
    low, high = sorted((band.at_low.value, band.at_high.value))
    return low, high


def _rows(name: str, band: Band) -> list[dict[str, object]]:
    title = {"nl": "precisie", "en": "precision"} if name == "precision" else {"nl": name, "en": name}
    sides = zip(band.class_size, (band.at_low, band.at_high), strict=True)
    return [
        {"what": title, "size": 100.0 * size, "value": at.value, "interval": tuple(np.sort([at.low, at.high]).tolist())}
        for size, at in sides
    ]


SAYS = {
    "nl": "Van de hoogste {4} hoort naar schatting {0} tot {1} echt bij de groep (met steekproefmarge {2} tot {3}), "
    "afhankelijk van hoe groot de groep is. Een groot deel van het profiel hoort dus niet bij de groep.",
    "en": "Of the highest {4} an estimated {0} to {1} truly belongs to the group (with the interval of sampling {2} to "
    "{3}), depending on how large the group is. A large part of the profile therefore does not belong to it.",
}
CHECK = Check(
    name="precision",
    order=40,
    nl="Welk deel van het profiel hoort er echt bij?",
    en="Which part of the profile truly belongs?",
    paper="Menon et al. (2015), Learning from corrupted binary labels, ICML; Jain, White & Radivojac (2017), AAAI",
    missing={
        "nl": "Niet te zeggen: de grootte van de groep is naar boven niet begrensd. Geef een cijfer van buiten onder "
        "[validation.anchor].",
        "en": "Cannot be said: the size of the group has no upper bound. Give an outside figure under "
        "[validation.anchor].",
    },
    look=look,
)
