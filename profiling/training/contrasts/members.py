"""Contrast "members": the reference group against other borrowers, weighted by what they borrow."""

from __future__ import annotations

import numpy as np

from profiling.training.contrast import Contrast, Draft, Weighed
from profiling.training.corrections import cleaned, exposure, group_weights

WHY = {
    "nl": "Vergeleken met andere leners: wat lid worden voorspelt, valt zo tegen elkaar weg.",
    "en": "Compared with other borrowers: what predicts becoming a member then cancels out.",
}


def weigh(draft: Draft) -> Weighed:
    """The group by its chance of being clean, other members by their loans; other households count for nothing."""
    chance, dirt = cleaned(draft)
    group = group_weights(draft, chance)
    weight = np.where(draft.positive, group, exposure(draft))
    measure = np.where(draft.positive, group, 1.0)
    figures = {"members": int(draft.drawn.sum()), "by_loans": "all_loans" in draft.evidence}
    return Weighed(weight, measure, CONTRAST.name, WHY, figures, dirt)


CONTRAST = Contrast(
    name="members",
    nl="De referentiegroep tegenover andere leden",
    en="The reference group against other members",
    assumption="SAR: given the features, membership does not depend on being in the true group",
    paper="Bekker, Robberechts & Davis (2019), Beyond the selected completely at random assumption, ECML PKDD",
    members="must",
    weigh=weigh,
)
