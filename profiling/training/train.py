"""Train the profile model and measure it beside its rivals on areas that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling import models
from profiling.errors import TrainingError
from profiling.evaluation.capture import capture_estimate, gains_curve, lift_estimate
from profiling.evaluation.splits import area_folds
from profiling.evaluation.stability import bootstrap_group, stability
from profiling.features.encoder import Encoder
from profiling.measures import penetration_interval
from profiling.models.spec import Estimator, EstimatorContext, EstimatorSpec
from profiling.plugs import choose
from profiling.progress import track
from profiling.training import contrasts
from profiling.training.frame import TrainingFrame
from profiling.training.model import Model, rival_column
from profiling.training.settings import THREADS, TrainingSettings

BANDS = 10
CALIBRATION_NOTE = {
    "nl": "Aandeel referentiehuishoudens in het trainingsbestand; het landelijke aandeel is onbekend.",
    "en": "Share of reference households in the training frame; the national share is unknown.",
}
DEPTHS = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.70, 1.0)


def check_training(settings: TrainingSettings, *, segments: bool = True) -> None:
    """Refuse unknown contrasts, estimators and parameters before anything is read.

    Parameters
    ----------
    segments : whether the segment is among the features; without it "segment-index" is refused as the estimator.

    Raises
    ------
    ConfigError
        With the contrasts, the estimators, or the parameters, that there are.
    """
    context = EstimatorContext(
        n_features=1, feature_names=("check",), categorical=(0,) * segments, segment=0 if segments else None
    )
    choose(contrasts, "CONTRAST", settings.contrast)
    choose(models, "ESTIMATOR", settings.estimator).build(context, settings.params)
    for name in settings.rivals:
        choose(models, "ESTIMATOR", name)


def train(frame: TrainingFrame, settings: TrainingSettings, *, seed: int, inputs: Mapping[str, Any]) -> Model:
    """Cross-validate the estimator and its rivals over whole areas, then fit the estimator on everything.

    Raises
    ------
    TrainingError
        When there are fewer areas than folds, or a fold holds no reference household.
    """
    specs = _specs(settings, frame.encoder)
    held_out, chance = cross_validate(frame, settings, specs, seed=seed)
    described = [
        _describe(spec, held_out[spec.name], frame, settings, seed, main=spec.name == settings.estimator)
        for spec in specs
    ]
    spec = specs[0]
    estimator = fit_rows(spec, settings.params, frame, np.arange(frame.table.num_rows), seed)
    measures = {
        "models": described,
        "metrics": _flat(described),
        "contrast": {
            "kind": settings.contrast,
            **frame.contrast,
            "unlabelled": frame.n_unlabelled,
            "areas": len(frame.catchment.areas),
            "block": settings.block,
            "households": frame.catchment.n_households,
            "outside": frame.catchment.n_outside,
        },
        **({"dirt": frame.dirt} if frame.dirt else {}),
        "stability": _stability(spec, frame, settings, seed),
        **_calibration(chance[frame.fitted_on], frame.positive[frame.fitted_on]),
    }
    rivals = {rival_column(each.name): held_out[each.name] for each in specs[1:]}
    places = pa.table({"percentile": held_out[spec.name], "score": chance, **rivals})
    return Model(spec, estimator, frame.encoder, measures, dict(inputs), places)


def cross_validate(
    frame: TrainingFrame, settings: TrainingSettings, specs: tuple[EstimatorSpec, ...], *, seed: int
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Percentile of every row among the base of its own held-out areas, by a model that saw none of them.

    Returns
    -------
    percentiles : estimator name → float array of shape (n,), 0 … 1; 1 = more alike than every household of the
        base in the fold. Scores of different folds are thereby on one scale.
    scores : of the first estimator as they are, shape (n,).
    """
    n_blocks = len(np.unique(frame.blocks))
    if n_blocks < settings.folds:
        raise TrainingError(
            f"{n_blocks} areas for {settings.folds} folds",
            where=f"[training] block = '{settings.block}'",
            hint="choose a smaller area level or fewer folds",
        )
    folds = area_folds(frame.blocks, settings.folds, seed)
    positive, X = frame.positive, frame.matrix()
    out = {spec.name: np.full(len(positive), np.nan) for spec in specs}
    raw = np.full(len(positive), np.nan)
    work = [(spec, *fold) for fold in folds for spec in specs]
    for spec, inside, outside in track(work, "cross-validating"):
        if not positive[outside].any() or not frame.base[outside].any():
            raise TrainingError(
                "a fold has no reference households, or nothing else",
                where=f"[training] folds = {settings.folds}",
                hint="use fewer folds, or a smaller area level as block",
            )
        params = settings.params if spec.name == settings.estimator else {}
        fitted = fit_rows(spec, params, frame, inside, seed)
        scores = fitted.score_samples(X[outside])
        out[spec.name][outside] = _percentile(scores, frame.base[outside])
        if spec is specs[0]:
            raw[outside] = scores
    return out, raw


def _specs(settings: TrainingSettings, encoder: Encoder) -> tuple[EstimatorSpec, ...]:
    """The estimator first, then its rivals; the segment index only where there are segments."""
    rivals = [name for name in settings.rivals if name != "segment-index" or encoder.segment is not None]
    usable = dict.fromkeys((settings.estimator, *rivals))
    return tuple(choose(models, "ESTIMATOR", name) for name in usable)


def fit_rows(
    spec: EstimatorSpec,
    params: Mapping[str, Any],
    frame: TrainingFrame,
    rows: NDArray[np.int64],
    seed: int,
    *,
    X: NDArray[np.float64] | None = None,
) -> Estimator:
    """Fit an estimator on some rows of a frame; `X` is `frame.matrix()` where the caller has it already."""
    encoder = frame.encoder
    context = EstimatorContext(
        n_features=len(encoder.names),
        feature_names=encoder.names,
        categorical=encoder.categorical,
        segment=encoder.segment,
        seed=seed,
        threads=THREADS,
    )
    inputs = (frame.matrix() if X is None else X)[rows]
    weight = frame.weight[rows]
    return spec.build(context, params).fit(inputs, frame.positive[rows], None if (weight == 1).all() else weight)


def _percentile(scores: NDArray[np.float64], base: NDArray[np.bool_]) -> NDArray[np.float64]:
    others = np.sort(scores[base])
    below, not_above = (np.searchsorted(others, scores, side=side) for side in ("left", "right"))
    return (below + not_above) / (2.0 * len(others))


def _describe(
    spec: EstimatorSpec,
    percentile: NDArray[np.float64],
    frame: TrainingFrame,
    settings: TrainingSettings,
    seed: int,
    *,
    main: bool,
) -> dict[str, Any]:
    """Capture, lift and gains of one estimator, in the words of the report card: depth and capture in %."""
    positive, blocks, weight = frame.positive, frame.blocks, frame.measure_weight
    shared: dict[str, Any] = {
        "weight": weight,
        "base": frame.base,
        "replicates": settings.replicates,
        "seed": seed,
    }
    measures = []
    for name, estimate, unit in (("capture", capture_estimate, 100.0), ("lift", lift_estimate, 1.0)):
        found = estimate(percentile, positive, settings.depth, blocks, **shared)
        measures.append(
            {
                "measure": name,
                "depth": 100.0 * settings.depth,
                "value": unit * found.value,
                "interval": [unit * found.low, unit * found.high],
                "folds": settings.folds,
                "n": found.n,
                "split": "area",
            }
        )
    curve = gains_curve(percentile, positive, frame.base, DEPTHS, weight)
    gains = []
    for depth, part in zip(DEPTHS, curve, strict=True):
        band = capture_estimate(percentile, positive, depth, blocks, **shared) if main else None
        interval = [100.0 * band.low, 100.0 * band.high] if band else None
        gains.append({"depth": 100.0 * depth, "capture": 100.0 * float(part), "interval": interval})
    role = "model" if main else "random" if spec.name == "random" else "rival"
    return {
        "name": spec.name,
        "title": {"nl": spec.nl, "en": spec.en},
        "role": role,
        "assumption": spec.assumption,
        "paper": spec.paper,
        "measures": measures,
        "gains": gains,
    }


def _stability(spec: EstimatorSpec, frame: TrainingFrame, settings: TrainingSettings, seed: int) -> dict[str, Any]:
    """Who stays in the top when the reference group is drawn again (bootstrap), measured on the base."""
    X, positive = frame.matrix(), frame.positive
    group, others = np.flatnonzero(positive), np.flatnonzero(frame.contrasted)
    base = X[frame.base]

    def fit_and_score(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        rows = np.concatenate([group[drawn], others])
        return fit_rows(spec, settings.params, frame, rows, seed).score_samples(base)

    found = stability(bootstrap_group(fit_and_score, len(group), settings.redraws, seed), settings.depth)
    return {
        "jaccard": found.jaccard_mean,
        "interval": None,
        "lowest": found.jaccard_min,
        "spearman": found.spearman_mean,
        "bags": settings.redraws,
        "depth": 100.0 * settings.depth,
    }


def _calibration(chance: NDArray[np.float64], positive: NDArray[np.bool_]) -> dict[str, Any]:
    """Predicted and observed share of reference households in ten bands of the held-out scores.

    The share is that of this training frame, not of the country: it tells whether scores can be compared, not how
    many households of the true group there are. Nothing is said for an estimator whose scores are no chances.
    """
    if chance.min() < 0 or chance.max() > 1:
        return {}
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, BANDS + 1)))
    band = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, max(len(edges) - 2, 0))
    rows = []
    for each in np.unique(band):
        inside = band == each
        n, found = int(inside.sum()), int(positive[inside].sum())
        low, high = penetration_interval([found], [n])
        rows.append(
            {
                "from": float(chance[inside].min()),
                "to": float(chance[inside].max()),
                "predicted": float(100.0 * chance[inside].mean()),
                "observed": 100.0 * found / n,
                "interval": [float(low[0]), float(high[0])],
                "n": n,
            }
        )
    return {"calibration": {"rows": rows, "note": CALIBRATION_NOTE}}


def _flat(described: list[dict[str, Any]]) -> dict[str, float]:
    """One number per model and measure, for MLflow."""
    return {
        f"{each['name']}.{measure['measure']}": float(measure["value"])
        for each in described
        for measure in each["measures"]
    }
