"""Contrast "auto": test whether members differ from the base, look at the overlap, choose, and say why."""

from __future__ import annotations

from dataclasses import replace

from profiling.training.contrast import Contrast, Draft, Sentence, Weighed
from profiling.training.contrasts import members, population, reweighted
from profiling.training.corrections import membership_figures, propensity

# Fewer other members than this many per reference household make a noisy contrast.
ENOUGH = 3.0


def weigh(draft: Draft) -> Weighed:
    """Choose "members", "reweighted" or "population", in that order of preference.

    - no member list, but counts of members per place that differ with its households (SCAR rejected): "reweighted";
    - no member list: "population", with a warning unless the counts show nothing;
    - fewer than `ENOUGH` other members per reference household: "reweighted";
    - members cannot be told from the base (SCAR not rejected) and their cards tell nothing: "population";
    - else "members".

    The choice sees no outcome of a model: neither truth nor capture, which is biased as the group is.
    """
    if (draft.member is None or not draft.drawn.any()) and draft.counted is not None:
        found = draft.counted
        chosen = reweighted.weigh(draft) if found.scar_rejected else population.weigh(draft)
        why = _said(COUNTS if found.scar_rejected else COUNTS_ALIKE, found.auc, found.not_observable)
        return replace(chosen, why=why, figures={**chosen.figures, **membership_figures(found)}, membership=found)
    if draft.member is None or not draft.drawn.any():
        return replace(population.weigh(draft), why=NO_LIST, figures={"warning": NO_LIST})
    found = propensity(draft)
    figures = membership_figures(found)
    if int(draft.drawn.sum()) < ENOUGH * int(draft.positive.sum()):
        chosen, why = reweighted.weigh(draft), _said(FEW, found.auc, found.not_observable)
    elif not found.scar_rejected and not draft.evidence:
        chosen, why = population.weigh(draft), _said(SCAR_HOLDS, found.auc, found.not_observable)
    else:
        text = DIFFERS if found.scar_rejected else ALIKE
        chosen, why = members.weigh(draft), _said(text, found.auc, found.not_observable)
    return replace(chosen, why=why, figures={**chosen.figures, **figures}, membership=found)


def _said(text: Sentence, auc: float, hidden: float) -> Sentence:
    dutch = text["nl"].format(auc=f"{auc:.3f}".replace(".", ","), hidden=f"{100 * hidden:.1f}".replace(".", ","))
    return {"nl": dutch, "en": text["en"].format(auc=f"{auc:.3f}", hidden=f"{100 * hidden:.1f}")}


NO_LIST = {
    "nl": "Er is geen ledenlijst: vergeleken met alle huishoudens. Let op: wat lid worden voorspelt, telt mee.",
    "en": "There is no member list: compared with all households. Beware: what predicts membership counts too.",
}
COUNTS = {
    "nl": "Van leden zijn alleen aantallen per gebied bekend, en die hangen samen met wie er wonen (AUC over gebieden "
    "{auc}): vergeleken met alle huishoudens, gewogen met 1 / kans op lidmaatschap, geleerd uit de aantallen. Niet "
    "waarneembaar: {hidden} % van de huishoudens.",
    "en": "Of members only counts per area are known, and they go with who lives there (AUC over areas {auc}): "
    "compared with all households, weighted by 1 / propensity of membership, learned from the counts. Not observable: "
    "{hidden} % of households.",
}
COUNTS_ALIKE = {
    "nl": "Van leden zijn alleen aantallen per gebied bekend, en die hangen niet samen met wie er wonen (AUC over "
    "gebieden {auc}): vergeleken met alle huishoudens. Verschillen binnen een gebied blijven zo onzichtbaar. Niet "
    "waarneembaar: {hidden} %.",
    "en": "Of members only counts per area are known, and they do not go with who lives there (AUC over areas {auc}): "
    "compared with all households. Differences within an area stay unseen this way. Not observable: {hidden} %.",
}
FEW = {
    "nl": "Er zijn weinig leden (AUC tegenover de basis {auc}): vergeleken met alle huishoudens, gewogen met "
    "1 / kans op lidmaatschap. Niet waarneembaar: {hidden} % van de huishoudens.",
    "en": "There are few members (AUC against the base {auc}): compared with all households, weighted by 1 / "
    "propensity of membership. Not observable: {hidden} % of households.",
}
SCAR_HOLDS = {
    "nl": "Leden zijn niet van de basis te onderscheiden (AUC {auc}): vergeleken met alle huishoudens. Niet "
    "waarneembaar: {hidden} %.",
    "en": "Members cannot be told from the base (AUC {auc}): compared with all households. Not observable: {hidden} %.",
}
ALIKE = {
    "nl": "Leden zijn niet van de basis te onderscheiden (AUC {auc}), maar hun passen zeggen hoeveel en voor wie zij "
    "lenen: vergeleken met andere leden. Niet waarneembaar: {hidden} %.",
    "en": "Members cannot be told from the base (AUC {auc}), but their cards say how much and for whom they borrow: "
    "compared with other members. Not observable: {hidden} %.",
}
DIFFERS = {
    "nl": "Leden verschillen van de basis (AUC {auc}): vergeleken met andere leden. Niet waarneembaar: {hidden} % van "
    "de huishoudens.",
    "en": "Members differ from the base (AUC {auc}): compared with other members. Not observable: {hidden} % of "
    "households.",
}

CONTRAST = Contrast(
    name="auto",
    nl="Getoetst en gekozen, met de reden erbij",
    en="Tested and chosen, with the reason",
    assumption="that of the contrast it chooses",
    paper="Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, ICLR",
    members="may",
    weigh=weigh,
    counts=True,
)
