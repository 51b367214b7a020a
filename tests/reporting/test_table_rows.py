"""The rows of a table on a page, read back the way a browser does."""

from __future__ import annotations

import re

from profiling.reporting import html
from profiling.reporting.document import SUPPRESSED, Column, Document, Table
from tests.reporting.test_pages import HOSTILE, Reader


def test_a_table_is_read_back_cell_by_cell() -> None:
    columns = (Column("Plaats"), Column("n", "count"), Column("Index", "index", 1), Column("Van–tot", "interval"))
    rows = ((HOSTILE, 1200, 154.85, (90.0, 101.5)), ("GM2", SUPPRESSED, None, None), ("", "geen", -0.04, (-3.0, 4.0)))
    page = html.render(Document("T", "", "nl", (Table("Bij elkaar", columns, rows),), minimum=25))
    (body,) = re.findall(r"<tbody>(.*)</tbody>", page, re.DOTALL)
    read = [[cell.strip() for cell in Reader(row).texts if cell.strip()] for row in body.split("</tr>")[:-1]]
    assert read == [
        [HOSTILE.replace("\x00", "�"), "1.200", "154,9", "90–102"],
        ["GM2", "niet getoond", "–", "–"],
        ["–", "geen", "0,0", "-3 tot 4"],
    ]
    cells = Reader(body).elements
    assert [tag for tag, _ in cells] == ["tr", "th", "td", "td", "td"] * 3
    (why,) = [str(one["title"]) for _, one in cells if "title" in one]
    assert why.startswith("Minder dan 25 huishoudens")
    assert [one["class"] for _, one in cells[5:10] if "class" in one] == ["text", "number suppressed", *["number"] * 2]
