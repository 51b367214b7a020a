"""Experiments with a control group: how many households before, and what it did after (test and learn)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from profiling.errors import MeasureError, Text, UploadError, did_you_mean
from profiling.measures import detectable_share, penetration_interval, two_shares_power
from profiling.profiles.disclosure import MINIMUM, SUPPRESSED, suppress
from profiling.publish.uploads import open_sheet
from profiling.publish.uses.differences import households_needed, share_difference

LIFTS = (1.1, 1.25, 1.5, 1.75, 2.0, 3.0)
YES = {"1", "ja", "yes", "true", "waar", "j", "y"}
NO = {"0", "nee", "no", "false", "onwaar", "n", ""}


@dataclass(frozen=True)
class Design:
    """What `design` found: before an action, what can be learned from it.

    `sizes` has a row per effect: share (with the action), times (base), n and n_control (households needed). `given`
    has a row per effect with the power at the households that there are; empty where none were given. `detectable` is
    the smallest share above the base that these would find, nan where none.
    """

    base: float
    control: float
    power: float
    confidence: float
    n: int | None
    detectable: float
    sizes: pd.DataFrame
    given: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {"sizes": self.sizes, "given": self.given}


@dataclass(frozen=True)
class Outcome:
    """What `evaluate` found: after an action, what it did.

    `groups` has a row for the households with the action and for the control group: group, n, k (of whom it is so),
    share with its interval, in %, suppressed. `difference` with its interval is in percentage points; nan where a group
    has too few. `design_power` is the chance that an experiment of this size had of finding a doubling.
    """

    groups: pd.DataFrame
    difference: float
    low: float
    high: float
    design_power: float
    minimum: int

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        row = {"difference": self.difference, "difference_low": self.low, "difference_high": self.high}
        return {"groups": self.groups, "effect": pd.DataFrame([row])}

    @property
    def found(self) -> bool | None:
        """Whether the whole interval lies on one side of 0; None where nothing may be shown."""
        return None if np.isnan(self.difference) else self.low > 0 or self.high < 0


def design(
    base: float,
    *,
    n: int | None = None,
    control: float = 0.5,
    power: float = 0.8,
    confidence: float = 0.95,
    lifts: Sequence[float] = LIFTS,
) -> Design:
    """How many households an experiment needs, for effects of several sizes.

    Parameters
    ----------
    base : share that would do it anyway (in the control group), above 0 and below 1.
    n : households that there are, both groups together.
    control : part of them that is control group.
    lifts : how many times the base.

    Raises
    ------
    MeasureError
        When a share or part lies outside its range.
    """
    if not 0.0 < base < 1.0:
        raise MeasureError(
            Text(
                f"Een basis van {base} is geen deel van de huishoudens: geef 0.02 voor 2 op de 100",
                f"a base of {base} is no share of households: give 0.02 for 2 in 100",
            )
        )
    if not 0.0 < power < 1.0:
        what = f"Een kans van {power} om het effect te zien ligt niet tussen 0 en 1"
        raise MeasureError(Text(what, f"a power of {power} is not between 0 and 1"))
    shares = [each * base for each in lifts if each * base < 1.0]
    rows = []
    for share in shares:
        needed = households_needed(base, share, control=control, power=power, confidence=confidence)
        with_action, without = needed or (np.nan, np.nan)
        rows.append((100.0 * share, share / base, with_action, without))
    sizes = pd.DataFrame(rows, columns=["share", "times", "n", "n_control"])
    given, detectable = pd.DataFrame(columns=["share", "times", "power"]), float("nan")
    if n is not None:
        without = round(n * control)
        chances = [float(two_shares_power(each, base, n - without, without, confidence=confidence)) for each in shares]
        given = sizes[["share", "times"]].assign(power=[100.0 * each for each in chances])
        detectable = 100.0 * detectable_share(base, n - without, without, power=power, confidence=confidence)
    return Design(base, control, power, confidence, n, detectable, sizes, given)


def evaluate(k: int, n: int, k_control: int, n_control: int, *, minimum: int = MINIMUM) -> Outcome:
    """What an action did: the difference with the control group, with Newcombe's interval.

    Parameters
    ----------
    k, n : households with the action of whom it is so, and all of them.
    k_control, n_control : the same in the control group.

    Raises
    ------
    MeasureError
        When a group is empty, or holds more of whom it is so than there are.
    """
    counts = {"action": (k, n), "control": (k_control, n_control)}
    for each, (part, whole) in counts.items():
        if not 0 <= part <= whole or whole < 1:
            raise MeasureError(
                Text(
                    f"In de groep '{each}' kunnen {part} van de {whole} huishoudens niet",
                    f"in the group '{each}' {part:,} of {whole:,} households is not possible",
                )
            )
    cells = [
        (f"{name}{end}", value) for name, (a, b) in counts.items() for end, value in (("", b), ("+", a), ("-", b - a))
    ]
    parents = {f"{name}{end}": name for name in counts for end in "+-"}
    marked = suppress(
        pd.DataFrame(cells, columns=["cell", "n"]), count="n", derived=[], parents={"cell": parents}, minimum=minimum
    ).set_index("cell")[SUPPRESSED]
    rows = []
    for name, (a, b) in counts.items():
        hidden = bool(marked[[name, f"{name}+", f"{name}-"]].any())
        low, high = (float(each[0]) for each in penetration_interval([a], [b]))
        figures = (np.nan,) * 5 if hidden else (b, a, 100.0 * a / b, low, high)
        rows.append((name, *figures, hidden))
    groups = pd.DataFrame(rows, columns=["group", "n", "k", "share", "share_low", "share_high", "suppressed"])
    if groups["suppressed"].any():
        return Outcome(groups, np.nan, np.nan, np.nan, np.nan, minimum)
    gap, low, high = share_difference(k, n, k_control, n_control)
    double = min(2 * k_control / n_control, 1.0)
    chance = float(two_shares_power(double, k_control / n_control, n, n_control))
    return Outcome(groups, 100 * gap, 100 * low, 100 * high, 100 * chance, minimum)


def evaluate_file(path: Path, *, group: str, outcome: str, control: str) -> Outcome:
    """As `evaluate`, from a file with a row per household; nothing of it is kept.

    Parameters
    ----------
    group, outcome : headings of the columns that say in which group a row is, and whether it is so (1/0, ja/nee).
    control : value of the group column that stands for the control group; all others had the action.

    Raises
    ------
    UploadError
        When a column or the control group is not there, or outcomes cannot be read.
    """
    sheet = open_sheet(path)
    texts = [[str(each or "").strip() for each in column.to_pylist()] for column in sheet.texts.columns]
    heads = [column[0] for column in texts]
    faults = [
        Text(f"er is geen kolom '{each}'", f"there is no column '{each}'") + did_you_mean(each, heads)
        for each in (group, outcome)
        if each not in heads
    ]
    unreadable = Text("De uitkomst is niet te lezen", "the outcome cannot be read")
    if faults:
        raise UploadError(unreadable, where=path, faults=faults)
    groups, said = (texts[heads.index(each)][1:] for each in (group, outcome))
    odd = sorted({each for each in said if each.lower() not in YES | NO})
    if odd:
        n, such = len(odd), odd[0][:20]
        faults.append(
            Text(
                f"in de kolom '{outcome}' staan {n} waarden die geen ja of nee zijn, zoals '{such}'",
                f"column '{outcome}' holds {n} values that are neither yes nor no, such as '{such}'",
            )
        )
    if control not in groups:
        absent = Text(f"in de kolom '{group}' staat geen '{control}'", f"column '{group}' has no '{control}'")
        faults.append(absent + did_you_mean(control, set(groups)))
    if faults:
        hint = Text("Gebruik 1 en 0, of ja en nee", "use 1 and 0, or ja and nee")
        raise UploadError(unreadable, where=path, faults=faults, hint=hint)
    inside = np.array([each != control for each in groups])
    yes = np.array([each.lower() in YES for each in said])
    return evaluate(int((yes & inside).sum()), int(inside.sum()), int((yes & ~inside).sum()), int((~inside).sum()))
