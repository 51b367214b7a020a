"""The one dictionary: every word that a reader meets, in Dutch and English, and how numbers are written.

Plain language (B1). Surfaces, reports and documents take their words from here and define none of their own.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from numbers import Real
from typing import Literal

from profiling.errors import ConfigError, did_you_mean

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")
NOT_SHOWN = "–"


@dataclass(frozen=True)
class Term:
    """One word: its name and its explanation in both languages. The explanation is one or two plain sentences."""

    key: str
    nl: str
    en: str
    nl_text: str
    en_text: str

    def name(self, language: Language = "nl") -> str:
        """The word as it stands in a heading."""
        return self.nl if language == "nl" else self.en

    def text(self, language: Language = "nl") -> str:
        """What it means."""
        return self.nl_text if language == "nl" else self.en_text


_MEASURES = (
    Term(
        "base",
        "basis",
        "base",
        "De huishoudens waarmee we vergelijken. Meestal zijn dat alle huishoudens in Nederland.",
        "The households we compare with. Usually these are all households in the Netherlands.",
    ),
    Term(
        "reference_group",
        "referentiegroep",
        "reference group",
        "De voorbeeldhuishoudens waar het profiel van leert. Over de andere huishoudens weten we het niet.",
        "The example households that the profile learns from. About the other households we do not know.",
    ),
    Term(
        "look_alike_profile",
        "look-alike-profiel",
        "look-alike profile",
        "De huishoudens die het meest lijken op de referentiegroep. De kans is bij hen groter; zeker is het niet.",
        "The households that are most like the reference group. Their chance is increased; it is not certain.",
    ),
    Term(
        "household",
        "huishouden",
        "household",
        "De mensen die samen op één adres wonen.",
        "The people who live together at one address.",
    ),
    Term(
        "penetration",
        "penetratie",
        "penetration",
        "Hoeveel van de 100 huishoudens in een gebied of segment bij het profiel horen.",
        "How many of every 100 households in an area or segment belong to the profile.",
    ),
    Term(
        "share",
        "aandeel",
        "share",
        "Welk deel van het profiel (of van de basis) in dit gebied of segment zit, in procenten.",
        "Which part of the profile (or of the base) is in this area or segment, in per cent.",
    ),
    Term(
        "index",
        "index",
        "index",
        "Vergelijkt de penetratie hier met die van de basis. 100 is gemiddeld; 200 is twee keer zo vaak.",
        "Compares the penetration here with that of the base. 100 is average; 200 is twice as often.",
    ),
    Term(
        "interval",
        "marge",
        "interval",
        "Tussen deze twee waarden ligt de index waarschijnlijk (95 op de 100 keer). Bij weinig huishoudens is de "
        "marge groot.",
        "The index probably lies between these two values (95 times out of 100). With few households the interval "
        "is wide.",
    ),
    Term(
        "n",
        "aantal",
        "number",
        "Het aantal huishoudens dat is geteld.",
        "The number of households that were counted.",
    ),
    Term(
        "score",
        "score",
        "score",
        "Hoe sterk een huishouden op de referentiegroep lijkt. Het is een volgorde, geen kans.",
        "How much a household is like the reference group. It is an order, not a probability.",
    ),
    Term(
        "depth",
        "diepte",
        "depth",
        "Hoe ver het profiel gaat in de lijst van meest naar minst gelijkend, in procenten van de basis.",
        "How far the profile goes down the list from most to least alike, in per cent of the base.",
    ),
    Term(
        "cut_off",
        "grens",
        "cut-off",
        "De score vanaf waar een huishouden bij het profiel hoort.",
        "The score from which a household belongs to the profile.",
    ),
    Term(
        "lift",
        "lift",
        "lift",
        "Hoeveel keer vaker de groep in het profiel voorkomt dan gemiddeld.",
        "How many times more often the group occurs within the profile than on average.",
    ),
    Term(
        "capture",
        "bereik",
        "capture",
        "Welk deel van de groep in het profiel zit.",
        "Which part of the group is within the profile.",
    ),
    Term(
        "stability",
        "stabiliteit",
        "stability",
        "Hoeveel van het profiel gelijk blijft als de voorbeeldhuishoudens iets anders zijn. 1 is alles.",
        "How much of the profile stays the same when the example households are slightly different. 1 is all.",
    ),
    Term(
        "suppressed",
        "niet getoond",
        "not shown",
        "Hier staan te weinig huishoudens (minder dan 10), of het getal zou een klein getal elders verraden.",
        "There are too few households here (fewer than 10), or the number would give away a small one elsewhere.",
    ),
)

_CLASSES = (
    Term(
        "below",
        "onder gemiddeld",
        "below average",
        "Het profiel komt hier minder voor dan in de basis.",
        "The profile occurs less here than in the base.",
    ),
    Term(
        "average",
        "gemiddeld",
        "average",
        "Het profiel komt hier ongeveer even vaak voor als in de basis, of we kunnen het verschil niet zeker zien.",
        "The profile occurs about as often here as in the base, or we cannot be sure of a difference.",
    ),
    Term(
        "above",
        "boven gemiddeld",
        "above average",
        "Het profiel komt hier meer voor dan in de basis.",
        "The profile occurs more here than in the base.",
    ),
    Term(
        "not_observable",
        "niet waarneembaar",
        "not observable",
        "Huishoudens zoals hier zijn bijna nooit lid. Daarom is niet te zien of zij bij de groep horen.",
        "Households like these hardly ever are members. So it cannot be seen whether they belong to the group.",
    ),
)

_PUBLICATIONS = (
    Term(
        "area",
        "gebiedsanalyse",
        "area analysis",
        "Waar wonen de huishoudens van het profiel?",
        "Where do the households of the profile live?",
    ),
    Term(
        "addresses",
        "adresselectie",
        "address selection",
        "Een lijst met adressen voor één actie. Na 28 dagen wordt de lijst vernietigd.",
        "A list of addresses for one campaign. After 28 days the list is destroyed.",
    ),
    Term(
        "customers",
        "klantanalyse",
        "customer analysis",
        "Welk deel van mijn leden hoort bij het profiel?",
        "Which part of my members belongs to the profile?",
    ),
    Term(
        "sketch",
        "profielschets",
        "profile sketch",
        "Wie zijn deze huishoudens en wat vinden ze leuk? Eén bladzijde voor wie met hen wil praten.",
        "Who are these households and what do they like? One page for those who want to talk with them.",
    ),
)

_SELECTIONS = (
    Term(
        "opt_out",
        "bezwaarlijst",
        "opt-out list",
        "Adressen die geen post willen krijgen. Zij gaan er als eerste af.",
        "Addresses that do not want mail. They are taken off first.",
    ),
    Term(
        "control_group",
        "controlegroep",
        "control group",
        "Adressen die het lot heeft aangewezen en die geen brief krijgen. Zo is te zien wat de brief doet.",
        "Addresses drawn by lot that get no letter. They show what the letter does.",
    ),
    Term(
        "contact_pressure",
        "contactdruk",
        "contact pressure",
        "Hoe vaak hetzelfde adres post krijgt. Wie nog in een lopende selectie zit, komt niet in een nieuwe.",
        "How often the same address gets mail. Who is in a running selection does not come into a new one.",
    ),
)

_STATUSES = (
    Term(
        "registered",
        "geregistreerd",
        "registered",
        "De versie is bewaard en heeft nog geen rol.",
        "The version is kept and has no role yet.",
    ),
    Term(
        "challenger",
        "proefversie",
        "challenger",
        "De versie wordt vergeleken met de gekozen versie.",
        "The version is being compared with the chosen one.",
    ),
    Term(
        "champion",
        "gekozen versie",
        "champion",
        "De versie die nu de beste keus is.",
        "The version that is the best choice now.",
    ),
    Term(
        "published",
        "gepubliceerd",
        "published",
        "De versie die bibliotheken gebruiken.",
        "The version that libraries use.",
    ),
    Term(
        "withdrawn",
        "ingetrokken",
        "withdrawn",
        "Gebruik deze versie niet meer. De reden staat erbij.",
        "Do not use this version any more. The reason is given.",
    ),
)

_LEVELS = (
    Term("land", "Nederland", "the Netherlands", "Het hele land.", "The whole country."),
    Term("provincie", "provincie", "province", "Een van de 12 provincies.", "One of the 12 provinces."),
    Term("gemeente", "gemeente", "municipality", "Een gemeente.", "A municipality."),
    Term("wijk", "wijk", "district", "Een deel van een gemeente.", "A part of a municipality."),
    Term("buurt", "buurt", "neighbourhood", "Een deel van een wijk.", "A part of a district."),
    Term(
        "main_segment",
        "hoofdsegment",
        "main segment",
        "Een grote groep huishoudens die op elkaar lijken.",
        "A large group of households that are alike.",
    ),
    Term(
        "sub_segment",
        "subsegment",
        "sub segment",
        "Een deel van een hoofdsegment.",
        "A part of a main segment.",
    ),
)

_CHANNELS = (
    Term("hobbies", "hobby’s", "hobbies", "Wat mensen graag doen.", "What people like to do."),
    Term("buying", "koopgedrag", "buying", "Wat mensen kopen en waar.", "What people buy, and where."),
    Term("media", "media", "media", "Wat mensen lezen, kijken en horen.", "What people read, watch and hear."),
    Term(
        "mentality",
        "mentaliteit",
        "mentality",
        "Wat mensen belangrijk vinden.",
        "What people find important.",
    ),
    Term("interests", "interesses", "interests", "Waar mensen belangstelling voor hebben.", "What interests people."),
    Term("lifestyle", "levensstijl", "lifestyle", "Hoe mensen leven.", "How people live."),
)

TERMS: dict[str, Term] = {
    each.key: each for each in (*_MEASURES, *_CLASSES, *_PUBLICATIONS, *_SELECTIONS, *_STATUSES, *_LEVELS, *_CHANNELS)
}

_DUTCH = str.maketrans(",.", ".,")
_MONTHS = (
    ("januari", "January"),
    ("februari", "February"),
    ("maart", "March"),
    ("april", "April"),
    ("mei", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("augustus", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
)


def define(key: str) -> Term:
    """The entry of a word.

    Raises
    ------
    ConfigError
        When the dictionary does not have it.
    """
    if key not in TERMS:
        raise ConfigError(f"the dictionary has no word '{key}'{did_you_mean(key, TERMS)}", where="vocabulary")
    return TERMS[key]


def term(key: str, language: Language = "nl") -> str:
    """The word in a language.

    Raises
    ------
    ConfigError
        When the dictionary does not have it.
    """
    return define(key).name(language)


def number(value: object, language: Language = "nl", decimals: int = 0) -> str:
    """A number as people write it: "8.200.000" and "154,9" in Dutch, "8,200,000" and "154.9" in English.

    A half is rounded away from zero. What is missing (None, nan, pandas.NA) or endless becomes a dash.
    """
    if not isinstance(value, (float, int, Real)) or not math.isfinite(value):
        return NOT_SHOWN
    written = _rounded(float(value), decimals)
    return written.translate(_DUTCH) if language == "nl" else written


def percent(value: object, language: Language = "nl", decimals: int = 1) -> str:
    """A percentage: "11,0%" and "11.0%"."""
    written = number(value, language, decimals)
    return written if written == NOT_SHOWN else f"{written}%"


def day(value: datetime.date, language: Language = "nl") -> str:
    """A date as people write it: "30 september 2026", "30 September 2026"."""
    return f"{value.day} {_MONTHS[value.month - 1][LANGUAGES.index(language)]} {value.year}"


def _rounded(value: float, decimals: int) -> str:
    """English, a half away from zero."""
    shortest = repr(value)
    # Python rounds a half to even and works on the binary value: 154.85 would become 154.8. Where the shortest way to
    # write a number is not such a half, the nearest one is the nearest both ways, and a page has thousands of them.
    half = shortest[-1] == "5" and len(shortest) - shortest.find(".") == decimals + 2
    if value > 0 and not half and "e" not in shortest:
        return f"{value:,.{decimals}f}"
    rounded = Decimal(shortest).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded):,.{decimals}f}"
