"""Tables as they come in: what a damaged file is said to be, and what is not shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiling.delimited import read_texts
from profiling.errors import SchemaError
from profiling.schema import reading


def test_a_row_with_too_many_cells_is_counted_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "cards.csv"
    file.write_text("card;postcode;number\n1;1234AB;5\n2;1234AB;5;Jansen\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="a row has 4 columns where the header has 3") as caught, reading(file):
        read_texts(file).read_all()
    message = str(caught.value)
    assert "Jansen" not in message
    assert "1234AB" not in message
    assert "between quotes" in message
