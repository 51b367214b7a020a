"""Corrections that contrasts share: for dirt in the group, and for how much somebody borrows at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from profiling.errors import TrainingError
from profiling.training.contrast import Draft, Floats, Sentence
from profiling.training.dirt import card_evidence, clean
from profiling.training.membership import Membership, fit_membership

DIRT = {
    "nl": "Geschat deel van de referentiegroep dat voor anderen leent, uit wat de passen en kenmerken samen zeggen.",
    "en": "Estimated part of the reference group that borrows for others, from cards and features together.",
}
TOP = 0.99


def cleaned(draft: Draft) -> tuple[Floats, dict[str, Any] | None]:
    """The chance that each reference household reads for itself, shape (n_positive,), and what is said of the dirt.

    Ones and None where the cards tell nothing.
    """
    evidence = card_evidence(draft)
    if evidence is None:
        return np.ones(int(draft.positive.sum())), None
    found = clean(draft, evidence, draft.context.seed)
    said = {
        "share": found.share,
        "interval": list(found.interval),
        "floor": found.floor,
        "marks_of_dirty_cards": dict(found.figures),
        "evidence": [*evidence.marks, *(("asked_loans",) if evidence.asked_loans is not None else ())],
        "note": DIRT,
    }
    return found.clean, said


def exposure(draft: Draft) -> Floats:
    """Weight of each drawn member by its number of loans of any kind, shape (n,), mean 1 over the drawn.

    Who borrows twice as much has twice the chance to be seen with an easy book. The group is therefore compared with
    the loans of members and not with their heads: with m(x) members and e(x) loans a head, the odds of group against
    weighted members go as t(x) · e(x) · m(x) ÷ (e(x) · m(x)), t = the true rate. It is Horvitz & Thompson (1952, JASA
    47) on the side that has rows to spare: the same weights turned upside down on the few reference households cost
    more variance than the correction brings (experiment 003). Counts above the 99th percentile count as that.
    """
    weight = draft.drawn.astype(np.float64)
    loans = draft.evidence.get("all_loans")
    known = draft.drawn & ~draft.positive
    if loans is None or not np.nansum(loans[known]) > 0:
        return weight
    seen = loans[known]
    top = float(np.nanquantile(seen, TOP))
    counted = np.minimum(np.nan_to_num(loans, nan=float(np.nanmean(seen))), top)
    weight = np.where(known, counted, 0.0)
    return np.asarray(weight / weight[known].mean(), dtype=np.float64)


def propensity(draft: Draft) -> Membership:
    """The propensity of membership, learned from the base with the group in it at the base's own rate.

    Raises
    ------
    TrainingError
        When there is no member list.
    """
    if draft.member is None:
        raise TrainingError("there is no member list to learn the propensity of membership from")
    assert draft.member is not None
    return fit_membership(
        draft.X, draft.member, draft.base + draft.base_rate * draft.positive, draft.blocks, draft.context
    )


def group_weights(draft: Draft, evidence: Floats) -> Floats:
    """Weights of the group from `evidence` per reference household, mean 1; 0 for the other rows."""
    weight = np.zeros(len(draft.positive))
    own = draft.weight[draft.positive] * evidence
    weight[draft.positive] = own / own.mean()
    return weight


def membership_figures(found: Membership) -> dict[str, Any]:
    """Figures of the propensity for the report card; the statistic of SCAR comes with its definition."""
    return {
        "scar": {
            "statistic": "AUC",
            "value": found.auc,
            "interval": list(found.auc_interval),
            "rejected": found.scar_rejected,
            "paper": "Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, ICLR",
            "note": SCAR,
        },
        "not_observable": 100.0 * found.not_observable,
        "member_share": 100.0 * found.share,
        "bound": found.bound,
    }


SCAR: Sentence = {
    "nl": "Kans dat een lid hoger scoort op lidmaatschap dan een niet-lid, in gebieden buiten het model; 0,5 = leden "
    "zijn niet van anderen te onderscheiden.",
    "en": "Chance that a member scores higher on membership than a household that is none, in areas outside the model; "
    "0.5 = members cannot be told from others.",
}
