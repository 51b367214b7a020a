"""Check "snapshot-drift": do the households still look as they did in an earlier snapshot?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.drift import Drift, categorical_drift, numeric_drift
from profiling.population.keys import hash_keys
from profiling.population.store import HouseholdStore
from profiling.vocabulary import LANGUAGES, number

SAMPLE = 20_000
MOVED, MUCH = 0.1, 0.25
SHOWN = 10
SCORE = {"nl": "de score van het profiel", "en": "the score of the profile"}


def look(case: Case) -> Finding | None:
    """PSI of the score and of every feature of the model, on a sample of both snapshots."""
    earlier = case.outside.earlier
    if earlier is None:
        return None
    before, now = _sample(case, earlier), _sample(case, case.store)
    score = numeric_drift(case.model.score(before), case.model.score(now))
    found = [(name, _drift(before, now, name)) for name in case.model.encoder.names]
    found.sort(key=lambda each: (-each[1].psi, each[0]))
    moved = [name for name, each in found if each.psi >= MOVED]
    text = SAYS["much" if score.psi >= MUCH else "moved" if score.psi >= MOVED or moved else "still"]
    return Finding(
        says={each: text[each].format(number(score.psi, each, 3), n=len(moved)) for each in LANGUAGES},
        status="good" if text is SAYS["still"] else "caution",
        value=score.psi,
        n=now.num_rows,
        decimals=3,
        columns=(Column("what", "Kenmerk", "Feature"), Column("psi", "PSI", "PSI", "decimal", 3)),
        rows=[
            {"what": SCORE, "psi": score.psi},
            *({"what": {"nl": name, "en": name}, "psi": each.psi} for name, each in found[:SHOWN]),
        ],
    )


def _sample(case: Case, store: HouseholdStore) -> pa.Table:
    """Households whose key has a low hash: of a household that is in both, both times."""
    limit = float(np.iinfo(np.uint64).max) * min(1.0, SAMPLE / store.n_households)
    kept = []
    for batch in store.batches(["household_id", *case.model.encoder.names], text="comparing snapshots"):
        hashed = hash_keys(batch.column(0), f"drift:{case.config.seed}").astype(np.float64)
        kept.append(batch.filter(pa.array(hashed <= limit)))
    return pa.Table.from_batches(kept).sort_by("household_id")


def _drift(before: pa.Table, now: pa.Table, name: str) -> Drift:
    old, new = before.column(name), now.column(name)
    if pa.types.is_floating(old.type) or pa.types.is_integer(old.type):
        sides = [np.asarray(each.to_pandas(), dtype=np.float64) for each in (old, new)]
        return numeric_drift(sides[0], sides[1])
    return categorical_drift(*(np.array(each.to_pylist(), dtype=object) for each in (old, new)))


SAYS = {
    "still": {
        "nl": "De huishoudens zien er nog uit als toen: de score is nauwelijks verschoven (PSI {0}; onder 0,1 is "
        "weinig).",
        "en": "Households still look as they did: the score hardly moved (PSI {0}; below 0.1 is little).",
    },
    "moved": {
        "nl": "De huishoudens zijn iets veranderd: PSI van de score {0}, en {n} kenmerken boven 0,1. Kijk of het "
        "profiel nog klopt.",
        "en": "Households have changed somewhat: PSI of the score {0}, and {n} features above 0.1. See whether the "
        "profile still holds.",
    },
    "much": {
        "nl": "Let op: de score is sterk verschoven (PSI {0}; boven 0,25 is veel), en {n} kenmerken boven 0,1. Maak "
        "het profiel opnieuw.",
        "en": "Beware: the score has moved a lot (PSI {0}; above 0.25 is much), and {n} features above 0.1. Make the "
        "profile anew.",
    },
}
CHECK = Check(
    name="snapshot-drift",
    order=110,
    nl="Zijn de huishoudens veranderd sinds een eerder bestand?",
    en="Have households changed since an earlier snapshot?",
    paper="Siddiqi (2006), Credit risk scorecards (population stability index)",
    missing={
        "nl": "Niet gemeten: geef de map van een eerder bestand onder [validation] earlier.",
        "en": "Not measured: give the folder of an earlier snapshot under [validation] earlier.",
    },
    look=look,
)
