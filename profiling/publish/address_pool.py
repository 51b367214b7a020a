"""The addresses that a selection can be drawn from: profile households of the areas, less who may not be written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from profiling.errors import ProfilingError, SelectionError, Text, did_you_mean
from profiling.population.addresses import address_keys
from profiling.population.store import HouseholdStore
from profiling.publish.opt_outs import OptOuts, opted_out
from profiling.publish.published import Published
from profiling.sql import open_database

NO_ADDRESS, LIVE, SAME_ADDRESS = "no_address", "in_live_selection", "same_address"


@dataclass(frozen=True)
class Pool:
    """Addresses that may be written to: household_id, rank, postcode, number, addition, gemeente (and street where the
    household file has it); and who went off.

    `removed` counts households by the first reason that took them off, in the order in which reasons were looked at.
    """

    addresses: pd.DataFrame
    removed: Mapping[str, int]


def check_areas(published: Published, areas: Sequence[str]) -> dict[str, list[str]]:
    """Level → the asked codes of that level.

    Raises
    ------
    SelectionError
        When a code is unknown, or none is named. All faults at once.
    """
    known: dict[str, str] = {}
    for level in published.levels:
        path = published.folder / f"areas_{level}.parquet"
        if path.is_file():
            known |= dict.fromkeys(pq.read_table(path, columns=["code"]).column(0).to_pylist(), level)
    faults = [
        Text(f"er is geen gebied '{code}'", f"there is no area '{code}'") + did_you_mean(code, known)
        for code in areas
        if code not in known
    ]
    if faults or not areas:
        raise SelectionError(
            Text("Wij kennen niet elk gebied dat u noemt", f"{len(faults)} areas are unknown")
            if areas
            else Text("Er is geen gebied gekozen", "no area is named"),
            where=published.listed.profile,
            faults=faults,
            hint=Text(
                "Noem gebieden met hun code, zoals in de gebiedsanalyse",
                "name areas by their code, as in the area analysis",
            ),
        )
    chosen: dict[str, list[str]] = {}
    for code in dict.fromkeys(areas):
        chosen.setdefault(known[code], []).append(code)
    return chosen


def check_store(published: Published, store: HouseholdStore) -> None:
    """The household file is the one that the profile was made of.

    Raises
    ------
    SelectionError
        When it is another one, or has no addresses.
    """
    if "postcode" not in store.columns:
        raise SelectionError(
            Text("In dit bestand staan geen adressen", "this population has no addresses"),
            where=store.population.path,
        )
    made_of = str(published.manifest["inputs"]["population"])
    if store.fingerprint != made_of:
        raise SelectionError(
            Text(
                "De adressen horen niet bij dit profiel: ze komen uit een ander bestand met huishoudens",
                f"these households ({store.fingerprint[:12]}) are not those of the profile ({made_of[:12]})",
            ),
            where=store.population.path,
            hint=Text(
                "Kies een ander profiel, of vraag de beheerder om het bestand waarvan dit profiel is gemaakt",
                "give the snapshot that the profile was made of with --data, or publish the profile on this one",
            ),
        )


def draw_pool(
    published: Published,
    store: HouseholdStore,
    areas: Mapping[str, Sequence[str]],
    opt_outs: Sequence[OptOuts],
    held: pa.Array,
) -> Pool:
    """Everybody of the profile in the areas, less whoever may not be written to; one row per address.

    Parameters
    ----------
    areas : from `check_areas`.
    held : keys of households in live selections.

    Raises
    ------
    SelectionError
        When a household of the profile is not in the store.
    """
    everyone = _in_areas(published, areas)
    addresses = _addresses(store, pa.array(everyone["household_id"]))
    both = everyone.merge(addresses, on="household_id", how="left", validate="one_to_one")
    if len(addresses) != len(everyone):
        lost = len(everyone) - len(addresses)
        raise SelectionError(
            Text(
                f"{lost} huishoudens van het profiel staan niet in het bestand met adressen",
                f"{lost:,} households are not in the household file",
            )
        )
    removed: dict[str, int] = {}
    inside = both["in_profile"].to_numpy(dtype=bool).copy()

    def take_off(reason: str, rows: np.ndarray) -> None:
        removed[reason] = int((inside & rows).sum())
        inside[rows] = False

    take_off(NO_ADDRESS, both["house"].isna().to_numpy())
    house, bare = (pa.array(both[each], pa.string(), from_pandas=True) for each in ("house", "bare"))
    for listed in opt_outs:
        take_off(listed.name, opted_out(house, bare, listed))
    live = both.loc[both["household_id"].isin(held.to_pylist()), "address"]
    take_off(LIVE, both["address"].isin(live).to_numpy())
    kept = both[inside].sort_values("rank")
    double = kept.duplicated("address")
    removed[SAME_ADDRESS] = int(double.sum())
    return Pool(kept[~double].reset_index(drop=True), removed)


def _in_areas(published: Published, areas: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """All households of the areas, of the profile or not: an opt-out is read against everybody in a house."""
    town = "gemeente" if "gemeente" in published.levels else "NULL"
    where = " OR ".join(f"{level} IN (SELECT unnest(${level}))" for level in areas)
    columns = f"household_id, rank, in_profile, {town} AS gemeente"
    query = f"SELECT {columns} FROM read_parquet($file) WHERE {where} ORDER BY rank"
    values = {"file": str(published.households), **{level: list(codes) for level, codes in areas.items()}}
    try:
        with open_database("2GB") as database:
            return database.execute(query, values).df()
    except duckdb.Error as error:
        what = Text("De huishoudens van dit profiel zijn niet te lezen", f"the households cannot be read: {error}")
        raise ProfilingError(what, where=published.households) from error


def _addresses(store: HouseholdStore, households: pa.Array) -> pd.DataFrame:
    words = [each for each in ("postcode", "house_number", "addition") if each in store.columns]
    street = ["street"] if "street" in store.columns else []
    found = []
    for batch in store.batches(["household_id", *words, *street], text="addresses"):
        wanted = batch.filter(pc.is_in(batch.column("household_id"), value_set=households))
        if not wanted.num_rows:
            continue
        house, address = address_keys(*(wanted.column(word) for word in words))
        bare = pc.replace_substring_regex(address, r"^[^ ]* [^ ]* ", "")
        written = pc.utf8_trim_whitespace(wanted.column("addition").cast(pa.string())) if "addition" in words else bare
        found.append(
            pa.table(
                {
                    **{word: wanted.column(word) for word in ("household_id", *street)},
                    "house": house,
                    "address": address,
                    "bare": bare,
                    # As the file writes it, unless the file writes it behind the number.
                    "addition": pc.if_else(pc.equal(pc.coalesce(written, pa.scalar("")), ""), bare, written),
                    "postcode": pc.replace_substring_regex(house, r"^(....)(..) .*$", r"\1 \2"),
                    "number": pc.cast(pc.replace_substring_regex(house, r"^.* ", ""), pa.int64()),
                }
            )
        )
    frame: pd.DataFrame = pa.concat_tables(found).to_pandas() if found else pd.DataFrame(columns=["household_id"])
    return frame
