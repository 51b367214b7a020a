"""How often does the interval of the capture hold the truth? Countries with random areas, drawn over and over.

For experiments: an interval of 95 % ought to hold the true capture 95 times out of 100. Areas differ in how many
members of the group they have beyond what the score knows (a random effect), in their level of scores, and in size;
with few areas, or areas that differ much, the interval is too narrow. `coverage_table` says where. Coverage, its own
uncertainty and bias are reported as in Morris, White & Crowther (2019), Using simulation studies to evaluate
statistical methods, Statistics in Medicine 38.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from profiling.errors import MeasureError
from profiling.evaluation.capture import capture_at, capture_estimate
from profiling.evaluation.resampling import Floats
from profiling.measures import penetration_interval
from profiling.progress import track

TRUTH_AREAS = 4_000
SLOPE = 1.3


@dataclass(frozen=True)
class Scenario:
    """A country to draw areas from.

    Parameters
    ----------
    n_areas : held-out areas in one simulation.
    area_size : households of an area, on average.
    prevalence : part of the households that truly belong to the group, about.
    area_effect : standard deviation over areas of the log odds of belonging, beyond the score.
    score_effect : the same of the score itself; the score of a household varies by 1 within an area.
    size_spread : standard deviation of the log of the area's size; 0 = all the same.
    known : part of the true group that is known, by chance: the held-out reference households.
    depth : part of the base.
    known_spread : standard deviation over areas of the log odds of being known: libraries that take part more or less.
    selection : by how much the log odds of being known rise per unit of the score: a reference group that is no fair
        sample of the true group; 0 = a fair one.
    target : "elsewhere" when the truth is that of all areas like these; "here" when it is that of these very areas,
        whose true group is known in part.
    """

    n_areas: int = 60
    area_size: int = 250
    prevalence: float = 0.05
    area_effect: float = 0.3
    score_effect: float = 0.5
    size_spread: float = 0.5
    known: float = 0.2
    depth: float = 0.1
    known_spread: float = 0.0
    selection: float = 0.0
    target: Literal["elsewhere", "here"] = "elsewhere"


@dataclass(frozen=True)
class Coverage:
    """What came of a scenario.

    Parameters
    ----------
    truth : capture of the whole true group in the areas that the scenario aims at; the mean over the repeats.
    nominal : what the interval claims, 0..1.
    actual : how often it held the truth; low, high : Wilson's interval of that over the repeats.
    too_low, too_high : how often the whole interval lay below, and above, the truth.
    width : mean width of the interval.
    bias : mean of the estimate minus the truth.
    reference : mean number of reference households it stands on.
    failed : repeats in which the group was empty; left out.
    """

    truth: float
    nominal: float
    actual: float
    low: float
    high: float
    too_low: float
    too_high: float
    width: float
    bias: float
    reference: float
    failed: int


def simulate_areas(
    scenario: Scenario, n_areas: int, rng: np.random.Generator
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Scores, the chance of belonging to the group, and the area's number of every household of some areas.

    With u and v normal over areas and e over households: score = score_effect·u + e, and the log odds of belonging
    are level + 1.3·score + area_effect·v: a random-intercept model. The level is set so that the prevalence is about
    right (normal approximation of the logistic).
    """
    spread = rng.normal(-0.5 * scenario.size_spread**2, scenario.size_spread, n_areas)
    sizes = np.maximum(1, np.round(scenario.area_size * np.exp(spread))).astype(np.int64)
    area = np.repeat(np.arange(n_areas), sizes)
    level = scenario.score_effect * rng.normal(size=n_areas)
    effect = scenario.area_effect * rng.normal(size=n_areas)
    scores = level[area] + rng.normal(size=len(area))
    variance = SLOPE**2 * (1.0 + scenario.score_effect**2) + scenario.area_effect**2
    start = norm.ppf(scenario.prevalence) * 1.7 * np.sqrt(1.0 + variance / 1.7**2)
    return scores, np.asarray(expit(start + SLOPE * scores + effect[area])), area


class Drawn(NamedTuple):
    """One simulation: held-out households with their scores, who is known, their areas, and the true capture."""

    scores: Floats
    known: NDArray[np.bool_]
    areas: NDArray[np.str_]
    truth: float


def coverage(
    scenario: Scenario, *, repeats: int = 400, replicates: int = 400, level: float = 0.95, seed: int = 0
) -> Coverage:
    """Draw areas again and again, know a part of the group, and see whether `capture_estimate` holds the truth.

    The truth is the expected capture of the true group over 4,000 areas of the same country, what the ranking would do
    in other areas like these (or, with target "here", the capture of the true group in the areas that were drawn). The
    interval is that of `capture_estimate`, as in every report.

    Raises
    ------
    MeasureError
        When in no repeat any household is known.
    """
    elsewhere = _expected_capture(scenario, np.random.default_rng([seed, 0]))

    def draw(rng: np.random.Generator) -> Drawn:
        scores, chance, area = simulate_areas(scenario, scenario.n_areas, rng)
        belongs = rng.random(len(scores)) < chance
        known = belongs & (rng.random(len(scores)) < _chance_known(scenario, scores, chance, area, rng))
        truth = elsewhere
        if scenario.target == "here":
            truth = capture_at(scores, belongs, scenario.depth) if belongs.any() else float("nan")
        return Drawn(scores, known, np.char.mod("A%06d", area), truth)

    return coverage_of(draw, scenario.depth, repeats=repeats, replicates=replicates, level=level, seed=seed)


def coverage_of(
    draw: Callable[[np.random.Generator], Drawn],
    depth: float,
    *,
    repeats: int = 400,
    replicates: int = 400,
    level: float = 0.95,
    seed: int = 0,
) -> Coverage:
    """As `coverage`, with simulations of one's own: areas of a test bed drawn again, say.

    Raises
    ------
    MeasureError
        When in no repeat any household is known.
    """
    found = []
    for repeat in track(range(repeats), "simulating areas"):
        scores, known, areas, truth = draw(np.random.default_rng([seed, 1, repeat]))
        if known.any():
            each = capture_estimate(scores, known, depth, areas, replicates=replicates, seed=repeat, level=level)
            found.append((each.value, each.low, each.high, truth, each.n))
    if not found:
        raise MeasureError("no household is known in any repeat", hint="ask for more areas or a larger known part")
    value, low, high, truths, n = np.array(found).T
    held = int(np.count_nonzero((low <= truths) & (truths <= high)))
    bottom, top = penetration_interval([held], [len(found)])
    return Coverage(
        float(truths.mean()),
        level,
        held / len(found),
        float(bottom[0]) / 100.0,
        float(top[0]) / 100.0,
        float((high < truths).mean()),
        float((low > truths).mean()),
        float((high - low).mean()),
        float((value - truths).mean()),
        float(n.mean()),
        repeats - len(found),
    )


def _chance_known(
    scenario: Scenario, scores: Floats, chance: Floats, area: NDArray[np.int64], rng: np.random.Generator
) -> Floats:
    """Of a member of the group; `known` on average where it is a fair sample, about that elsewhere."""
    if scenario.known_spread == 0.0 and scenario.selection == 0.0:
        return np.full(len(scores), scenario.known)
    middle = float(np.average(scores, weights=chance))
    effect = scenario.known_spread * rng.normal(size=int(area.max()) + 1)
    return np.asarray(expit(logit(scenario.known) + effect[area] + scenario.selection * (scores - middle)))


def _expected_capture(scenario: Scenario, rng: np.random.Generator) -> float:
    """Capture with every household as a member to the part of its chance: without the noise of drawing members."""
    scores, chance, _ = simulate_areas(scenario, TRUTH_AREAS, rng)
    twice, member = np.concatenate([scores, scores]), np.repeat([False, True], len(scores))
    return capture_at(twice, member, scenario.depth, np.concatenate([np.ones(len(scores)), chance]), ~member)


def coverage_table(
    scenarios: Sequence[Scenario], *, repeats: int = 400, replicates: int = 400, level: float = 0.95, seed: int = 0
) -> pa.Table:
    """`coverage` of each scenario: one row with the fields of both, and `holds`.

    `holds` is true where the nominal rate lies within the interval of the actual one or below it.
    """
    rows = []
    for scenario in scenarios:
        found = coverage(scenario, repeats=repeats, replicates=replicates, level=level, seed=seed)
        rows.append({**asdict(scenario), **asdict(found), "holds": found.high >= level})
    return pa.Table.from_pylist(rows)
