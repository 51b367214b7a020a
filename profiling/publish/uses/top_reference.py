"""A look-alike of the top: the configuration and household keys from which `profiling run` makes a profile.

Keys of the other customers go along, so that the top is held against those and the profile does not merely find whoever
becomes a customer. This is the one place where a customer file leaves something behind, and only on request: keys of
households and which of them are top, without customer numbers, addresses or anything that they bought. Who keeps them,
keeps personal data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from profiling.artefacts import write_text, writing_folder
from profiling.errors import ProfileError, Text
from profiling.publish.uses.top_customers import TopCustomers
from profiling.segmentation.scheme_file import toml

KEYS, REFERENCE, PROFILE = "households.csv", "reference.toml", "profile.toml"


def write_top_reference(
    found: TopCustomers,
    folder: Path,
    *,
    name: str,
    population: Path,
    contact: str,
    depth: float = 0.1,
    minimum: int = 500,
) -> Path:
    """Write the reference group of the top customers, and a profile's configuration that uses it.

    Parameters
    ----------
    name : of the profile and its group: small letters, digits and hyphens.
    population : the population's configuration, that book and profile were made of.
    contact : who answers for the profile.
    depth : how far down the ranking the profile goes, 0 to 1.
    minimum : fewest households that a profile may be built on.

    Returns
    -------
    The profile's configuration.

    Raises
    ------
    ProfileError
        When there are fewer top customers than the minimum.
    """
    n = len(found.households)
    if n < minimum:
        raise ProfileError(
            Text(
                f"{n} huishoudens van topklanten zijn te weinig voor een profiel (minstens {minimum})",
                f"{n:,} households of top customers are too few for a profile (minimum {minimum:,})",
            ),
            where=found.report.file,
            hint=Text(
                "Neem een groter deel van de klanten, of een lager minimum: het profiel staat dan minder vast",
                "take a larger part of the customers, or lower the minimum and accept a less stable profile",
            ),
        )
    titles = {"nl": f"Lijkt op topklanten ({found.rule.column})", "en": f"Like top customers ({found.rule.column})"}
    reference: dict[str, Any] = {
        "name": name,
        **titles,
        "source": "customers",
        "as_of": found.about.snapshot,
        "minimum": minimum,
        "customers": {
            "files": [KEYS],
            "household": "household_id",
            "where": {"column": "top", "equals": "true"},
            "others_are_customers": True,
        },
    }
    purpose = {
        "nl": "Klanten en bewoners vinden die op de topklanten lijken.",
        "en": "Find customers and residents who are like the top customers.",
    }
    profile = {
        "name": name,
        **titles,
        "contact": contact,
        "population": str(population.resolve()),
        "reference": REFERENCE,
        "purpose": purpose,
        "cutoff": {"depth": depth},
    }
    with writing_folder(folder, {"kind": "top reference", "name": name, "households": n}) as aside:
        pa.csv.write_csv(_keys(found), aside / KEYS)
        write_text(aside / REFERENCE, toml(reference))
        write_text(aside / PROFILE, toml(profile))
    return folder / PROFILE


def _keys(found: TopCustomers) -> pa.Table:
    """Every customer's household, ordered by key, and whether it is one of the top."""
    keys = pa.concat_arrays([found.households, found.others])
    top = pa.array([True] * len(found.households) + [False] * len(found.others))
    return pa.table({"household_id": keys, "top": top}).sort_by("household_id")
