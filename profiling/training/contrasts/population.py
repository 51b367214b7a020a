"""Contrast "population": the reference group against everybody."""

from __future__ import annotations

import numpy as np

from profiling.training.contrast import Contrast, Draft, Weighed

WHY = {
    "nl": "Vergeleken met alle huishoudens: het profiel bevat ook wat lid worden van de bibliotheek voorspelt.",
    "en": "Compared with all households: the profile also holds what predicts becoming a library member.",
}


def weigh(draft: Draft) -> Weighed:
    """Everybody counts once, the group by its own weights."""
    weight = np.where(draft.positive | draft.base, draft.weight, 0.0)
    return Weighed(weight, draft.weight, CONTRAST.name, WHY)


CONTRAST = Contrast(
    name="population",
    nl="De referentiegroep tegenover iedereen",
    en="The reference group against everybody",
    assumption="SCAR: the group is a random part of the true group",
    paper="Elkan & Noto (2008), Learning classifiers from only positive and unlabeled data, KDD",
    members="never",
    weigh=weigh,
)
