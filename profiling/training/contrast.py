"""What a contrast is: with whom the reference group is compared, and with which weights on either side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiling import models
from profiling.models.spec import Estimator, EstimatorContext
from profiling.plugs import choose
from profiling.training.membership import Membership

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Sentence = dict[str, str]


@dataclass(frozen=True)
class Draft:
    """The rows of a training frame before they have weights; arrays of shape (n,), `X` of shape (n, p).

    Parameters
    ----------
    X, context : model inputs, and the table that they are.
    positive : reference households.
    base : a simple random sample of the other households.
    member : households with another borrower; None where the source has no member list.
    drawn : members that were drawn to contrast with; they may stand in `base` as well.
    weight : weight of each row's evidence by the source, 1 for the unlabelled.
    blocks : areas that stay whole.
    base_rate : part of all other households that `base` is: how often a reference household counts beside them.
    evidence : what cards tell, by name (`reference.group.EVIDENCE`); nan where nothing is known.
    counted : the propensity of membership as counts of members per place tell it, where there are only those.
    shared : what has been worked out of these rows so far; see `once`.
    """

    X: Floats
    context: EstimatorContext
    positive: Flags
    base: Flags
    member: Flags | None
    drawn: Flags
    weight: Floats
    blocks: NDArray[np.object_]
    base_rate: float = 1.0
    evidence: Mapping[str, Floats] = field(default_factory=dict)
    counted: Membership | None = None
    shared: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, name: str, work: Callable[[Draft], Any]) -> Any:
        """What several contrasts need of these rows, worked out by the first that asks."""
        if name not in self.shared:
            self.shared[name] = work(self)
        return self.shared[name]

    def fitted(self, name: str, X: Floats, y: NDArray[Any], weight: Floats | None = None, **params: Any) -> Estimator:
        """An estimator of the models room, fitted to these rows."""
        return choose(models, "ESTIMATOR", name).build(self.context, params).fit(X, y, weight)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Weighed:
    """What a contrast decided.

    Parameters
    ----------
    weight : weight in the fit, shape (n,); 0 = not in the contrast.
    measure : weight of reference households in capture and lift, shape (n,).
    kind : the contrast that was carried out ("auto" names the one it chose).
    why : in Dutch and English.
    figures : numbers for the report card.
    dirt : the estimated share of dirt, with its interval; None where the cards tell nothing.
    membership : the propensity model, where one was made.
    """

    weight: Floats
    measure: Floats
    kind: str
    why: Sentence
    figures: Mapping[str, Any] = field(default_factory=dict)
    dirt: Mapping[str, Any] | None = None
    membership: Membership | None = None


@dataclass(frozen=True)
class Contrast:
    """A contrast as a plug.

    Parameters
    ----------
    name : how configuration calls it.
    nl, en : what it is, in a line.
    assumption : what must hold for the ranking to be that of the true group.
    paper : where it was described.
    members : whether it uses a member list: "never", "must" or "may".
    weigh : gives the rows their weights.
    counts : whether counts of members per place will do where there is no list.
    """

    name: str
    nl: str
    en: str
    assumption: str
    paper: str
    members: str
    weigh: Callable[[Draft], Weighed]
    counts: bool = False
