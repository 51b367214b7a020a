"""Check "outside-figures": does the profile say the same of areas as figures that were made without it?"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.external import CIRCULAR, ExternalValidity, compare_external
from profiling.evaluation.figures import Figures
from profiling.population.checks import area_names
from profiling.profiles.validation import ExternalSettings
from profiling.publish.cells import count_cells
from profiling.publish.tables import area_tables
from profiling.vocabulary import LANGUAGES, Language, number

APART = 20.0
WEAK = 0.3
SHOWN = 10


def look(case: Case) -> Finding | None:
    """Rank correlation and slope for every file of figures; the map of the first, and where it differs most."""
    if not case.outside.external:
        return None
    found = [(settings, _compared(case, figures)) for settings, figures in case.outside.external]
    settings, first = found[0]
    rows = [_row(*each) for each in found]
    weak = any(each.spearman.high < WEAK for _, each in found)
    circular = any(each.circular for _, each in found)
    areas = _areas(case, settings, first)
    return Finding(
        says={each: " ".join(_says(*one, each) for one in found) for each in LANGUAGES},
        status="caution" if weak or circular else "good",
        value=first.spearman.value,
        interval=(first.spearman.low, first.spearman.high),
        n=first.matched,
        columns=(
            Column("what", "Cijfer", "Figure"),
            Column("matched", "Gebieden", "Areas", "count"),
            Column("spearman", "Rangcorrelatie", "Rank correlation", "decimal", 2),
            Column("interval", "Marge", "Interval", "interval", 2),
            Column("slope", "Helling (indexen)", "Slope (indices)", "decimal", 2),
            Column("slope_interval", "Marge", "Interval", "interval", 2),
        ),
        rows=rows,
        areas=areas,
    )


def _compared(case: Case, figures: Figures) -> ExternalValidity:
    cells = count_cells(case.scores.file, case.profile.last_rank, [figures.level])
    table = pa.table({"area": cells[figures.level], "households": cells["base"], "profile": cells["profile"]})
    areas = case.store.population.config.areas
    return compare_external(figures, table, areas.year if areas else None, **case.resampling)


def _row(settings: ExternalSettings, found: ExternalValidity) -> dict[str, Any]:
    return {
        "what": {"nl": settings.nl, "en": settings.en},
        "matched": found.matched,
        "spearman": found.spearman.value,
        "interval": (found.spearman.low, found.spearman.high),
        "slope": found.relative_slope.value,
        "slope_interval": (found.relative_slope.low, found.relative_slope.high),
    }


def _says(settings: ExternalSettings, found: ExternalValidity, language: Language) -> str:
    rank = [number(each, language, 2) for each in (found.spearman.value, found.spearman.low, found.spearman.high)]
    title = settings.nl if language == "nl" else settings.en
    said = SAYS[language].format(*rank, title=title, n=number(found.matched, language))
    return " ".join([said, *(each[language] for each in found.notes)])


def _areas(case: Case, settings: ExternalSettings, found: ExternalValidity) -> dict[str, Any]:
    """The map of differences, from the table of areas that is published: small cells are hidden there already."""
    store = case.store
    levels = [level for level in store.levels if not case.config.publish.levels or level in case.config.publish.levels]
    levels = levels if settings.level in levels else list(store.levels)
    cells = count_cells(case.scores.file, case.profile.last_rank, levels)
    tables = area_tables(cells, levels, area_names(store), case.config.publish)
    shown = tables[f"areas_{settings.level}"]
    differences = dict(zip(found.table["area"].to_pylist(), found.table["difference"].to_pylist(), strict=True))
    rows = []
    for row in shown.to_dict("records"):
        difference = differences.get(row["code"])
        if row["suppressed"]:
            rows.append({"code": row["code"], "name": row["name"], "class": "suppressed"})
        elif difference is not None:
            side = "above" if difference > APART else "below" if difference < -APART else "average"
            rows.append({"code": row["code"], "name": row["name"], "class": side, "difference": difference})
    return {"level": settings.level, "limits": [-APART, APART], "rows": rows, "shown": SHOWN}


SAYS = {
    "nl": "{title}: over {n} gebieden is de rangcorrelatie met het profiel {0} ({1} tot {2}); 1 is precies dezelfde "
    "volgorde, 0 geen verband.",
    "en": "{title}: over {n} areas the rank correlation with the profile is {0} ({1} to {2}); 1 is exactly the same "
    "order, 0 no relation.",
}
CHECK = Check(
    name="outside-figures",
    order=90,
    nl="Klopt het met cijfers van buiten?",
    en="Does it agree with outside figures?",
    paper="Steyerberg & Harrell (2016), Prediction models need appropriate internal, internal-external and external "
    "validation, J. Clin. Epidemiol. 69",
    missing={
        "nl": "Niet gemeten: geef een CSV met cijfers per gebied onder [[validation.external]]. Boven een correlatie "
        f"van {str(CIRCULAR).replace('.', ',')} volgt een waarschuwing.",
        "en": "Not measured: give a CSV of figures per area under [[validation.external]]. Above a correlation of "
        f"{CIRCULAR} a warning follows.",
    },
    look=look,
)
