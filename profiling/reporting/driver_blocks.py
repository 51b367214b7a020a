"""What the model uses: the contributions of groups of features, with the same figures as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profiling.reporting.charts import DriverRow, driver_bars
from profiling.reporting.document import Chart, Column, Table
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.vocabulary import Language

Row = Mapping[str, Any]


def driver_rows(drivers: Row, language: Language) -> list[DriverRow]:
    """The groups of features with their contribution, largest first, as the sketch gives them."""
    return [
        DriverRow(
            sentence(said(row, language, row["group"])),
            row["contribution"],
            None if row.get("low") is None or row.get("high") is None else (row["low"], row["high"]),
        )
        for row in drivers.get("groups", [])
    ]


def drivers_chart(rows: Sequence[DriverRow], language: Language, *, width: float) -> Chart:
    """What moves the model's score, with the same figures as a table."""
    svg = driver_bars(
        rows, title=phrase("sketch.drivers", language), language=language, width=width, compact=width < 500
    )
    columns = (
        Column(phrase("sketch.group", language)),
        Column(phrase("contribution", language), "decimal"),
        Column(phrase("spread", language), "interval", 2),
    )
    cells = tuple((row.label, row.contribution, row.interval) for row in rows)
    return Chart(svg, "", Table(phrase("sketch.drivers", language), columns, cells))


def sample_sentence(drivers: Row, language: Language) -> tuple[str, ...]:
    """How many households were explained, and whether that was enough; nothing where it is not known."""
    return tuple(
        phrase(
            "card.drivers_settled" if row["settled"] else "card.drivers_unsettled",
            language,
            households=figure(row["households"], "count", language),
            agreement=figure(row["agreement"], "decimal", language, 2),
        )
        for row in drivers.get("sample", [])
    )
