"""Addresses that want no mail, as on the lists that a mailing is cleaned with; the lists are of the snapshot's day."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from profiling.simulation.addresses import ADDITIONS, Addresses
from profiling.simulation.settings import SimulationSettings
from profiling.simulation.streams import uniform

# Share of addresses on each list (assumed).
LISTS = {"optout": 0.04, "deceased": 0.004}


@dataclass(frozen=True)
class OptOutLists:
    """The lists while they are written, chunk by chunk."""

    writers: dict[str, Any]
    settings: SimulationSettings

    def write(self, rows: NDArray[np.int64], addresses: Addresses) -> None:
        """Put addresses of these households on the lists."""
        day = self.settings.snapshot.isoformat()
        for name, writer in self.writers.items():
            out = np.flatnonzero(uniform(self.settings.seed, name, rows) < LISTS[name])
            postcodes = addresses.postcode.take(pa.array(out)).to_pylist()
            for at, postcode in zip(out, postcodes, strict=True):
                writer.writerow((postcode, addresses.number[at], ADDITIONS[addresses.addition[at]], day))


@contextmanager
def opt_out_lists(folder: Path, settings: SimulationSettings) -> Iterator[OptOutLists]:
    """Open `optout.csv` and `deceased.csv` in a folder."""
    with ExitStack() as opened:
        writers = {}
        for name in LISTS:
            handle = opened.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            writers[name] = csv.writer(handle, lineterminator="\n")
            writers[name].writerow(("postcode", "house_number", "addition", "list_date"))
        yield OptOutLists(writers, settings)
