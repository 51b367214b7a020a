"""A fictional country: nested Voronoi areas in RD coordinates, cities with gradients of density and income.

Names are made up and look it; codes have the CBS layout but lie outside the real ranges (PV81…, GM9001…).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from profiling.population.config import LEVELS
from profiling.simulation.areas import Areas, dissolve
from profiling.simulation.streams import stream

FULL = 8_200_000
KM2_PER_HOUSEHOLD = 33_900 / FULL
PROVINCES = 12
START: tuple[str, ...] = (
    "Dwaal",
    "Kwin",
    "Plof",
    "Wob",
    "Zwel",
    "Brom",
    "Fluis",
    "Grim",
    "Hops",
    "Jol",
    "Krak",
    "Lum",
    "Mop",
    "Nuk",
    "Prut",
    "Rimp",
    "Snor",
    "Tjok",
    "Vlug",
    "Wiebel",
    "Zoem",
    "Drab",
    "Glim",
    "Knor",
)
END: tuple[str, ...] = (
    "dam",
    "drecht",
    "veen",
    "loo",
    "zijl",
    "stee",
    "wolde",
    "hoven",
    "mond",
    "kerk",
    "beek",
    "rade",
    "sluis",
    "horst",
    "muiden",
    "wierde",
)
SIDES = ("Centrum", "Noord", "Oost", "Zuid", "West", "Bos", "Plas", "Heuvel", "Haven", "Molen", "Spoor", "Veld")
# Share of households by urbanity 1..5 (CBS 2024, rounded) and the address densities that bound the classes.
URBANITY = np.array([0.26, 0.30, 0.16, 0.16, 0.12])
DENSITY = np.array([9_000.0, 2_500.0, 1_500.0, 1_000.0, 500.0, 40.0])

Floats = NDArray[np.float64]


def make_country(households: int, seed: int) -> Areas:
    """Areas for `households` households; their number grows with the size of the country."""
    rng = stream(seed, "geography")
    n_gemeenten = max(PROVINCES, round(30 * (households / 1e5) ** 0.552))
    per_buurt = 300 * (households / 1e5) ** 0.1416
    outline = _outline(households * KM2_PER_HOUSEHOLD * 1e6, rng)
    points = _relaxed(outline, n_gemeenten, rng)
    towns = _cells(points, outline)
    heads = _relaxed(outline, PROVINCES, rng)
    province = _assign(points, heads)
    weight = rng.permutation(1.0 / (np.arange(n_gemeenten) + 3.0) ** 0.85)
    budget = np.maximum(2, np.rint(weight / weight.sum() * households / per_buurt)).astype(int)
    rows: list[tuple[int, int, Any, Any]] = []
    for town, number in enumerate(budget):
        rows += _town(town, int(number), towns[town], points[town], rng)
    return _areas(rows, points, province, weight, households, rng)


def _outline(square_metres: float, rng: np.random.Generator) -> Any:
    """A coast with bays around the middle of the RD grid."""
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    radius = np.ones_like(angle)
    for wave in range(2, 9):
        radius += rng.normal(0, 0.22 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    ring = np.column_stack([0.85 * radius * np.cos(angle), 1.15 * radius * np.sin(angle)])
    shape = shapely.Polygon(ring)
    scale = np.sqrt(square_metres / shape.area)
    return shapely.Polygon(np.round(ring * scale + (155_000, 463_000), 1))


def _scatter(shape: Any, n: int, rng: np.random.Generator) -> Floats:
    """n points inside a polygon, evenly."""
    left, bottom, right, top = shape.bounds
    found: list[Floats] = []
    count = 0
    while count < n:
        trial = rng.uniform((left, bottom), (right, top), (4 * n + 16, 2))
        inside = trial[shapely.contains_xy(shape, trial[:, 0], trial[:, 1])]
        found.append(inside)
        count += len(inside)
    return np.concatenate(found)[:n]


def _relaxed(shape: Any, n: int, rng: np.random.Generator) -> Floats:
    """Points spread out by two rounds of Lloyd's relaxation."""
    points = _scatter(shape, n, rng)
    for _ in range(2):
        points = np.array([shapely.centroid(cell).coords[0] for cell in _cells(points, shape)])
    return points


def _cells(points: Floats, shape: Any) -> list[Any]:
    """Voronoi cells cut to `shape`, one per point and in their order."""
    if len(points) == 1:
        return [shape]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shape, ordered=True).geoms
    return list(shapely.intersection(np.array(list(cells), dtype=object), shape, grid_size=0.1))


def _assign(points: Floats, heads: Floats) -> NDArray[np.int64]:
    """The nearest head of every point; a head without points takes the one nearest to it."""
    distance = np.hypot(*(points[:, None, :] - heads[None, :, :]).transpose(2, 0, 1))
    nearest: NDArray[np.int64] = np.argmin(distance, axis=1)
    for head in range(len(heads)):
        if not np.any(nearest == head):
            alone = np.bincount(nearest, minlength=len(heads))[nearest] < 2
            nearest[np.argmin(distance[:, head] + np.where(alone, np.inf, 0))] = head
    return nearest


def _town(
    town: int, number: int, shape: Any, centre: Floats, rng: np.random.Generator
) -> list[tuple[int, int, Any, Any]]:
    """(gemeente, wijk, polygon, distance to the centre as a rank 0..1) of every buurt; small cells near the centre."""
    n_wijken = min(99, max(1, round(number / 4.3)))
    wijken = _cells(_towards(centre, _scatter(shape, n_wijken, rng), shape), shape)
    share = np.maximum(1, np.diff(np.rint(np.linspace(0, number, n_wijken + 1)))).astype(int)
    rows = []
    for wijk, (part, each) in enumerate(zip(wijken, share, strict=True)):
        for cell in _cells(_scatter(part, int(each), rng), part):
            rows.append((town, wijk, cell, shapely.Point(centre)))
    return rows


def _towards(centre: Floats, points: Floats, shape: Any) -> Floats:
    """Draw points towards the centre, so that its cells are small."""
    drawn = centre + (points - centre) * 0.45
    drawn[0] = centre if shapely.contains_xy(shape, centre[0], centre[1]) else drawn[0]
    inside = shapely.contains_xy(shape, drawn[:, 0], drawn[:, 1])
    return np.where(inside[:, None], drawn, points)


def _standard(values: Floats, weight: Floats) -> Floats:
    """Weighted ranks as standard normal scores."""
    order = np.argsort(values, kind="stable")
    place = np.empty(len(values))
    place[order] = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    scores: Floats = ndtri(np.clip(place, 1e-6, 1 - 1e-6))
    return scores


def _areas(
    rows: list[tuple[int, int, Any, Any]],
    points: Floats,
    province: NDArray[np.int64],
    weight: Floats,
    households: int,
    rng: np.random.Generator,
) -> Areas:
    town = np.array([row[0] for row in rows])
    wijk = np.array([row[1] for row in rows])
    shapes = np.array([row[2] for row in rows], dtype=object)
    n = len(rows)
    centre = shapely.get_coordinates(shapely.point_on_surface(shapes))
    area = shapely.area(shapes)
    share = rng.lognormal(0.0, 0.45, n)
    share *= (weight / np.bincount(town, share, minlength=len(weight)))[town]
    count = share / share.sum() * households
    away = np.hypot(*(centre - points[town]).T) / np.sqrt(np.bincount(town, area))[town]
    # Big towns are dense, and dense in the middle; then each takes its place in the national distribution.
    dense = _standard(np.log(weight)[town] * 1.1 - 2.2 * away + rng.normal(0, 0.35, n), count)
    edges = np.concatenate([[0.0], np.cumsum(URBANITY)])
    density = np.exp(np.interp(1 - ndtr(dense), edges, np.log(DENSITY)))
    urbanity = (5 - np.sum(density[:, None] >= DENSITY[1:5][None, :], axis=1)).astype(np.int8)
    wijk_key = town * 1000 + wijk
    _, wijk_at = np.unique(wijk_key, return_inverse=True)
    wave = _waves(centre, rng)
    wealth = _standard(
        0.5 * wave
        + 0.5 * rng.normal(size=len(weight))[town]
        + 0.6 * rng.normal(size=wijk_at.max() + 1)[wijk_at]
        + 0.55 * rng.normal(size=n)
        - 0.25 * dense,
        count,
    )
    family = _standard(-0.65 * dense + 0.3 * wealth + 0.7 * rng.normal(size=n), count)
    grey = _standard(-0.2 * dense - 0.4 * family + 0.8 * rng.normal(size=n), count)
    codes = _codes(town, wijk, province, rng)
    return Areas(
        code=codes[0],
        name=codes[1],
        polygons=_levels(shapes, codes[0]),
        pc4=_pc4(town, count),
        x=centre[:, 0],
        y=centre[:, 1],
        radius=np.sqrt(area / np.pi),
        households=count,
        size=np.clip(2.10 + 0.33 * family, 1.15, 3.4),
        old=np.clip(0.20 + 0.075 * grey, 0.02, 0.6),
        young=np.clip(0.15 + 0.045 * family, 0.01, 0.35),
        owner=ndtr(0.2 + 0.55 * wealth - 0.45 * dense),
        single_family=ndtr(0.55 - 0.95 * dense + 0.25 * wealth),
        woz=np.clip(372 * np.exp(0.27 * wealth + 0.05 * dense + 0.10 * wave), 120, 2_000),
        income=34.0 * np.exp(0.20 * wealth),
        urbanity=urbanity,
        density=density,
        school=np.clip(0.75 * np.exp(-0.35 * dense + 0.25 * rng.normal(size=n)), 0.2, 6),
        supermarket=np.clip(0.90 * np.exp(-0.5 * dense + 0.35 * rng.normal(size=n)), 0.2, 9),
        doctor=np.clip(1.0 * np.exp(-0.45 * dense + 0.35 * rng.normal(size=n)), 0.2, 10),
    )


def _waves(centre: Floats, rng: np.random.Generator) -> Floats:
    """A smooth field: rich and poor parts of the country."""
    span = np.ptp(centre, axis=0).max()
    total = np.zeros(len(centre))
    for _ in range(5):
        direction = rng.normal(size=2) * 2 * np.pi / span
        total += np.cos(centre @ direction + rng.uniform(0, 2 * np.pi))
    wave: Floats = (total - total.mean()) / max(float(total.std()), 1e-9)
    return wave


def _codes(
    town: NDArray[np.int64], wijk: NDArray[np.int64], province: NDArray[np.int64], rng: np.random.Generator
) -> tuple[dict[str, NDArray[np.str_]], dict[str, dict[str, str]]]:
    plain = rng.permutation(np.array([first + last for first in START for last in END])).tolist()
    chosen = plain + [f"{side}-{name}" for side in ("Oud", "Nieuw") for name in plain]
    lands = rng.permutation(np.array(START))[:PROVINCES]
    number = np.zeros(len(town), dtype=np.int64)
    for key in range(1, len(town)):
        same = town[key] == town[key - 1] and wijk[key] == wijk[key - 1]
        number[key] = number[key - 1] + 1 if same else 0
    gm = np.array([f"GM{9001 + each}" for each in town])
    wk = np.array([f"WK{9001 + t}{w:02d}" for t, w in zip(town, wijk, strict=True)])
    bu = np.array([f"BU{9001 + t}{w:02d}{b:02d}" for t, w, b in zip(town, wijk, number, strict=True)])
    pv = np.array([f"PV{81 + province[each]}" for each in town])
    name = {
        "provincie": {f"PV{81 + p}": f"{lands[p]}land" for p in range(PROVINCES)},
        "gemeente": {f"GM{9001 + t}": str(chosen[t]) for t in sorted(set(town.tolist()))},
        "wijk": {code: f"Wijk {w:02d} {SIDES[w % len(SIDES)]}" for code, w in zip(wk, wijk, strict=True)},
        "buurt": {
            code: f"{chosen[t]} {SIDES[w % len(SIDES)]} {b + 1}"
            for code, t, w, b in zip(bu, town, wijk, number, strict=True)
        },
    }
    return {"provincie": pv, "gemeente": gm, "wijk": wk, "buurt": bu}, name


def _levels(shapes: NDArray[Any], code: dict[str, NDArray[np.str_]]) -> dict[str, dict[str, Any]]:
    levels = {"buurt": dict(zip((str(each) for each in code["buurt"]), shapes, strict=True))}
    for small, large in zip(LEVELS[:0:-1], LEVELS[-2::-1], strict=True):
        levels[large] = dissolve(levels[small], dict(zip(code[small], code[large], strict=True)))
    return levels


def _pc4(town: NDArray[np.int64], count: Floats) -> NDArray[np.int64]:
    """A postcode of four digits for about 2,000 households of one gemeente, spread over 1000-9999."""
    before = np.cumsum(count) - count
    first = np.searchsorted(town, town)
    group = town * 10_000 + ((before - before[first]) // 2_000).astype(np.int64)
    _, place = np.unique(group, return_inverse=True)
    return 1000 + (place * 8_999) // max(int(place.max()) + 1, 1)
