"""Contrast "doubly": the reference group against other members, both weighted to the country."""

from __future__ import annotations

import numpy as np

from profiling.training.contrast import Contrast, Draft, Weighed
from profiling.training.corrections import cleaned, exposure, group_weights, membership_figures, propensity

WHY = {
    "nl": "Vergeleken met andere leners, beide kanten gewogen naar het land met 1 / kans op lidmaatschap.",
    "en": "Compared with other borrowers, both sides weighted to the country by 1 / propensity of membership.",
}


def weigh(draft: Draft) -> Weighed:
    """As "members", with both sides divided by the propensity.

    A wrong propensity falls out of the ratio of the two sides; it only moves where the model looks hardest. In that
    sense two errors have to meet before the ranking is wrong (doubly robust, after Robins, Rotnitzky & Zhao 1994,
    JASA 89); the estimator itself is a weighted one and not theirs.
    """
    found = propensity(draft)
    chance, dirt = cleaned(draft)
    inverse = 1.0 / np.asarray(found.propensity)
    group = group_weights(draft, chance * inverse[draft.positive])
    others = exposure(draft) * inverse
    others /= others[draft.drawn].mean()
    weight = np.where(draft.positive, group, others)
    measure = np.where(draft.positive, group, 1.0)
    return Weighed(weight, measure, CONTRAST.name, WHY, membership_figures(found), dirt, found)


CONTRAST = Contrast(
    name="doubly",
    nl="De referentiegroep tegenover andere leden, beide gewogen naar het land",
    en="The reference group against other members, both weighted to the country",
    assumption="SAR: given the features, membership does not depend on being in the true group",
    paper="Robins, Rotnitzky & Zhao (1994), Estimation of regression coefficients when some regressors are not always"
    " observed, JASA 89",
    members="must",
    weigh=weigh,
)
