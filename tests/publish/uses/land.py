"""The tiny country laid out on a chessboard of square kilometres, so that catchments can be reckoned by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import shapely

from profiling.publish.published import Published
from profiling.publish.uses.ground import Ground, ground_of
from profiling.publish.uses.sites import Site
from tests.publish.customers import Country

LEFT, BOTTOM, SIDE, WIDE = 100_000.0, 450_000.0, 1_000.0, 8
BRANCHES = (
    Site("V1", "Noord", LEFT + 1_700, BOTTOM + 1_300),
    Site("V2", "Zuid", LEFT + 5_300, BOTTOM + 2_900),
    Site("V3", "Oost", LEFT + 3_500, BOTTOM + 1_800),
)


def squares(published: Published) -> dict[str, shapely.Polygon]:
    """Buurt → its square, in rows of eight."""
    boxes = {}
    for i, code in enumerate(published.shown.areas.codes[-1]):
        x, y = LEFT + SIDE * (i % WIDE), BOTTOM + SIDE * (i // WIDE)
        boxes[code] = shapely.box(x, y, x + SIDE, y + SIDE)
    return boxes


def land(published: Published) -> Ground:
    """The chessboard as ground."""
    boxes = squares(published)
    return ground_of(published, list(boxes), np.array(list(boxes.values()), dtype=object))


def by_hand(published: Published, sites: tuple[Site, ...], radius: float) -> pd.DataFrame:
    """Buurt, site and the part of the buurt nearest to that site and within the radius, from 2,500 points each, in SQL."""
    boxes = squares(published).items()
    corners = pd.DataFrame([(code, *box.bounds[:2]) for code, box in boxes], columns=["buurt", "x0", "y0"])  # noqa: F841
    places = pd.DataFrame([(each.code, each.x, each.y) for each in sites], columns=["site", "sx", "sy"])  # noqa: F841
    return duckdb.sql(
        f"""WITH points AS (SELECT buurt, x0 + {SIDE} * (i + 0.5) / 50 AS x, y0 + {SIDE} * (j + 0.5) / 50 AS y
            FROM corners, range(50) AS a(i), range(50) AS b(j)),
        away AS (SELECT buurt, x, y, site, sqrt((x - sx) ** 2 + (y - sy) ** 2) AS metres FROM points, places),
        nearest AS (SELECT buurt, x, y, min(metres) AS metres, arg_min(site, metres) AS site FROM away GROUP BY ALL)
        SELECT buurt, site, count_if(metres <= {radius}) / 2500 AS part FROM nearest GROUP BY ALL HAVING part > 0"""
    ).df()


def write_land(country: Country, folder: Path) -> Mapping[str, Path]:
    """Branches, candidates and polygons as files."""
    boxes = squares(country.deep)
    where = {name: folder / f"{name}.csv" for name in ("branches", "candidates")}
    rows = [(each.code, each.name, each.x, each.y) for each in BRANCHES]
    columns = ["branch", "name", "x", "y"]
    pd.DataFrame(rows[:2], columns=columns).to_csv(where["branches"], index=False)
    spots = [("K1", "", LEFT + 1_500, BOTTOM + 4_200), ("K2", "", LEFT + 5_600, BOTTOM + 3_100), ("K3", "", LEFT + 6_900, BOTTOM + 600)]  # fmt: skip
    pd.DataFrame(spots, columns=columns).to_csv(where["candidates"], index=False)
    shapes = folder / "polygons"
    shapes.mkdir()
    wkb = [shapely.to_wkb(each) for each in boxes.values()]
    pd.DataFrame({"code": list(boxes), "name": "", "geometry": wkb}).to_parquet(shapes / "buurt.parquet", index=False)
    return {**where, "polygons": shapes}
