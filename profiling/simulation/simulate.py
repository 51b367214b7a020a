"""`simulate`: a Netherlands with known truth, written in streams of 65,536 households."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from profiling.artefacts import writing_folder
from profiling.population.config import LEVELS
from profiling.progress import track
from profiling.simulation.addresses import Addresses, AddressPlan, give_addresses, plan_addresses
from profiling.simulation.areas import write_names, write_polygons
from profiling.simulation.cbs import read_cbs
from profiling.simulation.columns import coded, numbered, scattered
from profiling.simulation.contacts import Public
from profiling.simulation.courses import course_table
from profiling.simulation.geography import make_country
from profiling.simulation.hard import hard_columns
from profiling.simulation.interests import InterestModel, fit_interests, soft_columns
from profiling.simulation.lending import loan_table, write_collections
from profiling.simulation.libraries import Libraries, found_libraries, nearest_branch, write_libraries
from profiling.simulation.members import (
    YOUTH_CARD,
    MemberModel,
    adult_card_chance,
    draw_cards,
    fit_members,
    member_table,
    organisation_cards,
)
from profiling.simulation.opt_outs import OptOutLists, opt_out_lists
from profiling.simulation.segments import CODES, SegmentModel, assign, fit_segments, look
from profiling.simulation.settings import SimulationSettings, identity
from profiling.simulation.streams import CHUNK, PART, stream
from profiling.simulation.subscriptions import young_adult_table, youth_table
from profiling.simulation.surveys import desk_tables
from profiling.simulation.traits import AreaModel, Traits, draw_pilot, draw_traits, fit_areas
from profiling.simulation.truths import TruthModel, draw_truths, fit_truths
from profiling.simulation.visitors import VisitorModel, fit_visitors, visitor_tables
from profiling.simulation.visits import visit_table


@dataclass(frozen=True)
class Country:
    """Everything that is worked out before the first household is drawn."""

    settings: SimulationSettings
    model: AreaModel
    plan: AddressPlan
    libraries: Libraries
    segments: SegmentModel
    truths: TruthModel
    interests: InterestModel
    members: MemberModel
    visitors: VisitorModel


class Writers:
    """The growing files of a simulation; each is opened with its first table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open: dict[str, pq.ParquetWriter] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Add a table as row groups of at most 65,536 rows."""
        if name not in self.open:
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            self.open[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self.open[name].write_table(table, row_group_size=CHUNK)

    def close(self, name: str) -> None:
        """Finish one file."""
        self.open.pop(name).close()

    def __enter__(self) -> Writers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self.open):
            self.close(name)


def simulate(settings: SimulationSettings, out: Path) -> Path:
    """Write a simulated country to the folder `out`, whole or not at all.

    Returns
    -------
    The folder: households/part-*.parquet, truth.parquet, areas.csv, polygons/*.parquet, branches.csv,
    work_areas.csv, collections.csv, loans.parquet, members.parquet, optout.csv, deceased.csv, manifest.json; and for
    the candidate groups visits, courses, ido_survey, ido_registrations, young_adult_cards, youth_cards,
    visitor_postcodes and truth_visitors, all Parquet.

    Raises
    ------
    SchemaError
        When the CBS files are not what they should be.
    ArtefactError
        When the folder cannot be written.
    """
    country = prepare(settings)
    with writing_folder(out, identity(settings)) as folder:
        areas = country.model.areas
        write_names(areas, folder / "areas.csv")
        write_polygons(areas, folder / "polygons")
        write_libraries(areas, country.libraries, folder)
        write_collections(folder / "collections.csv")
        with Writers(folder) as writers, opt_out_lists(folder, settings) as optout:
            loans = _organisations(country, writers)
            chunks = range(-(-settings.households // CHUNK))
            for chunk in track(chunks, f"Simulating {settings.households:,} households"):
                loans = _chunk(country, chunk, loans, writers, optout)
    return out


def prepare(settings: SimulationSettings) -> Country:
    """Areas, libraries, and all intercepts and cut-offs, taken from a sample of the country."""
    areas = make_country(settings.households, settings.seed) if settings.cbs is None else read_cbs(settings.cbs)
    model = fit_areas(areas)
    libraries = found_libraries(areas, settings)
    pilot = draw_pilot(model, settings.seed)
    rng = stream(settings.seed, "calibration")
    segments = fit_segments(pilot, look(pilot, rng))
    truths = fit_truths(pilot, segments, rng)
    metres, _ = map(np.asarray, libraries.trees.query(np.column_stack([areas.x, areas.y])[pilot.buurt]))
    distance = 0.05 + 1.25e-3 * metres
    return Country(
        settings=settings,
        model=model,
        plan=plan_addresses(areas, areas.counts(settings.households)),
        libraries=libraries,
        segments=segments,
        truths=truths,
        interests=fit_interests(pilot),
        members=fit_members(pilot, draw_truths(truths, pilot, rng), distance, settings.dirt, rng),
        visitors=fit_visitors(pilot, distance, stream(settings.seed, "visitor calibration")),
    )


def _organisations(country: Country, writers: Writers) -> int:
    """Cards of schools, staff and institutions; returns the number of the next loan."""
    rng = stream(country.settings.seed, "organisations")
    cards = organisation_cards(country.libraries, country.settings.seed, rng)
    snapshot = country.settings.snapshot
    writers.write("members.parquet", member_table(cards, country.libraries, snapshot, rng))
    table = loan_table(cards, country.libraries, snapshot, 1, rng)
    writers.write("loans.parquet", table)
    return 1 + len(table)


def _chunk(country: Country, chunk: int, loans: int, writers: Writers, optout: OptOutLists) -> int:
    """Households chunk × 65,536 and on, their truths, cards and loans; returns the number of the next loan."""
    settings, areas = country.settings, country.model.areas
    rows = np.arange(chunk * CHUNK, min((chunk + 1) * CHUNK, settings.households))
    buurt = np.searchsorted(country.plan.start + country.plan.count, rows, side="right")
    rng = stream(settings.seed, "traits", chunk)
    traits = draw_traits(country.model, buurt, rng)
    addresses = give_addresses(country.plan, settings.seed, rows, traits)
    distance, branch = nearest_branch(
        country.libraries, country.libraries.trees, areas, country.plan, addresses, settings.seed
    )
    truths = draw_truths(country.truths, traits, stream(settings.seed, "truths", chunk))
    table = _households(country, chunk, rows, traits, addresses, distance)
    name = f"households/part-{chunk * CHUNK // PART:04d}.parquet"
    writers.write(name, table)
    if (chunk + 1) * CHUNK % PART == 0 or (chunk + 1) * CHUNK >= settings.households:
        writers.close(name)
    known = {name: pa.array(values) for name, values in truths.items()}
    writers.write("truth.parquet", pa.table({"household_id": table["household_id"], **known}))
    optout.write(rows, addresses)
    rng = stream(settings.seed, "cards", chunk)
    cards = draw_cards(
        country.members, traits, truths, distance, branch, addresses, country.libraries, rows, settings.seed, rng
    )
    served = country.libraries.takes_part[country.libraries.branch_library[branch]]
    # Where no library takes part nobody's cards are written; who has one there matters to the truths alone.
    away = stream(settings.seed, "cards elsewhere", chunk).random((2, len(rows)))
    member = ~served & (away[0] < adult_card_chance(country.members, traits, truths, distance))
    member |= ~served & (traits.youngest >= 0) & (traits.youngest < 18) & (away[1] < YOUTH_CARD)
    member[cards.row] = True
    public = Public(
        traits,
        truths,
        distance,
        branch,
        addresses,
        rows,
        served,
        member,
        country.libraries,
        settings.snapshot,
        settings.seed,
        chunk,
    )
    _contacts(public, country.visitors, table["household_id"], writers)
    if len(cards) == 0:
        return loans
    writers.write("members.parquet", member_table(cards, country.libraries, settings.snapshot, rng))
    lent = loan_table(cards, country.libraries, settings.snapshot, loans, rng)
    writers.write("loans.parquet", lent)
    return loans + len(lent)


def _contacts(public: Public, visitors: VisitorModel, household: pa.ChunkedArray, writers: Writers) -> None:
    """What libraries write down of people beside their loans: the sources of the candidate groups."""
    registrations, survey = desk_tables(public)
    truth, postcodes = visitor_tables(public, visitors, household)
    tables = {
        "visits": visit_table(public),
        "courses": course_table(public),
        "ido_registrations": registrations,
        "ido_survey": survey,
        "young_adult_cards": young_adult_table(public),
        "youth_cards": youth_table(public),
        "visitor_postcodes": postcodes,
        "truth_visitors": truth,
    }
    for name, table in tables.items():
        writers.write(f"{name}.parquet", table)


def _households(
    country: Country,
    chunk: int,
    rows: NDArray[np.int64],
    traits: Traits,
    addresses: Addresses,
    distance: NDArray[np.float64],
) -> pa.Table:
    settings, areas = country.settings, country.model.areas
    seen = look(traits, stream(settings.seed, "vendor", chunk))
    here, inverse = np.unique(traits.buurt, return_inverse=True)
    return pa.table(
        {
            "household_id": numbered("H", 1 + scattered(rows, settings.households), 8),
            **addresses.columns(),
            **{level: coded(inverse, areas.code[level][here].tolist()) for level in LEVELS},
            "segment": coded(assign(country.segments, traits, seen), CODES),
            **hard_columns(areas, traits, distance, stream(settings.seed, "hard", chunk)),
            **soft_columns(country.interests, traits, stream(settings.seed, "soft", chunk)),
        }
    )
