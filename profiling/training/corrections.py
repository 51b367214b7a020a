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
FEWEST = 0.5
EXPONENT = 0.5
# A propensity needs no more: half the trees of a profile model, at twice the rate.
TREES: dict[str, Any] = {"n_estimators": 100, "learning_rate": 0.1}


def cleaned(draft: Draft) -> tuple[Floats, dict[str, Any] | None]:
    """The chance that each reference household reads for itself, shape (n_positive,), and what is said of the dirt.

    Ones and None where the cards tell nothing.
    """
    found: tuple[Floats, dict[str, Any] | None] = draft.once("cleaned", _cleaned)
    return found


def _cleaned(draft: Draft) -> tuple[Floats, dict[str, Any] | None]:
    evidence = card_evidence(draft)
    if evidence is None:
        return np.ones(int(draft.positive.sum())), None
    found = clean(draft, evidence, draft.context.seed)
    said = {
        "share": found.share,
        "interval": list(found.interval),
        "floor": found.floor,
        "marks_of_dirty_cards": dict(found.figures),
        "evidence": [*evidence.marks, *(("asked_loans",) if found.loans_used else ())],
        "note": DIRT,
    }
    return found.clean, said


def exposure(draft: Draft) -> Floats:
    """Weight of each drawn member by what it borrows of any kind, shape (n,), mean 1 over the drawn.

    Who borrows more is sooner seen with an easy book. The group is therefore compared with the loans of members and
    not with their heads: with m(x) members and s(x) the chance that one in need is seen, the odds of group against
    weighted members go as t(x) · s(x) · m(x) ÷ (s(x) · m(x)), t = the true rate. It is Horvitz & Thompson (1952, JASA
    47) on the side that has rows to spare: the same weights turned upside down on the few reference households cost
    more variance than the correction brings (experiment 003).

    s(x) is not the number of loans e(x) itself. Seen at least once is 1 - exp(-λe), which goes as e while few of
    those in need are seen, and as 1 once nearly all of them are. Nothing that a source records tells which: λ is the
    rate of easy books among people of whom only those that borrowed one are known. The square root stands halfway
    between the two limits; experiment 003 can try other powers (`--exponent`). Counts above the 99th percentile
    count as that; no loans count as half a loan.
    """
    weight = draft.drawn.astype(np.float64)
    loans = draft.evidence.get("all_loans")
    known = draft.drawn & ~draft.positive
    if loans is None or not np.nansum(loans[known]) > 0:
        return weight
    seen = loans[known]
    top = float(np.nanquantile(seen, TOP))
    counted = np.clip(np.nan_to_num(loans, nan=float(np.nanmean(seen))), FEWEST, top)
    weight = np.where(known, counted**EXPONENT, 0.0)
    return np.asarray(weight / weight[known].mean(), dtype=np.float64)


def propensity(draft: Draft) -> Membership:
    """The propensity of membership, learned from the base with the group in it at the base's own rate.

    Without a list of members it is the one that was learned from counts of them (`training.member_rates`).

    Raises
    ------
    TrainingError
        When there is neither.
    """
    if draft.member is None and draft.counted is not None:
        return draft.counted
    found: Membership = draft.once("propensity", _propensity)
    return found


def _propensity(draft: Draft) -> Membership:
    if draft.member is None:
        raise TrainingError("there is no member list to learn the propensity of membership from")
    return fit_membership(
        draft.X, draft.member, draft.base + draft.base_rate * draft.positive, draft.blocks, draft.context, **TREES
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
            "note": SCAR_BY_COUNTS if found.by_counts else SCAR,
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
SCAR_BY_COUNTS: Sentence = {
    "nl": "Kans dat een lid in een gebied woont met een hogere voorspelde ledendichtheid dan een willekeurig "
    "huishouden, in gebieden buiten het model; 0,5 = de ledenaantallen hangen niet samen met wie er wonen.",
    "en": "Chance that a member lives in an area with a higher predicted density of members than a random household "
    "does, in areas outside the model; 0.5 = counts of members do not go with who lives there.",
}
