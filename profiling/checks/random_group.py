"""Check "random-group": a group drawn by lot must come out as nothing."""

from __future__ import annotations

from profiling.checks.check import Case, Check, Finding
from profiling.evaluation.controls import random_group_lift
from profiling.vocabulary import LANGUAGES, number

REPLICATES = 200


def look(case: Case) -> Finding:
    """Lift of random groups of the same size: 1, and how far chance alone carries it; beside the lift of the group."""
    depth = case.config.training.depth
    base = case.percentile[case.frame.base]
    n = min(case.effective, len(base))
    found = random_group_lift(base, depth, n, replicates=REPLICATES, seed=case.config.seed)
    lift = case.capture.value / depth
    honest = found.low <= 1.0 <= found.high
    beyond = lift > found.high
    text = SAYS if beyond else NOTHING
    values = (found.value, found.low, found.high, lift)
    return Finding(
        says={each: text[each].format(*(number(value, each, 2) for value in values)) for each in LANGUAGES},
        status="good" if honest and beyond else "caution",
        value=found.value,
        interval=(found.low, found.high),
        n=n,
    )


SAYS = {
    "nl": "Even grote groepen die door loting zijn gemaakt, hebben lift {0} ({1} tot {2}): toeval doet niet meer dan "
    "dat. De referentiegroep heeft {3}, en ligt daar dus buiten.",
    "en": "Groups of the same size drawn by lot have lift {0} ({1} to {2}): chance does no more than that. The "
    "reference group has {3}, and so lies outside it.",
}
NOTHING = {
    "nl": "Even grote groepen die door loting zijn gemaakt, hebben lift {0} ({1} tot {2}). De referentiegroep heeft "
    "{3}: het model vindt haar niet beter dan het toeval.",
    "en": "Groups of the same size drawn by lot have lift {0} ({1} to {2}). The reference group has {3}: the model "
    "finds it no better than chance.",
}
CHECK = Check(
    name="random-group",
    order=60,
    nl="Vindt het model ook een groep die er geen is?",
    en="Does the model find a group that is none?",
    paper="Ojala & Garriga (2010), Permutation tests for studying classifier performance, JMLR 11",
    missing={"nl": "", "en": ""},
    look=look,
)
