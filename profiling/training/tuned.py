"""What tuning found: the best parameters, what they bring on other folds, and every trial."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from profiling.artefacts import read_manifest, write_json, writing_folder
from profiling.errors import TrainingError
from profiling.evaluation.resampling import Estimate
from profiling.training.bench import Measured
from profiling.training.search import TuningSettings

SLACK = 0.05
OPTIMISM = {
    "nl": "De vangst op de delen waarop gezocht is, valt te hoog uit: van veel pogingen is de beste ook de meest "
    "fortuinlijke. Daarom staat ernaast wat dezelfde instellingen halen op andere indelingen in delen. Die bestaan "
    "uit dezelfde huishoudens; een voorzichtige lezer wacht op een nieuwe referentiegroep.",
    "en": "The capture on the folds that were searched on is too high: the best of many trials is also the luckiest. "
    "So it stands beside what the same parameters reach on other divisions into folds. Those hold the same "
    "households; a careful reader waits for a new reference group.",
}


@dataclass(frozen=True)
class Tuned:
    """The outcome of a search.

    Parameters
    ----------
    estimator, depth, folds : what was tuned, and how it was measured.
    current, best : parameters, as `[training.params]` takes them.
    searched : "current" and "best" → mean capture at depth over the folds of the search, 0..1. Optimistic for "best".
    checked : "current", "best" and "gain" (best less current, paired) → capture on other divisions into folds.
    constraints : name → the "least" or "most" that trials had to keep, and whether the current parameters "kept" it.
    trials : one row per trial: number, state, capture (of complete ones), captures per fold, stability, member_lift,
        params, fault.
    importance : parameter → its part in the variance of capture over the trials (fANOVA), summing to 1; empty when
        fewer than ten trials were finished.
    """

    estimator: str
    depth: float
    folds: int
    current: Mapping[str, Any]
    best: Mapping[str, Any]
    searched: Mapping[str, float]
    checked: Mapping[str, Estimate]
    checks: int
    constraints: Mapping[str, Mapping[str, Any]]
    trials: tuple[Mapping[str, Any], ...]
    importance: Mapping[str, float]
    versions: Mapping[str, str]
    inputs: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Tuned({self.estimator}, {len(self.trials)} trials, gain {self.checked['gain']}) · next: paste .toml"

    @property
    def better(self) -> bool:
        """Whether the best parameters beat the current ones beyond noise: the interval of the gain lies above 0."""
        return self.checked["gain"].low > 0

    @property
    def toml(self) -> str:
        """The best parameters, ready to paste into the profile's configuration."""
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in sorted(self.best.items())]
        return "\n".join(["[training.params]", *lines]) + "\n"

    @property
    def verdict(self) -> dict[str, str]:
        """One sentence in Dutch and in English: does tuning bring anything?"""
        gain = self.checked["gain"]
        points = [f"{100.0 * each:+.1f}" for each in (gain.value, gain.low, gain.high)]
        nl = "{} procentpunt vangst (95 %-interval {} tot {})".format(*(each.replace(".", ",") for each in points))
        en = "{} percentage points of capture (95% interval {} to {})".format(*points)
        broken = ", ".join(name for name, limit in self.constraints.items() if not limit["kept"])
        if broken:
            return {
                "nl": f"De huidige instellingen voldoen niet aan {broken}, de beste wel: {nl}.",
                "en": f"The current parameters break {broken}, the best do not: {en}.",
            }
        if self.best == self.current:
            return {
                "nl": "Geen poging was beter dan de huidige instellingen: houd ze.",
                "en": "No trial was better than the current parameters: keep them.",
            }
        if self.better:
            return {"nl": f"Afstellen brengt {nl}: neem de beste over.", "en": f"Tuning brings {en}: take the best."}
        return {
            "nl": f"Afstellen brengt niets boven de ruis: {nl}. Houd de huidige instellingen.",
            "en": f"Tuning buys nothing beyond noise: {en}. Keep the current parameters.",
        }

    def save(self, folder: Path) -> None:
        """Write the outcome as a folder artefact: `tuned.json`, and `params.toml` to paste."""
        with writing_folder(folder, {"kind": "tuned", "inputs": self.inputs}) as aside:
            write_json(aside / "tuned.json", {**asdict(self), "toml": self.toml, "verdict": self.verdict})
            (aside / "params.toml").write_text(self.toml, encoding="utf-8", newline="\n")


def limits_of(tuning: TuningSettings, current: Measured) -> dict[str, dict[str, Any]]:
    """What a trial must keep. Without a stated stability: that of the current parameters, with a little slack."""
    least = max(0.0, current.stability - SLACK) if tuning.stability is None else tuning.stability
    limits: dict[str, dict[str, Any]] = {"stability": {"least": least, "kept": current.stability >= least}}
    if tuning.member_lift is not None and current.member_lift is not None:
        limits["member_lift"] = {"most": tuning.member_lift, "kept": current.member_lift <= tuning.member_lift}
    return limits


def excess(limit: Mapping[str, Any], value: float) -> float:
    """How far a value breaks a limit; zero or less where it keeps it."""
    return float(limit["least"] - value if "least" in limit else value - limit["most"])


def best_of(
    trials: Sequence[Mapping[str, Any]],
    limits: Mapping[str, Mapping[str, Any]],
    current: Measured,
    params: Mapping[str, Any],
) -> Mapping[str, Any]:
    """The finished trial with the highest capture that keeps the limits; the current parameters where none is higher.

    Raises
    ------
    TrainingError
        When neither a trial nor the current parameters keep them, with how near they came.
    """
    own = {"params": dict(params), "capture": current.capture, **vars(current)}
    rows = [own, *(row for row in trials if row["state"] == "complete")]
    eligible = [row for row in rows if all(excess(limit, row[name]) <= 0 for name, limit in limits.items())]
    if eligible:
        return max(eligible, key=lambda row: row["capture"])
    told = []
    for name, limit in limits.items():
        side, nearest_of = ("least", max) if "least" in limit else ("most", min)
        nearest = nearest_of(row[name] for row in rows)
        if excess(limit, nearest) > 0:
            told.append(f"{name}: expected at {side} {limit[side]:.3f}, the nearest was {nearest:.3f}")
    raise TrainingError(
        f"none of {len(trials)} trials keeps the constraints",
        where="[tuning]",
        faults=told,
        hint="loosen the constraint, or ask for more trials: those that are done are kept",
    )


def load_tuned(folder: Path) -> Tuned:
    """Read a saved outcome.

    Raises
    ------
    ArtefactError
        When the folder is incomplete or damaged.
    """
    read_manifest(folder, verify=True)
    said = json.loads((folder / "tuned.json").read_text(encoding="utf-8"))
    found = Tuned(**{name: said[name] for name in Tuned.__dataclass_fields__})
    checked = {name: Estimate(**each) for name, each in said["checked"].items()}
    return replace(found, checked=checked, trials=tuple(said["trials"]))


def tuning_report(tuned: Tuned) -> dict[str, Any]:
    """The outcome as plain data for a page or a table: capture in %, trials from high to low."""
    rows = [
        {
            "name": name,
            "searched": 100.0 * tuned.searched[name],
            "checked": 100.0 * tuned.checked[name].value,
            "interval": [100.0 * tuned.checked[name].low, 100.0 * tuned.checked[name].high],
            "params": dict(tuned.current if name == "current" else tuned.best),
        }
        for name in ("current", "best")
    ]
    gain = tuned.checked["gain"]
    states = [each["state"] for each in tuned.trials]
    finished = [each for each in tuned.trials if each["state"] == "complete"]
    rest = [each for each in tuned.trials if each["state"] != "complete"]
    return {
        "estimator": tuned.estimator,
        "depth": 100.0 * tuned.depth,
        "folds": tuned.folds,
        "checks": tuned.checks,
        "verdict": tuned.verdict,
        "warning": OPTIMISM,
        "better": tuned.better,
        "rows": rows,
        "gain": {"value": 100.0 * gain.value, "interval": [100.0 * gain.low, 100.0 * gain.high], "n": gain.n},
        "optimism": 100.0 * (tuned.searched["best"] - tuned.searched["current"] - gain.value),
        "constraints": {name: dict(each) for name, each in tuned.constraints.items()},
        "counts": {state: states.count(state) for state in ("complete", "pruned", "failed")},
        "importance": [{"parameter": name, "part": part} for name, part in tuned.importance.items()],
        "trials": [dict(each) for each in (*sorted(finished, key=lambda row: -row["capture"]), *rest)],
        "toml": tuned.toml,
        "versions": dict(tuned.versions),
    }
