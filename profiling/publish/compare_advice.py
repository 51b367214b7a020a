"""Advice on candidate reference groups: written rules, what each says of a candidate, a sentence with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from profiling.vocabulary import LANGUAGES, Language, number, percent

Status = Literal["pass", "fail", "unsure", "unmeasured"]
Part = Mapping[str, Any]


@dataclass(frozen=True)
class Rules:
    """The limits of the rules. A rule fails only where the whole interval lies on the wrong side of its limit.

    Parameters
    ----------
    households : fewest reference households (weights added up) that a profile is built on.
    lift : fewest times that the profile finds the group more often than a draw by lot does.
    suspicious : lift above which something other than likeness may give the group away. On real households with full
        supervision the lift at 10 % was 4.2 (design); far above it a leak is likelier than a good model.
    jaccard : least overlap of two profiles when the group is drawn again.
    dirt : largest share of the group that does not belong in it.
    external : rank correlation with outside figures above which they are the same thing.
    """

    households: int = 1000
    lift: float = 2.0
    suspicious: float = 6.0
    jaccard: float = 0.5
    dirt: float = 0.3
    external: float = 0.95


RULES = Rules()
TITLES: dict[str, dict[Language, str]] = {
    "size": {"nl": "groot genoeg", "en": "large enough"},
    "finds": {"nl": "vindt zijn groep", "en": "finds its group"},
    "plausible": {"nl": "niet verdacht goed gevonden", "en": "not found suspiciously well"},
    "segments": {"nl": "vindt meer dan de segmenten", "en": "finds more than the segments"},
    "own": {"nl": "vindt zijn groep beter dan een ander profiel", "en": "finds its group better than another profile"},
    "stable": {"nl": "stabiel", "en": "stable"},
    "members": {"nl": "niet alleen leden", "en": "not just members"},
    "dirt": {"nl": "zuiver genoeg", "en": "clean enough"},
    "external": {"nl": "klopt met cijfers van buiten", "en": "agrees with outside figures"},
}
LIMIT_TEXTS: dict[str, dict[Language, str]] = {
    "size": {"nl": "minstens {households} huishoudens", "en": "at least {households} households"},
    "finds": {"nl": "lift minstens {lift}", "en": "lift of at least {lift}"},
    "plausible": {
        "nl": "lift hoogstens {suspicious}; anders eerst zoeken naar een kenmerk dat de groep verraadt",
        "en": "lift of at most {suspicious}; otherwise first look for a feature that gives the group away",
    },
    "segments": {
        "nl": "bereik boven dat van de segmentindex, op dezelfde huishoudens",
        "en": "capture above that of the segment index, on the same households",
    },
    "own": {
        "nl": "bereik boven dat van elk ander profiel in deze groep",
        "en": "capture above that of every other profile in this group",
    },
    "stable": {"nl": "Jaccard minstens {jaccard}", "en": "Jaccard of at least {jaccard}"},
    "members": {
        "nl": "vergeleken met andere leden of ervoor gewogen, of het ledeneffect is gemeten en klein",
        "en": "contrasted with other members or weighted for them, or the member effect was measured and is small",
    },
    "dirt": {"nl": "hoogstens {dirt} hoort niet in de groep", "en": "at most {dirt} does not belong in the group"},
    "external": {
        "nl": "rangcorrelatie boven 0 en niet boven {external}",
        "en": "rank correlation above 0 and not above {external}",
    },
}
_SENTENCES: dict[str, dict[Language, str]] = {
    "one": {
        "nl": "Ga verder met {names}: van deze kandidaten voldoet alleen deze groep aan alle regels die gemeten zijn.",
        "en": "Go on with {names}: of these candidates only this group meets all rules that were measured.",
    },
    "best": {
        "nl": "Ga verder met {names}: van de groepen die aan alle gemeten regels voldoen, wordt deze het best "
        "gevonden, en de marges overlappen niet.",
        "en": "Go on with {names}: of the groups that meet all measured rules this one is found best, and the "
        "intervals do not overlap.",
    },
    "tied": {
        "nl": "Tussen {names} is op deze cijfers geen keuze te maken: hun marges overlappen. Laat het doel beslissen.",
        "en": "Between {names} these figures allow no choice: their intervals overlap. Let the purpose decide.",
    },
    "none": {
        "nl": "Geen van deze groepen voldoet aan alle regels die gemeten zijn. Kies er nu geen; {names} komt het "
        "dichtst in de buurt.",
        "en": "None of these groups meets all rules that were measured. Choose none now; {names} comes closest.",
    },
    "fail": {"nl": "{name} voldoet niet aan {rules}.", "en": "{name} does not meet {rules}."},
    "unsure": {"nl": "Bij {name} is onzeker: {rules}.", "en": "For {name} is uncertain: {rules}."},
    "unmeasured": {
        "nl": "Nergens gemeten: {rules}. Dat is geen bewijs dat het in orde is.",
        "en": "Nowhere measured: {rules}. That is no proof that all is well.",
    },
    "first": {"nl": "Zoek eerst uit wat onzeker is.", "en": "First find out what is uncertain."},
    "purpose": {
        "nl": "Een groep die beter gevonden wordt, is daarmee niet belangrijker: zij wijkt meer af van de rest. "
        "Begin dus bij het doel van het profiel.",
        "en": "A group that is found better is not more important for that: it differs more from the rest. "
        "So begin with the purpose of the profile.",
    },
    "against": {"nl": "tegen", "en": "against"},
    "and": {"nl": "en", "en": "and"},
}


def advise(candidates: Sequence[Part], cross: Sequence[Part], depth: float, rules: Rules = RULES) -> dict[str, Any]:
    """Hold every candidate against the rules, and say what follows.

    Parameters
    ----------
    candidates : as in compare.json: name, title, expected, capture, lift, segment_index, stability, contrast,
        member_effect, dirt, external.
    cross : model, group, capture, low, high (in %, None where not known): one row per pair.
    depth : in %.

    Returns
    -------
    choice (a name or None), candidates (names that pass, those that cannot be told apart from the best first),
    checks (candidate → rule → status), sentence and reasons (nl and en), rules (title and limit of each).
    """
    checks = {each["name"]: _check(each, cross, depth, rules) for each in candidates}
    named = {each["name"]: each for each in candidates}
    kept = [name for name, found in checks.items() if "fail" not in found.values()]
    kept.sort(key=lambda name: (-(named[name]["capture"]["value"] or 0.0), name))
    if not kept:
        fewest = min(sum(status == "fail" for status in found.values()) for found in checks.values())
        close = [name for name, found in checks.items() if list(found.values()).count("fail") == fewest]
        kind, said = "none", close
    elif len(kept) == 1:
        kind, said = "one", kept
    else:
        best = named[kept[0]]["capture"]["interval"]
        ends = {name: named[name]["capture"]["interval"] for name in kept}
        tied = [name for name, end in ends.items() if best is None or end is None or end[1] >= best[0]]
        kind, said = ("best", kept[:1]) if len(tied) == 1 else ("tied", tied)
    return {
        "kind": kind,
        "choice": said[0] if kind in ("one", "best") else None,
        "candidates": said,
        "checks": checks,
        "sentence": {
            each: _say(kind, each, names=_listed(said, named, each))
            + (f" {_say('first', each)}" if kind in ("one", "best") and "unsure" in checks[said[0]].values() else "")
            for each in LANGUAGES
        },
        "reasons": {each: _reasons(checks, named, cross, kind, each) for each in LANGUAGES},
        "rules": [
            {
                "rule": rule,
                "title": TITLES[rule],
                "limit": {each: _limit(rule, rules, each) for each in LANGUAGES},
            }
            for rule in TITLES
        ],
    }


def _check(each: Part, cross: Sequence[Part], depth: float, rules: Rules) -> dict[str, Status]:
    name = each["name"]
    others = [row for row in cross if row["group"] == name and row["model"] != name and row["high"] is not None]
    capture, external = each["capture"], each.get("external")
    return {
        "size": "pass" if each["expected"] >= rules.households else "fail",
        "finds": _above(capture, rules.lift * depth),
        "plausible": "unmeasured"
        if capture["value"] is None
        else "unsure"
        if capture["value"] > rules.suspicious * depth
        else "pass",
        "segments": _beats(each.get("segment_index")),
        "own": _own(capture, others),
        "stable": _above(each.get("stability"), rules.jaccard),
        "members": _members(each),
        "dirt": _above(_mirrored(each.get("dirt")), -100.0 * rules.dirt),
        "external": "fail" if external and external["circular"] else _above(external, 0.0),
    }


def _above(found: Part | None, limit: float) -> Status:
    """Pass where the whole interval lies above the limit, fail where it lies below; without interval by the value."""
    if not found or (found["value"] is None and not found.get("interval")):
        return "unmeasured"
    low, high = found.get("interval") or (found["value"], found["value"])
    return "pass" if low >= limit else "fail" if high < limit else "unsure"


def _mirrored(found: Part | None) -> dict[str, Any] | None:
    if not found:
        return None
    value, ends = found["value"], found.get("interval")
    return {"value": None if value is None else -value, "interval": ends and [-ends[1], -ends[0]]}


def _beats(pair: Part | None) -> Status:
    """The model and the segment index on the same held-out households."""
    if not pair or pair["model"]["interval"] is None or pair["rival"]["interval"] is None:
        return "unmeasured"
    if pair["model"]["interval"][0] > pair["rival"]["value"]:
        return "pass"
    return "fail" if pair["model"]["value"] <= pair["rival"]["value"] else "unsure"


def _own(capture: Part, others: Sequence[Part]) -> Status:
    """Fails where another profile finds this group at least as well: then it needs no profile of its own."""
    if not others or capture["interval"] is None:
        return "unmeasured"
    if capture["interval"][0] > max(row["high"] for row in others):
        return "pass"
    return "fail" if capture["value"] <= max(row["capture"] for row in others) else "unsure"


def _members(each: Part) -> Status:
    if each["contrast"] not in ("population", None):
        return "pass"
    effect = each.get("member_effect")
    if not effect:
        return "unmeasured"
    # The lift that "members at large" have in this profile: 1 is no effect, above 1.5 it mostly finds members.
    return _above(_mirrored(effect), -1.5)


def _limit(rule: str, rules: Rules, language: Language) -> str:
    return LIMIT_TEXTS[rule][language].format(
        households=number(rules.households, language),
        lift=number(rules.lift, language, 1),
        suspicious=number(rules.suspicious, language, 1),
        jaccard=number(rules.jaccard, language, 2),
        dirt=percent(100.0 * rules.dirt, language, 0),
        external=number(rules.external, language, 2),
    )


def _say(key: str, language: Language, **values: str) -> str:
    return _SENTENCES[key][language].format(**values)


def _title(candidate: Part, language: Language) -> str:
    return str(candidate["title"][language] or candidate["name"])


def _joined(words: Sequence[str], language: Language) -> str:
    last = f" {_say('and', language)} "
    return last.join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _listed(names: Sequence[str], named: Mapping[str, Part], language: Language) -> str:
    return _joined([_title(named[name], language) for name in names], language)


def _reasons(
    checks: Mapping[str, Part], named: Mapping[str, Part], cross: Sequence[Part], kind: str, language: Language
) -> list[str]:
    said = []
    for status in ("fail", "unsure"):
        for name, found in checks.items():
            rules = [_fact(rule, named[name], cross, language) for rule, each in found.items() if each == status]
            if rules:
                title = _title(named[name], language)
                said.append(_say(status, language, name=title, rules=_joined(rules, language)))
    nowhere = [rule for rule in TITLES if all(found[rule] == "unmeasured" for found in checks.values())]
    if nowhere:
        rules = [_quoted(rule, language) for rule in nowhere]
        said.append(_say("unmeasured", language, rules=_joined(rules, language)))
    return [*said, *([_say("purpose", language)] if kind in ("best", "tied") else [])]


def _quoted(rule: str, language: Language) -> str:
    return f"‘{TITLES[rule][language]}’"


def _fact(rule: str, each: Part, cross: Sequence[Part], language: Language) -> str:
    """The rule with the figure that it was judged on."""
    against, capture = _say("against", language), percent(each["capture"]["value"], language)
    fact = ""
    if rule == "size":
        fact = number(each["expected"], language)
    elif rule in ("finds", "plausible"):
        fact = f"lift {number(each['lift']['value'], language, 1)}"
    elif rule == "stable":
        fact = f"Jaccard {number(each['stability']['value'], language, 2)}"
    elif rule == "segments":
        model, rival = (percent(each["segment_index"][side]["value"], language) for side in ("model", "rival"))
        fact = f"{model} {against} {rival}"
    elif rule == "own":
        others = [row["capture"] for row in cross if row["group"] == each["name"] != row["model"]]
        fact = f"{capture} {against} {percent(max(value for value in others if value is not None), language)}"
    elif rule in ("dirt", "external", "members"):
        found = each["member_effect" if rule == "members" else rule]
        ends = found["interval"] or [found["value"]]
        fact = "–".join(number(end, language, 0 if rule == "dirt" else 2) for end in ends)
        fact += "%" if rule == "dirt" else ""
    return f"{_quoted(rule, language)} ({fact})"
