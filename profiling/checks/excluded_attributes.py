"""Check "excluded-attributes": how far the profile stands in for what policy keeps out of the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from profiling.checks.check import Case, Check, Column, Finding
from profiling.evaluation.proxies import score_proxy, variable_proxies
from profiling.measures import index, penetration, penetration_interval
from profiling.profiles.disclosure import suppress
from profiling.profiles.validation import Attribute, named
from profiling.sql import load_csv, open_database, quoted
from profiling.training.catchment import UNKNOWN
from profiling.vocabulary import LANGUAGES, number

SAMPLE = 20_000
REPLICATES = 100
FAR = 0.1
VARIABLES = 5


def look(case: Case) -> Finding | None:
    """Penetration by group over all households, and the AUC of each group by score and by single features."""
    rows: list[dict[str, Any]] = []
    telling: list[tuple[float, float, dict[str, str]]] = []
    for attribute in case.outside.attributes:
        counted, sample = _joined(case, attribute)
        told = _told_by_score(case, sample)
        features = _told_by_features(case, attribute)
        for row in _cleared(case, counted):
            group = named(attribute.settings.groups, row.pop("group_code"))
            auc = told.get(row.pop("code"), {})
            rows.append(
                {
                    "attribute": {"nl": attribute.settings.nl, "en": attribute.settings.en},
                    "group": group,
                    **row,
                    "auc": auc.get("auc"),
                    "auc_interval": (auc.get("low"), auc.get("high")) if auc else None,
                    "features": features.get(auc.get("group", ""), {}),
                }
            )
            if auc.get("auc") is not None and np.isfinite(auc["auc"]):
                telling.append((abs(auc["auc"] - 0.5), auc["auc"], group))
    if not rows:
        return None
    far = max(telling, key=lambda each: each[:2], default=None)
    if far is None:
        return Finding(SMALL, "unknown")
    distance, value, title = far
    text = SAYS["far" if distance > FAR else "near"]
    worst = next(row for row in rows if row["auc"] == value)
    return Finding(
        says={each: text[each].format(number(value, each, 2), group=title[each]) for each in LANGUAGES},
        status="caution" if distance > FAR else "good",
        value=value,
        interval=worst["auc_interval"],
        n=worst["n"],
        columns=(
            Column("attribute", "Kenmerk", "Attribute"),
            Column("group", "Groep", "Group"),
            Column("n", "n", "n", "count"),
            Column("penetration", "Penetratie", "Penetration", "percent", 1),
            Column("interval", "Marge", "Interval", "interval", 1),
            Column("index", "Index", "Index", "index", 0),
            Column("auc", "AUC van de score", "AUC of the score", "decimal", 2),
            Column("auc_interval", "Marge", "Interval", "interval", 2),
            Column("features", "Kenmerken die de groep het meest verraden (AUC)", "Features that tell most (AUC)"),
        ),
        rows=rows,
    )


def _joined(case: Case, attribute: Attribute) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Households per group, and a sample of households along the ranking with their group.

    DuckDB joins within its memory limit, whatever the number of households; every k-th of the ranking is a sample
    that depends on nothing but the ranks.
    """
    block = case.config.training.block
    every = max(1, case.scores.n_households // SAMPLE)
    with open_database("700MB") as database:
        _load(database, attribute.files, attribute.settings.household, attribute.settings.column)
        database.execute(
            f"CREATE VIEW joined AS SELECT s.rank, coalesce(s.{block}, '{UNKNOWN}') AS area, "
            f"a.code FROM read_parquet('{case.scores.file}') s JOIN attribute a ON s.household_id = a.household"
        )
        counted = database.execute(
            f"SELECT code, count(*) AS n_base, count(*) FILTER (rank <= {case.profile.last_rank}) AS n_profile "
            "FROM joined WHERE code IS NOT NULL AND code <> '' GROUP BY code ORDER BY code"
        ).df()
        sample = database.execute(f"SELECT * FROM joined WHERE rank % {every} = 0 ORDER BY rank").df()
    return counted, sample


def _load(database: duckdb.DuckDBPyConnection, files: tuple[Path, ...], household: str, code: str) -> None:
    """Make `attribute` (household, code, both text) of all files: of Parquet as a view, of CSV as a table."""
    columns = {"household": household, "code": code}
    if files[0].suffix == ".parquet":
        cast = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {word}" for word, name in columns.items())
        listed = ", ".join(f"'{file}'" for file in files)
        database.execute(f"CREATE VIEW attribute AS SELECT {cast} FROM read_parquet([{listed}])")
        return
    for file in files:
        load_csv(database, "attribute", file, columns)


def _cleared(case: Case, counted: pd.DataFrame) -> list[dict[str, Any]]:
    """Penetration and index of each group of households, those of small groups hidden together with the total's."""
    counted = counted.astype({"n_base": "int64", "n_profile": "int64"})
    low, high = penetration_interval(counted["n_profile"], counted["n_base"])
    figures = counted.assign(
        penetration=penetration(counted["n_profile"], counted["n_base"]),
        low=low,
        high=high,
        index=index(counted["n_profile"], counted["n_base"]),
    )
    total = pd.DataFrame(
        {"code": ["*"], "n_base": [counted["n_base"].sum()], "n_profile": [counted["n_profile"].sum()]}
    )
    shown = suppress(
        pd.concat([total, figures], ignore_index=True),
        count="n_profile",
        base="n_base",
        derived=["penetration", "low", "high", "index"],
        parents={"code": dict.fromkeys(counted["code"], "*")},
        minimum=case.config.publish.minimum_cell,
    )
    rows = []
    for row in shown[shown["code"] != "*"].to_dict("records"):
        hidden = bool(row["suppressed"])
        figures_of = {} if hidden else {each: row[each] for each in ("penetration", "index")}
        rows.append(
            {
                "code": row["code"],
                "group_code": row["code"],
                "n": None if hidden else int(row["n_profile"]),
                "interval": None if hidden else (row["low"], row["high"]),
                "suppressed": hidden,
                **figures_of,
            }
        )
    return rows


def _told_by_score(case: Case, sample: pd.DataFrame) -> dict[str, dict[str, Any]]:
    known = sample["code"].notna() & (sample["code"] != "")
    groups = sample["code"].where(known, None).to_numpy(dtype=object)
    if sample.loc[known, "code"].nunique() < 2:
        return {}
    found = score_proxy(
        -sample["rank"].to_numpy(dtype=np.float64),
        groups,
        sample["area"].to_numpy(dtype=object),
        replicates=REPLICATES,
        seed=case.config.seed,
    )
    return {row["group"]: row for row in found.to_pylist()}


def _told_by_features(case: Case, attribute: Attribute) -> dict[str, dict[str, str]]:
    """The features that tell each group best, on a part of the base; as text in both languages."""
    base = np.flatnonzero(case.frame.base)[: SAMPLE // 4]
    table = case.frame.table.take(base)
    ids = table.select(["household_id"])
    with open_database("700MB") as database:
        database.register("ids", ids)
        _load(database, attribute.files, attribute.settings.household, attribute.settings.column)
        groups = database.execute(
            "SELECT i.household_id, a.code FROM ids i LEFT JOIN attribute a ON i.household_id = a.household"
        ).df()
    codes = groups.drop_duplicates("household_id").set_index("household_id")["code"]
    code = codes.reindex(ids.column(0).to_pylist()).to_numpy(dtype=object)
    code = np.array([each if isinstance(each, str) and each else None for each in code], dtype=object)
    if len({each for each in code if each}) < 2:
        return {}
    features: dict[str, NDArray[Any]] = {
        name: table.column(name).to_pandas().to_numpy() for name in case.model.encoder.names
    }
    found = variable_proxies(features, code, case.frame.blocks[base], replicates=2, seed=case.config.seed).to_pandas()
    best = found.dropna(subset=["auc"]).groupby("group").head(VARIABLES)
    return {
        str(group): {
            each: ", ".join(f"{row.feature} {number(row.auc, each, 2)}" for row in rows.itertuples())
            for each in LANGUAGES
        }
        for group, rows in best.groupby("group")
    }


SMALL = {
    "nl": "De groepen zijn te klein om iets te zeggen.",
    "en": "The groups are too small to say anything.",
}
SAYS = {
    "far": {
        "nl": "Let op: aan de score is te merken of een huishouden bij '{group}' hoort (AUC {0}; 0,5 is niets). Het "
        "kenmerk doet niet mee in het model, maar komt langs andere kenmerken terug. Houd daar bij het gebruik "
        "rekening mee.",
        "en": "Beware: the score tells whether a household belongs to '{group}' (AUC {0}; 0.5 is nothing). The "
        "attribute is not in the model, but comes back through other features. Allow for that in use.",
    },
    "near": {
        "nl": "Aan de score is weinig te merken van kenmerken die niet meedoen: het meest van '{group}' (AUC {0}; 0,5 "
        "is niets).",
        "en": "The score tells little of attributes that are kept out: most of '{group}' (AUC {0}; 0.5 is nothing).",
    },
}
CHECK = Check(
    name="excluded-attributes",
    order=100,
    nl="Staat het profiel voor iets wat niet mee mag doen?",
    en="Does the profile stand in for what must stay out?",
    paper="Hanley & McNeil (1982), Radiology 143; Barocas & Selbst (2016), Big data's disparate impact, Calif. Law "
    "Rev. 104",
    missing={
        "nl": "Niet gemeten: geef een bestand met het kenmerk per huishouden onder [[validation.attributes]].",
        "en": "Not measured: give a file with the attribute per household under [[validation.attributes]].",
    },
    look=look,
)
