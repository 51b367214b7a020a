"""Check "dirt": which part of the reference group seems to borrow for others."""

from __future__ import annotations

from profiling.checks.check import Case, Check, Finding
from profiling.vocabulary import LANGUAGES, percent

MUCH = 0.5


def look(case: Case) -> Finding | None:
    """The share that the contrast estimated from cards and features together."""
    found = case.frame.dirt
    if not found:
        return None
    share, (low, high) = found["share"], found["interval"]
    return Finding(
        says={
            each: SAYS[each].format(*(percent(100.0 * value, each, 0) for value in (share, low, high, found["floor"])))
            for each in LANGUAGES
        },
        status="caution" if low > found["floor"] or share > MUCH else "fact",
        value=100.0 * share,
        interval=(100.0 * low, 100.0 * high),
        n=case.frame.n_positive,
        unit="percent",
        decimals=0,
    )


SAYS = {
    "nl": "Naar schatting leende {0} van de groep voor anderen, zoals kinderen of cursisten (marge {1} tot {2}). Van "
    "een zuivere groep zou deze schatting ook al {3} zeggen. Wie voor anderen lijkt te lenen, telt minder mee.",
    "en": "An estimated {0} of the group borrowed for others, such as children or pupils (interval {1} to {2}). Of a "
    "pure group this estimate would already say {3}. Who seems to borrow for others counts for less.",
}
CHECK = Check(
    name="dirt",
    order=15,
    nl="Leent de groep voor zichzelf?",
    en="Does the group borrow for itself?",
    paper="Frénay & Verleysen (2014), Classification in the presence of label noise, IEEE TNNLS 25",
    missing={
        "nl": "Niet gemeten: de bron zegt niet wat er verder op de passen staat.",
        "en": "Not measured: the source does not say what else stands on the cards.",
    },
    look=look,
)
