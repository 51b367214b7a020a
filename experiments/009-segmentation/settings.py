"""What experiment 009 is asked for."""

from __future__ import annotations

from pathlib import Path

from profiling.config import Config, load_config

HERE = Path(__file__).parent


class Memory(Config):
    """The part on planted sections."""

    sections: int
    variables: tuple[int, ...]
    main: int
    sub: int
    traits: int
    spread_main: float
    spread_sub: float
    spread_section: float
    noise: float
    limit_gb: float
    bootstraps: int
    seed: int


class Simulated(Config):
    """The part on the simulated country."""

    segmentation: str
    households: int
    seeds: tuple[int, ...]


class Cbs(Config):
    """The part on real areas."""

    data: str
    segmentations: tuple[str, ...]
    outside: str
    outside_columns: tuple[str, ...]
    left_out: tuple[str, ...]
    bootstraps: int
    folds: int
    seed: int


class Experiment(Config):
    """The whole of config.toml."""

    question: str
    work: str
    memory: Memory
    simulation: Simulated
    cbs: Cbs


def load() -> Experiment:
    """Read config.toml."""
    return load_config(HERE / "config.toml", Experiment)
