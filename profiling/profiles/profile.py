"""A profile version: which households belong, and the manifest that says from what it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from profiling.artefacts import fingerprint, read_manifest, writing_folder
from profiling.scoring.cutoff import Cutoff, last_rank
from profiling.scoring.score import Scores


@dataclass(frozen=True)
class Profile:
    """An immutable version of a look-alike profile. Belonging is an increased chance, never a fact.

    A household belongs when its rank is at most `last_rank`. Another cut-off, snapshot, group or model gives another
    `version`: the version is the fingerprint of all that.
    """

    name: str
    nl: str
    en: str
    cutoff: Cutoff
    last_rank: int
    lowest_score: float
    n_base: int
    inputs: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Profile({self.name} {self.version}, {self.n_profile:,} households) · next: publish(profile, …)"

    @property
    def n_profile(self) -> int:
        """Households that belong."""
        return self.last_rank

    @property
    def version(self) -> str:
        """Twelve hex digits of the fingerprint of everything the profile was made from."""
        return fingerprint({"name": self.name, "last_rank": self.last_rank, "inputs": self.inputs})[:12]

    def to_dict(self) -> dict[str, Any]:
        """The manifest's part about the profile itself."""
        return {
            "name": self.name,
            "nl": self.nl,
            "en": self.en,
            "version": self.version,
            "cutoff": self.cutoff.model_dump(exclude_none=True),
            "last_rank": self.last_rank,
            "lowest_score": self.lowest_score,
            "n_base": self.n_base,
            "inputs": dict(self.inputs),
        }

    def save(self, folder: Path) -> None:
        """Write the profile as a folder artefact (the households themselves are in the scores)."""
        with writing_folder(folder, {"kind": "profile", **self.to_dict()}):
            pass


def make_profile(scores: Scores, cutoff: Cutoff, *, name: str, nl: str, en: str, inputs: Mapping[str, str]) -> Profile:
    """Cut the ranking.

    Parameters
    ----------
    inputs : fingerprints of what the scores were made from (reference group, model, population).

    Raises
    ------
    ScoringError
        When the cut-off keeps nobody or more than there are.
    """
    values = scores.column("score")
    last = last_rank(cutoff, values)
    lowest = float(-np.partition(-values, last - 1)[last - 1])
    made_from = {**inputs, "scores": scores.fingerprint}
    return Profile(name, nl, en, cutoff, last, lowest, scores.n_households, made_from)


def load_profile(folder: Path) -> Profile:
    """Read a saved profile.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    said = read_manifest(folder)
    return Profile(
        name=said["name"],
        nl=said["nl"],
        en=said["en"],
        cutoff=Cutoff(**said["cutoff"]),
        last_rank=said["last_rank"],
        lowest_score=said["lowest_score"],
        n_base=said["n_base"],
        inputs=said["inputs"],
    )
