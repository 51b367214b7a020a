"""Membership: the propensity of being a borrower, learned from all members and saved to say who is observable.

A household that hardly ever is a member cannot show whether it is in need: it is "not observable", and said so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from profiling import models
from profiling.artefacts import read_manifest, write_text, writing_folder
from profiling.errors import TrainingError
from profiling.evaluation.splits import area_folds
from profiling.features.encoder import Encoder
from profiling.models.spec import Estimator, EstimatorContext
from profiling.plugs import choose

Floats = NDArray[np.float64]
ESTIMATOR = "lightgbm"
FOLDS = 5
LOWEST = 0.1
FLOOR = 0.005
SEEN = 1.96


@dataclass(frozen=True)
class Membership:
    """A fitted propensity: an estimator, the curve that calibrates it, and the bound below which nothing is observed.

    `propensity` is that of the rows of the training frame, by models that saw none of the row's area. `by_counts`:
    it was learned from counts of members per place (`member_rates`), and `auc` is one over places.
    """

    estimator: Estimator
    knots: Floats
    chances: Floats
    bound: float
    share: float
    auc: float
    auc_interval: tuple[float, float]
    not_observable: float
    propensity: Floats | None = None
    by_counts: bool = False

    @property
    def scar_rejected(self) -> bool:
        """Whether members differ from the base in their features: then they are not drawn at random from it."""
        return self.auc_interval[0] > 0.5

    def chance(self, X: Floats) -> Floats:
        """Propensity of membership, shape (n,), clipped from below at the bound."""
        return np.maximum(self._calibrated(self.estimator.score_samples(X)), self.bound)

    def observable(self, X: Floats) -> NDArray[np.bool_]:
        """Whether a household like this is a member often enough to be observed, shape (n,)."""
        return self._calibrated(self.estimator.score_samples(X)) >= self.bound

    def _calibrated(self, scores: Floats) -> Floats:
        return np.interp(scores, self.knots, self.chances)

    def save(self, folder: Path, encoder: Encoder) -> None:
        """Write the propensity model as a folder artefact, with the encoder that feeds it."""
        states = self.estimator.state()
        manifest = {
            "kind": "membership",
            "estimator": ESTIMATOR,
            "encoder": encoder.to_dict(),
            "knots": self.knots.tolist(),
            "chances": self.chances.tolist(),
            "bound": self.bound,
            "share": self.share,
            "auc": [self.auc, *self.auc_interval],
            "not_observable": self.not_observable,
            "by_counts": self.by_counts,
            "states": sorted(states),
        }
        with writing_folder(folder, manifest) as aside:
            for name, text in states.items():
                write_text(aside / name, text)


def load_membership(folder: Path) -> tuple[Membership, Encoder]:
    """Read a saved propensity model and its encoder.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    said = read_manifest(folder, verify=True)
    states = {name: (folder / name).read_bytes().decode() for name in said["states"]}
    auc, low, high = said["auc"]
    found = Membership(
        estimator=choose(models, "ESTIMATOR", said["estimator"]).load(states),
        knots=np.array(said["knots"], dtype=np.float64),
        chances=np.array(said["chances"], dtype=np.float64),
        bound=said["bound"],
        share=said["share"],
        auc=auc,
        auc_interval=(low, high),
        not_observable=said["not_observable"],
        by_counts=said.get("by_counts", False),
    )
    return found, Encoder.from_dict(said["encoder"])


def observability(membership: Membership, encoder: Encoder) -> Callable[[pa.RecordBatch], NDArray[np.bool_]]:
    """What marks a batch of households, which has the encoder's columns, as observable or not."""
    return lambda batch: membership.observable(encoder.matrix(batch))


def fit_membership(
    X: Floats,
    member: NDArray[np.bool_],
    counted: Floats,
    blocks: NDArray[np.object_],
    context: EstimatorContext,
    **params: Any,
) -> Membership:
    """Learn P(member | features) from a sample of the country, cross-fitted over whole areas.

    Cross-fitting as in Chernozhukov et al. (2018), Double/debiased machine learning, The Econometrics Journal 21;
    calibration by isotonic regression (Zadrozny & Elkan 2002, KDD). The test of SCAR is a classifier two-sample test
    (Lopez-Paz & Oquab 2017, ICLR): AUC = the chance that a member has a higher propensity than a household of the
    base that is none. 0.5 = members cannot be told apart. Interval after Hanley & McNeil (1982), Radiology 143.

    Parameters
    ----------
    X, member, blocks : rows of shape (n, p) and (n,); every row gets a chance.
    counted : how often each row counts, so that together they are a sample of the country; 0 = learned from by none.
    params : over the estimator's defaults.

    Raises
    ------
    TrainingError
        When the base holds no members, or nothing else.
    """
    base = counted > 0
    if not member[base].any() or member[base].all():
        raise TrainingError(
            "the sample of the base holds no members, or nothing else",
            hint="choose contrast = 'population', or a larger [training] background",
        )
    spec = choose(models, "ESTIMATOR", ESTIMATOR)
    raw = np.full(len(X), np.nan)
    for inside, outside in area_folds(blocks, min(FOLDS, len(np.unique(blocks))), context.seed):
        rows = inside[base[inside]]
        raw[outside] = spec.build(context, params).fit(X[rows], member[rows], counted[rows]).score_samples(X[outside])
    curve = IsotonicRegression(out_of_bounds="clip").fit(raw[base], member[base], sample_weight=counted[base])
    knots, chances = curve.X_thresholds_, curve.y_thresholds_
    share = float(np.average(member[base], weights=counted[base]))
    bound = max(FLOOR, LOWEST * share)
    chance = np.interp(raw, knots, chances)
    auc = float(roc_auc_score(member[base], raw[base], sample_weight=counted[base]))
    half = SEEN * _auc_error(auc, int(member[base].sum()), int((~member[base]).sum()))
    return Membership(
        estimator=spec.build(context, params).fit(X[base], member[base], counted[base]),
        knots=np.asarray(knots, dtype=np.float64),
        chances=np.asarray(chances, dtype=np.float64),
        bound=bound,
        share=share,
        auc=auc,
        auc_interval=(auc - half, auc + half),
        not_observable=float(np.average(chance[base] < bound, weights=counted[base])),
        propensity=np.maximum(chance, bound),
    )


def _auc_error(auc: float, n_yes: int, n_no: int) -> float:
    """Standard error of an AUC (Hanley & McNeil 1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (n_yes - 1) * (q1 - auc**2) + (n_no - 1) * (q2 - auc**2)
    return float(np.sqrt(variance / (n_yes * n_no)))
