"""Contrast "reweighted": the reference group against everybody, each weighted by 1 / propensity of membership."""

from __future__ import annotations

import numpy as np

from profiling.training.contrast import Contrast, Draft, Weighed
from profiling.training.corrections import cleaned, group_weights, membership_figures, propensity

WHY = {
    "nl": "Vergeleken met alle huishoudens, elk referentiehuishouden gewogen met 1 / kans op lidmaatschap.",
    "en": "Compared with all households, each reference household weighted by 1 / propensity of membership.",
}


def weigh(draft: Draft) -> Weighed:
    """The group by the chance of being clean ÷ the propensity; the base counts once.

    What a member borrows at all is not corrected for: only members have loans. The propensity comes from the list
    of members, and where there is none from counts of them per place.
    """
    found = propensity(draft)
    chance, dirt = cleaned(draft)
    group = group_weights(draft, chance / np.asarray(found.propensity)[draft.positive])
    weight = np.where(draft.positive, group, draft.base.astype(np.float64))
    measure = np.where(draft.positive, group, 1.0)
    return Weighed(weight, measure, CONTRAST.name, WHY, membership_figures(found), dirt, found)


CONTRAST = Contrast(
    name="reweighted",
    nl="De referentiegroep, gewogen met 1 / kans op lidmaatschap, tegenover iedereen",
    en="The reference group, weighted by 1 / propensity of membership, against everybody",
    assumption="SAR with a known propensity that is nowhere near 0",
    paper="Bekker, Robberechts & Davis (2019), Beyond the selected completely at random assumption, ECML PKDD",
    members="must",
    weigh=weigh,
    counts=True,
)
