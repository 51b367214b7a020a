"""A table as large as the Netherlands: how long a question takes, and opening the table."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from profiling.profiles import pattern
from profiling.profiles.shown import protect
from profiling.profiles.shown_tables import from_tables, to_tables
from profiling.publish.area import analyse_areas
from profiling.publish.choose import select_areas, select_base
from tests.publish.shops import LEVELS, opened_from

BUURTEN, SUBS, HOUSEHOLDS = 14_574, 59, 8_200_000


def national_cells(seed: int = 0) -> tuple[pd.DataFrame, dict[str, str]]:
    """Buurten of very unequal size, each with its own mix of segments; counts as `count_cells` gives them."""
    rng = np.random.default_rng(seed)
    gemeente = np.sort(rng.integers(0, 342, BUURTEN))
    size = rng.lognormal(5.7, 1.2, BUURTEN)
    mix = rng.dirichlet(np.full(SUBS, 1.5))
    base = rng.poisson(HOUSEHOLDS * (size / size.sum())[:, None] * rng.dirichlet(mix * 20, BUURTEN))
    profile = rng.binomial(base, rng.beta(0.6, 5, SUBS))
    rows, columns = np.nonzero(base)
    places = pd.DataFrame(
        {
            "provincie": [f"PV{each * 12 // 342:02d}" for each in gemeente],
            "gemeente": [f"GM{each:04d}" for each in gemeente],
            "wijk": [f"WK{each:04d}{place // 4:05d}" for place, each in enumerate(gemeente)],
            "buurt": [f"BU{place:08d}" for place in range(BUURTEN)],
        }
    )
    subs = np.array([f"S{place:02d}" for place in range(SUBS)])
    cells = places.iloc[rows].reset_index(drop=True)
    counts = {"n_base": base[rows, columns], "n_profile": profile[rows, columns]}
    return cells.assign(segment=subs[columns], **counts), {
        str(sub): f"M{int(sub[1:]) * 11 // SUBS:02d}" for sub in subs
    }


@pytest.mark.slow
def test_a_question_takes_a_fraction_of_a_second(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    # Step 4 decides what is shown, not how fast it is asked.
    monkeypatch.setattr(pattern, "ROUNDS", 0)
    monkeypatch.setattr("profiling.profiles.shown.SWEEPS", 2)
    cells, main_of = national_cells()
    tables = to_tables(protect(cells, LEVELS, main_of))
    start = time.process_time()
    shown = from_tables(*tables, LEVELS, main_of, 10)
    opening = time.process_time() - start
    opened = opened_from(shown, main_of)
    taken = []
    for code in shown.areas.codes[2][::12]:
        start = time.process_time()
        chosen = select_areas(opened, [code])
        analyse_areas(opened, chosen, level="buurt", base=select_base(opened, "provincie", chosen))
        taken.append(time.process_time() - start)
    record_property("opening", opening)
    record_property("gemeente", float(np.median(taken)))
    assert np.median(taken) < 0.3
    assert opening < 5
