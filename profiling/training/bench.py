"""The bench of tuning: the folds that every trial is measured on, and the other folds that the best is checked on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling.artefacts import fingerprint
from profiling.errors import MeasureError, TrainingError
from profiling.evaluation.capture import capture_at, captured, lift_at
from profiling.evaluation.resampling import Estimate, area_draws, area_numbers, interval
from profiling.evaluation.splits import area_folds
from profiling.evaluation.stability import stability
from profiling.models.spec import EstimatorSpec
from profiling.training import train
from profiling.training.frame import TrainingFrame
from profiling.training.settings import TrainingSettings

TOP_SAMPLE = 5_000


@dataclass(frozen=True)
class Measured:
    """What a set of parameters did on the folds so far: capture per fold, overlap of the tops, lift of members."""

    captures: tuple[float, ...]
    stability: float
    member_lift: float | None

    @property
    def capture(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.captures))


@dataclass(frozen=True)
class Bench:
    """The folds that every trial is measured on.

    Parameters
    ----------
    folds : rows to train on and rows held out, for each fold.
    sample : rows of the base whose tops are compared between fold models.
    members : rows that are members, shape (n,), where they are known.
    """

    frame: TrainingFrame
    settings: TrainingSettings
    spec: EstimatorSpec
    folds: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]
    sample: NDArray[np.int64]
    members: NDArray[np.bool_] | None
    seed: int

    def measure(self, params: Mapping[str, Any]) -> Iterator[Measured]:
        """Fold by fold: what is known after each."""
        frame, depth = self.frame, self.settings.depth
        positive, weight, X = frame.positive, frame.measure_weight, frame.matrix()
        captures: list[float] = []
        lifts: list[float] = []
        tops: list[NDArray[np.float64]] = []
        for inside, outside in self.folds:
            fitted = train.fit_rows(self.spec, params, frame, inside, self.seed)
            scores, base = fitted.score_samples(X[outside]), frame.base[outside]
            captures.append(capture_at(scores, positive[outside], depth, weight[outside], base))
            tops.append(fitted.score_samples(X[self.sample]))
            if self.members is not None:
                lifts.append(lift_at(scores[base], self.members[outside][base], depth))
            overlap = stability(np.column_stack(tops), depth).jaccard_mean if len(tops) > 1 else 1.0
            yield Measured(tuple(captures), overlap, float(np.mean(lifts)) if lifts else None)


def make_bench(
    frame: TrainingFrame,
    settings: TrainingSettings,
    spec: EstimatorSpec,
    members: NDArray[np.bool_] | None,
    seed: int,
) -> Bench:
    """Divide the areas into folds.

    Raises
    ------
    TrainingError
        When there are fewer areas than folds, or a fold holds no reference household.
    """
    try:
        folds = area_folds(frame.blocks, settings.folds, seed)
    except MeasureError as error:
        raise TrainingError(error.what, where="[training] folds", hint=error.hint) from error
    if any(not frame.positive[held].any() or not frame.base[held].any() for _inside, held in folds):
        raise TrainingError(
            "a fold has no reference households, or nothing else",
            where=f"[training] folds = {settings.folds}",
            hint="use fewer folds, or a smaller area level as block",
        )
    others = np.flatnonzero(frame.base)
    drawn = np.random.default_rng(seed).choice(others, min(TOP_SAMPLE, len(others)), replace=False)
    return Bench(frame, settings, spec, tuple(folds), np.sort(drawn), members, seed)


def check(bench: Bench, current: Mapping[str, Any], best: Mapping[str, Any], checks: int) -> dict[str, Estimate]:
    """Capture of both on other divisions into folds, and the paired gain; whole areas are drawn again.

    A household's part within the depth is averaged over the divisions first, so the interval holds the chance in the
    households and their areas, with the cut-off where it is.
    """
    frame, depth = bench.frame, bench.settings.depth
    group, weight = frame.positive, frame.measure_weight
    parts = {}
    for name, params in {"current": current, "best": best}.items():
        settings = bench.settings.model_copy(update={"params": dict(params)})
        found = np.zeros(int(group.sum()))
        for check in range(checks):
            seed = derived_seed(bench.seed, f"check:{check}")
            percentiles, _raw = train.cross_validate(frame, settings, (bench.spec,), seed=seed)
            found += captured(percentiles[bench.spec.name], group, depth, weight, frame.base)[group] / checks
        parts[name] = found
    parts["gain"] = parts["best"] - parts["current"]
    codes, areas = area_numbers(frame.blocks[group])
    draws = area_draws(len(codes), bench.settings.replicates, bench.seed)
    total = np.bincount(areas, weight[group])
    estimates = {}
    for name, part in parts.items():
        inside = np.bincount(areas, part * weight[group])
        low, high = interval((draws @ inside) / (draws @ total))
        estimates[name] = Estimate(float(inside.sum() / total.sum()), low, high, int(group.sum()))
    return estimates


def frame_digest(frame: TrainingFrame, members: NDArray[np.bool_] | None) -> str:
    """SHA-256 of all that a fit and its measuring can see of the frame."""
    found = hashlib.sha256()
    for part in (frame.matrix(), frame.positive, frame.weight, frame.base, frame.measure_weight, members):
        found.update(np.ascontiguousarray(part).tobytes() if part is not None else b"")
    found.update("\n".join(frame.blocks.tolist()).encode())
    return found.hexdigest() + fingerprint(frame.encoder.to_dict())


def derived_seed(seed: int, what: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}:{what}".encode(), digest_size=4).digest(), "big") >> 1
