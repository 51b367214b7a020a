"""Check "selection": do members differ from other households (SCAR), and how many households cannot be observed?"""

from __future__ import annotations

from profiling.checks.check import Case, Check, Finding
from profiling.vocabulary import LANGUAGES, number, percent


def look(case: Case) -> Finding | None:
    """The two-sample test of the contrast, made when the training frame was weighed."""
    found = case.frame.contrast.get("scar")
    if not found:
        return None
    value, (low, high) = found["value"], found["interval"]
    hidden = case.frame.contrast.get("not_observable", 0.0)
    corrected = case.frame.contrast["kind"] != "population"
    text = SAYS["fair" if not found["rejected"] else "corrected" if corrected else "biased"]
    return Finding(
        says={
            each: text[each].format(*(number(end, each, 2) for end in (value, low, high)), percent(hidden, each, 1))
            for each in LANGUAGES
        },
        status="caution" if found["rejected"] and not corrected else "good",
        value=value,
        interval=(low, high),
        n=int(case.frame.base.sum()) + case.frame.n_positive,
        decimals=3,
    )


SAYS = {
    "fair": {
        "nl": "Leden zijn niet van andere huishoudens te onderscheiden (AUC {0}, {1} tot {2}; 0,5 is toeval). Niet "
        "waarneembaar, omdat zulke huishoudens bijna nooit lid zijn: {3}.",
        "en": "Members cannot be told from other households (AUC {0}, {1} to {2}; 0.5 is chance). Not observable, as "
        "such households hardly ever join: {3}.",
    },
    "corrected": {
        "nl": "Leden verschillen van andere huishoudens (AUC {0}, {1} tot {2}; 0,5 is toeval). Het contrast houdt daar "
        "rekening mee. Niet waarneembaar, omdat zulke huishoudens bijna nooit lid zijn: {3}.",
        "en": "Members differ from other households (AUC {0}, {1} to {2}; 0.5 is chance). The contrast allows for "
        "that. Not observable, as such households hardly ever join: {3}.",
    },
    "biased": {
        "nl": "Let op: leden verschillen van andere huishoudens (AUC {0}, {1} tot {2}), en het contrast houdt daar "
        "geen rekening mee. Niet waarneembaar, omdat zulke huishoudens bijna nooit lid zijn: {3}.",
        "en": "Beware: members differ from other households (AUC {0}, {1} to {2}), and the contrast does not allow for "
        "it. Not observable, as such households hardly ever join: {3}.",
    },
}
CHECK = Check(
    name="selection",
    order=10,
    nl="Lijken leden op andere huishoudens?",
    en="Are members like other households?",
    paper="Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, ICLR; Bekker & Davis (2020), Mach. "
    "Learn. 109",
    missing={
        "nl": "Niet gemeten: er is geen lijst van leden. De groep kan dus een scheve keuze uit de echte groep zijn; "
        "hoe erg dat kan zijn, staat bij 'Hoe scheef mag de referentiegroep zijn?'.",
        "en": "Not measured: there is no list of members. The group may thus be a biased choice from the true group; "
        "how bad that can be stands under 'How biased may the reference group be?'.",
    },
    look=look,
)
