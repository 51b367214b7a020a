"""The reference group: the example households that a look-alike profile starts from, and how they were found."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from profiling.artefacts import fingerprint, read_manifest, writing_folder
from profiling.config import Config
from profiling.population.store import HouseholdStore

# What a loan record tells of a household's cards, as far as the source has it: marks are yes or no and are known of
# every member; `asked_loans` counts those that the group was chosen by; `all_loans` counts loans of any kind.
MARKS = ("childrens_books", "teaching_material")
EVIDENCE = (*MARKS, "asked_loans", "all_loans")


@dataclass(frozen=True)
class Dropped:
    """How many fell out at a step, and why."""

    nl: str
    en: str
    n: int


@dataclass(frozen=True)
class FunnelStep:
    """How many are left after one step, of what (loans, cards, households), and what fell out there."""

    key: str
    nl: str
    en: str
    unit: str
    n: int
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a source hands over: households with weights, the funnel, what would give more, and the other members.

    Columns beside household_id and weight are evidence about the card, as counts and yes or no.
    """

    households: pa.Table
    funnel: tuple[FunnelStep, ...]
    would_help: tuple[str, ...] = ()
    members: pa.Table | None = None


@dataclass(frozen=True)
class SourceContext:
    """What a source may use: where its configuration stands, the date it looks back from, the households."""

    path: Path
    data: Path | None
    as_of: datetime.date
    store: HouseholdStore


@dataclass(frozen=True)
class MemberCounts:
    """Members per place: a table of code (text), low and high (float64, equal where the count was told).

    `level` is what the codes are (pc6, pc4, buurt, wijk, gemeente), `counted` what was counted (people, households).
    """

    table: pa.Table
    level: str
    counted: str


@dataclass(frozen=True)
class Source:
    """A plug of this room: the name of a kind of source, its settings, how files are found and households built."""

    name: str
    settings: type[Config]
    files: Callable[[Any, SourceContext], tuple[Path, ...]]
    build: Callable[[Any, SourceContext], Found]


class ReferenceConfig(Config):
    """What every reference group's configuration says; the section named after the source says the rest."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    nl: str = ""
    en: str = ""
    source: str
    as_of: datetime.date
    minimum: int = Field(500, ge=1, description="fewest households that a profile may be built on")


@dataclass(frozen=True)
class ReferenceGroup:
    """Example households (the others are unlabelled, never "negative").

    `households` has the columns household_id (text, sorted, each once) and weight (float64 in (0, 1]), and those of
    `EVIDENCE` that the source knows, summed over the cards of the household. `members` are the households with
    another borrower in the same source (household_id sorted, each once, none of the group), with the same evidence;
    None where the source has no list of them. `member_counts` are counts of members, where the configuration has
    the block [members].
    """

    name: str
    nl: str
    en: str
    households: pa.Table
    funnel: tuple[FunnelStep, ...]
    inputs: dict[str, Any]
    members: pa.Table | None = None
    member_counts: MemberCounts | None = None

    def __len__(self) -> int:
        return int(self.households.num_rows)

    def __repr__(self) -> str:
        return f"ReferenceGroup({self.name}, {len(self):,} households) · next: build_training_frame(group, store)"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the households, weights and evidence, and of what they (and the members) were made from."""
        rows = [column.to_pylist() for column in self.households.columns]
        n_members = None if self.members is None else self.members.num_rows
        return fingerprint({"rows": rows, "inputs": self.inputs, "members": n_members})

    def save(self, folder: Path) -> None:
        """Write the group as a folder artefact."""
        manifest = {
            "kind": "reference-group",
            "inputs": self.inputs,
            "name": self.name,
            "nl": self.nl,
            "en": self.en,
            "n": len(self),
            "funnel": [asdict(step) for step in self.funnel],
        }
        counts = self.member_counts
        if counts is not None:
            manifest["member_counts"] = {"level": counts.level, "counted": counts.counted}
        with writing_folder(folder, manifest) as aside:
            pq.write_table(self.households, aside / "households.parquet")
            if counts is not None:
                pq.write_table(counts.table, aside / "member_counts.parquet")
            if self.members is not None:
                pq.write_table(self.members, aside / "members.parquet")


def load_reference_group(folder: Path) -> ReferenceGroup:
    """Read a saved group.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    manifest = read_manifest(folder)
    said = manifest.get("member_counts")
    return ReferenceGroup(
        name=manifest["name"],
        nl=manifest["nl"],
        en=manifest["en"],
        households=pq.read_table(folder / "households.parquet"),
        funnel=tuple(_step(each) for each in manifest["funnel"]),
        inputs=manifest["inputs"],
        members=pq.read_table(folder / "members.parquet") if "members.parquet" in manifest["files"] else None,
        member_counts=MemberCounts(pq.read_table(folder / "member_counts.parquet"), **said) if said else None,
    )


def _step(said: dict[str, Any]) -> FunnelStep:
    return FunnelStep(**{**said, "dropped": tuple(Dropped(**each) for each in said["dropped"])})
