"""The record for the Dutch Algoritmeregister (publication standard 1.0), from a profile's card; in Dutch.

What the system knows is filled in. What only a person can say is marked with `TO_WRITE` and what to write there: a
record with such marks is a draft. Fields and lengths are those of the register's own schema, `v1_0.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from profiling.publish.card import feature_names
from profiling.vocabulary import number, percent

TO_WRITE = "[INVULLEN]"
STANDARD = "1.0"
STATUSES = {"published": "In gebruik", "withdrawn": "Buiten gebruik"}
LENGTHS = {
    "name": 100,
    "description_short": 350,
    "organization": 100,
    "contact_email": 500,
    "begin_date": 7,
    "end_date": 7,
}
LONGEST = 2500
CUT = " (…)"


@dataclass(frozen=True)
class AlgorithmRecord:
    """One record: the fields of the standard, and which of them a person still has to write."""

    fields: Mapping[str, Any]
    to_write: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"AlgorithmRecord({self.fields['name']}, {len(self.to_write)} fields to write) · next: a person fills it in"
        )


def algorithm_record(card: Mapping[str, Any], *, status: str = "challenger") -> AlgorithmRecord:
    """Fill in the record.

    Parameters
    ----------
    card : from `publish.card.report_card`, as it stands in the bundle.
    status : of the version in the library of profiles.
    """
    profile, base, cutoff = card["profile"], card["base"], card["cutoff"]
    title = profile["title"]["nl"]
    n, total = number(cutoff["households"]), number(base["households"])
    hard, soft, excluded = (
        ", ".join(feature_names(card, each, "nl")) or "geen" for each in ("hard", "soft", "excluded")
    )
    fields: dict[str, Any] = {
        "name": f"Look-alike-profiel {title}",
        "description_short": (
            f"Schat waar huishoudens wonen die lijken op een voorbeeldgroep ({title}), zodat de bibliotheek daar haar "
            f"aanbod kan doen. Het is een kans, geen feit over een huishouden."
        ),
        "organization": f"{TO_WRITE} volledige naam van de organisatie",
        "category": ["Cultuur en recreatie", "Onderwijs en wetenschap"],
        "status": STATUSES.get(status, "In ontwikkeling"),
        "begin_date": "",
        "end_date": "",
        "contact_email": profile["contact"],
        "website": "",
        "publication_category": "Impactvolle algoritmes",
        "url": "",
        "goal": (
            f"{profile['purpose']['nl']} Bewoners merken er iets van als zij een uitnodiging krijgen, of als de "
            "bibliotheek bij hen in de buurt aanbod neerzet. Niemand krijgt er iets door geweigerd."
        ),
        "proportionality": (
            f"{TO_WRITE} waarom dit redelijk is, en welke andere wegen zijn bekeken. Bekend is: het "
            f"model is vergeleken "
            f"met eenvoudiger wegen ({_rivals(card)}). Uitgesloten kenmerken: {excluded}."
        ),
        "human_intervention": (
            "Een medewerker kiest gebied, doel en aantal. Elke adresselectie staat in een register "
            "met doel en aanvrager, "
            "is voor één keer, en wordt binnen 28 dagen vernietigd. Het profiel neemt geen besluit over iemand. "
            "Een versie kan worden ingetrokken: dan doet niets het meer."
        ),
        "risks": (
            f"{card['bias']['nl']} Kleine aantallen (minder dan {card['disclosure']['minimum']}) "
            f"worden niet getoond. Wie "
            "geen post wil, gaat er eerst af. Het profiel mag niet worden gebruikt voor handhaving, controle, of om te "
            f"bepalen wie ergens recht op heeft. {_stability(card)}{TO_WRITE} hoe vaak en door wie dit wordt nagekeken."
        ),
        "lawful_basis": f"{TO_WRITE} de wettelijke basis van het proces (AVG artikel 6, en de taak van de bibliotheek)",
        "lawful_basis_grouping": [],
        "process_index_url": "",
        "impacttoetsen_grouping": [{"title": "Data Protection Impact Assessment (DPIA)", "link": ""}],
        "impacttoetsen": f"{TO_WRITE} de uitkomst van de DPIA; een ingevuld begin staat bij dit profiel (dpia.nl.html)",
        "source_data": (
            f"Een huishoudenbestand ({base['name']['nl']}, {total} huishoudens, stand {card['snapshot']}) en een "
            f"referentiegroep van {number(card['reference']['households'])} huishoudens "
            f"({card['reference']['title']['nl']}). Kenmerken in het model: "
            f"{hard}. Alleen om te "
            f"beschrijven: {soft}. Nooit gebruikt: {excluded}."
        ),
        "source_data_grouping": [],
        "methods_and_models": (
            f"Een model leert waarin de referentiegroep verschilt van andere huishoudens en geeft "
            f"elk huishouden een score. "
            f"De hoogste {percent(cutoff['penetration'])} ({n} van {total}) hoort bij het profiel. "
            f"{card['contrast']['nl']} "
            f"{_capture(card)} Versie {profile['version']}."
        ),
        "provider": f"{TO_WRITE} leverancier van het huishoudenbestand",
        "publiccode": f"{TO_WRITE} link naar de broncode (open broncode, EUPL-1.2)",
        "lang": "NLD",
        "standard_version": STANDARD,
        "source_id": f"{profile['name']}-{profile['version']}",
        "tags": "bibliotheek, doelgroep, huishoudens, look-alike, profilering",
    }
    written = {key: _cut(key, value) for key, value in fields.items()}
    marked = tuple(key for key, value in written.items() if isinstance(value, str) and TO_WRITE in value)
    return AlgorithmRecord(written, marked)


def _cut(key: str, value: Any) -> Any:
    longest = LENGTHS.get(key, LONGEST)
    if not isinstance(value, str) or len(value) <= longest:
        return value
    return value[: longest - len(CUT)].rsplit(" ", 1)[0] + CUT


def _rivals(card: Mapping[str, Any]) -> str:
    named = [str(each["name"]) for each in card["models"] if each["role"] != "model"]
    return ", ".join(named) or "geen"


def _capture(card: Mapping[str, Any]) -> str:
    """How well the model finds households of the group that it has not seen."""
    for model in card["models"]:
        for measure in model["measures"] if model["role"] == "model" else ():
            if measure["measure"] == "capture" and measure.get("depth"):
                return (
                    f"Gemeten op gebieden die het model niet zag, zit {percent(measure['value'])} van de groep in de "
                    f"hoogste {percent(measure['depth'], decimals=0)}."
                )
    return ""


def _stability(card: Mapping[str, Any]) -> str:
    stability = card.get("stability") or {}
    jaccard = stability.get("jaccard") if isinstance(stability, Mapping) else None
    return "" if not isinstance(jaccard, int | float) else f"Stabiliteit (Jaccard): {number(jaccard, decimals=2)}. "
