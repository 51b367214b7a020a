"""Check "member-effect": does the profile find members at large, and what is left of it among members alone?"""

from __future__ import annotations

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.resampling import Estimate
from profiling.vocabulary import LANGUAGES, number

LIMIT = 1.5


def look(case: Case) -> Finding | None:
    """Lift of members at large in this profile, and lift of the group where depth is measured on other members.

    The second is the profile net of membership: group and base are both members, so that what sets members apart
    from others adds nothing to it.
    """
    frame = case.frame
    if frame.member is None or frame.drawn is None or not frame.drawn.any():
        return None
    depth = case.config.training.depth
    at_large = _lift(case.captured(frame.member & frame.base, frame.base), depth)
    group = _lift(case.capture, depth)
    net = _lift(case.captured(frame.positive, frame.drawn), depth)
    rows = [
        {"what": title, "lift": each.value, "interval": (each.low, each.high), "n": each.n}
        for title, each in zip(ROWS, (at_large, group, net), strict=True)
    ]
    text = SAYS["caution" if at_large.low > LIMIT else "good"]
    values = (at_large.value, group.value, net.value)
    return Finding(
        says={each: text[each].format(*(number(value, each, 2) for value in values)) for each in LANGUAGES},
        status="caution" if at_large.low > LIMIT else "good",
        value=at_large.value,
        interval=(at_large.low, at_large.high),
        n=at_large.n,
        columns=(
            Column("what", "Wie", "Who"),
            Column("lift", "Lift", "Lift", "decimal", 2),
            Column("interval", "Marge", "Interval", "interval", 2),
            Column("n", "n", "n", "count"),
        ),
        rows=rows,
    )


def _lift(capture: Estimate, depth: float) -> Estimate:
    return Estimate(capture.value / depth, capture.low / depth, capture.high / depth, capture.n)


ROWS = (
    {"nl": "leden in het algemeen, tegenover alle huishoudens", "en": "members at large, against all households"},
    {"nl": "referentiegroep, tegenover alle huishoudens", "en": "reference group, against all households"},
    {"nl": "referentiegroep, tegenover andere leden", "en": "reference group, against other members"},
)
SAYS = {
    "good": {
        "nl": "Leden van de bibliotheek zitten {0} keer zo vaak in het profiel als huishoudens in het algemeen; 1 is "
        "geen effect. De lift van de groep is {1}, en {2} als alleen leden tellen: dat is het profiel zonder "
        "ledeneffect.",
        "en": "Library members are {0} times as often in the profile as households at large; 1 is no effect. The lift "
        "of the group is {1}, and {2} among members alone: that is the profile net of membership.",
    },
    "caution": {
        "nl": "Let op: leden van de bibliotheek zitten {0} keer zo vaak in het profiel als huishoudens in het "
        "algemeen. Het profiel vindt dus ook wie lid wordt. De lift van de groep is {1}, en {2} als alleen leden "
        "tellen.",
        "en": "Beware: library members are {0} times as often in the profile as households at large. So the profile "
        "also finds who joins. The lift of the group is {1}, and {2} among members alone.",
    },
}
CHECK = Check(
    name="member-effect",
    order=50,
    nl="Vindt het profiel leden in het algemeen?",
    en="Does the profile find members at large?",
    paper="Lipsitch, Tchetgen Tchetgen & Cohen (2010), Negative controls, Epidemiology 21",
    missing={
        "nl": "Niet gemeten: de bron heeft geen lijst van leden, of het contrast gebruikt hem niet.",
        "en": "Not measured: the source has no list of members, or the contrast does not use it.",
    },
    look=look,
)
