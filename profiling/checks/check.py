"""What a check is: it looks at a finished profile, and says one thing of it in numbers and in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from profiling import checks
from profiling.errors import ArtefactError, MeasureError
from profiling.evaluation.capture import capture_estimate
from profiling.evaluation.class_prior import PriorBracket, bracket_class_prior
from profiling.evaluation.resampling import Estimate
from profiling.plugs import discover
from profiling.population.store import HouseholdStore
from profiling.profiles.config import ProfileConfig
from profiling.profiles.profile import Profile
from profiling.profiles.validation import Outside
from profiling.progress import track
from profiling.reference.group import ReferenceGroup
from profiling.scoring.score import Scores
from profiling.training.frame import TrainingFrame
from profiling.training.model import Model

Floats = NDArray[np.float64]
Sentence = Mapping[str, str]
Status = Literal["good", "caution", "fact", "unknown"]


@dataclass(frozen=True)
class Case:
    """The finished steps that a check may look at; what several checks need is worked out once.

    `outside` holds the files that the configuration names under [validation], opened.
    """

    config: ProfileConfig
    store: HouseholdStore
    group: ReferenceGroup
    frame: TrainingFrame
    model: Model
    scores: Scores
    profile: Profile
    outside: Outside = field(default_factory=Outside)

    @cached_property
    def percentile(self) -> Floats:
        """Place of each row of the frame among the base of its own held-out areas, shape (n,)."""
        return self.held_out("percentile")

    def held_out(self, column: str) -> Floats:
        """A column of `Model.held_out`, whose rows are those of the frame; shape (n,).

        Raises
        ------
        ArtefactError
            When the model was saved by an earlier version.
        """
        found = self.model.held_out
        if found is None or found.num_rows != self.frame.table.num_rows or column not in found.column_names:
            raise ArtefactError(
                f"the model has no held-out '{column}' of its frame: an earlier version made it",
                where="model",
                hint="delete the profile's work folder and run again",
            )
        return np.asarray(found.column(column), dtype=np.float64)

    @property
    def resampling(self) -> dict[str, int]:
        """How every check draws areas again."""
        return {"replicates": self.config.training.replicates, "seed": self.config.seed}

    @cached_property
    def capture(self) -> Estimate:
        """Capture of held-out reference households at the depth of training."""
        return self.captured(self.frame.positive, self.frame.base)

    def captured(self, group: NDArray[np.bool_], base: NDArray[np.bool_]) -> Estimate:
        """Capture of some rows at the depth of training, where depth is a part of the rows `base`."""
        rows = group | base
        return capture_estimate(
            self.percentile[rows],
            group[rows],
            self.config.training.depth,
            self.frame.blocks[rows],
            weight=self.frame.measure_weight[rows],
            base=base[rows],
            **self.resampling,
        )

    @property
    def effective(self) -> int:
        """How many equally weighted reference households carry as much information (Kish 1965, Survey sampling)."""
        weight = self.frame.measure_weight[self.frame.positive]
        return max(1, round(float(weight.sum() ** 2 / (weight**2).sum())))

    @cached_property
    def bracket(self) -> PriorBracket:
        """Between which sizes the true group lies in the areas of the source, as parts of their households."""
        rows = self.frame.positive | self.frame.base
        dirt = self.frame.dirt
        return bracket_class_prior(
            self.percentile[rows],
            self.frame.positive[rows],
            n_labelled=round(float(self.frame.measure_weight[self.frame.positive].sum())),
            n_base=self.frame.catchment.n_households,
            gamma=self.config.validation.gamma,
            dirt=float(dirt["interval"][1]) if dirt else 0.0,
            anchor=self.config.validation.anchor,
            weight=self.frame.measure_weight[rows],
        )


@dataclass(frozen=True)
class Column:
    """A column of a finding's table: its key in the rows, its title, and how its cells read."""

    key: str
    nl: str
    en: str
    kind: Literal["text", "count", "percent", "index", "interval", "decimal"] = "text"
    decimals: int | None = None


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    says : the sentence that reads the figures, in Dutch and English.
    status : "good", "caution" (who answers for the profile must know), "fact", or "unknown" (could not be measured).
    value, interval, n, unit, decimals : the main figure; percent runs from 0 to 100.
    columns, rows : the table behind it; small cells are gone already.
    areas : a map of differences: level, limits, and rows with code, name, class, difference.
    """

    says: Sentence
    status: Status = "fact"
    value: float | None = None
    interval: tuple[float, float] | None = None
    n: int | None = None
    unit: Literal["percent", "decimal"] = "decimal"
    decimals: int = 2
    columns: Sequence[Column] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    areas: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Check:
    """A check as a plug.

    Parameters
    ----------
    name : how the card calls it.
    order : its place on the page.
    nl, en : the question that it answers, in a few words.
    paper : where the measure was described.
    missing : what is said where there is nothing to look at, and what to do about it.
    look : finds; None where there is nothing to look at.
    """

    name: str
    order: int
    nl: str
    en: str
    paper: str
    missing: Sentence
    look: Callable[[Case], Finding | None]


def inspect(case: Case, only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Let every check look at a profile, in the order of the page.

    Parameters
    ----------
    only : names of checks; all of them when empty.

    Returns
    -------
    One plain dict per check: check, title, paper, and the fields of its `Finding`. A check that has nothing to look
    at, or too little, says so: silence would read as "nothing wrong".
    """
    asked = sorted(discover(checks, "CHECK").values(), key=lambda each: (each.order, each.name))
    chosen = [each for each in asked if not only or each.name in only]
    return [_said(check, case) for check in track(chosen, "checking the profile")]


def _said(check: Check, case: Case) -> dict[str, Any]:
    try:
        found = check.look(case) or Finding(check.missing, "unknown")
    except MeasureError as error:
        found = Finding({key: f"{text} ({error.what})" for key, text in TOO_LITTLE.items()}, "unknown")
    said = {**asdict(found), "rows": [dict(row) for row in found.rows]}
    said["columns"] = [asdict(each) for each in found.columns]
    said = {key: _plain(value) for key, value in said.items()}
    return {"check": check.name, "title": {"nl": check.nl, "en": check.en}, "paper": check.paper, **said}


def _plain(value: Any) -> Any:
    """As JSON has it: no numpy, no nan, lists for tuples."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        ends = [_plain(each) for each in value]
        return None if isinstance(value, tuple) and ends and None in ends else ends
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


TOO_LITTLE = {
    "nl": "Met deze gegevens is dit niet te meten.",
    "en": "This cannot be measured with these data.",
}
